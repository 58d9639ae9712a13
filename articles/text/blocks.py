"""Split plain text into blocks: headings, bylines, paragraphs and so on.

Plain text has no markup, so kinds are guessed from press conventions; when in doubt, a block is a
paragraph. Offsets count code points, and the text is not changed.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise


class BlockKind(StrEnum):
    TITLE = "title"
    BYLINE = "byline"
    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LIST_ITEM = "list_item"
    QUOTE = "quote"
    CAPTION = "caption"
    DISCLOSURE = "disclosure"


@dataclass(frozen=True, slots=True)
class Block:
    """The span `[start, end)` of a text, in code points, and its kind."""

    kind: BlockKind
    start: int
    end: int


# Characters that end a sentence or clause, and those that may follow, across scripts.
_ENDS = ".!?…‥。！？．｡؟۔।॥።፧។៕။,;:،؛，；：、"
_CLOSES = "\"'”’»›)]}」』）】"
_ENDS_LINE = re.compile(f"[{re.escape(_ENDS)}][{re.escape(_CLOSES)}\\s]*$")

_LONGEST_HEADING = 100
_LONGEST_HEADING_WORDS = 16
_LONGEST_BYLINE = 120
_LONGEST_AFFILIATION = 200
_WRAPPED_WIDTHS = range(40, 121)
_OPENING_QUOTES = '“"«「'

# Bylines are among the first blocks of a text, disclosures among the last.
_BYLINE_WITHIN = 5
_DISCLOSURE_WITHIN = 3

BYLINE_LABEL = re.compile(r"(?:Authors?|Byline|Autor(?:es|a)?|Auteurs?)\s*:?$", re.IGNORECASE)
BYLINE_NAME = re.compile(r"[-–•*]\s+(?=\S)")
BYLINE_START = re.compile(
    r"(?:By|BY|Por|POR|Par|PAR|Von|VON|بقلم|文＝|文=)(?:\b|(?<=[＝=]))[ :：]*(?=[^\Wa-z\d_])"
)

LIST_MARKER = r"(?:[-*•‣◦▪・]\s+|\d{1,2}[.)]\s+)(?=\S)"
_LIST_ITEM = re.compile(LIST_MARKER)
_QUOTE = re.compile(r">\s*\S")
_CAPTION = re.compile(
    r"(?:Photo|Image|Picture|Figure|Fig\.|Caption|Foto|Imagen|Bild|Abbildung|صورة|الصورة|写真|図)"
    r"\s*\d*\s*[:：]",
    re.IGNORECASE,
)
_DISCLOSURE = re.compile(
    r"^(?:Disclosures?|Conflicts? of interests?|Competing interests|Declarations? of interests?"
    r"|Conflicto de intereses|Offenlegung|Interessenkonflikte?|Transparenzhinweis"
    r"|إفصاح|利益相反|情報開示)\b"
    r"|\bdo(?:es)? not work for\b|\bha(?:s|ve) disclosed\b|\bno relevant affiliations\b"
    r"|\bconflicts? of interest\b|\breceives? funding from\b|\bno competing interests\b",
    re.IGNORECASE,
)


def split_blocks(text: str, *, title: str = "") -> list[Block]:
    """Split a normalised text into ordered, disjoint blocks that cover every word.

    `title` is the article's own, to recognise a first line that repeats it.
    """
    pieces = [Block(BlockKind.PARAGRAPH, start, end) for start, end in find_paragraphs(text)]
    pieces = list(_join_bylines(_get_lines(text, pieces), pieces))
    lines = _get_lines(text, pieces)
    return [
        block
        if block.kind == BlockKind.BYLINE
        else replace(block, kind=_find_kind(lines, index, title))
        for index, block in enumerate(pieces)
    ]


def check_blocks(text: str, blocks: Sequence[Block]) -> None:
    """Raise ValueError unless the blocks are ordered, disjoint and cover every word."""
    at, uncovered = 0, ""
    for block in blocks:
        if not at <= block.start < block.end <= len(text):
            raise ValueError(
                "Blocks must be in order, must not overlap and must lie within the text."
            )
        uncovered += text[at : block.start]
        at = block.end
    if (uncovered + text[at:]).strip():
        raise ValueError("Blocks must cover every word of the text.")


def refine_kinds(text: str, blocks: Sequence[Block]) -> list[Block]:
    """Recognise the bylines, captions and disclosures that a page marks up as paragraphs.

    All other blocks keep their kind.
    """
    unmarked = (BlockKind.BYLINE, BlockKind.CAPTION, BlockKind.DISCLOSURE)
    lines = _get_lines(text, blocks)
    return [
        replace(block, kind=kind)
        if block.kind == BlockKind.PARAGRAPH and (kind := _find_kind(lines, index)) in unmarked
        else block
        for index, block in enumerate(blocks)
    ]


def ends_sentence(line: str) -> bool:
    """Return whether a line ends with the punctuation of a sentence or clause."""
    return bool(_ENDS_LINE.search(line))


def could_be_heading(line: str) -> bool:
    """Return whether a line is as short as a heading and does not end like a sentence."""
    return (
        len(line) <= _LONGEST_HEADING
        and len(line.split()) <= _LONGEST_HEADING_WORDS
        and "\n" not in line
        and not ends_sentence(line)
        and any(character.isalnum() for character in line)
    )


def find_paragraphs(text: str) -> Iterator[tuple[int, int]]:
    """Yield the span of each stripped line, or of each hard-wrapped paragraph."""
    for chunk in re.finditer(r"(?:[^\n]*\S[^\n]*(?:\n|$))+", text):
        lines = [
            (line.start() + chunk.start(), line.end() + chunk.start())
            for line in re.finditer(r"\S(?:[^\n]*\S)?", chunk.group())
        ]
        if _is_wrapped([text[start:end] for start, end in lines]):
            yield lines[0][0], lines[-1][1]
        else:
            yield from lines


def _is_wrapped(lines: Sequence[str]) -> bool:
    """Return whether the lines are hard-wrapped: the next word would fit in none."""
    if len(lines) < 2:
        return False
    width = max(map(len, lines))
    if width not in _WRAPPED_WIDTHS or any(_LIST_ITEM.match(line) for line in lines):
        return False
    return all(len(line) + 1 + len(after.split()[0]) > width for line, after in pairwise(lines))


def _join_bylines(lines: Sequence[str], pieces: Sequence[Block]) -> Iterator[Block]:
    """Yield the blocks, joining a label such as `Author` with the names and affiliations below."""
    index = 0
    while index < len(pieces):
        end = _find_byline_end(lines, index)
        if end > index:
            yield Block(BlockKind.BYLINE, pieces[index].start, pieces[end - 1].end)
            index = end
        else:
            yield pieces[index]
            index += 1


def _find_byline_end(lines: Sequence[str], index: int) -> int:
    """Return the index after a labelled byline that starts at `index`; `index` if none does."""
    if not BYLINE_LABEL.match(lines[index]):
        return index
    end = index + 1
    while _is_listed_name(lines[end]):
        end += 1
        if _is_affiliation(lines[end]):
            end += 1
    return end if end > index + 1 else index


def _get_lines(text: str, blocks: Sequence[Block]) -> list[str]:
    """Return the text of each block, and an empty line after the last one."""
    return [*(text[block.start : block.end] for block in blocks), ""]


def _is_listed_name(line: str) -> bool:
    return bool(BYLINE_NAME.match(line)) and not ends_sentence(line)


def _is_affiliation(line: str) -> bool:
    is_short = 0 < len(line) <= _LONGEST_AFFILIATION
    return is_short and not ends_sentence(line) and not BYLINE_NAME.match(line)


def _find_kind(lines: Sequence[str], index: int, title: str = "") -> BlockKind:
    """Return the first kind that applies to a line; the last line is the end of the text."""
    line, last = lines[index], len(lines) - 2
    is_near_end = index > max(0, last - _DISCLOSURE_WITHIN)
    kinds: dict[BlockKind, object] = {
        BlockKind.TITLE: index == 0 and title and line.split() == title.split(),
        BlockKind.BYLINE: index < _BYLINE_WITHIN
        and len(line) <= _LONGEST_BYLINE
        and BYLINE_START.match(line)
        and not ends_sentence(line),
        BlockKind.LIST_ITEM: _LIST_ITEM.match(line),
        BlockKind.QUOTE: _QUOTE.match(line),
        BlockKind.CAPTION: _CAPTION.match(line),
        BlockKind.DISCLOSURE: is_near_end and _DISCLOSURE.search(line),
        BlockKind.HEADING: 0 < index < last
        and could_be_heading(line)
        and line[0] not in _OPENING_QUOTES
        and not could_be_heading(lines[index + 1]),
    }
    return next((kind for kind, applies in kinds.items() if applies), BlockKind.PARAGRAPH)
