"""The admin: every model, through the write path, with as few queries however many rows."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from annotate.carry import carry
from annotate.models import (
    Annotation,
    ApiToken,
    Change,
    Claim,
    Entity,
    Kind,
    Project,
    Role,
    Source,
    Tag,
)
from articles.ingest.store import ArticleDraft, add_version, store
from articles.models import Article, ArticleVersion

MODELS = [
    "articles/article",
    "articles/articleversion",
    "articles/outlet",
    "articles/author",
    "annotate/project",
    "annotate/tagset",
    "annotate/entity",
    "annotate/source",
    "annotate/annotation",
    "annotate/claim",
    "annotate/entitytag",
    "annotate/sourcelink",
    "annotate/note",
    "annotate/carrying",
    "annotate/change",
    "annotate/apitoken",
]


@pytest.fixture
def editor(member: Callable[..., User]) -> User:
    """Staff with the rights of the editors' group; no superuser."""
    user = member("editor", Role.MANAGER)
    group = Group.objects.create(name="Editors")
    group.permissions.set(
        Permission.objects.filter(content_type__app_label__in=["articles", "annotate"])
    )
    user.groups.add(group)
    user.is_staff = True
    user.save()
    return user


@pytest.fixture
def desk(client: Client, editor: User) -> Client:
    """The admin, signed in to."""
    client.force_login(editor)
    return client


@pytest.fixture
def fill(annotate: Any, annotator: User, source: Source, entity: Entity) -> Callable[[int], None]:
    """Add rows to every table."""

    def add(count: int) -> None:
        for n in range(count):
            text = f"Chile.\nAuthor\n- Desk {Article.objects.count()}\nSee https://a.example/{n}."
            article = store(
                ArticleDraft(title="A", text=text, outlet=f"Outlet {Article.objects.count()}")
            )
            for kind in Kind:
                annotate(annotator, kind)
            annotate(annotator, Kind.ENTITY_TAG, version=article.current_version)
            carry(add_version(article, f"Corrected. {text}"))
            Source.objects.create(title="S")
            Entity.objects.create(name="E", type="GPE").aliases.create(name="F")
            ApiToken.objects.issue(annotator, "x")
            Project.objects.create(
                slug=f"p{Project.objects.count()}", name="P", tag_set=Tag.objects.all()[0].tag_set
            )

    return add


@pytest.mark.parametrize("model", MODELS)
def test_lists_take_as_many_queries_however_many_rows(
    desk: Client, fill: Callable[[int], None], model: str
) -> None:
    def counted() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert desk.get(f"/admin/{model}/").status_code == 200
        return len(queries)

    fill(2)
    few = counted()
    fill(10)
    assert counted() == few <= 14


@pytest.mark.parametrize("model", MODELS)
def test_pages_of_one_row_open_and_do_not_grow_either(
    desk: Client, fill: Callable[[int], None], model: str
) -> None:
    from django.apps import apps

    def counted() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert desk.get(f"/admin/{model}/{first}/change/").status_code == 200
        return len(queries)

    fill(1)
    first = apps.get_model(*model.split("/")).objects.order_by("pk").first().pk
    # The first page ever asked for also learns the content types.
    counted()
    few = counted()
    fill(6)
    assert counted() == few <= 16


@pytest.mark.parametrize("model", MODELS)
def test_lists_can_be_searched(desk: Client, fill: Callable[[int], None], model: str) -> None:
    fill(1)
    assert desk.get(f"/admin/{model}/?q=chile").status_code == 200


@pytest.mark.parametrize(
    "model", ["articles/articleversion", "annotate/annotation", "annotate/claim", "annotate/change"]
)
def test_what_is_kept_is_neither_added_nor_deleted(
    desk: Client, fill: Callable[[int], None], model: str
) -> None:
    from django.apps import apps

    fill(1)
    row = apps.get_model(*model.split("/")).objects.first()
    assert desk.get(f"/admin/{model}/add/").status_code == 403
    assert desk.get(f"/admin/{model}/{row.pk}/delete/").status_code == 403
    assert desk.post(f"/admin/{model}/{row.pk}/delete/", {"post": "yes"}).status_code == 403


