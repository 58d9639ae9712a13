"""Schemathesis hooks: deserializers for our streams, and checks that allow for expected errors."""

import json
from typing import Any

import schemathesis
from schemathesis.openapi.checks import UseAfterFree
from schemathesis.specs.openapi.checks import use_after_free

# Parameters whose valid values come from a response or depend on another parameter.
PARAMETERS_WITHOUT_SCHEMA = {"cursor", "after", "expand", "from", "page_size", "overlaps", "domain"}


@schemathesis.deserializer("application/x-ndjson")
def read_first_line(ctx: Any, response: Any) -> Any:
    """Return the first object; the schema describes one."""
    lines = response.content.splitlines()
    if not lines:
        raise NotImplementedError("The stream is empty.")
    return json.loads(lines[0])


@schemathesis.deserializer("text/csv")
def read_table(ctx: Any, response: Any) -> str:
    text: str = response.content.decode()
    return text


@schemathesis.hook
def before_call(ctx: Any, case: Any, kwargs: Any) -> None:
    """Every other time, use a span that exists in any text: its first character."""
    if case.meta and case.meta.generation.mode.is_positive and isinstance(case.body, dict):
        spans = case.body.get("spans")
        if isinstance(spans, list) and len(spans) % 2:
            case.body["spans"] = [{"start": 0, "end": 1}]


@schemathesis.check
def check_rejected_parameters(ctx: Any, response: Any, case: Any) -> None:
    """A request that fits the schema may only fail for parameters that no schema can describe."""
    meta = case.meta
    if response.status_code != 400 or not meta or not meta.generation.mode.is_positive:
        return
    problem = response.json()
    blamed = {error.get("parameter") for error in problem.get("errors", ())} - {None}
    if wrongly := sorted(blamed - PARAMETERS_WITHOUT_SCHEMA):
        raise AssertionError(f"{', '.join(wrongly)} fits the schema: {problem}")


@schemathesis.check
def check_use_after_delete(ctx: Any, response: Any, case: Any) -> None:
    """A deleted resource is gone; a retracted annotation can still be read, and restored."""
    try:
        use_after_free(ctx, response, case)
    except UseAfterFree:
        if not (_is_tombstone(response) or _was_restored(ctx, case)):
            raise


def _is_tombstone(response: Any) -> bool:
    """Return whether it is a retracted annotation; `fields` may leave out the state."""
    record = json.loads(response.content)
    return "kind" in record and record.get("state", "retracted") == "retracted"


def _was_restored(ctx: Any, case: Any) -> bool:
    return any(
        other.path.endswith("/restore/")
        and other.path_parameters == case.path_parameters
        and ctx.internals.find_response(case_id=other.id).status_code == 200
        for other in ctx.internals.find_all_cases()
    )
