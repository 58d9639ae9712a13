import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from annotate.accounts.models import ApiToken
from annotate.management.commands.load_demo import get_editors_group
from annotate.models import Annotation, Change, Claim, Kind
from annotate.projects.models import Project, Role, Tag
from annotate.reanchoring.models import ReanchoringRun, RunState
from annotate.reanchoring.services import reanchor_annotations
from annotate.registry.models import Entity, Source
from annotate.webhooks import services as webhooks
from annotate.webhooks.models import Webhook
from articles.extraction.draft import ArticleDraft
from articles.feeds.models import Feed
from articles.feeds.services import queue_due_feeds
from articles.models import Article, ArticleVersion
from articles.services import add_version, create_article
from tests.conftest import TEXT
from tests.http_server import recording_server
from tests.worker import run_worker

MODELS = [
    "articles/article",
    "articles/articleversion",
    "articles/outlet",
    "articles/author",
    "projects/project",
    "projects/tagset",
    "registry/entity",
    "registry/source",
    "annotate/annotation",
    "annotate/claim",
    "annotate/entitytag",
    "annotate/sourcelink",
    "annotate/note",
    "reanchoring/reanchoring",
    "annotate/change",
    "accounts/apitoken",
    "webhooks/webhook",
    "webhooks/delivery",
]


@pytest.fixture
def editor(member: Callable[..., User]) -> User:
    """Staff with the rights of the editors' group; no superuser."""
    user = member("editor", Role.MANAGER)
    user.groups.add(get_editors_group())
    user.is_staff = True
    user.save()
    return user


@pytest.fixture
def editor_client(client: Client, editor: User) -> Client:
    """A client signed in as the editor."""
    client.force_login(editor)
    return client


@pytest.fixture
def fill(annotate: Any, annotator: User, source: Source, entity: Entity) -> Callable[[int], None]:
    """Add rows to every table."""

    def add(count: int) -> None:
        for n in range(count):
            text = f"Chile.\nAuthor\n- Desk {Article.objects.count()}\nSee https://a.example/{n}."
            article = create_article(
                ArticleDraft(title="A", text=text, outlet=f"Outlet {Article.objects.count()}")
            )
            for kind in Kind:
                annotate(annotator, kind)
            annotate(annotator, Kind.ENTITY_TAG, version=article.current_version)
            reanchor_annotations(add_version(article, f"Corrected. {text}"))
            Source.objects.create(title="S")
            Entity.objects.create(name="E", type="GPE").aliases.create(name="F")
            ApiToken.objects.issue(annotator, f"script {ApiToken.objects.count()}")
            editor = User.objects.get(username="editor")
            webhook = Webhook.objects.create(owner=editor, url="https://hooks.example/")
            delivery = webhook.deliveries.create(is_ping=True)
            delivery.attempts.create(
                number=1, attempted_at=timezone.now(), milliseconds=1, status=200
            )
            Project.objects.create(
                slug=f"p{Project.objects.count()}", name="P", tag_set=Tag.objects.all()[0].tag_set
            )

    return add


@pytest.mark.parametrize("model", MODELS)
def test_list_query_count_does_not_grow(
    editor_client: Client, fill: Callable[[int], None], model: str
) -> None:
    def count_queries() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert editor_client.get(f"/admin/{model}/").status_code == 200
        return len(queries)

    fill(2)
    few = count_queries()
    fill(10)
    assert count_queries() == few <= 14


@pytest.mark.parametrize("model", MODELS)
def test_detail_query_count_does_not_grow(
    editor_client: Client, fill: Callable[[int], None], model: str
) -> None:
    from django.apps import apps

    def count_queries() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert editor_client.get(f"/admin/{model}/{first}/change/").status_code == 200
        return len(queries)

    fill(1)
    first = apps.get_model(*model.split("/")).objects.order_by("pk").first().pk
    # The first page ever asked for also learns the content types.
    count_queries()
    few = count_queries()
    fill(6)
    assert count_queries() == few <= 16


