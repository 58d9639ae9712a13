"""Find user-visible text in templates, scripts and Python that gettext never sees."""

import ast
import re
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

from django.template.base import Lexer, TokenType

WORD = re.compile(r"[A-Za-z]{2,}|\b[A-Za-z]\b")
VISIBLE_ATTRIBUTES = {"alt", "aria-label", "aria-description", "placeholder", "title"}
# Elements whose text is the same in every language: keys, code, scripts.
UNTRANSLATED_ELEMENTS = {"code", "kbd", "samp", "script", "style"}


class VisibleText(HTMLParser):
    """Collects the text nodes and the visible attributes of HTML, in order."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._skipped: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in UNTRANSLATED_ELEMENTS:
            self._skipped.append(tag)
        named = dict(attrs)
        self.found += [unescape(named[name] or "") for name in VISIBLE_ATTRIBUTES & named.keys()]
        if tag == "input" and named.get("type") in ("submit", "reset", "button"):
            self.found.append(named.get("value") or "")

    def handle_endtag(self, tag: str) -> None:
        if self._skipped and self._skipped[-1] == tag:
            self._skipped.pop()

    def handle_data(self, data: str) -> None:
        if not self._skipped:
            self.found.append(data)


_LITERAL_FILTERS = re.compile(
    r"""\|(?!yesno:'true,false')(?:default|default_if_none|yesno|pluralize|add)"""
    r""":(["'])[^"']*[A-Za-z][^"']*\1|\|pluralize\b"""
)
_CAPITALISED_ARGUMENTS = re.compile(r"""\b\w+=(["'])(?P<text>[A-Z][^"']*)\1""")


def find_in_template(path: Path) -> Iterator[str]:
    html = []
    is_translated = is_comment = False
    for token in Lexer(path.read_text(encoding="utf-8")).tokenize():
        if token.token_type == TokenType.BLOCK:
            name = token.contents.split()[0]
            if name in ("blocktranslate", "endblocktranslate"):
                is_translated = name == "blocktranslate"
            elif name in ("comment", "endcomment"):
                is_comment = name == "comment"
            elif name in ("include", "with"):
                yield from (m["text"] for m in _CAPITALISED_ARGUMENTS.finditer(token.contents))
            if name not in ("translate", "blocktranslate"):
                yield from (m[0] for m in _LITERAL_FILTERS.finditer(token.contents))
        elif token.token_type == TokenType.VAR:
            yield from (m[0] for m in _LITERAL_FILTERS.finditer(token.contents))
        elif token.token_type == TokenType.TEXT and not is_translated and not is_comment:
            html.append(token.contents)
    yield from (text for text in VisibleText("".join(html)).found if WORD.search(text))


_JS_STRING = r"""(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`)"""
_JS_TOKENS = re.compile(
    rf"""(?P<comment>//[^\n]*|/\*.*?\*/)
    |(?P<translated>\bn?p?gettext\(\s*{_JS_STRING}(?:\s*,\s*{_JS_STRING})*)
    |(?P<target>\b(?:textContent|innerText|ariaLabel|ariaDescription|title|placeholder|alt)
        \s*[:=]\s*|setAttribute\(\s*"(?:aria-label|title|placeholder)"\s*,\s*
        |\b(?:alert|confirm|say)\(\s*)?(?P<string>{_JS_STRING})""",
    re.S | re.X,
)
_CAPITALISED_PHRASE = re.compile(r"""["'`]\s*[A-Z][\w’']*[ ,.…].*""", re.S)


def find_in_script(path: Path) -> Iterator[str]:
    for token in _JS_TOKENS.finditer(path.read_text(encoding="utf-8")):
        if not (string := token["string"]):
            continue
        text = re.sub(r"\$\{[^}]*\}", "", string)
        if WORD.search(text) and (token["target"] or _CAPITALISED_PHRASE.fullmatch(text)):
            yield string


_CSS_CONTENT = re.compile(r"""\bcontent:\s*("[^"]*"|'[^']*')""")


def find_in_stylesheet(path: Path) -> Iterator[str]:
    contents = (m[1] for m in _CSS_CONTENT.finditer(path.read_text(encoding="utf-8")))
    yield from (content for content in contents if WORD.search(content))


_GETTEXT = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "pgettext"}
_GETTEXT |= {"pgettext_lazy", "gettext_noop", "npgettext"}
_LABELS = {
    "description",
    "empty_label",
    "error_message",
    "help_text",
    "short_description",
    "verbose_name",
    "verbose_name_plural",
}
_LABELLED_CALLS = {"label", "violation_error_message"} | _LABELS
_ASSIGNED_LABELS = {"site_header", "site_title", "index_title"} | _LABELS
# What these say is read by programmers and administrators, not on a page.
_UNTRANSLATED_CALLS = {
    "AppendOnlyError",
    "DeletionForbidden",
    "VersionIsImmutable",
    "AssertionError",
    "CommandError",
    "ImproperlyConfigured",
    "NotImplementedError",
    "RuntimeError",
    "TypeError",
    "ValueError",
    "Http404",
    "debug",
    "warning",
    "build_problem_response",
    "info",
    "exception",
    "RunPython",
    "RunSQL",
}
_SENTENCE = re.compile(r"[A-Z][a-z’'-]*,? [\w“‘(%{].*[a-z].*", re.S)


def find_in_module(path: Path) -> Iterator[str]:
    yield from _Module(ast.parse(path.read_text(encoding="utf-8"))).found


class _Module(ast.NodeVisitor):
    def __init__(self, tree: ast.Module) -> None:
        self.found: list[str] = []
        self.visit(tree)

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):  # a docstring
            self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        name = _get_name(node.func)
        if name in _GETTEXT | _UNTRANSLATED_CALLS:
            return
        for keyword in node.keywords:
            if keyword.arg in _LABELLED_CALLS:
                self._report(keyword.value)
        if name == "ValidationError" or _get_owner(node.func) == "messages":
            for argument in node.args:
                self._report(argument)
        self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        if any(_get_name(base) == "TypeError" for base in node.bases):
            return
        if any(_get_name(base).endswith("Choices") for base in node.bases):
            for statement in node.body:
                if isinstance(statement, ast.Assign) and _get_targets(statement)[0].isupper():
                    value = statement.value
                    self._report(value.elts[-1] if isinstance(value, ast.Tuple) else value)
        self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        if "example" in _get_targets(node):
            return
        if _ASSIGNED_LABELS & set(_get_targets(node)):
            self._report(node.value)
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str) and _SENTENCE.fullmatch(node.value):
            self._report(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        if _SENTENCE.fullmatch(_get_text(node) or ""):
            self._report(node)
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                self.visit(part.value)

    def _report(self, node: ast.expr) -> None:
        text = _get_text(node)
        if text and WORD.search(text.replace("{}", "")) and text not in self.found:
            self.found.append(text)


def _get_text(node: ast.expr) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(_get_text(part) or "{}" for part in node.values)
    return None


def _get_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _get_owner(node: ast.expr) -> str:
    return _get_name(node.value) if isinstance(node, ast.Attribute) else ""


def _get_targets(node: ast.Assign) -> list[str]:
    return [_get_name(target) for target in node.targets]
