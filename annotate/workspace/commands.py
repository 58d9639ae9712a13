"""The workspace's commands and their keys, for the list of shortcuts and the command palette.

`static/workspace/workspace.js` runs them by id.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from annotate.projects.models import Tag


@dataclass(frozen=True, slots=True)
class Command:
    """One command. The first of its keys is the one that is shown."""

    id: str
    title: str | Promise
    keys: tuple[str, ...] = ()


CREATE_COMMANDS = [
    Command("make:claim", _("Add a claim to the selected text"), ("c",)),
    Command("make:entity_tag", _("Add an entity tag to the selected text"), ("e",)),
    Command("make:source_link", _("Add a source to the selected text"), ("s",)),
    Command("make:note", _("Add a note to the selected text"), ("n",)),
]

OTHER_COMMANDS = [
    Command("passage", _("Add the selected text to the open form as a passage"), ("+",)),
    Command("save", _("Save the open form"), ("Ctrl+enter",)),
    Command("edit", _("Edit the selected annotation"), ("i",)),
    Command("add-source", _("Add a source to the selected claim (or paste a URL)"), ("a",)),
    Command("add-note", _("Add a note to the selected annotation"), ("m",)),
    Command("mentions", _("Tag all mentions of the selected entity"), ("v",)),
    Command("retract", _("Retract the selected annotation"), ("Delete",)),
    Command("restore", _("Restore the selected annotation")),
    Command("link", _("Add the next link in the text as a source"), ("l",)),
    Command("undo", _("Undo"), ("z", "Ctrl+z")),
    Command("redo", _("Redo"), ("Z", "Ctrl+Shift+z", "Ctrl+y")),
    Command("down", _("Next annotation"), ("j",)),
    Command("up", _("Previous annotation"), ("k",)),
    Command("text", _("Focus the text"), ("t",)),
    Command("finish", _("Mark as finished, or reopen"), ("f",)),
    Command("previous", _("Previous article"), ("[",)),
    Command("next", _("Next article"), ("]",)),
    Command("unfinished", _("Next unfinished article"), ("u",)),
    Command("reading-open", _("Display settings")),
    Command("help", _("Keyboard shortcuts"), ("?",)),
    Command("palette", _("All commands"), ("Ctrl+k",)),
]

# Keys that act in the text or a form and are no commands.
OTHER_KEYS = [
    ("→ ←", _("In the text: select the next or previous word; with Shift, extend the selection")),
    ("↓ ↑", _("In the text: select the next or previous sentence; with Shift, extend")),
    ("Alt Shift → ←", _("In the text: extend the selection by one character")),
    ("Alt", _("While selecting: select exact characters instead of whole words")),
    ("/", _("Search everything")),
    ("Esc", _("Close the open form or menu; drafts are kept")),
]


def get_commands(tags: Iterable[Tag]) -> list[dict[str, Any]]:
    """Return all commands, including one for each tag that has a key."""
    title = gettext("Tag the selected text as %(type)s")
    tag_commands = [
        Command(f"tag:{tag.code}", title % {"type": tag.code}, (tag.shortcut,))
        for tag in tags
        if tag.shortcut
    ]
    return [asdict(command) for command in (*CREATE_COMMANDS, *tag_commands, *OTHER_COMMANDS)]
