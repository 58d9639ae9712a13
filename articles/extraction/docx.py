"""Extract the article of a Word document (ECMA-376), via the HTML that mammoth generates."""

import io
import re
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
_NOTE_BACKLINK = re.compile(r'\s*<a href="#[^"]*note-ref-[^"]*">\u2191</a>')
# mammoth accepts insertions and deletions, but leaves out text that was moved.
_MOVED = re.compile(rb"(</?w:)moveTo(?=[\s>])")
_DC = "{http://purl.org/dc/elements/1.1/}"


def read_docx(data: bytes) -> ArticleDraft:
    """Raises FileError if the data is not a document."""
    try:
        properties, accepted = _unpack(data)
        markup = mammoth.convert_to_html(
            accepted,
            style_map=_STYLES,
            convert_image=mammoth.images.img_element(lambda _image: {}),
        ).value
    except FileError:
        raise
    except Exception:  # The libraries raise anything for a damaged document.
        message = _("This is not a Word document (.docx), or it is damaged.")
        raise FileError(message) from None
    markup = _NOTE_BACKLINK.sub("", markup)
    title = properties.get("title") or _find_heading(markup)
    draft = read_fragment(markup, title)
    authors = read_byline(draft.text, draft.blocks or ())
    return replace(
        draft,
        authors=authors or split_credit(properties.get("creator", "")),
        language=read_language(properties.get("language")) or None,
    )


def _unpack(data: bytes) -> tuple[dict[str, str], io.BytesIO]:
    """Check the parts; return the core properties, and the document with moved text in place."""
    accepted = io.BytesIO()
    properties: dict[str, str] = {}
    with zipfile.ZipFile(io.BytesIO(data)) as archive, zipfile.ZipFile(accepted, "w") as copy:
        if sum(part.file_size for part in archive.infolist()) > _MAX_UNPACKED_BYTES:
            raise FileError(_("The document is too large when unpacked."))
        for name in archive.namelist():
            part = archive.read(name)
            if name.endswith((".xml", ".rels")):
                # A DTD is not allowed (ECMA-376, part 2, 8.1.4). Its name may be in UTF-16.
                if b"<!DOCTYPE" in part.replace(b"\0", b""):
                    raise FileError(_("The document has a DTD. Save it again in Word."))
                part = _MOVED.sub(rb"\1ins", part)
            if name == "docProps/core.xml":
                properties = _read_properties(part)
            copy.writestr(name, part)
    return properties, accepted


def _read_properties(core: bytes) -> dict[str, str]:
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    root: Any = etree.fromstring(core, parser)
    found = {name: root.findtext(f"{_DC}{name}") for name in ("title", "creator", "language")}
    return {name: " ".join(value.split()) for name, value in found.items() if value}


def _find_heading(markup: str) -> str:
    draft = read_fragment(markup.partition("</h1>")[0] if "<h1" in markup else "")
    return draft.text[draft.blocks[-1].start : draft.blocks[-1].end] if draft.blocks else ""
