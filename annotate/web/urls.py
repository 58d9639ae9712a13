"""Pages through which articles come in."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
