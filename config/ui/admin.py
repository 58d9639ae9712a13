from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import ForeignKeyRawIdWidget
from django.core.exceptions import FieldDoesNotExist
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from config.db.visibility import filter_visible


class VisibleRawIdWidget(ForeignKeyRawIdWidget):
    """A raw id whose label is only shown if the user can see the object."""

    def __init__(self, widget: ForeignKeyRawIdWidget, visible: QuerySet[Any]) -> None:
        super().__init__(widget.rel, widget.admin_site, widget.attrs)
        self.visible = visible

    def label_and_url_for_value(self, value: Any) -> tuple[str, str]:
        is_visible = self.visible.filter(pk=value).exists()
        return super().label_and_url_for_value(value) if is_visible else ("", "")


class VisibleAdmin(admin.ModelAdmin):
    """An admin page that shows what the user can see on the site, and reveals nothing else.

    What its queryset leaves out cannot be searched, opened, completed or chosen either.
    """

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return filter_visible(super().get_queryset(request), request.user)

    def get_field_queryset(self, db: str | None, db_field: Any, request: Any) -> QuerySet[Any]:
        """Return the choices of a reference: the rows of the admin page of the other model."""
        model = db_field.remote_field.model
        other = self.admin_site._registry.get(model)
        if other:
            return other.get_queryset(request)
        return filter_visible(model._default_manager.all(), request.user)

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        field: Any = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if field and isinstance(field.widget, ForeignKeyRawIdWidget):
            field.widget = VisibleRawIdWidget(field.widget, field.queryset)
        return field

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        """Refuse parameters that filter by rows of other models, which may be hidden."""
        try:
            field = self.opts.get_field(lookup.partition("__")[0])
        except FieldDoesNotExist:
            field = None
        if field and (field.auto_created or field.many_to_many) and field.is_relation:
            return False
        return super().lookup_allowed(lookup, value, request)


class ReadOnlyMixin:
    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    has_change_permission = has_delete_permission = has_add_permission


class ReadOnlyAdmin(ReadOnlyMixin, VisibleAdmin):
    pass


class ReadOnlyInline(ReadOnlyMixin, admin.TabularInline):
    pass


class FixedFieldsForm(forms.ModelForm):
    """A model form that does not change the `fixed_fields` of an existing row."""

    fixed_fields: ClassVar[tuple[str, ...]] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self.fixed_fields:
            if self.instance.pk and name in self.fields:
                self.fields[name].disabled = True
                self.fields[name].help_text = _("Cannot be changed: URLs or annotations show it.")
