"""Extract the article of an email (RFC 5322), such as a newsletter or an agency report."""

from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage

from articles.extraction.draft import ArticleDraft
from articles.extraction.html import read_page
from articles.extraction.metadata import read_moment
from articles.extraction.plain_text import FileError
from articles.text.blocks import split_blocks
from articles.text.byline import Credit, read_byline
from config.translation import gettext as _


def read_eml(data: bytes) -> ArticleDraft:
    """Read the HTML part, or else the plain text. Raises FileError."""
    try:
        mail: EmailMessage = message_from_bytes(data, policy=policy.default)
        subject = " ".join(str(mail["subject"] or "").split())
        draft = _read_html(mail) or _read_plain(mail)
        sender = _get_sender(mail)
        moment = read_moment(str(mail["date"] or ""))
    except (ValueError, LookupError, TypeError, AttributeError):
        raise FileError(_("This is not an email, or it is damaged.")) from None
    if draft is None:
        raise FileError(_("The email has no text."))
    return replace(
        draft,
        title=subject or draft.title,
        authors=draft.authors or ([Credit(sender)] if sender else []),
        published_at=moment or draft.published_at,
    )


def _read_html(mail: EmailMessage) -> ArticleDraft | None:
    part = mail.get_body(("html",))
    content = part and part.get_payload(decode=True)
    if part is None or not isinstance(content, bytes):
        return None
    page = read_page(content, charset=part.get_content_charset() or "")
    return None if page.blocker else page.draft


def _read_plain(mail: EmailMessage) -> ArticleDraft | None:
    part = mail.get_body(("plain",))
    text = part.get_content() if part else ""
    if not isinstance(text, str) or not text.strip():
        return None
    return ArticleDraft(text=text, authors=read_byline(text, split_blocks(text)))


def _get_sender(mail: EmailMessage) -> str:
    addresses = getattr(mail["from"], "addresses", ())
    return str(addresses[0].display_name)[:200] if addresses else ""
