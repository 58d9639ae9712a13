"""A registry entry is visible if it is public, one's own, or used by work that one can see."""

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from annotate.models import Annotation, Kind
from annotate.projects.models import Project, Role
from annotate.registry.drafts import EntityDraft, SourceDraft
from annotate.registry.models import Entity, Source
from annotate.registry.services import create_entity, find_or_create_source
from articles.text.anchor import Selector

SECRET = "geheimnis"
SPANS = (Selector(exact="Exports to Chile"),)


@pytest.fixture(params=["private", "blind"])
def hidden_project(request: pytest.FixtureRequest, project: Project) -> Project:
    project.is_public, project.is_blind = request.param == "blind", request.param == "blind"
    project.save()
    return project


@pytest.fixture
def entries(annotate: Callable[..., Annotation], annotator: User) -> list[Any]:
    """Return an entity, a claimant and a source that the annotator's work uses."""

    def describe(name: str) -> EntityDraft:
        return EntityDraft(name=f"{SECRET} {name}", type="ORG", qid="Q700", description=SECRET)

    claimant = create_entity(EntityDraft(name=f"{SECRET} who", type="ORG"), by=None)
    source = SourceDraft(url=f"https://{SECRET}.example/", title=SECRET, publisher=SECRET)
    tag: Any = annotate(
        annotator, Kind.ENTITY_TAG, {"spans": SPANS, "type": "GPE", "entity": describe("what")}
    )
    claim = {"spans": SPANS, "text": "A claim.", "claimant_entity": claimant}
    annotate(annotator, Kind.CLAIM, claim)
    link: Any = annotate(
        annotator, Kind.SOURCE_LINK, {"spans": SPANS, "source": source, "stance": "mixed"}
    )
    return [tag.entity, claimant, link.source]


def read_everything(client: Any, entries: list[Any]) -> str:
    """Return all that the API and the pages show of the registries, without the request."""
    read = []
    for name in ("entities", "sources"):
        for query in ("", "?q=geheim*", "?ordering=-created_at", "?format=ndjson", "?format=csv"):
            answer = client.get(f"/api/v1/{name}/{query}")
            assert answer.status_code == 200
            read.append(answer.getvalue().decode())
    for scope in ("", "&in=entities", "&in=sources"):
        read.append(client.get(f"/api/v1/search/?q={SECRET}{scope}").content.decode())
    for entry in entries:
        for address in (f"/api/v1/{_name(entry)}/{entry.public_id}/", _get_page(entry)):
            answer = client.get(address)
            assert answer.status_code in (200, 404)
            read.append(answer.content.decode())
    return "".join(read)


def _name(entry: Any) -> str:
    return "entities" if isinstance(entry, Entity) else "sources"


def _get_page(entry: Any) -> str:
    return f"/{_name(entry)}/{entry.public_id}/"


