"""Blocks: which stretch of a text is a heading, a byline, a paragraph and so on.

Plain text says this only by its lines, so what is found here is a reading of habits of the
press: when in doubt a block is a paragraph. Offsets count code points; the text is not changed."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise


class BlockKind(StrEnum):
    """What a block is in its article."""

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
    """`[start, end)` of a text, in code points, and what it is."""

    kind: BlockKind
    start: int
    end: int


# What may end a sentence, and what may close after that, in the scripts that news is written in.
_ENDS = ".!?…‥。！？．｡؟۔।॥።፧។៕။,;:،؛，；：、"
_CLOSES = "\"'”’»›)]}」』）】"
_ENDS_LINE = re.compile(f"[{re.escape(_ENDS)}][{re.escape(_CLOSES)}\\s]*$")

_LONGEST_HEADING = 100
_LONGEST_HEADING_WORDS = 16
_LONGEST_BYLINE = 120
_LONGEST_AFFILIATION = 200
_WRAPPED_WIDTHS = range(40, 121)

# A byline stands near the top, a disclosure near the end.
_BYLINE_WITHIN = 5
_DISCLOSURE_WITHIN = 3

BYLINE_LABEL = re.compile(r"(?:Authors?|Byline|Autor(?:es|a)?|Auteurs?)\s*:?$", re.IGNORECASE)
BYLINE_NAME = re.compile(r"[-–•*]\s+(?=\S)")
BYLINE_START = re.compile(
    r"(?:By|BY|Por|POR|Par|PAR|Von|VON|بقلم|文＝|文=)(?:\b|(?<=[＝=]))[ :：]*(?=[^\Wa-z\d_])"
)

_LIST_ITEM = re.compile(r"(?:[-*•‣◦▪・]\s+|\d{1,2}[.)]\s+)\S")
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
    """Split a normalised text into blocks: in order, apart, and with every word in one of them.

    `title` is the article's, to know it again where the text repeats it.
    """
    pieces = [Block(BlockKind.PARAGRAPH, start, end) for start, end in _pieces(text)]
    pieces = list(_with_bylines(text, pieces))
    return [
        replace(block, kind=_kind(text, pieces, index, title)) for index, block in enumerate(pieces)
    ]


def check_blocks(text: str, blocks: Sequence[Block]) -> None:
    """Raise ValueError unless the blocks are in order, apart, and cover every word of the text."""
    at = 0
    for block in blocks:
        if not at <= block.start < block.end <= len(text):
            raise ValueError("The blocks of a text are in order, apart and within it.")
        if text[at : block.start].strip():
            raise ValueError("The blocks of a text cover every word of it.")
        at = block.end
    if text[at:].strip():
        raise ValueError("The blocks of a text cover every word of it.")


def read_habits(text: str, blocks: Sequence[Block]) -> list[Block]:
    """Name the bylines, captions and disclosures among paragraphs that markup does not tell apart.

    Every other block keeps the kind that it has.
    """
    told = (BlockKind.BYLINE, BlockKind.CAPTION, BlockKind.DISCLOSURE)
    return [
        replace(block, kind=kind)
        if block.kind == BlockKind.PARAGRAPH and (kind := _kind(text, blocks, index, "")) in told
        else block
        for index, block in enumerate(blocks)
    ]


def ends_sentence(line: str) -> bool:
    """Tell whether a line ends as a sentence, or a part of one, does."""
    return bool(_ENDS_LINE.search(line))


def could_be_heading(line: str) -> bool:
    """Tell whether a line is as short as a heading, and does not end as a sentence does."""
    return (
        len(line) <= _LONGEST_HEADING
        and len(line.split()) <= _LONGEST_HEADING_WORDS
        and "\n" not in line
        and not ends_sentence(line)
        and any(character.isalnum() for character in line)
    )


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    """Give the lines without their outer spaces; those of a hard-wrapped paragraph together."""
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
    """Tell whether lines were filled to a width: no next word would have fitted in any."""
    if len(lines) < 2:
        return False
    width = max(map(len, lines))
    if width not in _WRAPPED_WIDTHS or any(_LIST_ITEM.match(line) for line in lines):
        return False
    return all(len(line) + 1 + len(after.split()[0]) > width for line, after in pairwise(lines))


def _with_bylines(text: str, pieces: Sequence[Block]) -> Iterator[Block]:
    """Join a label such as `Author` with the names and affiliations under it."""
    index = 0
    while index < len(pieces):
        end = _end_of_byline(text, pieces, index)
        if end > index:
            yield Block(BlockKind.BYLINE, pieces[index].start, pieces[end - 1].end)
            index = end
        else:
            yield pieces[index]
            index += 1


def _end_of_byline(text: str, pieces: Sequence[Block], index: int) -> int:
    """Give the index after a labelled byline that starts here; `index` where none does."""

    def words(at: int) -> str:
        return text[pieces[at].start : pieces[at].end] if at < len(pieces) else ""

    if not BYLINE_LABEL.match(words(index)):
        return index
    end = index + 1
    while BYLINE_NAME.match(words(end)) and not ends_sentence(words(end)):
        end += 1
        below = words(end)
        if (
            below
            and len(below) <= _LONGEST_AFFILIATION
            and not ends_sentence(below)
            and not BYLINE_NAME.match(below)
        ):
            end += 1
    return end if end > index + 1 else index


def _kind(text: str, blocks: Sequence[Block], index: int, title: str) -> BlockKind:
    block = blocks[index]
    if block.kind == BlockKind.BYLINE:
        return block.kind
    line = text[block.start : block.end]
    if index == 0 and title and line.split() == title.split():
        return BlockKind.TITLE
    if index < _BYLINE_WITHIN and _is_byline(line):
        return BlockKind.BYLINE
    if _LIST_ITEM.match(line):
        return BlockKind.LIST_ITEM
    if _QUOTE.match(line):
        return BlockKind.QUOTE
    if _CAPTION.match(line):
        return BlockKind.CAPTION
    if index > 0 and index >= len(blocks) - _DISCLOSURE_WITHIN and _DISCLOSURE.search(line):
        return BlockKind.DISCLOSURE
    if 0 < index < len(blocks) - 1 and could_be_heading(line) and line[0] not in '“"«「':
        below = text[blocks[index + 1].start : blocks[index + 1].end]
        if not could_be_heading(below):
            return BlockKind.HEADING
    return BlockKind.PARAGRAPH


def _is_byline(line: str) -> bool:
    return (
        len(line) <= _LONGEST_BYLINE and bool(BYLINE_START.match(line)) and not ends_sentence(line)
    )
