"""A client that checks every JSON response of the API against the published schema."""

import json
import re
from functools import cache
from typing import Any

from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator, FormatChecker
from rest_framework.test import APIClient

NDJSON = "application/x-ndjson"
_PARAMETER = re.compile(r"{\w+}")


@cache
def openapi() -> dict[str, Any]:
    """Give the schema of the whole API."""
    schema: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return schema


@cache
def _validator(schema: str) -> Draft202012Validator:
    whole = {"components": openapi()["components"], **json.loads(schema)}
    return Draft202012Validator(whole, format_checker=FormatChecker(["uuid"]))


def check(schema: dict[str, Any], value: Any) -> None:
    """Raise jsonschema's ValidationError where the value is not what the schema says."""
    _validator(json.dumps(schema)).validate(value)


def get_documented_content(method: str, path: str, status: int) -> dict[str, Any]:
    """Give what the schema says of the content of an answer, by media type."""
    for template, operations in openapi()["paths"].items():
        pattern = _PARAMETER.sub("[^/]+", template)
        if re.fullmatch(pattern, path) and method.lower() in operations:
            responses = operations[method.lower()]["responses"]
            found = responses.get(str(status)) or responses.get(f"{status // 100}XX")
            assert found, f"{method} {template} answers {status}, of which the schema says nothing."
            content: dict[str, Any] = found["content"]
            return content
    assert status in (404, 405), f"The schema does not know {method} {path}."
    return {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


class CheckingClient(APIClient):
    """DRF's test client, strict about what it gets."""

    def correct(self, address: str, body: Any) -> Any:
        """Change a thing as it is now."""
        return self.patch(address, body, HTTP_IF_MATCH=self.get(address).headers.get("ETag", ""))

    def request(self, **kwargs: Any) -> Any:
        """Send a request, and check the JSON that comes back."""
        response = super().request(**kwargs)
        media_type = response.headers.get("Content-Type", "").split(";")[0]
        method, path = kwargs["REQUEST_METHOD"], kwargs["PATH_INFO"]
        endpoint = path.startswith("/api/v1/") and path not in ("/api/v1/", "/api/v1/schema/")
        if endpoint and method not in ("HEAD", "OPTIONS") and media_type.endswith("json"):
            content = get_documented_content(method, path, response.status_code)
            assert media_type in content, f"{media_type} is not among {list(content)}"
            text = response.getvalue() if response.streaming else response.content
            if response.streaming:
                # What was read here is there for the test to read too.
                response.streaming_content = [text]
            # A stream has one value a line.
            for value in text.splitlines() if media_type == NDJSON else [text]:
                check(content[media_type]["schema"], json.loads(value))
        return response
