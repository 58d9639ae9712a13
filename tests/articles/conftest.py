"""What tests of the ways in share."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.articles.site.server import Site, serve_allowed_site
from tests.http_server import RecordingServer


@pytest.fixture
def site(settings: Any) -> Iterator[tuple[Site, RecordingServer]]:
    """The test site, served, with an allowance for it."""
    with serve_allowed_site(settings) as site:
        yield site
