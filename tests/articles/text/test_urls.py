"""URLs: page keys, cleaning, resolving and sites."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from articles.text.urls import (
    clean_url,
    get_page_key,
    is_same_site,
    list_url_variants,
    resolve_url,
)

PAGE = "https://post.example/2025/a"


@pytest.mark.parametrize(
    "other",
    [
        "http://post.example/2025/a",
        "https://www.post.example/2025/a/",
        "https://POST.example:443/2025/a#comments",
        "https://post.example/2025/a?utm_source=x&fbclid=1&at_medium=rss",
        "https://amp.post.example/2025/a",
        "https://post.example/2025/a/amp/",
        "https://post.example/2025/a?amp=1",
        "https://m.post.example/2025/a",
        "https://post-example.cdn.ampproject.org/c/s/post.example/2025/a/amp",
        "https://www.google.com/amp/s/post.example/2025/a",
    ],
)
def test_url_variants_have_the_same_page_key(other: str) -> None:
    assert get_page_key(other) == get_page_key(PAGE)
    assert PAGE in list_url_variants(other)
    assert is_same_site(PAGE, other)


@pytest.mark.parametrize(
    "other",
    [
        "https://post.example/2025/b",
        "https://post.example/2025/a?page=2",
        "https://post.example:8443/2025/a",
        "https://example/2025/a",
        "https://post.example/2025/A",
        "https://post.example/campaign/2025/a",
    ],
)
def test_other_pages_have_another_page_key(other: str) -> None:
    assert get_page_key(other) != get_page_key(PAGE)


@pytest.mark.parametrize(
    ("url", "cleaned"),
    [
        ("https://a.example/x?b=2&a=1#top", "https://a.example/x?a=1&b=2"),
        ("https://a.example/x?id=7&utm_campaign=z", "https://a.example/x?id=7"),
        ("https://a.example/campaign?campaign=1", "https://a.example/campaign?campaign=1"),
        ("javascript:alert(1)", "javascript:alert(1)"),
    ],
)
def test_clean_url_removes_tracking_parameters(url: str, cleaned: str) -> None:
    assert clean_url(url) == cleaned


@pytest.mark.parametrize(
    ("raw", "address"),
    [
        ("/b", "https://a.example/b"),
        (" https://b.example/ ", "https://b.example/"),
        ("mailto:a@b.example", ""),
        ("javascript:alert(1)", ""),
        ("http://[", ""),
        ("http://a.example:99999/", ""),
        ("http:///b", ""),
        ("//b.example/" + "x" * 2000, ""),
    ],
)
def test_resolve_url_returns_http_url_or_nothing(raw: str, address: str) -> None:
    assert resolve_url(raw, "https://a.example/a") == address


def test_is_same_site_ignores_subdomains_only() -> None:
    assert is_same_site("https://news.post.example/", "https://www.post.example/")
    assert not is_same_site("https://post.example/", "https://not-post.example/")
    assert not is_same_site("https://post.example.evil.example/", "https://post.example/")


@settings(deadline=None)
@given(st.text(max_size=60))
def test_clean_url_is_idempotent(rest: str) -> None:
    once = clean_url(f"https://a.example/{rest}")
    assert clean_url(once) == once
    assert get_page_key(once) == get_page_key(f"https://a.example/{rest}")
