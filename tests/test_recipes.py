"""Run the examples of the guides against a server with the demo data."""

import json
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.openapi import openapi
from tests.serving import ROOT, Pressmark, serve_like_the_suite

# The address in the guides.
GUIDE_URL = "http://127.0.0.1:8000"
RUN = {
    "sh": ["bash", "-euo", "pipefail", "-c"],
    "python": [sys.executable, "-c"],
    "r": ["Rscript", "-e"],
}
# These install or serve Pressmark, or run this suite or a part of it.
NOT_HERE = {
    *("Quick start", "Install and start", "Docker Compose", "Set up", "Migrations"),
    *("Dependencies", "Evaluation", "Add a field to a kind of annotation"),
}

# A regular expression for the output of the examples under a heading, for each language or for all.
# No request may fail.
PRINTS: dict[str, str | dict[str, str]] = {
    # README.md
    "Add articles": r'"article": "[0-9a-f-]{36}"|"title": "',
    "API": r'"stance":"|"cursor":"|"text":"About 14 million',
    "Verify and re-anchor": r"",
    # docs/adding-articles.md
    "Import many articles": r"",
    # docs/extraction.md
    "Article extraction": r'"blocker": ',
    # docs/reanchoring.md
    "Compare versions": r'"hunks"',
    "Automatic runs": r"",
    # docs/search.md
    "Search API": r'"results"|"kind":"claim"',
    "Index updates": r"",
    # docs/webhooks.md
    "Create a webhook": r'"secret":"whsec_',
    "Verify signatures": r"",
    # docs/authentication.md
    "Create a token": r'"slug":"demo"|^pmk_',
    # docs/api.md
    "Query examples": (
        r'(?s)"verdict":"misleading"'
        r'.*who\.int.*"text":".*measles.*id,kind,text,verdict'
    ),
    "Formats": r"^[4-9]\d\d$",
    "Conditional requests": r"^304$",
    "Writing": r"",
    "Keep a copy of a project in sync": r"\d{3}",
    "List claims about an entity with their evidence": (
        r"(?s)Provisional Drug Overdose Death Counts.*Measles Cases and Outbreaks"
    ),
    "Build a co-occurrence graph": {
        "sh": r"^\d{3,4} edges.txt$",
        "r": r"Federal Communications Commission +Google +2",
        "python": r"0 .+ \d+$",
    },
    "Load annotations into a data frame": r"claim +\d\d +\d\d +\d\d",
    "Create annotations from a spreadsheet": {
        "sh": r'"index":1,"status":201',
        "python": r"1 created, 1 failed\nrow 3: /spans/0/exact: ",
    },
    "Revise without overwriting other people's work": {
        "sh": r"^200\n412\n200$",
        "python": r"^revision \d+ has both: True$",
    },
    "Retry a request safely": {"sh": r"one source", "python": r"^True true$"},
}


@dataclass(frozen=True)
class Example:
    """A block of a guide."""

    guide: str
    heading: str
    language: str
    number: int
    code: str

    def __str__(self) -> str:
        return f"{self.guide}: {self.heading} ({self.language} {self.number})"

    @property
    def prints(self) -> str:
        expected = PRINTS[self.heading]
        return expected if isinstance(expected, str) else expected[self.language]


_PART = re.compile(r"^```(\w*)\n(.*?)^```$|^#+ ([^\n]+)$", re.MULTILINE | re.DOTALL)


def examples(guide: str) -> Iterator[Example]:
    heading, number = "", 0
    for found in _PART.finditer((ROOT / guide).read_text()):
        language, code, title = found.groups()
        if title:
            heading, number = title, 0
        elif language in RUN and heading not in NOT_HERE:
            number += 1
            yield Example(guide, heading, language, number, code)