@pytest.mark.parametrize("model", MODELS)
def test_list_search(editor_client: Client, fill: Callable[[int], None], model: str) -> None:
    fill(1)
    assert editor_client.get(f"/admin/{model}/?q=chile").status_code == 200


@pytest.mark.parametrize(
    "model", ["articles/articleversion", "annotate/annotation", "annotate/claim", "annotate/change"]
)
def test_read_only_models_cannot_be_added_or_deleted(
    editor_client: Client, fill: Callable[[int], None], model: str
) -> None:
    from django.apps import apps

    fill(1)
    row = apps.get_model(*model.split("/")).objects.first()
    assert editor_client.get(f"/admin/{model}/add/").status_code == 403
    assert editor_client.get(f"/admin/{model}/{row.pk}/delete/").status_code == 403
    assert (
        editor_client.post(f"/admin/{model}/{row.pk}/delete/", {"post": "yes"}).status_code == 403
    )


class TestClaimAdmin:
    @pytest.fixture
    def claim(self, annotate: Any, annotator: User) -> Claim:
        created: Claim = annotate(annotator, Kind.CLAIM)
        return created

    def body(self, seen: int, **changes: Any) -> dict[str, Any]:
        inlines = {
            f"{prefix}-{name}_FORMS": 0
            for prefix in ("spans", "changes")
            for name in ("TOTAL", "INITIAL")
        }
        data = {
            "text": "Exports rose by 12 % in March.",
            "claim_type": "fact",
            "check_worthiness": "1",
            "verdict": "unreviewed",
        }
        return {**data, "seen_revision": seen, **inlines, **changes}

    def test_save_makes_revision_and_change(
        self, editor_client: Client, claim: Claim, editor: User
    ) -> None:
        where = f"/admin/annotate/claim/{claim.pk}/change/"
        assert editor_client.post(where, self.body(1, verdict="mixed")).status_code == 302
        claim = Claim.objects.get()
        assert (claim.verdict, claim.revision) == ("mixed", 2)
        change = Change.objects.get(action="revise")
        assert (change.actor, change.before["verdict"], change.after["verdict"]) == (
            editor,
            "unreviewed",
            "mixed",
        )

    @pytest.mark.parametrize(
        ("seen_revision", "changes", "message"),
        [
            (7, {}, "was changed since"),
            (1, {"text": " "}, "This field is required."),
            (1, {"text": "x" * 10_001}, "10000"),
            (1, {"verdict": "fake"}, "Select a valid choice"),
        ],
    )
    def test_invalid_save_shows_error_and_keeps_input(
        self,
        editor_client: Client,
        claim: Claim,
        seen_revision: int,
        changes: dict[str, Any],
        message: str,
    ) -> None:
        body = self.body(seen_revision, rationale="Typed with care", **changes)
        answer = editor_client.post(f"/admin/annotate/claim/{claim.pk}/change/", body)
        assert answer.status_code == 200
        assert message in answer.content.decode()
        assert "Typed with care" in answer.content.decode()
        assert Claim.objects.get().revision == 1

    def test_retract_and_restore_actions_log_changes(
        self, editor_client: Client, claim: Claim
    ) -> None:
        def run_action(action: str) -> str:
            body = {"action": action, "_selected_action": [claim.pk]}
            return editor_client.post("/admin/annotate/claim/", body, follow=True).content.decode()

        assert "1 annotation retracted." in run_action("retract")
        assert "already" in run_action("retract")
        assert "1 annotation restored." in run_action("restore")
        steps = Change.objects.order_by("revision").values_list("action", flat=True)
        assert list(steps) == ["create", "retract", "restore"]


