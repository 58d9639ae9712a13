"""Pages through which articles come in."""

from django.urls import URLPattern, path

from articles.web import views

urlpatterns: list[URLPattern] = [
    path("articles/new/", views.new_article, name="article-new"),
]
