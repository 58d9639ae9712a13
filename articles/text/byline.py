import re
from collections.abc import Iterable
from dataclasses import dataclass

from articles.text.blocks import BYLINE_LABEL, BYLINE_NAME, BYLINE_START, Block, BlockKind

_AND = re.compile(r"\s+(?:and|&|y|und|et)\s+")
_AFTER_NAMES = re.compile(r"\s[|•·–—-]\s|\n|\s(?=\d)|\s+(?:Published|Updated|Posted)\b")
# "View all posts by", "Autor:" and the like.
_LABEL = re.compile(r"^[^\W\d]+\s*[:：]\s*")
_BEFORE_NAMES = re.compile(
    r"^(?:(?:view|show|see|read|more|zeige|mehr|weitere|voir|ver|all|alle|tous|todos|todas|posts?|"
    r"articles|stories|story|words|text|beiträge|artikel|entries|entradas|written|published|"
    r"reported|posted|submitted|post|author|erstellt)\s+)*"
    r"(?:(?:by|von|vom|par|por|door|of|from)(?:\s*[:：]\s*|\s+)|文\s*[=＝]\s*)(?=\S)",
    re.IGNORECASE,
)
_NO_NAME = re.compile(
    r"https?:|@\w|\d{4}|^\d|\b(?:am|at|by|of|on|um)$|artikel|"
    r"^(?:admin|anonymous|archives|authors?|author archives|autor(?:en)?|by|comments?|date|datum|"
    r"e-?mail|facebook|follow|fotos?|name|none|null|par|por|posted|print|published|share|staff|"
    r"teilen|text|tweet|twitter|unknown|untitled|updated|von)$|^(?:about|über|more|mehr|alle?)\s",
    re.IGNORECASE,
)
# Job titles.
_JOB_TITLE = re.compile(
    r"\b(?:writer|reporter|correspondent|editor|columnist|bureau chief|contributor|"
    r"redactora?|corresponsal|periodista|editora?|Redakteur(?:in)?|Korrespondent(?:in)?|"
    r"journaliste|correspondante?|rédact(?:eur|rice)|корреспондент|редактор|記者|محرر|مراسل)\b",
    re.IGNORECASE,
)
_MAX_NAME_LENGTH = 80
_MAX_NAME_WORDS = 8


@dataclass(frozen=True, slots=True)
class Credit:
    """An author as credited in a byline; `affiliation` is a job title or an institution."""

    name: str
    affiliation: str = ""

    def __str__(self) -> str:
        return f"{self.name}, {self.affiliation}" if self.affiliation else self.name


def read_byline(text: str, blocks: Iterable[Block]) -> list[Credit]:
    """Return the authors in the first byline among the blocks."""
    for block in blocks:
        if block.kind == BlockKind.BYLINE:
            lines = [line.strip() for line in text[block.start : block.end].split("\n")]
            if BYLINE_LABEL.match(lines[0]):
                return _parse_labelled([line for line in lines[1:] if line])
            return _parse_line(" ".join(lines))
    return []


def split_credit(line: str) -> list[Credit]:
    """Parse a line known to be a byline, with or without `By`; commas separate names."""
    names = _AND.sub(",", _BEFORE_NAMES.sub("", _LABEL.sub("", line.strip())))
    # Drop what follows a bar, a bullet or a time.
    names = _AFTER_NAMES.split(names)[0]
    credits: list[Credit] = []
    for part in (part.strip(" .:•—–") for part in re.split(r"[,;、]", names)):
        if credits and _JOB_TITLE.search(part):
            credits[-1] = Credit(credits[-1].name, part)
        elif _could_be_name(part):
            credits.append(Credit(part))
    return credits


def _could_be_name(part: str) -> bool:
    return (
        0 < len(part) <= _MAX_NAME_LENGTH
        and len(part.split()) <= _MAX_NAME_WORDS
        and any(character.isalpha() for character in part)
        and not _NO_NAME.search(part)
    )


def _parse_labelled(lines: list[str]) -> list[Credit]:
    """Parse `- name` lines, each followed by at most one affiliation line."""
    credits: list[Credit] = []
    for line in lines:
        if marker := BYLINE_NAME.match(line):
            credits.append(Credit(line[marker.end() :]))
        else:
            credits[-1] = Credit(credits[-1].name, line)
    return credits


def _parse_line(line: str) -> list[Credit]:
    """Parse `By A`, `By A, affiliation`, `By A and B` and `By A, B and C`."""
    start = BYLINE_START.match(line)
    names = line[start.end() :] if start else line
    if _AND.search(names):
        parts = _AND.sub(",", names).split(",")
        return [Credit(part.strip()) for part in parts if part.strip()]
    name, _, affiliation = names.partition(",")
    return [Credit(name.strip(), affiliation.strip())]
