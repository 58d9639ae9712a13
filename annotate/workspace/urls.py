from django.urls import URLPattern, path

from annotate.workspace import annotations, article_list, article_page, claim_page, home, progress

urlpatterns: list[URLPattern] = [
    path("", home.home, name="home"),
    path("articles/", article_list.article_list, name="article-list"),
    path("articles/<uuid:public_id>/", article_page.article, name="article"),
    path("versions/<uuid:public_id>/<slug:kind>/new/", annotations.new, name="annotation-new"),
    path("annotations/<uuid:public_id>/", annotations.read, name="annotation"),
    path("annotations/<uuid:public_id>/edit/", annotations.edit, name="annotation-edit"),
    path("annotations/<uuid:public_id>/retract/", annotations.retract, name="annotation-retract"),
    path("annotations/<uuid:public_id>/restore/", annotations.restore, name="annotation-restore"),
    path("annotations/<uuid:public_id>/spans/", annotations.respan, name="annotation-spans"),
    path("annotations/<uuid:public_id>/mentions/", annotations.mentions, name="mentions"),
    path("annotations/<uuid:public_id>/undo/<int:revision>/", annotations.undo, name="undo"),
    path("annotations/<uuid:public_id>/redo/<int:revision>/", annotations.redo, name="redo"),
    path("versions/<uuid:public_id>/finished/", progress.finished, name="finished"),
    path("claims/<uuid:public_id>/", claim_page.claim, name="claim"),
]
