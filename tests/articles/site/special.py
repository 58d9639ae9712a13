"""The pages of the test site that are not as they should be, and what is to come of each."""

import json
from html import escape

from tests.articles.site.markup import (
    COOKIES,
    FOOTER,
    NAV,
    render_body,
    render_page,
    render_structured,
)
from tests.articles.site.stories import STORIES, Story

_BY_SLUG = {story.slug: story for story in STORIES}
HARBOUR = _BY_SLUG["harbour-dredging"]
TRAINS = _BY_SLUG["night-trains"]
METERS = _BY_SLUG["water-meters"]


def _render_teaser(story: Story, wall: str, *, ld: dict[str, object] | None = None) -> str:
    first = story.text.split("\n")[0]
    data = {"@type": "NewsArticle", "headline": story.title, **(ld or {})}
    head = (
        f"<title>{escape(story.title)}</title>"
        f'<script type="application/ld+json">{json.dumps(data)}</script>'
    )
    return render_page(
        head, f"{NAV}<article><h1>{story.title}</h1><p>{first}</p>{wall}</article>{FOOTER}"
    )


def _render_app(inside: str = "", *, head: str = "") -> str:
    return render_page(
        f'<title>News</title>{head}<script src="/static/main.9f2c.js" defer></script>',
        f'<div id="root"></div>{inside}<script>window.__INITIAL__={{"a":1}}</script>',
    )


# What stands in the way, by page.
OBSTRUCTED: dict[str, tuple[str, str]] = {
    "declared-paywall": (
        "paywall",
        _render_teaser(
            HARBOUR,
            '<div class="paywall-box"><h2>Keep reading</h2><p>Choose a plan from 1 euro a week.</p></div>',
            ld={
                "isAccessibleForFree": False,
                "hasPart": {"isAccessibleForFree": "False", "cssSelector": ".rest"},
            },
        ),
    ),
    "spoken-paywall": (
        "paywall",
        _render_teaser(
            TRAINS,
            '<section class="regwall"><p>Subscribe to continue reading this article.</p></section>',
        ),
    ),
    "paywall-without-a-mark": (
        "paywall",
        _render_teaser(
            METERS, '<div class="box-7"><p>Subscribe now to continue reading.</p></div>'
        ),
    ),
    "paywall-hinted": (
        "paywall",
        _render_teaser(METERS, '<div class="tp-paywall"><p>Already a subscriber? Log in</p></div>'),
    ),
    "paywall-of-a-tier": (
        "paywall",
        _render_teaser(METERS, "").replace(
            "</head>", '<meta property="article:content_tier" content="locked"></head>'
        ),
    ),
    "paywall-es": (
        "paywall",
        _render_teaser(
            _BY_SLUG["escuelas-verano"],
            "<p>Este es un contenido exclusivo para suscriptores.</p>",
        ),
    ),
    "paywall-de": (
        "paywall",
        _render_teaser(_BY_SLUG["bruecken"], '<div id="paywall"><p>Weiterlesen mit RB+</p></div>'),
    ),
    "paywall-ja": (
        "paywall",
        _render_teaser(
            _BY_SLUG["yakan-bus"],
            "<p>この記事は有料会員限定です。残り1200文字</p>",
            ld={"isAccessibleForFree": "False"},
        ),
    ),
    "cookie-wall": (
        "cookie-wall",
        render_page(
            "<title>Before you continue</title>",
            '<div class="consent"><h1>We value your privacy</h1><p>We and our 812 partners store '
            "cookies on your device. You can accept all cookies or manage your consent.</p>"
            "<button>Accept all</button><button>Reject</button></div>",
        ),
    ),
    "cookie-wall-de": (
        "cookie-wall",
        render_page(
            "<title>Zustimmung</title>",
            "<main><h1>Mit Werbung weiterlesen</h1><p>Besuchen Sie uns mit Werbung und Cookies. "
            "Zustimmung jederzeit in der Datenschutzerklärung widerrufbar.</p>"
            "<button>Zustimmen</button></main>",
        ),
    ),
    "cookie-wall-in-an-app": (
        "cookie-wall",
        _render_app(
            "<div><p>We and our partners store cookies on your device to show you advertising. You "
            "can accept all cookies, reject them, or change your consent at any time.</p></div>"
        ),
    ),
    "script-only": ("script-only", _render_app()),
    "script-only-noscript": (
        "script-only",
        _render_app("<noscript>You need to enable JavaScript to run this app.</noscript>"),
    ),
    "robot-check": (
        "robot-check",
        render_page(
            "<title>Just a moment...</title>",
            "<h1>Checking your browser</h1><p>Verify you are human to go on.</p>",
        ),
    ),
    "empty-body": ("empty", render_page("<title>Nothing</title>", "")),
    "only-navigation": ("empty", render_page("<title>Front</title>", NAV + FOOTER)),
    "only-pictures": (
        "empty",
        render_page(
            "<title>Gallery</title>", '<article><img src="1.jpg"><img src="2.jpg"></article>'
        ),
    ),
    "empty-file": ("empty", ""),
    "not-html": ("not-html", '{"title": "A record of something", "text": "in JSON"}'),
}

