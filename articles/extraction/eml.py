"""Mail (RFC 5322), such as a newsletter or what an agency sends."""

from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage

from articles.errors import IngestError
from articles.extraction.draft import ArticleDraft
from articles.extraction.html import read_page
from articles.extraction.metadata import read_moment
from articles.models.article import MAX_TITLE
from articles.text.blocks import split_blocks
from articles.text.byline import Credit, read_byline
from articles.text.headline import propose_title


def read_eml(data: bytes) -> ArticleDraft:
    """Read the article of a mail: its HTML, or else its plain text.

    Raises IngestError (field `file`) where it is no mail with a text.
    """
    try:
        mail: EmailMessage = message_from_bytes(data, policy=policy.default)
        subject = " ".join(str(mail["subject"] or "").split())
        draft = _html(mail) or _plain(mail)
        sender = _sender(mail)
        moment = read_moment(str(mail["date"] or ""))
    except (ValueError, LookupError, TypeError, AttributeError):
        raise IngestError({"file": ["This is no mail, or a broken one."]}) from None
    if draft is None:
        raise IngestError({"file": ["The mail has no text."]})
    return replace(
        draft,
        title=(subject or draft.title)[:MAX_TITLE],
        authors=draft.authors or ([Credit(sender)] if sender else []),
        published_at=moment or draft.published_at,
    )


def _html(mail: EmailMessage) -> ArticleDraft | None:
    part = mail.get_body(("html",))
    if part is None:
        return None
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return None
    page = read_page(content, charset=part.get_content_charset() or "")
    return None if page.blocker else page.draft


def _plain(mail: EmailMessage) -> ArticleDraft | None:
    part = mail.get_body(("plain",))
    text = part.get_content() if part else ""
    if not isinstance(text, str) or not text.strip():
        return None
    blocks = split_blocks(text)
    return ArticleDraft(
        title=propose_title(text, blocks), text=text, authors=read_byline(text, blocks)
    )


def _sender(mail: EmailMessage) -> str:
    addresses = getattr(mail["from"], "addresses", ())
    return str(addresses[0].display_name)[:200] if addresses else ""
