from django.urls import URLPattern, path

from annotate.reanchoring import pages

urlpatterns: list[URLPattern] = [
    path("reanchorings/", pages.show_list, name="reanchoring-list"),
    path("reanchorings/<uuid:public_id>/", pages.show_detail, name="reanchoring-detail"),
    path("reanchorings/<uuid:public_id>/accept/", pages.accept, name="reanchoring-accept"),
    path("reanchorings/<uuid:public_id>/reject/", pages.reject, name="reanchoring-reject"),
    path("reanchorings/<uuid:public_id>/reopen/", pages.reopen, name="reanchoring-reopen"),
]
