"""The shared registry of who and what the news is about."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models

from config.db.constraints import choices_constraint
from config.db.fields import HttpURLField, match_http_url
from config.db.public_id import PublicModel
from config.db.timestamps import rfc3339
from config.search.document import Document
from config.search.index import Index, parse_query
from config.search.queue import index_pending

ENTITIES = Index("entity", "registry.Entity")


class EntityType(models.TextChoices):
    """The OntoNotes 5 names that news uses most (Weischedel et al. 2013, LDC2013T19)."""

    PERSON = "PERSON", "Person"
    ORG = "ORG", "Organisation"
    GPE = "GPE", "Country, city or state"
    LOC = "LOC", "Other place"
    NORP = "NORP", "Nationality, religious or political group"
    FAC = "FAC", "Building or facility"
    EVENT = "EVENT", "Event"
    LAW = "LAW", "Law or treaty"
    PRODUCT = "PRODUCT", "Product"
    WORK_OF_ART = "WORK_OF_ART", "Work of art"
    DATE = "DATE", "Date or period"
    MONEY = "MONEY", "Money"
    PERCENT = "PERCENT", "Percentage"
    QUANTITY = "QUANTITY", "Quantity"


class EntityQuerySet(models.QuerySet["Entity"]):
    """Ways to ask for entities."""

    def for_reading(self) -> "EntityQuerySet":
        """Fetch what `record()` needs, in a fixed number of queries."""
        return self.prefetch_related("aliases", "external_ids")

    def search(self, words: str) -> "EntityQuerySet":
        """Keep those in whose names or description the words are (docs/search.md)."""
        index_pending()
        return self.filter(ENTITIES.matching(parse_query(words)))

    def documents(self, keys: Sequence[int]) -> dict[int, Document]:
        """Give what is searched of the entities with these keys; an alias counts as a name."""
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

    def named(self, words: str) -> "EntityQuerySet":
        """Keep those whose preferred name or an alias contains the words."""
        return self.filter(
            models.Q(name__icontains=words)
            | models.Q(pk__in=EntityAlias.objects.filter(name__icontains=words).values("entity"))
        )

    def closest_first(self, words: str) -> "EntityQuerySet":
        """Sort what is called just so before what only has the words in its name."""
        called_so = models.Q(name__iexact=words) | models.Q(
            pk__in=EntityAlias.objects.filter(name__iexact=words).values("entity")
        )
        return self.annotate(
            closeness=models.Case(
                models.When(called_so, then=0),
                models.When(name__istartswith=words, then=1),
                default=2,
            )
        ).order_by("closeness", "name", "pk")


class Entity(PublicModel):
    """A person, organisation, place, event, law, product … known by one preferred name."""

    name = models.CharField("preferred name", max_length=300)
    type = models.CharField(max_length=20, choices=EntityType)
    description = models.CharField(max_length=500, blank=True)
    qid = models.CharField(
        "Wikidata QID",
        max_length=20,
        null=True,
        blank=True,
        unique=True,
        validators=[RegexValidator(r"^Q[1-9][0-9]*\Z", "Give a Wikidata id such as Q30.")],
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = EntityQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "entities"
        indexes = [models.Index(fields=["name"]), models.Index(fields=["type", "name"])]
        constraints = [
            models.CheckConstraint(condition=~models.Q(name=""), name="entity_has_a_name"),
            choices_constraint("type", EntityType),
            models.CheckConstraint(
                condition=models.Q(qid=None) | models.Q(qid__startswith="Q"),
                name="qid_starts_with_q",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def record(self) -> dict[str, Any]:
        """Write the entity down for the API."""
        return {
            "id": str(self.public_id),
            "name": self.name,
            "type": self.type,
            "description": self.description,
            "qid": self.qid,
            "aliases": [
                {"name": alias.name, "language": alias.language} for alias in self.aliases.all()
            ],
            "external_ids": [
                {"scheme": other.scheme, "value": other.value} for other in self.external_ids.all()
            ],
            "created_at": rfc3339(self.created_at),
            "updated_at": rfc3339(self.updated_at),
        }


class EntityAlias(models.Model):
    """Another name of an entity, in a language."""

    entity = models.ForeignKey(Entity, models.CASCADE, related_name="aliases")
    name = models.CharField(max_length=300, db_index=True)
    language = models.CharField(max_length=35, blank=True, help_text="BCP 47 tag, such as ar.")

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "aliases"
        constraints = [
            models.UniqueConstraint(fields=["entity", "name", "language"], name="alias_is_one"),
            models.CheckConstraint(condition=~models.Q(name=""), name="alias_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name


class ExternalId(models.Model):
    """What another registry (VIAF, GeoNames, ISNI …) calls an entity."""

    entity = models.ForeignKey(Entity, models.CASCADE, related_name="external_ids")
    scheme = models.SlugField(max_length=40)
    value = models.CharField(max_length=200)

    class Meta:
        ordering = ["scheme", "value"]
        verbose_name = "external id"
        constraints = [
            models.UniqueConstraint(fields=["scheme", "value"], name="external_id_is_one"),
            models.CheckConstraint(
                condition=~models.Q(scheme="") & ~models.Q(value=""), name="external_id_is_whole"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scheme}:{self.value}"


SOURCES = Index("source", "registry.Source")


class SourceQuerySet(models.QuerySet["Source"]):
    """Ways to ask for sources."""

    def search(self, words: str) -> "SourceQuerySet":
        """Keep those in whose title, publisher or address the words are (docs/search.md)."""
        index_pending()
        return self.filter(SOURCES.matching(parse_query(words)))

    def documents(self, keys: Sequence[int]) -> dict[int, Document]:
        """Give what is searched of the sources with these keys."""
        rows = self.filter(pk__in=keys).values_list("pk", "title", "publisher", "url")
        return {
            key: Document(title=[(title, "")], text=[(publisher, ""), (unquote(url), "")])
            for key, title, publisher, url in rows
        }

    def naming(self, words: str) -> "SourceQuerySet":
        """Keep those whose title, publisher or address has the words in it."""
        return self.filter(
            models.Q(title__icontains=words)
            | models.Q(publisher__icontains=words)
            | models.Q(url__icontains=words)
        )


class Source(PublicModel):
    """A document on the web or elsewhere."""

    url = HttpURLField("URL", blank=True)
    title = models.CharField(max_length=500, blank=True)
    publisher = models.CharField(max_length=300, blank=True)
    published_on = models.DateField(null=True, blank=True)
    archive_url = HttpURLField("archive URL", blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = SourceQuerySet.as_manager()

    class Meta:
        ordering = ["title", "url"]
        constraints = [
            models.UniqueConstraint(
                fields=["url"], condition=~models.Q(url=""), name="source_url_is_one"
            ),
            models.CheckConstraint(
                condition=~models.Q(url="") | ~models.Q(title=""), name="source_can_be_named"
            ),
            models.CheckConstraint(condition=match_http_url("url"), name="source_url_is_http"),
            models.CheckConstraint(
                condition=match_http_url("archive_url"), name="source_archive_url_is_http"
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.url

    def record(self) -> dict[str, Any]:
        """Write the source down for the API."""
        return {
            "id": str(self.public_id),
            "url": self.url,
            "title": self.title,
            "publisher": self.publisher,
            "published_on": self.published_on.isoformat() if self.published_on else None,
            "archive_url": self.archive_url,
            "created_at": rfc3339(self.created_at),
            "updated_at": rfc3339(self.updated_at),
        }
