"""Pages on which articles are read and annotated."""

from django.contrib.auth.views import LogoutView
from django.urls import URLPattern, path

from annotate.web import (
    accounts,
    annotations,
    carryings,
    pages,
    registries,
    search,
    suggest,
    tokens,
    work,
)

urlpatterns: list[URLPattern] = [
    path("", work.home, name="home"),
    path("search/", search.found, name="search"),
    path("articles/", pages.article_list, name="article-list"),
    path("articles/<uuid:public_id>/", pages.article, name="article"),
    path("versions/<uuid:public_id>/<slug:kind>/new/", annotations.new, name="annotation-new"),
    path("annotations/<uuid:public_id>/", annotations.read, name="annotation"),
    path("annotations/<uuid:public_id>/edit/", annotations.edit, name="annotation-edit"),
    path("annotations/<uuid:public_id>/retract/", annotations.retract, name="annotation-retract"),
    path("annotations/<uuid:public_id>/restore/", annotations.restore, name="annotation-restore"),
    path("annotations/<uuid:public_id>/spans/", annotations.respan, name="annotation-spans"),
    path("annotations/<uuid:public_id>/mentions/", annotations.mentions, name="mentions"),
    path("annotations/<uuid:public_id>/undo/<int:revision>/", annotations.undo, name="undo"),
    path("annotations/<uuid:public_id>/redo/<int:revision>/", annotations.redo, name="redo"),
    path("versions/<uuid:public_id>/finished/", work.finished, name="finished"),
    path("carryings/", carryings.queue, name="carryings"),
    path("carryings/<uuid:public_id>/", carryings.select, name="carrying"),
    path("carryings/<uuid:public_id>/accept/", carryings.accept, name="carrying-accept"),
    path("carryings/<uuid:public_id>/drop/", carryings.drop, name="carrying-drop"),
    path("carryings/<uuid:public_id>/reopen/", carryings.reopen, name="carrying-reopen"),
    path("claims/<uuid:public_id>/", pages.claim, name="claim"),
    path("projects/<slug:slug>/", pages.project, name="project"),
    path("entities/<uuid:public_id>/", registries.entity, name="entity"),
    path("sources/<uuid:public_id>/", registries.source, name="source"),
    path("entities/suggest/", suggest.entities, name="entity-suggest"),
    path("entities/wikidata/", suggest.wikidata_items, name="wikidata-items"),
    path("sources/suggest/", suggest.sources, name="source-suggest"),
    path("tokens/", tokens.tokens, name="tokens"),
    path("tokens/<uuid:public_id>/revoke/", tokens.revoke, name="token-revoke"),
    path("sign-in/", accounts.SignIn.as_view(), name="sign-in"),
    path("sign-out/", LogoutView.as_view(), name="sign-out"),
]