GUIDES = [
    "README.md",
    "CONTRIBUTING.md",
    *(str(g.relative_to(ROOT)) for g in ROOT.glob("docs/**/*.md")),
]
EXAMPLES = [example for guide in sorted(GUIDES) for example in examples(guide)]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pressmark]:
    with serve_like_the_suite(tmp_path_factory.mktemp("recipes")) as pressmark:
        yield pressmark


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A writable folder with the files of a checkout that examples use."""
    for name, download in (
        (".venv", Path(sys.prefix)),
        ("manage.py", ROOT / "manage.py"),
        ("fixtures", ROOT / "fixtures"),
    ):
        (tmp_path / name).symlink_to(download)
    return tmp_path


def run(example: Example, served: Pressmark, checkout: Path) -> str:
    """Run an example with a token in the environment; return its output."""
    token = served.client("annotator-1").headers["Authorization"].removeprefix("Bearer ")
    done = subprocess.run(
        [*RUN[example.language], example.code.replace(GUIDE_URL, served.url)],
        cwd=checkout,
        env={**served.env, "TOKEN": token, "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr or done.stdout
    return done.stdout


def needing_r(found: list[Example]) -> list[Any]:
    return [
        pytest.param(e, id=str(e), marks=[pytest.mark.r] if e.language == "r" else [])
        for e in found
    ]


@pytest.mark.parametrize("example", needing_r(EXAMPLES))
def test_example_runs_as_documented(example: Example, served: Pressmark, checkout: Path) -> None:
    printed = run(example, served, checkout)
    assert "urn:pressmark:problem" not in printed
    assert re.search(example.prints, printed, re.MULTILINE), printed
    if "TOKEN" in example.code and example.guide == "docs/api.md":
        # A repeated run gives the same output.
        assert re.search(example.prints, run(example, served, checkout), re.MULTILINE)


def copied_by_sh(checkout: Path) -> dict[str, Any]:
    lines = (checkout / "demo-changes.jsonl").read_text().split("\n")
    copy = {a["id"]: a for line in lines if line for a in [json.loads(line)["annotation"]]}
    return {key: a for key, a in copy.items() if a["state"] == "active"}


def copied_by_python(checkout: Path) -> dict[str, Any]:
    with sqlite3.connect(checkout / "demo-copy.sqlite3") as copy:
        return {
            key: json.loads(record)
            for key, record in copy.execute("SELECT id, record FROM annotation")
        }


_COPY_IN_R = """
copy <- readRDS("demo-copy.rds")$annotations
cat(jsonlite::toJSON(copy, auto_unbox = TRUE, null = "null", digits = NA))
"""


def copied_by_r(checkout: Path) -> dict[str, Any]:
    done = subprocess.run(
        ["Rscript", "-e", _COPY_IN_R], cwd=checkout, check=True, capture_output=True, text=True
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


COPIED = {"sh": copied_by_sh, "python": copied_by_python, "r": copied_by_r}


@pytest.mark.parametrize(
    "example", needing_r([e for e in EXAMPLES if e.heading == "Keep a copy of a project in sync"])
)
def test_copy_example_follows_changes(example: Example, served: Pressmark, checkout: Path) -> None:
    client = served.client("annotator-1")

    def download() -> dict[str, Any]:
        lines = httpx.get(f"{client.base_url}annotations/?project=demo&format=ndjson").content
        return {a["id"]: a for a in map(json.loads, lines.splitlines())}

    run(example, served, checkout)
    before = COPIED[example.language](checkout)
    assert before == download()
    assert len(before) > 400
    mine = client.get("/notes/", params={"author": "annotator-1"}).json()["results"]
    one, other = (client.get(note["links"]["self"]) for note in mine[:2])
    tag = {"If-Match": one.headers["ETag"]}
    client.delete(one.json()["links"]["self"], headers=tag).raise_for_status()
    tag = {"If-Match": other.headers["ETag"]}
    body = {"body": f"{example.language} was here."}
    client.patch(other.json()["links"]["self"], json=body, headers=tag).raise_for_status()
    run(example, served, checkout)
    after = COPIED[example.language](checkout)
    assert after == download()
    assert after.keys() == before.keys() - {one.json()["id"]}


@pytest.mark.parametrize("guide", GUIDES)
def test_code_blocks_run_manage_py_with_python(guide: str) -> None:
    blocks = re.findall(r"^```\w*\n(.*?)^```$", (ROOT / guide).read_text(), re.M | re.S)
    assert [b for b in blocks if re.search(r"(?<!python )manage\.py", b)] == []


@pytest.mark.parametrize("guide", GUIDES)
def test_shell_blocks_that_are_not_run_are_valid(guide: str) -> None:
    for found in _PART.finditer((ROOT / guide).read_text()):
        if found[1] == "sh":
            subprocess.run(["bash", "-n", "-c", found[2]], check=True)


def test_api_guide_names_every_parameter() -> None:
    guide = (ROOT / "docs/api.md").read_text()
    named = {
        parameter["name"]
        for operations in openapi()["paths"].values()
        for operation in operations.values()
        for parameter in operation.get("parameters", ())
        if parameter["in"] == "query"
    }
    assert [name for name in sorted(named) if not re.search(f"`{name}[`=]", guide)] == []
