"""Managing projects and registries, and looking after annotations.

An annotation is revised, retracted and restored here through `annotate.services`, as everywhere."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django_tasks_db.models import DBTaskResult

from annotate import services as writes
from annotate.drafts import draft_of
from annotate.models import (
    Annotation,
    Change,
    Claim,
    EntityTag,
    Note,
    SourceLink,
    Span,
)
from annotate.projects.models import Project
from config.errors import InvalidInput, WriteError
from config.jobs.admin import TaskAdmin
from config.ui.admin import ReadOnlyAdmin, ReadOnlyInline

if TYPE_CHECKING:
    pass


# --- Annotations --------------------------------------------------------------------------


class SpanInline(ReadOnlyInline):
    """The passages."""

    model = Span
    fields = ["start", "end", "exact"]


class ChangeInline(ReadOnlyInline):
    """The history."""

    model = Change
    fields = ["revision", "action", "actor", "at"]
    ordering = ["pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Change]:
        return super().get_queryset(request).select_related("actor").defer("before", "after")


class AnnotationForm(forms.ModelForm):
    """What an annotation says, with the revision that was seen when the page was opened."""

    # Set for each request by the admin.
    actor: Any
    seen_revision = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["seen_revision"] = self.instance.revision

    def clean(self) -> dict[str, Any]:
        """Revise through the write path; what it refuses is an error beside its field.

        This happens here, not when the form is saved, because the admin keeps what was typed
        for as long as a form is not valid, and not any longer.
        """
        data = super().clean() or self.cleaned_data
        if self.errors:
            return data
        values = {name: value for name, value in data.items() if name != "seen_revision"}
        if "tag" in values:
            values["type"] = values.pop("tag").code
        try:
            writes.revise(
                self.instance,
                replace(draft_of(self.instance), **values),
                seen_revision=data["seen_revision"],
                actor=self.actor,
            )
        except InvalidInput as refusal:
            for error in refusal.errors:
                name = "tag" if error.path[0] == "type" else str(error.path[0])
                self.add_error(name if name in self.fields else None, error.message)
        except WriteError as refusal:
            self.add_error(None, str(refusal))
        return data


class AnnotationsAdmin(ReadOnlyAdmin):
    """Annotations, as far as the person may see them."""

    list_display = ["words", "author", "project", "article", "state", "revision", "updated_at"]
    list_filter = [
        "state",
        ("project", admin.RelatedOnlyFieldListFilter),
        ("author", admin.RelatedOnlyFieldListFilter),
        "updated_at",
    ]
    search_fields = ["spans__exact", "author__username", "version__article__title"]
    list_per_page = 50
    show_full_result_count = False

    @admin.display(description="passage")
    def words(self, annotation: Annotation) -> str:
        words = annotation.words()
        return words if len(words) <= 80 else f"{words[:79]}…"

    @admin.display(description="article", ordering="version__article__title")
    def article(self, annotation: Annotation) -> str:
        return annotation.version.article.title

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Blind means blind, here too."""
        ordering = self.get_ordering(request)
        visible = self.model.objects.visible_to(request.user).for_reading()
        return cast("QuerySet[Any]", visible.order_by(*ordering) if ordering else visible)


@admin.register(Annotation)
class AnyAnnotationAdmin(AnnotationsAdmin):
    """Annotations of every kind; each is edited on the page of its kind."""

    list_display = ["open_its_kind", *AnnotationsAdmin.list_display]
    list_display_links = None
    list_filter = ["kind", *AnnotationsAdmin.list_filter]

    @admin.display(description="kind", ordering="kind")
    def open_its_kind(self, annotation: Annotation) -> str:
        name = annotation.kind.replace("_", "")
        url = reverse(f"admin:annotate_{name}_change", args=[annotation.pk])
        return format_html('<a href="{}">{}</a>', url, annotation.get_kind_display())


