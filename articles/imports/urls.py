from django.urls import URLPattern, path

from articles.imports import pages

urlpatterns: list[URLPattern] = [
    path("imports/", pages.import_list, name="import-list"),
    path("imports/new/", pages.import_new, name="import-new"),
    path("imports/<uuid:public_id>/", pages.import_detail, name="import"),
]
