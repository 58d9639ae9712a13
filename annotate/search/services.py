"""Search articles, annotations, entities and sources.

Annotations, entities and sources are limited to those that the user can see; no count, rank or
score depends on others.
"""

from collections.abc import Collection, Iterable, Iterator

from django.utils.translation import gettext_lazy as _

from annotate.models import Annotation, Kind
from annotate.models.annotation import ANNOTATIONS
from annotate.projects.models import AnyUser
from annotate.registry.models import ENTITIES, SOURCES, Entity, Source
from articles.search import get_article_scope
from config.db.languages import match_language
from config.search.services import Field, ResultRow, SearchScope

SCOPES = {
    "articles": _("Articles"),
    "claims": _("Claims"),
    "annotations": _("Annotations"),
    "entities": _("Entities"),
    "sources": _("Sources"),
}
# Claims are annotations too, so the default scopes leave them out.
DEFAULT_SCOPES = tuple(name for name in SCOPES if name != "claims")
TYPES = {
    "article": _("Article"),
    **dict(Kind.choices),
    "entity": _("Entity"),
    "source": _("Source"),
}


def get_scope(name: str, user: AnyUser, language: str = "") -> SearchScope:
    """Return the scope `name`, limited to what `user` can see and to a language if given."""
    if name == "articles":
        return get_article_scope(language)
    if name in ("entities", "sources"):
        is_entities = name == "entities"
        index, load = (ENTITIES, _load_entities) if is_entities else (SOURCES, _load_sources)
        # Entities and sources have no language.
        rows = index.model.objects.none() if language else index.model.objects.visible_to(user)
        return SearchScope(name, index, rows, load)
    annotations = Annotation.objects.visible_to(user).active()
    if name == "claims":
        annotations = annotations.filter(kind=Kind.CLAIM)
    annotations = annotations.filter(match_language("version__article__language", language))
    return SearchScope(name, ANNOTATIONS, annotations, _load_annotations)


def _load_annotations(keys: Collection[int]) -> Iterable[ResultRow]:
    for annotation in Annotation.objects.filter(pk__in=keys).for_reading():
        # An annotation without any text was changed since it was found.
        if fields := list(_get_fields(annotation)):
            yield ResultRow(annotation.kind, annotation, fields[0], fields, annotation.version)


def _get_fields(annotation: Annotation) -> Iterator[Field]:
    """Yield the annotation's main text, then its quotes, then its other texts."""
    content, language = annotation.content, annotation.version.article.language
    own = [
        (field.name, text)
        for field in content.text_fields()
        if (text := getattr(content, field.name))
    ]
    quotes = [(f"spans/{n}/exact", span.exact) for n, span in enumerate(annotation.spans.all())]
    for name, text in [*own[:1], *quotes, *own[1:]]:
        yield Field(f"/{name}", text, language)


def _load_entities(keys: Collection[int]) -> Iterable[ResultRow]:
    for entity in Entity.objects.filter(pk__in=keys).for_reading():
        aliases = [
            Field(f"/aliases/{number}/name", alias.name, alias.language)
            for number, alias in enumerate(entity.aliases.all())
        ]
        fields = [
            Field("/description", entity.description),
            *aliases,
            Field("/qid", entity.qid or ""),
        ]
        yield ResultRow("entity", entity, Field("/name", entity.name), fields)


def _load_sources(keys: Collection[int]) -> Iterable[ResultRow]:
    for source in Source.objects.filter(pk__in=keys):
        url, publisher = Field("/url", source.url), Field("/publisher", source.publisher)
        title = Field("/title", source.title) if source.title else url
        yield ResultRow("source", source, title, [url, publisher])