def test_blind_project_hides_annotations_and_changes(
    client: Client, editor: User, annotate: Any, annotator: User, project: Project
) -> None:
    claim = annotate(annotator, Kind.CLAIM)
    project.is_blind = True
    project.save()
    project.memberships.filter(user=editor).update(role=Role.ANNOTATOR)
    client.force_login(editor)
    for model in ("annotation", "claim", "change"):
        assert b"0 " in client.get(f"/admin/annotate/{model}/").content
        assert claim.text.encode() not in client.get(f"/admin/annotate/{model}/").content
    assert client.get(f"/admin/annotate/claim/{claim.pk}/change/").status_code == 302


class TestArticles:
    def test_add_article_creates_version(self, editor_client: Client, editor: User) -> None:
        body = {
            "title": "Ships",
            "text": "Ships came.\r\nAuthor\r\n- Harbour desk\r\nThen sand.",
            "language": "en",
        }
        assert editor_client.post("/admin/articles/article/add/", body).status_code == 302
        article = Article.objects.get()
        assert article.created_by == editor
        assert [author.name for author in article.authors.all()] == ["Harbour desk"]
        assert "\r" not in ArticleVersion.objects.get().text

    def test_add_article_shows_errors_beside_fields(self, editor_client: Client) -> None:
        answer = editor_client.post(
            "/admin/articles/article/add/", {"title": "T", "text": " ", "url": "x"}
        )
        for message in ("The article has no text", "Enter an http or https URL"):
            assert message in answer.content.decode()
        assert not Article.objects.exists()

    def test_changed_text_adds_version(self, editor_client: Client, article: Article) -> None:
        inlines = {
            f"{prefix}-{name}_FORMS": 0
            for prefix in ("authorships", "versions")
            for name in ("TOTAL", "INITIAL")
        }
        body = {"title": "Cafe\u0301", "language": "en", "corrected_text": "New words.", **inlines}
        where = f"/admin/articles/article/{article.pk}/change/"
        assert editor_client.post(where, body).status_code == 302
        article.refresh_from_db()
        assert (article.title, article.versions.count()) == ("Café", 2)
        assert "same as the current version" in editor_client.post(where, body).content.decode()


def test_token_can_be_revoked_but_not_added(editor_client: Client, annotator: User) -> None:
    key = ApiToken.objects.issue(annotator, "script", scopes=["annotate"])
    token = ApiToken.objects.find_by_key(key)
    listed = editor_client.get("/admin/accounts/apitoken/").content.decode()
    opened = editor_client.get(f"/admin/accounts/apitoken/{token.pk}/change/").content.decode()
    for page in (listed, opened):
        assert "read annotate" in page
        assert token.key_prefix in page
        assert key[8:] not in page
        assert token.digest not in page
    assert editor_client.get("/admin/accounts/apitoken/add/").status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": token.pk, "post": "yes"}
    assert editor_client.post("/admin/accounts/apitoken/", chosen).status_code == 302
    assert not ApiToken.objects.exists()


