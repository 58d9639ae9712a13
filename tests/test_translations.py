"""Every string of the user interface goes through gettext."""

import re
from collections.abc import Callable, Iterator
from gettext import NullTranslations
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.utils import translation
from django.utils.translation import trans_real
from django.utils.translation.trans_real import CONTEXT_SEPARATOR

from annotate.models import Claim, EntityTag, Note, SourceLink
from annotate.projects.models import Membership, Project, Role, Tag, TagSet
from annotate.registry.drafts import EntityDraft, SourceDraft
from annotate.registry.services import create_entity, find_or_create_source
from annotate.services import create, retract
from articles.extraction.draft import ArticleDraft
from articles.extraction.plain_text import FileError, decode_file
from articles.services import create_article
from articles.text.anchor import Selector
from tests.literals import (
    WORD,
    VisibleText,
    find_in_module,
    find_in_script,
    find_in_stylesheet,
    find_in_template,
)

ROOT = Path(__file__).resolve().parents[1]
APPS = ("annotate", "articles", "config")

# Folders and modules whose messages no page shows (API details, management commands).
OTHER_FOLDERS = {"api", "management", "migrations", "db"}
OTHER_MODULES = {
    "api.py",
    "api_urls.py",
    "authentication.py",
    "queue.py",
    "rate_limits.py",
    "schema.py",
    "scopes.py",
    "serializers.py",
    "settings.py",
    "triggers.py",
}

# Text that stays as it is in every language, each with the reason.
SAME_EVERYWHERE = {
    "Pressmark": "the name of the product",
    "Pressmark API": "the name of the product",
    "API": "an abbreviation used in every language",
    "UTC": "the name of the time zone",
    "Wikidata": "the name of a website",
    "api v": "an address",
    "https": "an address",
    "el": "a language tag",
    "GPE": "a code of the tag set",
    "News": "the name of a tag set",
    "Alt Shift": "names of keys",
}


def list_files(pattern: str, folder: str) -> list[str]:
    found = (path for app in APPS for path in (ROOT / app).rglob(pattern))
    return sorted(str(p.relative_to(ROOT)) for p in found if folder in f"/{p.relative_to(ROOT)}")


def list_modules() -> list[str]:
    return [
        name
        for name in list_files("*.py", "/")
        if not OTHER_FOLDERS & set(Path(name).parts) and Path(name).name not in OTHER_MODULES
    ]


def is_same_everywhere(text: str) -> bool:
    return " ".join(re.findall("[A-Za-z]+", text)) in SAME_EVERYWHERE


@pytest.mark.parametrize(
    ("find", "names"),
    [
        pytest.param(find_in_template, list_files("*.html", "/templates/"), id="templates"),
        pytest.param(find_in_script, list_files("*.js", "/static/"), id="scripts"),
        pytest.param(find_in_stylesheet, list_files("*.css", "/static/"), id="stylesheets"),
        pytest.param(find_in_module, list_modules(), id="modules"),
    ],
)
def test_no_user_visible_literal_bypasses_gettext(
    find: Callable[[Path], Iterator[str]], names: list[str]
) -> None:
    assert names
    bare = {
        name: texts
        for name in names
        if (texts := [text for text in find(ROOT / name) if not is_same_everywhere(text)])
    }
    assert not bare, "\n".join(f"{name}: {texts}" for name, texts in bare.items())


@pytest.mark.parametrize(
    ("find", "source", "expected"),
    [
        (find_in_template, "<p title='Shown'>{{ x }} {% translate 'No' %}</p>", ["Shown"]),
        (find_in_template, "<p>Bare {% blocktranslate %}No{% endblocktranslate %}</p>", ["Bare "]),
        (find_in_template, "{{ x|default:'none' }}", ["|default:'none'"]),
        (find_in_template, "{% include 'a.html' with label='A' %}", ["A"]),
        (find_in_script, "x.textContent = 'bare'; // Not this\ny('Fine')", ["'bare'"]),
        (find_in_script, "say(gettext('No')); f(`A ${b} c`)", ["`A ${b} c`"]),
        (
            find_in_stylesheet,
            'a::before { content: "bare" } b::before { content: "→" }',
            ['"bare"'],
        ),
        (find_in_module, "'''Not this one.'''\nX = f'Bare {x} text'", ["Bare {} text"]),
        (find_in_module, "class A(TextChoices):\n  B = 'b', 'bare'\n  C = 'c', _('C')", ["bare"]),
        (find_in_module, "CharField(label='bare', help_text=_('No'))", ["bare"]),
    ],
)
def test_literal_scanner_finds_bare_text_only(
    find: Callable[[Path], Iterator[str]], source: str, expected: list[str], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text(source, encoding="utf-8")
    assert list(find(tmp_path / "file")) == expected


def test_javascript_catalog_is_an_external_cacheable_script(client: Client, db: None) -> None:
    response = client.get("/jsi18n/")
    assert response.headers["Content-Type"].startswith("text/javascript")
    assert response.headers["Cache-Control"] == "max-age=3600"
    assert "interpolate" in response.text
    assert '<script defer src="/jsi18n/"></script>' in client.get("/articles/").text


class PseudoTranslation(NullTranslations):
    """Puts each message into white brackets, so that what gettext never saw stands out."""

    def gettext(self, message: str) -> str:
        return f"⟦{message.rpartition(CONTEXT_SEPARATOR)[2]}⟧"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)

    def to_language(self) -> str:
        return settings.LANGUAGE_CODE


