"""The test site, served: every page that was written for it, and the hostile ones."""

import contextlib
import gzip
import json
import time
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from tests.articles.site.markup import MARKUPS, render_page, render_structured
from tests.articles.site.special import OBSTRUCTED, WHOLE, build_mislabelled_pages
from tests.articles.site.stories import STORIES
from tests.http_server import RecordingServer, Reply, Request, recording_server

HTML = "text/html; charset=utf-8"


class Site:
    """What is served at each path; a test may change it while it runs."""

    def __init__(self) -> None:
        self.pages: dict[str, Callable[[Request], Reply]] = {}
        self.robots = "User-agent: *\nDisallow: /private/\nUser-agent: Pressmark\nDisallow: /no/\n"
        for story in STORIES:
            for markup in MARKUPS:
                self.put(f"/{markup.__name__.removeprefix('render_')}/{story.slug}", markup(story))
        for name, (_, markup_of) in OBSTRUCTED.items():
            self.put(f"/obstructed/{name}", markup_of)
        for name, (_, markup_of) in WHOLE.items():
            self.put(f"/whole/{name}", markup_of)
        for name, (_, declared, data) in build_mislabelled_pages().items():
            media_type = f"text/html; charset={declared}" if declared else "text/html"
            self.put(f"/charset/{name}", data, media_type)
        self.put_hostile()

    def put(self, path: str, body: str | bytes, media_type: str = HTML, **headers: str) -> None:
        """Serve a body, with an ETag and conditional answers."""
        data = body.encode() if isinstance(body, str) else body
        etag = f'"{hash(data):x}"'

        def answer(request: Request) -> Reply:
            if request.headers.get("if-none-match") == etag:
                return Reply(304, headers={"ETag": etag})
            return Reply(body=data, headers={"Content-Type": media_type, "ETag": etag, **headers})

        self.pages[path] = answer

    def put_hostile(self) -> None:
        """Serve what nobody should swallow."""
        self.put("/hostile/10-mb", _build_large_page())
        packed = {"Content-Encoding": "gzip"}
        self.put("/hostile/gzip-bomb", _build_gzip_bomb(), **packed)
        self.put("/hostile/cut-gzip", gzip.compress(b"<p>News" * 500)[:-20], **packed)
        self.put("/hostile/picture", b"\x89PNG\r\n", "image/png")
        self.put("/hostile/binary-as-html", bytes(range(256)) * 40)
        self.put("/hostile/deep", "<div>" * 30_000 + "deep")
        self.put("/hostile/many", "<i></i>" * 200_000)
        self.put("/no/robots", render_structured(STORIES[0]))
        self.put("/private/only-for-others", render_structured(STORIES[1]))
        for path, to in {
            "/hostile/loop": "/hostile/loop",
            "/hostile/loop-a": "/hostile/loop-b",
            "/hostile/loop-b": "/hostile/loop-a",
            "/hostile/to-metadata": "http://169.254.169.254/latest/meta-data/",
            "/hostile/to-local": "http://printer.local/",
            "/hostile/to-mapped": "http://[::ffff:10.0.0.1]/",
            "/hostile/to-decimal": "http://2130706433/",
            "/hostile/to-file": "file:///etc/passwd",
            "/moved": f"/structured/{STORIES[0].slug}",
        }.items():
            self.pages[path] = _build_redirect(to)
        for status in (401, 404, 410, 500, 503):
            self.pages[f"/status/{status}"] = _build_error(status)
        self.pages["/hostile/drip"] = lambda _: Reply(raw=_send_slowly())

    def answer(self, request: Request) -> Reply:
        """Answer a request."""
        if request.target == "/robots.txt":
            return Reply(body=self.robots.encode(), headers={"Content-Type": "text/plain"})
        found = self.pages.get(request.target.partition("?")[0])
        return found(request) if found else Reply(404, body=b"Not found")

    def put_feeds(self, base: str) -> None:
        """Serve feeds of all three kinds, a sitemap and a sitemap of sitemaps."""
        links = [f"{base}/structured/{story.slug}" for story in STORIES[:3]]
        titles = [story.title for story in STORIES[:3]]
        pairs = list(zip(links, titles, strict=True))
        self.put(
            "/feed.rss",
            '<?xml version="1.0"?><rss version="2.0"><channel><title>Harbour news</title>'
            + "".join(
                f"<item><title>{title}</title><link>{link}</link></item>" for link, title in pairs
            )
            + "</channel></rss>",
            "application/rss+xml",
        )
        self.put(
            "/feed.atom",
            '<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>Atoms</title>'
            + "".join(
                f'<entry><title>{title}</title><link href="{link}"/><id>{link}</id></entry>'
                for link, title in pairs
            )
            + "</feed>",
            "application/atom+xml",
        )
        self.put(
            "/feed.json",
            json.dumps(
                {
                    "version": "https://jsonfeed.org/version/1.1",
                    "title": "JSON news",
                    "items": [{"id": link, "url": link, "title": title} for link, title in pairs],
                }
            ),
            "application/feed+json",
        )
        names = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
        self.put(
            "/sitemap.xml",
            f"<urlset {names}>"
            + "".join(f"<url><loc>{link}</loc></url>" for link in links)
            + "</urlset>",
            "application/xml",
        )
        self.put(
            "/sitemaps.xml",
            f"<sitemapindex {names}><sitemap><loc>{base}/sitemap.xml</loc></sitemap>"
            f"<sitemap><loc>{base}/sitemaps.xml</loc></sitemap></sitemapindex>",
            "text/xml",
        )
        self.put(
            "/feed.entities",
            '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "aaaaaaaaaa">'
            + "".join(
                f'<!ENTITY {b} "&{a};&{a};&{a};&{a};&{a};&{a};">' for a, b in _list_redirects()
            )
            + "]><rss><channel><title>&j;</title></channel></rss>",
            "application/rss+xml",
        )
        self.put(
            "/front",
            render_page(
                '<link rel="alternate" type="application/rss+xml" title="News" href="/feed.rss">'
                '<link rel="Alternate stylesheet" type="application/atom+xml; charset=utf-8"'
                ' title="أخبار الميناء" href="feed.atom">'
                '<link rel="alternate" type="application/feed+json" href="javascript:alert(1)">'
                '<link rel="alternate" hreflang="de" href="/de/">',
                "<p>What is new at the harbour.</p>",
            ),
        )
        self.put("/feed.broken", "<rss><channel><item><link>", "application/rss+xml")


