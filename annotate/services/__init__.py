"""The one write path: the web UI, the API, the admin and importers write annotations here.

Each function acts in one transaction with its row of the change log, or raises one of
`config.errors` and changes nothing.
"""

from annotate.services.creation import create
from annotate.services.revision import restore, retract, revise
from annotate.services.transactions import run_in_transaction

__all__ = ["create", "restore", "retract", "revise", "run_in_transaction"]
