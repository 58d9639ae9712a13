"""Markdown (CommonMark), with a front matter of `name: value` lines where there is one."""

import re

from markdown_it import MarkdownIt

from articles.extraction.draft import ArticleDraft
from articles.extraction.html import read_fragment
from articles.extraction.metadata import read_language, read_moment
from articles.extraction.plain_text import decode_text
from articles.models.article import MAX_TITLE
from articles.text.byline import Credit, read_byline, split_credit
from articles.text.headline import propose_title
from articles.text.urls import resolve_url

# HTML in it stays what was written; nothing of it is ever rendered.
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")
_FRONT_MATTER = re.compile(r"---[ \t]*\r?\n(.*?)\r?\n---[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_VALUE = re.compile(r"^(\w+)[ \t]*:[ \t]*(.*?)[ \t]*$", re.MULTILINE)
_TITLE = re.compile(r"\A\s*#[ \t]+(.+?)[ \t]*#*[ \t]*$", re.MULTILINE)


def read_markdown(data: bytes) -> ArticleDraft:
    """Read the article of a Markdown file. Raises IngestError where it is not UTF-8."""
    source = decode_text(data).lstrip("\ufeff")
    said: dict[str, str] = {}
    if matter := _FRONT_MATTER.match(source):
        said = {name.lower(): value.strip("\"'") for name, value in _VALUE.findall(matter[1])}
        source = source[matter.end() :]
    heading = _TITLE.match(source)
    title = said.get("title") or (_plain(heading[1]) if heading else "")
    text, blocks, links = read_fragment(_MARKDOWN.render(source), title)
    return ArticleDraft(
        title=(title or propose_title(text, blocks))[:MAX_TITLE],
        text=text,
        blocks=blocks,
        links=links,
        url=resolve_url(said.get("url", "")) or None,
        outlet=said.get("outlet", ""),
        authors=_credits(said.get("author") or said.get("authors", ""))
        or read_byline(text, blocks),
        language=read_language(said.get("language") or said.get("lang")) or None,
        published_at=read_moment(said.get("date") or said.get("published_at")),
        licence=said.get("licence") or said.get("license", ""),
    )


def _credits(line: str) -> list[Credit]:
    return split_credit(line.strip("[]")) if line else []


def _plain(heading: str) -> str:
    return read_fragment(_MARKDOWN.renderInline(heading))[0]
