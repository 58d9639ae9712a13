"""Find out where extracted text stands on its page, and with it its links and captions.

trafilatura judges paragraphs better when it is not asked for links, and drops captions. White space
is left out of the comparison, as it changes it.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from lxml import etree
from lxml.html import HtmlElement

_NOT_SHOWN = ("script", "style", "template")
# A shorter text is expected close to the text before it, as it may occur elsewhere, too.
_MIN_DISTINCT = 20
_NEAR = 500


@dataclass
class PageText:
    """The text of a page without white space and captions, and what stands where in it."""

    text: str = ""
    # (start, end, href)
    links: list[tuple[int, int, str]] = field(default_factory=list)
    # (position, text)
    captions: list[tuple[int, str]] = field(default_factory=list)
    _at: int = 0

    def locate(self, text: str) -> tuple[int, int]:
        """Return the span of an extracted text, first behind the one before; or (-1, -1)."""
        wanted = squeeze(text)
        is_distinct = len(wanted) >= _MIN_DISTINCT
        start = self.text.find(wanted, self._at, None if is_distinct else self._at + _NEAR)
        if start < 0 and is_distinct:
            start = self.text.find(wanted)
        if start < 0 or not wanted:
            return -1, -1
        if is_distinct or start == self._at:
            self._at = start + len(wanted)
        return start, start + len(wanted)

    def split_at_links(self, text: str, start: int) -> Iterator[tuple[str, str]]:
        """Yield the parts of a text that stands at `start`, each with its href or ""."""
        positions = [at for at, character in enumerate(text) if not character.isspace()]
        done = 0
        for first, last, href in self.links if start >= 0 else ():
            linked = positions[max(0, first - start) : max(0, last - start)]
            if linked and linked[0] >= done:
                yield text[done : linked[0]], ""
                done = linked[-1] + 1
                yield text[linked[0] : done], href
        yield text[done:], ""


def squeeze(text: str) -> str:
    """Return the text without white space."""
    return "".join(text.split())


def read_page_text(tree: HtmlElement, captions: Collection[HtmlElement]) -> PageText:
    """Return the text of a page, with hrefs as they are."""
    page, pieces, length = PageText(), [], 0
    left_out: list[HtmlElement] = []
    starts: dict[HtmlElement, int] = {}
    for event, element in etree.iterwalk(tree, events=("start", "end")):
        is_start = event == "start"
        if is_start and (element in captions or element.tag in _NOT_SHOWN):
            if element in captions and not left_out:
                page.captions.append((length, " ".join(element.text_content().split())))
            left_out.append(element)
        elif not is_start and left_out and element is left_out[-1]:
            left_out.pop()
        elif is_start and element.tag == "a":
            starts[element] = length
        elif element.tag == "a" and starts.get(element, length) < length:
            page.links.append((starts[element], length, element.get("href") or ""))
        if not left_out and (piece := squeeze((element.text if is_start else element.tail) or "")):
            pieces.append(piece)
            length += len(piece)
    page.text = "".join(pieces)
    page.captions = [*{text: (at, text) for at, text in page.captions if text}.values()]
    return page
