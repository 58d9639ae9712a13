from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import AnonymousUser, User

from annotate import services
from annotate.models import Action, Annotation, Change, Claim, EntityTag, Kind, Note, SourceLink
from annotate.projects.models import Membership, Project
from annotate.registry.drafts import SourceDraft
from annotate.registry.models import Source
from articles.extraction.draft import ArticleDraft
from articles.models import ArticleVersion
from articles.services import add_version, create_article
from articles.text.anchor import Selector
from config.errors import (
    IdempotencyKeyReused,
    InvalidInput,
    NotPermitted,
    RevisionConflict,
    StateConflict,
)

Content = dict[str, Any]


Content = dict[str, Any]


def counts() -> dict[str, int]:
    """Count the rows of every table of ours."""
    labels = ("annotate", "articles")
    return {
        model._meta.label: model._base_manager.count()
        for label in labels
        for model in apps.get_app_config(label).get_models(include_auto_created=True)
    }


class TestEachKind:
    def test_create_stores_annotation_and_logs_change(
        self, kind: Kind, annotate: Callable[..., Annotation], annotator: User
    ) -> None:
        created = annotate(annotator, kind)

        stored = Annotation.objects.for_reading().get()
        assert stored.record() == created.record()
        assert stored.record()["spans"][0]["exact"] in ("exports rose by 12 %", "Chile")
        change = Change.objects.get()
        assert (change.action, change.revision, change.actor) == (Action.CREATE, 1, annotator)
        assert change.before is None
        assert change.after == stored.record()
        assert change.at == stored.created_at == stored.updated_at

    def test_each_write_makes_revision_and_change(
        self,
        kind: Kind,
        annotate: Callable[..., Annotation],
        annotator: User,
        revision: dict[Kind, dict[str, Any]],
    ) -> None:
        created = annotate(annotator, kind)
        content = revision[kind]
        revised = services.revise(created, content, seen_revision=1, actor=annotator)
        retracted = services.retract(revised, seen_revision=2, actor=annotator)
        restored = services.restore(retracted, seen_revision=3, actor=annotator)

        log = list(Change.objects.order_by("revision"))
        steps = [Action.CREATE, Action.REVISE, Action.RETRACT, Action.RESTORE]
        assert [change.action for change in log] == steps
        assert [change.after for change in log] == [
            step.record() for step in (created, revised, retracted, restored)
        ]
        assert [change.before for change in log] == [None, *(change.after for change in log[:-1])]
        stored = Annotation.objects.for_reading().get()
        assert stored.record() == restored.record() == stored.content.record()
        assert stored.record() | revision[kind] == stored.record()
        assert stored.revision == 4

    def test_revise_with_same_content_makes_no_revision(
        self, kind: Kind, annotate: Callable[..., Annotation], annotator: User
    ) -> None:
        created = annotate(annotator, kind)
        again = services.revise(created, created.content_values(), seen_revision=1, actor=annotator)
        assert again.record() == created.record()
        assert Change.objects.count() == 1

    def test_revise_of_spans_makes_revision(
        self, kind: Kind, annotate: Callable[..., Annotation], annotator: User
    ) -> None:
        created = annotate(annotator, kind)
        before = created.record()
        spans = (Selector(exact="Valparaíso"), Selector(exact="🚢"))
        moved = services.revise(created, {"spans": spans}, seen_revision=1, actor=annotator)
        assert [span.exact for span in moved.spans.all()] == ["🚢", "Valparaíso"]
        last = Change.objects.first()
        assert last is not None
        assert last.before == before
        assert last.after["spans"] == moved.record()["spans"]

    def test_stale_revision_raises_conflict_with_current_state(
        self,
        kind: Kind,
        annotate: Callable[..., Annotation],
        annotator: User,
        revision: dict[Kind, dict[str, Any]],
    ) -> None:
        created = annotate(annotator, kind)
        content = revision[kind]
        revised = services.revise(created, content, seen_revision=1, actor=annotator)
        before = counts()
        for attempt in (
            lambda: services.revise(created, {}, seen_revision=1, actor=annotator),
            lambda: services.retract(created, seen_revision=1, actor=annotator),
            lambda: services.restore(created, seen_revision=3, actor=annotator),
        ):
            with pytest.raises(RevisionConflict) as exc_info:
                attempt()
            assert exc_info.value.current.record() == revised.record()
        assert counts() == before

    def test_retracted_annotation_rejects_revise_and_second_retract(
        self, kind: Kind, annotate: Callable[..., Annotation], annotator: User
    ) -> None:
        created = annotate(annotator, kind)
        with pytest.raises(StateConflict):
            services.restore(created, seen_revision=1, actor=annotator)
        services.retract(created, seen_revision=1, actor=annotator)
        with pytest.raises(StateConflict):
            services.retract(created, seen_revision=2, actor=annotator)
        with pytest.raises(StateConflict):
            services.revise(created, {}, seen_revision=2, actor=annotator)
        assert Change.objects.count() == 2


