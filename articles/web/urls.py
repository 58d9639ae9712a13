"""Pages through which articles come in."""

from django.urls import URLPattern, path

from articles.web import comparison, views

urlpatterns: list[URLPattern] = [
    path("versions/<uuid:public_id>/comparison/", comparison.comparison, name="version-comparison"),
    path("articles/new/", views.new_article, name="article-new"),
]
