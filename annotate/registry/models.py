from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Self
from urllib.parse import unquote

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from annotate.accounts.permissions import EditableByOwner
from config.db.constraints import choices_constraint
from config.db.fields import HttpURLField, build_creator_field, match_http_url
from config.db.languages import validate_language_tag
from config.db.public_id import PublicModel
from config.db.timestamps import rfc3339
from config.search.document import Document
from config.search.fields import FoldedField
from config.search.index import Index, parse_query
from config.search.queue import index_pending
from config.search.terms import fold_text
from config.types import Record

# Weights by rarity would reveal how often a word occurs in entries that a user cannot see.
ENTITIES = Index("entity", "registry.Entity", weighs_rarity=False)
SOURCES = Index("source", "registry.Source", weighs_rarity=False)


class RegistryQuerySet(models.QuerySet):
    def visible_to(self, user: Any) -> Self:
        """Filter to public entries, the user's own, and those that work they can see refers to."""
        if getattr(user, "is_superuser", False):
            return self
        visible: Any = models.Q(is_public=True)
        if user.is_authenticated:
            visible |= models.Q(created_by=user.pk)
        for relation in self.model._meta.related_objects:
            work = relation.related_model._default_manager
            if hasattr(work, "visible_to"):
                own = {relation.field.name: models.OuterRef("pk")}
                visible |= models.Exists(work.visible_to(user).filter(**own))
        return self.filter(visible)

    def find_visible(self, user: Any, **wanted: Any) -> Any:
        """Return the entry with these values that the user can see, a public one first, or None."""
        found = self.visible_to(user or AnonymousUser()).filter(**wanted)
        return found.order_by("-is_public", "pk").first()


class RegistryEntry(EditableByOwner, PublicModel):
    """An entity or a source, which projects share.

    Entries that are not public and that only hidden work uses must not show, so that one may be
    there twice: values are unique among public entries, and among those of one person.
    """

    is_public = models.BooleanField(
        _("public"),
        default=False,
        help_text=_(
            "Anyone can see it. Others are visible to the person who added them, and to people "
            "who can see an annotation that uses them."
        ),
    )
    created_by = build_creator_field(_("created by"))
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    # The fields of `record()`, apart from the id and the times.
    record_fields: tuple[str, ...]

    class Meta:
        abstract = True

    def record(self) -> Record:
        values = {name: getattr(self, name) for name in self.record_fields}
        times = {"created_at": rfc3339(self.created_at), "updated_at": rfc3339(self.updated_at)}
        return {"id": str(self.public_id), **values, **times}


def build_unique_constraints(field: str, name: str) -> list[models.UniqueConstraint]:
    """Return the constraints that a value is unique among public entries, and among one's own."""
    is_given, message = ~models.Q(**{field: ""}), _("Another entry has this URL or ID.")
    return [
        models.UniqueConstraint(
            fields=fields,
            condition=is_given & models.Q(is_public=is_public),
            name=constraint,
            violation_error_message=message,
        )
        for fields, is_public, constraint in (
            ([field], True, name),
            (["created_by", field], False, f"own_{name}"),
        )
    ]


class EntityType(models.TextChoices):
    """The OntoNotes 5 types that news uses most (Weischedel et al. 2013, LDC2013T19)."""

    PERSON = "PERSON", _("Person")
    ORG = "ORG", _("Organisation")
    GPE = "GPE", _("Country, city or state")
    LOC = "LOC", _("Other place")
    NORP = "NORP", _("Nationality, religious or political group")
    FAC = "FAC", _("Building or facility")
    EVENT = "EVENT", _("Event")
    LAW = "LAW", _("Law or treaty")
    PRODUCT = "PRODUCT", _("Product")
    WORK_OF_ART = "WORK_OF_ART", _("Work of art")
    DATE = "DATE", _("Date or period")
    MONEY = "MONEY", _("Money")
    PERCENT = "PERCENT", _("Percentage")
    QUANTITY = "QUANTITY", _("Quantity")


class EntityQuerySet(RegistryQuerySet):
    def for_reading(self) -> Self:
        """Prefetch what `record()` needs."""
        return self.prefetch_related("aliases", "external_ids")

    def search(self, query: str) -> Self:
        """Filter to matches in names, aliases and descriptions (docs/search.md)."""
        index_pending()
        return self.filter(ENTITIES.matching(parse_query(query)))

    def documents(self, keys: Sequence[int]) -> dict[int, Document]:
        """Return the searchable text by entity key. Aliases count as names."""
        aliases: defaultdict[int, list[tuple[str, str]]] = defaultdict(list)
        for alias in EntityAlias.objects.filter(entity__in=keys):
            aliases[alias.entity_id].append((alias.name, alias.language))
        rows = self.filter(pk__in=keys).values_list("pk", "name", "description", "qid")
        return {
            key: Document(
                title=[(name, ""), *aliases[key]], text=[(description, ""), (qid or "", "")]
            )
            for key, name, description, qid in rows
        }

    def search_by_name(self, query: str) -> Self:
        """Filter to entities whose preferred name or an alias contains the query."""
        folded = fold_text(query)
        aliases = EntityAlias.objects.filter(folded_name__contains=folded)
        return self.filter(
            models.Q(folded_name__contains=folded) | models.Q(pk__in=aliases.values("entity"))
        )

    def order_by_closeness(self, query: str) -> Self:
        """Sort exact matches first, then names that start with the query, then the others."""
        folded = fold_text(query)
        aliases = EntityAlias.objects.filter(folded_name=folded)
        is_exact = models.Q(folded_name=folded) | models.Q(pk__in=aliases.values("entity"))
        is_start = models.When(folded_name__startswith=folded, then=1)
        closeness = models.Case(models.When(is_exact, then=0), is_start, default=2)
        return self.annotate(closeness=closeness).order_by("closeness", "name", "pk")


