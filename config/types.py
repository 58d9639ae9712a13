from typing import Any

# A row serialized for JSON: field names and their values.
Record = dict[str, Any]
