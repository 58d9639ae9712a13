from django.urls import URLPattern, path

from annotate.workspace import annotations, article_list, article_page, claim_page, home, progress

urlpatterns: list[URLPattern] = [
    path("", home.home, name="home"),
    path("articles/", article_list.article_list, name="article-list"),
    path("articles/<uuid:public_id>/", article_page.article, name="article"),
    path("versions/<uuid:public_id>/finished/", progress.set_finished, name="work-finished"),
    path("claims/<uuid:public_id>/", claim_page.claim, name="claim"),
    path(
        "versions/<uuid:public_id>/<slug:kind>/new/", annotations.create, name="annotation-create"
    ),
]

urlpatterns += [
    path(f"annotations/<uuid:public_id>/{route}", view, name=name)
    for route, view, name in (
        ("", annotations.read, "annotation"),
        ("edit/", annotations.update, "annotation-update"),
        ("spans/", annotations.SpansView.as_view(), "annotation-spans"),
        ("retract/", annotations.RetractView.as_view(), "annotation-retract"),
        ("restore/", annotations.RestoreView.as_view(), "annotation-restore"),
        ("mentions/", annotations.mentions, "annotation-mentions"),
        ("undo/<int:revision>/", annotations.UndoView.as_view(), "annotation-undo"),
        ("redo/<int:revision>/", annotations.RedoView.as_view(), "annotation-redo"),
    )
]
