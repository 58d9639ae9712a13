"""Sources of many articles: JSONL, CSV, a folder or a ZIP archive of files.

A source is read row by row, never as a whole, and knows itself again by its digest."""

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings

from articles.errors import IngestError
from articles.extraction.draft import ArticleDraft
from articles.extraction.files import SUFFIXES, read_bytes, read_file
from articles.extraction.metadata import read_moment
from articles.text.blocks import Block, BlockKind, check_blocks
from articles.text.byline import Credit, split_credit
from articles.text.links import Link
from articles.text.normalise import UnencodableText, normalise

# The names under which each field is looked for, the first of which is its own.
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
# Values that all rows of a source may share.
DEFAULTS = ("language", "outlet", "licence")
# The endings of what has many articles in it.
MANY = (".jsonl", ".ndjson", ".csv", ".tsv", ".zip")
# Of an archive: its files, the bytes of its table of them, and how much they may unpack to.
MOST_FILES = 100_000
_LARGEST_TABLE = 20_000_000
_UNPACKED_TIMES = 20
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Row:
    """One row: where it stands (`line 17`, or a file's path), and how its draft is made.

    `draft` raises IngestError. `line` is how far in the source it ends, for the progress bar.
    `columns` names what it has values of.
    """

    place: str
    line: int
    draft: Callable[[], ArticleDraft]
    columns: Callable[[], Collection[str]] = tuple


@dataclass(frozen=True)
class Source:
    """Something with many articles in it."""

    name: str
    digest: str
    total: int
    rows: Callable[[], Iterator[Row]]


@dataclass(frozen=True)
class Options:
    """How a source is to be read: the columns of fields, and values for rows that have none.

    A field whose column is "" is looked for in none.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)

    def digest(self) -> bytes:
        """Give what tells these options from others."""
        return json.dumps([sorted(self.columns.items()), sorted(self.defaults.items())]).encode()


def open_source(path: Path, options: Options, *, any_columns: bool = False) -> Source:
    """Open a source by what it is and how it is called.

    Raises IngestError: `columns` where a table has no column for the text or none that was named,
    unless any will do for now; `file` for all else.
    """
    try:
        if path.is_dir():
            return _folder(path, options)
        suffix = path.suffix.lower()
        if suffix in (".jsonl", ".ndjson"):
            return _lines(path, options, lambda: _jsonl_rows(path, options))
        if suffix in (".csv", ".tsv"):
            _check_header(path, None if any_columns else options)
            return _lines(path, options, lambda: _csv_rows(path, options))
        if suffix == ".zip":
            return _archive(path, options)
    except OSError as error:
        raise _unusable(f"Cannot read {path}: {error.strerror}.") from None
    raise _unusable(f"{path.name} is none of .jsonl, .csv, .zip and a folder.")


def _unusable(message: str) -> IngestError:
    return IngestError({"file": [message]})


def _lines(path: Path, options: Options, rows: Callable[[], Iterator[Row]]) -> Source:
    digest, lines, last = hashlib.sha256(options.digest()), 0, b""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            lines += chunk.count(b"\n")
            last = chunk
    if not last:
        raise _unusable(f"{path.name} is empty.")
    return Source(path.name, digest.hexdigest(), lines + (not last.endswith(b"\n")), rows)


# --- JSONL --------------------------------------------------------------------------------


def _jsonl_rows(path: Path, options: Options) -> Iterator[Row]:
    with path.open("rb") as file:
        for number, line in _limited_lines(file):
            if line is None or line.strip():
                draft = _JsonLine(line, options)
                yield Row(f"line {number}", number, draft, draft.columns)


def _limited_lines(file: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """Give each line with its number; None for one that no article needs the length of."""
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    number = 0
    while line := file.readline(limit):
        number += 1
        too_long = len(line) == limit and not line.endswith(b"\n")
        while too_long and (rest := file.readline(_CHUNK)):
            too_long = not rest.endswith(b"\n")
            line = b""
        yield number, line or None


@dataclass(frozen=True)
class _JsonLine:
    line: bytes | None
    options: Options

    def __call__(self) -> ArticleDraft:
        return draft_of(self._values(), self.options)

    def columns(self) -> Collection[str]:
        """Name the values; none where they cannot be read."""
        try:
            return self._values().keys()
        except IngestError:
            return ()

    def _values(self) -> dict[str, Any]:
        if self.line is None:
            raise IngestError({"line": ["It is too long for one article."]})
        try:
            values = json.loads(self.line.decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            raise IngestError({"line": [f"It is not UTF-8 (at byte {error.start})."]}) from None
        except (ValueError, RecursionError) as error:
            raise IngestError({"line": [f"It is not JSON: {error}."]}) from None
        if not isinstance(values, dict):
            raise IngestError({"line": ["It is no JSON object."]})
        return values


# --- CSV ----------------------------------------------------------------------------------


def _csv_reader(path: Path, file: io.TextIOBase) -> "Iterator[list[str]]":
    header = file.readline()
    file.seek(0)
    delimiter = max("\t;,", key=header.count) if path.suffix != ".tsv" else "\t"
    csv.field_size_limit(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
    return csv.reader(file, delimiter=delimiter, strict=True)


def _check_header(path: Path, options: Options | None) -> None:
    """Raise IngestError where there is no header, or where no column of it has the text."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            header = next(_csv_reader(path, file), [])
    except (UnicodeDecodeError, csv.Error):
        header = []
    if not header:
        raise _unusable(f"{path.name} has no header in UTF-8 with the names of its columns.")
    if options is None:
        return
    there = f"There are: {', '.join(header)}."
    for name, column in options.columns.items():
        if column and column not in header:
            raise IngestError({"columns": [f"There is no column “{column}” for {name}. {there}"]})
    if not column_of("text", header, options):
        raise IngestError({"columns": [f"No column has the text. {there}"]})


