"""Which annotations, entities and sources: every documented filter."""

from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django_filters import rest_framework as filters

from annotate.models import (
    Annotation,
    CheckWorthiness,
    Claim,
    ClaimType,
    EntityTag,
    Kind,
    Note,
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
from config.api.filters import DomainFilter, RegexFilter, SearchFilter, UTCDateTimeFilter

EVERY_STATE = "all"


class OverlapField(forms.RegexField):
    """`start..end`."""

    def clean(self, value: Any) -> str:
        """Read the stretch. Raises ValidationError."""
        found: str = super().clean(value)
        if found and int(found.split("..")[0]) >= int(found.split("..")[1]):
            raise forms.ValidationError(
                "Give two places in code points, such as 120..180, the first one smaller."
            )
        return found


class OverlapFilter(RegexFilter):
    """By a stretch of the text."""

    field_class = OverlapField


class AnnotationFilter(filters.FilterSet):
    """What every kind can be filtered by. Retracted ones are left out unless asked for."""

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
    created_after = UTCDateTimeFilter("created_at", "gte")
    created_before = UTCDateTimeFilter("created_at", "lt")
    updated_after = UTCDateTimeFilter("updated_at", "gte")
    updated_before = UTCDateTimeFilter("updated_at", "lt")
    overlaps = OverlapFilter(
        method="filter_overlaps",
        pattern=r"^[0-9]{1,9}\.\.[0-9]{1,9}$",
        example="120..180",
        help_text="`start..end` in code points: keep what has a passage there.",
    )
    q = SearchFilter("in a quote, a claim's text, rationale or claimant, a note or evidence")
    state = filters.ChoiceFilter(
        choices=[*State.choices, (EVERY_STATE, "All")],
        method="filter_state",
        help_text="`active` unless given.",
    )

    class Meta:
        model = Annotation
        fields: list[str] = []

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Filter, leaving out what is retracted unless a state is asked for."""
        queryset = super().filter_queryset(queryset)
        if not self.form.cleaned_data["state"]:
            queryset = queryset.filter(state=State.ACTIVE)
        return queryset

    def filter_article_author(self, queryset: QuerySet[Any], name: str, value: str) -> Any:
        """Keep those on articles credited to an author of this name."""
        credited = Authorship.objects.filter(author__name=value)
        return queryset.filter(version__article__in=credited.values("article"))

    def filter_overlaps(self, queryset: QuerySet[Any], name: str, value: str) -> Any:
        """Keep those with a passage that shares a character with the stretch."""
        start, end = (int(place) for place in value.split(".."))
        spans = Span.objects.filter(start__lt=end, end__gt=start)
        return queryset.filter(pk__in=spans.values("annotation"))

    def filter_state(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Keep one state, or all."""
        return queryset if value == EVERY_STATE else queryset.filter(state=value)


class EveryKindFilter(AnnotationFilter):
    """Annotations of all kinds."""

    kind = filters.ChoiceFilter(choices=Kind.choices)
    entity = filters.UUIDFilter(
        method="filter_entity", help_text="The id of an entity that is tagged, or claims."
    )
    qid = QidFilter(
        method="filter_qid", help_text="The Wikidata QID of an entity that is tagged, or claims."
    )

    def filter_entity(self, queryset: QuerySet[Any], name: str, value: UUID) -> Any:
        """Keep what is about an entity."""
        return _filter_by_entities(queryset, Entity.objects.filter(public_id=value))

    def filter_qid(self, queryset: QuerySet[Any], name: str, value: str) -> Any:
        """Keep what is about an entity."""
        return _filter_by_entities(queryset, Entity.objects.filter(qid=value))


def _filter_by_entities(annotations: QuerySet[Any], entities: QuerySet[Entity]) -> QuerySet[Any]:
    found = entities.order_by().values("pk")
    return annotations.filter(
        Q(pk__in=EntityTag.objects.filter(entity__in=found).order_by().values("pk"))
        | Q(pk__in=Claim.objects.filter(claimant_entity__in=found).order_by().values("pk"))
    )


class ClaimFilter(AnnotationFilter):
    """Claims."""

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
        method="filter_source", help_text="The id of a source that you may see linked to it."
    )
    stance = filters.ChoiceFilter(
        method="filter_stance",
        choices=Stance.choices,
        help_text="The stance of a source that you may see linked to it.",
    )
    has_sources = filters.ChoiceFilter(
        method="filter_has_sources",
        choices=[("true", "Yes"), ("false", "No")],
        help_text="Whether a source that you may see is linked to it.",
    )

    class Meta(AnnotationFilter.Meta):
        model = Claim

    def filter_claimant(self, queryset: QuerySet[Any], name: str, value: str) -> Any:
        """Keep those that this one claims."""
        return queryset.filter(Q(claimant=value) | Q(claimant_entity__name=value))

    def filter_about(self, queryset: QuerySet[Any], name: str, value: UUID) -> Any:
        """Keep those made by an entity, or with a passage in which it is tagged."""
        tags = EntityTag.objects.visible_to(self.request.user).active()
        tagged = tags.filter(
            entity__public_id=value,
            version=OuterRef("annotation__version"),
            spans__start__lt=OuterRef("end"),
            spans__end__gt=OuterRef("start"),
        )
        within = Span.objects.filter(Exists(tagged)).values("annotation")
        return queryset.filter(Q(claimant_entity__public_id=value) | Q(pk__in=within))

    def filter_has_sources(self, queryset: QuerySet[Any], name: str, value: str) -> Any:
        """Keep those with, or without, a source."""
        linked = self._has_source_link()
        return queryset.filter(linked if value == "true" else ~linked)

    def filter_source(self, queryset: QuerySet[Any], name: str, value: UUID) -> Any:
        """Keep those to which a source is linked."""
        return queryset.filter(self._has_source_link(source__public_id=value))

    def filter_stance(self, queryset: QuerySet[Any], name: str, value: str) -> Any:
        """Keep those with a source of this stance."""
        return queryset.filter(self._has_source_link(stance=value))

    def _has_source_link(self, **wanted: Any) -> Exists:
        """Give the condition of having such a source; blind means blind for this too."""
        seen = SourceLink.objects.visible_to(self.request.user).active()
        return Exists(seen.filter(claim=OuterRef("pk"), **wanted))


