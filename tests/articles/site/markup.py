"""Nine ways in which sites mark up a story, after habits that are met on the web."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from html import escape

from tests.articles.site.stories import Story, replace_links

_TAGS = {"heading": "h2", "paragraph": "p", "quote": "blockquote", "list_item": "li"}

NAV = (
    '<nav class="main-nav"><ul><li><a href="/">Home</a></li><li><a href="/politics/">Politics</a>'
    '</li><li><a href="/sport/">Sport</a></li><li><a href="/weather/">Weather</a></li></ul></nav>'
)
FOOTER = (
    '<footer class="site-footer"><ul><li><a href="/about/">About us</a></li><li><a href="/jobs/">'
    "Jobs</a></li></ul><p>© 2026 Example Media Group. All rights reserved. Reproduction without "
    "permission is prohibited.</p></footer>"
)
RELATED = (
    '<aside class="related"><h3>More on this</h3><ul><li><a href="/x1">Ten photographs of the week'
    '</a></li><li><a href="/x2">What to watch this weekend</a></li></ul></aside>'
)
NEWSLETTER = (
    '<div class="newsletter-signup"><p>Get the morning briefing in your inbox every day.</p>'
    '<form action="/nl"><input name="e"><button>Sign up</button></form></div>'
)
SHARING = (
    '<div class="share-buttons social"><a href="https://social.example/share">Share</a>'
    '<a href="mailto:?subject=x">Email</a></div>'
)
COOKIES = (
    '<div id="cookie-consent" class="cookie-banner" role="dialog"><p>We use cookies to improve your '
    "visit.</p><button>Accept all</button><button>Settings</button></div>"
)


def render_body(story: Story, link: str = '<a href="{href}">{words}</a>') -> str:
    """Write the blocks with the tags that are meant for them."""
    parts, in_list = [], False
    for kind, words in story.blocks:
        if in_list != (kind == "list_item"):
            parts.append("</ul>" if in_list else "<ul>")
            in_list = not in_list
        if kind == "caption":
            parts.append(
                f'<figure><img src="/i.jpg" alt=""><figcaption>{replace_links(words, link)}'
                "</figcaption></figure>"
            )
        elif kind == "quote":
            parts.append(f"<blockquote><p>{replace_links(words, link)}</p></blockquote>")
        else:
            parts.append(f"<{_TAGS[kind]}>{replace_links(words, link)}</{_TAGS[kind]}>")
    return "\n".join([*parts, "</ul>" if in_list else ""])


def render_page(head: str, content: str, *, lang: str = "", html: str = "html") -> str:
    """Write a whole page."""
    language = f' lang="{lang}"' if lang else ""
    return (
        f'<!doctype html>\n<{html}{language}>\n<head>\n<meta charset="utf-8">\n{head}\n</head>\n'
        f"<body>\n{content}\n</body>\n</html>\n"
    )


def render_plain(story: Story) -> str:
    """No more than HTML 4 had: a heading, a byline, paragraphs, meta tags."""
    head = (
        f"<title>{escape(story.title)}</title>"
        f'<meta name="author" content="{escape(", ".join(story.authors))}">'
        f'<meta name="date" content="{story.published}">'
        f'<meta name="publisher" content="{escape(story.outlet)}">'
    )
    byline = f'<p class="byline">{" / ".join(story.authors)}</p>'
    return render_page(
        head, f"<h1>{story.title}</h1>{byline}{render_body(story)}", lang=story.language
    )


def render_structured(story: Story, **extra: object) -> str:
    """Semantic elements and JSON-LD in a graph with references."""
    graph = {
        "@context": "https://schema.org",
        "@graph": [
            {"@type": "WebSite", "name": story.outlet, "url": "https://site.example/"},
            {"@type": "NewsMediaOrganization", "@id": "#org", "name": story.outlet},
            {
                "@type": ["NewsArticle"],
                "headline": story.title,
                "author": [{"@type": "Person", "name": name} for name in story.authors],
                "publisher": {"@id": "#org"},
                "datePublished": story.published,
                "dateModified": "2026-01-01T00:00:00Z",
                "inLanguage": story.language,
                "license": "https://creativecommons.org/licenses/by/4.0/",
                **extra,
            },
        ],
    }
    head = (
        f"<title>{escape(story.title)} | {escape(story.outlet)}</title>"
        f'<script type="application/ld+json">{json.dumps(graph, ensure_ascii=False)}</script>'
    )
    content = (
        f"{NAV}<main><article><header><h1>{story.title}</h1></header>{render_body(story)}{SHARING}"
        f"</article>{RELATED}</main>{FOOTER}"
    )
    return render_page(head, content, lang=story.language)


def render_wordpress(story: Story) -> str:
    """A blog's theme: entry-content, author links, comments below."""
    authors = " and ".join(
        f'<a class="url fn" rel="author" href="/author/{n}/">{name}</a>'
        for n, name in enumerate(story.authors)
    )
    head = (
        f"<title>{escape(story.title)} - {escape(story.outlet)}</title>"
        f'<meta property="og:title" content="{escape(story.title)}">'
        f'<meta property="og:site_name" content="{escape(story.outlet)}">'
        f'<meta property="article:published_time" content="{story.published}">'
        f'<link rel="canonical" href="/{story.slug}/">'
    )
    comments = (
        '<section id="comments" class="comments-area"><h2>2 thoughts on this</h2><ol>'
        '<li class="comment"><p>First! I have been saying so for years, and nobody listened.</p>'
        '</li><li class="comment"><p>You are wrong about all of it, as always.</p></li></ol></section>'
    )
    content = (
        f'<div id="page" class="site">{NAV}<div id="primary"><article class="post hentry">'
        f'<header class="entry-header"><h1 class="entry-title">{story.title}</h1>'
        f'<div class="entry-meta"><span class="author vcard">{authors}</span></div></header>'
        f'<div class="entry-content">{render_body(story)}{SHARING}</div></article>{comments}</div>'
        f'<div id="secondary" class="widget-area sidebar">{RELATED}</div>{FOOTER}</div>'
    )
    return render_page(head, content, lang=story.language)