class TestReading:
    def test_entries_of_hidden_work_look_absent(
        self, api: Any, hidden_project: Project, entries: list[Any]
    ) -> None:
        stranger = User.objects.create_user("stranger", is_staff=True)
        for user in (None, stranger):
            seen = read_everything(api(user), entries)
            assert SECRET not in seen
            assert '"entities":0,"sources":0' in seen.replace(" ", "")

    def test_entries_of_hidden_work_are_not_suggested(
        self, client: Client, hidden_project: Project, entries: list[Any], version: Any
    ) -> None:
        client.force_login(User.objects.create_user("stranger"))
        for address in (
            f"/entities/suggest/?q={SECRET[:6]}",
            f"/entities/suggest/?claimant={SECRET[:6]}",
            f"/sources/suggest/?url={SECRET[:6]}",
            f"/search/?q={SECRET[:6]}*",
        ):
            assert SECRET not in client.get(address).content.decode()

    def test_form_of_a_fellow_annotator_does_not_propose_hidden_entities(
        self, client: Client, project: Project, entries: list[Any], other_annotator: User
    ) -> None:
        entries[0].name = "Chile"
        entries[0].save()
        where = f"/versions/{Annotation.objects.all()[0].version.public_id}/entity_tag/new/"
        client.force_login(other_annotator)
        text = Annotation.objects.all()[0].version.text
        start = text.index("Chile")
        query = f"?project={project.slug}&spans={start}-{start + 5}"
        identifier = str(entries[0].public_id)
        assert identifier in client.get(where + query).content.decode()
        project.is_blind = True
        project.save()
        assert identifier not in client.get(where + query).content.decode()
        chosen = client.get(f"{where}{query}&entity={identifier}").content.decode()
        assert "Q700" not in chosen

    def test_entries_are_visible_to_people_who_see_the_work(
        self, api: Any, hidden_project: Project, entries: list[Any], annotator: User, member: Any
    ) -> None:
        Entity.objects.update(created_by=None)
        Source.objects.update(created_by=None)
        for user in (annotator, member("adjudicator", Role.ADJUDICATOR)):
            names = [r["name"] for r in api(user).get("/api/v1/entities/").json()["results"]]
            assert names == ["Chile", f"{SECRET} who", f"{SECRET} what"]
            assert len(api(user).get("/api/v1/sources/").json()["results"]) == 2

    def test_own_entry_is_visible_before_it_is_used(self, api: Any, annotator: User) -> None:
        body = {"name": "Rotterdam", "type": "GPE"}
        created = api(annotator).post("/api/v1/entities/", body).json()
        one = f"/api/v1/entities/{created['id']}/"
        assert created["is_public"] is False
        assert [api(user).get(one).status_code for user in (annotator, None)] == [200, 404]

    def test_entry_of_public_work_is_visible_to_all_also_after_retraction(
        self, api: Any, entries: list[Any], annotator: User
    ) -> None:
        for entry in entries:
            assert api().get(f"/api/v1/{_name(entry)}/{entry.public_id}/").status_code == 200
        link = Annotation.objects.get(kind=Kind.SOURCE_LINK)
        one = f"/api/v1/source-links/{link.public_id}/"
        api(annotator).delete(one, HTTP_IF_MATCH="*")
        assert len(api().get("/api/v1/sources/").json()["results"]) == 2

    def test_expansion_and_filters_keep_working_for_visible_work(
        self, api: Any, hidden_project: Project, entries: list[Any], annotator: User
    ) -> None:
        query = {"expand": "entity,claimant_entity,source"}
        shown = api(annotator).get("/api/v1/annotations/", query).content.decode()
        assert shown.count(SECRET) > 4
        assert api().get("/api/v1/annotations/", query).json()["results"] == []
        hidden = api().get("/api/v1/entity-tags/", {"qid": "Q700"}).json()["results"]
        assert hidden == []


class TestPublishing:
    @pytest.mark.parametrize(
        ("name", "body"), [("entities", {"name": "A", "type": "ORG"}), ("sources", {"title": "A"})]
    )
    def test_only_editors_make_an_entry_public(
        self, api: Any, annotator: User, name: str, body: dict[str, Any]
    ) -> None:
        client = api(annotator)
        rejected = client.post(f"/api/v1/{name}/", {**body, "is_public": True})
        assert rejected.json()["errors"][0]["pointer"] == "/is_public"
        one = client.post(f"/api/v1/{name}/", {**body, "is_public": False})["Location"]
        assert client.correct(one, {"is_public": True}).status_code == 400
        annotator.is_staff = True
        annotator.save()
        assert client.correct(one, {"is_public": True}).json()["is_public"] is True
        assert api().get(one).status_code == 200
        assert client.correct(one, {"is_public": False}).status_code == 200
        assert api().get(one).status_code == 404

    def test_editor_cannot_change_a_hidden_entry(
        self, api: Any, hidden_project: Project, entries: list[Any]
    ) -> None:
        client = api(User.objects.create_user("stranger", is_staff=True))
        for entry in entries:
            one = f"/api/v1/{_name(entry)}/{entry.public_id}/"
            changed = client.patch(one, {"is_public": True}, HTTP_IF_MATCH="*")
            assert changed.status_code == 404


