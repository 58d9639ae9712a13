"""Fail when a retired word returns: Pressmark uses the field's standard terms instead.

`docs/architecture.md` and `CONTRIBUTING.md` explain the vocabulary. Each retired word names its
replacement, so the failure message says what to write.
"""

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("annotate", "articles", "config", "docs", "tests", ".ci", ".github")
SUFFIXES = {".py", ".html", ".js", ".css", ".md", ".toml", ".yml", ".yaml"}
SELF = Path(__file__).name

# Retired everywhere: in identifiers, strings, comments, templates, docs and the schema.
RETIRED = {
    # "Stems carry their language" is fine; carrying an annotation to another version is not.
    r"carrying|\bcarried\b(?! out)|carr(?:y|ies|ied)_|_carried"
    r"|\bcarr(?:y|ies) (?:it|them|over|an? annotation|annotations)\b": "re-anchor",
    r"\bglance|Glance": "preview",
    r"obstacle": "blocker",
    r"KeptAnswer|kept_answer": "IdempotencyRecord",
    r"TextBand|text_band": "MinHashBand",
    r"ImportPiece|import_piece": "UploadChunk",
    r"ImportFault|import_fault|\bfaults?\b(?! tolera)|has_fault": "error",
    r"BulkImport|bulk_import": "Import",
    r"\bbrought|bring_in|brings?_in|\bbring (?:it|one|many|an article) in\b": "import",
    r"\b(?:said|seen|queued|polled|brought|moved|due|next|asked)_at\b|\b(?:taken_until|follow_days)\b"
    r"|\bpaused_because\b|\bfrom_version\b": "the present field names (articles/feeds/models.py …)",
    r"\bMadeWebhook\b|\bNew(?:Feed|Article)Request\b": "WebhookCreated, FeedCreate, ArticleCreate",
    r"\bsearch_due\b|\bonce_after\b": "search queue, idempotent",
    r"\b(?:Status\.(?:LOST|EDITED)|Decision\.(?:WAITING|CARRIED|DROPPED)"
    r"|Action\.(?:WAIT|DROP|REOPEN|SUPERSEDE))\b": "ORPHAN, FUZZY, PENDING, REANCHOR_…",
    r"\b(?:(?:check|evaluate)_reanchoring|check_spans|rebuild_search|import_html)\b": (
        "tests.bench.reanchoring, verify_spans, rebuild_search_index, extract_html"
    ),
    r"\bPRESSMARK_(?:FETCH_PAUSE|FETCH_SECONDS|WORKER_SILENCE|LONG_POLLS|FEEDS_PER_PERSON|CONTACT)\b"
    r"|\bBEHIND_PROXY\b": "the settings in docs/deployment.md",
    r"\bmode=(?:all|each)\b": "atomic=true|false",
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
    # Except the title of Broder's paper.
    r"(?<!On the )resemblance|likeness": "similarity",
    r"\banew\b": "again",
    r"\bfor ever\b": "never expires",
    r"\bwhoever\b|\bwhichever\b|\bmeanwhile\b": "name the actor; concurrently",
    r"\btake_turn\b|\bwait_for_turn\b": "reserve_slot, wait_for_slot",
    r"\btold_(?:now|by)\b|_told\b|\btold\b": "serialize, message, on_progress",
    r"\bReason\.|\bStanding\b|\bstanding_of\b": "BlockReason, ViewerRole",
    r"\brefusals?\b|\bRefusal\b": "WriteError",
    # A newsroom desk is fine; the workspace, its id, class or test client is not.
    r"[#.\"']desk\b|\bdesk-top\b|\bhandIn\b|\bgoOn\b|\bbringHome\b": (
        "workspace, submit, resume, detach"
    ),
    r"\bStretch\b|\bStretchSerializer\b": "Range",
    r"\bWhat waits for you\b|\bGiven to you\b|\bNothing waits\b": "Your tasks, Assigned to you",
    r"retyped|reselected": "typographic, corrected",
    r"\balready-here\b|\bnot-fetched\b|\bwrong-state\b|\bbulk-refused\b": (
        "duplicate-article, fetch-failed, conflict, bulk-failed"
    ),
}
# Retired as the name of a class, function, variable, attribute or parameter in Python.
RETIRED_NAMES = {
    "Due": "IndexQueueEntry",
    "Found": "SearchResults or ParsedFeed",
    "Hit": "SearchResult",
    "Named": "FeedItem",
    "Offer": "FeedLink",
    "Polled": "PollResult",
    "Seen": "PreviewArticle",
    "Statement": "PreparedQuery",
    "act": "action, method or a verb",
    "arrived": "reanchored",
    "desk": "editor_client or journalist_client",
    "doing": "handlers",
    "gone": "deleted, retracted or undone",
    "heard": "received",
    "made": "created",
    "places": "targets, positions or paths",
    "refused": "rejected, failed or exc_info",
    "said": "data, message or value",
    "settle": "process",
    "settled": "is_resolved",
    "shape": "variant",
    "there": "existing or results",
    "trouble": "connection_status",
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
CONDITIONS = {"visible_to", "writable_by", "owned_by", "decidable_by", "assigned_to", "attached_to"}
# The object is a field: `get_expires_at`.
TIMESTAMP = re.compile(r"_?(?:get|set|parse)_\w+_at")
# A past participle, with no verb and no noun: `_resolved`, `_told_by`, `moved_from`.
_PARTICIPLES = (
    r"(?!(?:embed|exceed|feed|need|proceed|seed|speed)(?:_|$))[a-z]+ed|bound|broken|brought|built"
    r"|chosen|done|found|given|gone|held|hidden|kept|known|left|lost|made|meant|said|seen|sent|shown"
    r"|taken|told|written"
)
PARTICIPLE = re.compile(
    rf"_*(?:un)?(?:{_PARTICIPLES})(?:_(?:again|at|by|for|from|in|on|out|to|with))*"
)


@cache
def sources() -> dict[Path, str]:
    """Return the contents of our text files."""
    listed = subprocess.run(
        ["git", "ls-files", "-c", "-o", "--exclude-standard", *FOLDERS, "README.md", "Makefile"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    paths = (ROOT / name for name in listed.stdout.splitlines())
    return {
        path: path.read_text(encoding="utf-8")
        for path in paths
        if path.name != SELF
        and path.is_file()
        and (path.suffix in SUFFIXES or path.name in {"Makefile", "run"})
        and "migrations" not in path.parts
        and "site" not in path.parts
    }


@cache
def modules() -> list[tuple[Path, ast.Module]]:
    return [(path, ast.parse(text)) for path, text in sources().items() if path.suffix == ".py"]


@pytest.mark.parametrize(("pattern", "instead"), RETIRED.items(), ids=list(RETIRED))
def test_retired_word_is_absent(pattern: str, instead: str) -> None:
    retired = re.compile(pattern)
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
        for path, text in sources().items()
        if retired.search(text)
        for number, line in enumerate(text.splitlines(), 1)
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
            case ast.Attribute(ctx=ast.Store()):
                yield node.attr, node.lineno


def test_retired_names_are_absent() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {name} (use {RETIRED_NAMES[name.strip('_')]})"
        for path, tree in modules()
        for name, line in _names(tree)
        if name.strip("_") in RETIRED_NAMES
    ]
    assert not found, "\n".join(found)


def _functions() -> Iterator[tuple[str, ast.FunctionDef, ast.AST]]:
    """Yield the location, the function and what contains it, outside of tests."""
    for path, tree in modules():
        name = str(path.relative_to(ROOT))
        if name.startswith("tests/"):
            continue
        for parent in ast.walk(tree):
            for node in ast.iter_child_nodes(parent):
                if isinstance(node, ast.FunctionDef):
                    yield f"{name}:{node.lineno}: {node.name}", node, parent


def test_function_names_do_not_end_in_a_preposition() -> None:
    found = [
        location
        for location, node, _ in _functions()
        if node.name.rpartition("_")[2] in PREPOSITIONS
        and node.name not in CONDITIONS
        and not TIMESTAMP.fullmatch(node.name)
    ]
    assert not found, "\n".join(found)


def test_function_names_are_no_bare_past_participle() -> None:
    found = [
        location
        for location, node, parent in _functions()
        if PARTICIPLE.fullmatch(node.name)
        and node.name not in CONDITIONS
        and not _is_condition(node, parent)
    ]
    assert not found, "Use verb + object:\n" + "\n".join(found)


def _is_condition(node: ast.FunctionDef, parent: ast.AST) -> bool:
    """Return whether it is a property, or filters a queryset: `feeds.unclaimed()`."""
    if any("property" in ast.unparse(decorator) for decorator in node.decorator_list):
        return True
    return isinstance(parent, ast.ClassDef) and parent.name.endswith("QuerySet")


def test_schema_uses_no_retired_word() -> None:
    from tests.openapi import openapi

    schema = str(openapi())
    found = {word: instead for word, instead in RETIRED.items() if re.search(word, schema)}
    assert not found
