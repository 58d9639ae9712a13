"""Test the API against its OpenAPI schema with schemathesis (`make fuzz`).

Serves the demo on SQLite, and on PostgreSQL if DATABASE_URL names a server. Sends every operation
of the schema with a token that has all scopes and without one: its examples, boundary values, and
generated valid and invalid requests. With the token, also sends sequences of operations that use
the ids of earlier responses. `schemathesis.toml` lists the errors that no schema can foresee. The
reports are in `build/fuzz/`.

Exits with 1 after any failure, a server error, or fewer cases than CASES_WANTED.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.serving import Pressmark, database, serve  # noqa: E402

CASES_WANTED = 5000
REPORTS = ROOT / "build" / "fuzz"
SINGLE_REQUESTS = ("--phases", "examples,coverage,fuzzing")
SEQUENCES = ("--phases", "stateful", "--max-time", "40")
CONFIG = Path(__file__).with_name("schemathesis.toml")

Report = dict[str, Any]


def main() -> int:
    """Test the API on all databases at once. Return the exit code."""
    REPORTS.mkdir(parents=True, exist_ok=True)
    servers = {"sqlite": "", "postgresql": os.environ.get("DATABASE_URL", "")}
    if not servers["postgresql"]:
        del servers["postgresql"]
    with ThreadPoolExecutor() as pool:
        runs = list(pool.map(fuzz, servers, servers.values()))
    reports = [report for run in runs for report in run]
    cases = sum(report["test_cases"]["generated"] for report in reports)
    failures = sum(report["test_cases"]["unique_failures"] for report in reports)
    print(f"=== schemathesis: {cases:,} cases, {failures} failures", flush=True)
    if cases < CASES_WANTED:
        print(f"At least {CASES_WANTED:,} cases are wanted.", file=sys.stderr)
    sound = all(report["exit_code"] == 0 and report["complete"] for report in reports)
    return 0 if sound and not failures and cases >= CASES_WANTED else 1


def fuzz(engine: str, server: str) -> list[Report]:
    """Fuzz an installation on one engine, with a token and without. Return the reports."""
    log = REPORTS / f"{engine}-server.log"
    log.unlink(missing_ok=True)
    # Long polls would wait in vain for changes.
    settings = {"PRESSMARK_MAX_LONG_POLLS": "0"}
    with (
        tempfile.TemporaryDirectory() as data,
        database(server) as url,
        serve(Path(data), url, log, **settings) as pressmark,
    ):
        token = pressmark.manage("create_token", "editor").strip()
        config = write_config(engine, pressmark)
        signed = ("--header", f"Authorization: Bearer {token}")
        return [
            run(f"{engine}-token", pressmark, config, *signed, *SINGLE_REQUESTS),
            run(f"{engine}-sequences", pressmark, config, *signed, *SEQUENCES),
            run(f"{engine}-anonymous", pressmark, config, *SINGLE_REQUESTS),
        ]


def write_config(engine: str, pressmark: Pressmark) -> Path:
    """Write the configuration with ids of versions of this installation. Return its path."""
    read = httpx.get(f"{pressmark.url}/api/v1/versions/?fields=id")
    ids = [version["id"] for version in read.json()["results"]]
    config = REPORTS / f"{engine}.toml"
    config.write_text(CONFIG.read_text().replace('"{versions}"', json.dumps(ids)))
    return config


def run(name: str, pressmark: Pressmark, config: Path, *options: str) -> Report:
    """Run schemathesis once. Return its report, and print its output if it failed."""
    report = REPORTS / f"{name}.json"
    report.unlink(missing_ok=True)
    began = time.monotonic()
    done = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(config)),
            *("run", f"{pressmark.url}/api/v1/schema/", "--no-color"),
            *("--report", "json", "--report-json-path", str(report)),
            *options,
        ],
        cwd=ROOT,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    (REPORTS / f"{name}.log").write_text(done.stdout)
    if done.returncode or not report.exists():
        print(done.stdout, file=sys.stderr)
    found: Report = json.loads(report.read_text())
    counts, taken = found["test_cases"], time.monotonic() - began
    print(
        f"--- {name}: {counts['generated']:,} cases, {counts['unique_failures']} failures, "
        f"{taken:.0f} s",
        flush=True,
    )
    return found


if __name__ == "__main__":
    sys.exit(main())