class TestDuplicates:
    """What is there already, but hidden, is added again as if it were not."""

    def test_source_with_the_url_of_a_hidden_one_is_created(
        self, api: Any, hidden_project: Project, entries: list[Any], other_annotator: User
    ) -> None:
        Source.objects.update(created_by=None)
        stranger = User.objects.create_user("stranger")
        body = {"url": f"https://{SECRET}.example/", "title": "Mine"}
        created = api(stranger).post("/api/v1/sources/", body)
        assert (created.status_code, created.json()["title"]) == (201, "Mine")
        again = api(stranger).post("/api/v1/sources/", {**body, "title": "Other"})
        assert (again.status_code, again.json()) == (200, created.json())
        assert Source.objects.filter(url=body["url"]).count() == 2

    def test_entity_with_the_ids_of_a_hidden_one_is_created(
        self, api: Any, hidden_project: Project, entries: list[Any]
    ) -> None:
        entries[0].external_ids.create(scheme="viaf", value="7")
        client = api(User.objects.create_user("stranger"))
        body = {
            "name": "Mine",
            "type": "ORG",
            "qid": "Q700",
            "external_ids": [{"scheme": "viaf", "value": "7"}],
        }
        assert client.post("/api/v1/entities/", body).status_code == 201
        twice = client.post("/api/v1/entities/", {**body, "external_ids": []})
        assert twice.json()["errors"][0]["pointer"] == "/qid"
        twice = client.post("/api/v1/entities/", {**body, "qid": None})
        assert twice.json()["errors"][0]["pointer"] == "/external_ids"

    def test_reference_to_a_hidden_entry_looks_like_one_to_nothing(
        self, api: Any, hidden_project: Project, entries: list[Any], member: Any, version: Any
    ) -> None:
        other = Project.objects.create(
            slug="other", name="Other", tag_set=hidden_project.tag_set, is_public=True
        )
        client = api(member("stranger", to_project=other))
        where = {
            "project": "other",
            "version": str(version.public_id),
            "spans": [{"exact": "Exports to Chile"}],
        }
        entity, claimant, source = (str(entry.public_id) for entry in entries)
        for name, body, pointer in (
            ("entity-tags", {"type": "GPE", "entity": entity}, "/entity"),
            ("claims", {"text": "A.", "claimant_entity": claimant}, "/claimant_entity"),
            ("source-links", {"stance": "mixed", "source": source}, "/source"),
        ):
            rejected = client.post(f"/api/v1/{name}/", {**where, **body})
            (error,) = rejected.json()["errors"]
            assert error["pointer"] == pointer
            assert error["detail"].startswith("There is no object")
        named = client.post("/api/v1/claims/", {**where, "text": "A.", "claimant": claimant})
        assert (named.json()["claimant"], named.json()["claimant_entity"]) == (claimant, None)

    def test_members_of_an_open_project_share_a_source(
        self, api: Any, entries: list[Any], other_annotator: User
    ) -> None:
        found = api(other_annotator).post("/api/v1/sources/", {"url": entries[2].url})
        assert (found.status_code, found.json()["id"]) == (200, str(entries[2].public_id))

    def test_public_source_is_found_before_a_private_one(self, annotator: User) -> None:
        draft = SourceDraft(url="https://a.example/")
        own, _ = find_or_create_source(draft, by=annotator)
        public = Source.objects.create(url=draft.url, is_public=True)
        assert find_or_create_source(draft, by=annotator) == (public, False)
        assert own != public

    def test_publishing_a_second_source_with_a_url_is_refused(
        self, api: Any, annotator: User
    ) -> None:
        annotator.is_staff = True
        annotator.save()
        one = api(annotator).post("/api/v1/sources/", {"url": "https://a.example/"})["Location"]
        Source.objects.create(url="https://a.example/", is_public=True)
        rejected = api(annotator).correct(one, {"is_public": True})
        assert rejected.json()["errors"][0]["pointer"] == "/url"


def test_csv_says_whether_an_entry_is_public(api: Any, annotator: User) -> None:
    Source.objects.create(title="A", is_public=True)
    text = api().get("/api/v1/sources/?format=csv").getvalue().decode()
    (row,) = csv.DictReader(io.StringIO(text))
    assert row["is_public"] == "true"


@pytest.mark.parametrize("name", ["entities", "sources"])
def test_query_count_does_not_grow_with_entries(
    api: Any, annotate: Any, annotator: User, other_annotator: User, name: str
) -> None:
    def count_queries() -> int:
        with CaptureQueriesContext(connection) as queries:
            json.loads(client.get(f"/api/v1/{name}/").content)
        return len(queries)

    client = api(other_annotator)
    few = count_queries()
    for n in range(5):
        source = SourceDraft(url=f"https://a.example/{n}")
        annotate(annotator, Kind.SOURCE_LINK, {"spans": SPANS, "source": source, "stance": "mixed"})
        entity = EntityDraft(name=f"E{n}", type="ORG")
        annotate(annotator, Kind.ENTITY_TAG, {"spans": SPANS, "type": "ORG", "entity": entity})
    assert count_queries() == few


@pytest.mark.sqlite
def test_visibility_looks_up_work_by_index(annotator: User) -> None:
    for model in (Entity, Source):
        plan = model.objects.visible_to(annotator).explain()
        work = [line for line in plan.split("\n") if "entitytag" in line or "sourcelink" in line]
        assert work
        assert all("USING INDEX" in line for line in work), plan
