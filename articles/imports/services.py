"""Imports of uploaded files: saved in the database and imported by a worker.

A worker imports for `TURN_SECONDS` and queues the rest, so that imports take turns. Progress and
articles always agree (articles/imports/batches.py), so a task may be killed and run again."""

import hashlib
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import timedelta
from functools import partial
from itertools import chain, count
from pathlib import Path, PurePath
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django_tasks import task

from articles.errors import IngestError
from articles.extraction.files import SUFFIXES, get_suffix
from articles.imports.batches import ImportInterrupted, finish, get_batch_lease, import_rows
from articles.imports.models import CHUNK_BYTES, Import, ImportState
from articles.imports.rows import SOURCE_SUFFIXES, Options, Source, open_source, to_error
from config.db.outages import is_outage
from config.http.uploads import format_size_error
from config.jobs.models import MAX_STARTS

QUEUE = "imports"
# How long a task runs one import before others have their turn.
TURN_SECONDS = 60
# A queued task is considered lost after this, and another is queued.
QUEUE_LEASE = timedelta(hours=12)
MAX_ACTIVE = 5
# Uploads of one user that were not started; the oldest is deleted for another.
MAX_DRAFTS = 5
_COPY_BYTES = 1 << 20
# The same files must make the same archive, so its members get a fixed time.
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)


class ImportStateConflict(IngestError):
    def __init__(self, message: str) -> None:
        super().__init__({"state": [message]})


class TooManyImports(ImportStateConflict):
    def __init__(self) -> None:
        message = _("You have %(limit)d active imports. Let one finish, or stop it.")
        super().__init__(message % {"limit": MAX_ACTIVE})


