from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from annotate.accounts.models import ApiToken
from annotate.models import (
    Annotation,
    AppendOnlyError,
    Change,
    Claim,
    DeletionForbidden,
    EntityTag,
    Kind,
    Note,
    SourceLink,
    Span,
)
from annotate.projects.models import Membership, Project, Tag, TagSet
from annotate.registry.models import Entity, EntityAlias, ExternalId, Source
from articles.models import ArticleVersion
from articles.text.anchor import Span as TextSpan
from tests.articles.test_models import assert_database_rejects


@pytest.fixture
def claim(annotate: Any, annotator: User) -> Claim:
    created: Claim = annotate(annotator, Kind.CLAIM)
    return created


class TestAnnotations:
    def test_annotation_cannot_be_deleted(self, claim: Claim) -> None:
        for attempt in (claim.delete, Annotation.objects.all().delete, Claim.objects.all().delete):
            with pytest.raises(DeletionForbidden):
                attempt()
        assert_database_rejects("DELETE FROM annotate_annotation")

    def test_annotation_identity_cannot_change(self, claim: Claim, other_annotator: User) -> None:
        assert_database_rejects(
            "UPDATE annotate_annotation SET author_id = %s", [other_annotator.pk]
        )
        assert_database_rejects("UPDATE annotate_annotation SET kind = 'note'")

    def test_kind_must_match_its_table(
        self, project: Project, version: ArticleVersion, annotator: User
    ) -> None:
        now = timezone.now()
        with pytest.raises(IntegrityError), transaction.atomic():
            Note.objects.create(
                kind=Kind.CLAIM,
                project=project,
                version=version,
                author=annotator,
                created_at=now,
                updated_at=now,
                body="x",
            )
        assert not Annotation.objects.exists()

    @pytest.mark.parametrize(
        ("model", "values"),
        [
            (Claim, {"text": ""}),
            (Claim, {"claim_type": "rumour"}),
            (Claim, {"verdict": "fake"}),
            (Claim, {"check_worthiness": 4}),
            (EntityTag, {"certainty": "maybe"}),
            (SourceLink, {"stance": "likes"}),
            (Note, {"body": ""}),
            (Annotation, {"state": "gone"}),
            (Annotation, {"revision": 0}),
        ],
    )
    def test_database_rejects_invalid_annotation_values(
        self, annotate: Any, annotator: User, model: Any, values: dict[str, Any]
    ) -> None:
        for kind in Kind:
            annotate(annotator, kind)
        assert model.objects.exists()
        with pytest.raises(IntegrityError), transaction.atomic():
            model.objects.update(**values)

    def test_claimant_is_entity_or_name(self, claim: Claim, entity: Entity) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            Claim.objects.update(claimant_entity=entity, claimant="Somebody")


class TestSpans:
    @pytest.mark.parametrize(
        ("start", "end", "exact"),
        [(0, 3, "Teh"), (3, 3, ""), (5, 3, "The"), (0, 9999, "The"), (97, 99, "🚢")],
    )
    def test_span_quote_must_equal_text(
        self, claim: Claim, start: int, end: int, exact: str
    ) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            Span.objects.create(annotation=claim, start=start, end=end, exact=exact)

    def test_database_counts_span_offsets_in_code_points(
        self, claim: Claim, version: ArticleVersion
    ) -> None:
        at = version.text.index("🚢")
        Span.build(claim, TextSpan(at, at + 6), version.text).save()
        assert claim.spans.get(start=at).exact == "🚢 than"

    def test_span_cannot_be_updated_beyond_text(self, claim: Claim) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            Span.objects.update(end=9999)