class TestWebhooks:
    ADD = "/admin/webhooks/webhook/add/"

    def test_new_webhook_belongs_to_user_and_shows_secret_once(
        self, editor_client: Client, editor: User
    ) -> None:
        body = {"url": "https://hooks.example/", "kinds": ["note"]}
        page = editor_client.post(self.ADD, body, follow=True).content.decode()
        webhook = Webhook.objects.get()
        assert (webhook.owner, webhook.kinds, webhook.actions) == (editor, ["note"], [])
        assert webhook.secret in page.replace("&#x2B;", "+")
        where = f"/admin/webhooks/webhook/{webhook.pk}/change/"
        assert webhook.secret not in editor_client.get(where).content.decode()

    def test_webhook_with_private_address_is_rejected(self, editor_client: Client) -> None:
        answer = editor_client.post(self.ADD, {"url": "http://127.0.0.1:8000/"})
        assert "has an address that is not public" in answer.content.decode()
        assert not Webhook.objects.exists()

    def test_paused_webhook_can_be_resumed(self, editor_client: Client, editor: User) -> None:
        webhook = Webhook.objects.create(owner=editor, url="https://hooks.example/")
        webhook.pause("It failed.")
        webhook.save()
        where = f"/admin/webhooks/webhook/{webhook.pk}/change/"
        assert "It failed." in editor_client.get(where).content.decode()
        body = {"url": "https://other.example/", "is_active": "on"}
        assert editor_client.post(where, body).status_code == 302
        webhook.refresh_from_db()
        assert (webhook.url, webhook.is_active) == ("https://other.example/", True)
        assert webhook.pause_reason == ""

    def test_webhooks_of_others_are_visible_to_superusers_only(
        self, editor_client: Client, admin_client: Client, annotator: User
    ) -> None:
        webhook = Webhook.objects.create(owner=annotator, url="https://hooks.example/")
        delivery = webhook.deliveries.create(is_ping=True)
        for model, row in (("webhook", webhook), ("delivery", delivery)):
            where = f"/admin/webhooks/{model}/{row.pk}/change/"
            assert admin_client.get(where).status_code == 200
            assert editor_client.get(where).status_code == 302
            assert where not in editor_client.get(f"/admin/webhooks/{model}/").content.decode()

    def test_webhook_is_deleted_with_its_deliveries(
        self, editor_client: Client, editor: User
    ) -> None:
        webhook = Webhook.objects.create(owner=editor, url="https://hooks.example/")
        delivery = webhook.deliveries.create(is_ping=True)
        alone = editor_client.post(
            f"/admin/webhooks/delivery/{delivery.pk}/delete/", {"post": "yes"}
        )
        assert alone.status_code == 403
        where = f"/admin/webhooks/webhook/{webhook.pk}/delete/"
        assert editor_client.post(where, {"post": "yes"}).status_code == 302
        assert not Webhook.objects.exists()

    def test_delivery_can_be_resent(
        self, editor_client: Client, editor: User, settings: Any, annotate: Any
    ) -> None:
        with recording_server() as receiver:
            settings.ALLOWED_PRIVATE_HOSTS = [receiver.host]
            webhook = Webhook.objects.create(owner=editor, url=f"{receiver.url}/")
            annotate(editor)
            run_worker()
            body = {
                "action": "resend_deliveries",
                "_selected_action": [webhook.deliveries.get().pk],
            }
            page = editor_client.post("/admin/webhooks/delivery/", body, follow=True)
            assert "Queued 1 delivery." in page.content.decode()
            run_worker()
            assert len(receiver.requests) == 2
            assert receiver.requests[0].body == receiver.requests[1].body


class TestTasks:
    """What is queued for the workers."""

    LIST = "/admin/django_tasks_database/dbtaskresult/"

    @pytest.fixture
    def queued_tasks(
        self, article: Article, annotate: Any, annotator: User, editor: User
    ) -> list[str]:
        """One task of articles, and two that tell of annotations."""
        Webhook.objects.create(owner=annotator, url="https://hooks.example/")
        annotate(annotator, Kind.ENTITY_TAG)
        webhooks.queue_due()
        add_version(article, f"Corrected.\n{TEXT}")
        Feed.objects.create(url="https://port.example/feed", added_by=editor)
        queue_due_feeds()
        return ["poll_feed", "run_reanchoring", "send_due"]

    def list_names(self, client: Client) -> list[str]:
        page = client.get(self.LIST).content.decode()
        return re.findall(r'field-name"><a [^>]*>(\w+)', page)

    def test_task_list_shows_state(self, editor_client: Client, queued_tasks: list[str]) -> None:
        assert self.list_names(editor_client) == queued_tasks
        run_worker()
        page = editor_client.get(f"{self.LIST}?q=run_reanchoring").content.decode()
        assert "Successful" in page
        opened = DBTaskResult.objects.get(task_path__endswith="run_reanchoring")
        page = editor_client.get(f"{self.LIST}{opened.pk}/change/").content.decode()
        assert "annotate.reanchoring.runs.run_reanchoring" in page

    @pytest.mark.parametrize("hidden", [{"is_blind": True}, {"is_public": False}])
    def test_task_list_hides_work_user_cannot_see(
        self,
        editor_client: Client,
        admin_client: Client,
        queued_tasks: list[str],
        tag_set: Any,
        hidden: Any,
    ) -> None:
        data = {"slug": "other", "name": "Other", "tag_set": tag_set, "is_public": True}
        Project.objects.create(**{**data, **hidden})
        assert self.list_names(admin_client) == queued_tasks
        assert self.list_names(editor_client) == ["poll_feed"]
        unseen = DBTaskResult.objects.get(task_path__endswith="send_due")
        assert editor_client.get(f"{self.LIST}{unseen.pk}/change/").status_code == 302

    def test_task_list_query_count_is_constant(
        self, editor_client: Client, queued_tasks: list[str], article: Article
    ) -> None:
        def count_queries() -> int:
            with CaptureQueriesContext(connection) as caught:
                editor_client.get(self.LIST)
            return len(caught)

        count_queries()
        few = count_queries()
        for number in range(5):
            add_version(article, f"Text {number}")
        assert count_queries() == few