class TestPermissions:
    @pytest.mark.parametrize(
        ("role", "own", "others"),
        [
            ("stranger", False, False),
            ("reader", False, False),
            ("annotator", True, False),
            ("adjudicator", True, False),
            ("manager", True, True),
            ("superuser", True, True),
        ],
    )
    def test_role_decides_on_own_and_others_annotations(
        self,
        role: str,
        own: bool,
        others: bool,
        member: Callable[..., User],
        annotator: User,
        annotate: Callable[..., Annotation],
    ) -> None:
        if role == "stranger":
            actor = User.objects.create_user("stranger")
        elif role == "superuser":
            actor = User.objects.create_superuser("root")
        else:
            actor = member("someone", role)
        theirs = annotate(annotator)
        before = counts()

        def is_allowed(action: Callable[[], Any]) -> bool:
            try:
                action()
            except NotPermitted:
                assert counts() == before
                return False
            return True

        content = {"text": "Another text."}
        assert others == is_allowed(
            lambda: services.revise(theirs, content, seen_revision=1, actor=actor)
        )
        assert others == is_allowed(lambda: services.retract(theirs, seen_revision=2, actor=actor))
        assert others == is_allowed(lambda: services.restore(theirs, seen_revision=3, actor=actor))
        theirs.refresh_from_db()
        assert theirs.author == annotator
        assert own == is_allowed(lambda: annotate(actor))

    def test_anonymous_user_cannot_create(self, annotate: Callable[..., Annotation]) -> None:
        with pytest.raises(NotPermitted):
            annotate(AnonymousUser())

    def test_former_member_cannot_retract_own_annotation(
        self, annotate: Callable[..., Annotation], annotator: User
    ) -> None:
        created = annotate(annotator)
        Membership.objects.filter(user=annotator).delete()
        with pytest.raises(NotPermitted):
            services.retract(created, seen_revision=1, actor=annotator)