class TestEditingAClaim:
    @pytest.fixture
    def claim(self, annotate: Any, annotator: User) -> Claim:
        made: Claim = annotate(annotator, Kind.CLAIM)
        return made

    def body(self, seen: int, **changes: Any) -> dict[str, Any]:
        inlines = {
            f"{prefix}-{name}_FORMS": 0
            for prefix in ("spans", "changes")
            for name in ("TOTAL", "INITIAL")
        }
        said = {
            "wording": "Exports rose by 12 % in March.",
            "claim_type": "fact",
            "check_worthiness": "1",
            "verdict": "unreviewed",
        }
        return {**said, "seen_revision": seen, **inlines, **changes}

    def test_is_a_revision_in_the_log(self, desk: Client, claim: Claim, editor: User) -> None:
        where = f"/admin/annotate/claim/{claim.pk}/change/"
        assert desk.post(where, self.body(1, verdict="mixed")).status_code == 302
        claim = Claim.objects.get()
        assert (claim.verdict, claim.revision) == ("mixed", 2)
        change = Change.objects.get(action="revise")
        assert (change.actor, change.before["verdict"], change.after["verdict"]) == (
            editor,
            "unreviewed",
            "mixed",
        )

    @pytest.mark.parametrize(
        ("seen", "changes", "words"),
        [
            (7, {}, "was changed since"),
            (1, {"wording": " "}, "This field is required."),
            (1, {"wording": "x" * 10_001}, "10000"),
            (1, {"verdict": "fake"}, "Select a valid choice"),
        ],
    )
    def test_is_refused_in_the_form_with_what_was_typed(
        self, desk: Client, claim: Claim, seen: int, changes: dict[str, Any], words: str
    ) -> None:
        body = self.body(seen, rationale="Typed with care", **changes)
        answer = desk.post(f"/admin/annotate/claim/{claim.pk}/change/", body)
        assert answer.status_code == 200
        assert words in answer.content.decode()
        assert "Typed with care" in answer.content.decode()
        assert Claim.objects.get().revision == 1

    def test_retracting_and_restoring_go_through_the_log(self, desk: Client, claim: Claim) -> None:
        def act(action: str) -> str:
            body = {"action": action, "_selected_action": [claim.pk]}
            return desk.post("/admin/annotate/claim/", body, follow=True).content.decode()

        assert "1 retracted." in act("retract")
        assert "already" in act("retract")
        assert "1 restored." in act("restore")
        steps = Change.objects.order_by("revision").values_list("action", flat=True)
        assert list(steps) == ["create", "retract", "restore"]


def test_blind_means_blind(
    client: Client, editor: User, annotate: Any, annotator: User, project: Project
) -> None:
    claim = annotate(annotator, Kind.CLAIM)
    project.is_blind = True
    project.save()
    project.memberships.filter(user=editor).update(role=Role.ANNOTATOR)
    client.force_login(editor)
    for model in ("annotation", "claim", "change"):
        assert b"0 " in client.get(f"/admin/annotate/{model}/").content
        assert claim.wording.encode() not in client.get(f"/admin/annotate/{model}/").content
    assert client.get(f"/admin/annotate/claim/{claim.pk}/change/").status_code == 302


class TestArticles:
    def test_are_added_as_every_way_in_adds_them(self, desk: Client, editor: User) -> None:
        body = {
            "title": "Ships",
            "text": "Ships came.\r\nAuthor\r\n- Harbour desk\r\nThen sand.",
            "language": "en",
        }
        assert desk.post("/admin/articles/article/add/", body).status_code == 302
        article = Article.objects.get()
        assert article.created_by == editor
        assert [author.name for author in article.authors.all()] == ["Harbour desk"]
        assert "\r" not in ArticleVersion.objects.get().text

    def test_say_what_is_wrong_beside_the_field(self, desk: Client) -> None:
        answer = desk.post("/admin/articles/article/add/", {"title": "T", "text": " ", "url": "x"})
        for words in ("There is no text", "Give an http or https address"):
            assert words in answer.content.decode()
        assert not Article.objects.exists()

    def test_a_corrected_text_is_the_next_version(self, desk: Client, article: Article) -> None:
        inlines = {
            f"{prefix}-{name}_FORMS": 0
            for prefix in ("authorships", "versions")
            for name in ("TOTAL", "INITIAL")
        }
        body = {"title": "Cafe\u0301", "language": "en", "corrected_text": "New words.", **inlines}
        where = f"/admin/articles/article/{article.pk}/change/"
        assert desk.post(where, body).status_code == 302
        article.refresh_from_db()
        assert (article.title, article.versions.count()) == ("Café", 2)
        assert "has this text already" in desk.post(where, body).content.decode()


def test_a_token_is_shown_once(desk: Client, annotator: User) -> None:
    body = {"user": annotator.pk, "name": "script"}
    page = desk.post("/admin/annotate/apitoken/add/", body, follow=True).content.decode()
    key = page.split("shown this once: ")[1][:47]
    assert ApiToken.objects.of(key).user == annotator
    assert key not in desk.get("/admin/annotate/apitoken/").content.decode()


def test_annotations_stay_out_of_reach_without_the_rights(client: Client, annotate: Any) -> None:
    client.force_login(User.objects.create_user("bare", is_staff=True))
    assert client.get("/admin/annotate/claim/").status_code == 403
    assert not Annotation.objects.exists()
