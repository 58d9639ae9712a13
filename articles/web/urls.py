"""Pages through which articles come in."""

from django.urls import URLPattern, path

from articles.web import comparison, copies, imports, views

urlpatterns: list[URLPattern] = [
    path("versions/<uuid:public_id>/comparison/", comparison.comparison, name="version-comparison"),
    path("articles/<uuid:public_id>/copies/", copies.copies, name="article-copies"),
    path("articles/new/", views.new_article, name="article-new"),
    path("imports/", imports.import_list, name="import-list"),
    path("imports/new/", imports.import_new, name="import-new"),
    path("imports/<uuid:public_id>/", imports.import_page, name="import"),
]
