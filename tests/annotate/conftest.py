"""Content of each kind of annotation, for the services and as request bodies."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User

from annotate import services
from annotate.models import MODELS, Annotation, Kind
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
    """Parametrize a test over all kinds."""
    found: Kind = request.param
    return found


@pytest.fixture
def address(kind: Kind) -> str:
    return ADDRESSES[kind]


@pytest.fixture
def entity(db: None) -> Entity:
    return create_entity(
        EntityDraft(
            name="Chile",
            type="GPE",
            qid="Q298",
            aliases=(("شيلي", "ar"), ("智利", "zh")),
            external_ids=(("geonames", "3895114"),),
            is_public=True,
        ),
        by=None,
    )


@pytest.fixture
def source(db: None) -> Source:
    draft = SourceDraft(url="https://stats.example/march", title="Exports in March", is_public=True)
    return find_or_create_source(draft, by=None)[0]


@pytest.fixture
def contents(entity: Entity, source: Source) -> dict[Kind, dict[str, Any]]:
    """Return content for an annotation of each kind, as `annotate.services` takes it."""
    spans = (Selector(exact="exports rose by 12 %"),)
    return {
        Kind.CLAIM: {"spans": spans, "text": "Exports rose by 12 % in March."},
        Kind.ENTITY_TAG: {"spans": (Selector(exact="Chile"),), "type": "GPE", "entity": entity},
        Kind.SOURCE_LINK: {"spans": spans, "source": source, "stance": "supports"},
        Kind.NOTE: {"spans": spans, "body": "Which month is it compared with?"},
    }


@pytest.fixture
def revision(entity: Entity) -> dict[Kind, dict[str, Any]]:
    """Return what to change for each kind, for the services and as request bodies."""
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
    """Return the smallest request body that creates an annotation of the kind."""
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
    project: Project, version: ArticleVersion, contents: dict[Kind, dict[str, Any]]
) -> Callable[..., Annotation]:
    """Return a function that creates an annotation, by default with the content of its kind."""

    def create(
        actor: User,
        kind: Kind | type[Annotation] = Kind.CLAIM,
        content: dict[str, Any] | None = None,
        **options: Any,
    ) -> Annotation:
        model = MODELS[kind] if isinstance(kind, Kind) else kind
        options = {"project": project, "version": version, **options}
        return services.create(model, content or contents[model.KIND], actor=actor, **options)

    return create