def _csv_rows(path: Path, options: Options) -> Iterator[Row]:
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        reader: Any = _csv_reader(path, file)
        header = next(reader)
        while True:
            line = reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield Row(f"line {line}", reader.line_num, _Refusal(f"It is not CSV: {error}."))
                continue
            if cells:
                draft = _CsvCells(header, cells, options)
                yield Row(f"line {line}", reader.line_num, draft, lambda: header)


@dataclass(frozen=True)
class _Refusal:
    reason: str

    def __call__(self) -> ArticleDraft:
        raise IngestError({"line": [self.reason]})


@dataclass(frozen=True)
class _CsvCells:
    header: list[str]
    cells: list[str]
    options: Options

    def __call__(self) -> ArticleDraft:
        if len(self.cells) != len(self.header):
            raise IngestError(
                {"line": [f"It has {len(self.cells)} cells; the header has {len(self.header)}."]}
            )
        if any(not cell.isascii() and _is_broken(cell) for cell in self.cells):
            raise IngestError({"line": ["It is not UTF-8."]})
        return draft_of(dict(zip(self.header, self.cells, strict=True)), self.options)


def _is_broken(cell: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in cell)


# --- Folders and archives -----------------------------------------------------------------


def _folder(path: Path, options: Options) -> Source:
    files = sorted(p for p in path.rglob("*") if p.is_file() and p.suffix.lower() in SUFFIXES)
    if not files:
        raise _unusable(f"No file in {path} has one of the endings {' '.join(SUFFIXES)}.")
    digest = hashlib.sha256(options.digest())
    for file in files:
        digest.update(str(file.relative_to(path)).encode(errors="surrogateescape") + b"\0")
        with file.open("rb") as opened:
            digest.update(hashlib.file_digest(opened, "sha256").digest())

    def rows() -> Iterator[Row]:
        for number, file in enumerate(files, 1):
            yield Row(str(file.relative_to(path)), number, _File(file, options))

    return Source(path.name, digest.hexdigest(), len(files), rows)


@dataclass(frozen=True)
class _File:
    path: Path
    options: Options

    def __call__(self) -> ArticleDraft:
        return _with_defaults(read_file(self.path.name, read_bytes(self.path)), self.options)


def _archive(path: Path, options: Options) -> Source:
    try:
        _check_table(path)
        with zipfile.ZipFile(path) as archive:
            infos = [i for i in archive.infolist() if Path(i.filename).suffix.lower() in SUFFIXES]
    except (zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError):
        raise _unusable(f"{path.name} is not a ZIP archive.") from None
    # No more of a member is unpacked than it is said to have, so that the sum holds.
    if sum(info.file_size for info in infos) > _UNPACKED_TIMES * settings.MAX_IMPORT_BYTES:
        raise _unusable(f"{path.name} would unpack to too much. Divide it.")
    if len(infos) > MOST_FILES:
        raise _unusable(f"{path.name} has over {MOST_FILES:,} files. Divide it.")
    members = sorted(info.filename for info in infos)
    if not members:
        raise _unusable(f"No file in {path.name} has one of the endings {' '.join(SUFFIXES)}.")
    digest = hashlib.sha256(options.digest())
    with path.open("rb") as file:
        digest.update(hashlib.file_digest(file, "sha256").digest())

    def rows() -> Iterator[Row]:
        with zipfile.ZipFile(path) as archive:
            for number, name in enumerate(members, 1):
                yield Row(name, number, _Member(archive, name, options))

    return Source(path.name, digest.hexdigest(), len(members), rows)


