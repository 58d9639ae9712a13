"""What schemathesis cannot know: how our streams are read, and what a refusal may be for."""

import json
from typing import Any

import schemathesis
from schemathesis.openapi.checks import UseAfterFree
from schemathesis.specs.openapi.checks import use_after_free

# Parameters whose right values only an answer tells, or that depend on another parameter.
NOT_OF_THE_SCHEMA = {"cursor", "after", "expand", "from", "page_size", "overlaps", "domain"}


@schemathesis.deserializer("application/x-ndjson")
def first_line(ctx: Any, response: Any) -> Any:
    """Read the first of the objects: the schema describes each."""
    lines = response.content.splitlines()
    if not lines:
        raise NotImplementedError("There is nothing in this stream.")
    return json.loads(lines[0])


@schemathesis.deserializer("text/csv")
def table(ctx: Any, response: Any) -> str:
    """Read a table as the text that it is."""
    text: str = response.content.decode()
    return text


@schemathesis.hook
def before_call(ctx: Any, case: Any, kwargs: Any) -> None:
    """Name a passage that stands in any text, its first character, every other time."""
    if case.meta and case.meta.generation.mode.is_positive and isinstance(case.body, dict):
        spans = case.body.get("spans")
        if isinstance(spans, list) and len(spans) % 2:
            case.body["spans"] = [{"start": 0, "end": 1}]


@schemathesis.check
def refused_for_what_no_schema_says(ctx: Any, response: Any, case: Any) -> None:
    """A request of the right form is not refused for its query, but where no schema could tell."""
    meta = case.meta
    if response.status_code != 400 or not meta or not meta.generation.mode.is_positive:
        return
    problem = response.json()
    blamed = {error.get("parameter") for error in problem.get("errors", ())} - {None}
    if wrongly := sorted(blamed - NOT_OF_THE_SCHEMA):
        raise AssertionError(f"{', '.join(wrongly)} has the form of the schema: {problem}")


@schemathesis.check
def taken_back_is_gone_or_says_so(ctx: Any, response: Any, case: Any) -> None:
    """What was deleted is gone; an annotation, which is only retracted, says that it is.

    It can still be read, so that it can be restored: nothing that was said is ever lost.
    """
    try:
        use_after_free(ctx, response, case)
    except UseAfterFree:
        if not (_is_tombstone(response) or _was_restored(ctx, case)):
            raise


def _is_tombstone(response: Any) -> bool:
    """Whether it is an annotation, and retracted; one told by `fields` may leave its state out."""
    record = json.loads(response.content)
    return "kind" in record and record.get("state", "retracted") == "retracted"


def _was_restored(ctx: Any, case: Any) -> bool:
    return any(
        other.path.endswith("/restore/")
        and other.path_parameters == case.path_parameters
        and ctx.internals.find_response(case_id=other.id).status_code == 200
        for other in ctx.internals.find_all_cases()
    )
