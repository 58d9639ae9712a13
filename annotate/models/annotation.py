"""`Annotation`: what all kinds of annotation have in common, and the queries over them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, Self, cast
from uuid import UUID

import orjson
from django.conf import settings
from django.db import models
from django.db.models.functions import Left
from django.utils.translation import gettext_lazy as _

from annotate.projects.models import (
    AnyUser,
    Project,
    Tag,
    ViewerRole,
    get_viewer_role,
    visible_work_q,
    visible_work_q_for_role,
)
from articles.models import Article, ArticleVersion
from articles.text.anchor import Span as TextSpan
from articles.text.anchor import get_quote
from config.db.constraints import choices_constraint
from config.db.prepared_query import PreparedQuery
from config.db.public_id import PublicModel
from config.db.timestamps import rfc3339
from config.search.document import Document
from config.search.index import Index, parse_query
from config.search.queue import index_pending
from config.types import Record

if TYPE_CHECKING:
    from annotate.models import Claim, EntityTag, Note, SourceLink

# The maximum length of a free text of an annotation, in code points.
MAX_TEXT = 10_000
# How much of a quote the database indexes, in code points.
INDEXED_QUOTE = 80
# Rows read at a time by `iterate_records`.
CHUNK = 1000
# Weights by rarity would reveal how often a word occurs in annotations that a user cannot see.
ANNOTATIONS = Index("annotation", "annotate.Annotation", weighs_rarity=False)


class Kind(models.TextChoices):
    CLAIM = "claim", _("Claim")
    ENTITY_TAG = "entity_tag", _("Entity tag")
    SOURCE_LINK = "source_link", _("Source link")
    NOTE = "note", _("Note")


class State(models.TextChoices):
    ACTIVE = "active", _("Active")
    RETRACTED = "retracted", _("Retracted")


class DeletionForbidden(TypeError):
    """Annotations cannot be deleted, only retracted."""


class AnnotationQuerySet(models.QuerySet):
    def active(self) -> Self:
        return self.filter(state=State.ACTIVE)

    def visible_to(self, user: AnyUser) -> Self:
        """Filter to what the user can see; blind projects hide the work of fellow annotators."""
        return self.filter(visible_work_q(user, "author"))

    def for_reading(self) -> Self:
        """Prefetch what `record()` needs, in a fixed number of queries and without texts."""
        related = ("project", "author", "version__article", "reanchored_from", *self._references())
        texts = ("version__text", "version__blocks", "project__description", "project__guidelines")
        rows = self.select_related(*related).defer("document", *texts)
        return rows.prefetch_related("spans")

    def with_quote(self, exact: str) -> Self:
        """Filter to annotations that have a span with exactly this quote."""
        spans = Span.objects.alias(head=Left("exact", INDEXED_QUOTE)).filter(exact=exact)
        return self.filter(pk__in=spans.filter(head=exact[:INDEXED_QUOTE]).values("annotation"))

    def search(self, text: str) -> Self:
        """Filter by a search query over quotes and text fields (docs/search.md)."""
        index_pending()
        return self.filter(ANNOTATIONS.matching(parse_query(text)))

    def documents(self, keys: Sequence[int]) -> dict[int, Document]:
        """Return what search indexes: text fields and quotes, of annotations of any kind."""
        quotes: defaultdict[int, list[str]] = defaultdict(list)
        for span in Span.objects.filter(annotation__in=keys):
            quotes[span.annotation_id].append(span.exact)
        # The first text field of a kind weighs more than the others and the quotes.
        titles, others = _text_paths()
        columns = ("pk", "version__article__language", *titles, *others)
        rows = self.filter(pk__in=keys).values_list(*columns)
        return {
            key: Document(
                title=[(text, language) for text in texts[: len(titles)] if text],
                text=[(text, language) for text in (*quotes[key], *texts[len(titles) :]) if text],
            )
            for key, language, *texts in rows
        }

    def order_by_position(self, *fields: str) -> Self:
        """Sort by `fields`, then by the first span; annotations without spans come last."""
        position = models.F("first_start").asc(nulls_last=True)
        rows = self.annotate(first_start=models.Min("spans__start"))
        return rows.order_by(*fields, position, "public_id")

    def order_by_article(self) -> Self:
        """Sort by article, the newest first, then by position in its text."""
        return self.order_by_position("-version__article")

    def attached_to(self, annotation: "Annotation") -> Self:
        """Filter to the source links and notes of an annotation, oldest first."""
        attached = models.Q()
        for model in Annotation.__subclasses__():
            if model.parent_field:
                attached |= models.Q(**{f"as_{model.KIND}__{model.parent_field}": annotation.pk})
        return self.filter(attached).for_reading().order_by("public_id")

    def count_by_article(self, articles: Iterable[Article]) -> defaultdict[int, Counter[str]]:
        """Return the number of annotations of each kind by article key."""
        rows = self.filter(version__article__in=list(articles)).order_by()
        numbers = rows.values_list("version__article", "kind").annotate(models.Count("pk"))
        counts: defaultdict[int, Counter[str]] = defaultdict(Counter)
        for article, kind, number in numbers:
            counts[article][kind] = number
        return counts

    def fetch_records(self) -> list[Record]:
        """Return the `record()` of each annotation from one query, without model instances."""
        return _read_documents(self._document_rows())

    def iterate_records(self) -> Iterator[list[Record]]:
        """Yield the same in chunks, for result sets of any size."""
        rows = self._document_rows().iterator(chunk_size=CHUNK)
        while records := _read_documents(islice(rows, CHUNK)):
            yield records

    def fetch_record(self, public_id: UUID, user: AnyUser) -> Record | None:
        """Return the record of an annotation that the user can see, even if it is retracted."""
        return next(iter(self._fetch_prepared("public_id", public_id, user)), None)

    def fetch_article_records(self, article: UUID, user: AnyUser) -> list[Record]:
        """Return the records of an article's active annotations that the user can see."""
        return self._fetch_prepared("version__article__public_id", article, user)

    def _fetch_prepared(self, lookup: str, value: UUID, user: AnyUser) -> list[Record]:
        variant = (cast("type[Annotation]", self.model), get_viewer_role(user), lookup)
        return _read_documents(_VISIBLE.fetch_rows(value, user.pk or 0, variant=variant))

    def _document_rows(self) -> models.QuerySet[Any]:
        return self.values_list("document")

    def _references(self) -> list[str]:
        model = cast("type[Annotation]", self.model)
        if model is not Annotation:
            return [field.name for field in model.reference_fields()]
        kinds = Annotation.__subclasses__()
        references = [f"as_{k.KIND}__{field.name}" for k in kinds for field in k.reference_fields()]
        return [*(f"as_{kind.KIND}" for kind in kinds), *references]

    def delete(self) -> NoReturn:
        raise DeletionForbidden("Annotations cannot be deleted. Retract them instead.")


