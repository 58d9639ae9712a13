"""Forms for each kind of annotation, built from the fields of its model."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any, Self, cast

from django import forms
from django.conf import settings
from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from annotate import services
from annotate.forms import SpansField
from annotate.mentions import list_names
from annotate.models import Annotation, Claim, EntityTag, Kind, Note, SourceLink
from annotate.projects.models import Project
from annotate.registry.drafts import EntityDraft, SourceDraft
from annotate.registry.models import Entity, EntityType, Source
from articles.models import ArticleVersion
from config.db.public_id import uuid7
from config.db.visibility import filter_visible
from config.errors import InvalidInput, NotPermitted, RevisionConflict, WriteError

# A time as `<input type="datetime-local" step="1">` has it.
_DATETIME_FORMAT = "%Y-%m-%dT%H:%M:%S"


class StateChangeForm(forms.Form):
    """The revision that the user saw, for a write without other input."""

    seen_revision = forms.IntegerField(min_value=1, max_value=2**31 - 1)
    idempotency_key = forms.CharField(required=False, max_length=200)

    def error_message(self) -> str:
        """Return all errors as one line."""
        return " ".join(
            f"{name}: {message}" for name, errors in self.errors.items() for message in errors
        )


class SpansForm(StateChangeForm):
    # Room for about a thousand spans.
    spans = SpansField(max_length=20_000)


def build_field(field: models.Field, user: Any) -> forms.Field:
    """Return the form field for a content field of a kind of annotation.

    References are hidden inputs with a public id. A choice without a default is a radio group.
    """
    options: dict[str, Any] = {"required": not (field.blank or field.has_default())}
    if isinstance(field, models.ForeignKey):
        model: Any = field.related_model
        rows = filter_visible(model._default_manager.all(), user)
        options |= {"queryset": rows, "to_field_name": "public_id", "widget": forms.HiddenInput}
    elif field.choices:
        options["choices"] = field.choices
        if not field.has_default():
            options["widget"] = forms.RadioSelect
    elif isinstance(field, models.TextField):
        options["widget"] = forms.Textarea(attrs={"rows": 3, "dir": "auto"})
    elif isinstance(field, models.CharField):
        options["widget"] = forms.TextInput(attrs={"dir": "auto"})
    elif isinstance(field, models.DateTimeField):
        options["widget"] = forms.DateTimeInput(
            attrs={"type": "datetime-local", "step": 1}, format=_DATETIME_FORMAT
        )
        options |= {"initial": None, "show_hidden_initial": False}
    form_field: Any = field.formfield(**options)
    return cast("forms.Field", form_field)


class OptionalTextField(forms.CharField):
    def __init__(self, max_length: int, label: Any, help_text: Any = "", **attrs: Any) -> None:
        options: dict[str, Any] = {"label": label, "help_text": help_text}
        widget = forms.TextInput(attrs=attrs)
        super().__init__(required=False, max_length=max_length, widget=widget, **options)


class AnnotationForm(forms.Form):
    """What the forms of all kinds have in common. Each kind adds the fields of its model."""

    model: type[Annotation]
    # Templates of fields that are more than a label and an input.
    templates: Mapping[str, str] = {}
    # Hidden fields that are not rendered, or that the template of another field renders.
    skipped: tuple[str, ...] = ()
    # Form fields that show the errors of a value with another name.
    error_fields: Mapping[str, str] = {}

    spans = SpansField(required=False, max_length=4500)
    idempotency_key = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)
    seen_revision = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        project: Project,
        version: ArticleVersion,
        user: Any,
        instance: Annotation | None = None,
        initial: dict[str, Any] | None = None,
    ) -> None:
        self.project = project
        self.version = version
        self.user = user
        self.instance = instance
        # The annotation as it is now, if somebody else changed it in the meantime.
        self.conflict: Annotation | None = None
        # A plain dict, so that `add_write_error` can update it before the form is shown again.
        super().__init__(None if data is None else dict(data.items()), initial=initial)
        for field in self.model.content_fields():
            if field.name not in self.fields:
                self.fields[field.name] = build_field(field, user)

    @property
    def kind(self) -> Kind:
        return self.model.KIND

    @classmethod
    def for_new(cls, given: Mapping[str, Any], **options: Any) -> Self:
        """Return the form for a new annotation, with the given and proposed values."""
        form = cls(**options)
        given = {name: given[name] for name in given if name in form.fields}
        # Proposals depend on the given spans.
        form.initial = given
        form.initial = {**form.get_proposed(), **given, "idempotency_key": str(uuid7())}
        return form

    @classmethod
    def for_edit(cls, *, instance: Annotation, **options: Any) -> Self:
        """Return the form with the content of an annotation."""
        form = cls(instance=instance, **options)
        form.initial = {
            "spans": " ".join(f"{span.start}-{span.end}" for span in instance.spans.all()),
            "seen_revision": instance.revision,
            "idempotency_key": str(uuid7()),
            **form.get_stored(instance),
        }
        return form

    def get_proposed(self) -> dict[str, Any]:
        """Return values to propose for a new annotation with these spans."""
        return {}

    def get_stored(self, annotation: Annotation) -> dict[str, Any]:
        """Return the content of an annotation as values of this form."""
        return {
            name: value.strftime(_DATETIME_FORMAT)
            if isinstance(value, datetime)
            else getattr(value, "public_id", value)
            for name, value in annotation.content_values().items()
        }

    def get_content(self) -> dict[str, Any]:
        """Return the input as `annotate.services` takes it.

        An empty field that has a default is left out: it gets its default, or stays as it is.
        """
        content = {"spans": self.cleaned_data["spans"]}
        for field in self.model.content_fields():
            value = self.cleaned_data[field.name]
            if not (value in (None, "") and field.has_default()):
                content[field.name] = self._restore_microseconds(field.name, value)
        return content

    def _restore_microseconds(self, name: str, value: Any) -> Any:
        """Return the stored time if `value` is the same to the second, as inputs have it."""
        if not (self.instance and isinstance(value, datetime)):
            return value
        stored: datetime = getattr(self.instance.content, name)
        return stored if stored.replace(microsecond=0) == value else value

    def get_sent(self) -> Any:
        """Return what identifies this request if `get_content` may complete it differently."""
        return None

    def save(self) -> Annotation:
        """Create or revise the annotation. Raise what `annotate.services` raises."""
        key = self.cleaned_data["idempotency_key"]
        options: dict[str, Any] = {"actor": self.user, "idempotency_key": key}
        if self.instance:
            seen = self.cleaned_data["seen_revision"] or 0
            return services.revise(self.instance, self.get_content(), seen_revision=seen, **options)
        options |= {"project": self.project, "version": self.version, "sent": self.get_sent()}
        return services.create(self.model, self.get_content(), **options)

    def add_write_error(self, error: WriteError) -> None:
        """Show why the write path refused, beside the field if there is one."""
        if isinstance(error, InvalidInput):
            for field_error in error.errors:
                self.add_error(self._find_field(field_error.path), field_error.message)
        elif isinstance(error, RevisionConflict):
            self.conflict = error.current
            self.data = {**self.data, "seen_revision": str(error.current.revision)}
            self.add_error(None, _("Somebody changed this annotation while you had it open."))
        elif isinstance(error, NotPermitted) and not self.user.is_authenticated:
            message = _("Your session has ended. Sign in in another tab, then save here again.")
            self.add_error(None, message)
        else:
            self.add_error(None, str(error))

    def _find_field(self, path: tuple[str | int, ...]) -> str | None:
        names = [str(part) for part in path if not isinstance(part, int)]
        for name in reversed(names):
            name = self.error_fields.get(name, name)
            if name in self.fields and not self.fields[name].widget.is_hidden:
                return name
        return None

    def rows(self) -> list[list[tuple[forms.BoundField, str]]]:
        """Return the visible content fields with their templates; adjacent selects share a row."""
        rows: list[list[tuple[forms.BoundField, str]]] = []
        was_select = False
        for field in self.model.content_fields():
            bound = self[field.name]
            template = self.templates.get(field.name, "field.html")
            if bound.is_hidden and field.name not in self.templates:
                continue
            is_select = isinstance(bound.field.widget, forms.Select)
            if is_select and was_select:
                rows[-1].append((bound, template))
            else:
                rows.append([(bound, template)])
            was_select = is_select
        return rows

    def hidden_inputs(self) -> list[forms.BoundField]:
        """Return the hidden fields to render by themselves."""
        rendered = {*self.templates, *self.skipped}
        return [field for field in self.hidden_fields() if field.name not in rendered]

    def conflict_values(self) -> list[tuple[str, Any, str]]:
        """Return what differs from the input: label, current value, and both as JSON."""
        if self.conflict is None:
            return []
        return [
            (str(self[name].label), value, json.dumps({name: value}, default=str))
            for name, value in self.get_stored(self.conflict).items()
            if not self.fields[name].widget.is_hidden and str(value) != str(self[name].value())
        ]

    def passages(self) -> list[tuple[int, int, str]]:
        """Return start, end and quote of the selected spans that lie within the text."""
        try:
            selectors = SpansField(required=False).clean(self["spans"].value())
        except forms.ValidationError:
            return []
        pairs, text = [(s.start or 0, s.end or 0) for s in selectors], self.version.text
        return [(start, end, text[start:end]) for start, end in pairs if start < end <= len(text)]

    def selected_text(self) -> str:
        """Return the quotes of all selected spans as one line."""
        return " … ".join(" ".join(quote.split()) for _, _, quote in self.passages())


class ClaimForm(AnnotationForm):
    model = Claim
    templates = {"claimant": "workspace/fields/claimant.html"}
    skipped = ("claimant_entity",)

    def get_proposed(self) -> dict[str, Any]:
        return {"text": self.selected_text()}

    def get_content(self) -> dict[str, Any]:
        content = super().get_content()
        if content["claimant_entity"]:
            content["claimant"] = ""
        return content

    def options(self) -> list[Entity]:
        """Return the selected entity."""
        visible = Entity.objects.visible_to(self.user)
        return _find_selected(visible, self["claimant_entity"].value())


class EntityTagForm(AnnotationForm):
    model = EntityTag
    templates = {"entity": "workspace/fields/entity.html"}
    skipped = ("quick",)
    error_fields = {"name": "new_name", "description": "new_description", "qid": "new_qid"}

    new_name = OptionalTextField(300, gettext_lazy("Name"), dir="auto")
    new_type = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Entity type"),
        choices=[("", gettext_lazy("Same as the tag")), *EntityType.choices],
    )
    new_description = OptionalTextField(500, gettext_lazy("Description"), dir="auto")
    new_qid = OptionalTextField(
        20, gettext_lazy("Wikidata QID"), help_text=gettext_lazy("For example Q30.")
    )
    # Set when a type's shortcut creates the tag without showing the form.
    quick = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["type"] = forms.ChoiceField(
            label=gettext_lazy("Type"),
            widget=forms.RadioSelect,
            choices=[(tag.code, tag.name) for tag in self.project.tag_set.tags.all()],
        )

    @property
    def can_search_wikidata(self) -> bool:
        return bool(settings.WIKIDATA_API)

    def clean(self) -> dict[str, Any]:
        """Require one entity at most, and the type of a new one."""
        values: dict[str, Any] = super().clean() or {}
        if not values.get("new_name"):
            return values
        if values.get("entity"):
            message = _("Choose an entity above, or describe a new one, not both.")
            self.add_error("new_name", message)
        values["new_type"] = values.get("new_type") or values.get("type")
        if values["new_type"] not in EntityType.values:
            self.add_error("new_type", _("Choose the type of the entity."))
        return values

    def get_proposed(self) -> dict[str, Any]:
        """Propose the entity of an earlier tag with this quote, else the entity of this name."""
        if last := self._find_last_tag():
            return {"entity": last.entity.public_id, "type": last.type.code}
        named = self._find_by_name()
        return {"entity": named[0].public_id, "type": named[0].type} if named else {}

    def _find_last_tag(self) -> Any:
        quote = self.selected_text()
        if not quote or self.instance:
            return None
        earlier = EntityTag.objects.visible_to(self.user).active().with_quote(quote)
        linked = earlier.filter(project=self.project, entity__isnull=False)
        return linked.select_related("entity", "type").order_by("-updated_at", "-pk").first()

    def _find_by_name(self) -> list[Entity]:
        quote = self.selected_text().casefold()
        return [
            entity
            for entity in self._similar
            if quote in {name.casefold() for name in list_names(entity)}
        ]

    @cached_property
    def _similar(self) -> list[Entity]:
        quote = self.selected_text()
        if not quote or len(quote) > 100:
            return []
        visible = Entity.objects.visible_to(self.user).for_reading()
        named = visible.search_by_name(quote).order_by_closeness(quote)
        return list(named[:6])

    def get_stored(self, annotation: Annotation) -> dict[str, Any]:
        stored = super().get_stored(annotation)
        return {**stored, "type": stored["type"].code}

    def get_content(self) -> dict[str, Any]:
        content, values = super().get_content(), self.cleaned_data
        if values["new_name"]:
            content["entity"] = EntityDraft(
                name=values["new_name"],
                type=values["new_type"],
                description=values["new_description"],
                qid=values["new_qid"] or None,
            )
        elif values["quick"]:
            content["entity"] = self._find_certain_entity(values["type"])
        return content

    def get_sent(self) -> Any:
        values = self.cleaned_data
        return {"quick": values["type"], "spans": values["spans"]} if values["quick"] else None

    def _find_certain_entity(self, code: str) -> Entity | None:
        """Return the only entity of this type that the quote was linked to, or that it names."""
        if (last := self._find_last_tag()) and last.type.code == code:
            return cast("Entity", last.entity)
        named = [entity for entity in self._find_by_name() if entity.type == code]
        return named[0] if len(named) == 1 else None

    def options(self) -> list[Entity]:
        """Return the selected entity, then those with a similar name."""
        visible = Entity.objects.visible_to(self.user).for_reading()
        selected = _find_selected(visible, self["entity"].value())
        return [*selected, *(entity for entity in self._similar if entity not in selected)]


class SourceLinkForm(AnnotationForm):
    model = SourceLink
    templates = {"source": "workspace/fields/source.html"}
    error_fields = {"source": "url"}

    url = OptionalTextField(2000, gettext_lazy("URL"), inputmode="url", autocapitalize="off")
    title = OptionalTextField(500, gettext_lazy("Title"))
    publisher = OptionalTextField(300, gettext_lazy("Publisher"))
    published_on = forms.DateField(
        required=False,
        label=gettext_lazy("Published on"),
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    archive_url = OptionalTextField(2000, gettext_lazy("Archived copy"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # A source can be described instead.
        self.fields["source"].required = False

    def get_content(self) -> dict[str, Any]:
        content, values = super().get_content(), self.cleaned_data
        if not content["source"]:
            names = [field.name for field in fields(SourceDraft) if field.name in values]
            draft = {name: values[name] for name in names}
            content["source"] = SourceDraft(**draft)
        return content

    def options(self) -> list[Source]:
        """Return the selected source."""
        visible = Source.objects.visible_to(self.user)
        return _find_selected(visible, self["source"].value())

    def get_claim(self) -> Claim | None:
        """Return the claim that the source is for."""
        claims = _find_selected(Claim.objects.visible_to(self.user), self["claim"].value())
        return claims[0] if claims and claims[0].project_id == self.project.pk else None


class NoteForm(AnnotationForm):
    model = Note


FORMS: dict[str, type[AnnotationForm]] = {
    form.model.KIND: form for form in (ClaimForm, EntityTagForm, SourceLinkForm, NoteForm)
}


def _find_selected(rows: Any, value: Any) -> list[Any]:
    """Return the row with this public id as a list, which is empty if there is none."""
    try:
        return list(rows.filter(public_id=uuid.UUID(str(value))))
    except ValueError:
        return []
