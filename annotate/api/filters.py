"""The filters of the annotation endpoints."""

from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django_filters import rest_framework as filters

from annotate.models import (
    CheckWorthiness,
    Claim,
    ClaimType,
    EntityTag,
    Kind,
    SourceLink,
    Span,
    Stance,
    State,
    Verdict,
)
from annotate.projects.models import Tag
from annotate.registry.api import QidFilter
from annotate.registry.models import Entity
from articles.models.author import Authorship
from config.api.filters import (
    BooleanFilter,
    DomainFilter,
    RegexFilter,
    SearchFilter,
    TimeFilterSet,
    UTCDateTimeFilter,
)
from config.api.problems import InvalidParameters

EVERY_STATE = "all"


class AnnotationFilter(TimeFilterSet):
    """The filters of every kind. Without `state`, they leave out retracted annotations."""

    article = filters.UUIDFilter("version__article__public_id", help_text="The article's id.")
    version = filters.UUIDFilter("version__public_id", help_text="The version's id.")
    project = filters.CharFilter("project__slug", help_text="The project's slug.")
    author = filters.CharFilter("author__username", help_text="The annotator's user name.")
    outlet = filters.CharFilter(
        "version__article__outlet__name", help_text="The name of the article's outlet."
    )
    article_author = filters.CharFilter(
        method="filter_article_author", help_text="The name of one of the article's authors."
    )
    language = filters.CharFilter(
        "version__article__language", help_text="The article's BCP 47 tag, as given."
    )
    published_after = UTCDateTimeFilter("version__article__published_at", "gte")
    published_before = UTCDateTimeFilter("version__article__published_at", "lt")
    overlaps = RegexFilter(
        method="filter_overlaps",
        pattern=r"^[0-9]{1,9}\.\.[0-9]{1,9}$",
        example="120..180",
        help_text="`start..end` in code points: annotations with a passage there.",
    )
    q = SearchFilter("in a quote, a claim's text, rationale or claimant, a note or evidence")
    state = filters.ChoiceFilter(
        choices=[*State.choices, (EVERY_STATE, "All")],
        method="filter_state",
        help_text="`active` unless given.",
    )

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        queryset = super().filter_queryset(queryset)
        has_state = self.form.cleaned_data["state"]
        return queryset if has_state else queryset.filter(state=State.ACTIVE)

    def filter_article_author(self, queryset: QuerySet[Any], name: str, value: str) -> Any:
        credited = Authorship.objects.filter(author__name=value)
        return queryset.filter(version__article__in=credited.values("article"))

    def filter_overlaps(self, queryset: QuerySet[Any], name: str, value: str) -> Any:
        start, end = map(int, value.split(".."))
        if start >= end:
            detail = "Give two places in code points, such as 120..180, the first one smaller."
            raise InvalidParameters([("overlaps", detail)])
        spans = Span.objects.filter(start__lt=end, end__gt=start)
        return queryset.filter(pk__in=spans.values("annotation"))

    def filter_state(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset if value == EVERY_STATE else queryset.filter(state=value)


class EveryKindFilter(AnnotationFilter):
    kind = filters.ChoiceFilter(choices=Kind.choices)
    entity = filters.UUIDFilter(
        method="filter_entity", help_text="The id of an entity that is tagged, or claims."
    )
    qid = QidFilter(
        method="filter_qid", help_text="The Wikidata QID of an entity that is tagged, or claims."
    )

    def filter_entity(self, queryset: QuerySet[Any], name: str, value: UUID) -> Any:
        return _filter_by_entity(queryset, public_id=value)

    def filter_qid(self, queryset: QuerySet[Any], name: str, value: str) -> Any:
        return _filter_by_entity(queryset, qid=value)


def _filter_by_entity(annotations: QuerySet[Any], **wanted: Any) -> QuerySet[Any]:
    found = Entity.objects.filter(**wanted).order_by().values("pk")
    tagged = EntityTag.objects.filter(entity__in=found).order_by().values("pk")
    claimed = Claim.objects.filter(claimant_entity__in=found).order_by().values("pk")
    # A union rather than an OR, for which PostgreSQL would read every annotation.
    return annotations.filter(pk__in=tagged.union(claimed))


class ClaimFilter(AnnotationFilter):
    claim_type = filters.ChoiceFilter(choices=ClaimType.choices)
    verdict = filters.ChoiceFilter(choices=Verdict.choices)
    check_worthiness_min = filters.ChoiceFilter(
        "check_worthiness", lookup_expr="gte", choices=CheckWorthiness.choices
    )
    check_worthiness_max = filters.ChoiceFilter(
        "check_worthiness", lookup_expr="lte", choices=CheckWorthiness.choices
    )
    claimant = filters.CharFilter(
        method="filter_claimant", help_text="The claimant's name, as free text or as an entity's."
    )
    claimant_entity = filters.UUIDFilter("claimant_entity__public_id")
    about = filters.UUIDFilter(
        method="filter_about",
        help_text="An entity's id: it is the claimant, or is tagged within the claim's words.",
    )
    source = filters.UUIDFilter(
        method="filter_source",
        help_text="The id of a source that you can see linked to it.",
    )
    stance = filters.ChoiceFilter(
        method="filter_stance",
        choices=Stance.choices,
        help_text="The stance of a source that you can see linked to it.",
    )
    has_sources = BooleanFilter(
        method="filter_has_sources", help_text="Whether a source that you can see is linked to it."
    )

    def filter_claimant(self, queryset: QuerySet[Any], name: str, value: str) -> Any:
        return queryset.filter(Q(claimant=value) | Q(claimant_entity__name=value))

    def filter_about(self, queryset: QuerySet[Any], name: str, value: UUID) -> Any:
        entity = Entity.objects.filter(public_id=value).order_by().values("pk")
        tags = EntityTag.objects.visible_to(self.request.user).active().filter(entity__in=entity)
        # From the tags of the entity to what overlaps them, not from every span to the tags.
        overlaps = tags.filter(
            version__annotations__spans__start__lt=F("spans__end"),
            version__annotations__spans__end__gt=F("spans__start"),
        )
        within = overlaps.order_by().values("version__annotations__pk")
        claimed = Claim.objects.filter(claimant_entity__in=entity).order_by().values("pk")
        return queryset.filter(pk__in=claimed.union(within))

    def filter_has_sources(self, queryset: QuerySet[Any], name: str, value: bool) -> Any:
        linked = self._has_source_link()
        return queryset.filter(linked if value else ~linked)

    def filter_source(self, queryset: QuerySet[Any], name: str, value: UUID) -> Any:
        return queryset.filter(self._has_source_link(source__public_id=value))

    def filter_stance(self, queryset: QuerySet[Any], name: str, value: str) -> Any:
        return queryset.filter(self._has_source_link(stance=value))

    def _has_source_link(self, **wanted: Any) -> Exists:
        """Return the condition of having such a source link that the user can see."""
        seen = SourceLink.objects.visible_to(self.request.user).active()
        return Exists(seen.filter(claim=OuterRef("pk"), **wanted))


class EntityTagFilter(AnnotationFilter):
    type = filters.CharFilter(
        method="filter_type", help_text="A code of the project's tag set; its subtypes count."
    )
    entity = filters.UUIDFilter("entity__public_id")
    qid = QidFilter("entity__qid", help_text="The entity's Wikidata QID.")
    linked = BooleanFilter(method="filter_linked", help_text="Whether an entity is linked.")

    def filter_linked(self, queryset: QuerySet[Any], name: str, value: bool) -> Any:
        return queryset.filter(entity__isnull=not value)

    def filter_type(self, queryset: QuerySet[Any], name: str, value: str) -> Any:
        tags = list(Tag.objects.filter(code=value).values_list("pk", flat=True))
        below = tags
        while below := list(
            Tag.objects.filter(parent__in=below).exclude(pk__in=tags).values_list("pk", flat=True)
        ):
            tags += below
        return queryset.filter(type__in=tags)


class SourceLinkFilter(AnnotationFilter):
    claim = filters.UUIDFilter("claim__public_id")
    source = filters.UUIDFilter("source__public_id")
    domain = DomainFilter("source__url")
    stance = filters.ChoiceFilter(choices=Stance.choices)
    retrieved_after = UTCDateTimeFilter("retrieved_at", "gte")
    retrieved_before = UTCDateTimeFilter("retrieved_at", "lt")


class NoteFilter(AnnotationFilter):
    target = filters.UUIDFilter("target__public_id")
