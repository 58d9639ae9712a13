"""What a record shows never changes without the log saying so."""

import importlib
import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from annotate import services
from annotate.models import Action, Annotation, Change, Claim, Kind, Rename
from annotate.projects.models import Project, Tag, TagSet
from annotate.registry.models import Entity
from annotate.registry.services import revise_entity
from annotate.services import renames
from annotate.undo import undo
from articles.models import Article, Author, Authorship, Outlet
from tests.worker import run_worker

CHANGES = "/api/v1/changes/"


class Copy:
    """Follows the changes feed; a second copy asks for what was updated."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.cursor, self.since = "start", ""
        self.followed: dict[str, Any] = {}
        self.polled: dict[str, Any] = {}

    def update(self) -> None:
        while True:
            page = self.client.get(CHANGES, {"after": self.cursor, "page_size": 7}).json()
            for change in page["results"]:
                _keep(self.followed, change["annotation"])
            self.cursor = page["cursor"]
            if not page["results"]:
                break
        since = {"updated_after": self.since} if self.since else {}
        asked = {"state": "all", "page_size": 1000, "ordering": "updated_at", **since}
        for record in self.client.get("/api/v1/annotations/", asked).json()["results"]:
            _keep(self.polled, record)
            self.since = max(self.since, record["updated_at"])

    def export(self) -> dict[str, Any]:
        stream = self.client.get("/api/v1/annotations/?format=ndjson")
        return {r["id"]: r for r in map(json.loads, stream.getvalue().splitlines())}


def _keep(copy: dict[str, Any], record: dict[str, Any]) -> None:
    if record["state"] == "retracted":
        copy.pop(record["id"], None)
    else:
        copy[record["id"]] = record


@pytest.fixture
def claims(annotate: Any, annotator: User, entity: Entity) -> list[Claim]:
    created = [annotate(annotator, Kind.CLAIM) for _ in range(3)]
    return [_set_claimant(claim, entity, annotator) for claim in created]


def _set_claimant(claim: Any, entity: Entity | None, actor: User) -> Any:
    current = Annotation.objects.get(pk=claim.pk)
    return services.revise(
        claim.content,
        {"claimant_entity": entity, "claimant": "" if entity else "The ministry"},
        seen_revision=current.revision,
        actor=actor,
    )


@pytest.fixture
def root(db: None) -> User:
    return User.objects.create_superuser("root", password="root")


def submit(url: str, user: User, **changed: Any) -> Any:
    """Change values of an admin page and save it, as a browser would."""
    client = Client()
    client.force_login(user)
    page = client.get(url)
    form = page.context["adminform"].form
    data = {}
    for bound in [form, *(f for s in page.context["inline_admin_formsets"] for f in s.formset)]:
        for field in bound:
            value = field.value()
            if not field.field.disabled and value is not None and value is not False:
                data[field.html_name] = value
    for inline in page.context["inline_admin_formsets"]:
        for field in inline.formset.management_form:
            data[field.html_name] = field.value()
    return client.post(url, {**data, **changed})


@pytest.mark.parametrize("seed", range(4))
def test_copy_equals_export_after_random_renames_and_edits(
    api: Any, annotate: Any, annotator: User, root: User, project: Project, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311
    entities = [Entity.objects.create(name=f"Entity {n}", type="ORG") for n in range(3)]
    copy, client = Copy(api(root)), api(root)

    def create() -> None:
        claim = annotate(annotator, Kind.CLAIM)
        _set_claimant(claim, chance.choice(entities), annotator)
        annotate(annotator, Kind.ENTITY_TAG)

    def revise() -> None:
        claim = chance.choice(list(Claim.objects.active()) or [annotate(annotator, Kind.CLAIM)])
        _set_claimant(claim, chance.choice([*entities, None]), annotator)

    def retract() -> None:
        if claim := Claim.objects.active().first():
            url = f"/api/v1/claims/{claim.public_id}/"
            client.delete(url, HTTP_IF_MATCH=client.get(url)["ETag"])

    def rename_through_api() -> None:
        url = f"/api/v1/entities/{chance.choice(entities).public_id}/"
        assert client.correct(url, {"name": f"Name {chance.random()}"}).status_code == 200

    def rename_through_admin() -> None:
        url = f"/admin/registry/entity/{chance.choice(entities).pk}/change/"
        assert submit(url, root, name=f"Admin {chance.random()}").status_code == 302

    def rename_by_hand() -> None:
        Entity.objects.filter(pk=chance.choice(entities).pk).update(name=f"SQL {chance.random()}")

    def merge() -> None:
        kept, other = chance.sample(entities, 2)
        for claim in Claim.objects.active().filter(claimant_entity=other):
            _set_claimant(claim, kept, annotator)

    def rename_others() -> None:
        submit(f"/admin/projects/project/{project.pk}/change/", root, name=f"P {chance.random()}")
        client.correct(f"/api/v1/projects/{project.slug}/", {"slug": f"s{chance.randrange(99)}"})
        Tag.objects.update(name=f"Tag {chance.random()}")

    def work() -> None:
        services.log_renames()
        copy.update()

    create()
    acts: list[Callable[[], None]] = [
        create, revise, retract, rename_through_api, rename_through_admin, rename_by_hand, merge,
        rename_others, work,
    ]  # fmt: skip
    for _ in range(40):
        chance.choice(acts)()
    work()
    expected = copy.export()
    assert copy.followed == expected
    assert copy.polled == expected
    for annotation in Annotation.objects.active().for_reading():
        exported = {k: v for k, v in expected[str(annotation.public_id)].items() if k != "links"}
        assert exported == annotation.record()
    assert not Rename.objects.exists()


def test_record_keeps_old_name_until_log_has_new_one(
    api: Any, claims: list[Claim], entity: Entity
) -> None:
    url = f"/api/v1/claims/{claims[0].public_id}/"
    before = api().get(url)
    revise_entity(entity, by=None, name="Republic of Chile")
    assert api().get(url).json() == before.json()
    run_worker()
    after = api().get(url)
    assert after.json()["claimant"] == "Republic of Chile"
    assert after["ETag"] != before["ETag"]
    assert after.json()["updated_at"] > before.json()["updated_at"]
    (change,) = api().get(CHANGES, {"page_size": 1000}).json()["results"][-1:]
    assert (change["action"], change["annotation"]["claimant"]) == ("rename", "Republic of Chile")


def test_rename_does_not_disturb_who_revises_or_undoes(
    api: Any, claims: list[Claim], entity: Entity, annotator: User
) -> None:
    claim = claims[0]
    revised = Change.objects.filter(annotation=claim.pk).latest("pk")
    revise_entity(entity, by=None, name="Republic of Chile")
    services.log_renames()
    undone = undo(revised, seen_revision=claim.revision, actor=annotator)
    assert undone.record()["claimant"] == ""
    assert undone.revision == claim.revision + 1


def test_claim_written_with_old_name_during_rename_is_queued(
    annotate: Any, annotator: User, entity: Entity
) -> None:
    claim = annotate(annotator, Kind.CLAIM)
    stale = Entity.objects.get(pk=entity.pk)
    revise_entity(entity, by=None, name="Republic of Chile")
    services.log_renames()
    assert not Rename.objects.exists()
    stored = _set_claimant(claim, stale, annotator)
    assert json.loads(Annotation.objects.get(pk=stored.pk).document)["claimant"] == "Chile"
    services.log_renames()
    document = json.loads(Annotation.objects.get(pk=stored.pk).document)
    assert document["claimant"] == "Republic of Chile"


def test_renaming_back_before_worker_runs_logs_nothing(claims: list[Claim], entity: Entity) -> None:
    count = Change.objects.count()
    revise_entity(entity, by=None, name="Republic of Chile")
    revise_entity(entity, by=None, name="Chile")
    services.log_renames()
    assert Change.objects.count() == count


def test_retracted_claim_is_renamed_too(
    claims: list[Claim], entity: Entity, annotator: User
) -> None:
    claim = services.retract(claims[0], seen_revision=claims[0].revision, actor=annotator)
    revise_entity(entity, by=None, name="Republic of Chile")
    services.log_renames()
    change = Change.objects.filter(annotation=claim.pk).latest("pk")
    assert (change.action, change.after["state"]) == (Action.RENAME, "retracted")
    assert change.differences() == [("Claimant", "Chile", "Republic of Chile")]


def test_log_renames_continues_after_an_interruption(
    claims: list[Claim], entity: Entity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renames, "BATCH", 1)
    monkeypatch.setattr(renames, "TURN_SECONDS", 0)
    revise_entity(entity, by=None, name="Republic of Chile")
    for done in (1, 2, 3):
        services.log_renames()
        assert Change.objects.filter(action=Action.RENAME).count() == done
    services.log_renames()
    assert not Rename.objects.exists()
    assert Change.objects.filter(action=Action.RENAME).count() == 3


def test_upgrade_logs_names_that_changed_before(
    api: Any, claims: list[Claim], annotator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    outdated = Annotation.objects.get(pk=claims[0].pk)
    document = outdated.document.replace('"author":"annotator"', '"author":"older-name"')
    Annotation.objects.filter(pk=outdated.pk).update(document=document)
    migration = importlib.import_module("annotate.migrations.0004_log_renames")
    migration.check_all_annotations(apps, None)
    services.log_renames()
    (change,) = Change.objects.filter(action=Action.RENAME)
    assert (change.before["author"], change.after["author"]) == ("older-name", "annotator")
    assert json.loads(Annotation.objects.get(pk=outdated.pk).document) == change.after


def test_log_renames_takes_the_same_queries_for_more_claims(
    annotate: Any, annotator: User, claims: list[Claim], entity: Entity
) -> None:
    def count(name: str) -> int:
        revise_entity(entity, by=None, name=name)
        with CaptureQueriesContext(
            connection,
        ) as captured:
            services.log_renames()
        return len(captured)

    few = count("A")
    for _ in range(6):
        _set_claimant(annotate(annotator, Kind.CLAIM), entity, annotator)
    assert count("B") == few


def test_log_renames_without_renames_takes_one_query(
    db: None, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(1):
        services.log_renames()


@pytest.mark.parametrize(
    ("model", "column"), [(Project, "slug"), (Tag, "code"), (User, "username")]
)
def test_database_keeps_what_identifies(
    annotate: Any, annotator: User, model: Any, column: str
) -> None:
    annotate(annotator, Kind.ENTITY_TAG)
    with pytest.raises(DatabaseError, match="cannot be changed"), transaction.atomic():
        model.objects.update(**{column: "other"})
    # A save of all columns is no change.
    model.objects.first().save()


def test_api_refuses_another_slug(api: Any, manager: User, project: Project) -> None:
    url = f"/api/v1/projects/{project.slug}/"
    answer = api(manager).correct(url, {"slug": "trade"})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/slug")
    assert api(manager).correct(url, {"slug": project.slug, "name": "Trade"}).status_code == 200


def test_admin_shows_what_identifies_without_changing_it(
    root: User, project: Project, annotator: User
) -> None:
    for url, name in (
        (f"/admin/projects/project/{project.pk}/change/", "slug"),
        (f"/admin/projects/tagset/{project.tag_set_id}/change/", "tags-0-code"),
        (f"/admin/auth/user/{annotator.pk}/change/", "username"),
    ):
        # A widget of two fields, which only users have.
        joined = {"date_joined_0": "2026-01-01", "date_joined_1": "00:00"}
        assert submit(url, root, **{name: "other"}, **joined).status_code == 302
    assert not Project.objects.filter(slug="other").exists()
    assert not Tag.objects.filter(code="other").exists()
    assert not User.objects.filter(username="other").exists()


@pytest.mark.parametrize(
    "rename",
    [
        lambda: Outlet.objects.update(name="Ledger"),
        lambda: Author.objects.update(name="Bo"),
        lambda: Author.objects.update(affiliation="Post"),
        lambda: Authorship.objects.all().delete(),
    ],
)
def test_article_is_updated_when_what_it_shows_is_renamed(
    api: Any, article: Article, rename: Callable[[], Any]
) -> None:
    outlet, author = Outlet.objects.create(name="Gazette"), Author.objects.create(name="Ann")
    Article.objects.update(outlet=outlet)
    Authorship.objects.create(article=article, author=author)
    before = api().get(f"/api/v1/articles/{article.public_id}/").json()
    rename()
    asked = {"updated_after": before["updated_at"]}
    (after,) = api().get("/api/v1/articles/", asked).json()["results"]
    assert after["updated_at"] > before["updated_at"]
    assert {k for k in after if after[k] != before[k]} > {"updated_at"}


@pytest.mark.parametrize(
    "change",
    [
        lambda tag_set: Tag.objects.filter(code="ORG").update(name="Organization"),
        lambda tag_set: Tag.objects.create(tag_set=tag_set, code="SHIP", name="Ship"),
        lambda tag_set: Tag.objects.filter(code="ORG").delete(),
        lambda tag_set: TagSet.objects.update(name="Newer"),
    ],
)
def test_project_is_updated_with_its_tag_set(
    api: Any, project: Project, tag_set: TagSet, change: Callable[[TagSet], Any]
) -> None:
    url = f"/api/v1/projects/{project.slug}/"
    before = api().get(url).json()
    change(tag_set)
    after = api().get(url).json()
    assert after["tag_set"] != before["tag_set"]
    assert after["updated_at"] > before["updated_at"]
