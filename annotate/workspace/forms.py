"""Forms of each kind of annotation: they turn what somebody typed into a draft."""

import json
import uuid
from collections.abc import Mapping
from typing import Any, Self

from django import forms
from django.conf import settings

from annotate.drafts import ClaimDraft, Draft, EntityTagDraft, NoteDraft, SourceLinkDraft
from annotate.forms import SPANS_PATTERN, SpansField
from annotate.models import (
    Annotation,
    Certainty,
    CheckWorthiness,
    Claim,
    ClaimType,
    EntityTag,
    Kind,
    Stance,
    Verdict,
)
from annotate.projects.models import Project
from annotate.registry.drafts import EntityDraft, SourceDraft
from annotate.registry.models import Entity, EntityType, Source
from articles.models import ArticleVersion
from config.db.public_id import uuid7
from config.errors import InvalidInput, NotPermitted, RevisionConflict, WriteError


def _words(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, "dir": "auto"})


def _line() -> forms.TextInput:
    return forms.TextInput(attrs={"dir": "auto"})


class StateChangeForm(forms.Form):
    """What comes with a write that needs no more than a press: which revision was seen."""

    seen_revision = forms.IntegerField(min_value=1, max_value=2**31 - 1)
    idempotency_key = forms.CharField(required=False, max_length=200)

    def complaint(self) -> str:
        """Say in one line what is wrong."""
        return " ".join(
            f"{name}: {message}" for name, found in self.errors.items() for message in found
        )


class SpansForm(StateChangeForm):
    """Passages alone."""

    # Some thousand passages.
    spans = SpansField(max_length=20_000)


class AnnotationForm(forms.Form):
    """What the forms of all kinds share."""

    kind: Kind
    # Where the write path calls a value by another name than the form.
    renamed: Mapping[str, str] = {}

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
        # What is there now, when somebody else changed it in the meantime.
        self.conflict: Annotation | None = None
        # As a plain dict, so that a value can be put right before the form is shown again.
        super().__init__(None if data is None else dict(data.items()), initial=initial)

    @classmethod
    def for_new(
        cls, project: Project, version: ArticleVersion, user: Any, asked: Mapping[str, Any]
    ) -> Self:
        """Give the form for a new annotation, filled in as far as the page asked for it."""
        initial = {name: asked[name] for name in asked if name in cls.base_fields}
        form = cls(project=project, version=version, user=user, initial=initial)
        form.initial = {**form.proposed(), **initial, "idempotency_key": str(uuid7())}
        return form

    @classmethod
    def for_edit(cls, *, instance: Annotation, **made_for: Any) -> Self:
        """Give the form with what an annotation says."""
        form = cls(instance=instance, **made_for)
        form.initial = {
            "spans": " ".join(f"{span.start}-{span.end}" for span in instance.spans.all()),
            "seen_revision": instance.revision,
            "idempotency_key": str(uuid7()),
            **form.stored(instance.content),
        }
        return form

    def proposed(self) -> dict[str, Any]:
        """Propose values for a new annotation from its passages."""
        return {}

    def stored(self, content: Any) -> dict[str, Any]:
        """Give the form's values of a stored annotation."""
        own = set(self.fields) - set(AnnotationForm.base_fields)
        return {name: getattr(content, name) for name in own if hasattr(content, name)}

    def draft(self) -> Draft:
        """Give what was filled in as a draft."""
        raise NotImplementedError

    def asked(self) -> Any:
        """Give the part of the draft that was sent, where the rest was filled in here."""
        return None

    def refuse(self, refusal: WriteError) -> None:
        """Show why the write path refused, beside the field where there is one."""
        if isinstance(refusal, InvalidInput):
            for error in refusal.errors:
                self.add_error(self._field_of(error.path), error.message)
        elif isinstance(refusal, RevisionConflict):
            self.conflict = refusal.current
            self.data = {**self.data, "seen_revision": str(refusal.current.revision)}
            self.add_error(None, "Somebody changed this annotation while you had it open.")
        elif isinstance(refusal, NotPermitted) and not self.user.is_authenticated:
            self.add_error(
                None, "Your session has ended. Sign in in another tab, then save here again."
            )
        else:
            self.add_error(None, str(refusal))

    def _field_of(self, path: tuple[str | int, ...]) -> str | None:
        named = [str(part) for part in path if not isinstance(part, int)]
        for name in reversed(named):
            name = self.renamed.get(name, name)
            if name in self.fields and not self.fields[name].widget.is_hidden:
                return name
        return None

    def conflict_values(self) -> list[tuple[str, Any, str]]:
        """Give what is there now where it differs from what was typed.

        Each as the field's label, the value, and both as JSON for the page to take it over.
        """
        if self.conflict is None:
            return []
        return [
            (
                str(self.fields[name].label or "") or name.replace("_", " ").capitalize(),
                value,
                json.dumps({name: value}, default=str),
            )
            for name, value in self.stored(self.conflict.content).items()
            if not self.fields[name].widget.is_hidden and str(value) != str(self[name].value())
        ]

    def passages(self) -> list[tuple[int, int, str]]:
        """Give the selected passages with their words, as far as they lie in the text."""
        written = str(self["spans"].value() or "")
        if not SPANS_PATTERN.match(written.strip()):
            return []
        pairs = [[int(n) for n in passage.split("-")] for passage in written.split()]
        text = self.version.text
        return [(start, end, text[start:end]) for start, end in pairs if start < end <= len(text)]

    def words_selected(self) -> str:
        """Give the words of all passages as one line."""
        return " … ".join(" ".join(words.split()) for _, _, words in self.passages())


