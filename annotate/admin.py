"""Managing projects and registries, and looking after annotations.

An annotation is revised, retracted and restored here through `annotate.writes`, as everywhere.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django_tasks_db.admin import DBTaskResultAdmin
from django_tasks_db.models import DBTaskResult

from annotate import webhooks, writes
from annotate.drafts import draft_of
from annotate.models import (
    Action,
    Annotation,
    ApiToken,
    Assignment,
    Attempt,
    Carrying,
    CarryingRun,
    Change,
    Claim,
    Delivery,
    Entity,
    EntityAlias,
    EntityTag,
    ExternalId,
    Kind,
    Membership,
    Note,
    Project,
    Source,
    SourceLink,
    Span,
    Tag,
    TagSet,
    Webhook,
)
from annotate.refusals import Invalid, Refusal
from articles import outbound
from articles.admin import KeptAdmin, KeptInline, NormalisedForm

if TYPE_CHECKING:
    from django.contrib.auth.models import User

# --- Projects -----------------------------------------------------------------------------


class MembershipInline(admin.TabularInline):
    """Who is in the project, and as what."""

    model = Membership
    extra = 0
    autocomplete_fields = ["user"]


@admin.register(Project)
class ProjectAdmin(admin.ModelAdmin):
    """Projects."""

    form = NormalisedForm
    list_display = ["name", "slug", "tag_set", "is_public", "is_blind", "takes_any_article"]
    list_filter = ["is_public", "is_blind", "tag_set"]
    list_select_related = ["tag_set"]
    search_fields = ["name", "slug"]
    autocomplete_fields = ["articles", "tag_set"]
    prepopulated_fields = {"slug": ["name"]}
    inlines = [MembershipInline]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(obj) and super().has_delete_permission(request, obj)


@admin.register(Assignment)
class AssignmentAdmin(admin.ModelAdmin):
    """Who works on what, and how far they are."""

    list_display = ["annotator", "version", "project", "created_at", "finished_at"]
    list_filter = ["project", ("finished_at", admin.EmptyFieldListFilter)]
    list_select_related = ["annotator", "version__article", "project"]
    search_fields = ["annotator__username", "version__article__title"]
    autocomplete_fields = ["annotator", "project", "version"]
    readonly_fields = ["created_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Assignment]:
        """Read no texts for a list of names."""
        return super().get_queryset(request).defer("version__text", "version__blocks")


class TagInline(admin.TabularInline):
    """The tags of a set."""

    model = Tag
    form = NormalisedForm
    extra = 0
    fields = ["code", "name", "key", "parent", "position", "description"]

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Offer as parents the tags of this set, read once for all rows."""
        field: Any = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "parent" and field is not None:
            owner = request.resolver_match.kwargs.get("object_id")
            field.queryset = Tag.objects.filter(tag_set=owner) if owner else Tag.objects.none()
            if not hasattr(request, "tag_choices"):
                request.tag_choices = list(field.choices)
            field.choices = request.tag_choices
        return field


@admin.register(TagSet)
class TagSetAdmin(admin.ModelAdmin):
    """Tag sets."""

    form = NormalisedForm
    list_display = ["name", "slug"]
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}
    inlines = [TagInline]


# --- Registries ---------------------------------------------------------------------------


class EntityAliasInline(admin.TabularInline):
    """Other names."""

    model = EntityAlias
    form = NormalisedForm
    extra = 0


class ExternalIdInline(admin.TabularInline):
    """Ids in other registries."""

    model = ExternalId
    form = NormalisedForm
    extra = 0


class EntityForm(NormalisedForm):
    """An entity; no QID is none, not an empty one."""

    def clean_qid(self) -> str | None:
        """Read an empty field as none."""
        return self.cleaned_data["qid"] or None


@admin.register(Entity)
class EntityAdmin(admin.ModelAdmin):
    """The registry of entities."""

    form = EntityForm
    list_display = ["name", "type", "qid", "description"]
    list_filter = ["type", ("qid", admin.EmptyFieldListFilter)]
    search_fields = ["name", "aliases__name", "qid"]
    readonly_fields = ["public_id", "created_by", "created_at", "updated_at"]
    inlines = [EntityAliasInline, ExternalIdInline]


@admin.register(Source)
class SourceAdmin(admin.ModelAdmin):
    """The registry of sources."""

    form = NormalisedForm
    list_display = ["__str__", "publisher", "published_on", "url"]
    list_filter = ["published_on"]
    search_fields = ["title", "publisher", "url"]
    readonly_fields = ["public_id", "created_by", "created_at", "updated_at"]


# --- Annotations --------------------------------------------------------------------------


class SpanInline(KeptInline):
    """The passages."""

    model = Span
    fields = ["start", "end", "exact"]


class ChangeInline(KeptInline):
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
        except Invalid as refusal:
            for error in refusal.errors:
                name = "tag" if error.path[0] == "type" else str(error.path[0])
                self.add_error(name if name in self.fields else None, error.message)
        except Refusal as refusal:
            self.add_error(None, str(refusal))
        return data


