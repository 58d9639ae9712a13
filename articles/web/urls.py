"""Pages through which articles come in."""

from django.urls import URLPattern, path

from articles.web import comparison, copies, feeds, imports, views

urlpatterns: list[URLPattern] = [
    path("versions/<uuid:public_id>/comparison/", comparison.comparison, name="version-comparison"),
    path("articles/<uuid:public_id>/copies/", copies.copies, name="article-copies"),
    path("articles/new/", views.new_article, name="article-new"),
    path("articles/<uuid:public_id>/fetch/", feeds.fetch, name="article-fetch"),
    path("feeds/", feeds.feeds, name="feed-list"),
    path("feeds/<uuid:public_id>/", feeds.feed, name="feed"),
    path("feeds/<uuid:public_id>/poll/", feeds.poll, name="feed-poll"),
    path("feeds/<uuid:public_id>/pause/", feeds.pause, name="feed-pause"),
    path("feeds/<uuid:public_id>/remove/", feeds.remove, name="feed-remove"),
    path("imports/", imports.import_list, name="import-list"),
    path("imports/new/", imports.import_new, name="import-new"),
    path("imports/<uuid:public_id>/", imports.import_page, name="import"),
]
