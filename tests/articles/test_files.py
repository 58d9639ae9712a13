"""Extraction of Markdown, Word, PDF and mail files."""

import base64
import io
import zipfile
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from articles.errors import IngestError
from articles.extraction.draft import ArticleDraft
from articles.extraction.files import SUFFIXES
from articles.imports.rows import Options, open_source
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
    assert set(SUFFIXES) == {".txt", ".html", ".htm", ".md", ".docx", ".pdf", ".eml", ".warc"}


def pdf_pages(pages: list[str], title: str = "", author: str = "") -> bytes:
    """Write content streams as the pages of a PDF."""
    writer = PdfWriter()
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Courier"),
        }
    )
    for content in pages:
        page = writer.add_blank_page(595, 842)
        fonts = DictionaryObject({NameObject("/F1"): font})
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
        stream = DecodedStreamObject()
        stream.set_data(content.encode("latin-1"))
        page[NameObject("/Contents")] = writer._add_object(stream)
    writer.add_metadata({"/Title": title, "/Author": author})
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def draw(x: int, y: int, line: str) -> str:
    return f"BT /F1 8 Tf 1 0 0 1 {x} {y} Tm ({line}) Tj ET\n"


LEFT = [f"The left column tells in line {n} of the pier" for n in range(8)]
RIGHT = [f"The right column says in line {n} who pays it" for n in range(8)]


def test_pdf_columns_drawn_row_by_row_are_read_column_by_column() -> None:
    rows = "".join(
        draw(40, 700 - 12 * n, left) + draw(310, 700 - 12 * n, right)
        for n, (left, right) in enumerate(zip(LEFT, RIGHT, strict=True))
    )
    page = draw(40, 760, "Pier to be rebuilt") + rows + draw(40, 560, "Ann Lee reported this.")
    draft = read_article_file("a.pdf", pdf_pages([page]))
    assert draft.title == "Pier to be rebuilt"
    assert (
        draft.text.split()
        == " ".join(["Pier to be rebuilt", *LEFT, *RIGHT, "Ann Lee reported this."]).split()
    )


def test_pdf_table_keeps_its_rows() -> None:
    cells = "".join(
        draw(40, 700 - 12 * n, f"Quay {n}") + draw(310, 700 - 12 * n, f"{n} million")
        for n in range(8)
    )
    assert "Quay 3 3 million" in read_article_file("a.pdf", pdf_pages([cells])).text


@pytest.mark.parametrize(
    ("head", "foot"),
    [
        ("The Port Post", "Page {n}"),
        ("The Port Post - {n}", ""),
        ("", "{n} / 3"),
        ("Seite {n} von 3", "port-post.example"),
        ("", "- {n} -"),
    ],
)
def test_pdf_running_heads_and_page_numbers_are_left_out(head: str, foot: str) -> None:
    def page(number: int) -> str:
        lines = [*LEFT[:4], f"Quay {number} has {number} cranes and no money for more of them."]
        if number == 1:
            lines = ["Pier to be rebuilt", *lines]
        body = "".join(draw(40, 700 - 12 * at, line) for at, line in enumerate(lines))
        top = draw(40, 820, head.format(n=number)) if head else ""
        return top + body + (draw(500, 20, foot.format(n=number)) if foot else "")

    draft = read_article_file("a.pdf", pdf_pages([page(n) for n in (1, 2, 3)]))
    assert draft.title == "Pier to be rebuilt"
    assert "Post" not in draft.text
    assert "post" not in draft.text
    assert [f"Quay {n} has {n} cranes" in draft.text for n in (1, 2, 3)] == [True] * 3
    last = draft.text.rpartition("cranes ")[2]
    assert last == "and no money for more of them."


@pytest.mark.parametrize(
    ("title", "author"),
    [
        ("untitled", "anonymous"),
        ("(anonymous)", "(unspecified)"),
        ("Microsoft Word - pier final.docx", "Author"),
        ("Dokument1", "Unknown"),
        ("layout-7.indd", "user"),
    ],
)
def test_pdf_placeholders_are_no_title_and_no_author(title: str, author: str) -> None:
    content = draw(40, 700, "Pier to be rebuilt") + "".join(
        draw(40, 680 - 12 * n, line) for n, line in enumerate(LEFT)
    )
    draft = read_article_file("a.pdf", pdf_pages([content], title, author))
    assert (draft.title, list(draft.authors or ())) == ("Pier to be rebuilt", [])


def change_docx(old: str, new: str, part: str = "word/document.xml") -> bytes:
    """Replace words in one part of a Word document."""
    changed = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(docx(STORY))) as archive,
        zipfile.ZipFile(changed, "w") as copy,
    ):
        for name in archive.namelist():
            content = archive.read(name).decode()
            copy.writestr(name, content.replace(old, new, 1) if name == part else content)
    return changed.getvalue()


