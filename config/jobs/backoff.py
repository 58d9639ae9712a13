"""Exponential backoff with jitter, so that clients that failed together do not retry together."""

import random
from dataclasses import dataclass
from datetime import timedelta

_random = random.SystemRandom()


@dataclass(frozen=True)
class Backoff:
    """Wait `first`, then `factor` times as long each time, up to `longest`; plus jitter."""

    first: timedelta
    longest: timedelta
    factor: float = 2
    jitter: float = 0.2

    def get_delay(self, retries: int, *, retry_after: timedelta = timedelta()) -> timedelta:
        """Return how long to wait after so many retries; 0 is the first wait.

        Wait at least as long as the other side asks for, up to `longest`.
        """
        # Above an exponent of 32 any delay has reached its cap.
        seconds = self.first.total_seconds() * self.factor ** min(retries, 32)
        capped = timedelta(seconds=min(seconds, self.longest.total_seconds()))
        delay = capped * _random.uniform(1, 1 + self.jitter)
        return max(delay, min(retry_after, self.longest))
