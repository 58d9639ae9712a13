"""The pages of the test site that are not as they should be, and what is to come of each."""

import json
from html import escape

from tests.articles.site.markup import COOKIES, FOOTER, NAV, body, page, structured
from tests.articles.site.stories import STORIES, Story

_BY_SLUG = {story.slug: story for story in STORIES}
HARBOUR = _BY_SLUG["harbour-dredging"]
TRAINS = _BY_SLUG["night-trains"]
METERS = _BY_SLUG["water-meters"]


def _teaser(story: Story, wall: str, *, ld: dict[str, object] | None = None) -> str:
    first = story.text.split("\n")[0]
    data = {"@type": "NewsArticle", "headline": story.title, **(ld or {})}
    head = (
        f"<title>{escape(story.title)}</title>"
        f'<script type="application/ld+json">{json.dumps(data)}</script>'
    )
    return page(head, f"{NAV}<article><h1>{story.title}</h1><p>{first}</p>{wall}</article>{FOOTER}")


def _app(inside: str = "", *, head: str = "") -> str:
    return page(
        f'<title>News</title>{head}<script src="/static/main.9f2c.js" defer></script>',
        f'<div id="root"></div>{inside}<script>window.__INITIAL__={{"a":1}}</script>',
    )


# What stands in the way, by page.
OBSTRUCTED: dict[str, tuple[str, str]] = {
    "declared-paywall": (
        "paywall",
        _teaser(
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
        _teaser(
            TRAINS,
            '<section class="regwall"><p>Subscribe to continue reading this article.</p></section>',
        ),
    ),
    "paywall-without-a-mark": (
        "paywall",
        _teaser(METERS, '<div class="box-7"><p>Subscribe now to continue reading.</p></div>'),
    ),
    "paywall-hinted": (
        "paywall",
        _teaser(METERS, '<div class="tp-paywall"><p>Already a subscriber? Log in</p></div>'),
    ),
    "paywall-of-a-tier": (
        "paywall",
        _teaser(METERS, "").replace(
            "</head>", '<meta property="article:content_tier" content="locked"></head>'
        ),
    ),
    "paywall-es": (
        "paywall",
        _teaser(
            _BY_SLUG["escuelas-verano"],
            "<p>Este es un contenido exclusivo para suscriptores.</p>",
        ),
    ),
    "paywall-de": (
        "paywall",
        _teaser(_BY_SLUG["bruecken"], '<div id="paywall"><p>Weiterlesen mit RB+</p></div>'),
    ),
    "paywall-ja": (
        "paywall",
        _teaser(
            _BY_SLUG["yakan-bus"],
            "<p>この記事は有料会員限定です。残り1200文字</p>",
            ld={"isAccessibleForFree": "False"},
        ),
    ),
    "cookie-wall": (
        "cookie-wall",
        page(
            "<title>Before you continue</title>",
            '<div class="consent"><h1>We value your privacy</h1><p>We and our 812 partners store '
            "cookies on your device. You can accept all cookies or manage your consent.</p>"
            "<button>Accept all</button><button>Reject</button></div>",
        ),
    ),
    "cookie-wall-de": (
        "cookie-wall",
        page(
            "<title>Zustimmung</title>",
            "<main><h1>Mit Werbung weiterlesen</h1><p>Besuchen Sie uns mit Werbung und Cookies. "
            "Zustimmung jederzeit in der Datenschutzerklärung widerrufbar.</p>"
            "<button>Zustimmen</button></main>",
        ),
    ),
    "cookie-wall-in-an-app": (
        "cookie-wall",
        _app(
            "<div><p>We and our partners store cookies on your device to show you advertising. You "
            "can accept all cookies, reject them, or change your consent at any time.</p></div>"
        ),
    ),
    "script-only": ("script-only", _app()),
    "script-only-noscript": (
        "script-only",
        _app("<noscript>You need to enable JavaScript to run this app.</noscript>"),
    ),
    "robot-check": (
        "robot-check",
        page(
            "<title>Just a moment...</title>",
            "<h1>Checking your browser</h1><p>Verify you are human to go on.</p>",
        ),
    ),
    "empty-body": ("empty", page("<title>Nothing</title>", "")),
    "only-navigation": ("empty", page("<title>Front</title>", NAV + FOOTER)),
    "only-pictures": (
        "empty",
        page("<title>Gallery</title>", '<article><img src="1.jpg"><img src="2.jpg"></article>'),
    ),
    "empty-file": ("empty", ""),
    "not-html": ("not-html", '{"title": "A record of something", "text": "in JSON"}'),
}

# Pages that could be taken for obstructed ones, and are whole.
WHOLE: dict[str, tuple[Story, str]] = {
    "metered-but-all-there": (
        HARBOUR,
        structured(HARBOUR, isAccessibleForFree=False).replace(
            "</article>", "</article><div class='metered'>You have 2 free articles left.</div>"
        ),
    ),
    "about-cookies-banner": (TRAINS, structured(TRAINS).replace("<body>", f"<body>{COOKIES}")),
    "script-page-with-the-text-for-search-engines": (
        METERS,
        _app(
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
        structured(METERS).replace(
            "<main>", '<div class="top">Already a subscriber? <a href="/in">Log in</a></div><main>'
        ),
    ),
    "broken-markup": (
        TRAINS,
        structured(TRAINS)
        .replace("</p>", "")
        .replace("</h2>", "</h2></div></span>")
        .replace("</body>", ""),
    ),
    "uppercase-xhtml": (
        TRAINS,
        '<?xml version="1.0" encoding="utf-8"?>\n' + structured(TRAINS).replace("<br>", "<br />"),
    ),
    "broken-json-ld": (
        HARBOUR,
        page(
            f"<title>{HARBOUR.title}</title>"
            '<script type="application/ld+json">{"@type": "NewsArticle", "headline": </script>'
            f'<meta property="og:site_name" content="{HARBOUR.outlet}">'
            f'<meta name="author" content="{HARBOUR.authors[0]}">'
            f'<meta property="article:published_time" content="2025-03-02T08:00:00+02:00">',
            f"{NAV}<article><h1>{HARBOUR.title}</h1>{body(HARBOUR)}</article>{FOOTER}",
            lang=HARBOUR.language,
        ),
    ),
    "entities-in-the-metadata": (
        TRAINS,
        structured(TRAINS).replace(
            f'"headline": "{TRAINS.title}"',
            '"headline": "Night&nbsp;trains return to three cities"',
        ),
    ),
}


def _labelled(story: Story, label: str, encoding: str) -> bytes:
    declared = f'<meta charset="{label}">' if label else ""
    return (
        structured(story)
        .replace('<meta charset="utf-8">', declared)
        .encode(encoding, "xmlcharrefreplace")
    )


def charsets() -> dict[str, tuple[Story, str, bytes]]:
    """Give pages whose bytes are not what they say: the story, the server's charset, the bytes."""
    arabic, japanese = _BY_SLUG["miyah"], _BY_SLUG["yakan-bus"]
    russian, german, french = _BY_SLUG["biblioteki"], _BY_SLUG["bruecken"], _BY_SLUG["moustiques"]
    return {
        "utf-8-called-latin-1": (german, "iso-8859-1", _labelled(german, "iso-8859-1", "utf-8")),
        "utf-8-called-nothing": (arabic, "", _labelled(arabic, "", "utf-8")),
        "cp1252-called-latin-1": (french, "", _labelled(french, "iso-8859-1", "cp1252")),
        "cp1252-called-utf-8": (german, "utf-8", _labelled(german, "utf-8", "cp1252")),
        "cp1251-declared": (russian, "", _labelled(russian, "windows-1251", "cp1251")),
        "cp1251-called-utf-8": (russian, "utf-8", _labelled(russian, "utf-8", "cp1251")),
        "koi8-r-by-the-server": (russian, "koi8-r", _labelled(russian, "", "koi8-r")),
        "shift-jis-declared": (japanese, "", _labelled(japanese, "Shift_JIS", "cp932")),
        "euc-jp-declared": (japanese, "", _labelled(japanese, "EUC-JP", "euc-jp")),
        "iso-2022-jp-declared": (japanese, "", _labelled(japanese, "iso-2022-jp", "iso2022-jp")),
        "cp1256-declared": (arabic, "windows-1256", _labelled(arabic, "windows-1256", "cp1256")),
        "utf-16-with-a-mark": (russian, "", _labelled(russian, "", "utf-16")),
        "utf-8-with-a-mark": (german, "", _labelled(german, "", "utf-8-sig")),
        "utf-8-cut-in-a-character": (
            arabic,
            "",
            _labelled(arabic, "utf-8", "utf-8")[:-1] + b"\xd8",
        ),
        "an-unknown-label": (german, "x-nonsense", _labelled(german, "x-none", "utf-8")),
    }
