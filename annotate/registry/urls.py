from django.urls import URLPattern, path

from annotate.registry import pages, suggest

urlpatterns: list[URLPattern] = [
    path("entities/<uuid:public_id>/", pages.entity, name="entity"),
    path("sources/<uuid:public_id>/", pages.source, name="source"),
    path("entities/suggest/", suggest.entities, name="entity-suggest"),
    path("entities/wikidata/", suggest.wikidata_items, name="wikidata-items"),
    path("sources/suggest/", suggest.sources, name="source-suggest"),
]