def _select_visible(
    variant: tuple[type["Annotation"], ViewerRole, str], value: Any, user_key: Any
) -> models.QuerySet[Any]:
    model, role, lookup = variant
    visible = model.objects.filter(visible_work_q_for_role(role, user_key, "author"))
    rows = visible.filter(**{lookup: value})
    if lookup != "public_id":
        rows = rows.active()
    return rows.order_by("public_id")._document_rows()


_VISIBLE = PreparedQuery(_select_visible)


@cache
def _text_paths() -> tuple[list[str], list[str]]:
    """Return the paths of all text fields: the first one of each kind, and the others."""
    paths = [
        [f"as_{model.KIND}__{field.name}" for field in model.text_fields()]
        for model in Annotation.__subclasses__()
    ]
    return [path for kind in paths for path in kind[:1]], [p for kind in paths for p in kind[1:]]


@cache
def _defaults(kind: str) -> Record:
    """Return what a record has for content fields that are newer than its document."""
    (model,) = (model for model in Annotation.__subclasses__() if kind == model.KIND)
    return {
        field.name: to_json(field.get_default())
        for field in model.content_fields()
        if not callable(field.default)
    }


def _read_documents(rows: Iterable[Sequence[Any]]) -> list[Record]:
    """Return the records of rows that `_document_rows` selects."""
    records = []
    for (document,) in rows:
        record: Record = orjson.loads(document)
        defaults = _defaults(record["kind"])
        if not defaults.keys() <= record.keys():
            record = {**defaults, **record}
        records.append(record)
    return records


def to_json(value: Any) -> Any:
    """Return the value of a content field as a record has it."""
    match value:
        case Tag():
            return value.code
        case PublicModel():
            return str(value.public_id)
        case datetime():
            return rfc3339(value)
        case date():
            return value.isoformat()
    return value