class EntityTagFilter(AnnotationFilter):
    """Entity tags."""

    type = filters.CharFilter(
        method="filter_type", help_text="A code of the project's tag set; its subtypes count."
    )
    entity = filters.UUIDFilter("entity__public_id")
    qid = QidFilter("entity__qid", help_text="The entity's Wikidata QID.")
    linked = filters.ChoiceFilter(
        method="filter_linked",
        choices=[("true", "Yes"), ("false", "No")],
        help_text="Whether it says which entity is meant.",
    )

    class Meta(AnnotationFilter.Meta):
        model = EntityTag

    def filter_linked(self, queryset: QuerySet[Any], name: str, value: str) -> Any:
        """Keep those with, or without, an entity."""
        return queryset.filter(entity__isnull=value == "false")

    def filter_type(self, queryset: QuerySet[Any], name: str, value: str) -> Any:
        """Keep those of this type or of one below it, at any depth."""
        tags = list(Tag.objects.filter(code=value).values_list("pk", flat=True))
        below = tags
        while below := list(
            Tag.objects.filter(parent__in=below).exclude(pk__in=tags).values_list("pk", flat=True)
        ):
            tags += below
        return queryset.filter(type__in=tags)


class SourceLinkFilter(AnnotationFilter):
    """Source links."""

    claim = filters.UUIDFilter("claim__public_id")
    source = filters.UUIDFilter("source__public_id")
    domain = DomainFilter("source__url")
    stance = filters.ChoiceFilter(choices=Stance.choices)
    retrieved_after = UTCDateTimeFilter("retrieved_at", "gte")
    retrieved_before = UTCDateTimeFilter("retrieved_at", "lt")

    class Meta(AnnotationFilter.Meta):
        model = SourceLink


class NoteFilter(AnnotationFilter):
    """Notes."""

    target = filters.UUIDFilter("target__public_id")

    class Meta(AnnotationFilter.Meta):
        model = Note