class TypedAnnotationAdmin(AnnotationsAdmin):
    """Annotations of one kind: revised, retracted and restored through the write path."""

    form = AnnotationForm
    content_fields: tuple[str, ...] = ()
    readonly_fields = [
        "public_id",
        "project",
        "version",
        "author",
        "state",
        "revision",
        "created_at",
        "updated_at",
    ]
    inlines = [SpanInline, ChangeInline]
    actions = ["retract", "restore"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return admin.ModelAdmin.has_change_permission(self, request, obj)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return [*self.content_fields, *self.readonly_fields, "seen_revision"]

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        fields = [*self.content_fields, "seen_revision"]
        form = super().get_form(request, obj, change, **{**kwargs, "fields": fields})
        return type(form.__name__, (form,), {"actor": request.user})

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Do nothing: the form has written it, or it would not be valid."""

    @admin.action(description="Retract the selected annotations", permissions=["change"])
    def retract(self, request: HttpRequest, chosen: QuerySet[Any]) -> None:
        self.turn(request, chosen, writes.retract, "retracted")

    @admin.action(description="Restore the selected annotations", permissions=["change"])
    def restore(self, request: HttpRequest, chosen: QuerySet[Any]) -> None:
        self.turn(request, chosen, writes.restore, "restored")

    def turn(
        self,
        request: HttpRequest,
        chosen: Iterable[Annotation],
        write: Callable[..., Annotation],
        done: str,
    ) -> None:
        """Retract or restore each, and tell how many, and why some were not."""
        count = 0
        for annotation in chosen:
            try:
                write(annotation, seen_revision=annotation.revision, actor=request.user)
                count += 1
            except WriteError as refusal:
                self.message_user(request, f"{annotation}: {refusal}", messages.ERROR)
        if count:
            self.message_user(request, f"{count} {done}.", messages.SUCCESS)


@admin.register(Claim)
class ClaimAdmin(TypedAnnotationAdmin):
    """Claims."""

    list_display = ["text", "claim_type", "verdict", *AnnotationsAdmin.list_display[1:]]
    list_filter = ["claim_type", "verdict", "check_worthiness", *AnnotationsAdmin.list_filter]
    search_fields = ["text", *AnnotationsAdmin.search_fields]
    autocomplete_fields = ["claimant_entity"]
    content_fields = (
        "text",
        "claim_type",
        "claimant_entity",
        "claimant_name",
        "check_worthiness",
        "verdict",
        "rationale",
    )


@admin.register(EntityTag)
class EntityTagAdmin(TypedAnnotationAdmin):
    """Entity tags."""

    list_display = ["words", "tag", "entity", "certainty", *AnnotationsAdmin.list_display[1:]]
    list_filter = ["certainty", *AnnotationsAdmin.list_filter]
    search_fields = ["entity__name", *AnnotationsAdmin.search_fields]
    autocomplete_fields = ["entity"]
    content_fields = ("tag", "entity", "certainty")


@admin.register(SourceLink)
class SourceLinkAdmin(TypedAnnotationAdmin):
    """Source links."""

    list_display = ["source", "stance", *AnnotationsAdmin.list_display]
    list_filter = ["stance", *AnnotationsAdmin.list_filter]
    search_fields = ["source__title", "source__url", *AnnotationsAdmin.search_fields]
    autocomplete_fields = ["source"]
    raw_id_fields = ["claim"]
    content_fields = ("claim", "source", "stance", "evidence", "locator", "retrieved_at")


@admin.register(Note)
class NoteAdmin(TypedAnnotationAdmin):
    """Notes."""

    list_display = ["body", *AnnotationsAdmin.list_display]
    search_fields = ["body", *AnnotationsAdmin.search_fields]
    raw_id_fields = ["target"]
    content_fields = ("body", "target")


@admin.register(Change)
class ChangeAdmin(ReadOnlyAdmin):
    """The change log."""

    list_display = ["at", "action", "annotation_kind", "revision", "actor"]
    list_filter = ["action", "at", ("actor", admin.RelatedOnlyFieldListFilter)]
    search_fields = ["actor__username", "annotation__public_id"]
    fields = ["at", "action", "annotation", "revision", "actor", "before", "after", "reanchoring"]
    show_full_result_count = False

    @admin.display(description="annotation")
    def annotation_kind(self, change: Change) -> str:
        return str(change.annotation)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Change]:
        """Blind means blind, here too."""
        visible = Annotation.objects.visible_to(request.user)
        changes = super().get_queryset(request).filter(annotation__in=visible.values("pk"))
        return changes.select_related("annotation", "actor")


# --- Tasks --------------------------------------------------------------------------------

admin.site.unregister(DBTaskResult)


@admin.register(DBTaskResult)
class AnnotationTaskAdmin(TaskAdmin):
    """Queued and finished tasks, without those that would break blindness.

    A queued webhook or re-anchoring task tells when somebody annotated. So only users from whom
    no project hides work see the tasks of `annotate`.
    """

    def get_queryset(self, request: HttpRequest) -> QuerySet[DBTaskResult]:
        rows = super().get_queryset(request)
        if Project.objects.with_hidden_work(request.user).exists():
            return rows.exclude(task_path__startswith="annotate.")
        return rows
