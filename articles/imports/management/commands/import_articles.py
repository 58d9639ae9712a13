import json
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandParser
from tqdm import tqdm
from w3lib.encoding import resolve_encoding

from articles.errors import IngestError
from articles.imports.batches import BatchResult, check_source, import_source
from articles.imports.rows import COLUMNS, DEFAULT_FIELDS, Options, Row, Source, open_source
from articles.management.options import report_errors


class Command(BaseCommand):
    help = (
        "Import the articles of a .jsonl, .csv or .zip file or of a folder. A stopped run "
        "continues where it was; a row that fails is reported while the others are imported."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", type=Path, help=".jsonl, .csv, .zip or a folder of files")
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            metavar="FIELD=COLUMN",
            help=f"map a column to a field; fields are {', '.join(COLUMNS)}",
        )
        for name in DEFAULT_FIELDS:
            parser.add_argument(f"--{name}", default="", help="for rows without one")
        parser.add_argument(
            "--encoding", default="", help="of text, CSV and HTML; detected unless given"
        )
        parser.add_argument("--by", default="", metavar="USER", help="the user who imports")
        parser.add_argument("--dry-run", action="store_true", help="validate and store nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the counts as JSON, and each error to standard error."""
        with report_errors(hints={"columns": "Name it with --map FIELD=COLUMN."}):
            by = _get_user(options["by"])
            source = open_source(options["source"], _get_options(options))
            result = self.run_import(source, by, is_dry_run=options["dry_run"])
        self.stdout.write(json.dumps(result))

    def run_import(self, source: Source, by: Any, *, is_dry_run: bool) -> dict[str, Any]:
        counts = {"created": 0, "duplicates": 0, "failed": 0}
        # Without a terminal there is no bar.
        with tqdm(total=source.total, unit=" rows", disable=None) as bar:

            def report_batch(row: Row, batch: BatchResult) -> None:
                counts["created"] += batch.created
                counts["duplicates"] += batch.duplicates
                counts["failed"] += len(batch.errors)
                with bar.external_write_mode():
                    for location, message in [*batch.errors, *batch.warnings]:
                        self.stderr.write(f"{location}: {' '.join(message.split())}")
                bar.update(row.line - bar.n)

            if is_dry_run:
                check_source(source, on_batch=report_batch)
                return {"dry_run": True, **counts}
            state = import_source(source, by=by, on_batch=report_batch)
        total = {name: getattr(state, name) for name in counts}
        return {"import": str(state.public_id), **total, "this_run": counts}


def _get_options(options: dict[str, Any]) -> Options:
    columns = {}
    for pair in options["map"]:
        name, sign, column = pair.partition("=")
        if not sign or name not in COLUMNS:
            raise IngestError({"--map": [f"Give FIELD=COLUMN; fields are {', '.join(COLUMNS)}."]})
        columns[name] = column
    encoding = options["encoding"]
    if encoding and not resolve_encoding(encoding):
        raise IngestError({"--encoding": [f"There is no encoding called {encoding}."]})
    defaults = {name: options[name] for name in DEFAULT_FIELDS if options[name]}
    return Options(columns, defaults, resolve_encoding(encoding) or "")


def _get_user(name: str) -> Any:
    user = get_user_model().objects.filter(username=name).first() if name else None
    if name and user is None:
        raise IngestError({"--by": [f"There is no user called {name}."]})
    return user
