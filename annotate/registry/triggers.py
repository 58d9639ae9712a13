"""Triggers that queue changed entities and sources for the search index."""

from config.db.triggers import Trigger
from config.search.queue import enqueue_triggers


def _build_triggers(index: str, table: str, key: str, update: str) -> list[Trigger]:
    keys = f"SELECT {{row}}.{key} AS key"
    return enqueue_triggers(index, table, keys, "INSERT", update, "DELETE")


TRIGGERS = [
    *_build_triggers("entity", "registry_entity", "id", "UPDATE OF name, description, qid"),
    *_build_triggers("entity", "registry_entityalias", "entity_id", "UPDATE"),
    *_build_triggers("source", "registry_source", "id", "UPDATE OF title, publisher, url"),
]