def test_annotation_admin_requires_permission(client: Client, annotate: Any) -> None:
    client.force_login(User.objects.create_user("bare", is_staff=True))
    assert client.get("/admin/annotate/claim/").status_code == 403
    assert not Annotation.objects.exists()


class TestReanchoringRuns:
    """What the workers do after a new version."""

    LIST = "/admin/reanchoring/reanchoringrun/"

    @pytest.fixture
    def run(self, article: Article, annotate: Any, annotator: User) -> ReanchoringRun:
        """A run that failed, with an annotation that was not re-anchored."""
        annotate(annotator, Kind.ENTITY_TAG)
        add_version(article, f"Corrected.\n{TEXT}")
        ReanchoringRun.objects.update(state=RunState.FAILED, error="ValueError: it broke")
        return ReanchoringRun.objects.get()

    def test_reanchoring_run_can_be_repeated(
        self, editor_client: Client, run: ReanchoringRun
    ) -> None:
        page = editor_client.get(self.LIST).content.decode()
        assert "Failed" in page
        assert "ValueError: it broke" in page
        data = {"action": "repeat_runs", "_selected_action": run.pk}
        answer = editor_client.post(self.LIST, data, follow=True)
        assert "1 run was queued." in answer.content.decode()
        run_worker()
        run.refresh_from_db()
        assert (run.state, run.reanchored, run.error) == (RunState.FINISHED, 1, "")
        page = editor_client.get(f"{self.LIST}{run.pk}/change/").content.decode()
        assert "Finished" in page

    @pytest.mark.parametrize("hidden", [{"is_blind": True}, {"is_public": False}])
    def test_run_list_is_forbidden_if_work_is_hidden(
        self,
        editor_client: Client,
        admin_client: Client,
        run: ReanchoringRun,
        tag_set: Any,
        hidden: Any,
    ) -> None:
        data = {"slug": "other", "name": "Other", "tag_set": tag_set, "is_public": True}
        Project.objects.create(**{**data, **hidden})
        assert admin_client.get(self.LIST).status_code == 200
        assert editor_client.get(self.LIST).status_code == 403
        data = {"action": "repeat_runs", "_selected_action": run.pk}
        assert editor_client.post(self.LIST, data).status_code == 403
        assert "reanchoringrun" not in editor_client.get("/admin/").content.decode()

    def test_run_list_query_count_is_constant(
        self, admin_client: Client, run: ReanchoringRun, article: Article
    ) -> None:
        def count_queries() -> int:
            with CaptureQueriesContext(connection) as caught:
                admin_client.get(self.LIST)
            return len(caught)

        count_queries()
        few = count_queries()
        for number in range(5):
            add_version(article, f"Text {number}")
        assert count_queries() == few