def test_docx_tracked_changes_are_accepted() -> None:
    mark = 'w:id="1" w:author="E" w:date="2026-01-01T00:00:00Z"'

    def run(text: str, tag: str = "t") -> str:
        return f'<w:r><w:{tag} xml:space="preserve">{text}</w:{tag}></w:r>'

    changes = (
        f"<w:p>{run('Kept.')}<w:ins {mark}>{run(' Inserted.')}</w:ins>"
        f"<w:del {mark}>{run(' Deleted.', 'delText')}</w:del>"
        f'<w:moveFromRangeStart w:id="2" w:name="m"/><w:moveFrom {mark}>{run(" Moved.")}'
        f'</w:moveFrom><w:moveFromRangeEnd w:id="2"/> '
        f'<w:moveToRangeStart w:id="3" w:name="m"/><w:moveTo {mark}>{run(" Moved.")}</w:moveTo>'
        f'<w:moveToRangeEnd w:id="3"/></w:p></w:body>'
    )
    text = read_article_file("a.docx", change_docx("</w:body>", changes)).text
    assert text.rpartition("\n")[2] == "Kept. Inserted. Moved."


@pytest.mark.parametrize("part", ["word/document.xml", "docProps/core.xml", "word/styles.xml"])
@pytest.mark.parametrize(
    "dtd",
    ['<!DOCTYPE x [<!ENTITY a "expanded">]>', '<!DOCTYPE x SYSTEM "file:///etc/passwd">'],
)
def test_docx_with_a_dtd_is_rejected(part: str, dtd: str) -> None:
    with zipfile.ZipFile(io.BytesIO(docx(STORY))) as archive:
        content = archive.read(part).decode()
    for encoding in ("utf-8", "utf-16"):
        changed = io.BytesIO()
        with zipfile.ZipFile(changed, "w") as copy:
            copy.writestr(part, f"{dtd}{content}".encode(encoding))
        with pytest.raises(IngestError, match="has a DTD"):
            read_article_file("a.docx", changed.getvalue())


def warc(pages: list[tuple[str, str, str]], *, is_packed: bool = True) -> bytes:
    """Write responses, each a URL, a status line and a body, with records that are no pages."""
    file = io.BytesIO()
    writer = WARCWriter(file, gzip=is_packed)
    writer.write_record(writer.create_warcinfo_record("a.warc", {"software": "test"}))
    for url, status, body in [("https://post.example/x.css", "200 OK", "p {}"), *pages]:
        media_type = "text/css" if url.endswith(".css") else "text/html; charset=iso-8859-1"
        headers = StatusAndHeaders(status, [("Content-Type", media_type)], protocol="HTTP/1.1")
        data = body.encode("latin-1", "xmlcharrefreplace")
        record = writer.create_warc_record(
            url, "response", payload=io.BytesIO(data), length=len(data), http_headers=headers
        )
        writer.write_record(record)
    return file.getvalue()


PAGES = [
    (f"https://post.example/{story.slug}", "200 OK", render_structured(story))
    for story in STORIES[:3]
]


@pytest.mark.parametrize("is_packed", [True, False])
@pytest.mark.parametrize("name", ["a.warc", "A.WARC.GZ"])
def test_warc_file_of_one_page_is_read(name: str, is_packed: bool) -> None:
    moved = ("https://post.example/old", "301 Moved", "Moved")
    draft = read_article_file(name, warc([moved, PAGES[0]], is_packed=is_packed))
    assert (draft.title, draft.text) == (STORY.title, STORY.text)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (warc(PAGES), "several pages"),
        (warc([]), "no web page"),
        (b"", "no web page|not a WARC"),
        (b"words\n" * 9, "not a WARC"),
        (warc(PAGES)[:900], "not a WARC|no web page"),
        (b"\x1f\x8b" + b"x" * 99, "not a WARC"),
    ],
    ids=range(6),
)
def test_warc_file_without_one_page_is_rejected(data: bytes, message: str) -> None:
    with pytest.raises(IngestError, match=message):
        read_article_file("a.warc.gz", data)


@pytest.mark.parametrize("name", ["pages.warc", "pages.warc.gz"])
def test_import_reads_every_page_of_a_warc_file(db: None, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    empty = ("https://post.example/empty", "200 OK", "<html><body></body></html>")
    path.write_bytes(warc([*PAGES, empty], is_packed=name.endswith("gz")))
    source = open_source(path, Options())
    assert source.total == 4
    *rows, last = source.rows()
    assert [row.location for row in rows] == [url for url, _status, _body in PAGES]
    for row, story in zip(rows, STORIES, strict=False):
        draft = row.draft()
        assert (draft.title, draft.text) == (story.title, story.text)
        assert create_article(draft)
    with pytest.raises(IngestError):
        last.draft()


@pytest.mark.parametrize("is_packed", [True, False])
def test_import_of_a_cut_warc_file_reads_the_pages_before_the_cut(
    tmp_path: Path, is_packed: bool
) -> None:
    path = tmp_path / "pages.warc"
    path.write_bytes(warc(PAGES, is_packed=is_packed)[:-400])
    source = open_source(path, Options())
    rows = list(source.rows())
    assert len(rows) == source.total
    assert [row.draft().title for row in rows[:2]] == [story.title for story in STORIES[:2]]
    with pytest.raises(IngestError, match="damaged"):
        rows[2].draft()
