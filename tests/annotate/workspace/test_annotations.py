"""Quick tags, new entities, mentions, span changes, undo and conflicts."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from annotate.models import Annotation, Change, EntityTag, Kind
from annotate.projects.models import Project
from annotate.registry.drafts import EntityDraft
from annotate.registry.models import Entity
from annotate.registry.services import create_entity
from articles.extraction.draft import ArticleDraft
from articles.models import ArticleVersion
from articles.services import create_article
from articles.text.anchor import Selector

TEXT = "Chile said so. The port of Chile, CHILE’s first, is not Chilean; Lima is not in Chile."


@pytest.fixture
def annotator_client(client: Client, annotator: User) -> Client:
    client.force_login(annotator)
    return client


@pytest.fixture
def ports(db: None) -> ArticleVersion:
    created = create_article(ArticleDraft(title="Ports", text=TEXT)).current_version
    assert created
    return created


@pytest.fixture
def tag(annotator_client: Client, ports: ArticleVersion, project: Project) -> Callable[..., Any]:
    where = f"/versions/{ports.public_id}/entity_tag/new/?project={project.slug}"

    def send(quote: str, **values: str) -> Any:
        start = TEXT.index(quote)
        body = {"spans": f"{start}-{start + len(quote)}", "type": "GPE", **values}
        return annotator_client.post(where, body)

    return send


class TestQuickTags:
    def test_quick_tag_links_to_only_candidate(self, tag: Any, entity: Entity) -> None:
        assert tag("Chile", quick="1").status_code == 200
        assert EntityTag.objects.get().entity == entity
        # Of another type than the entity, it is another matter.
        tag("Chile", quick="1", type="ORG")
        assert EntityTag.objects.get(type__code="ORG").entity is None
        tag("Lima", quick="1")
        assert EntityTag.objects.get(spans__exact="Lima").entity is None

    def test_quick_tag_stays_unlinked_with_two_candidates(self, tag: Any, entity: Entity) -> None:
        other = create_entity(EntityDraft(name="Chile", type="GPE", is_public=True), by=None)
        tag("Chile", quick="1")
        assert EntityTag.objects.get().entity is None
        # Once a person has chosen, that is what is meant.
        tag("Chile", entity=str(other.public_id))
        tag("Chile", quick="1")
        assert EntityTag.objects.order_by("-pk")[0].entity == other

    def test_quick_tag_retry_returns_first_result_after_registry_change(
        self, tag: Any, entity: Entity
    ) -> None:
        tag("Lima", quick="1", idempotency_key="k")
        create_entity(EntityDraft(name="Lima", type="GPE", is_public=True), by=None)
        assert tag("Lima", quick="1", idempotency_key="k").status_code == 200
        assert EntityTag.objects.count() == 1


class TestEntityTagForm:
    def test_form_offers_last_choice_for_same_text_first(
        self,
        tag: Any,
        annotator_client: Client,
        ports: ArticleVersion,
        project: Project,
        entity: Entity,
    ) -> None:
        club = create_entity(EntityDraft(name="Chile FC", type="ORG", is_public=True), by=None)
        where = f"/versions/{ports.public_id}/entity_tag/new/?project={project.slug}&spans=0-5"
        first = annotator_client.get(where).content.decode()
        assert f'value="{entity.public_id}" checked' in first
        tag("Chile", entity=str(club.public_id), type="ORG")
        then = annotator_client.get(where).content.decode()
        assert f'value="{club.public_id}" checked' in then
        assert re.search('value="ORG"[^>]*checked', then)
        assert then.index(str(club.public_id)) < then.index(str(entity.public_id))

    def test_blind_project_hides_others_choices_in_form(
        self, client: Client, annotate: Any, ports: ArticleVersion, project: Project,
        other_annotator: User, annotator: User,
    ) -> None:  # fmt: skip
        secret = create_entity(EntityDraft(name="A secret", type="ORG", is_public=True), by=None)
        content = EntityTag, {"spans": (Selector(start=0, end=5),), "type": "ORG", "entity": secret}
        annotate(other_annotator, *content, version=ports)
        Project.objects.update(is_blind=True)
        client.force_login(annotator)
        where = f"/versions/{ports.public_id}/entity_tag/new/?project={project.slug}&spans=0-5"
        assert b"A secret" not in client.get(where).content


class TestNewEntities:
    def test_new_entity_is_created_with_tag(self, tag: Any, annotator: User) -> None:
        answer = tag("Lima", new_name="Lima", new_description="Capital of Peru", new_qid="Q2868")
        assert answer.status_code == 200
        created = EntityTag.objects.get().entity
        assert created
        assert (created.name, created.type, created.qid) == ("Lima", "GPE", "Q2868")
        assert created.created_by == annotator

    def test_new_entity_with_known_qid_is_reused(self, tag: Any, entity: Entity) -> None:
        tag("Chile", new_name="Republic of Chile", new_qid="Q298")
        assert EntityTag.objects.get().entity == entity

    @pytest.mark.parametrize(
        ("values", "complaint"),
        [
            ({"new_qid": "P31"}, "Enter a Wikidata ID such as Q30."),
            ({"entity": "chosen"}, "not both"),
            ({"new_name": "x" * 301}, "at most 300"),
        ],
    )
    def test_invalid_new_entity_shows_field_error_and_creates_nothing(
        self, tag: Any, entity: Entity, values: dict[str, str], complaint: str
    ) -> None:
        if "entity" in values:
            values = {"entity": str(entity.public_id)}
        answer = tag("Lima", **{"new_name": "Lima", **values})
        assert answer.status_code == 422
        assert complaint in answer.content.decode()
        assert not Annotation.objects.exists()
        assert Entity.objects.count() == 1


class TestMentions:
    def test_mentions_are_listed_and_tagged_together(
        self, tag: Any, annotator_client: Client, entity: Entity
    ) -> None:
        tag("Chile", quick="1")
        first = EntityTag.objects.get()
        where = f"/annotations/{first.public_id}/mentions/"
        offered = annotator_client.get(where).content.decode()
        assert offered.count('name="spans"') == 3
        assert "Chilean" not in offered.split("<mark>")[1][:5]
        positions = [TEXT.index("Chile,"), TEXT.index("CHILE")]
        spans = [f"{start}-{start + 5}" for start in positions]
        for _ in range(2):
            body = {"spans": spans, "seen_revision": 1, "idempotency_key": "k"}
            answer = annotator_client.post(where, body).content.decode()
            assert "2 mentions tagged." in answer
        assert EntityTag.objects.filter(entity=entity).count() == 3
        assert [s.exact for t in EntityTag.objects.order_by("pk") for s in t.spans.all()] == [
            "Chile",
            "Chile",
            "CHILE",
        ]
        assert annotator_client.get(where).content.decode().count('name="spans"') == 1

    def test_invalid_mentions_create_nothing(
        self, tag: Any, annotator_client: Client, entity: Entity
    ) -> None:
        tag("Chile", quick="1")
        first = EntityTag.objects.get()
        body = {"spans": "27-32 90-99999", "seen_revision": 1, "idempotency_key": "k"}
        answer = annotator_client.post(f"/annotations/{first.public_id}/mentions/", body)
        assert answer.status_code == 409
        assert EntityTag.objects.count() == 1

    def test_mentions_exist_only_for_entity_tags(
        self, annotator_client: Client, annotate: Any, annotator: User
    ) -> None:
        note = annotate(annotator, Kind.NOTE)
        assert annotator_client.get(f"/annotations/{note.public_id}/mentions/").status_code == 404

    def test_mentions_query_count_is_constant(
        self, tag: Any, annotator_client: Client, entity: Entity, django_assert_num_queries: Any
    ) -> None:
        tag("Chile", quick="1")
        where = f"/annotations/{EntityTag.objects.get().public_id}/mentions/"
        with django_assert_num_queries(8):
            annotator_client.get(where)
        for quote in ("CHILE", "Lima", "port"):
            tag(quote)
        with django_assert_num_queries(8):
            annotator_client.get(where)


class TestStateChanges:
    def test_span_change_keeps_other_fields(
        self, annotator_client: Client, annotate: Any, annotator: User
    ) -> None:
        claim = annotate(annotator)
        body = {"spans": "4-12", "seen_revision": 1, "idempotency_key": "k"}
        for _ in range(2):
            answer = annotator_client.post(f"/annotations/{claim.public_id}/spans/", body)
            assert answer.status_code == 200
        now = Annotation.objects.for_reading().get()
        assert [span.exact for span in now.spans.all()] == ["ministry"]
        assert (now.revision, now.content.text) == (2, claim.text)
        assert "data-changes" in answer.content.decode()

    def test_undo_and_redo_are_not_undoable_themselves(
        self, annotator_client: Client, annotate: Any, annotator: User
    ) -> None:
        claim = annotate(annotator)
        one = f"/annotations/{claim.public_id}"
        undone = annotator_client.post(
            f"{one}/undo/1/", {"seen_revision": 1, "idempotency_key": "a"}
        )
        assert "Undone." in undone.content.decode()
        assert "data-changes" not in undone.content.decode()
        assert not Annotation.objects.get().is_active
        redone = annotator_client.post(
            f"{one}/redo/1/", {"seen_revision": 2, "idempotency_key": "b"}
        )
        assert "Redone." in redone.content.decode()
        assert Annotation.objects.get().is_active
        assert annotator_client.post(f"{one}/undo/9/", {"seen_revision": 3}).status_code == 404
        stale = annotator_client.post(f"{one}/undo/1/", {"seen_revision": 1})
        assert stale.status_code == 409

    @pytest.mark.parametrize("typed_by", ["somebody-else", ""])
    def test_write_by_another_user_than_page_owner_is_rejected(
        self, annotator_client: Client, annotate: Any, annotator: User, typed_by: str
    ) -> None:
        claim = annotate(annotator)
        answer = annotator_client.post(
            f"/annotations/{claim.public_id}/retract/",
            {"seen_revision": 1},
            HTTP_X_EXPECTED_USER=typed_by,
        )
        assert answer.status_code == 401
        assert Change.objects.count() == 1

    def test_revision_conflict_shows_differing_values(
        self, annotator_client: Client, annotate: Any, annotator: User
    ) -> None:
        claim = annotate(annotator)
        body = {
            "spans": "4-12",
            "text": "Mine",
            "claim_type": "fact",
            "check_worthiness": "1",
            "verdict": "unreviewed",
            "seen_revision": "7",
        }
        answer = annotator_client.post(f"/annotations/{claim.public_id}/edit/", body)
        page = answer.content.decode()
        assert answer.status_code == 409
        assert "{&quot;text&quot;:" in page
        assert "{&quot;verdict&quot;:" not in page
        assert 'name="seen_revision" value="1"' in page
