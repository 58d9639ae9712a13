"""One statement by one person in one project about one version."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, NoReturn, Self, cast
from uuid import UUID

import orjson
from django.conf import settings
from django.db import models
from django.db.models.functions import Left

from annotate.projects.models import (
    AnyUser,
    Project,
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

if TYPE_CHECKING:
    from annotate.models import Claim, EntityTag, Note, SourceLink


# The longest that a free text of an annotation may be, in code points.
MAX_WORDS = 10_000
# How much of a quote is indexed, in code points.
WORDS_INDEXED = 80
# Records that are read at a time where there are many.
CHUNK = 1000

Record = dict[str, Any]

# How rare a word is in all annotations would tell of those that somebody may not see.
ANNOTATIONS = Index("annotation", "annotate.Annotation", weighs_rarity=False)


class Kind(models.TextChoices):
    """The kinds of annotation."""

    CLAIM = "claim", "Claim"
    ENTITY_TAG = "entity_tag", "Entity tag"
    SOURCE_LINK = "source_link", "Source link"
    NOTE = "note", "Note"


class State(models.TextChoices):
    """Whether an annotation stands."""

    ACTIVE = "active", "Active"
    RETRACTED = "retracted", "Retracted"


class AnnotationIsKept(TypeError):
    """Somebody tried to delete an annotation. It can be retracted, and that can be undone."""


class AnnotationQuerySet(models.QuerySet):
    """Ways to ask for annotations of any kind."""

    def active(self) -> Self:
        """Keep those that stand."""
        return self.filter(state=State.ACTIVE)

    def visible_to(self, user: AnyUser) -> Self:
        """Keep what the user may see: blind means blind, for strangers and fellow annotators."""
        return self.filter(visible_work_q(user, "author"))

    def for_reading(self) -> Self:
        """Fetch what `record()` needs, in a fixed number of queries and without any text."""
        return (
            self.select_related(
                "project", "author", "version__article", "reanchored_from", *self._related_content()
            )
            .defer(
                "document",
                "version__text",
                "version__blocks",
                "project__description",
                "project__guidelines",
            )
            .prefetch_related("spans")
        )

    def quoting(self, words: str) -> Self:
        """Keep those with a passage of just these words."""
        spans = Span.objects.alias(head=Left("exact", WORDS_INDEXED))
        spans = spans.filter(head=words[:WORDS_INDEXED], exact=words)
        return self.filter(pk__in=spans.values("annotation"))

    def search(self, words: str) -> Self:
        """Keep those in whose quotes or own words the words are (docs/search.md)."""
        index_pending()
        return self.filter(ANNOTATIONS.matching(parse_query(words)))

    def documents(self, keys: Sequence[int]) -> dict[int, Document]:
        """Give what is searched of the annotations with these keys, of any kind."""
        quoted: defaultdict[int, list[str]] = defaultdict(list)
        for span in Span.objects.filter(annotation__in=keys):
            quoted[span.annotation_id].append(span.exact)
        own = (
            "as_claim__text",
            "as_note__body",
            "as_source_link__evidence",
            "as_claim__rationale",
            "as_claim__claimant_name",
            "as_source_link__locator",
        )
        rows = self.filter(pk__in=keys).values_list("pk", "version__article__language", *own)
        return {
            key: Document(
                title=[(words, language) for words in said[:3] if words],
                text=[
                    *((words, language) for words in quoted[key]),
                    *((words, language) for words in said[3:] if words),
                ],
            )
            for key, language, *said in rows
        }

    def in_text_order(self) -> Self:
        """Sort by where the first span starts; those without spans come last."""
        return self.annotate(first_start=models.Min("spans__start")).order_by(
            models.F("first_start").asc(nulls_last=True), "public_id"
        )

    def by_article(self) -> Self:
        """Sort by article, the newest first, and within one by where they stand in its text."""
        return self.annotate(first_start=models.Min("spans__start")).order_by(
            "-version__article", models.F("first_start").asc(nulls_last=True), "public_id"
        )

    def around(self, annotation: "Annotation") -> Self:
        """Keep the sources of a claim and the notes on an annotation, oldest first."""
        return (
            self.filter(
                models.Q(as_source_link__claim=annotation.pk)
                | models.Q(as_note__target=annotation.pk)
            )
            .for_reading()
            .order_by("public_id")
        )

    def count_by_article(self, articles: Iterable[Article]) -> defaultdict[int, Counter[str]]:
        """Count how many of each kind there are on each article, by its key."""
        counted = (
            self.filter(version__article__in=[article.pk for article in articles])
            .values_list("version__article", "kind")
            .annotate(number=models.Count("pk"))
            .order_by()
        )
        found: defaultdict[int, Counter[str]] = defaultdict(Counter)
        for article, kind, number in counted:
            found[article][kind] = number
        return found

    def records(self) -> list[Record]:
        """Read what `record()` would give of each, in one query and without any model."""
        return [_told(*row) for row in self._written()]

    def record_of(self, public_id: UUID, user: AnyUser) -> list[Record]:
        """Read the record of one annotation, where the user may see it; retracted ones too."""
        return self._asked("public_id", public_id, user)

    def records_on(self, article: UUID, user: AnyUser) -> list[Record]:
        """Read the records of what stands on one article that the user may see, in their order."""
        return self._asked("version__article__public_id", article, user)

    def _asked(self, by: str, key: UUID, user: AnyUser) -> list[Record]:
        role = get_viewer_role(user)
        variant = (cast("type[Annotation]", self.model), role, by)
        rows = _STATEMENT.fetch_rows(key, user.pk or 0, variant=variant)
        return [_told(*row) for row in rows]

    def streamed_records(self) -> Iterator[list[Record]]:
        """Read the same of any number of annotations, some at a time."""
        rows = self._written().iterator(chunk_size=CHUNK)
        while found := [_told(*row) for row in islice(rows, CHUNK)]:
            yield found

    def _written(self) -> models.QuerySet[Any]:
        """Ask for the documents, with the names in them that others may have changed since."""
        return self.values_list(
            "document",
            "project__slug",
            "author__username",
            self._named(Kind.CLAIM, "claimant_entity__name"),
            self._named(Kind.ENTITY_TAG, "tag__code"),
        )

    def _named(self, kind: Kind, path: str) -> Any:
        """Ask for a name that annotations of one kind have."""
        model = cast("type[Annotation]", self.model)
        if model is Annotation:
            # Not by joins: with those of every kind PostgreSQL plans for longer than it reads.
            (content,) = (other for other in Annotation.__subclasses__() if kind == other.KIND)
            own = content.objects.filter(pk=models.OuterRef("pk")).order_by()
            return models.Subquery(own.values(path)[:1])
        return path if kind == model.KIND else models.Value(None, models.CharField())

    def _related_content(self) -> Iterable[str]:
        model = cast("type[Annotation]", self.model)
        if model is not Annotation:
            return model.content_relations
        return [
            name
            for kind in Annotation.__subclasses__()
            for name in (
                f"as_{kind.KIND}",
                *(f"as_{kind.KIND}__{relation}" for relation in kind.content_relations),
            )
        ]

    def delete(self) -> NoReturn:
        """Refuse."""
        raise AnnotationIsKept("Nothing is deleted: retract an annotation instead.")


def _one_query(
    variant: tuple[type["Annotation"], ViewerRole, str], key: Any, person: Any
) -> models.QuerySet[Any]:
    model, role, by = variant
    rows = model.objects.filter(visible_work_q_for_role(role, person, "author"), **{by: key})
    if by != "public_id":
        rows = rows.active()
    return rows.order_by("public_id")._written()


_STATEMENT = PreparedQuery(_one_query)


def _told(
    document: str, project: str, author: str, claimant: str | None, type_: str | None
) -> Record:
    """Read a document; what is only named in it goes by the name that it has now."""
    record: Record = orjson.loads(document)
    record["project"] = project
    record["author"] = author
    if claimant is not None:
        record["claimant"] = claimant
    if type_ is not None:
        record["type"] = type_
    return record


class Annotation(PublicModel):
    """What every kind of annotation has. Made and changed through `annotate.services` alone."""

    # Set by each kind: its value of `kind`, and the relations that its content shows.
    KIND: Kind
    content_relations: tuple[str, ...] = ()

    kind = models.CharField(max_length=20, choices=Kind, editable=False)
    project = models.ForeignKey(Project, models.PROTECT, related_name="annotations")
    version = models.ForeignKey(ArticleVersion, models.PROTECT, related_name="annotations")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="annotations")
    state = models.CharField(max_length=20, choices=State, default=State.ACTIVE, editable=False)
    revision = models.PositiveIntegerField(default=1, editable=False)
    reanchored_from = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, editable=False, related_name="reanchored_to"
    )
    created_at = models.DateTimeField(editable=False)
    updated_at = models.DateTimeField(editable=False)
    # `record()` of this revision as JSON: a list is read from here, with no model and few joins.
    document = models.TextField(editable=False)

    objects = AnnotationQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["version", "state"]),
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

    @property
    def content(self) -> "Claim | EntityTag | SourceLink | Note":
        """The annotation as its own kind, with that kind's fields."""
        if type(self) is not Annotation:
            return cast("Claim", self)
        return cast("Claim", getattr(self, f"as_{self.kind}"))

    @property
    def etag(self) -> str:
        """The entity tag of this revision (RFC 9110)."""
        return f'"{self.revision}"'

    def words(self) -> str:
        """Give the words of all passages as one line."""
        return " … ".join(" ".join(span.exact.split()) for span in self.spans.all())

    @property
    def is_active(self) -> bool:
        """Whether it stands."""
        return self.state == State.ACTIVE

    def record(self, spans: "Iterable[Span] | None" = None) -> Record:
        """Write the annotation down: what the API returns and the change log keeps.

        Values are JSON's own; times are RFC 3339 in UTC; offsets are code points. `spans` are
        given where they are not stored yet.
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
            "reanchored_from": str(self.reanchored_from.public_id)
            if self.reanchored_from
            else None,
            "created_at": rfc3339(self.created_at),
            "updated_at": rfc3339(self.updated_at),
            "spans": [span.record() for span in (self.spans.all() if spans is None else spans)],
            **self.content.content_record(),
        }

    def write_down(self, spans: "Iterable[Span] | None" = None) -> Record:
        """Bring the document in step with the rest of the row, and give its record."""
        record = self.record(spans)
        self.document = orjson.dumps(record).decode()
        return record

    def content_record(self) -> dict[str, Any]:
        """Write down the fields of one kind."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it contains.")

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse."""
        raise AnnotationIsKept("Nothing is deleted: retract an annotation instead.")


class Span(models.Model):
    """`[start, end)` of the version's text, in code points, and the words that stand there.

    The quote is kept with its context as a W3C TextQuoteSelector, so that a list of annotations
    needs no text, and so that damage to either can be seen (`manage.py verify_spans`).
    """

    annotation = models.ForeignKey(Annotation, models.CASCADE, related_name="spans")
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    exact = models.TextField()
    prefix = models.CharField(max_length=64, blank=True)
    suffix = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["start"]
        constraints = [
            models.UniqueConstraint(fields=["annotation", "start"], name="span_starts_once"),
            models.CheckConstraint(
                condition=models.Q(start__lt=models.F("end")), name="span_is_some_text"
            ),
        ]
        # Short words are looked up ("what was said of them before?"); a long quote is too
        # large for an index.
        indexes = [models.Index(Left("exact", WORDS_INDEXED), name="span_words")]

    def __str__(self) -> str:
        return f"[{self.start}, {self.end}) {self.exact[:40]}"

    @classmethod
    def of(cls, annotation: Annotation, span: TextSpan, text: str) -> Self:
        """Build the row of a resolved span of a version's text."""
        words = get_quote(text, span)
        return cls(
            annotation=annotation,
            start=span.start,
            end=span.end,
            exact=words.exact,
            prefix=words.prefix,
            suffix=words.suffix,
        )

    def record(self) -> dict[str, Any]:
        """Write the span down as both W3C selectors: position and quote."""
        return {
            "start": self.start,
            "end": self.end,
            "exact": self.exact,
            "prefix": self.prefix,
            "suffix": self.suffix,
        }
