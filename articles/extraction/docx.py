"""Extract the article of a Word document (ECMA-376), via the HTML that mammoth generates."""

import io
import zipfile
from dataclasses import replace
from typing import Any

import mammoth
from lxml import etree

from articles.extraction.draft import ArticleDraft
from articles.extraction.html import read_fragment
from articles.extraction.metadata import read_language
from articles.extraction.plain_text import FileError
from articles.text.byline import read_byline, split_credit
from config.translation import gettext as _

_STYLES = """
p[style-name='Title'] => h1:fresh
p[style-name='Subtitle'] => p:fresh
p[style-name='Quote'] => blockquote:fresh
p[style-name='Intense Quote'] => blockquote:fresh
"""
# Of all parts, unpacked.
_MAX_UNPACKED_BYTES = 60_000_000
_DC = "{http://purl.org/dc/elements/1.1/}"


def read_docx(data: bytes) -> ArticleDraft:
    """Raises FileError if the data is not a document."""
    try:
        properties = _read_properties(data)
        markup = mammoth.convert_to_html(
            io.BytesIO(data),
            style_map=_STYLES,
            convert_image=mammoth.images.img_element(lambda _image: {}),
        ).value
    except FileError:
        raise
    except Exception:  # The libraries raise anything for a damaged document.
        message = _("This is not a Word document (.docx), or it is damaged.")
        raise FileError(message) from None
    title = properties.get("title") or _find_heading(markup)
    draft = read_fragment(markup, title)
    authors = read_byline(draft.text, draft.blocks or ())
    return replace(
        draft,
        authors=authors or split_credit(properties.get("creator", "")),
        language=read_language(properties.get("language")) or None,
    )


def _read_properties(data: bytes) -> dict[str, str]:
    """Check the unpacked size, then read the core properties."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if sum(part.file_size for part in archive.infolist()) > _MAX_UNPACKED_BYTES:
            raise FileError(_("The document is too large when unpacked."))
        if "docProps/core.xml" not in archive.namelist():
            return {}
        core = archive.read("docProps/core.xml")
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    root: Any = etree.fromstring(core, parser)
    found = {name: root.findtext(f"{_DC}{name}") for name in ("title", "creator", "language")}
    return {name: " ".join(value.split()) for name, value in found.items() if value}


def _find_heading(markup: str) -> str:
    draft = read_fragment(markup.partition("</h1>")[0] if "<h1" in markup else "")
    return draft.text[draft.blocks[-1].start : draft.blocks[-1].end] if draft.blocks else ""
