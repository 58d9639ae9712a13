from django.urls import URLPattern, path

from annotate.reanchoring import pages

urlpatterns: list[URLPattern] = [
    path("reanchorings/", pages.queue, name="reanchorings"),
    path("reanchorings/<uuid:public_id>/", pages.select, name="reanchoring"),
    path("reanchorings/<uuid:public_id>/accept/", pages.accept, name="reanchoring-accept"),
    path("reanchorings/<uuid:public_id>/drop/", pages.drop, name="reanchoring-drop"),
    path("reanchorings/<uuid:public_id>/reopen/", pages.reopen, name="reanchoring-reopen"),
]
