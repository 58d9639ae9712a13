"""Search over what is said of articles: annotations, and the registries that they point to.

Annotations are found by those who may see them. Nothing of the others shows, not even in a count
or a rank."""

from collections.abc import Iterable, Iterator, Mapping

from annotate.models import Annotation, Kind
from annotate.models.annotation import ANNOTATIONS
from annotate.projects.models import AnyUser
from annotate.registry.models import ENTITIES, SOURCES, Entity, Source
from articles.search import in_articles
from config.db.languages import in_language
from config.search.query import Query
from config.search.services import Field, Hit, Scope

# Together they are everything there is, once.
EVERYTHING = ("articles", "annotations", "entities", "sources")
SCOPES = ("articles", "claims", "annotations", "entities", "sources")


def scope(name: str, user: AnyUser, language: str = "") -> Scope:
    """Give one of the SCOPES as the user may search it. `claims` are some of `annotations`.

    Entities and sources are in no language.
    """
    if name == "articles":
        return in_articles(language)
    if name == "entities":
        entities = Entity.objects.none() if language else Entity.objects.all()
        return Scope(name, ENTITIES, entities, _show_entities)
    if name == "sources":
        sources = Source.objects.none() if language else Source.objects.all()
        return Scope(name, SOURCES, sources, _show_sources)
    among = Annotation.objects.visible_to(user).active()
    if name == "claims":
        among = among.filter(kind=Kind.CLAIM)
    among = among.filter(in_language("version__article__language", language))
    return Scope(name, ANNOTATIONS, among, _show_annotations)


def _show_annotations(scores: Mapping[int, float], query: Query) -> Iterable[tuple[int, Hit]]:
    for annotation in Annotation.objects.filter(pk__in=scores).for_reading():
        fields = list(_fields_of(annotation))
        # What has no words any more was changed since it was found.
        if fields:
            score, version = scores[annotation.pk], annotation.version
            hit = Hit.of(
                annotation.kind, annotation, score, query, fields[0], *fields, version=version
            )
            yield annotation.pk, hit


def _fields_of(annotation: Annotation) -> Iterator[Field]:
    """Give its own words, then those that it quotes."""
    content, language = annotation.content, annotation.version.article.language
    said = (
        (name, getattr(content, name, ""))
        for name in ("text", "body", "evidence", "rationale", "claimant_name", "locator")
    )
    quoted = (
        (f"spans/{number}/exact", span.exact) for number, span in enumerate(annotation.spans.all())
    )
    own = [(name, words) for name, words in said if words]
    for name, words in [*own[:1], *quoted, *own[1:]]:
        yield Field(f"/{name}".replace("_name", ""), words, language)


def _show_entities(scores: Mapping[int, float], query: Query) -> Iterable[tuple[int, Hit]]:
    for entity in Entity.objects.filter(pk__in=scores).for_reading():
        aliases = (
            Field(f"/aliases/{number}/name", alias.name, alias.language)
            for number, alias in enumerate(entity.aliases.all())
        )
        title = Field("/name", entity.name)
        others = (
            Field("/description", entity.description),
            *aliases,
            Field("/qid", entity.qid or ""),
        )
        yield entity.pk, Hit.of("entity", entity, scores[entity.pk], query, title, *others)


def _show_sources(scores: Mapping[int, float], query: Query) -> Iterable[tuple[int, Hit]]:
    for source in Source.objects.filter(pk__in=scores):
        title = Field("/title", source.title) if source.title else Field("/url", source.url)
        others = (Field("/url", source.url), Field("/publisher", source.publisher))
        yield source.pk, Hit.of("source", source, scores[source.pk], query, title, *others)
