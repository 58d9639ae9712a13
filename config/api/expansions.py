"""`?expand=`: things that belong to a record, told whole in their place.

What a page needs is fetched at once for all of its records, so that the number of queries depends
on what is expanded and not on how much there is."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from rest_framework.request import Request

from config.api.problems import InvalidParameters

Record = dict[str, Any]
Tree = dict[str, "Tree"]


@dataclass(frozen=True, slots=True)
class Expansion:
    """One thing that can be expanded.

    The value of the record called `key` is looked up in the column `column` of what `view`
    shows, and found again in the value `back` of those records. With `many` all that are found
    (of those that `kept` keeps) are told, else the one, in place of its id; what the asker may
    not see stays an id. It may belong to records of one `kind` alone.
    """

    view: Callable[[], Any]
    key: str
    column: str = "public_id"
    back: str = "id"
    many: bool = False
    kept: Mapping[str, Any] = field(default_factory=dict)
    kind: str = ""
    # A quicker way to what belongs to a single thing: by its id, for a user.
    of_one: Callable[[UUID, Any], list[Record]] | None = None

    def attach(self, name: str, records: list[Record], inner: Tree, request: Request) -> None:
        """Put what belongs to the records into them."""
        if self.kind:
            records = [record for record in records if record["kind"] == self.kind]
        wanted = {key for record in records if (key := _key(record.get(self.key)))}
        view = self.view()
        found = self._found(view, wanted, request.user)
        expand(found, inner, view.expansions, request)
        by_key: dict[str, list[Record]] = {}
        for other in found:
            by_key.setdefault(str(other[self.back]), []).append(view.told(other, request))
        for record in records:
            having = by_key.get(_key(record.get(self.key)), [])
            if self.many:
                record[name] = having
            elif having:
                record[name] = having[0]

    def _found(self, view: Any, wanted: set[str], user: Any) -> list[Record]:
        if self.of_one and len(wanted) == 1:
            return self.of_one(UUID(next(iter(wanted))), user)
        rows = view.readable(user).filter(**{f"{self.column}__in": wanted}, **self.kept)
        found: list[Record] = view.records(rows.order_by("public_id"))
        return found


def _key(value: Any) -> str:
    """Give the id that stands in a record, or in a short form of what it points to."""
    if isinstance(value, Mapping):
        value = value["id"]
    return "" if value is None else str(value)


def expand(
    records: list[Record], tree: Tree, known: Mapping[str, Expansion], request: Request
) -> None:
    """Expand what the tree names in all the records."""
    for name, inner in tree.items():
        known[name].attach(name, records, inner, request)


def asked(given: str, known: Mapping[str, Expansion]) -> Tree:
    """Read `expand`, such as `source_links.source,project`. Raises InvalidParameters."""
    tree: Tree = {}
    for path in given.split(",") if given else ():
        branch, there = tree, known
        for name in path.split("."):
            if name not in there:
                choices = ", ".join(paths(known)) or "nothing here"
                raise InvalidParameters(
                    [("expand", f"“{path[:100]}” cannot be expanded. These can: {choices}.")]
                )
            there = there[name].view().expansions
            branch = branch.setdefault(name, {})
    return tree


def paths(known: Mapping[str, Expansion], depth: int = 2) -> Iterator[str]:
    """Name what can be expanded, two steps far."""
    for name, expansion in known.items():
        yield name
        if depth > 1:
            yield from (
                f"{name}.{inner}" for inner in paths(expansion.view().expansions, depth - 1)
            )
