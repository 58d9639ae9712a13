from django.urls import URLPattern, path

from annotate.projects import pages

urlpatterns: list[URLPattern] = [path("projects/<slug:slug>/", pages.show_project, name="project")]
