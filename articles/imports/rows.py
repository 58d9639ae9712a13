"""Sources of many articles: JSONL, CSV, a folder or a ZIP archive of files.

A source is read row by row, never as a whole, and identified by its digest."""

import codecs
import csv
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.utils.translation import gettext as _
from w3lib.encoding import read_bom

from articles.errors import IngestError
from articles.extraction.draft import ArticleDraft
from articles.extraction.files import SUFFIXES, get_suffix
from articles.extraction.metadata import read_moment
from articles.extraction.plain_text import FileError, read_bytes
from articles.extraction.warc import ArchivedPage, iter_pages
from articles.services import read_article_file
from articles.text.blocks import Block, BlockKind, check_blocks
from articles.text.byline import Credit, split_credit
from articles.text.charset import detect_encoding, is_nearly_utf_8, name_encoding
from articles.text.links import Link
from articles.text.normalise import UnencodableText, normalise
from articles.text.urls import has_credentials
from config.strict_json import load_json

# The column names of each field, the first of which is the field's own.
COLUMNS = {
    "title": ("title", "headline", "name"),
    "text": ("text", "body", "content", "article"),
    "url": ("url", "link", "canonical_url"),
    "outlet": ("outlet", "publisher", "source", "site"),
    "authors": ("authors", "author", "byline"),
    "published_at": ("published_at", "published", "date", "datePublished"),
    "language": ("language", "lang"),
    "licence": ("licence", "license"),
    "blocks": ("blocks",),
    "links": ("links",),
}
# Fields that may have a default value for all rows.
DEFAULT_FIELDS = ("language", "outlet", "licence")
SOURCE_SUFFIXES = (".jsonl", ".ndjson", ".csv", ".tsv", ".zip", ".warc")
# Limits of an archive: files, bytes of its directory, and uncompressed size as a multiple of
# MAX_IMPORT_BYTES.
MAX_FILES = 100_000
_MAX_DIRECTORY_BYTES = 20_000_000
_MAX_UNCOMPRESSED = 20
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Row:
    """One row. `location` is `line 17`, or the path of a file; `line` is where the row ends.

    `columns` returns the names of the row's values. It and `draft` raise IngestError.
    """

    location: str
    line: int
    draft: Callable[[], ArticleDraft]
    columns: Callable[[], Iterable[str]] = tuple


@dataclass(frozen=True)
class Source:
    name: str
    digest: str
    total: int
    rows: Callable[[], Iterator[Row]]
    # That of a table.
    encoding: str = ""


@dataclass(frozen=True)
class Options:
    """The columns of fields ("" for none), default values, and the encoding ("" to detect it)."""

    columns: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)
    encoding: str = ""

    def digest(self) -> bytes:
        parts: list[Any] = [sorted(self.columns.items()), sorted(self.defaults.items())]
        return json.dumps(parts + [self.encoding] * bool(self.encoding)).encode()


def open_source(path: Path, options: Options, *, any_columns: bool = False) -> Source:
    """Open a source by its suffix.

    Raises IngestError: `columns` if a table lacks the text column or a mapped one, unless
    `any_columns`; `file` for everything else.
    """
    try:
        if path.is_dir():
            return _open_folder(path, options)
        suffix = get_suffix(path.name)
        if suffix in (".jsonl", ".ndjson"):
            return _open_lines(path, options, partial(_read_jsonl, path, options))
        if suffix in (".csv", ".tsv"):
            encoding = options.encoding or detect_file_encoding(path)
            _check_header(path, encoding, None if any_columns else options)
            source = _open_lines(path, options, partial(_read_csv, path, encoding, options))
            return replace(source, encoding=encoding)
        if suffix == ".zip":
            return _open_archive(path, options)
        if suffix == ".warc":
            return _open_warc(path, options)
    except OSError as error:
        raise to_error(
            "file", _("Cannot read %(path)s: %(error)s."), path=path, error=error.strerror
        ) from None
    raise to_error(
        "file",
        _("%(name)s is not a .jsonl, .csv, .zip or .warc file, nor a folder."),
        name=path.name,
    )


def to_error(field: str, message: str, /, **values: Any) -> IngestError:
    return IngestError({field: [message % values if values else message]})


def _open_lines(path: Path, options: Options, rows: Callable[[], Iterator[Row]]) -> Source:
    digest, lines, last = hashlib.sha256(options.digest()), 0, b""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            lines += chunk.count(b"\n")
            last = chunk
    if not last:
        raise to_error("file", _("%(name)s is empty."), name=path.name)
    return Source(path.name, digest.hexdigest(), lines + (not last.endswith(b"\n")), rows)


