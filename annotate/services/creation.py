from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from annotate.models import Action, Annotation, Span
from annotate.projects.models import Project
from annotate.services.checks import (
    check_content,
    clean_content,
    require_article,
    require_writer,
    resolve_spans,
)
from annotate.services.storage import log_change, store_spans
from annotate.services.write_request import WriteRequest
from articles.models import ArticleVersion


def create(
    model: type[Annotation],
    content: Mapping[str, Any],
    *,
    project: Project,
    version: ArticleVersion,
    actor: Any,
    idempotency_key: str = "",
    sent: Any = None,
) -> Annotation:
    """Create an annotation of the kind of `model`, and log it.

    `content` maps `spans` to selectors, and the fields of the kind to values. The type of an
    entity tag may be a code, its entity an `EntityDraft`, the source of a link a `SourceDraft`.
    If this actor used the key for the same request before, return the annotation created then;
    pass what was `sent` if the server completed the content, which it may do otherwise next time.

    Raise InvalidInput, NotPermitted or IdempotencyKeyReused.
    """
    require_writer(project, actor)
    request = WriteRequest.build(
        actor,
        idempotency_key,
        {
            "create": (model.KIND, content if sent is None else sent),
            "project": project.public_id,
            "version": version.public_id,
        },
    )
    return request.run_once(lambda: _create(model, content, project, version, request))


def _create(
    model: type[Annotation],
    content: Mapping[str, Any],
    project: Project,
    version: ArticleVersion,
    request: WriteRequest,
) -> Annotation:
    require_article(project, version)
    spans = resolve_spans(model, content, version)
    now = timezone.now()
    annotation = model(
        kind=model.KIND,
        project=project,
        version=version,
        author=request.actor,
        created_at=now,
        updated_at=now,
        **clean_content(content, model, project, version, request.actor),
    )
    check_content(annotation)
    rows = [Span.build(annotation, span, version.text) for span in spans]
    record = annotation.update_document(rows)
    annotation.save(force_insert=True)
    store_spans(annotation, rows)
    log_change(request, annotation, Action.CREATE, before=None, after=record)
    return annotation
