"""Admin pages for annotations, which are written through `annotate.services` here as well."""

from collections.abc import Iterable
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth import get_user_model
from django.contrib.auth.admin import UserAdmin
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy
from django_tasks_db.models import DBTaskResult

from annotate import services
from annotate.accounts.admin import AccountForm
from annotate.models import MODELS, Annotation, Change, EntityTag, Span
from annotate.projects.work_admin import UsedByWorkAdmin, sees_all_work
from config.errors import InvalidInput, WriteError
from config.jobs.admin import TaskAdmin
from config.ui.admin import ReadOnlyAdmin, ReadOnlyInline, VisibleAdmin


class SpanInline(ReadOnlyInline):
    model = Span
    fields = ["start", "end", "exact"]


class ChangeInline(ReadOnlyInline):
    model = Change
    fields = ["revision", "action", "actor", "at"]
    ordering = ["pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Change]:
        return super().get_queryset(request).select_related("actor").defer("before", "after")


class AnnotationForm(forms.ModelForm):
    # Set for each request by the admin.
    actor: Any
    seen_revision = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["seen_revision"] = self.instance.revision
        if isinstance(self.instance, EntityTag):
            tags: Any = self.fields["type"]
            tags.queryset = self.instance.project.tag_set.tags.all()

    def clean(self) -> dict[str, Any]:
        """Write the revision; show errors of the write path beside their fields.

        The admin keeps what was typed only as long as a form is invalid, so it is too late to
        fail in `save`.
        """
        data = super().clean() or self.cleaned_data
        if self.errors:
            return data
        content = {name: value for name, value in data.items() if name != "seen_revision"}
        try:
            services.revise(
                self.instance, content, seen_revision=data["seen_revision"], actor=self.actor
            )
        except InvalidInput as invalid:
            for error in invalid.errors:
                name = str(error.path[0])
                self.add_error(name if name in self.fields else None, error.message)
        except WriteError as error:
            self.add_error(None, str(error))
        return data


class BaseAnnotationAdmin(ReadOnlyAdmin):
    """Annotations that the user can see."""

    list_display = ["quote", "author", "project", "article", "state", "revision", "updated_at"]
    list_filter = [
        "state",
        ("project", admin.RelatedOnlyFieldListFilter),
        ("author", admin.RelatedOnlyFieldListFilter),
        "updated_at",
    ]
    search_fields = ["spans__exact", "author__username", "version__article__title"]
    list_per_page = 50
    show_full_result_count = False

    @admin.display(description=_("quote"))
    def quote(self, annotation: Annotation) -> str:
        return Truncator(annotation.quoted_text()).chars(80)

    @admin.display(description=_("article"), ordering="version__article__title")
    def article(self, annotation: Annotation) -> str:
        return annotation.version.article.title

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        visible: Any = super().get_queryset(request)
        return cast("QuerySet[Any]", visible.for_reading())


@admin.register(Annotation)
class AnyAnnotationAdmin(BaseAnnotationAdmin):
    """Annotations of every kind; each is edited on the page of its kind."""

    list_display = ["kind_link", *BaseAnnotationAdmin.list_display]
    list_display_links = None
    list_filter = ["kind", *BaseAnnotationAdmin.list_filter]

    @admin.display(description=_("kind"), ordering="kind")
    def kind_link(self, annotation: Annotation) -> str:
        model = MODELS[annotation.kind]._meta.model_name
        url = reverse(f"admin:annotate_{model}_change", args=[annotation.pk])
        return format_html('<a href="{}">{}</a>', url, annotation.get_kind_display())


@admin.register(*MODELS.values())
class KindAdmin(BaseAnnotationAdmin):
    """Annotations of one kind, with the fields of its model."""

    form = AnnotationForm
    readonly_fields = [
        *("public_id", "project", "version", "author"),
        *("state", "revision", "created_at", "updated_at"),
    ]
    inlines = [SpanInline, ChangeInline]
    actions = ["retract", "restore"]

    def __init__(self, model: type[Annotation], admin_site: admin.AdminSite) -> None:
        self.content_fields = [field.name for field in model.content_fields()]
        self.text_fields = [field.name for field in model.text_fields()]
        self.choice_fields = [field.name for field in model.content_fields() if field.choices]
        references = model.reference_fields()
        # Annotations are too many for a select.
        raw = [f.name for f in references if issubclass(f.related_model, Annotation)]
        self.raw_id_fields = raw  # type: ignore[misc]
        self.other_references = [field for field in references if field.name not in raw]
        self.list_display = [
            *self.text_fields[:1],
            *(field.name for field in self.other_references),
            *self.choice_fields,
            *BaseAnnotationAdmin.list_display,
        ]
        super().__init__(model, admin_site)

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        return [*self.choice_fields, *BaseAnnotationAdmin.list_filter]

    def get_autocomplete_fields(self, request: HttpRequest) -> list[str]:
        return [f.name for f in self.other_references if self._get_related_search_fields(f)]

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        """Search the text fields, and what the admin of a referenced object searches."""
        related = (
            f"{field.name}__{path}"
            for field in self.other_references
            for path in self._get_related_search_fields(field)
        )
        return [*self.text_fields, *related, *BaseAnnotationAdmin.search_fields]

    def _get_related_search_fields(self, field: models.ForeignKey) -> Iterable[str]:
        related = self.admin_site._registry.get(field.related_model)
        return related.search_fields if related else ()

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
        """Do nothing: a valid form has already written the revision."""

    @admin.action(description=_("Retract the selected annotations"), permissions=["change"])
    def retract(self, request: HttpRequest, selected: QuerySet[Any]) -> None:
        message = ngettext_lazy("%d annotation retracted.", "%d annotations retracted.")
        self._write_each(request, selected, services.retract, message)

    @admin.action(description=_("Restore the selected annotations"), permissions=["change"])
    def restore(self, request: HttpRequest, selected: QuerySet[Any]) -> None:
        message = ngettext_lazy("%d annotation restored.", "%d annotations restored.")
        self._write_each(request, selected, services.restore, message)

    def _write_each(
        self, request: HttpRequest, selected: Iterable[Annotation], write: Any, message: Any
    ) -> None:
        """Write each annotation; show the errors and the number of successes."""
        count = 0
        for annotation in selected:
            try:
                write(annotation, seen_revision=annotation.revision, actor=request.user)
                count += 1
            except WriteError as error:
                self.message_user(request, f"{annotation}: {error}", messages.ERROR)
        if count:
            self.message_user(request, message % count, messages.SUCCESS)


@admin.register(Change)
class ChangeAdmin(ReadOnlyAdmin):
    list_display = ["at", "action", "annotation_kind", "revision", "actor"]
    list_filter = ["action", "at", ("actor", admin.RelatedOnlyFieldListFilter)]
    search_fields = ["actor__username", "annotation__public_id"]
    fields = ["at", "action", "annotation", "revision", "actor", "before", "after", "reanchoring"]
    show_full_result_count = False

    @admin.display(description=_("annotation"))
    def annotation_kind(self, change: Change) -> str:
        return str(change.annotation)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Change]:
        changes: QuerySet[Change] = super().get_queryset(request)
        return changes.select_related("annotation", "actor")


admin.site.unregister(DBTaskResult)


@admin.register(DBTaskResult)
class AnnotationTaskAdmin(VisibleAdmin, TaskAdmin):
    """Queued and finished tasks, without those that would break blindness.

    A queued webhook or re-anchoring task tells when somebody annotated. So only users from whom
    no project hides work see the tasks of `annotate`.
    """

    def get_queryset(self, request: HttpRequest) -> QuerySet[DBTaskResult]:
        rows = super().get_queryset(request)
        return rows if sees_all_work(request) else rows.exclude(task_path__startswith="annotate.")


admin.site.unregister(get_user_model())


@admin.register(get_user_model())
class AccountAdmin(UsedByWorkAdmin, UserAdmin):
    form = AccountForm