def _check_table(path: Path) -> None:
    """Look at the size of the table of an archive's files before it is read as a whole.

    Raises IngestError.
    """
    with path.open("rb") as file:
        # What ZipFile goes by itself, so that nothing can be told to one and not to the other.
        end = zipfile._EndRecData(file)  # type: ignore[attr-defined]
    if end and end[zipfile._ECD_SIZE] > _LARGEST_TABLE:  # type: ignore[attr-defined]
        raise _unusable(f"{path.name} has too many files. Divide it.")


@dataclass(frozen=True)
class _Member:
    archive: zipfile.ZipFile
    name: str
    options: Options

    def __call__(self) -> ArticleDraft:
        try:
            with self.archive.open(self.name) as file:
                # No more is inflated than may come in, whatever the archive says of sizes.
                data = file.read(settings.MAX_PAGE_BYTES + 1)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError) as error:
            raise _unusable(f"It cannot be unpacked: {error}.") from None
        return _with_defaults(read_file(Path(self.name).name, data), self.options)


def _with_defaults(draft: ArticleDraft, options: Options) -> ArticleDraft:
    values = {**draft.__dict__}
    for name, value in options.defaults.items():
        if values.get(name) in ("", None):
            values[name] = value
    return ArticleDraft(**values)


# --- From values to a draft ---------------------------------------------------------------


def draft_of(values: Mapping[str, Any], options: Options) -> ArticleDraft:
    """Make a draft of named values. Raises IngestError, which names each field that is wrong."""
    text = _string(values, "text", options)
    return ArticleDraft(
        title=_string(values, "title", options),
        text=text,
        url=_string(values, "url", options).strip() or None,
        outlet=_string(values, "outlet", options),
        language=_string(values, "language", options).strip() or None,
        licence=_string(values, "licence", options),
        authors=_credits(_found("authors", values, options)),
        published_at=_moment(_found("published_at", values, options)),
        **_places(values, options, text),
    )


def column_of(name: str, columns: Collection[str], options: Options) -> str | None:
    """Give the column in which a field is looked for; None where there is none."""
    if name in options.columns:
        return options.columns[name]
    return next((column for column in COLUMNS[name] if column in columns), None)


def _found(name: str, values: Mapping[str, Any], options: Options) -> Any:
    names = (options.columns[name],) if name in options.columns else COLUMNS[name]
    found = next((values[n] for n in names if values.get(n) not in (None, "")), None)
    return options.defaults.get(name) if found is None else found


def _string(values: Mapping[str, Any], name: str, options: Options) -> str:
    value = _found(name, values, options)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise IngestError({name: ["Give a string."]})
    return value


def _moment(value: Any) -> datetime | None:
    if value is None:
        return None
    moment = read_moment(value)
    if moment is None:
        raise IngestError(
            {"published_at": ["Give a date such as 2025-08-21, or a time in RFC 3339."]}
        )
    return moment


def _credits(value: Any) -> list[Credit] | None:
    """Read a list of names or of `{name, affiliation}`, or names in one string; None for none."""
    if value is None:
        return None
    if isinstance(value, str):
        return split_credit(value)
    if not isinstance(value, list):
        raise IngestError({"authors": ["Give a list of names."]})
    credits = []
    for one in value:
        if isinstance(one, str):
            credits.append(Credit(one))
        elif isinstance(one, dict) and isinstance(one.get("name"), str):
            credits.append(Credit(one["name"], str(one.get("affiliation") or "")))
        else:
            raise IngestError({"authors": ["Give each author as a name, or with a name."]})
    return credits


def _places(values: Mapping[str, Any], options: Options, text: str) -> dict[str, Any]:
    """Read blocks and links, which count code points of the normalised text."""
    given = {name: _found(name, values, options) for name in ("blocks", "links")}
    if not any(given.values()):
        return {}
    try:
        whole = normalise(text)
    except UnencodableText as error:
        raise IngestError({"text": [str(error)]}) from None
    read: dict[str, Any] = {}
    try:
        if given["blocks"]:
            read["blocks"] = [
                Block(BlockKind(b["kind"]), int(b["start"]), int(b["end"])) for b in given["blocks"]
            ]
            check_blocks(whole, read["blocks"])
    except (TypeError, KeyError, ValueError) as error:
        raise IngestError({"blocks": [f"Give a list of kind, start and end. {error}"]}) from None
    try:
        if given["links"] is not None:
            read["links"] = list(_links(given["links"], len(whole)))
    except (TypeError, KeyError, ValueError) as error:
        raise IngestError({"links": [f"Give a list of start, end and href. {error}"]}) from None
    return read


def _links(given: Iterable[Mapping[str, Any]], length: int) -> Iterator[Link]:
    at = 0
    for one in given:
        link = Link(int(one["start"]), int(one["end"]), str(one["href"]))
        if not at <= link.start < link.end <= length:
            raise ValueError("They are in order, apart and within the text.")
        if not link.href.startswith(("http://", "https://")) or len(link.href) > 2000:
            raise ValueError("An href is an http or https address.")
        at = link.end
        yield link