class TestChanges:
    def test_change_cannot_be_updated_or_deleted(self, claim: Claim) -> None:
        change = Change.objects.get()
        for attempt in (
            change.save,
            change.delete,
            lambda: Change.objects.update(revision=2),
            lambda: Change.objects.all().delete(),
        ):
            with pytest.raises(AppendOnlyError):
                attempt()
        assert_database_rejects("UPDATE annotate_change SET revision = 2")
        assert_database_rejects("DELETE FROM annotate_change")

    @pytest.mark.parametrize(
        "values",
        [
            {"action": "revise", "revision": 1},
            {"action": "create", "revision": 2},
            {"action": "erase", "revision": 2},
        ],
    )
    def test_revision_has_one_change(
        self, claim: Claim, annotator: User, values: dict[str, Any]
    ) -> None:
        common = {"annotation": claim, "actor": annotator, "at": timezone.now(), "after": {}}
        with pytest.raises(IntegrityError), transaction.atomic():
            Change.objects.create(**common, **values)

    def test_idempotency_key_is_unique_per_actor(
        self, claim: Claim, annotator: User, other_annotator: User
    ) -> None:
        common = {
            "annotation": claim,
            "project": claim.project,
            "at": timezone.now(),
            "after": {},
            "before": {},
        }
        key = {"idempotency_key": "k", "action": "revise"}
        Change.objects.create(actor=annotator, revision=2, **common, **key)
        Change.objects.create(actor=other_annotator, revision=3, **common, **key)
        with pytest.raises(IntegrityError), transaction.atomic():
            Change.objects.create(actor=annotator, revision=4, **common, **key)


class TestRegistries:
    @pytest.mark.parametrize(
        ("model", "values"),
        [
            (Source, {"url": "javascript:alert(1)"}),
            (Source, {"url": "", "title": ""}),
            (Source, {"archive_url": "ftp://a.example"}),
            (Entity, {"name": ""}),
            (Entity, {"type": "DRAGON"}),
            (Entity, {"qid": "P31"}),
            (ExternalId, {"value": ""}),
            (EntityAlias, {"name": ""}),
            (Tag, {"code": ""}),
            (Membership, {"role": "owner"}),
        ],
    )
    def test_database_rejects_invalid_registry_values(
        self, entity: Entity, source: Source, annotator: User, model: Any, values: dict[str, Any]
    ) -> None:
        assert model.objects.exists()
        with pytest.raises(IntegrityError), transaction.atomic():
            model.objects.filter(pk=model.objects.first().pk).update(**values)

    def test_registry_entries_are_unique(
        self, entity: Entity, source: Source, annotator: User, project: Project, tag_set: TagSet
    ) -> None:
        Source.objects.create(url="https://a.example/", created_by=annotator)
        for again in (
            lambda: Source.objects.create(url=source.url, is_public=True),
            lambda: Source.objects.create(url="https://a.example/", created_by=annotator),
            lambda: Entity.objects.create(name="B", type="GPE", qid=entity.qid, is_public=True),
            lambda: ExternalId.objects.create(entity=entity, scheme="geonames", value="3895114"),
            lambda: Tag.objects.create(tag_set=tag_set, code="GPE", name="Again"),
            lambda: Project.objects.create(slug=project.slug, name="Again", tag_set=tag_set),
            lambda: Membership.objects.create(project=project, user=annotator),
        ):
            with pytest.raises(IntegrityError), transaction.atomic():
                again()

    def test_entity_search_by_alias_sorts_closest_first(self, entity: Entity) -> None:
        other = Entity.objects.create(name="Chilean peso", type="MONEY")
        found = list(Entity.objects.search_by_name("chile").order_by_closeness("chile"))
        assert found == [entity, other]
        assert Entity.objects.search_by_name("智利").get() == entity


def test_token_is_stored_as_digest(annotator: User) -> None:
    key = ApiToken.objects.issue(annotator, "script")
    token = ApiToken.objects.get()
    assert key not in {token.digest, token.name}
    found = ApiToken.objects.find_by_key(key)
    assert found is not None
    assert found.user == annotator
    assert ApiToken.objects.find_by_key(key + "x") is None