@pytest.fixture
def pseudo_locale() -> Iterator[None]:
    trans_real._active.value = PseudoTranslation()
    yield
    translation.deactivate()


def test_extraction_translates_its_messages(pseudo_locale: None) -> None:
    with pytest.raises(FileError, match="⟦The file is empty"):
        decode_file(b"")


def find_outside_brackets(html: str) -> list[str]:
    """Return the visible words of a page, in Latin letters, that gettext did not give."""
    found = []
    depth = 0
    for text in VisibleText(html).found:
        for part in re.split("([⟦⟧])", text):
            depth += (part == "⟦") - (part == "⟧")
            if depth == 0 and WORD.search(part) and not is_same_everywhere(part):
                found.append(" ".join(part.split()))
    return found


# All that people typed is Greek here: whatever is in Latin letters is the interface's own.
GREEK = "Το υπουργείο είπε τη Δευτέρα ότι οι εξαγωγές αυξήθηκαν στη Χιλή."


@pytest.fixture
def pages(tag_set: TagSet) -> dict[str, str]:
    """The address of each main page, with something of every kind to show on it."""
    Tag.objects.update(name="Χώρα")
    project = Project.objects.create(slug="1", name="Εξαγωγές", tag_set=tag_set, is_public=True)
    user = User.objects.create_superuser("άννα", password="1")
    Membership.objects.create(project=project, user=user, role=Role.MANAGER)
    draft = ArticleDraft(title="Εξαγωγές", text=GREEK, language="el", outlet="Νέα")
    version = create_article(draft).current_version
    assert version
    entity = create_entity(EntityDraft(name="Χιλή", type="GPE"), by=user)
    source, _ = find_or_create_source(SourceDraft(url="https://πηγή.ελ/1", title="Πηγή"), by=user)
    spans = (Selector(start=0, end=12),)
    at: dict[str, Any] = {"project": project, "version": version, "actor": user}
    claim = create(Claim, {"spans": spans, "text": GREEK, "check_worthiness": 3}, **at)
    tag = create(EntityTag, {"spans": spans, "type": "GPE", "entity": entity}, **at)
    create(
        SourceLink, {"spans": spans, "source": source, "stance": "supports", "claim": claim}, **at
    )
    create(Note, {"body": "Ποιος;", "target": claim}, **at)
    retract(create(Note, {"spans": spans, "body": "Πού;"}, **at), seen_revision=1, actor=user)
    article = f"/articles/{version.article.public_id}/"
    form = f"/versions/{version.public_id}/{{}}/new/?project=1&spans=0-12"
    return {
        "home": "/",
        "articles": "/articles/",
        "no articles": "/articles/?q=Ω",
        "article": article,
        "claim": f"/claims/{claim.public_id}/",
        "detail": f"/annotations/{claim.public_id}/",
        "mentions": f"/annotations/{tag.public_id}/mentions/",
        **{
            f"new {kind}": form.format(kind)
            for kind in ("claim", "entity_tag", "source_link", "note")
        },
        "edit": f"/annotations/{claim.public_id}/edit/",
        "not found": "/articles/0/",
        "project": "/projects/1/",
        "entity": f"/entities/{entity.public_id}/",
        "source": f"/sources/{source.public_id}/",
        "search": "/search/?q=Χιλή",
        "reanchorings": "/reanchorings/",
        "tokens": "/tokens/",
        "add article": "/articles/new/",
        "feeds": "/feeds/",
        "imports": "/imports/",
        "add import": "/imports/new/",
        "duplicates": f"{article}duplicates/",
    }


def test_pages_show_nothing_outside_the_pseudo_locale(
    client: Client, pages: dict[str, str], pseudo_locale: None
) -> None:
    bare = {"sign in": find_outside_brackets(client.get("/sign-in/").text)}
    client.force_login(User.objects.get())
    for name, address in pages.items():
        is_fragment = name in ("detail", "mentions", "edit") or name.startswith("new ")
        response = client.get(address, headers={"HX-Request": "true"} if is_fragment else {})
        assert response.status_code == (404 if name == "not found" else 200), name
        bare[name] = find_outside_brackets(response.text)
    bare = {name: found for name, found in bare.items() if found}
    assert not bare, "\n".join(f"{name}: {found}" for name, found in bare.items())
