from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.db import connection

from annotate import services
from annotate.models import Annotation, Claim, EntityTag, Kind, Note, SourceLink, Span
from annotate.projects.models import Project
from annotate.registry.drafts import EntityDraft, SourceDraft
from annotate.registry.models import Entity, EntityAlias, Source
from annotate.registry.services import (
    create_entity,
    find_or_create_source,
    revise_entity,
    revise_source,
)
from annotate.search.services import DEFAULT_SCOPES, get_scope
from articles.models import Article
from articles.text.anchor import Selector
from config.search.queue import index_pending
from config.search.services import SearchResults, search

QUOTE = (Selector(exact="exports rose by 12 %"),)


def run_search(
    typed: str, where: str = "annotations", user: Any = None, **options: Any
) -> SearchResults:
    scopes = [get_scope(where, user or AnonymousUser(), **options)]
    return search(typed, scopes)


def rows(*args: Any, **kwargs: Any) -> list[Any]:
    return [result.row.pk for result in run_search(*args, **kwargs).results]


@pytest.fixture
def claim(annotate: Any, annotator: User) -> Annotation:
    created: Annotation = annotate(
        annotator,
        Claim, {
            "spans": QUOTE, "text": "Shipments grew by an eighth.", "claimant": "The ministry",
            "rationale": "Customs say so.",
        },
    )  # fmt: skip
    return created


class TestAnnotations:
    @pytest.mark.parametrize(
        ("typed", "pointer"),
        [
            ("shipment", "/text"),
            ("exported", "/spans/0/exact"),
            ('"rose by"', "/spans/0/exact"),
            ("custom", "/rationale"),
            ("ministries", "/claimant"),
        ],
    )
    def test_search_matches_claim_text_and_quote(
        self, claim: Annotation, typed: str, pointer: str
    ) -> None:
        for where in ("annotations", "claims"):
            (result,) = run_search(typed, where).results
            assert (result.type, result.row.pk, result.pointer) == ("claim", claim.pk, pointer)
            assert result.snippet.highlights
            assert result.title.text == "Shipments grew by an eighth."
        assert [c.pk for c in Claim.objects.search(typed)] == [claim.pk]
        assert result.article == claim.version.article

    def test_search_matches_every_kind(
        self, annotate: Any, annotator: User, source: Source
    ) -> None:
        created = [
            annotate(annotator, EntityTag, {"spans": QUOTE, "type": "ORG"}),
            annotate(annotator, Note, {"spans": QUOTE, "body": "Which rose?"}),
            annotate(
                annotator,
                SourceLink,
                {"spans": QUOTE, "source": source, "stance": "supports", "evidence": "They rose."},
            ),
        ]
        assert set(rows("rose")) == {a.pk for a in created}
        # Own text ranks above quoted text.
        assert rows("rose")[-1] == created[0].pk
        assert rows("rose", "claims") == []

    def test_search_follows_revise_retract_and_restore(
        self, claim: Annotation, annotator: User
    ) -> None:
        assert rows("shipments") == [claim.pk]
        content = {"text": "Trade grew.", "spans": (Selector(exact="Exports to Chile"),)}
        revised = services.revise(claim, content, seen_revision=1, actor=annotator)
        assert (rows("shipments"), rows('"exports rose"')) == ([], [])
        assert rows("trade chile") == [claim.pk]
        services.retract(revised, seen_revision=2, actor=annotator)
        assert (rows("trade"), run_search("trade").counts) == ([], {"annotations": 0})
        services.restore(revised, seen_revision=3, actor=annotator)
        assert rows("trade") == [claim.pk]

    def test_search_follows_queryset_updates(self, claim: Annotation) -> None:
        index_pending()
        Claim.objects.update(text="Freight grew.")
        assert (rows("shipments"), rows("freight")) == ([], [claim.pk])
        Span.objects.filter(annotation=claim).delete()
        assert rows('"exports rose"') == []

    def test_search_matches_annotations_without_spans(
        self, annotate: Any, annotator: User, claim: Annotation, source: Source
    ) -> None:
        note = annotate(annotator, Note, {"target": claim, "body": "Compare February."})
        link = annotate(
            annotator,
            SourceLink,
            {
                "claim": claim.content,
                "source": source,
                "stance": "refutes",
                "evidence": "A fall of 3 %",
            },
        )
        assert (rows("february"), rows("fall")) == ([note.pk], [link.pk])
        # Changes that bypass the services.
        Note.objects.update(body="Compare March.")
        SourceLink.objects.update(evidence="A rise", locator="Page 4")
        bare = Claim.objects.create(
            kind=Kind.CLAIM, project=claim.project, version=claim.version, author=annotator,
            created_at=claim.created_at, updated_at=claim.updated_at, text="Kelp grows.",
            document='"state":"active","revision":1,',
        )  # fmt: skip
        assert (rows("march"), rows("rise page 4"), rows("kelp")) == (
            [note.pk],
            [link.pk],
            [bare.pk],
        )

    def test_search_uses_the_article_language(self, claim: Annotation) -> None:
        assert rows("shipment", language="en") == [claim.pk]
        assert rows("shipment", language="de") == []
        Article.objects.update(language="ja")
        assert rows("shipment") == []
        assert rows("shipments", language="ja") == [claim.pk]

    def test_blind_project_hides_results_counts_and_scores(
        self, annotate: Any, annotator: User, other_annotator: User, manager: User,
        project: Project, claim: Annotation,
    ) -> None:  # fmt: skip
        Project.objects.update(is_blind=True)
        before = run_search("shipments grew", user=annotator)
        seen = run_search("shipments grew", user=other_annotator)
        assert (seen.results, seen.counts) == ([], {"annotations": 0})
        assert run_search("shipments").counts == {"annotations": 0}
        assert rows("shipments", user=manager) == [claim.pk]
        # Others' annotations change neither rank nor score of one's own.
        for number in range(5):
            spoken = Claim, {"spans": QUOTE, "text": f"Shipments grew {'much ' * number}."}
            annotate(other_annotator, *spoken)
        after = run_search("shipments grew", user=annotator)
        assert after.counts == before.counts == {"annotations": 1}
        assert [(h.row, h.score) for h in after.results] == [
            (h.row, h.score) for h in before.results
        ]