def render_soup(story: Story) -> str:
    """Nameless divs, each paragraph one, and clutter in between."""
    paragraphs = [
        f'<div class="c-{n}"><div class="t">{replace_links(words)}</div></div>'
        if kind != "heading"
        else f"<h3>{words}</h3>"
        for n, (kind, words) in enumerate(story.blocks)
    ]
    paragraphs.insert(2, '<div class="ad-slot" aria-label="Advertisement"></div>')
    paragraphs.insert(4, NEWSLETTER)
    head = (
        f'<meta property="og:title" content="{escape(story.title)}">'
        f'<meta property="og:site_name" content="{escape(story.outlet)}">'
        f'<meta name="parsely-author" content="{escape(story.authors[0])}">'
        + "".join(
            f'<meta name="parsely-author" content="{escape(name)}">' for name in story.authors[1:]
        )
        + f'<meta name="parsely-pub-date" content="{story.published}">'
        + f'<meta property="og:locale" content="{story.language.replace("-", "_")}">'
    )
    content = (
        f'{COOKIES}<div class="w"><div class="hd">{NAV}</div><div class="m"><h1>{story.title}</h1>'
        f'<div class="article-body">{"".join(paragraphs)}</div></div>{RELATED}{FOOTER}</div>'
    )
    return render_page(head, content)


def render_amp(story: Story) -> str:
    """An AMP page that names the page it stands for."""
    data = {
        "@context": "http://schema.org",
        "@type": "NewsArticle",
        "headline": story.title,
        "datePublished": story.published,
        "author": {"@type": "Person", "name": story.authors}
        if len(story.authors) > 1
        else {"@type": "Person", "name": story.authors[0]},
        "publisher": {"@type": "Organization", "name": story.outlet},
    }
    head = (
        f'<title>{escape(story.title)}</title><link rel="canonical" href="/{story.slug}/">'
        '<script async src="https://cdn.example/v0.js"></script>'
        f'<script type="application/ld+json">{json.dumps(data)}</script>'
        "<style amp-boilerplate>body{animation:none}</style>"
    )
    content = (
        f'<amp-sidebar layout="nodisplay">{NAV}</amp-sidebar><article><h1>{story.title}</h1>'
        f'<amp-img src="/i.jpg" width="4" height="3"></amp-img>{render_body(story)}'
        '<amp-ad type="x" width="300" height="250"></amp-ad></article>' + FOOTER
    )
    return render_page(head, content, lang=story.language, html="html ⚡")


def render_microdata(story: Story) -> str:
    """Microdata in the markup, and a date with an offset."""
    authors = " ".join(
        f'<span itemprop="author" itemscope itemtype="https://schema.org/Person">'
        f'<span itemprop="name">{name}</span></span>'
        for name in story.authors
    )
    moment = datetime.fromisoformat(story.published).astimezone(UTC).isoformat()
    head = (
        f"<title>{escape(story.title)} — {escape(story.outlet)}</title>"
        f'<meta name="application-name" content="{escape(story.outlet)}">'
    )
    content = (
        f'{NAV}{COOKIES}<article itemscope itemtype="https://schema.org/NewsArticle">'
        f'<h1 itemprop="headline">{story.title}</h1><div class="meta">{authors} '
        f'<time itemprop="datePublished" datetime="{moment}">earlier</time></div>'
        f'<div itemprop="articleBody">{render_body(story)}</div></article>{NEWSLETTER}{FOOTER}'
    )
    return render_page(head, content, lang=story.language)


