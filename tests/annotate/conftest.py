"""One annotation of each kind, as a draft and as the body of a request."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User

from annotate import services as writes
from annotate.drafts import ClaimDraft, Draft, EntityTagDraft, NoteDraft, SourceLinkDraft
from annotate.models import Annotation, Kind
from annotate.projects.models import Project
from annotate.registry.drafts import EntityDraft, SourceDraft
from annotate.registry.models import Entity, Source
from annotate.registry.services import create_entity, find_or_create_source
from articles.models import ArticleVersion
from articles.text.anchor import Selector

ADDRESSES = {
    Kind.CLAIM: "/api/v1/claims/",
    Kind.ENTITY_TAG: "/api/v1/entity-tags/",
    Kind.SOURCE_LINK: "/api/v1/source-links/",
    Kind.NOTE: "/api/v1/notes/",
}


@pytest.fixture(params=list(Kind))
def kind(request: pytest.FixtureRequest) -> Kind:
    """Each kind in turn."""
    found: Kind = request.param
    return found


@pytest.fixture
def address(kind: Kind) -> str:
    """Where annotations of the kind are read and written."""
    return ADDRESSES[kind]


@pytest.fixture
def entity(db: None) -> Entity:
    """An entity of the registry."""
    return create_entity(
        EntityDraft(
            name="Chile",
            type="GPE",
            qid="Q298",
            aliases=(("شيلي", "ar"), ("智利", "zh")),
            external_ids=(("geonames", "3895114"),),
        ),
        by=None,
    )


@pytest.fixture
def source(db: None) -> Source:
    """A source of the registry."""
    draft = SourceDraft(url="https://stats.example/march", title="Exports in March")
    return find_or_create_source(draft, by=None)[0]


@pytest.fixture
def drafts(entity: Entity, source: Source) -> dict[Kind, Draft]:
    """What each kind can say of the article."""
    spans = (Selector(exact="exports rose by 12 %"),)
    return {
        Kind.CLAIM: ClaimDraft(spans=spans, text="Exports rose by 12 % in March."),
        Kind.ENTITY_TAG: EntityTagDraft(
            spans=(Selector(exact="Chile"),), type="GPE", entity=entity
        ),
        Kind.SOURCE_LINK: SourceLinkDraft(spans=spans, source=source, stance="supports"),
        Kind.NOTE: NoteDraft(spans=spans, body="Which month is it compared with?"),
    }


@pytest.fixture
def revision(entity: Entity) -> dict[Kind, dict[str, Any]]:
    """Another thing to say, for each kind, by the names of the draft and of the API."""
    return {
        Kind.CLAIM: {"text": "Exports rose by an eighth.", "verdict": "mixed"},
        Kind.ENTITY_TAG: {"certainty": "unsure"},
        Kind.SOURCE_LINK: {"stance": "refutes", "evidence": "a fall of 3 %"},
        Kind.NOTE: {"body": "With February, it seems."},
    }


@pytest.fixture
def body(
    kind: Kind, project: Project, version: ArticleVersion, entity: Entity, source: Source
) -> dict[str, Any]:
    """The smallest request that makes an annotation of the kind."""
    own: dict[Kind, dict[str, Any]] = {
        Kind.CLAIM: {"text": "Exports rose by 12 % in March."},
        Kind.ENTITY_TAG: {"type": "GPE"},
        Kind.SOURCE_LINK: {"source": str(source.public_id), "stance": "supports"},
        Kind.NOTE: {"body": "Which month is it compared with?"},
    }
    return {
        "project": project.slug,
        "version": str(version.public_id),
        "spans": [{"exact": "exports rose by 12 %"}],
        **own[kind],
    }


@pytest.fixture
def annotate(
    project: Project, version: ArticleVersion, drafts: dict[Kind, Draft]
) -> Callable[..., Annotation]:
    """Make an annotation; a draft of the kind is at hand where none is given."""

    def make(by: User, what: Kind | Draft = Kind.CLAIM, **where: Any) -> Annotation:
        draft = what if isinstance(what, Draft) else drafts[what]
        return writes.create(
            draft, **{"project": project, "version": version, "actor": by, **where}
        )

    return make
