"""Imports of what was uploaded: kept in the database, and brought in by a worker.

A worker brings an import in for some time and queues the rest, so that imports take turns. What a
task has done and what it has noted agree at any moment (articles/imports/batches.py), so one that
was
killed is begun again without harm, and of two at the same import one gives way. A task that so
many workers were killed at that it was given up (config/jobs/models.py) is queued anew where
it had come any further."""

import hashlib
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import Any, BinaryIO, Protocol

from django.conf import settings
from django.db import IntegrityError, transaction
from django_tasks import TaskResultStatus, task
from django_tasks_db.models import DBTaskResult

from articles.errors import IngestError
from articles.extraction.files import SUFFIXES
from articles.imports.batches import NotOurs, advance, finish
from articles.imports.models import PIECE, Import, ImportState
from articles.imports.rows import MANY, Options, Source, open_source
from config.http.uploads import format_size_error

QUEUE = "imports"
# How long one import is at work before others have their turn.
SECONDS_IN_A_ROW = 60
MOST_UNDER_WAY = 5
# Uploads of one person that were not begun; the oldest goes for a further one.
MOST_DRAFTS = 5
# Bytes of an archive's member that are copied at a time.
_CHUNK = 1 << 20
_ALIVE = (TaskResultStatus.READY, TaskResultStatus.RUNNING)
# Files have no time of their own here, so that the same ones make the same archive.
_NO_TIME = (1980, 1, 1, 0, 0, 0)


class TooMany(IngestError):
    """A person has as many imports under way as one may have."""


class StateConflict(IngestError):
    """An import is not in the state for this."""


class Upload(Protocol):
    """A file that was sent."""

    name: str | None
    size: int | None

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        """Give its bytes, some at a time."""
        ...


# --- Uploading ----------------------------------------------------------------------------


