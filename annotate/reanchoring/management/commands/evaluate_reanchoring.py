"""`manage.py evaluate_reanchoring`: what a made series of edits does to the demo's annotations."""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from articles.text import edits
from articles.text.anchor import Selector, Span, resolve, resolve_all
from articles.text.edits import Edit, Rewrite
from articles.text.normalise import normalise
from articles.text.reanchor import Outcome, Reanchorer, Status, worst

FIXTURES = Path(settings.BASE_DIR) / "fixtures"
# How many of the annotations whose words still stand are carried without anybody's help.
LEAST_CARRIED = 0.98
COLUMNS = (*Status, "standing", "carried", "wrong")


class Command(BaseCommand):
    """Edit each demo article in many ways, and hold re-anchoring against what was done."""

    help = (
        "Re-anchor the demo's annotations over a made series of edits and print the figures. "
        "Nothing is stored. Exits with 1 when an annotation landed on the wrong words, or when "
        f"fewer than {LEAST_CARRIED:.0%} of those whose words still stand were carried."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--explain", action="store_true", help="name what was not carried")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print a line of figures for each kind of edit, and the sums."""
        figures: dict[str, Counter[str]] = {}
        for slug, edit, annotations in _edited_corpus():
            counted = figures.setdefault(edit.kind, Counter())
            counted["edits"] += 1
            find = Reanchorer(edit.old, edit.new).reanchor
            for spans in annotations:
                outcomes = [find(span) for span in spans]
                fault = _count(counted, edit, spans, outcomes)
                if fault == "wrong" or (fault and options["explain"]):
                    words = " … ".join(edit.old[span.start : span.end] for span in spans)
                    self.stderr.write(f"{fault}: {slug}, {edit.kind}: “{words}”: {outcomes}")
        self._print(figures)
        total = sum(figures.values(), Counter())
        if total["wrong"] or total["carried"] < LEAST_CARRIED * total["standing"]:
            sys.exit(1)

    def _print(self, figures: dict[str, Counter[str]]) -> None:
        names = {"standing": "words stand"}
        heads = "".join(f"{names.get(column, column):>12}" for column in COLUMNS)
        self.stdout.write(f"{'edit':<20}{'edits':>6}{heads}")
        for kind, counted in [*figures.items(), ("all", sum(figures.values(), Counter()))]:
            row = "".join(f"{counted[column]:>12}" for column in COLUMNS)
            self.stdout.write(f"{kind:<20}{counted['edits']:>6}{row}")
        total = sum(figures.values(), Counter())
        self.stdout.write(
            f"Of {total['standing']} annotations whose words still stand, {total['carried']} were "
            f"carried exactly ({total['carried'] / total['standing']:.2%}). "
            f"{total['wrong']} landed on other words."
        )


def _edited_corpus() -> Iterator[tuple[str, Edit, list[list[Span]]]]:
    """Give each edit of each article with the passages of what stands on it."""
    made = json.loads((FIXTURES / "edits.json").read_text(encoding="utf-8"))
    for path in sorted((FIXTURES / "articles").glob("*.json")):
        text = normalise(path.with_suffix(".txt").read_text(encoding="utf-8")).strip()
        described = json.loads(path.read_text(encoding="utf-8"))
        annotations = [
            resolve_all(text, [Selector(**span) for span in annotation["spans"]])
            for annotation in described["annotations"]
            if annotation.get("spans")
        ]
        for edit in _edits(text, made[path.stem]):
            yield path.stem, edit, annotations


def _edits(text: str, made: dict[str, Any]) -> Iterator[Edit]:
    paraphrases = [_paraphrase(text, **written) for written in made["paraphrases"]]
    for paraphrase in paraphrases:
        yield edits.rewritten("paraphrased sentence", text, [paraphrase])
    yield from edits.moved_paragraphs(text)
    yield from edits.fixed_typos(text, every=9)
    yield from edits.deleted_sections(text, lines=1)
    yield from edits.deleted_sections(text, lines=3)
    yield from edits.inserted_corrections(text, made["correction"])
    yield edits.typographic_quotes(text)
    yield edits.other_spaces(text)
    yield edits.recomposed(text)
    yield edits.all_at_once(text, paraphrases, made["correction"])


def _paraphrase(text: str, exact: str, to: str) -> Rewrite:
    span = resolve(text, Selector(exact=exact))
    return Rewrite(span, normalise(to))


def _count(
    counted: Counter[str], edit: Edit, spans: list[Span], outcomes: list[Outcome]
) -> str | None:
    """Count what became of one annotation; tell where that is not as it should be."""
    status = worst(outcomes)
    counted[status] += 1
    places = [edit.places_of(span) for span in spans]
    stands = all(len(possible) == 1 for possible in places)
    counted["standing"] += stands
    if not status.is_certain:
        return "left to a person" if stands else None
    right = all(
        outcome.span in possible for outcome, possible in zip(outcomes, places, strict=True)
    )
    counted["carried"] += right and stands
    counted["wrong"] += not right
    return None if right else "wrong"
