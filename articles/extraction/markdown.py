"""Extract the article of a Markdown file (CommonMark) with optional `name: value` front matter."""

import re
from dataclasses import replace

from markdown_it import MarkdownIt

from articles.extraction.draft import ArticleDraft
from articles.extraction.html import read_fragment
from articles.extraction.metadata import read_language, read_moment
from articles.extraction.plain_text import decode_file, describe_encoding
from articles.text.byline import read_byline, split_credit
from articles.text.urls import resolve_url

# HTML in the source stays text.
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")
_FRONT_MATTER = re.compile(r"---[ \t]*\r?\n(.*?)\r?\n---[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_VALUE = re.compile(r"^(\w+)[ \t]*:[ \t]*(.*?)[ \t]*$", re.MULTILINE)
_TITLE = re.compile(r"\A\s*#[ \t]+(.+?)[ \t]*#*[ \t]*$", re.MULTILINE)


def read_markdown(data: bytes, encoding: str = "") -> ArticleDraft:
    """Raises FileError if the file is empty or cannot be decoded."""
    decoded = decode_file(data, encoding)
    source = decoded.text.lstrip("\ufeff")
    metadata: dict[str, str] = {}
    if matter := _FRONT_MATTER.match(source):
        metadata = {name.lower(): value.strip("\"'") for name, value in _VALUE.findall(matter[1])}
        source = source[matter.end() :]
    heading = _TITLE.match(source)
    title = metadata.get("title", "")
    if heading and not title:
        title = read_fragment(_MARKDOWN.renderInline(heading[1])).text
    draft = read_fragment(_MARKDOWN.render(source), title)
    authors = split_credit((metadata.get("author") or metadata.get("authors", "")).strip("[]"))
    return replace(
        draft,
        url=resolve_url(metadata.get("url", "")) or None,
        outlet=metadata.get("outlet", ""),
        authors=authors or read_byline(draft.text, draft.blocks or ()),
        language=read_language(metadata.get("language") or metadata.get("lang")) or None,
        published_at=read_moment(metadata.get("date") or metadata.get("published_at")),
        notes=describe_encoding(decoded),
        licence=metadata.get("licence") or metadata.get("license", ""),
    )