class TestRegistries:
    def test_search_matches_entity_names_and_aliases(self, entity: Entity) -> None:
        for typed, pointer in {
            "chile": "/external",
            "شيلي": "/aliases/0/name",
            "智利": "/aliases/1/name",
            "q298": "/qid",
        }.items():
            (result,) = run_search(typed, "entities").results
            assert (result.type, result.row, result.title.text) == ("entity", entity, "Chile")
            if pointer != "/external":
                assert result.pointer == pointer
        assert list(Entity.objects.search("chile")) == [entity]

    def test_search_follows_revised_entity(self, entity: Entity) -> None:
        assert rows("智利", "entities") == [entity.pk]
        revise_entity(entity, by=None, aliases=[("Tschili", "de")])
        assert (rows("智利", "entities"), rows("tschili", "entities")) == ([], [entity.pk])

    def test_search_follows_entity_queryset_updates(self, db: None) -> None:
        kelp = Entity.objects.create(name="Kelp", type="ORG", is_public=True)
        assert rows("kelp", "entities") == [kelp.pk]
        Entity.objects.update(description="A company")
        assert rows("company kelp", "entities") == [kelp.pk]
        EntityAlias.objects.create(entity=kelp, name="Seetang")
        assert rows("seetang", "entities") == [kelp.pk]
        EntityAlias.objects.update(name="Tang")
        assert (rows("seetang", "entities"), rows("tang", "entities")) == ([], [kelp.pk])
        EntityAlias.objects.all().delete()
        assert rows("tang", "entities") == []
        Entity.objects.all().delete()
        assert rows("kelp", "entities") == []
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM search_entity")
            assert cursor.fetchone()[0] == 0

    def test_search_matches_source_title_publisher_and_url(self, source: Source) -> None:
        url = "https://stats.example/m%C3%A4rz"
        revise_source(source, by=None, url=url, publisher="Bureau", title="")
        for typed in ("bureau", "stats example", "märz", "marz"):
            assert rows(typed, "sources") == [source.pk]
        assert rows("exports", "sources") == []
        Source.objects.update(title="Exports")
        assert list(Source.objects.search("exports")) == [source]
        Source.objects.all().delete()
        assert rows("exports", "sources") == []
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM search_source")
            assert cursor.fetchone()[0] == 0


def test_results_of_several_scopes_are_interleaved(
    claim: Annotation, entity: Entity, source: Source, annotate: Any, annotator: User
) -> None:
    annotate(annotator, Claim, {"spans": QUOTE, "text": "Exports matter."})
    everything = [get_scope(name, AnonymousUser()) for name in DEFAULT_SCOPES]
    results = search("exports", everything).results
    # The best of each, then the second of each.
    assert [result.type for result in results] == ["article", "claim", "source", "claim"]
    assert [result.row for result in search("exports", everything, offset=1, limit=2).results] == [
        result.row for result in results[1:3]
    ]


def test_search_query_count_is_constant(
    annotate: Any, annotator: User, django_assert_num_queries: Any
) -> None:
    user = User.objects.get(pk=annotator.pk)
    everything = [get_scope(name, user) for name in DEFAULT_SCOPES]
    for _ in range(2):
        annotate(annotator, Claim, {"spans": QUOTE, "text": "Exports rose."})
        annotate(annotator, EntityTag, {"spans": QUOTE, "type": "ORG"})
        create_entity(EntityDraft(name="Exports", type="ORG", is_public=True), by=None)
        url = f"https://e.example/{Source.objects.count()}"
        address = SourceDraft(url=url, title="Exports", is_public=True)
        find_or_create_source(address, by=None)
        index_pending(None)
        with django_assert_num_queries(18):
            found = search("exports", everything)
        assert min(found.counts.values()) >= 1