class AnnotationsAdmin(KeptAdmin):
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
            except Refusal as refusal:
                self.message_user(request, f"{annotation}: {refusal}", messages.ERROR)
        if count:
            self.message_user(request, f"{count} {done}.", messages.SUCCESS)


@admin.register(Claim)
class ClaimAdmin(TypedAnnotationAdmin):
    """Claims."""

    list_display = ["wording", "claim_type", "verdict", *AnnotationsAdmin.list_display[1:]]
    list_filter = ["claim_type", "verdict", "check_worthiness", *AnnotationsAdmin.list_filter]
    search_fields = ["wording", *AnnotationsAdmin.search_fields]
    autocomplete_fields = ["claimant_entity"]
    content_fields = (
        "wording",
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
class ChangeAdmin(KeptAdmin):
    """The change log."""

    list_display = ["at", "action", "annotation_kind", "revision", "actor"]
    list_filter = ["action", "at", ("actor", admin.RelatedOnlyFieldListFilter)]
    search_fields = ["actor__username", "annotation__public_id"]
    fields = ["at", "action", "annotation", "revision", "actor", "before", "after", "carrying"]
    show_full_result_count = False

    @admin.display(description="annotation")
    def annotation_kind(self, change: Change) -> str:
        return str(change.annotation)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Change]:
        """Blind means blind, here too."""
        visible = Annotation.objects.visible_to(request.user)
        changes = super().get_queryset(request).filter(annotation__in=visible.values("pk"))
        return changes.select_related("annotation", "actor")


# --- Webhooks -----------------------------------------------------------------------------


class WebhookForm(forms.ModelForm):
    """A webhook, whose URL is one that may be asked."""

    kinds = forms.MultipleChoiceField(
        choices=Kind.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="None for all.",
    )
    actions = forms.MultipleChoiceField(
        choices=Action.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="None for all.",
    )

    class Meta:
        widgets = {"url": forms.URLInput(attrs={"class": "vURLField"})}

    def clean_url(self) -> str:
        """Refuse what would not be asked. Raises ValidationError."""
        url: str = self.cleaned_data["url"]
        try:
            outbound.check_url(url)
        except outbound.Refused as refused:
            raise forms.ValidationError(str(refused)) from None
        return url


class OwnedAdmin(admin.ModelAdmin):
    """Webhooks and their log. Blind means blind: when something was sent tells of others' work.

    So those of others are for superusers, who see everything anyway.
    """

    owner = "owner"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Give what the editor may know of."""
        rows = super().get_queryset(request)
        return rows if request.user.is_superuser else rows.filter(**{self.owner: request.user.pk})


@admin.register(Webhook)
class WebhookAdmin(OwnedAdmin):
    """Webhooks: one that is made here is its maker's."""

    form = WebhookForm
    list_display = ["url", "owner", "project", "is_active", "failures", "next_attempt_at"]
    list_filter = ["is_active", ("project", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["owner", "project"]
    search_fields = ["url", "owner__username"]
    readonly_fields = ["owner", "paused_because", "failures", "next_attempt_at", "created_at"]
    asked = ("url", "project", "kinds", "actions")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Ask for no more than is needed for a new one."""
        return [*self.asked, "is_active", *self.readonly_fields] if obj else self.asked

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Offer the projects that the editor may see."""
        if db_field.name == "project":
            kwargs["queryset"] = Project.objects.visible_to(request.user)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Webhook, form: Any, change: bool) -> None:
        """Show the secret of a new one; look again at one that was changed."""
        if change:
            obj.look_again()
            obj.save(update_fields=[*self.asked, *Webhook.STATE])
            return
        obj.owner = cast("User", request.user)
        obj.save()
        self.message_user(request, f"The secret, shown this once: {obj.secret}", messages.WARNING)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Let its log go with a webhook, which nobody may delete alone."""
        deleted, counted, _, protected = super().get_deleted_objects(objs, request)
        return deleted, counted, set(), protected


class AttemptInline(KeptInline):
    """What came of each attempt."""

    model = Attempt
    fields = ["number", "at", "status", "error", "milliseconds", "excerpt", "next_attempt_at"]


@admin.register(Delivery)
class DeliveryAdmin(KeptAdmin, OwnedAdmin):
    """What was sent to webhooks, and what came of it."""

    owner = "webhook__owner"
    list_display = ["created_at", "webhook", "what", "state", "tried", "delivered_at"]
    list_filter = ["state", "is_ping", "created_at"]
    search_fields = ["public_id", "webhook__url", "webhook__owner__username"]
    fields = ["public_id", "webhook", "what", "state", "created_at", "delivered_at"]
    readonly_fields = ["public_id", "what"]
    inlines = [AttemptInline]
    actions = ["send_again"]
    show_full_result_count = False

    @admin.display(description="what")
    def what(self, delivery: Delivery) -> str:
        number = len(delivery.changes)
        return "ping" if delivery.is_ping else f"{number} change{'s' if number > 1 else ''}"

    @admin.display(description="attempts", ordering="tried")
    def tried(self, delivery: Any) -> int:
        return int(delivery.tried)

    @admin.action(description="Send again", permissions=["send"])
    def send_again(self, request: HttpRequest, deliveries: QuerySet[Delivery]) -> None:
        for delivery in deliveries:
            webhooks.send_again(delivery)
        self.message_user(request, f"To be sent again soon: {len(deliveries)}.")

    def has_send_permission(self, request: HttpRequest) -> bool:
        """Tell whether somebody may have things sent: who may change webhooks may."""
        return request.user.has_perm("annotate.change_webhook")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Count the attempts."""
        counted: QuerySet[Any] = super().get_queryset(request).annotate(tried=Count("attempts"))
        return counted.select_related("webhook__owner")


@admin.register(Carrying)
class CarryingAdmin(KeptAdmin):
    """What was carried to new versions, and what waits."""

    list_display = ["created_at", "annotation", "version", "status", "decision", "decided_by"]
    list_filter = ["status", "decision", "created_at"]
    search_fields = ["annotation__public_id", "version__article__title"]
    fields = [
        "annotation",
        "version",
        "status",
        "score",
        "places",
        "decision",
        "decided_by",
        "decided_at",
        "carried",
    ]
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Carrying]:
        """Blind means blind, here too."""
        visible = Annotation.objects.visible_to(request.user)
        rows = super().get_queryset(request).filter(annotation__in=visible.values("pk"))
        return rows.select_related("annotation", "version__article", "decided_by").defer(
            "version__text", "version__blocks"
        )


