"""`manage.py import_articles SOURCE`: bring many articles in."""

import json
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from articles.errors import IngestError
from articles.imports.batches import Outcome, check_source, import_source
from articles.imports.rows import COLUMNS, DEFAULTS, Options, Row, open_source


class Command(BaseCommand):
    """Import JSONL, CSV, a folder or a ZIP of files; what was stopped goes on where it was."""

    help = (
        "Import the articles of a .jsonl, .csv or .zip file or of a folder. A run that was stopped "
        "goes on where it was; a row that cannot come in is reported while the others do."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("source", type=Path, help=".jsonl, .csv, .zip or a folder of files")
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            metavar="FIELD=COLUMN",
            help=f"which column has a field; fields are {', '.join(COLUMNS)}",
        )
        for name in DEFAULTS:
            parser.add_argument(f"--{name}", default="", help="for rows that say none")
        parser.add_argument("--by", default="", metavar="USER", help="who brings them in")
        parser.add_argument("--dry-run", action="store_true", help="store nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import and print the counts as JSON, or say in one line what is wrong and exit with 2."""
        counts = {"stored": 0, "known": 0, "refused": 0}
        try:
            by = _user(options["by"])
            source = open_source(options["source"], _options(options))
            # Without a terminal there is no bar.
            with tqdm(total=source.total, unit=" rows", disable=None) as bar:

                def tell(row: Row, outcome: Outcome) -> None:
                    counts["stored"] += outcome.stored
                    counts["known"] += outcome.known
                    counts["refused"] += len(outcome.faults)
                    with bar.external_write_mode():
                        for place, reason in outcome.faults:
                            self.stderr.write(f"{place}: {' '.join(reason.split())}")
                    bar.update(row.line - bar.n)

                if options["dry_run"]:
                    check_source(source, tell=tell)
                    total: dict[str, Any] = {"dry_run": True, **counts}
                else:
                    state = import_source(source, by=by, tell=tell)
                    total = {
                        "import": str(state.public_id),
                        "stored": state.stored,
                        "known": state.known,
                        "refused": state.refused,
                        "this_run": counts,
                    }
        except IngestError as error:
            hint = " Name it with --map FIELD=COLUMN." if "columns" in error.errors else ""
            raise CommandError(f"{error}{hint}", returncode=2) from None
        self.stdout.write(json.dumps(total))


def _options(given: dict[str, Any]) -> Options:
    columns = {}
    for pair in given["map"]:
        name, sign, column = pair.partition("=")
        if not sign or name not in COLUMNS:
            raise IngestError({"--map": [f"Give FIELD=COLUMN; fields are {', '.join(COLUMNS)}."]})
        columns[name] = column
    return Options(columns, {name: given[name] for name in DEFAULTS if given[name]})


def _user(name: str) -> Any:
    user = get_user_model().objects.filter(username=name).first() if name else None
    if name and user is None:
        raise IngestError({"--by": [f"There is no user called {name}."]})
    return user