class ClaimForm(AnnotationForm):
    """A claim."""

    kind = Kind.CLAIM
    renamed = {"claimant": "claimant_name"}

    text = forms.CharField(
        label="Claim text",
        widget=_words(3),
        help_text="In words that stand alone: who, what, when.",
    )
    claim_type = forms.ChoiceField(choices=ClaimType.choices, initial=ClaimType.FACT, label="Type")
    check_worthiness = forms.TypedChoiceField(
        choices=CheckWorthiness.choices, coerce=int, initial=CheckWorthiness.LOW
    )
    claimant_name = forms.CharField(
        required=False,
        max_length=300,
        label="Claimant",
        help_text="Who says so: choose an entity below, or leave it as free text.",
    )
    claimant_entity = forms.ModelChoiceField(
        Entity.objects.all(), to_field_name="public_id", required=False, widget=forms.HiddenInput
    )
    verdict = forms.ChoiceField(choices=Verdict.choices, initial=Verdict.UNREVIEWED)
    rationale = forms.CharField(required=False, widget=_words(2), help_text="Why this verdict.")

    def proposed(self) -> dict[str, Any]:
        """Propose the passage's own words."""
        return {"text": self.words_selected()}

    def draft(self) -> ClaimDraft:
        """Give the claim; a chosen entity stands for its name."""
        values = dict(self.cleaned_data)
        entity = values["claimant_entity"]
        return ClaimDraft(
            spans=values["spans"],
            text=values["text"],
            claim_type=values["claim_type"],
            claimant_entity=entity,
            claimant_name="" if entity else values["claimant_name"],
            check_worthiness=values["check_worthiness"],
            verdict=values["verdict"],
            rationale=values["rationale"],
        )

    def options(self) -> list[Entity]:
        """Give the entity that is chosen already."""
        return _chosen(Entity.objects.all(), self["claimant_entity"].value())


