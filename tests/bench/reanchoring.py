"""Measure re-anchoring on generated edits of the demo: `python -m tests.bench.reanchoring`.

Re-anchors the demo's annotations over the edits and prints the results. Exits with 1 if an
annotation moves to other text, or if fewer than 98 % of the annotations with unchanged text are
re-anchored.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from articles.text.anchor import Selector, Span, resolve, resolve_all
from articles.text.normalise import normalise
from articles.text.reanchor import (
    Outcome,
    Reanchorer,
    Status,
    get_worst_status,
    moves_automatically,
)
from tests.bench import edits
from tests.bench.edits import Edit, Rewrite

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
# Minimum share of annotations with unchanged text that are re-anchored automatically.
MIN_REANCHORED = 0.98
COLUMNS = (*Status, "unchanged", "re-anchored", "wrong")
# The kind and the passages of an annotation.
Annotated = tuple[str, list[Span]]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--explain", action="store_true", help="list what was not re-anchored")
    options = parser.parse_args(arguments)
    counts: dict[str, Counter[str]] = {}
    for slug, edit, annotations in _iter_edits():
        counter = counts.setdefault(edit.kind, Counter())
        counter["edits"] += 1
        reanchorer = Reanchorer(edit.old, edit.new)
        for kind, spans in annotations:
            outcomes = [reanchorer.reanchor(span) for span in spans]
            problem = _count(counter, edit, kind, spans, outcomes)
            if problem == "wrong" or (problem and options.explain):
                quote = " … ".join(edit.old[span.start : span.end] for span in spans)
                print(f"{problem}: {slug}, {edit.kind}: “{quote}”: {outcomes}", file=sys.stderr)
    total = sum(counts.values(), Counter())
    _print({**counts, "all": total})
    if total["wrong"] or total["re-anchored"] < MIN_REANCHORED * total["unchanged"]:
        sys.exit(1)


def _print(counts: dict[str, Counter[str]]) -> None:
    header = "".join(f"{column.partition('_')[0]:>12}" for column in COLUMNS)
    print(f"{'edit':<26}{'edits':>6}{header}")
    for kind, counter in counts.items():
        row = "".join(f"{counter[column]:>12}" for column in COLUMNS)
        print(f"{kind:<26}{counter['edits']:>6}{row}")
    total = counts["all"]
    print(
        f"Of {total['unchanged']} annotations with unchanged text, {total['re-anchored']} were "
        f"re-anchored ({total['re-anchored'] / total['unchanged']:.2%}). "
        f"{total['wrong']} moved to other text."
    )


def _iter_edits() -> Iterator[tuple[str, Edit, list[Annotated]]]:
    """Yield each edit of each demo article, with the article's annotations."""
    texts = json.loads((FIXTURES / "edits.json").read_text(encoding="utf-8"))
    for path in sorted((FIXTURES / "articles").glob("*.json")):
        text = normalise(path.with_suffix(".txt").read_text(encoding="utf-8")).strip()
        article = json.loads(path.read_text(encoding="utf-8"))
        annotations = [
            (
                annotation["kind"],
                resolve_all(text, [Selector(**span) for span in annotation["spans"]]),
            )
            for annotation in article["annotations"]
            if annotation.get("spans")
        ]
        for edit in _edit(text, texts[path.stem]):
            yield path.stem, edit, annotations
        for edit, notes in _edit_like_items(text):
            yield path.stem, edit, notes


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
    yield from edits.exchange_words(text)


def _edit_like_items(text: str) -> Iterator[tuple[Edit, list[Annotated]]]:
    """Yield edits of sentences, lines and rows that differ in a word, with notes in all of them."""
    for like in edits.build_like_items(text):
        notes = [("note", [span]) for span in like.find_passages()]
        exchanges = like.exchange_names() if like.kind == "rows" else ()
        for edit in chain(like.iter_edits(), exchanges):
            yield edit, notes


def _build_paraphrase(text: str, exact: str, to: str) -> Rewrite:
    return Rewrite(resolve(text, Selector(exact=exact)), normalise(to))


def _count(
    counter: Counter[str], edit: Edit, kind: str, spans: list[Span], outcomes: list[Outcome]
) -> str | None:
    """Count the result for one annotation; return what is wrong with it, or None."""
    status = get_worst_status(outcomes)
    counter[status] += 1
    targets = [edit.find_targets(span) for span in spans]
    is_unchanged = all(len(possible) == 1 for possible in targets)
    counter["unchanged"] += is_unchanged
    if not moves_automatically(kind, status):
        return "needs review" if is_unchanged else None
    is_right = all(
        outcome.span in possible for outcome, possible in zip(outcomes, targets, strict=True)
    )
    counter["re-anchored"] += is_right and is_unchanged
    counter["wrong"] += not is_right
    return None if is_right else "wrong"


if __name__ == "__main__":
    main()