class Entity(RegistryEntry):
    """A person, organisation, place, event, law, product …"""

    name = models.CharField(_("preferred name"), max_length=300)
    folded_name = FoldedField("name", verbose_name=_("name for searching"))
    type = models.CharField(_("type"), max_length=20, choices=EntityType)
    description = models.CharField(_("description"), max_length=500, blank=True)
    # No QID is null, as two empty strings would not be unique.
    qid = models.CharField(  # noqa: DJ001
        _("Wikidata QID"),
        max_length=20,
        null=True,
        blank=True,
        db_index=True,
        validators=[RegexValidator(r"^Q[1-9][0-9]*\Z", _("Enter a Wikidata ID such as Q30."))],
    )

    objects = EntityQuerySet.as_manager()
    record_fields = ("name", "type", "description", "qid", "is_public")

    class Meta:
        ordering = ["name"]
        verbose_name = _("entity")
        verbose_name_plural = _("entities")
        indexes = [models.Index(fields=["name"]), models.Index(fields=["type", "name"])]
        constraints = [
            models.CheckConstraint(condition=~models.Q(name=""), name="entity_name_not_empty"),
            choices_constraint("type", EntityType),
            *build_unique_constraints("qid", name="entity_qid_unique"),
            models.CheckConstraint(
                condition=models.Q(qid=None) | models.Q(qid__startswith="Q"),
                name="entity_qid_starts_with_q",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def record(self) -> Record:
        aliases = [{"name": row.name, "language": row.language} for row in self.aliases.all()]
        ids = [{"scheme": row.scheme, "value": row.value} for row in self.external_ids.all()]
        return {**super().record(), "aliases": aliases, "external_ids": ids}


class EntityAlias(models.Model):
    entity = models.ForeignKey(
        Entity, models.CASCADE, related_name="aliases", verbose_name=_("entity")
    )
    name = models.CharField(_("name"), max_length=300, db_index=True)
    folded_name = FoldedField("name", verbose_name=_("name for searching"))
    language = models.CharField(
        _("language"),
        max_length=35,
        blank=True,
        validators=[validate_language_tag],
        help_text=_("BCP 47 tag such as ar."),
    )

    class Meta:
        ordering = ["name"]
        verbose_name = _("alias")
        verbose_name_plural = _("aliases")
        constraints = [
            models.UniqueConstraint(fields=["entity", "name", "language"], name="alias_unique"),
            models.CheckConstraint(condition=~models.Q(name=""), name="alias_name_not_empty"),
        ]

    def __str__(self) -> str:
        return self.name


class ExternalId(models.Model):
    """The ID of an entity in another registry (VIAF, GeoNames, ISNI …)."""

    entity = models.ForeignKey(
        Entity, models.CASCADE, related_name="external_ids", verbose_name=_("entity")
    )
    scheme = models.SlugField(_("scheme"), max_length=40)
    value = models.CharField(_("value"), max_length=200)

    class Meta:
        ordering = ["scheme", "value"]
        verbose_name = _("external ID")
        verbose_name_plural = _("external IDs")
        indexes = [models.Index(fields=["scheme", "value"])]
        constraints = [
            models.UniqueConstraint(
                fields=["entity", "scheme", "value"], name="external_id_unique"
            ),
            models.CheckConstraint(
                condition=~models.Q(scheme="") & ~models.Q(value=""), name="external_id_not_empty"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scheme}:{self.value}"


class SourceQuerySet(RegistryQuerySet):
    def search(self, query: str) -> Self:
        """Filter to matches in title, publisher and URL (docs/search.md)."""
        index_pending()
        return self.filter(SOURCES.matching(parse_query(query)))

    def documents(self, keys: Sequence[int]) -> dict[int, Document]:
        """Return the searchable text by source key."""
        rows = self.filter(pk__in=keys).values_list("pk", "title", "publisher", "url")
        return {
            key: Document(title=[(title, "")], text=[(publisher, ""), (unquote(url), "")])
            for key, title, publisher, url in rows
        }

    def search_by_text(self, query: str) -> Self:
        folded = fold_text(query)
        return self.filter(
            models.Q(folded_title__contains=folded)
            | models.Q(folded_publisher__contains=folded)
            | models.Q(url__icontains=query)
        )


class Source(RegistryEntry):
    """A document on the web or elsewhere."""

    url = HttpURLField(_("URL"), blank=True)
    title = models.CharField(_("title"), max_length=500, blank=True)
    folded_title = FoldedField("title", verbose_name=_("title for searching"))
    publisher = models.CharField(_("publisher"), max_length=300, blank=True)
    folded_publisher = FoldedField("publisher", verbose_name=_("publisher for searching"))
    published_on = models.DateField(_("publication date"), null=True, blank=True)
    archive_url = HttpURLField(_("archive URL"), blank=True)

    objects = SourceQuerySet.as_manager()
    record_fields = ("url", "title", "publisher", "published_on", "archive_url", "is_public")

    class Meta:
        ordering = ["title", "url"]
        verbose_name = _("source")
        verbose_name_plural = _("sources")
        indexes = [models.Index(fields=["url"])]
        constraints = [
            *build_unique_constraints("url", name="source_url_unique"),
            models.CheckConstraint(
                condition=~models.Q(url="") | ~models.Q(title=""), name="source_has_url_or_title"
            ),
            models.CheckConstraint(condition=match_http_url("url"), name="source_url_is_http"),
            models.CheckConstraint(
                condition=match_http_url("archive_url"), name="source_archive_url_is_http"
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.url

    def clean(self) -> None:
        if not (self.url or self.title):
            raise ValidationError({"url": _("Enter a URL or a title.")})
