"""Upload handler that keeps all files of a request in one temporary file, within limits."""

import io
import tempfile
from typing import IO, Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest
from django.utils.translation import gettext

# Bytes of form data besides the files.
_FORM_BYTES = 1_000_000


def get_upload_error(request: HttpRequest) -> str:
    """Return why the files of a request were not accepted, or "" if they were."""
    return getattr(request, "upload_error", "")


def format_size_error(size: int) -> str:
    return gettext("This is %(size)s MB. The limit is %(limit)s MB.") % {
        "size": f"{size / 1e6:,.0f}",
        "limit": f"{settings.MAX_IMPORT_BYTES / 1e6:,.0f}",
    }


class SharedFileUploadHandler(FileUploadHandler):
    """Keeps all files of a request in one temporary file, in memory while it is small.

    Django's own handler opens one file each, and a folder can have more files than a process can
    have open. Files over the limits are discarded, and `get_upload_error` says why.
    """

    request: Any
    file_storage: IO[bytes] | None = None
    files = 0
    start = 0

    def handle_raw_input(self, input_data: Any, meta: Any, content_length: int, *_: Any) -> None:
        if content_length > settings.MAX_IMPORT_BYTES + _FORM_BYTES:
            # A handler cannot respond itself: the view reads this.
            self.request.upload_error = format_size_error(content_length)

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.files += 1
        if self.files > settings.MAX_UPLOADED_FILES:
            limit = f"{settings.MAX_UPLOADED_FILES:,}"
            message = gettext("More than %(limit)s files. Put them into a ZIP archive.")
            self.request.upload_error = message % {"limit": limit}
        if get_upload_error(self.request):
            # SkipFile discards the file in chunks. StopUpload would read the rest of the request
            # by lines, and one line can be all of it.
            raise SkipFile
        if self.file_storage is None:
            memory_limit = settings.FILE_UPLOAD_MAX_MEMORY_SIZE
            # Closed by its parts.
            self.file_storage = tempfile.SpooledTemporaryFile(memory_limit)  # noqa: SIM115
        self.start = self.file_storage.seek(0, io.SEEK_END)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if self.file_storage is not None:
            self.file_storage.write(raw_data)

    def file_complete(self, file_size: int) -> UploadedFile | None:
        if self.file_storage is None:
            return None
        part: Any = _Part(self.file_storage, self.start, file_size)
        described = (self.charset, self.content_type_extra)
        return UploadedFile(part, self.file_name, self.content_type, file_size, *described)

    def upload_interrupted(self) -> None:
        if self.file_storage is not None:
            self.file_storage.close()


class _Part(io.RawIOBase):
    def __init__(self, whole: IO[bytes], start: int, size: int) -> None:
        self.whole, self.start, self.size, self.at = whole, start, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self.at = max(0, offset + {io.SEEK_SET: 0, io.SEEK_CUR: self.at}.get(whence, self.size))
        return self.at

    def readinto(self, buffer: Any) -> int:
        self.whole.seek(self.start + self.at)
        data = self.whole.read(min(len(buffer), max(0, self.size - self.at)))
        buffer[: len(data)] = data
        self.at += len(data)
        return len(data)

    def close(self) -> None:
        self.whole.close()
        super().close()
