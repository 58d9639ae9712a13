"""What can be done in the workspace, by name and by key.

The list of keys and the command palette show these; `static/workspace/workspace.js` carries
them out by their ids."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from annotate.models import Kind
from annotate.projects.models import Tag


@dataclass(frozen=True, slots=True)
class Command:
    """One command; the first of its keys is the one that is shown."""

    id: str
    title: str
    keys: tuple[str, ...] = ()


KIND_KEYS = {Kind.CLAIM: "c", Kind.ENTITY_TAG: "e", Kind.SOURCE_LINK: "s", Kind.NOTE: "n"}

COMMANDS = [
    *(
        Command(f"make:{kind}", f"Make a {Kind(kind).label.lower()} of the selected words", (key,))
        for kind, key in KIND_KEYS.items()
    ),
    Command("passage", "Add the selected words to the open form as a passage", ("+",)),
    Command("save", "Save the open form", ("Ctrl+enter",)),
    Command("edit", "Edit the chosen annotation", ("i",)),
    Command("add-source", "Add a source to the chosen claim (or paste an address)", ("a",)),
    Command("add-note", "Add a note to the chosen annotation", ("m",)),
    Command("mentions", "Tag every mention of the chosen entity", ("v",)),
    Command("retract", "Retract the chosen annotation", ("Delete",)),
    Command("restore", "Restore the chosen annotation"),
    Command("link", "Make the next link of the text a source", ("l",)),
    Command("undo", "Undo what was done last", ("z", "Ctrl+z")),
    Command("redo", "Do again what was undone", ("Z", "Ctrl+Shift+z", "Ctrl+y")),
    Command("down", "Go to the next annotation", ("j",)),
    Command("up", "Go to the previous annotation", ("k",)),
    Command("text", "Go to the text", ("t",)),
    Command("finish", "Say that your work here is finished, or not after all", ("f",)),
    Command("previous", "Go to the previous article", ("[",)),
    Command("next", "Go to the next article", ("]",)),
    Command("unfinished", "Go to the next unfinished article", ("u",)),
    Command("reading-open", "Set type size, line length and theme"),
    Command("help", "Show all keys", ("?",)),
    Command("palette", "Show all commands", ("Ctrl+k",)),
]

# Keys that act inside the text or a form, beside the commands.
OTHER_KEYS = [
    ("→ ←", "In the text: select the next or previous word; with Shift, extend"),
    ("↓ ↑", "In the text: the next or previous sentence; with Shift, extend"),
    ("Alt Shift → ←", "In the text: extend by one character"),
    ("Alt", "While selecting: the exact characters instead of whole words"),
    ("/", "Search everything"),
    ("Esc", "Close what is open; what was typed is kept"),
]


def commands_for(tags: Iterable[Tag]) -> list[dict[str, Any]]:
    """Give all commands, those that tag with one key among them."""
    tagging = [
        Command(f"tag:{t.code}", f"Tag the selected words as {t.code}", (t.shortcut,))
        for t in tags
        if t.shortcut
    ]
    return [asdict(command) for command in (*COMMANDS[:4], *tagging, *COMMANDS[4:])]
