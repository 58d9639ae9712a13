"""Which annotations, entities and sources: every documented filter."""

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters

from annotate.models import (
    Annotation,
    Claim,
    ClaimType,
    Entity,
    EntityTag,
    EntityType,
    Kind,
    Note,
    Project,
    Source,
    SourceLink,
    Stance,
    State,
    Verdict,
)

EVERY_STATE = "all"


class AnnotationFilter(filters.FilterSet):
    """What every kind can be filtered by. Retracted ones are left out unless asked for."""

    article = filters.UUIDFilter("version__article__public_id", help_text="The article's id.")
    version = filters.UUIDFilter("version__public_id", help_text="The version's id.")
    project = filters.CharFilter("project__slug", help_text="The project's slug.")
    author = filters.CharFilter("author__username", help_text="The annotator's user name.")
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

    def filter_state(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Keep one state, or all."""
        return queryset if value == EVERY_STATE else queryset.filter(state=value)


class EveryKindFilter(AnnotationFilter):
    """Annotations of all kinds."""

    kind = filters.ChoiceFilter(choices=Kind.choices)


class ClaimFilter(AnnotationFilter):
    """Claims."""

    claim_type = filters.ChoiceFilter(choices=ClaimType.choices)
    verdict = filters.ChoiceFilter(choices=Verdict.choices)
    claimant_entity = filters.UUIDFilter("claimant_entity__public_id")

    class Meta(AnnotationFilter.Meta):
        model = Claim


class EntityTagFilter(AnnotationFilter):
    """Entity tags."""

    type = filters.CharFilter("tag__code", help_text="A code of the project's tag set.")
    entity = filters.UUIDFilter("entity__public_id")

    class Meta(AnnotationFilter.Meta):
        model = EntityTag


class SourceLinkFilter(AnnotationFilter):
    """Source links."""

    claim = filters.UUIDFilter("claim__public_id")
    source = filters.UUIDFilter("source__public_id")
    stance = filters.ChoiceFilter(choices=Stance.choices)

    class Meta(AnnotationFilter.Meta):
        model = SourceLink


class NoteFilter(AnnotationFilter):
    """Notes."""

    target = filters.UUIDFilter("target__public_id")

    class Meta(AnnotationFilter.Meta):
        model = Note


class ProjectFilter(filters.FilterSet):
    """Projects."""

    slug = filters.CharFilter()

    class Meta:
        model = Project
        fields: list[str] = []


class EntityFilter(filters.FilterSet):
    """Entities."""

    name = filters.CharFilter(
        method="filter_name", help_text="Part of the preferred name or of an alias."
    )
    type = filters.ChoiceFilter(choices=EntityType.choices)
    qid = filters.CharFilter(help_text="The Wikidata QID.")

    class Meta:
        model = Entity
        fields: list[str] = []

    def filter_name(self, queryset: Any, name: str, value: str) -> Any:
        """Keep those of such a name."""
        return queryset.named(value)


class SourceFilter(filters.FilterSet):
    """Sources."""

    url = filters.CharFilter()
    title = filters.CharFilter(lookup_expr="icontains", help_text="Part of the title.")
    publisher = filters.CharFilter()

    class Meta:
        model = Source
        fields: list[str] = []