class TestIdempotencyKey:
    def test_retry_with_same_key_returns_first_result(
        self, kind: Kind, annotate: Callable[..., Annotation], annotator: User
    ) -> None:
        created = annotate(annotator, kind, idempotency_key="k")
        before = counts()
        assert annotate(annotator, kind, idempotency_key="k").pk == created.pk
        assert counts() == before

    def test_other_request_with_same_key_is_rejected(
        self, annotate: Callable[..., Annotation], annotator: User, contents: dict[Kind, Content]
    ) -> None:
        created = annotate(annotator, idempotency_key="k")
        before = counts()
        for attempt in (
            lambda: annotate(annotator, Kind.NOTE, idempotency_key="k"),
            lambda: annotate(
                annotator,
                Kind.CLAIM,
                contents[Kind.CLAIM] | {"verdict": "true"},
                idempotency_key="k",
            ),
            lambda: services.retract(
                created, seen_revision=1, actor=annotator, idempotency_key="k"
            ),
        ):
            with pytest.raises(IdempotencyKeyReused):
                attempt()
        assert counts() == before

    def test_idempotency_keys_are_per_user(
        self, annotate: Callable[..., Annotation], annotator: User, other_annotator: User
    ) -> None:
        assert (
            annotate(annotator, idempotency_key="k").pk
            != annotate(other_annotator, idempotency_key="k").pk
        )

    def test_retry_of_revise_retract_and_restore_acts_once(
        self, annotate: Callable[..., Annotation], annotator: User
    ) -> None:
        created = annotate(annotator)
        content = {"verdict": "mixed"}
        for _ in range(2):
            done = services.revise(
                created, content, seen_revision=1, actor=annotator, idempotency_key="revise"
            )
            assert done.revision == 2
        for key, write, seen in (("away", services.retract, 2), ("back", services.restore, 3)):
            for _ in range(2):
                done = write(created, seen_revision=seen, actor=annotator, idempotency_key=key)
                assert done.revision == seen + 1
            with pytest.raises(IdempotencyKeyReused):
                write(created, seen_revision=seen + 1, actor=annotator, idempotency_key=key)
        assert Change.objects.count() == 4

    def test_failed_request_does_not_use_its_key(
        self, annotate: Callable[..., Annotation], annotator: User
    ) -> None:
        with pytest.raises(InvalidInput):
            annotate(annotator, Claim, {"text": "Nowhere."}, idempotency_key="k")
        assert annotate(annotator, idempotency_key="k").revision == 1

    @pytest.mark.parametrize("key", ["k" * 201, "a\nb", "a\0b"])
    def test_malformed_idempotency_key_is_rejected(
        self, key: str, annotate: Callable[..., Annotation], annotator: User
    ) -> None:
        with pytest.raises(InvalidInput):
            annotate(annotator, idempotency_key=key)


def _spans(*spans: dict[str, Any]) -> Callable[[Content], Content]:
    return lambda content: content | {"spans": tuple(Selector(**span) for span in spans)}


def _with(**values: Any) -> Callable[[Content], Content]:
    return lambda content: content | values


BAD = [
    (Kind.CLAIM, _spans(), ("spans",)),
    (Kind.CLAIM, _spans({"start": 0, "end": 10_000}), ("spans", 0, "end")),
    (Kind.CLAIM, _spans({"start": 10_000, "end": 10_001}), ("spans", 0, "start")),
    (Kind.CLAIM, _spans({"start": -1, "end": 3}), ("spans", 0, "start")),
    (Kind.CLAIM, _spans({"start": 5, "end": 5}), ("spans", 0, "end")),
    (Kind.CLAIM, _spans({"start": 3, "end": 4}), ("spans", 0, "start")),
    (Kind.CLAIM, _spans({"start": 3}), ("spans", 0, "end")),
    (Kind.CLAIM, _spans({}), ("spans", 0, "exact")),
    (Kind.CLAIM, _spans({"exact": ""}), ("spans", 0, "exact")),
    (Kind.CLAIM, _spans({"exact": "Peru"}), ("spans", 0, "exact")),
    (Kind.CLAIM, _spans({"exact": "Chile", "prefix": "from "}), ("spans", 0, "prefix")),
    (Kind.CLAIM, _spans({"exact": "ministry"}), ("spans", 0, "exact")),
    (Kind.CLAIM, _spans({"start": 0, "end": 3, "exact": "the"}), ("spans", 0, "exact")),
    (Kind.CLAIM, _spans({"exact": "\ud83d"}), ("spans",)),
    (
        Kind.CLAIM,
        _spans({"start": 0, "end": 9}, {"start": 20, "end": 22}, {"start": 8, "end": 12}),
        ("spans", 2, "start"),
    ),
    (Kind.CLAIM, _spans({"exact": "Chile"}, {"exact": "Chile"}), ("spans", 1, "start")),
    (Kind.CLAIM, _spans(*[{"start": i, "end": i + 1} for i in range(201)]), ("spans",)),
    (Kind.CLAIM, _with(text=" \n"), ("text",)),
    (Kind.CLAIM, _with(text="\ud800"), ("text",)),
    (Kind.CLAIM, _with(text="w" * 10_001), ("text",)),
    (Kind.CLAIM, _with(claim_type="rumour"), ("claim_type",)),
    (Kind.CLAIM, _with(check_worthiness=4), ("check_worthiness",)),
    (Kind.CLAIM, _with(verdict="maybe"), ("verdict",)),
    (Kind.ENTITY_TAG, _with(type="PLANET"), ("type",)),
    (Kind.ENTITY_TAG, _with(certainty="quite"), ("certainty",)),
    (Kind.SOURCE_LINK, _with(stance="nods"), ("stance",)),
    (Kind.SOURCE_LINK, _with(source=SourceDraft()), ("source", "url")),
    (
        Kind.SOURCE_LINK,
        _with(source=SourceDraft(url="javascript:alert(1)")),
        ("source", "url"),
    ),
    (
        Kind.SOURCE_LINK,
        _with(source=SourceDraft(title="A", archive_url="data:text/html,x")),
        ("source", "archive_url"),
    ),
    # The source is good, and new; it must not be kept when the rest is not.
    (
        Kind.SOURCE_LINK,
        _with(source=SourceDraft(url="https://new.example/"), stance="nods"),
        ("stance",),
    ),
    (Kind.NOTE, _with(body=""), ("body",)),
]


