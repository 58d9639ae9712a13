from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer


def add_example(title: str, value: Any) -> Any:
    """Decorate a serializer with an example request for the schema and the interactive docs."""
    example = OpenApiExample(title, value, request_only=True)
    return extend_schema_serializer(examples=[example])