class Annotation(PublicModel):
    """One statement by one person in one project about one version of an article.

    Each kind is a subclass that adds its own fields. Forms, serializers, admin, CSV columns and
    search derive from these fields (docs/adding-a-field.md). Annotations are written only by
    `annotate.services`.
    """

    KIND: ClassVar[Kind]
    # The field that names the annotation this one belongs to; then spans are optional.
    parent_field: ClassVar[str] = ""
    # The content of an example request in the API docs.
    example: ClassVar[dict[str, Any]] = {}

    kind = models.CharField(_("kind"), max_length=20, choices=Kind, editable=False)
    project = models.ForeignKey(
        Project, models.PROTECT, related_name="annotations", verbose_name=_("project")
    )
    version = models.ForeignKey(
        ArticleVersion, models.PROTECT, related_name="annotations", verbose_name=_("version")
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="annotations",
        verbose_name=_("author"),
    )
    state = models.CharField(
        _("state"), max_length=20, choices=State, default=State.ACTIVE, editable=False
    )
    revision = models.PositiveIntegerField(_("revision"), default=1, editable=False)
    reanchored_from = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="reanchored_to",
        verbose_name=_("re-anchored from"),
    )
    created_at = models.DateTimeField(_("created at"), editable=False)
    updated_at = models.DateTimeField(_("updated at"), editable=False)
    # The JSON of `record()`, so that lists need no model instances and few joins.
    document = models.TextField(_("document"), editable=False)

    objects = AnnotationQuerySet.as_manager()

    class Meta:
        verbose_name = _("annotation")
        verbose_name_plural = _("annotations")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["version", "state"]),
            models.Index(fields=["version", "project"]),
            models.Index(fields=["project", "kind", "state"]),
            models.Index(fields=["author", "project"]),
            models.Index(fields=["updated_at"]),
        ]
        constraints = [
            choices_constraint("kind", Kind),
            choices_constraint("state", State),
            models.CheckConstraint(condition=models.Q(revision__gte=1), name="revision_from_1"),
            models.UniqueConstraint(
                fields=["reanchored_from", "version"], name="annotation_is_reanchored_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.public_id}"

    @classmethod
    @cache
    def content_fields(cls) -> tuple[models.Field, ...]:
        """Return the fields that this kind adds, in the order of its class body."""
        if cls is Annotation:
            return ()
        return tuple(f for f in cls._meta.local_concrete_fields if not f.primary_key)

    @classmethod
    def text_fields(cls) -> list[models.Field]:
        """Return the content fields that hold free text. The first one is the main text."""
        return [
            field
            for field in cls.content_fields()
            if isinstance(field, models.CharField | models.TextField) and not field.choices
        ]

    @classmethod
    def reference_fields(cls) -> list[models.ForeignKey]:
        """Return the content fields that refer to another object."""
        return [f for f in cls.content_fields() if isinstance(f, models.ForeignKey)]

    @property
    def content(self) -> "Claim | EntityTag | SourceLink | Note":
        """The annotation as an instance of its kind."""
        is_kind = type(self) is not Annotation
        return cast("Claim", self if is_kind else getattr(self, f"as_{self.kind}"))

    @property
    def is_active(self) -> bool:
        return self.state == State.ACTIVE

    @property
    def parent_id(self) -> int | None:
        """The key of the annotation that this one belongs to."""
        return getattr(self.content, f"{self.content.parent_field}_id", None)

    def quoted_text(self) -> str:
        """Return the quotes of all spans as one line."""
        return " … ".join(" ".join(span.exact.split()) for span in self.spans.all())

    def content_values(self) -> dict[str, Any]:
        """Return the values of the content fields, as `annotate.services` takes them."""
        content = self.content
        return {field.name: getattr(content, field.name) for field in content.content_fields()}

    def record(self, spans: "Iterable[Span] | None" = None) -> Record:
        """Return the annotation as JSON values: what the API returns and the change log stores.

        Times are RFC 3339 in UTC, offsets are code points. Pass `spans` if they are not saved yet.
        """
        return {
            "id": str(self.public_id),
            "kind": self.kind,
            "project": self.project.slug,
            "article": str(self.version.article.public_id),
            "version": str(self.version.public_id),
            "author": self.author.get_username(),
            "state": self.state,
            "revision": self.revision,
            "reanchored_from": to_json(self.reanchored_from),
            "created_at": rfc3339(self.created_at),
            "updated_at": rfc3339(self.updated_at),
            "spans": [span.record() for span in (self.spans.all() if spans is None else spans)],
            **self.content.content_record(),
        }

    def content_record(self) -> Record:
        """Return the content fields of this kind as JSON values."""
        return {name: to_json(value) for name, value in self.content_values().items()}

    def update_document(self, spans: "Iterable[Span] | None" = None) -> Record:
        """Set `document` to the current `record()`, and return that."""
        record = self.record(spans)
        self.document = orjson.dumps(record).decode()
        return record

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise DeletionForbidden("Annotations cannot be deleted. Retract them instead.")


class Span(models.Model):
    """`[start, end)` of the version's text in code points, with its quote and context.

    The quote is stored (as a W3C TextQuoteSelector) so that lists need not load the text, and so
    that `manage.py verify_spans` can detect damage to either.
    """

    annotation = models.ForeignKey(
        Annotation, models.CASCADE, related_name="spans", verbose_name=_("annotation")
    )
    start = models.PositiveIntegerField(_("start"))
    end = models.PositiveIntegerField(_("end"))
    exact = models.TextField(_("quote"))
    prefix = models.CharField(_("prefix"), max_length=64, blank=True)
    suffix = models.CharField(_("suffix"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("span")
        verbose_name_plural = _("spans")
        ordering = ["start"]
        constraints = [
            models.UniqueConstraint(fields=["annotation", "start"], name="span_start_unique"),
            models.CheckConstraint(
                condition=models.Q(start__lt=models.F("end")), name="span_not_empty"
            ),
        ]
        # A prefix, because a long quote is too large for an index.
        indexes = [models.Index(Left("exact", INDEXED_QUOTE), name="span_quote")]

    def __str__(self) -> str:
        return f"[{self.start}, {self.end}) {self.exact[:40]}"

    @classmethod
    def build(cls, annotation: Annotation, span: TextSpan, text: str) -> Self:
        """Return an unsaved row for a resolved span of a version's text."""
        return cls(
            annotation=annotation, start=span.start, end=span.end, **get_quote(text, span)._asdict()
        )

    def record(self) -> Record:
        """Return both W3C selectors: position and quote."""
        names = ("start", "end", "exact", "prefix", "suffix")
        return {name: getattr(self, name) for name in names}
