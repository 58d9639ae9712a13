from django.urls import URLPattern, path

from articles.feeds import pages

urlpatterns: list[URLPattern] = [
    path("feeds/", pages.feeds, name="feed-list"),
    path("feeds/<uuid:public_id>/", pages.feed, name="feed"),
    path("feeds/<uuid:public_id>/poll/", pages.poll, name="feed-poll"),
    path("feeds/<uuid:public_id>/pause/", pages.pause, name="feed-pause"),
    path("feeds/<uuid:public_id>/remove/", pages.remove, name="feed-remove"),
]
