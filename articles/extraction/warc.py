"""Read the web pages of a WARC file (ISO 28500:2017), gzipped or not."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from itertools import islice
from typing import Any, BinaryIO

from warcio.archiveiterator import ArchiveIterator

from articles.extraction.blockers import ExtractionFailed
from articles.extraction.draft import ArticleDraft
from articles.extraction.html import read_page
from articles.extraction.plain_text import FileError, check_size
from config.translation import gettext as _

# Of an unpacked page.
_MAX_BYTES = 20_000_000
_HTML_TYPES = {"text/html", "application/xhtml+xml"}


@dataclass(frozen=True)
class ArchivedPage:
    """`data` is the decoded body, cut off above the limit."""

    url: str
    data: bytes
    charset: str

    def read(self, max_bytes: int) -> ArticleDraft:
        """Raises FileError if there is no article, or the page is larger than `max_bytes`."""
        check_size(len(self.data), max_bytes)
        try:
            return read_page(self.data, self.url, charset=self.charset).get_article()
        except ExtractionFailed as error:
            raise FileError(error.detail) from None


def iter_pages(file: BinaryIO, max_bytes: int) -> Iterator[ArchivedPage]:
    """Yield the successful HTML responses of a file. Raises FileError if it is damaged."""
    try:
        for record in ArchiveIterator(file):
            if record.rec_type == "response" and record.http_headers is not None:
                message = Message()
                message["Content-Type"] = record.http_headers.get_header("Content-Type") or ""
                if _is_page(record.http_headers, message):
                    data = record.content_stream().read(max_bytes + 1)
                    if len(data) <= max_bytes and record.raw_stream.limit > 0:
                        raise EOFError
                    yield ArchivedPage(
                        url=record.rec_headers.get_header("WARC-Target-URI") or "",
                        data=data,
                        charset=str(message.get_content_charset() or ""),
                    )
    except Exception:  # warcio raises anything for a damaged file.
        raise FileError(_("This is not a WARC file, or it is damaged.")) from None


def read_warc(data: bytes) -> ArticleDraft:
    """Return the article of a file with one page. Raises FileError."""
    pages = list(islice(iter_pages(io.BytesIO(data), _MAX_BYTES), 2))
    if len(pages) > 1:
        raise FileError(_("The WARC file has several pages. Add them with “Import articles”."))
    if not pages:
        raise FileError(_("The WARC file has no web page."))
    return pages[0].read(_MAX_BYTES)


def _is_page(headers: Any, message: Message) -> bool:
    return headers.get_statuscode() == "200" and message.get_content_type() in _HTML_TYPES