def save_upload(
    files: Sequence[UploadedFile], options: Options | None = None, *, by: Any
) -> Import:
    """Save uploaded files as an import that is not started; several are packed as an archive.

    Raises IngestError: `file`, or if there are options, `columns`.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = _write_source(Path(folder), files)
        if path.stat().st_size > settings.MAX_IMPORT_BYTES:
            raise to_error("file", format_size_error(path.stat().st_size))
        source = open_source(path, options or Options(), any_columns=options is None)
        with path.open("rb") as file, transaction.atomic():
            state = Import.objects.create(
                name=path.name,
                sha256=hashlib.file_digest(file, "sha256").hexdigest(),
                options=asdict(options or Options()),
                total=source.total,
                started_by=by,
            )
            file.seek(0)
            for number, chunk in enumerate(iter(partial(file.read, CHUNK_BYTES), b"")):
                state.chunks.create(number=number, data=zlib.compress(chunk, 1))
            drafts = Import.objects.filter(started_by=by.pk, state=ImportState.UPLOADED)
            Import.objects.filter(pk__in=drafts.order_by("-pk")[MAX_DRAFTS:]).delete()
    return state


def _write_source(folder: Path, files: Sequence[UploadedFile]) -> Path:
    """Write the upload to a file: a source as it is, documents as an archive."""
    if not files:
        raise to_error("file", _("Choose one or more files."))
    if len(files) == 1 and _get_suffix(files[0]) in SOURCE_SUFFIXES:
        path = folder / _shorten_name(files[0].name or "")
        with path.open("wb") as file:
            for chunk in files[0].chunks():
                file.write(chunk)
        return path
    documents = [file for file in files if _get_suffix(file) in SUFFIXES]
    if not documents:
        names = ", ".join(str(file.name)[-60:] for file in files[:3])
        message = _("%(names)s: send one of %(sources)s, or files of %(documents)s.")
        sources, suffixes = " ".join(SOURCE_SUFFIXES), " ".join(SUFFIXES)
        raise to_error("file", message, names=names, sources=sources, documents=suffixes)
    path = folder / f"{len(documents)} file{'s' if len(documents) > 1 else ''}.zip"
    # In the same order, whatever order they were sent in.
    _pack(path, sorted(documents, key=_get_name_and_digest))
    return path


def _get_name_and_digest(file: UploadedFile) -> tuple[str, bytes]:
    file.seek(0)
    return file.name or "", hashlib.file_digest(file, "sha256").digest()


def _pack(path: Path, files: Sequence[UploadedFile]) -> None:
    names: set[str] = set()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for file in files:
            # Uploads do not name their folders, so names may repeat.
            plain = PurePath(_shorten_name(file.name or ""))
            numbered = (f"{plain.stem} ({number}){plain.suffix}" for number in count(2))
            name = next(name for name in chain([str(plain)], numbered) if name not in names)
            names.add(name)
            with archive.open(zipfile.ZipInfo(name, _ZIP_TIME), "w", force_zip64=True) as member:
                for chunk in file.chunks(_COPY_BYTES):
                    member.write(chunk)


def _get_suffix(file: UploadedFile) -> str:
    return get_suffix(file.name or "")


def _shorten_name(name: str) -> str:
    """Cut a name at its start to a length that any file system takes."""
    return name.encode(errors="replace")[-200:].decode(errors="ignore")


@contextmanager
def open_upload(state: Import, *, for_preview: bool = False) -> Iterator[Source]:
    """Open an upload as a source. Raises IngestError.

    For a preview, open only the beginning of a table, whatever its columns are.
    """
    is_head = for_preview and not state.name.lower().endswith(".zip")
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE // CHUNK_BYTES + 2 if is_head else None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / state.name
        with path.open("wb") as file:
            for number in state.chunks.values_list("number", flat=True)[:limit]:
                file.write(zlib.decompress(state.chunks.get(number=number).data))
        yield open_source(path, Options(**state.options), any_columns=for_preview)


def start(state: Import, *, is_dry_run: bool = False) -> tuple[Import, bool]:
    """Queue an upload; return the import, and whether it existed before.

    The same bytes with the same options are the same import, which continues where it was.
    Raises ImportStateConflict, TooManyImports.
    """
    with suppress(IntegrityError):
        return _start(state, is_dry_run)
    # The same import was started concurrently. Now it is found.
    return _start(state, is_dry_run)


@transaction.atomic
def _start(state: Import, is_dry_run: bool) -> tuple[Import, bool]:
    current = _lock_editable(state)
    known = Import.objects.select_for_update().filter(digest=current.get_upload_digest())
    if not is_dry_run and (same := known.exclude(pk=current.pk).first()):
        # Resume it, unless it runs or has finished.
        if same.can_resume:
            _check_limit(same)
            if not same.chunks.exists():
                current.chunks.update(parent=same)
            _enqueue(same)
        current.delete()
        return same, True
    _check_limit(current)
    current.reset(is_dry_run=is_dry_run)
    _enqueue(current)
    return current, False


@transaction.atomic
def set_options(state: Import, options: Options) -> Import:
    """Raises ImportStateConflict."""
    current = _lock_editable(state)
    current.options = asdict(options)
    current.save(update_fields=["options", "updated_at"])
    return current


@transaction.atomic
def stop(state: Import) -> Import:
    """Stop an import after its current batch. Raises ImportStateConflict."""
    current = state.lock()
    if not current.is_active:
        raise ImportStateConflict(_("Only queued and running imports can be stopped."))
    current.set_state(ImportState.STOPPED)
    return current


@transaction.atomic
def resume(state: Import) -> Import:
    """Continue a stopped or failed import. Raises ImportStateConflict, TooManyImports."""
    current = state.lock()
    if not current.can_resume:
        raise ImportStateConflict(_("Only stopped and failed imports can be resumed."))
    if not current.chunks.exists():
        raise ImportStateConflict(
            _("The uploaded file is no longer available. Upload the same file again.")
        )
    _check_limit(current)
    _enqueue(current)
    return current


@transaction.atomic
def delete(state: Import) -> None:
    """Delete an import; its articles are kept. Raises ImportStateConflict."""
    current = state.lock()
    if current.is_active:
        raise ImportStateConflict(_("Stop the import first."))
    current.delete()


def _lock_editable(state: Import) -> Import:
    current = state.lock()
    if not current.is_editable:
        raise ImportStateConflict(_("The import was started already."))
    return current


def _check_limit(state: Import) -> None:
    active = Import.objects.active().filter(started_by=state.started_by_id)
    if state.started_by_id and active.count() >= MAX_ACTIVE:
        raise TooManyImports


def _enqueue(state: Import) -> None:
    state.save()
    state.set_state(ImportState.QUEUED, error="", attempts=0)
    lease = Import.objects.filter(pk=state.pk).claim(QUEUE_LEASE, force=True)
    run_import.enqueue(state.pk, str(lease))


@task(queue_name=QUEUE)
def run_import(key: int, lease: str) -> None:
    """Run an import for `TURN_SECONDS` and queue the rest."""
    state = _start_turn(key, lease)
    if state is None:
        return
    try:
        with open_upload(state) as source:
            is_complete = import_rows(state, source, by=state.started_by, seconds=TURN_SECONDS)
    except ImportInterrupted:
        return
    except IngestError as error:
        _fail(state, error.message)
        return
    except Exception as error:
        # After an outage of the database, the task runs again.
        if not is_outage(error):
            message = _("An internal error occurred. Imported articles are kept; try to resume.")
            _fail(state, message)
        raise
    if is_complete:
        finish(state)
        return
    with transaction.atomic():
        if Import.objects.filter(pk=key, state=ImportState.RUNNING).renew(lease, QUEUE_LEASE):
            run_import.enqueue(key, lease)


@transaction.atomic
def _start_turn(key: int, lease: str) -> Import | None:
    """Return the import to run; fail it if workers died too often without any progress."""
    rows = Import.objects.select_for_update(of=("self",)).select_related("started_by")
    state = rows.filter(pk=key, lease_token=lease).first()
    if state is None or not state.is_active:
        return None
    if state.attempts >= MAX_STARTS:
        error = _("Workers died repeatedly while running this import.")
        state.set_state(ImportState.FAILED, error=error)
        return None
    state.set_state(
        ImportState.RUNNING,
        attempts=state.attempts + 1,
        lease_expires_at=timezone.now() + get_batch_lease(),
    )
    return state


@transaction.atomic
def _fail(state: Import, error: str) -> None:
    current = state.lock()
    if current.is_active:
        current.set_state(ImportState.FAILED, error=error)


def requeue_expired() -> None:
    """Queue active imports whose task was lost."""
    Import.objects.active().exclude(sha256="").enqueue(run_import, QUEUE_LEASE)