def _read_jsonl(path: Path, options: Options) -> Iterator[Row]:
    with path.open("rb") as file:
        for number, line in _read_lines(file):
            if line is None or line.strip():
                load = partial(_load_json, line)
                yield Row(f"line {number}", number, partial(_build_draft, load, options), load)


def _read_lines(file: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """Yield each line with its number; None for a line that is too long."""
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    number = 0
    while line := file.readline(limit):
        number += 1
        too_long = len(line) == limit and not line.endswith(b"\n")
        while too_long and (rest := file.readline(_CHUNK)):
            too_long = not rest.endswith(b"\n")
            line = b""
        yield number, line or None


def _load_json(line: bytes | None) -> dict[str, Any]:
    if line is None:
        raise to_error("line", _("Too long for one article."))
    try:
        values = load_json(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise to_error("line", _("Not UTF-8 (at byte %(n)d)."), n=error.start) from None
    except (ValueError, RecursionError) as error:
        raise to_error("line", _("Not JSON: %(error)s."), error=error) from None
    if not isinstance(values, dict):
        raise to_error("line", _("Not a JSON object."))
    return values


def _csv_reader(path: Path, file: io.TextIOBase) -> Any:
    header = file.readline()
    file.seek(0)
    delimiter = max("\t;,", key=header.count) if path.suffix != ".tsv" else "\t"
    csv.field_size_limit(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
    return csv.reader(file, delimiter=delimiter, strict=True)


def detect_file_encoding(path: Path) -> str:
    """Return the encoding of a file: UTF-8 also if a few of its characters are invalid."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        chunk = file.read(_CHUNK)
        if (marked := read_bom(chunk)[0]) and marked != "utf-8":
            return marked.removesuffix("-le").removesuffix("-be")
        while chunk:
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                return "utf-8" if is_nearly_utf_8(chunk) else detect_encoding(chunk)
            if b"\0" in chunk:
                return detect_encoding(chunk)
            chunk = file.read(_CHUNK)
    return "utf-8"


def _open_table(path: Path, encoding: str) -> io.TextIOWrapper:
    """Open a table so that bytes that are invalid in its encoding fail only their row."""
    is_utf_8 = encoding == "utf-8"
    return path.open(
        encoding="utf-8-sig" if is_utf_8 else encoding,
        errors="surrogateescape" if is_utf_8 else "replace",
        newline="",
    )


def _find_invalid(text: str, encoding: str) -> bool:
    """Return whether `_open_table` could not decode all of the text."""
    return bool(re.search("[\ud800-\udfff]" if encoding == "utf-8" else "\ufffd", text))


def _check_header(path: Path, encoding: str, options: Options | None) -> None:
    """Raises IngestError if there is no header, or it lacks a column."""
    try:
        with _open_table(path, encoding) as file:
            header: list[str] = next(_csv_reader(path, file), [])
    except (UnicodeError, csv.Error):
        header = []
    if not header or _find_invalid("".join(header), encoding):
        message = _("%(name)s has no header in %(encoding)s.")
        raise to_error("file", message, name=path.name, encoding=name_encoding(encoding))
    if options is None:
        return
    columns = _("The columns are: %(names)s.") % {"names": ", ".join(header)}
    for name, column in options.columns.items():
        if column and column not in header:
            message = _("There is no column “%(column)s” for %(field)s. %(columns)s")
            raise to_error("columns", message, column=column, field=name, columns=columns)
    if not find_column("text", header, options):
        raise to_error("columns", _("No column contains the text. %(columns)s"), columns=columns)
    for name in COLUMNS:
        used = find_column(name, header, options)
        if used and header.count(used) > 1:
            message = _("Several columns are called “%(column)s”. Rename all but one.")
            raise to_error("columns", message, column=used)


def _read_csv(path: Path, encoding: str, options: Options) -> Iterator[Row]:
    with _open_table(path, encoding) as file:
        reader = _csv_reader(path, file)
        header = next(reader)
        while True:
            location = f"line {reader.line_num + 1}"
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                cells = error
            if cells:
                load = partial(_load_cells, header, cells, encoding)
                draft = partial(_build_draft, load, options)
                yield Row(location, reader.line_num, draft, lambda: header)


def _load_cells(header: list[str], cells: list[str] | csv.Error, encoding: str) -> dict[str, str]:
    if isinstance(cells, csv.Error):
        raise to_error("line", _("Not CSV: %(error)s."), error=cells)
    if len(cells) != len(header):
        message = _("%(n)d cells; the header has %(total)d.")
        raise to_error("line", message, n=len(cells), total=len(header))
    if _find_invalid("".join(cells), encoding):
        raise to_error("line", _("Not %(encoding)s."), encoding=name_encoding(encoding))
    return dict(zip(header, cells, strict=True))


def _open_folder(path: Path, options: Options) -> Source:
    files = sorted(p for p in path.rglob("*") if p.is_file() and get_suffix(p.name) in SUFFIXES)
    _check_documents(files, str(path))
    digest = hashlib.sha256(options.digest())
    for file in files:
        digest.update(str(file.relative_to(path)).encode(errors="surrogateescape") + b"\0")
        with file.open("rb") as opened:
            digest.update(hashlib.file_digest(opened, "sha256").digest())

    def read_rows() -> Iterator[Row]:
        for number, file in enumerate(files, 1):
            read = partial(read_bytes, file, settings.MAX_PAGE_BYTES)
            draft = partial(_read_document, file.name, read, options)
            yield Row(str(file.relative_to(path)), number, draft)

    return Source(path.name, digest.hexdigest(), len(files), read_rows)


def _check_documents(documents: Sequence[Any], name: str) -> None:
    if not documents:
        message = _("No file in %(name)s ends in one of %(suffixes)s.")
        raise to_error("file", message, name=name, suffixes=" ".join(SUFFIXES))


def _open_warc(path: Path, options: Options) -> Source:
    digest = hashlib.sha256(options.digest())
    with path.open("rb") as file:
        digest.update(hashlib.file_digest(file, "sha256").digest())
    total = sum(1 for _row in _read_warc(path, options, max_bytes=0))
    if not total:
        raise to_error("file", _("%(name)s has no web page."), name=path.name)
    rows = partial(_read_warc, path, options, max_bytes=settings.MAX_PAGE_BYTES)
    return Source(path.name, digest.hexdigest(), total, rows)


def _read_warc(path: Path, options: Options, *, max_bytes: int) -> Iterator[Row]:
    """Yield the pages before any damage as rows, and the damage as a row that fails."""
    number = 0
    with path.open("rb") as file:
        try:
            for number, page in enumerate(iter_pages(file, max_bytes), 1):
                yield Row(page.url, number, partial(_read_archived_page, page, options))
        except FileError as error:
            if not number:
                raise
            yield Row(f"page {number + 1}", number + 1, partial(_raise, error))


def _raise(error: IngestError) -> ArticleDraft:
    raise error


def _read_archived_page(page: ArchivedPage, options: Options) -> ArticleDraft:
    return _add_defaults(page.read(settings.MAX_PAGE_BYTES), options)


def _read_document(name: str, read: Callable[[], bytes], options: Options) -> ArticleDraft:
    return _add_defaults(read_article_file(name, read(), options.encoding), options)


def _add_defaults(draft: ArticleDraft, options: Options) -> ArticleDraft:
    missing: dict[str, Any] = {
        n: v for n, v in options.defaults.items() if getattr(draft, n) in ("", None)
    }
    return replace(draft, **missing)


def _open_archive(path: Path, options: Options) -> Source:
    try:
        _check_directory_size(path)
        with zipfile.ZipFile(path) as archive:
            infos = [i for i in archive.infolist() if get_suffix(i.filename) in SUFFIXES]
    except (zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError):
        raise to_error("file", _("%(name)s is not a ZIP archive."), name=path.name) from None
    # A member is never read beyond its declared size, so the sum is a limit.
    if sum(info.file_size for info in infos) > _MAX_UNCOMPRESSED * settings.MAX_IMPORT_BYTES:
        raise to_error("file", _("%(name)s is too large when unpacked. Split it."), name=path.name)
    if len(infos) > MAX_FILES:
        message = _("%(name)s has over %(limit)s files. Split it.")
        raise to_error("file", message, name=path.name, limit=f"{MAX_FILES:,}")
    members = sorted(info.filename for info in infos)
    _check_documents(members, path.name)
    digest = hashlib.sha256(options.digest())
    with path.open("rb") as file:
        digest.update(hashlib.file_digest(file, "sha256").digest())

    def read_rows() -> Iterator[Row]:
        with zipfile.ZipFile(path) as archive:
            for number, name in enumerate(members, 1):
                read = partial(_read_member, archive, name)
                yield Row(name, number, partial(_read_document, Path(name).name, read, options))

    return Source(path.name, digest.hexdigest(), len(members), read_rows)


def _check_directory_size(path: Path) -> None:
    """Raises IngestError if the archive's directory is too large to load."""
    with path.open("rb") as file:
        # The function that ZipFile itself uses, so that both read the same size.
        end = zipfile._EndRecData(file)  # type: ignore[attr-defined]
    if end and end[zipfile._ECD_SIZE] > _MAX_DIRECTORY_BYTES:  # type: ignore[attr-defined]
        raise to_error("file", _("%(name)s has too many files. Split it."), name=path.name)


def _read_member(archive: zipfile.ZipFile, name: str) -> bytes:
    try:
        with archive.open(name) as file:
            # Read no more than is allowed, whatever size the archive declares.
            return file.read(settings.MAX_PAGE_BYTES + 1)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError) as error:
        raise to_error("file", _("The file cannot be unpacked: %(error)s."), error=error) from None


def _build_draft(load: Callable[[], Mapping[str, Any]], options: Options) -> ArticleDraft:
    """Raises IngestError with the invalid field."""
    values = load()
    given = {name: _get_value(name, values, options) for name in COLUMNS}
    for name in ("title", "text", "url", "outlet", "language", "licence"):
        if not isinstance(given[name], str | None):
            raise to_error(name, _("Give a string."))
    text = given["text"] or ""
    return ArticleDraft(
        title=given["title"] or "",
        text=text,
        url=(given["url"] or "").strip() or None,
        outlet=given["outlet"] or "",
        language=(given["language"] or "").strip() or None,
        licence=given["licence"] or "",
        authors=_parse_credits(given["authors"]),
        published_at=_parse_moment(given["published_at"]),
        **_parse_blocks_and_links(given["blocks"], given["links"], text),
    )


def find_column(name: str, columns: Collection[str], options: Options) -> str | None:
    if name in options.columns:
        return options.columns[name]
    return next((column for column in COLUMNS[name] if column in columns), None)


def _get_value(name: str, values: Mapping[str, Any], options: Options) -> Any:
    names = (options.columns[name],) if name in options.columns else COLUMNS[name]
    found = next((values[n] for n in names if values.get(n) not in (None, "")), None)
    return options.defaults.get(name) if found is None else found


def _parse_moment(value: Any) -> datetime | None:
    moment = None if value is None else read_moment(value)
    if value is not None and moment is None:
        raise to_error("published_at", _("Give a date such as 2025-08-21, or a time in RFC 3339."))
    return moment


def _parse_credits(value: Any) -> list[Credit] | None:
    """Parse a list of names or of `{name, affiliation}`, or names in one string."""
    if value is None:
        return None
    if isinstance(value, str):
        return split_credit(value)
    if not isinstance(value, list):
        raise to_error("authors", _("Give a list of names."))
    credits = []
    for one in value:
        if isinstance(one, str):
            credits.append(Credit(one))
        elif isinstance(one, dict) and isinstance(one.get("name"), str):
            credits.append(Credit(one["name"], str(one.get("affiliation") or "")))
        else:
            raise to_error("authors", _("Give each author as a name, or with a name."))
    return credits


def _parse_blocks_and_links(blocks: Any, links: Any, text: str) -> dict[str, Any]:
    """Parse blocks and links, whose offsets count code points of the normalised text."""
    if not (blocks or links):
        return {}
    try:
        text = normalise(text)
    except UnencodableText as error:
        raise to_error("text", str(error)) from None
    try:
        blocks = _parse_blocks(blocks, text) if blocks else None
    except (TypeError, KeyError, ValueError) as error:
        message = _("Give a list of kind, start and end. %(error)s")
        raise to_error("blocks", message, error=error) from None
    try:
        links = None if links is None else _parse_links(links, text)
    except (TypeError, KeyError, ValueError) as error:
        message = _("Give a list of start, end and href. %(error)s")
        raise to_error("links", message, error=error) from None
    return {"blocks": blocks, "links": links}


def _parse_blocks(given: Iterable[Mapping[str, Any]], text: str) -> list[Block]:
    blocks = [Block(BlockKind(one["kind"]), int(one["start"]), int(one["end"])) for one in given]
    check_blocks(text, blocks)
    return blocks


def _parse_links(given: Iterable[Mapping[str, Any]], text: str) -> list[Link]:
    links: list[Link] = []
    for one in given:
        link = Link(int(one["start"]), int(one["end"]), str(one["href"]))
        if not (links[-1].end if links else 0) <= link.start < link.end <= len(text):
            raise ValueError("Links must be in order, apart, and within the text.")
        if not link.href.startswith(("http://", "https://")) or len(link.href) > 2000:
            raise ValueError("An href must be an http or https URL.")
        if has_credentials(link.href):
            raise ValueError("Remove the user name and password from the href.")
        links.append(link)
    return links
