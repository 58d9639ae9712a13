"""Triggers that queue changed entities and sources for the search index."""

from config.search.queue import enqueue_triggers

TRIGGERS = [
    *enqueue_triggers(
        "entity",
        "registry_entity",
        "SELECT {row}.id AS key",
        "INSERT",
        "UPDATE OF name, description, qid",
        "DELETE",
    ),
    *enqueue_triggers(
        "entity",
        "registry_entityalias",
        "SELECT {row}.entity_id AS key",
        "INSERT",
        "UPDATE",
        "DELETE",
    ),
    *enqueue_triggers(
        "source",
        "registry_source",
        "SELECT {row}.id AS key",
        "INSERT",
        "UPDATE OF title, publisher, url",
        "DELETE",
    ),
]