# Pages that could be taken for obstructed ones, and are whole.
WHOLE: dict[str, tuple[Story, str]] = {
    "metered-but-all-there": (
        HARBOUR,
        render_structured(HARBOUR, isAccessibleForFree=False).replace(
            "</article>", "</article><div class='metered'>You have 2 free articles left.</div>"
        ),
    ),
    "about-cookies-banner": (
        TRAINS,
        render_structured(TRAINS).replace("<body>", f"<body>{COOKIES}"),
    ),
    "script-page-with-the-text-for-search-engines": (
        METERS,
        _render_app(
            head='<script type="application/ld+json">'
            + json.dumps(
                {
                    "@type": "NewsArticle",
                    "headline": METERS.title,
                    "author": METERS.authors,
                    "publisher": METERS.outlet,
                    "inLanguage": METERS.language,
                    "datePublished": METERS.published,
                    "articleBody": METERS.text.replace("\n", "\n\n"),
                }
            )
            + "</script>"
        ),
    ),
    "short-with-a-log-in-link": (
        METERS,
        render_structured(METERS).replace(
            "<main>", '<div class="top">Already a subscriber? <a href="/in">Log in</a></div><main>'
        ),
    ),
    "broken-markup": (
        TRAINS,
        render_structured(TRAINS)
        .replace("</p>", "")
        .replace("</h2>", "</h2></div></span>")
        .replace("</body>", ""),
    ),
    "uppercase-xhtml": (
        TRAINS,
        '<?xml version="1.0" encoding="utf-8"?>\n'
        + render_structured(TRAINS).replace("<br>", "<br />"),
    ),
    "broken-json-ld": (
        HARBOUR,
        render_page(
            f"<title>{HARBOUR.title}</title>"
            '<script type="application/ld+json">{"@type": "NewsArticle", "headline": </script>'
            f'<meta property="og:site_name" content="{HARBOUR.outlet}">'
            f'<meta name="author" content="{HARBOUR.authors[0]}">'
            f'<meta property="article:published_time" content="2025-03-02T08:00:00+02:00">',
            f"{NAV}<article><h1>{HARBOUR.title}</h1>{render_body(HARBOUR)}</article>{FOOTER}",
            lang=HARBOUR.language,
        ),
    ),
    "entities-in-the-metadata": (
        TRAINS,
        render_structured(TRAINS).replace(
            f'"headline": "{TRAINS.title}"',
            '"headline": "Night&nbsp;trains return to three cities"',
        ),
    ),
}


def _encode_labelled(story: Story, label: str, encoding: str) -> bytes:
    declared = f'<meta charset="{label}">' if label else ""
    return (
        render_structured(story)
        .replace('<meta charset="utf-8">', declared)
        .encode(encoding, "xmlcharrefreplace")
    )


def build_mislabelled_pages() -> dict[str, tuple[Story, str, bytes]]:
    """Return pages with a wrong or missing label: the story, the server's charset, the bytes."""
    arabic, japanese = _BY_SLUG["miyah"], _BY_SLUG["yakan-bus"]
    russian, german, french = _BY_SLUG["biblioteki"], _BY_SLUG["bruecken"], _BY_SLUG["moustiques"]
    return {
        "utf-8-called-latin-1": (
            german,
            "iso-8859-1",
            _encode_labelled(german, "iso-8859-1", "utf-8"),
        ),
        "utf-8-called-nothing": (arabic, "", _encode_labelled(arabic, "", "utf-8")),
        "cp1252-called-latin-1": (french, "", _encode_labelled(french, "iso-8859-1", "cp1252")),
        "cp1252-called-utf-8": (german, "utf-8", _encode_labelled(german, "utf-8", "cp1252")),
        "cp1251-declared": (russian, "", _encode_labelled(russian, "windows-1251", "cp1251")),
        "cp1251-called-utf-8": (russian, "utf-8", _encode_labelled(russian, "utf-8", "cp1251")),
        "koi8-r-by-the-server": (russian, "koi8-r", _encode_labelled(russian, "", "koi8-r")),
        "shift-jis-declared": (japanese, "", _encode_labelled(japanese, "Shift_JIS", "cp932")),
        "euc-jp-declared": (japanese, "", _encode_labelled(japanese, "EUC-JP", "euc-jp")),
        "iso-2022-jp-declared": (
            japanese,
            "",
            _encode_labelled(japanese, "iso-2022-jp", "iso2022-jp"),
        ),
        "cp1256-declared": (
            arabic,
            "windows-1256",
            _encode_labelled(arabic, "windows-1256", "cp1256"),
        ),
        "utf-16-with-a-mark": (russian, "", _encode_labelled(russian, "", "utf-16")),
        "utf-8-with-a-mark": (german, "", _encode_labelled(german, "", "utf-8-sig")),
        "utf-8-cut-in-a-character": (
            arabic,
            "",
            _encode_labelled(arabic, "utf-8", "utf-8")[:-1] + b"\xd8",
        ),
        "an-unknown-label": (german, "x-nonsense", _encode_labelled(german, "x-none", "utf-8")),
    }