def receive(
    files: Sequence[Any], options: Options, *, by: Any, any_columns: bool = False
) -> Import:
    """Keep what was sent as an import that is not begun. Several files are as a folder of them.

    Raises IngestError: `file` or `columns`.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = _written(Path(folder), files)
        if path.stat().st_size > settings.MAX_IMPORT_BYTES:
            raise IngestError({"file": [format_size_error(path.stat().st_size)]})
        source = open_source(path, options, any_columns=any_columns)
        with path.open("rb") as file, transaction.atomic():
            state = Import.objects.create(
                name=path.name,
                sha256=hashlib.file_digest(file, "sha256").hexdigest(),
                options={"columns": dict(options.columns), "defaults": dict(options.defaults)},
                total=source.total,
                started_by=by,
            )
            state.keep_upload(_pieces(file))
            old = Import.objects.drafts_of(by)[MOST_DRAFTS:]
            Import.objects.filter(pk__in=[draft.pk for draft in old]).delete()
    return state


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    while piece := file.read(PIECE):
        yield piece


def _written(folder: Path, files: Sequence[Upload]) -> Path:
    """Write what was sent to a file: one as it is, several as an archive."""
    if not files:
        raise IngestError({"file": ["Send a file, or several."]})
    if len(files) == 1 and _suffix(files[0]) in MANY:
        path = folder / _short(files[0].name or "")
        with path.open("wb") as file:
            for chunk in files[0].chunks():
                file.write(chunk)
        return path
    usable = [file for file in files if _suffix(file) in SUFFIXES]
    if not usable:
        names = ", ".join(str(file.name)[-60:] for file in files[:3])
        raise IngestError(
            {"file": [f"{names}: send one of {' '.join(MANY)}, or files of {' '.join(SUFFIXES)}."]}
        )
    path = folder / f"{len(usable)} file{'s' if len(usable) > 1 else ''}.zip"
    # In the same order whatever they were sent in.
    _pack(path, sorted(usable, key=lambda file: (file.name or "", _digest(file))))
    return path


def _digest(file: Upload) -> bytes:
    digest = hashlib.sha256()
    for chunk in file.chunks(_CHUNK):
        digest.update(chunk)
    return digest.digest()


def _pack(path: Path, files: Sequence[Upload]) -> None:
    taken: set[str] = set()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for file in files:
            # Files of several folders come without these in their names.
            plain, number = PurePath(_short(file.name or "")), 1
            name = str(plain)
            while name in taken:
                number += 1
                name = f"{plain.stem} ({number}){plain.suffix}"
            taken.add(name)
            with archive.open(zipfile.ZipInfo(name, _NO_TIME), "w", force_zip64=True) as member:
                for chunk in file.chunks(_CHUNK):
                    member.write(chunk)


def _suffix(file: Upload) -> str:
    return PurePath(file.name or "").suffix.lower()


def _short(name: str) -> str:
    """Cut a name at its start to what any file system takes."""
    return name.encode(errors="replace")[-200:].decode(errors="ignore")


@contextmanager
def opened(state: Import, *, head: bool = False, any_columns: bool = False) -> Iterator[Source]:
    """Open what was uploaded as the source that it is; of a long table only its head if so asked.

    Raises IngestError.
    """
    in_lines = not state.name.lower().endswith(".zip")
    most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE // PIECE + 2 if head and in_lines else None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / state.name
        with path.open("wb") as file:
            for piece in state.upload(most):
                file.write(piece)
        options = Options(state.columns, state.defaults)
        yield open_source(path, options, any_columns=any_columns)


# --- Deciding -----------------------------------------------------------------------------


def begin(state: Import, *, is_dry_run: bool = False) -> tuple[Import, bool]:
    """Queue an upload to be brought in, or to be looked at as a whole.

    The same bytes with the same options are the same import, which goes on where it was; give it,
    and whether it was there before. Raises StateConflict or TooMany.
    """
    try:
        return _begun(state, is_dry_run)
    except IntegrityError:
        # The same was begun at the same time: now it is seen.
        return _begun(state, is_dry_run)


@transaction.atomic
def _begun(state: Import, is_dry_run: bool) -> tuple[Import, bool]:
    now = state.now()
    if not now.is_open:
        raise StateConflict({"state": ["It was begun already."]})
    if not is_dry_run and (same := _same(now)):
        return _gone_on_with(same, now), True
    _check_room(now)
    now.start_anew(is_dry_run=is_dry_run)
    _queue(now)
    return now, False


def change_options(state: Import, options: Options) -> Import:
    """Read an upload in another way. Raises StateConflict."""
    with transaction.atomic():
        now = state.now()
        if not now.is_open:
            raise StateConflict({"state": ["It was begun already."]})
        now.options = {"columns": dict(options.columns), "defaults": dict(options.defaults)}
        now.save(update_fields=["options", "moved_at"])
    return now


@transaction.atomic
def stop(state: Import) -> Import:
    """Stop an import after what it is just storing. Raises StateConflict."""
    now = state.now()
    if not now.is_under_way:
        raise StateConflict({"state": ["Only what waits or is under way can be stopped."]})
    now.turn(ImportState.STOPPED)
    return now


@transaction.atomic
def resume(state: Import) -> Import:
    """Go on with an import that was stopped or failed. Raises StateConflict or TooMany."""
    now = state.now()
    if now.state not in (ImportState.STOPPED, ImportState.FAILED):
        raise StateConflict({"state": ["Only what was stopped or has failed can be gone on with."]})
    if not now.pieces.exists():
        raise StateConflict({"state": ["Its file is not here any more. Send the same file again."]})
    _check_room(now)
    _queue(now)
    return now


@transaction.atomic
def forget(state: Import) -> None:
    """Delete an import with its faults; its articles stay. Raises StateConflict."""
    now = state.now()
    if now.is_under_way:
        raise StateConflict({"state": ["Stop it first."]})
    now.delete()


def _same(state: Import) -> Import | None:
    same = Import.objects.select_for_update().filter(digest=state.digest_of_upload())
    return same.exclude(pk=state.pk).first()


def _gone_on_with(same: Import, upload: Import) -> Import:
    """Go on with an import whose file was sent again, if there is something to go on with."""
    if same.state in (ImportState.STOPPED, ImportState.FAILED):
        _check_room(same)
        if not same.pieces.exists():
            upload.pieces.update(bulk_import=same)
        _queue(same)
    upload.delete()
    return same


def _check_room(state: Import) -> None:
    mine = Import.objects.under_way().filter(started_by=state.started_by_id)
    if state.started_by_id and mine.count() >= MOST_UNDER_WAY:
        raise TooMany(
            {"state": [f"You have {MOST_UNDER_WAY} imports under way. Let one finish, or stop it."]}
        )


def _queue(state: Import) -> None:
    state.save()
    state.turn(ImportState.QUEUED, fault="")
    bring_in.enqueue(state.pk, state.position)


# --- Working ------------------------------------------------------------------------------


@task(queue_name=QUEUE)
def bring_in(key: int, start: int) -> None:
    """Go on with an import for some time; what is left then is a task of its own.

    It was at `start` when this was queued, by which one sees whether a task that was given up
    has brought it any further.
    """
    state = _taken(key)
    if state is None:
        return
    try:
        with opened(state) as source:
            is_all = advance(
                state,
                source,
                by=state.started_by,
                tell=lambda *_: None,
                seconds=SECONDS_IN_A_ROW,
            )
    except NotOurs:
        return
    except IngestError as error:
        _fail(state, error.message)
        return
    except Exception:
        _fail(state, "Something went wrong here. What came in stays; go on with it.")
        raise
    if is_all:
        finish(state)
    else:
        _queue_rest(state)


@transaction.atomic
def _taken(key: int) -> Import | None:
    """Take an import to be at work on; one that was under way goes on after its worker's end."""
    found = Import.objects.select_for_update(of=("self",)).filter(pk=key)
    state = found.select_related("started_by").first()
    if state is None or not state.is_under_way:
        return None
    state.turn(ImportState.RUNNING)
    return state


@transaction.atomic
def _queue_rest(state: Import) -> None:
    now = state.now()
    if now.state == ImportState.RUNNING:
        bring_in.enqueue(now.pk, now.position)


@transaction.atomic
def _fail(state: Import, fault: str) -> None:
    now = state.now()
    if now.is_under_way:
        now.turn(ImportState.FAILED, fault=fault)


def take_up_lost() -> None:
    """Queue what is under way and has no task; what came no further in its last one has failed."""
    for state in Import.objects.under_way().exclude(sha256=""):
        with transaction.atomic():
            now = state.now()
            tasks = [t for t in _tasks() if t.args_kwargs["args"][0] == now.pk]
            if not now.is_under_way or any(task.status in _ALIVE for task in tasks):
                continue
            if tasks and tasks[-1].args_kwargs["args"][1] == now.position:
                now.turn(ImportState.FAILED, fault="Workers ended again and again while at it.")
            else:
                bring_in.enqueue(now.pk, now.position)


def _tasks() -> Iterator[DBTaskResult]:
    mine = DBTaskResult.objects.filter(task_path=bring_in.module_path).order_by("enqueued_at")
    return mine.only("status", "args_kwargs").iterator()
