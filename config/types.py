from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

# A row serialized for JSON: field names and their values.
Record = dict[str, Any]

# What a middleware wraps.
GetResponse = Callable[[HttpRequest], HttpResponse]
