"""The one write path: the web UI, the API, the admin and importers write annotations here.

Each function acts in one transaction with its row of the change log, or raises one of
`config.errors` and changes nothing.
"""

from annotate.services.renames import log_renames
from annotate.services.write_request import run_in_transaction
from annotate.services.writes import create, restore, retract, revise

__all__ = ["create", "log_renames", "restore", "retract", "revise", "run_in_transaction"]
