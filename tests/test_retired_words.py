"""Fail when a retired word returns: Pressmark uses the field's standard terms instead.

`docs/architecture.md` and `CONTRIBUTING.md` explain the vocabulary. Each retired word names its
replacement, so the failure message says what to write.
"""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("annotate", "articles", "config", "docs", "tests", ".ci", ".github")
SUFFIXES = {".py", ".html", ".js", ".css", ".md", ".toml", ".yml", ".yaml"}
SELF = Path(__file__).name

# Retired everywhere: in identifiers, strings, comments, templates, docs and the schema.
RETIRED = {
    r"carrying|carried|\bcarr(?:y|ies)(?=_|\b)": "re-anchor",
    r"\bglance|Glance": "preview",
    r"obstacle": "blocker",
    r"KeptAnswer|kept_answer": "IdempotencyRecord",
    r"TextBand|text_band": "MinHashBand",
    r"ImportPiece|import_piece": "UploadChunk",
    r"ImportFault|import_fault|\bfaults?\b|has_fault": "error",
    r"BulkImport|bulk_import": "Import",
    r"\bbrought|bring_in|brings?_in|\bbring (?:it|one|many|an article) in\b": "import",
    r"\b(?:said_at|due_at|taken_until|brought_at|moved_at|follow_days|paused_because)\b": (
        "see the model's present field names"
    ),
    r"takes_any_article": "auto_add_articles",
    r"\btype_of_user\b": "AnyUser",
    r"\bis_kept_by\b|\bkeeper\b|require_keeper|\bKept[A-Z]\w+": "can_edit, ReadOnly…",
    r"\bpast_deadlocks\b": "retry_on_deadlock",
    r"\bcatch_up\b|\bmakes_due\b|\bMakesDue\b|\bkeep_indexed\b|\bkeep_installed\b": (
        "index_pending, enqueue_triggers, install_index, install_triggers"
    ),
    r"\btake_up_lost\b|\bsay_alive\b|\bforget_(?:old|abandoned)\b|\bstart_anew\b": (
        "requeue_orphaned, send_heartbeat, delete_expired, reset"
    ),
    r"\blook_(?:at|at_new|again|first|after)\b|\bkeep_(?:new|again)\b|\bcome_to\b": "fetch, save",
    r"\btwins?_?\b|\bTwin\b": "duplicate candidate",
    r"resemblance|likeness": "similarity",
    r"\banew\b": "again",
    r"\bfor ever\b": "never expires",
    r"\bwhoever\b|\bwhichever\b|\bmeanwhile\b": "name the actor; concurrently",
    r"\btake_turn\b|\bwait_for_turn\b": "reserve_slot, wait_for_slot",
    r"\btold_(?:now|by)\b|_told\b|\btold\b": "serialize, message, on_progress",
    r"\bReason\.|\bStanding\b|\bstanding_of\b": "BlockReason, ViewerRole",
    r"\brefusals?\b|\bRefusal\b": "WriteError",
    r"\bdesk\b|\bhandIn\b|\bgoOn\b|\bbringHome\b": "workspace, submit, resume, detach",
    r"\bStretch\b|\bStretchSerializer\b": "Range",
    r"\bWhat waits for you\b|\bGiven to you\b|\bNothing waits\b": "Your tasks, Assigned to you",
    r"retyped|reselected": "typographic, corrected",
    r"\balready-here\b|\bnot-fetched\b|\bwrong-state\b": (
        "duplicate-article, fetch-failed, conflict"
    ),
}
# Retired as the name of a function, variable, attribute or parameter in Python.
RETIRED_NAMES = {
    "words": "text, message, quote, query or textarea",
    "turn": "transition, set_state or reserve_slot",
    "told": "serialize",
    "companion": "parent",
    "wording": "text",
    "stands": "is_active",
    "around": "context",
    "acted": "result",
    "of": "from_… or owned_by",
}
# Function names that end so are no verb and object.
PREPOSITIONS = ("of", "to", "at", "in", "on", "from", "with", "again", "anew", "out", "up", "into")
# Queryset methods that read as a condition with their argument: `visible_to(user)`.
CONDITIONS = {"visible_to", "writable_by", "owned_by", "decidable_by", "assigned_to"}


def sources() -> list[Path]:
    """Return the tracked text files that speak to people."""
    listed = subprocess.run(
        ["git", "ls-files", "-c", "-o", "--exclude-standard", *FOLDERS, "README.md", "Makefile"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    paths = (ROOT / name for name in listed.stdout.splitlines())
    return [
        path
        for path in paths
        if path.name != SELF
        and path.is_file()
        and (path.suffix in SUFFIXES or path.name in {"Makefile", "run"})
        and "migrations" not in path.parts
        and "site" not in path.parts
    ]


def modules() -> Iterator[tuple[Path, ast.Module]]:
    for path in sources():
        if path.suffix == ".py":
            yield path, ast.parse(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(("pattern", "instead"), RETIRED.items(), ids=list(RETIRED))
def test_retired_word_is_absent(pattern: str, instead: str) -> None:
    retired = re.compile(pattern)
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
        for path in sources()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if retired.search(line)
    ]
    assert not found, f"Use {instead} instead:\n" + "\n".join(found)


def _names(tree: ast.Module) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.ClassDef():
                yield node.name, node.lineno
            case ast.arg():
                yield node.arg, node.lineno
            case ast.Name(ctx=ast.Store()):
                yield node.id, node.lineno


def test_retired_names_are_absent() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {name} (use {RETIRED_NAMES[name.strip('_')]})"
        for path, tree in modules()
        for name, line in _names(tree)
        if name.strip("_") in RETIRED_NAMES
    ]
    assert not found, "\n".join(found)


def test_function_names_do_not_end_in_a_preposition() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {node.name}"
        for path, tree in modules()
        if "tests" not in path.relative_to(ROOT).parts
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        and node.name.rpartition("_")[2] in PREPOSITIONS
        and node.name not in CONDITIONS
    ]
    assert not found, "\n".join(found)


def test_schema_uses_no_retired_word() -> None:
    from tests.openapi import openapi

    schema = str(openapi())
    found = {word: instead for word, instead in RETIRED.items() if re.search(word, schema)}
    assert not found
