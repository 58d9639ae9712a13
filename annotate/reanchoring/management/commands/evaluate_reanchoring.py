"""`manage.py evaluate_reanchoring`: measure re-anchoring on generated edits of the demo."""

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
from articles.text.reanchor import Outcome, Reanchorer, Status, get_worst_status

FIXTURES = Path(settings.BASE_DIR) / "fixtures"
# Minimum share of annotations with unchanged text that are re-anchored automatically.
MIN_REANCHORED = 0.98
COLUMNS = (*Status, "unchanged", "re-anchored", "wrong")


class Command(BaseCommand):
    help = (
        "Re-anchor the demo's annotations over generated edits and print the results. Stores "
        "nothing. Exits with 1 if an annotation moves to other text, or if fewer than "
        f"{MIN_REANCHORED:.0%} of the annotations with unchanged text are re-anchored."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--explain", action="store_true", help="list what was not re-anchored")

    def handle(self, *args: Any, **options: Any) -> None:
        counts: dict[str, Counter[str]] = {}
        for slug, edit, annotations in _iter_edits():
            counter = counts.setdefault(edit.kind, Counter())
            counter["edits"] += 1
            reanchorer = Reanchorer(edit.old, edit.new)
            for spans in annotations:
                outcomes = [reanchorer.reanchor(span) for span in spans]
                problem = _count(counter, edit, spans, outcomes)
                if problem == "wrong" or (problem and options["explain"]):
                    quote = " … ".join(edit.old[span.start : span.end] for span in spans)
                    self.stderr.write(f"{problem}: {slug}, {edit.kind}: “{quote}”: {outcomes}")
        total = sum(counts.values(), Counter())
        self._print({**counts, "all": total})
        if total["wrong"] or total["re-anchored"] < MIN_REANCHORED * total["unchanged"]:
            sys.exit(1)

    def _print(self, counts: dict[str, Counter[str]]) -> None:
        header = "".join(f"{column:>12}" for column in COLUMNS)
        self.stdout.write(f"{'edit':<20}{'edits':>6}{header}")
        for kind, counter in counts.items():
            row = "".join(f"{counter[column]:>12}" for column in COLUMNS)
            self.stdout.write(f"{kind:<20}{counter['edits']:>6}{row}")
        total = counts["all"]
        self.stdout.write(
            f"Of {total['unchanged']} annotations with unchanged text, {total['re-anchored']} were "
            f"re-anchored ({total['re-anchored'] / total['unchanged']:.2%}). "
            f"{total['wrong']} moved to other text."
        )


def _iter_edits() -> Iterator[tuple[str, Edit, list[list[Span]]]]:
    """Yield each edit of each demo article, with the spans of the article's annotations."""
    texts = json.loads((FIXTURES / "edits.json").read_text(encoding="utf-8"))
    for path in sorted((FIXTURES / "articles").glob("*.json")):
        text = normalise(path.with_suffix(".txt").read_text(encoding="utf-8")).strip()
        article = json.loads(path.read_text(encoding="utf-8"))
        annotations = [
            resolve_all(text, [Selector(**span) for span in annotation["spans"]])
            for annotation in article["annotations"]
            if annotation.get("spans")
        ]
        for edit in _edit(text, texts[path.stem]):
            yield path.stem, edit, annotations


def _edit(text: str, texts: dict[str, Any]) -> Iterator[Edit]:
    paraphrases = [_build_paraphrase(text, **written) for written in texts["paraphrases"]]
    for paraphrase in paraphrases:
        yield edits.rewrite("paraphrased sentence", text, [paraphrase])
    yield from edits.move_paragraphs(text)
    yield from edits.change_words(text, every=9)
    yield from edits.delete_sections(text, lines=1)
    yield from edits.delete_sections(text, lines=3)
    yield from edits.insert_corrections(text, texts["correction"])
    yield edits.change_quotes(text)
    yield edits.change_spaces(text)
    yield edits.recompose(text)
    yield edits.combine_edits(text, paraphrases, texts["correction"])


def _build_paraphrase(text: str, exact: str, to: str) -> Rewrite:
    return Rewrite(resolve(text, Selector(exact=exact)), normalise(to))


def _count(
    counter: Counter[str], edit: Edit, spans: list[Span], outcomes: list[Outcome]
) -> str | None:
    """Count the result for one annotation; return what is wrong with it, or None."""
    status = get_worst_status(outcomes)
    counter[status] += 1
    targets = [edit.find_targets(span) for span in spans]
    is_unchanged = all(len(possible) == 1 for possible in targets)
    counter["unchanged"] += is_unchanged
    if not status.is_certain:
        return "needs review" if is_unchanged else None
    is_right = all(
        outcome.span in possible for outcome, possible in zip(outcomes, targets, strict=True)
    )
    counter["re-anchored"] += is_right and is_unchanged
    counter["wrong"] += not is_right
    return None if is_right else "wrong"
