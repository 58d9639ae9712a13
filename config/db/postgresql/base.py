"""Whether a kept connection still holds is asked after a pause, not in every request."""

import time
from typing import Any

from django.db.backends.postgresql import base

# Seconds in which a connection that was just used is taken to hold still.
PAUSE = 1.0


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection to PostgreSQL."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._left_at = float("-inf")

    def close_if_unusable_or_obsolete(self) -> None:
        """Look at the connection at the end of a request, and remember when that was."""
        super().close_if_unusable_or_obsolete()
        self._left_at = time.monotonic()

    def is_usable(self) -> bool:
        """Ask the server, unless the connection was in good use a moment ago."""
        if not self.errors_occurred and time.monotonic() - self._left_at < PAUSE:
            return True
        return bool(super().is_usable())