def render_cluttered(story: Story) -> str:
    """A commercial site: every box there is, around and between the paragraphs."""
    boxes = [
        '<div class="advert" data-ad="1"><span>Advertisement</span></div>',
        '<aside class="inline-related"><p>Read more: <a href="/x3">Five charts</a></p></aside>',
        NEWSLETTER,
    ]
    blocks = render_body(story).split("\n")
    for n, box in enumerate(boxes):
        at = min(3 * n + 3, len(blocks))
        if "<li>" not in "".join(blocks[at : at + 1]):
            blocks.insert(at, box)
    names = ", ".join(story.authors)
    head = (
        f"<title>{escape(story.title)} | {escape(story.outlet)}</title>"
        f'<meta property="og:title" content="{escape(story.title)} | {escape(story.outlet)}">'
        f'<meta property="og:site_name" content="{escape(story.outlet)}">'
        f'<meta property="article:published_time" content="{story.published}">'
        f'<meta name="author" content="By {escape(names)}">'
    )
    content = (
        f'{COOKIES}<header class="masthead">{NAV}<p>Subscribe from 1 euro a week</p></header>'
        f'<div class="breadcrumbs"><a href="/">Home</a> › <a href="/news">News</a></div>'
        f'<main id="content"><article class="story"><h1>{story.title}</h1>{SHARING}'
        f'<div class="story-body">{"".join(blocks)}</div>'
        '<div class="tags"><a href="/t/1">Region</a> <a href="/t/2">Budget</a></div></article>'
        f'<section class="most-read"><h2>Most read</h2><ol><li><a href="/m1">The quiz of the week'
        f'</a></li><li><a href="/m2">Letters</a></li></ol></section></main>{RELATED}{FOOTER}'
    )
    return render_page(head, content, lang=story.language)


def render_tables(story: Story) -> str:
    """A layout of tables, as in 1999: paragraphs parted by line breaks, capital tags."""
    words = "<BR><BR>\n".join(
        f"<B>{words}</B>"
        if kind == "heading"
        else replace_links(words, '<A HREF="{href}">{words}</A>')
        for kind, words in story.blocks
    )
    head = (
        f"<TITLE>{escape(story.title)}</TITLE>"
        f'<META NAME="DC.Creator" CONTENT="{escape("; ".join(story.authors))}">'
        f'<META NAME="DC.Date" CONTENT="{story.published}">'
        f'<META NAME="DC.Publisher" CONTENT="{escape(story.outlet)}">'
        f'<META NAME="DC.Language" CONTENT="{story.language}">'
    )
    content = (
        '<TABLE WIDTH="100%"><TR><TD WIDTH="120"><A HREF="/">Home</A><BR><A HREF="/news">News</A>'
        f'</TD><TD><H1>{story.title}</H1><P><FONT FACE="Times">{words}</FONT></P></TD></TR></TABLE>'
    )
    return render_page(head, content)


def render_mobile(story: Story) -> str:
    """A component framework's output: hashed classes, spans in paragraphs, hidden parts."""
    blocks = render_body(story).replace(
        "<p>", '<p class="css-1x2y" data-component="text-block"><span>'
    )
    blocks = blocks.replace("</p>", "</span></p>")
    head = (
        f'<meta property="og:title" content="{escape(story.title)}">'
        f'<script type="application/ld+json">'
        + json.dumps(
            {
                "@context": "https://schema.org",
                "@type": "ReportageNewsArticle",
                "headline": escape(story.title),
                "author": story.authors,
                "datePublished": story.published,
                "publisher": {"name": story.outlet},
            }
        )
        + "</script>"
    )
    content = (
        f'<div id="__next"><div class="css-nav">{NAV}</div><main role="main"><article>'
        f'<h1 class="css-h">{story.title}</h1><div style="display:none">Loading …</div>'
        f'<section data-component="body">{blocks}</section></article></main>{FOOTER}</div>'
        "<script>window.__DATA__={}</script>"
    )
    return render_page(head, content, lang=story.language)


MARKUPS: list[Callable[[Story], str]] = [
    render_plain,
    render_structured,
    render_wordpress,
    render_soup,
    render_amp,
    render_microdata,
    render_cluttered,
    render_tables,
    render_mobile,
]
