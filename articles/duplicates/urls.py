from django.urls import URLPattern, path

from articles.duplicates import pages

urlpatterns: list[URLPattern] = [
    path("articles/<uuid:public_id>/copies/", pages.copies, name="article-copies"),
]
