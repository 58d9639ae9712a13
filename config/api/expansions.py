"""`?expand=`: related objects in place of their ids.

Related objects are fetched for the whole page at once, so the number of queries depends on what
is expanded and not on the number of records.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from rest_framework.request import Request

from config.api.problems import InvalidParameters
from config.types import Record

Tree = dict[str, "Tree"]


@dataclass(frozen=True, slots=True)
class Expansion:
    """A relation that can be expanded.

    The value of the record's field `key` is looked up in the column `column` of the rows of
    `view`; the field `back` of the related records holds the same value. With `many`, the record
    gets a list of all related records that match `conditions`; otherwise one record replaces its
    id, which stays if the user cannot see the record. `kind` restricts the expansion to records
    of one kind.
    """

    view: Callable[[], Any]
    key: str
    column: str = "public_id"
    back: str = "id"
    many: bool = False
    conditions: Mapping[str, Any] = field(default_factory=dict)
    kind: str = ""
    # A faster query for the related records of a single record: (id, user).
    fetch_one: Callable[[UUID, Any], list[Record]] | None = None

    def attach(self, name: str, records: list[Record], inner: Tree, request: Request) -> None:
        if self.kind:
            records = [record for record in records if record["kind"] == self.kind]
        wanted = {key for record in records if (key := _get_key(record.get(self.key)))}
        view = self.view()
        related = [view.add_links(r, request) for r in self._fetch(view, wanted, request.user)]
        by_key: dict[str, list[Record]] = {}
        for other in related:
            by_key.setdefault(_get_key(other[self.back]), []).append(other)
        expand(related, inner, view.expansions, request)
        for record in records:
            found = by_key.get(_get_key(record.get(self.key)), [])
            if self.many:
                record[name] = found
            elif found:
                record[name] = found[0]

    def _fetch(self, view: Any, wanted: set[str], user: Any) -> Any:
        if self.fetch_one and len(wanted) == 1:
            return self.fetch_one(UUID(next(iter(wanted))), user)
        rows = view.get_rows(user).filter(**{f"{self.column}__in": wanted}, **self.conditions)
        return view.serialize_rows(rows.order_by("public_id"))


def _get_key(value: Any) -> str:
    """Return the id in a record's field, which may hold a summary of the related object."""
    if isinstance(value, Mapping):
        value = value["id"]
    return "" if value is None else str(value)


def expand(
    records: list[Record], tree: Tree, known: Mapping[str, Expansion], request: Request
) -> None:
    for name, inner in tree.items():
        known[name].attach(name, records, inner, request)


def parse_expand(given: str, known: Mapping[str, Expansion]) -> Tree:
    """Parse `expand`, such as `source_links.source,project`. Raises InvalidParameters."""
    tree: Tree = {}
    for path in given.split(",") if given else ():
        branch, available = tree, known
        for name in path.split("."):
            if name not in available:
                choices = ", ".join(list_paths(known)) or "nothing here"
                detail = f"“{path[:100]}” cannot be expanded. Choices: {choices}."
                raise InvalidParameters([("expand", detail)])
            available = available[name].view().expansions
            branch = branch.setdefault(name, {})
    return tree


def list_paths(known: Mapping[str, Expansion]) -> Iterator[str]:
    """Yield the relations, each followed by those of the related objects."""
    for name, expansion in known.items():
        yield name
        yield from (f"{name}.{inner}" for inner in expansion.view().expansions)
