"""Extraction of Markdown, Word, PDF and mail files."""

import base64
import io
import zipfile
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import pytest
from django.contrib.auth.models import User

from articles.errors import IngestError
from articles.extraction.draft import ArticleDraft
from articles.extraction.files import SUFFIXES
from articles.models import Article
from articles.services import create_article, read_article_file
from tests.articles.site.markup import render_structured, render_tables
from tests.articles.site.stories import STORIES, Story

STORY = STORIES[0]
_MARKS = {"heading": "## ", "list_item": "- ", "quote": "> "}


def markdown(story: Story) -> str:
    """Write a story as its author would; `[words](address)` is Markdown already."""
    marked = [line.strip() for line in story.source.strip().split("\n")]
    blocks = [
        _MARKS.get(kind, "") + line.lstrip("#->! ")
        for (kind, _), line in zip(story.blocks, marked, strict=True)
    ]
    return f"# {story.title}\n\n" + "\n\n".join(blocks) + "\n"


def docx(story: Story) -> bytes:
    """Write a story as a minimal Word document."""
    w = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    styles = {"heading": "Heading2", "quote": "Quote"}

    def paragraph(style: str, text: str) -> str:
        mark = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
        return f'<w:p>{mark}<w:r><w:t xml:space="preserve">{text}</w:t></w:r></w:p>'

    body = paragraph("Title", story.title) + "".join(
        paragraph(styles.get(kind, ""), text)
        for (kind, _), text in zip(story.blocks, story.text.split("\n"), strict=True)
    )
    names = "".join(
        f'<w:style w:type="paragraph" w:styleId="{key}"><w:name w:val="{name}"/></w:style>'
        for key, name in (("Title", "Title"), ("Heading2", "heading 2"), ("Quote", "Quote"))
    )
    core = (
        '<c:coreProperties xmlns:c="http://schemas.openxmlformats.org/package/2006/metadata/'
        'core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<dc:creator>{story.authors[0]}</dc:creator></c:coreProperties>"
    )
    document = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    parts = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/'
        'content-types"><Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{document}"/></Types>',
        "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/'
        'relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/'
        'officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/>'
        "</Relationships>",
        "word/_rels/document.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/'
        'package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org'
        '/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>',
        "word/document.xml": f"<w:document {w}><w:body>{body}</w:body></w:document>",
        "word/styles.xml": f"<w:styles {w}>{names}</w:styles>",
        "docProps/core.xml": core,
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return packed.getvalue()


