"""Score the text of saved pages beside other libraries: `python -m tests.bench.extraction FOLDER`.

Each FOLDER is a checkout of a public collection of pages whose text is known:
scrapinghub/article-extraction-benchmark, adbar/trafilatura or mozilla/readability. Pressmark does
not contain the pages. Prints F1 with 95 % bootstrap intervals over the pages, and the difference
from trafilatura on the same pages. Exits with 1 if a page raised an exception, left an internal
mark in the text, or lost its text without a note.
"""

import argparse
import gzip
import json
import random
import re
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from lxml import html

from articles.extraction.html import Page, read_page
from articles.text.blocks import BlockKind
from tests.articles.site.peers import PEERS, run_peer
from tests.articles.site.scoring import Counts, compute_f1, count_shingles

SAMPLES = 1_000
# A page has lost its text if less than this share is found.
MIN_RECALL = 0.5
MARK = re.compile(r"⟦(?:caption|break)⟧")


@dataclass(frozen=True)
class Case:
    name: str
    data: bytes
    count: Callable[[str], Counts]


@dataclass
class Scores:
    """The counts of each extractor, one per page, and what must not happen."""

    counts: dict[str, list[Counts]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def add(self, case: Case) -> None:
        texts = {name: run_peer(name, case.data) for name in PEERS}
        try:
            page = read_page(case.data)
        except Exception:
            traceback.print_exc()
            self.failures.append(f"{case.name}: exception")
            page = None
        text = page.draft.text if page else ""
        texts |= {"Pressmark": text, "Pressmark, no captions": _drop_captions(page)}
        for name, found in texts.items():
            self.counts.setdefault(name, []).append(case.count(found))
        if MARK.search(text):
            self.failures.append(f"{case.name}: internal mark")
        hits, _extra, missed = case.count(text)
        if page and not (page.notes or page.blocker) and hits < MIN_RECALL * (hits + missed):
            self.failures.append(f"{case.name}: text lost without a note")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    failures = []
    for folder in parser.parse_args(arguments).folders:
        scores = Scores()
        for case in iter_cases(folder):
            scores.add(case)
        print_scores(folder.name, scores.counts)
        failures += scores.failures
    print("\n".join(failures), file=sys.stderr)
    sys.exit(bool(failures))


def print_scores(title: str, counts: dict[str, list[Counts]]) -> None:
    [peer] = (name for name in counts if name.startswith("trafilatura"))
    print(f"\n| {title}, {len(counts[peer])} pages | F1 | less trafilatura |\n|---|---|---|")
    for name, own in counts.items():
        pages = list(zip(own, counts[peer], strict=True))
        print(
            f"| {name} | {format_interval(pages, lambda pairs: compute_f1(a for a, _b in pairs))} |"
            f" {format_interval(pages, compute_difference)} |"
        )


def compute_difference(pairs: Sequence[tuple[Counts, Counts]]) -> float:
    return compute_f1(a for a, _b in pairs) - compute_f1(b for _a, b in pairs)


def format_interval(pages: Sequence[tuple[Counts, Counts]], compute: Callable[..., float]) -> str:
    chosen = random.Random(1)  # noqa: S311
    values = sorted(compute(chosen.choices(pages, k=len(pages))) for _ in range(SAMPLES))
    low, high = values[SAMPLES // 40], values[-SAMPLES // 40]
    return f"{compute(pages):.3f} [{low:.3f}, {high:.3f}]"


def iter_cases(folder: Path) -> Iterator[Case]:
    """Yield the pages of a collection, recognised by its files."""
    if (folder / "ground-truth.json").exists():
        for key, truth in json.loads((folder / "ground-truth.json").read_text()).items():
            data = gzip.decompress((folder / "html" / f"{key}.html.gz").read_bytes())
            yield Case(key, data, partial(count_shingles, truth["articleBody"]))
    elif (folder / "tests" / "evaldata.json").exists():
        for url, truth in json.loads((folder / "tests" / "evaldata.json").read_text()).items():
            paths = (folder / "tests" / name / truth["file"] for name in ("cache", "eval"))
            data = next(path for path in paths if path.exists()).read_bytes()
            yield Case(url, data, partial(count_snippets, truth))
    else:
        for page in sorted((folder / "test" / "test-pages").iterdir()):
            body = html.document_fromstring((page / "expected.html").read_bytes().decode())
            text = "\n".join(body.itertext())
            yield Case(
                page.name, (page / "source.html").read_bytes(), partial(count_shingles, text)
            )


def count_snippets(truth: dict[str, list[str]], found: str) -> Counts:
    """Count the snippets that belong into the text, and those that do not."""
    text = " ".join(found.split())
    hits, extra = (
        sum(" ".join(snippet.split()) in text for snippet in truth[name])
        for name in ("with", "without")
    )
    return hits, extra, len(truth["with"]) - hits


def _drop_captions(page: Page | None) -> str:
    """Return the text without its captions, which most collections leave out."""
    draft = page.draft if page else None
    blocks = (draft and draft.blocks) or ()
    lines = [draft.text[b.start : b.end] for b in blocks if draft and b.kind != BlockKind.CAPTION]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
