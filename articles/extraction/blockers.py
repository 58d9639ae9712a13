"""Why a page that was found has no article in it, or only the beginning of one."""

import re
from dataclasses import dataclass
from enum import StrEnum

from lxml.html import HtmlElement


class Reason(StrEnum):
    """What stands between the page and its article."""

    PAYWALL = "paywall"
    COOKIE_WALL = "cookie-wall"
    SCRIPT_ONLY = "script-only"
    ROBOT_CHECK = "robot-check"
    EMPTY = "empty"
    TOO_LARGE = "too-large"
    NOT_HTML = "not-html"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """A reason, and what a person can do about it."""

    reason: Reason
    detail: str


_DETAILS = {
    Reason.PAYWALL: "The page shows only the beginning; the rest is for subscribers. Save the "
    "whole page where you are signed in and bring in the file, or paste the text.",
    Reason.COOKIE_WALL: "The page asks for consent to cookies and does not show the article. "
    "Open it in a browser, save the page and bring in the file, or paste the text.",
    Reason.SCRIPT_ONLY: "The page is put together by scripts, and its text is not in it. Open it "
    "in a browser, save the page and bring in the file, or paste the text.",
    Reason.ROBOT_CHECK: "The site asks whether a person is there and does not show the article. "
    "Open it in a browser, save the page and bring in the file, or paste the text.",
    Reason.EMPTY: "There is no article on the page. Check the address, or paste the text.",
    Reason.NOT_HTML: "This is not an HTML page. Save it as a web page, or give a file of another "
    "kind its own ending.",
}

# An article of the press is seldom shorter than the first number of words; a teaser is seldom
# longer than the second. Scripts without spaces are counted by the character.
_ANY_TEXT = 25
_A_TEASER = 220
_COOKIES_OF_A_WALL = 2

_PAYWALL_WORDS = re.compile(
    r"(?:subscribe|sign in|log in|register|become a (?:member|subscriber)) (?:now |today )?"
    r"(?:to|and) (?:continue|keep reading|unlock|(?:read|access) (?:this|the|all of|full))|"
    r"to (?:continue|keep) reading|"
    r"(?:article|story|content) is (?:only |exclusively )?(?:for|available to|reserved for) "
    r"(?:our )?(?:paying )?(?:subscribers|members)|"
    r"for subscribers only|reached your (?:article )?limit|"
    r"unlock (?:this|the) (?:article|story)|"
    r"suscr[ií]bete para (?:seguir|continuar)|contenido exclusivo para suscriptores|"
    r"para seguir leyendo|solo para suscriptores|"
    r"réservé (?:à nos|aux) abonnés|abonnez-vous pour|il vous reste \d+\s?% de cet article|"
    r"weiterlesen mit|nur für abonnent|mit .{1,30} abo weiterlesen|"
    r"jetzt (?:abonnieren|weiterlesen)|"
    r"この記事は(?:有料会員限定|会員限定)|残り\d+文字|会員限定(?:記事|です)|"
    r"للمشتركين فقط|اشترك (?:الآن )?لمتابعة|только для подписчиков|仅限订阅",
    re.IGNORECASE,
)
# Many sites say so at the top of every page.
_PAYWALL_HINTS = re.compile(
    r"already a subscriber\?|subscribers? only|subscribe (?:now|today)|choose a plan|"
    r"ya eres suscriptor|déjà abonné|bereits abonnent",
    re.IGNORECASE,
)
_PAYWALL_MARKS = (
    "//*[contains(@class,'paywall') or contains(@id,'paywall') or contains(@class,'regwall') or "
    "contains(@class,'subscriber-only') or contains(@class,'subscription-required') or "
    "contains(@class,'piano-') or contains(@id,'piano')]"
)
_COOKIE_WORDS = re.compile(
    r"accept (?:all )?(?:cookies)?|consent|we value your privacy|cookie|datenschutz|zustimm|"
    r"aceptar|acepta las cookies|accepter|privacidad|vie privée|ملفات تعريف الارتباط|クッキー",
    re.IGNORECASE,
)
_SCRIPT_WORDS = re.compile(
    r"(?:enable|requires?|need|activate|turn on|activer?|habilit\w+|aktivieren).{0,30}javascript|"
    r"javascript.{0,40}(?:enable|required|disabled|desactivado|désactivé|aktivieren|有効)",
    re.IGNORECASE,
)
_ROBOT_WORDS = re.compile(
    r"are you a (?:human|robot)|verify(?:ing)? (?:that )?you are (?:a )?human|"
    r"checking your browser|unusual traffic|complete the captcha|just a moment\.\.\.",
    re.IGNORECASE,
)
_SCRIPT_ROOTS = (
    "//*[@id='root' or @id='app' or @id='__next' or @id='__nuxt' or @id='gatsby-focus-wrapper']"
)


def obstacle(reason: Reason) -> Obstacle:
    """Give the obstacle with its usual words."""
    return Obstacle(reason, _DETAILS[reason])


def find_obstacle(tree: HtmlElement, text: str, *, is_free: bool | None = None) -> Obstacle | None:
    """Tell why `text`, which was extracted from the page, is not the article; None where it is.

    `is_free` is what the page declares (schema.org `isAccessibleForFree`).
    """
    amount = count_words(text)
    if amount >= _A_TEASER:
        return None
    shown = visible_text(tree)
    declared = is_free is False
    hinted = _PAYWALL_HINTS.search(shown) and tree.xpath(_PAYWALL_MARKS)
    if _PAYWALL_WORDS.search(shown) or hinted or (declared and amount < _A_TEASER / 2):
        return obstacle(Reason.PAYWALL)
    if amount >= _ANY_TEXT and not _is_notice(text):
        return None
    if _ROBOT_WORDS.search(shown):
        return obstacle(Reason.ROBOT_CHECK)
    is_of_scripts = bool(_SCRIPT_WORDS.search(shown))
    if len(_COOKIE_WORDS.findall(shown)) >= _COOKIES_OF_A_WALL and not is_of_scripts:
        return obstacle(Reason.COOKIE_WALL)
    if is_of_scripts or (
        tree.xpath("//script") and (tree.xpath(_SCRIPT_ROOTS) or count_words(shown) < _ANY_TEXT)
    ):
        return obstacle(Reason.SCRIPT_ONLY)
    return None if amount >= _ANY_TEXT or _is_sentence(text) else obstacle(Reason.EMPTY)


def count_words(text: str) -> int:
    """Count words; in scripts that part none, two characters are taken for one."""
    dense = len(re.findall(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]", text))
    return len(text.split()) + dense // 2


def visible_text(tree: HtmlElement) -> str:
    """Give the words of a page that a reader without scripts would see."""
    words = tree.xpath(
        "//body//text()[not(ancestor::script or ancestor::style or ancestor::template)]"
    )
    return " ".join(" ".join(words).split())


def _is_notice(text: str) -> bool:
    """Tell whether a short text speaks of cookies or scripts rather than of news."""
    spoken = len(_COOKIE_WORDS.findall(text)) + 2 * len(_SCRIPT_WORDS.findall(text))
    return spoken * 25 > count_words(text) or bool(_ROBOT_WORDS.search(text))


def _is_sentence(text: str) -> bool:
    return bool(re.search(r"[.!?。！？؟।]", text)) and count_words(text) >= 8
