"""Who a text says it is by."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from articles.text.blocks import BYLINE_LABEL, BYLINE_NAME, BYLINE_START, Block, BlockKind

_AND = re.compile(r"\s+(?:and|&|y|und|et)\s+")


@dataclass(frozen=True, slots=True)
class Credit:
    """An author as a byline gives them: the name, and the post or institution where it says so."""

    name: str
    affiliation: str = ""


def read_byline(text: str, blocks: Iterable[Block]) -> list[Credit]:
    """Read the authors from the first byline among the blocks; none where there is none."""
    for block in blocks:
        if block.kind == BlockKind.BYLINE:
            lines = [line.strip() for line in text[block.start : block.end].split("\n")]
            if BYLINE_LABEL.match(lines[0]):
                return _labelled([line for line in lines[1:] if line])
            return _in_one_line(" ".join(lines))
    return []


def _labelled(lines: list[str]) -> list[Credit]:
    """Read `- name` lines, each with at most one line of affiliation under it."""
    credits: list[Credit] = []
    for line in lines:
        if marker := BYLINE_NAME.match(line):
            credits.append(Credit(line[marker.end() :]))
        else:
            credits[-1] = Credit(credits[-1].name, line)
    return credits


def _in_one_line(line: str) -> list[Credit]:
    """Read `By A`, `By A, affiliation`, `By A and B` and `By A, B and C`."""
    start = BYLINE_START.match(line)
    names = line[start.end() :] if start else line
    if _AND.search(names):
        parts = _AND.sub(",", names).split(",")
        return [Credit(part.strip()) for part in parts if part.strip()]
    name, _, affiliation = names.partition(",")
    return [Credit(name.strip(), affiliation.strip())]
