"""Pages on which articles are read and annotated."""

from django.contrib.auth.views import LogoutView
from django.urls import URLPattern, path

from annotate.web import accounts, annotations, pages, registries, suggest

urlpatterns: list[URLPattern] = [
    path("", pages.article_list, name="article-list"),
    path("articles/<uuid:public_id>/", pages.article, name="article"),
    path("versions/<uuid:public_id>/<slug:kind>/new/", annotations.new, name="annotation-new"),
    path("annotations/<uuid:public_id>/", annotations.read, name="annotation"),
    path("annotations/<uuid:public_id>/edit/", annotations.edit, name="annotation-edit"),
    path("annotations/<uuid:public_id>/retract/", annotations.retract, name="annotation-retract"),
    path("annotations/<uuid:public_id>/restore/", annotations.restore, name="annotation-restore"),
    path("claims/<uuid:public_id>/", pages.claim, name="claim"),
    path("projects/<slug:slug>/", pages.project, name="project"),
    path("entities/<uuid:public_id>/", registries.entity, name="entity"),
    path("sources/<uuid:public_id>/", registries.source, name="source"),
    path("entities/suggest/", suggest.entities, name="entity-suggest"),
    path("sources/suggest/", suggest.sources, name="source-suggest"),
    path("sign-in/", accounts.SignIn.as_view(), name="sign-in"),
    path("sign-out/", LogoutView.as_view(), name="sign-out"),
]
