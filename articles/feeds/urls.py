from django.urls import URLPattern, path

from articles.feeds import pages

urlpatterns: list[URLPattern] = [
    path("feeds/", pages.feed_list, name="feed-list"),
    path("feeds/<uuid:public_id>/", pages.feed_detail, name="feed"),
    path("feeds/<uuid:public_id>/poll/", pages.feed_poll, name="feed-poll"),
    path("feeds/<uuid:public_id>/pause/", pages.feed_pause, name="feed-pause"),
    path("feeds/<uuid:public_id>/delete/", pages.feed_delete, name="feed-delete"),
]
