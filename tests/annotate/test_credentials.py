"""A URL with a user name or password is refused wherever one can be entered."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from annotate.management.commands.load_demo import get_editors_group
from annotate.models import Annotation
from annotate.registry.models import Source
from annotate.webhooks.models import Webhook
from articles.feeds.formats import read_feed
from articles.feeds.models import Feed
from articles.imports.models import ImportRowError
from articles.models import Article, Outlet
from articles.text.links import find_links
from articles.text.urls import resolve_url
from tests.worker import run_worker

SECRET = "s3cret-canary"
URLS = [
    f"https://reader:{SECRET}@a.example/x",
    f"http://{SECRET}@a.example/",
    f"HTTPS://:{SECRET}@a.example/",
    f"https://reader:{SECRET}@a.example:8443/?q=a@b",
    f"https://a%40b:{SECRET}@a.example/",
    f"https://reader:{SECRET}@@a.example/",
]
ALLOWED = [
    "https://a.example/@reader",
    "https://a.example/?mail=a@b.example",
    "https://a.example/#@",
]


@pytest.fixture
def client(client: Client, annotator: User) -> Client:
    annotator.is_staff = True
    annotator.save()
    annotator.groups.add(get_editors_group())
    client.force_login(annotator)
    return client


@pytest.mark.parametrize("url", URLS)
def test_api_refuses_url_with_credentials(
    api: Any, annotator: User, annotate: Any, url: str
) -> None:
    client, claim = api(annotator), annotate(annotator)
    article = {"title": "A", "language": "en"}
    link = {"project": "exports", "claim": str(claim.public_id), "stance": "supports"}
    for address, body, pointer in [
        ("sources", {"url": url}, "/url"),
        ("sources", {"title": "A", "archive_url": url}, "/archive_url"),
        ("source-links", {**link, "source": {"url": url}}, "/source/url"),
        ("articles", {**article, "text": "Words.", "url": url}, "/url"),
        ("feeds", {"url": url}, "/url"),
        ("webhooks", {"url": url}, "/url"),
    ]:
        rejected = client.post(f"/api/v1/{address}/", body)
        assert [error["pointer"] for error in rejected.json()["errors"]] == [pointer], address
    assert client.post("/api/v1/articles/", {"fetch": True, "url": url}).status_code in (400, 422)
    source = Source.objects.create(title="A", created_by=annotator)
    patched = client.correct(f"/api/v1/sources/{source.public_id}/", {"url": url})
    assert patched.json()["errors"][0]["pointer"] == "/url"
    stored = [Source, Article, Feed, Webhook, Annotation]
    assert [model.objects.count() for model in stored] == [2, 1, 0, 0, 1]


@pytest.mark.parametrize("url", ALLOWED)
def test_at_sign_elsewhere_in_a_url_is_allowed(api: Any, annotator: User, url: str) -> None:
    assert api(annotator).post("/api/v1/sources/", {"url": url}).status_code == 201


@pytest.mark.parametrize("url", URLS[:2])
def test_forms_refuse_url_with_credentials(client: Client, version: Any, url: str) -> None:
    forms = {
        "/articles/new/": {"title": "A", "text": "Words.", "url": url},
        "/feeds/": {"url": url, "poll_interval_minutes": 60, "recheck_days": 7},
        "/admin/registry/source/add/": {"url": url, "title": "A"},
        "/admin/articles/article/add/": {"title": "A", "text": "W", "language": "en", "url": url},
        "/admin/articles/outlet/add/": {"name": "A", "homepage": url},
        "/admin/feeds/feed/add/": {"url": url, "poll_interval_minutes": 60, "recheck_days": 7},
        "/admin/webhooks/webhook/add/": {"url": url},
    }
    for address, form in forms.items():
        answer = client.post(address, form)
        assert answer.status_code in (200, 422), address
        assert "user name" in answer.content.decode(), address
    assert not any(model.objects.exists() for model in (Source, Feed, Webhook, Outlet))
    assert Article.objects.count() == 1


@pytest.mark.parametrize("url", URLS[:2])
def test_workspace_form_refuses_source_with_credentials(
    client: Client, version: Any, project: Any, url: str
) -> None:
    address = f"/versions/{version.public_id}/source_link/new/?project={project.slug}"
    answer = client.post(address, {"spans": "33-45", "stance": "supports", "url": url})
    assert answer.status_code == 422
    assert "Remove the user name and password" in answer.content.decode()
    assert not Source.objects.exists()


def test_import_refuses_rows_with_credentials(api: Any, annotator: User) -> None:
    link = {"start": 0, "end": 5, "href": URLS[0]}
    rows = [
        {"title": "A", "text": "Words.", "url": URLS[0]},
        {"title": "B", "text": "Words.", "links": [link]},
        {"title": "C", "text": "Words.", "url": ALLOWED[0]},
    ]
    content = "\n".join(map(json.dumps, rows)).encode()
    file = SimpleUploadedFile("a.jsonl", content)
    assert api(annotator).post("/api/v1/imports/", {"file": file}, format="multipart")
    run_worker()
    assert [article.title for article in Article.objects.all()] == ["C"]
    reasons = list(ImportRowError.objects.values_list("reason", flat=True))
    assert len(reasons) == 2
    assert all("Remove the user name and password" in reason for reason in reasons)


def test_feed_items_and_links_with_credentials_are_left_out() -> None:
    items = "".join(
        f"<item><title>A</title><link>{url}</link></item>" for url in (*URLS, ALLOWED[0])
    )
    feed = (
        f"<rss version='2.0'><channel><title>F</title>{items.replace('&', '&amp;')}</channel></rss>"
    )
    parsed = read_feed(feed.encode(), "https://a.example/feed")
    assert [item.url for item in parsed.items] == [ALLOWED[0]]
    found = find_links(f"See {URLS[0]} and {ALLOWED[0]}.")
    assert [link.href for link in found] == [ALLOWED[0]]
    assert [resolve_url(url) for url in URLS] == [""] * len(URLS)
