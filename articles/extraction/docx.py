"""Word documents (ECMA-376), by way of the HTML that mammoth makes of their styles."""

import io
import zipfile
from typing import Any

import mammoth
from lxml import etree

from articles.errors import IngestError
from articles.extraction.draft import ArticleDraft
from articles.extraction.html import read_fragment
from articles.extraction.metadata import read_language
from articles.models.article import MAX_TITLE
from articles.text.byline import read_byline, split_credit
from articles.text.headline import propose_title

_STYLES = """
p[style-name='Title'] => h1:fresh
p[style-name='Subtitle'] => p:fresh
p[style-name='Quote'] => blockquote:fresh
p[style-name='Intense Quote'] => blockquote:fresh
"""
# What all parts may have together once they are inflated.
_LARGEST = 60_000_000
_DC = "{http://purl.org/dc/elements/1.1/}"


def read_docx(data: bytes) -> ArticleDraft:
    """Read the article of a document. Raises IngestError (field `file`) where it is none."""
    try:
        said = _properties(data)
        markup = mammoth.convert_to_html(
            io.BytesIO(data),
            style_map=_STYLES,
            convert_image=mammoth.images.img_element(lambda _: {}),
        ).value
    except IngestError:
        raise
    except Exception:  # A broken document makes the libraries raise anything.
        raise IngestError(
            {"file": ["This is no Word document (.docx), or a broken one."]}
        ) from None
    title = said.get("title") or _first_heading(markup)
    text, blocks, links = read_fragment(markup, title)
    return ArticleDraft(
        title=(title or propose_title(text, blocks))[:MAX_TITLE],
        text=text,
        blocks=blocks,
        links=links,
        authors=read_byline(text, blocks) or split_credit(said.get("creator", "")),
        language=read_language(said.get("language")) or None,
    )


def _properties(data: bytes) -> dict[str, str]:
    """Read what the document says of itself, after a look at how large it becomes."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if sum(part.file_size for part in archive.infolist()) > _LARGEST:
            raise IngestError({"file": ["The document becomes too large when it is unpacked."]})
        if "docProps/core.xml" not in archive.namelist():
            return {}
        core = archive.read("docProps/core.xml")
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    root: Any = etree.fromstring(core, parser)
    found = {name: root.findtext(f"{_DC}{name}") for name in ("title", "creator", "language")}
    return {name: " ".join(value.split()) for name, value in found.items() if value}


def _first_heading(markup: str) -> str:
    text, blocks, _ = read_fragment(markup.partition("</h1>")[0] if "<h1" in markup else "")
    return text[blocks[-1].start : blocks[-1].end] if blocks else ""