@cache
def _build_large_page() -> bytes:
    filler = "<p>" + "Ten megabytes of it, one word after another. " * 20 + "</p>"
    return render_page("", filler * (10_000_000 // len(filler) + 1)).encode()


@cache
def _build_gzip_bomb() -> bytes:
    return gzip.compress(b"<p>" * 50_000_000)


def _list_redirects() -> list[tuple[str, str]]:
    return list(zip("abcdefghi", "bcdefghij", strict=True))


def _build_redirect(to: str) -> Callable[[Request], Reply]:
    return lambda _: Reply(302, headers={"Location": to})


def _build_error(status: int) -> Callable[[Request], Reply]:
    return lambda _: Reply(status, body=b"<h1>No</h1>", headers={"Content-Type": HTML})


def _send_slowly() -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"
    for _ in range(1000):
        time.sleep(0.05)
        yield b"x"


@contextlib.contextmanager
def serve_site() -> Iterator[tuple[Site, RecordingServer]]:
    """Serve the site on this machine."""
    site = Site()
    with recording_server(site.answer) as listener:
        site.put_feeds(listener.url)
        yield site, listener


@contextlib.contextmanager
def serve_allowed_site(settings: Any) -> Iterator[tuple[Site, RecordingServer]]:
    """Serve the site on this machine, and allow requests to it meanwhile."""
    with serve_site() as (site, listener):
        settings.ALLOWED_PRIVATE_HOSTS = [listener.host]
        settings.CRAWL_DELAY = 0.0
        yield site, listener