class TestInvalidContent:
    @pytest.mark.parametrize(("kind", "spoil", "path"), BAD)
    def test_invalid_value_names_its_path_and_stores_nothing(
        self,
        kind: Kind,
        spoil: Callable[[Content], Content],
        path: tuple[str | int, ...],
        contents: dict[Kind, Content],
        annotate: Callable[..., Annotation],
        annotator: User,
    ) -> None:
        before = counts()
        with pytest.raises(InvalidInput) as exc_info:
            annotate(annotator, kind, spoil(contents[kind]))
        assert [error.path for error in exc_info.value.errors] == [path]
        assert exc_info.value.errors[0].message
        assert counts() == before

        created = annotate(annotator, kind)
        record, before = created.record(), counts()
        with pytest.raises(InvalidInput):
            services.revise(created, spoil(contents[kind]), seen_revision=1, actor=annotator)
        assert counts() == before
        assert Annotation.objects.for_reading().get().record() == record

    def test_claimant_with_entity_and_name_is_rejected(
        self, contents: dict[Kind, Content], annotate: Callable[..., Annotation], annotator: User
    ) -> None:
        both = {"claimant_entity": contents[Kind.ENTITY_TAG]["entity"], "claimant": "The ministry"}
        with pytest.raises(InvalidInput, match="not both"):
            annotate(annotator, Kind.CLAIM, contents[Kind.CLAIM] | both)


class TestProjectArticles:
    def test_first_annotation_adds_article_to_project(
        self, project: Project, version: ArticleVersion, annotator: User, annotate: Any
    ) -> None:
        assert not project.annotated_articles.exists()
        annotate(annotator)
        assert list(project.annotated_articles.all()) == [version.article]
        assert not project.articles.exists()

    def test_unlisted_article_is_rejected_without_auto_add(
        self, project: Project, version: ArticleVersion, annotator: User, annotate: Any
    ) -> None:
        project.auto_add_articles = False
        project.save()
        before = counts()
        with pytest.raises(InvalidInput, match="not in the project"):
            annotate(annotator)
        assert counts() == before
        project.articles.add(version.article)
        assert annotate(annotator).revision == 1