@admin.register(CarryingRun)
class CarryingRunAdmin(KeptAdmin):
    """Carrying to new versions, by the workers.

    Blind means blind: the counts are of everyone's annotations, and a run that was asked for
    again tells when somebody wrote. So this is for those from whom no project hides its work.
    """

    list_display = [
        *("version", "state", "carried", "waiting", "following"),
        *("asked_at", "started_at", "finished_at", "fault"),
    ]
    list_filter = ["state", "asked_at"]
    search_fields = ["version__article__title", "version__public_id"]
    actions = ["carry_again"]
    show_full_result_count = False

    @admin.action(description="Carry again", permissions=["carry"])
    def carry_again(self, request: HttpRequest, runs: QuerySet[CarryingRun]) -> None:
        count = CarryingRun.objects.filter(pk__in=runs.values("pk")).ask_again()
        self.message_user(request, f"To be carried again soon: {count}.")

    def has_carry_permission(self, request: HttpRequest) -> bool:
        """Tell whether somebody may have it done again: who may change runs may."""
        return request.user.has_perm("annotate.change_carryingrun")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if not super().has_view_permission(request, obj):
            return False
        return not Project.objects.hiding_work_from(request.user).exists()

    def get_queryset(self, request: HttpRequest) -> QuerySet[CarryingRun]:
        """Read no texts for a list of names."""
        rows = super().get_queryset(request).select_related("version__article")
        return rows.defer("version__text", "version__blocks")


# --- Tasks --------------------------------------------------------------------------------

admin.site.unregister(DBTaskResult)


@admin.register(DBTaskResult)
class TaskAdmin(DBTaskResultAdmin):
    """What is queued for the workers, and what became of it.

    Blind means blind: that a webhook had something to send, or a version something to carry,
    tells when somebody wrote. So the tasks of annotations are for those from whom no project
    hides its work. Those of articles know nothing of annotations, and are for everyone here.
    """

    list_display = (
        *("name", "status", "queue_name", "starts"),
        *("enqueued_at", "started_at", "finished_at", "exception_class_path"),
    )
    list_filter = ("status", "queue_name", "enqueued_at")
    search_fields = ("task_path", "exception_class_path")
    show_full_result_count = False

    @admin.display(description="task", ordering="task_path")
    def name(self, task: DBTaskResult) -> str:
        return str(task.task_path).rpartition(".")[2]

    @admin.display(description="starts")
    def starts(self, task: DBTaskResult) -> int:
        return len(task.worker_ids)

    def get_queryset(self, request: HttpRequest) -> QuerySet[DBTaskResult]:
        """Give what the editor may know of."""
        rows: QuerySet[DBTaskResult] = super().get_queryset(request).defer("traceback")
        if Project.objects.hiding_work_from(request.user).exists():
            return rows.exclude(task_path__startswith="annotate.")
        return rows


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin):
    """API tokens, to look at and to revoke by deleting; who needs one makes it themselves."""

    list_display = ["user", "name", "hint", "scopes", "created_at", "expires_at", "last_used_at"]
    list_display_links = None
    list_filter = ["scopes", ("expires_at", admin.EmptyFieldListFilter), "last_used_at"]
    list_select_related = ["user"]
    search_fields = ["user__username", "name", "hint"]
    fields = ["user", "name", "hint", "scopes", "created_at", "expires_at", "last_used_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