class EntityTagForm(AnnotationForm):
    """An entity tag."""

    kind = Kind.ENTITY_TAG

    renamed = {"name": "new_name", "description": "new_description", "qid": "new_qid"}

    type = forms.ChoiceField(widget=forms.RadioSelect)
    entity = forms.ModelChoiceField(
        Entity.objects.all(), to_field_name="public_id", required=False, widget=forms.HiddenInput
    )
    certainty = forms.ChoiceField(
        choices=Certainty.choices, initial=Certainty.CERTAIN, required=False
    )
    new_name = forms.CharField(required=False, max_length=300, label="Name", widget=_line())
    new_type = forms.ChoiceField(
        required=False, label="Kind of entity", choices=[("", "As tagged"), *EntityType.choices]
    )
    new_description = forms.CharField(
        required=False, max_length=500, label="Description", widget=_line()
    )
    new_qid = forms.CharField(
        required=False, max_length=20, label="Wikidata QID", help_text="Such as Q30."
    )
    # One key, no form: the type is given, and what is beyond doubt is filled in.
    quick = forms.BooleanField(required=False, widget=forms.HiddenInput)

    @property
    def looks_up(self) -> bool:
        """Whether Wikidata may be asked for candidates."""
        return bool(settings.WIKIDATA_API)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["type"] = forms.ChoiceField(
            widget=forms.RadioSelect,
            choices=[(tag.code, tag.name) for tag in self.project.tag_set.tags.all()],
        )

    def clean(self) -> dict[str, Any]:
        """Refuse two entities at once, and a new one of which it is not clear what it is."""
        values: dict[str, Any] = super().clean() or {}
        if not values.get("new_name"):
            return values
        if values.get("entity"):
            self.add_error("new_name", "Choose an entity above, or describe a new one: not both.")
        values["new_type"] = values.get("new_type") or values.get("type")
        if values["new_type"] not in EntityType.values:
            self.add_error("new_type", "Say what kind of entity it is.")
        return values

    def proposed(self) -> dict[str, Any]:
        """Propose what was chosen for these words before; else the entity called just so."""
        if last := self._last_choice():
            return {"entity": last.entity.public_id, "type": last.tag.code}
        named = self._named_so()
        return {"entity": named[0].public_id, "type": named[0].type} if named else {}

    def _last_choice(self) -> Any:
        words = self.words_selected()
        if not words or self.instance:
            return None
        before = EntityTag.objects.visible_to(self.user).active().quoting(words)
        linked = before.filter(project=self.project, entity__isnull=False)
        return linked.select_related("entity", "tag").order_by("-updated_at", "-pk").first()

    def _named_so(self) -> list[Entity]:
        words = self.words_selected().casefold()
        return [e for e in self._alike() if words in {e.name.casefold(), *_aliases_of(e)}]

    def _alike(self) -> list[Entity]:
        words = self.words_selected()
        if not words or len(words) > 100:
            return []
        if not hasattr(self, "_found_alike"):
            named = Entity.objects.for_reading().search_by_name(words).order_by_closeness(words)
            self._found_alike = list(named[:6])
        return self._found_alike

    def stored(self, content: Any) -> dict[str, Any]:
        """Give the form's values of a stored entity tag."""
        entity = content.entity
        return {
            "type": content.tag.code,
            "entity": entity.public_id if entity else None,
            "certainty": content.certainty,
        }

    def draft(self) -> EntityTagDraft:
        """Give the entity tag; an entity that is new is described."""
        values = self.cleaned_data
        entity = values["entity"]
        if values["new_name"]:
            entity = EntityDraft(
                name=values["new_name"],
                type=values["new_type"],
                description=values["new_description"],
                qid=values["new_qid"] or None,
            )
        elif values["quick"]:
            entity = self._beyond_doubt(values["type"])
        return EntityTagDraft(
            spans=values["spans"],
            type=values["type"],
            entity=entity,
            certainty=values["certainty"] or Certainty.CERTAIN,
        )

    def asked(self) -> Any:
        """Give what was sent where the rest was filled in."""
        values = self.cleaned_data
        spans = [(span.start, span.end) for span in values["spans"]]
        return {"quick": values["type"], "spans": spans} if values["quick"] else None

    def _beyond_doubt(self, type_code: str) -> Entity | None:
        """Find the one entity of this type that the words were linked to, or that is called so."""
        if (last := self._last_choice()) and last.tag.code == type_code:
            entity: Entity = last.entity
            return entity
        named = [entity for entity in self._named_so() if entity.type == type_code]
        return named[0] if len(named) == 1 else None

    def options(self) -> list[Entity]:
        """Give the entities to choose from at first: the chosen one, and those named alike."""
        chosen = _chosen(Entity.objects.for_reading(), self["entity"].value())
        return [*chosen, *(entity for entity in self._alike() if entity not in chosen)]


