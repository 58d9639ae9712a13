"""Score the extraction of the test site's articles: `python -m tests.articles.site.scoring`."""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from tests.articles.site.stories import Story

# Scripts without spaces are compared by the character.
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W_\u3040-\u30ff\u3400-\u9fff]+")

_SHINGLE = 4

# True positives, false positives and false negatives of one page.
Counts = tuple[float, float, float]


@dataclass(frozen=True)
class Score:
    """One page: shares of 1 for words and links, and whether the rest is as it should be."""

    precision: float
    recall: float
    byline: bool
    date: bool
    title: bool
    language: bool
    outlet: bool
    links: float
    kinds: float


def score_draft(story: Story, draft: Any) -> Score:
    """Compare a draft with the story that its page was built from."""
    expected, found = (Counter(_WORD.findall(text)) for text in (story.text, draft.text))
    common = (expected & found).total()
    words = [(draft.text[link.start : link.end], link.href) for link in draft.links]
    wanted = Counter(story.links)
    kinds = story.kinds()
    found_kinds = {draft.text[block.start : block.end]: block.kind for block in draft.blocks}
    links = 2 * (wanted & Counter(words)).total() / max(1, len(words) + wanted.total())
    return Score(
        precision=common / max(1, found.total()),
        recall=common / expected.total(),
        byline=[credit.name for credit in draft.authors] == story.authors,
        date=draft.published_at == datetime.fromisoformat(story.published),
        title=draft.title == story.title,
        language=draft.language == story.language,
        outlet=draft.outlet == story.outlet,
        links=links,
        kinds=sum(found_kinds.get(words) == kind for words, kind in kinds.items()) / len(kinds),
    )


def compute_means(scores: Iterable[Score]) -> dict[str, float]:
    """Return the mean of each measure."""
    scores = list(scores)
    return {
        name: sum(getattr(one, name) for one in scores) / len(scores)
        for name in Score.__dataclass_fields__
    }


def compute_f1(pages: Iterable[Counts]) -> float:
    hits, extra, missed = map(sum, zip(*pages, strict=True))
    return 2 * hits / ((2 * hits + extra + missed) or 1)


def count_shingles(expected: str, found: str) -> Counts:
    """Compare runs of words; a long page counts as much as a short one."""
    wanted, got = (Counter(_get_shingles(text)) for text in (expected, found))
    total = (wanted | got).total() or 1
    hits = (wanted & got).total()
    return hits / total, (got - wanted).total() / total, (wanted - got).total() / total


def _get_shingles(text: str) -> list[tuple[str, ...]]:
    tokens = _WORD.findall(text)
    return [
        tuple(tokens[at : at + _SHINGLE])
        for at in range(max(1, len(tokens) - _SHINGLE + 1))
        if tokens
    ]


def format_table() -> str:
    """Score every page of the site; return a table of means by markup."""
    from articles.extraction.html import read_page
    from tests.articles.site.fresh import FRESH
    from tests.articles.site.markup import MARKUPS
    from tests.articles.site.messy import MESSY
    from tests.articles.site.stories import STORIES

    rows, every = [], []
    for markup in MARKUPS:
        scores = [
            score_draft(
                story,
                read_page(markup(story).encode(), f"https://site.example/{story.slug}/").draft,
            )
            for story in STORIES
        ]
        every += scores
        rows.append((markup.__name__.removeprefix("render_"), compute_means(scores), len(scores)))
    for name, pages in (("messy, by hand", MESSY), ("fresh, by hand", FRESH)):
        scores = [
            score_draft(
                story, read_page(page.encode(), f"https://site.example/{story.slug}/").draft
            )
            for page, story in pages
        ]
        every += scores
        rows.append((name, compute_means(scores), len(scores)))
    rows.append(("all", compute_means(every), len(every)))
    names = list(Score.__dataclass_fields__)
    lines = [
        "| markup | pages | " + " | ".join(names) + " |",
        "|---|---|" + "---|" * len(names),
        *(
            f"| {name} | {count} | " + " | ".join(f"{found[n]:.3f}" for n in names) + " |"
            for name, found, count in rows
        ),
    ]
    return "\n".join(lines)


def format_kinds() -> str:
    """Return a table of the F1 of the text by kind of page, beside other libraries."""
    from articles.extraction.html import read_page
    from tests.articles.site.kinds import build_pages
    from tests.articles.site.peers import PEERS, run_peer

    extractors: dict[str, Callable[[bytes], str]] = {
        "Pressmark": lambda data: read_page(data).draft.text,
        **{name: partial(run_peer, name) for name in PEERS},
    }
    lines = [
        "| kind | pages | " + " | ".join(extractors) + " |",
        "|---|---|" + "---|" * len(extractors),
    ]
    for kind, pages in build_pages().items():
        scores = [
            compute_f1(count_shingles(page.text, extract(page.data)) for page in pages)
            for extract in extractors.values()
        ]
        lines.append(f"| {kind} | {len(pages)} | {' | '.join(f'{f1:.3f}' for f1 in scores)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    import os

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    print(f"{format_table()}\n\n{format_kinds()}")