def pdf(lines: list[str], title: str = "") -> bytes:
    """Write lines of Latin text as a PDF of one page."""
    shown = "".join(f"({line}) Tj T* " for line in lines)
    content = f"BT /F1 10 Tf 12 TL 50 780 Td {shown}ET".encode("latin-1")
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
        b"/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(content), content),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
        f"<</Title({title})/Author(Ana Ruiz)>>".encode("latin-1"),
    ]
    file = bytearray(b"%PDF-1.4\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(file))
        file += b"%d 0 obj%s\nendobj\n" % (number, body)
    start = len(file)
    file += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    file += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    file += b"trailer<</Size %d/Root 1 0 R/Info 6 0 R>>\nstartxref\n%d\n%%%%EOF" % (
        len(objects) + 1,
        start,
    )
    return bytes(file)


def mail(html: str = "", plain: str = "") -> bytes:
    """Write a mail with either part or both."""
    message = EmailMessage()
    message["Subject"] = STORY.title
    message["From"] = "The Harbour Post <news@post.example>"
    message["Date"] = "Sun, 02 Mar 2025 08:00:00 +0200"
    message.set_content(plain or " ")
    if html:
        message.add_alternative(html, subtype="html")
    return message.as_bytes()


def kinds(draft: ArticleDraft) -> dict[str, str]:
    return {draft.text[b.start : b.end]: str(b.kind) for b in draft.blocks or ()}


def test_markdown_file_has_metadata_blocks_and_links(db: None) -> None:
    matter = "---\ntitle: Dredging\nauthor: Ana Ruiz\ndate: 2025-03-02\nlang: en\n---\n"
    draft = read_article_file("a.md", (matter + markdown(STORY).partition("\n")[2]).encode())
    assert (draft.title, draft.text, draft.language) == ("Dredging", STORY.text, "en")
    assert [(draft.text[k.start : k.end], k.href) for k in draft.links or ()] == STORY.links
    assert [credit.name for credit in draft.authors or ()] == ["Ana Ruiz"]
    plain = read_article_file("a.md", markdown(STORY).encode())
    assert (plain.title, plain.text) == (STORY.title, STORY.text)
    # There is no mark for a caption.
    expected = {text: kind.replace("caption", "paragraph") for text, kind in STORY.kinds().items()}
    assert kinds(plain) == expected
    assert create_article(plain).current_version


def test_html_in_markdown_stays_text() -> None:
    draft = read_article_file("a.md", b"A <script>alert(1)</script> [x](javascript:alert(1)) word.")
    assert draft.text == "A <script>alert(1)</script> [x](javascript:alert(1)) word."
    assert not draft.links


def test_docx_file_has_title_headings_and_quotes(db: None) -> None:
    draft = read_article_file("a.docx", docx(STORY))
    assert (draft.title, draft.text) == (STORY.title, STORY.text)
    found = kinds(draft)
    assert {found[text] for text, kind in STORY.kinds().items() if kind == "heading"} == {"heading"}
    assert {found[text] for text, kind in STORY.kinds().items() if kind == "quote"} == {"quote"}
    assert [credit.name for credit in draft.authors or ()] == ["Ana Ruiz"]
    assert create_article(draft).current_version


def test_pdf_file_has_title_paragraphs_and_author(db: None) -> None:
    lines = [
        "Harbour dredging costs double",
        "The cost of dredging the harbour has doubled to 40 million euros, accor-",
        "ding to an audit that the city published on Monday. The council had",
        "promised a cap.",
        "It meets again in April, and is expected to vote on a loan of 12 million",
        "euros from the bank.",
    ]
    draft = read_article_file("a.pdf", pdf(lines, "Harbour dredging costs double"))
    assert draft.title == "Harbour dredging costs double"
    assert draft.text == (
        "The cost of dredging the harbour has doubled to 40 million euros, according to an audit "
        "that the city published on Monday. The council had promised a cap.\n"
        "It meets again in April, and is expected to vote on a loan of 12 million euros from the "
        "bank."
    )
    assert [credit.name for credit in draft.authors or ()] == ["Ana Ruiz"]
    assert create_article(draft).current_version


@pytest.mark.parametrize(
    "data",
    [mail(render_tables(STORY), "See the web."), mail(plain=STORY.text)],
    ids=["html", "plain"],
)
def test_eml_file_has_title_text_and_date(db: None, data: bytes) -> None:
    draft = read_article_file("a.EML", data)
    assert draft.title == STORY.title
    assert draft.published_at
    assert draft.published_at == datetime(2025, 3, 2, 6, tzinfo=UTC)
    article = create_article(draft)
    assert article.current_version
    assert article.current_version.text.split() == STORY.text.split()
    assert article.authors.count() == 1


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.exe", b"MZ", "unsupported file type"),
        ("a", b"words", "unsupported file type"),
        ("a.txt", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0", "UTF-8"),
        ("a.md", b"", "empty"),
        ("a.md", b"# \n", "empty|no text"),
        ("a.docx", b"PK", "not a Word document"),
        ("a.docx", b"", "not a Word document"),
        ("a.pdf", b"%PDF-1.4 broken", "not a PDF"),
        ("a.pdf", pdf([]), "no text"),
        ("a.eml", b"", "no text"),
        ("a.html", b"", "no article"),
    ],
)
def test_file_without_article_is_rejected(name: str, data: bytes, message: str) -> None:
    with pytest.raises(IngestError, match=message) as exc_info:
        read_article_file(name, data)
    assert list(exc_info.value.errors) == ["file"]


def test_docx_bomb_is_rejected() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", b" " * 61_000_000)
    with pytest.raises(IngestError, match="too large"):
        read_article_file("a.docx", packed.getvalue())


class TestApi:
    def test_api_accepts_base64_file(self, api: Any, db: None) -> None:
        client = api(User.objects.create_user("journalist"))
        content = base64.b64encode(render_structured(STORY).encode()).decode()
        created = client.post(
            "/api/v1/articles/",
            {"file": {"name": "page.html", "content": content}, "title": "My own title"},
        )
        assert created.status_code == 201
        record = created.json()
        assert (record["title"], record["outlet"]) == ("My own title", STORY.outlet)
        article = Article.objects.get()
        assert article.current_version
        assert article.current_version.text == STORY.text

    @pytest.mark.parametrize(
        ("file", "pointer"),
        [
            ({"name": "a.txt", "content": "?"}, "/file/content"),
            ({"name": "a.exe", "content": ""}, "/file/content"),
            ({"name": "a.exe", "content": "TVo="}, "/file"),
            ({"content": "TVo="}, "/file/name"),
            ("words", "/file"),
        ],
    )
    def test_api_error_points_to_invalid_file_field(
        self, api: Any, db: None, file: Any, pointer: str
    ) -> None:
        client = api(User.objects.create_user("journalist"))
        rejected = client.post("/api/v1/articles/", {"file": file})
        assert rejected.status_code == 400
        assert [error["pointer"] for error in rejected.json()["errors"]] == [pointer]


def test_supported_file_suffixes() -> None:
    assert set(SUFFIXES) == {".txt", ".html", ".htm", ".md", ".docx", ".pdf", ".eml"}
