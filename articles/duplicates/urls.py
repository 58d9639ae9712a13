from django.urls import URLPattern, path

from articles.duplicates import pages

urlpatterns: list[URLPattern] = [
    path(
        "articles/<uuid:public_id>/duplicates/", pages.article_duplicates, name="article-duplicates"
    )
]
