"""How files of a request are received: on disk, and never more than may come in."""

import io
import tempfile
from typing import IO, Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile
from django.http import HttpRequest

# What a request may have beside its files.
_BESIDE = 1_000_000


def refusal(request: HttpRequest) -> str:
    """Say why the files of a request were not received; empty where they were."""
    return getattr(request, "refused_upload", "")


def too_large(size: int) -> str:
    """Say that an upload of `size` bytes is over the limit."""
    return f"This is {size / 1e6:,.0f} MB; the limit is {settings.MAX_IMPORT_BYTES / 1e6:,.0f} MB."


class OneFileUploadHandler(FileUploadHandler):
    """Keeps all files of a request in one temporary file, which is in memory while it is small.

    What is over the limits is not received, and `refusal` tells why.
    """

    request: Any
    kept: IO[bytes] | None = None
    files = 0
    start = 0

    def handle_raw_input(
        self,
        input_data: Any,
        META: Any,  # noqa: N803
        content_length: int,
        boundary: Any,
        encoding: Any = None,
    ) -> None:
        """Refuse what is too large before it is read."""
        if content_length > settings.MAX_IMPORT_BYTES + _BESIDE:
            self._refuse(too_large(content_length))

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Begin with the next file."""
        super().new_file(*args, **kwargs)
        self.files += 1
        if self.files > settings.MAX_UPLOADED_FILES:
            most = f"{settings.MAX_UPLOADED_FILES:,}"
            self._refuse(f"These are more than {most} files. Put them into a ZIP archive.")
        if refusal(self.request):
            # Read to its end and let go, some at a time: Django reads what is left of a request
            # that is stopped line by line, and a line may be all of it.
            raise SkipFile
        if self.kept is None:
            small = settings.FILE_UPLOAD_MAX_MEMORY_SIZE
            self.kept = tempfile.SpooledTemporaryFile(small)  # noqa: SIM115, closed by its parts.
        self.start = self.kept.seek(0, io.SEEK_END)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Keep what has come."""
        if self.kept is not None:
            self.kept.write(raw_data)

    def file_complete(self, file_size: int) -> UploadedFile | None:
        """Give the file."""
        if self.kept is None:
            return None
        part: Any = _Part(self.kept, self.start, file_size)
        return UploadedFile(
            file=part,
            name=self.file_name,
            content_type=self.content_type,
            size=file_size,
            charset=self.charset,
            content_type_extra=self.content_type_extra,
        )

    def upload_interrupted(self) -> None:
        """Let go of what has come."""
        if self.kept is not None:
            self.kept.close()

    def _refuse(self, words: str) -> None:
        # Read on a request by the view, which no handler can answer for.
        self.request.refused_upload = words


class _Part(io.RawIOBase):
    """A part of a file, as a file of its own."""

    def __init__(self, whole: IO[bytes], start: int, size: int) -> None:
        self.whole, self.start, self.size, self.at = whole, start, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self.at = max(0, offset + {io.SEEK_SET: 0, io.SEEK_CUR: self.at}.get(whence, self.size))
        return self.at

    def tell(self) -> int:
        return self.at

    def read(self, size: int | None = -1) -> bytes:
        left = max(0, self.size - self.at)
        self.whole.seek(self.start + self.at)
        data = self.whole.read(left if size is None or size < 0 else min(size, left))
        self.at += len(data)
        return data

    def readinto(self, buffer: Any) -> int:
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self.whole.close()
        super().close()
