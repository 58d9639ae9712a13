from django.urls import URLPattern, path

from annotate.search import pages

urlpatterns: list[URLPattern] = [path("search/", pages.search_page, name="search")]
