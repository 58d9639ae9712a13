"""The map in docs/architecture.md names files that exist and covers every folder."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MAP = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
PATHS = sorted(set(re.findall(r"`((?:annotate|articles|config|tests)/[\w./]*)`", MAP)))


def test_architecture_map_names_existing_files() -> None:
    assert len(PATHS) > 60
    assert [path for path in PATHS if not (ROOT / path).exists()] == []


def test_architecture_map_answers_at_least_25_features() -> None:
    table = MAP.partition("## Where to find a feature")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| ([^|]+) \| (`.+`) \|$", table, re.MULTILINE)
    assert len(rows) >= 25


def test_architecture_map_covers_every_app_folder() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "annotate", "articles", "config"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    folders = {"/".join(Path(path).parts[:2]) + "/" for path in listed if path.count("/") > 1}
    parts = {
        "api",
        "models",
        "pages",
        "management",
        "migrations",
        "services",
        "static",
        "templates",
    }
    features = {folder for folder in folders if folder.split("/")[1] not in parts}
    features.add("config/api/")
    assert sorted(features - set(PATHS)) == []