class TestParent:
    def test_source_link_and_note_with_parent_need_no_spans(
        self, annotate: Callable[..., Annotation], annotator: User, source: Source
    ) -> None:
        claim = annotate(annotator).content
        assert isinstance(claim, Claim)
        link = annotate(
            annotator, SourceLink, {"claim": claim, "source": source, "stance": "mixed"}
        )
        note = annotate(annotator, Note, {"body": "Odd.", "target": claim})
        assert link.record()["spans"] == note.record()["spans"] == []
        assert link.record()["claim"] == note.record()["target"] == str(claim.public_id)

    @pytest.mark.parametrize("elsewhere", ["project", "version", "article"])
    def test_parent_of_other_project_or_version_is_rejected(
        self,
        elsewhere: str,
        project: Project,
        version: ArticleVersion,
        annotate: Callable[..., Annotation],
        member: Callable[..., User],
        annotator: User,
        source: Source,
    ) -> None:
        where: dict[str, Any] = {}
        if elsewhere == "project":
            where["project"] = Project.objects.create(
                slug="other", name="Other", tag_set=project.tag_set, is_public=True
            )
            Membership.objects.create(project=where["project"], user=annotator, role="annotator")
        elif elsewhere == "version":
            where["version"] = add_version(version.article, version.text + "\nMore.")
        else:
            other = create_article(ArticleDraft(title="Other", text=version.text))
            where["version"] = other.current_version
        claim = annotate(annotator, **where).content
        assert isinstance(claim, Claim)
        before = counts()
        with pytest.raises(InvalidInput) as exc_info:
            annotate(annotator, SourceLink, {"claim": claim, "source": source, "stance": "mixed"})
        assert exc_info.value.errors[0].path == ("claim",)
        with pytest.raises(InvalidInput) as exc_info:
            annotate(annotator, Note, {"target": claim, "body": "Odd."})
        assert exc_info.value.errors[0].path == ("target",)
        assert counts() == before


class TestSpans:
    TEXT = "👩‍🚀 reads: النص العربي مُشَكَّل and e\u0301cole, 𝒜 to 👍🏽 the end"

    @pytest.fixture
    def many(self, db: None) -> ArticleVersion:
        version = create_article(ArticleDraft(title="Signs", text=self.TEXT)).current_version
        assert version
        return version

    @pytest.mark.parametrize(
        "exact", ["👩‍🚀", "العربي مُشَكَّل", "école", "e\u0301cole", "𝒜", "👍", "🏽", "مُشَكَّل and é"]
    )
    def test_quote_in_any_script_resolves_to_code_points(
        self, exact: str, many: ArticleVersion, annotator: User, annotate: Any
    ) -> None:
        created = annotate(
            annotator, Note, {"spans": (Selector(exact=exact),), "body": "x"}, version=many
        )
        (span,) = created.record()["spans"]
        assert many.text[span["start"] : span["end"]] == span["exact"]
        assert many.text.startswith(span["suffix"], span["end"])
        assert many.text.endswith(span["prefix"], 0, span["start"])
        again = Selector(exact=span["exact"], prefix=span["prefix"], suffix=span["suffix"])
        both = Selector(**span)
        for selector in (again, both):
            content = Note, {"spans": (selector,), "body": "x"}
            assert annotate(annotator, *content, version=many).record()["spans"] == [span]

    def test_spans_may_touch_and_come_in_any_order(
        self, many: ArticleVersion, annotator: User, annotate: Any
    ) -> None:
        pieces = tuple(Selector(start=a, end=a + 3) for a in (20, 0, 3))
        created = annotate(annotator, Claim, {"spans": pieces, "text": "x"}, version=many)
        assert [(s["start"], s["end"]) for s in created.record()["spans"]] == [
            (0, 3),
            (3, 6),
            (20, 23),
        ]

    def test_spans_of_different_annotations_may_overlap(
        self, many: ArticleVersion, annotator: User, annotate: Any
    ) -> None:
        for start, end in ((0, 20), (5, 10), (8, 30), (5, 10)):
            spans = (Selector(start=start, end=end),)
            annotate(annotator, EntityTag, {"spans": spans, "type": "ORG"}, version=many)
        assert Annotation.objects.count() == 4


def test_described_source_with_same_url_is_stored_once(annotate: Any, annotator: User) -> None:
    for url in ("https://new.example/a", "HTTPS://New.Example/a"):
        source = SourceDraft(url=url, title="A")
        spans = (Selector(exact="Chile"),)
        annotate(
            annotator, SourceLink, {"spans": spans, "source": source, "stance": "primary_source"}
        )
    assert Source.objects.get(title="A").source_links.count() == 2
