"""Other libraries that extract the text of a page, for comparison: each takes bytes."""

from importlib.metadata import version

import newspaper
import readability
import trafilatura
from lxml import html
from trafilatura.utils import decode_file


def extract_trafilatura(data: bytes) -> str:
    """Return the text with the library's default settings."""
    return trafilatura.extract(data, include_comments=False) or ""


def extract_newspaper(data: bytes) -> str:
    article = newspaper.Article("https://site.example/", fetch_images=False)
    article.download(input_html=decode_file(data))
    article.parse()
    return article.text


def extract_readability(data: bytes) -> str:
    summary = readability.Document(decode_file(data)).summary()
    pieces = html.document_fromstring(summary).itertext() if summary.strip() else ()
    return "\n".join(pieces)


PEERS = {
    f"{name} {version(name)}": extract
    for name, extract in (
        ("trafilatura", extract_trafilatura),
        ("newspaper4k", extract_newspaper),
        ("readability-lxml", extract_readability),
    )
}


def run_peer(name: str, data: bytes) -> str:
    """Return the text that a library finds, or "" if it raises an exception."""
    try:
        return PEERS[name](data)
    except Exception:
        return ""
