from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from annotate.models import Annotation, EntityTag, filter_by_project
from annotate.projects.models import WRITERS, Project, Role, Tag
from annotate.registry.drafts import EntityDraft, SourceDraft
from annotate.registry.services import clean_string, find_or_create_entity, find_or_create_source
from articles.models import Article, ArticleVersion
from articles.text.anchor import AnchorError, Span, resolve_all
from articles.text.normalise import UnencodableText
from config.errors import FieldError, InvalidInput, NotPermitted

MAX_SPANS = 200


def require_writer(project: Project, actor: Any) -> Role:
    role = project.get_role(actor)
    if role not in WRITERS:
        message = _("You cannot annotate in the project “%(project)s”.")
        raise NotPermitted(message % {"project": project.name})
    return role


def require_editor(annotation: Annotation, actor: Any) -> None:
    role = require_writer(annotation.project, actor)
    if annotation.author_id != actor.pk and role != Role.MANAGER:
        message = _("Only the author of an annotation or a project manager can change it.")
        raise NotPermitted(message)


def require_article(project: Project, version: ArticleVersion, actor: Any) -> None:
    """Add the article to the project if that is allowed; else raise InvalidInput."""
    article = Article.objects.filter(pk=version.article_id)
    if project.auto_add_articles:
        if not article.filter(Q(projects=project) | Q(annotated_in=project)).exists():
            project.annotated_articles.add(version.article_id)
    elif not filter_by_project(article, [project], actor).exists():
        message = _("This article is not in the project “%(project)s”. A manager can add it.")
        raise InvalidInput.for_field("version", message % {"project": project.name})


def resolve_spans(
    model: type[Annotation], content: Mapping[str, Any], version: ArticleVersion
) -> list[Span]:
    """Anchor the selectors of `content` in the version's text."""
    selectors, parent = content.get("spans") or (), model.parent_field
    if not selectors and content.get(parent):
        return []
    if not selectors and parent:
        message = _("Select a passage, or give the %(parent)s.") % {"parent": parent}
        raise InvalidInput.for_field("spans", message)
    if not selectors:
        raise InvalidInput.for_field("spans", _("Select at least one passage."))
    if len(selectors) > MAX_SPANS:
        message = ngettext(
            "An annotation has at most %(max)d passage.",
            "An annotation has at most %(max)d passages.",
            MAX_SPANS,
        )
        raise InvalidInput.for_field("spans", message % {"max": MAX_SPANS})
    try:
        return resolve_all(version.text, selectors)
    except AnchorError as error:
        at = () if error.index is None else (error.index, error.field)
        raise InvalidInput([FieldError(("spans", *at), str(error))]) from None
    except UnencodableText as error:
        raise InvalidInput.for_field("spans", str(error)) from None


def clean_content(
    content: Mapping[str, Any],
    model: type[Annotation],
    project: Project,
    version: ArticleVersion,
    actor: Any,
) -> dict[str, Any]:
    """Return the model's field values: texts normalised, described objects found or created."""
    values = {name: value for name, value in content.items() if name != "spans"}
    for field in model.text_fields():
        if isinstance(values.get(field.name), str):
            values[field.name] = clean_string(values[field.name], field.name)
    for name, value in values.items():
        try:
            if isinstance(value, EntityDraft):
                values[name] = find_or_create_entity(value, by=actor)
            elif isinstance(value, SourceDraft):
                values[name], _is_new = find_or_create_source(value, by=actor)
        except InvalidInput as invalid:
            errors = [FieldError((name, *error.path), error.message) for error in invalid.errors]
            raise InvalidInput(errors) from None
    if issubclass(model, EntityTag) and "type" in values:
        values["type"] = _get_tag(project, str(values["type"]))
    if parent := values.get(model.parent_field):
        here = Annotation.objects.visible_to(actor).filter(project=project, version=version)
        if not here.filter(pk=parent.pk).exists():
            message = _("This %(name)s is not in this project and version of the article.")
            raise InvalidInput.for_field(model.parent_field, message % {"name": model.parent_field})
    return values


def _get_tag(project: Project, code: str) -> Tag:
    tags = {tag.code: tag for tag in project.tag_set.tags.all()}
    if code not in tags:
        message = _("“%(code)s” is not in the tag set “%(tag_set)s”. Use one of %(codes)s.")
        values = {"code": code, "tag_set": project.tag_set, "codes": ", ".join(tags)}
        raise InvalidInput.for_field("type", message % values)
    return tags[code]


def check_content(annotation: Annotation) -> None:
    """Validate the content fields by the model's own rules. Raise InvalidInput."""
    own = {field.name for field in annotation.content_fields()}
    try:
        annotation.clean_fields(exclude={f.name for f in annotation._meta.fields} - own)
        annotation.clean()
    except ValidationError as error:
        raise InvalidInput.from_messages(error.message_dict) from None
