from django.urls import URLPattern, path

from articles.pages import comparison, fetch, new

urlpatterns: list[URLPattern] = [
    path("versions/<uuid:public_id>/comparison/", comparison.comparison, name="version-comparison"),
    path("articles/new/", new.NewArticleView.as_view(), name="article-new"),
    path("articles/<uuid:public_id>/fetch/", fetch.fetch, name="article-fetch"),
]