class SourceLinkForm(AnnotationForm):
    """A source for a claim or a passage."""

    kind = Kind.SOURCE_LINK
    renamed = {"source": "url"}

    claim = forms.ModelChoiceField(
        Claim.objects.all(), to_field_name="public_id", required=False, widget=forms.HiddenInput
    )
    stance = forms.ChoiceField(choices=Stance.choices, widget=forms.RadioSelect)
    source = forms.ModelChoiceField(
        Source.objects.all(), to_field_name="public_id", required=False, widget=forms.HiddenInput
    )
    url = forms.CharField(
        required=False,
        max_length=2000,
        label="Address",
        help_text="Paste the source's http(s) address; a known one is found again by it.",
        widget=forms.TextInput(attrs={"inputmode": "url", "autocapitalize": "off"}),
    )
    title = forms.CharField(required=False, max_length=500)
    publisher = forms.CharField(required=False, max_length=300)
    published_on = forms.DateField(
        required=False, label="Published", widget=forms.DateInput(attrs={"type": "date"})
    )
    archive_url = forms.CharField(required=False, max_length=2000, label="Archived copy")
    evidence = forms.CharField(
        required=False, widget=_words(3), help_text="The words of the source that matter here."
    )
    locator = forms.CharField(
        required=False, max_length=300, help_text="Page, section or time code."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        seen = Claim.objects.visible_to(self.user)
        self.fields["claim"].queryset = seen  # type: ignore[attr-defined]

    def stored(self, content: Any) -> dict[str, Any]:
        """Give the form's values of a stored source link."""
        return {
            "claim": content.claim.public_id if content.claim else None,
            "source": content.source.public_id,
            "stance": content.stance,
            "evidence": content.evidence,
            "locator": content.locator,
        }

    def draft(self) -> SourceLinkDraft:
        """Give the source link; a source that was not chosen is described."""
        values = self.cleaned_data
        described = SourceDraft(
            url=values["url"],
            title=values["title"],
            publisher=values["publisher"],
            published_on=values["published_on"],
            archive_url=values["archive_url"],
        )
        retrieved: dict[str, Any] = {}
        if self.instance:
            retrieved["retrieved_at"] = self.instance.content.retrieved_at  # type: ignore[union-attr]
        return SourceLinkDraft(
            spans=values["spans"],
            claim=values["claim"],
            source=values["source"] or described,
            stance=values["stance"],
            evidence=values["evidence"],
            locator=values["locator"],
            **retrieved,
        )

    def options(self) -> list[Source]:
        """Give the source that is chosen already."""
        return _chosen(Source.objects.all(), self["source"].value())

    def about(self) -> Claim | None:
        """Give the claim that the source is for."""
        found = _chosen(Claim.objects.visible_to(self.user), self["claim"].value())
        return found[0] if found and found[0].project_id == self.project.pk else None


class NoteForm(AnnotationForm):
    """A note on an annotation or a passage."""

    kind = Kind.NOTE

    target = forms.ModelChoiceField(
        Annotation.objects.all(),
        to_field_name="public_id",
        required=False,
        widget=forms.HiddenInput,
    )
    body = forms.CharField(widget=_words(4), label="Note")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        seen = Annotation.objects.visible_to(self.user)
        self.fields["target"].queryset = seen  # type: ignore[attr-defined]

    def stored(self, content: Any) -> dict[str, Any]:
        """Give the form's values of a stored note."""
        target = content.target
        return {"body": content.body, "target": target.public_id if target else None}

    def draft(self) -> NoteDraft:
        """Give the note."""
        values = self.cleaned_data
        return NoteDraft(spans=values["spans"], body=values["body"], target=values["target"])


FORMS: dict[str, type[AnnotationForm]] = {
    Kind.CLAIM: ClaimForm,
    Kind.ENTITY_TAG: EntityTagForm,
    Kind.SOURCE_LINK: SourceLinkForm,
    Kind.NOTE: NoteForm,
}


def _chosen(rows: Any, value: Any) -> list[Any]:
    """Find the one of the rows that has this public id, if it is one."""
    try:
        return list(rows.filter(public_id=uuid.UUID(str(value))))
    except ValueError:
        return []


def _aliases_of(entity: Entity) -> set[str]:
    return {alias.name.casefold() for alias in entity.aliases.all()}
