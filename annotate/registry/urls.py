from django.urls import URLPattern, path

from annotate.registry import pages, suggest

urlpatterns: list[URLPattern] = [
    path("entities/<uuid:public_id>/", pages.show_entity, name="entity"),
    path("sources/<uuid:public_id>/", pages.show_source, name="source"),
    path("entities/suggest/", suggest.suggest_entities, name="entity-suggest"),
    path("entities/wikidata/", suggest.suggest_wikidata_items, name="wikidata-items"),
    path("sources/suggest/", suggest.suggest_sources, name="source-suggest"),
]
