"""Find out why extraction produced no article, or only its beginning."""

import re
from copy import deepcopy
from enum import StrEnum

from justext.core import ParagraphMaker
from lxml.html import HtmlElement

from articles.errors import FetchFailed
from articles.extraction.page_text import squeeze
from config.translation import gettext as _


class BlockReason(StrEnum):
    PAYWALL = "paywall"
    COOKIE_WALL = "cookie-wall"
    SCRIPT_ONLY = "script-only"
    ROBOT_CHECK = "robot-check"
    EMPTY = "empty"
    TOO_LARGE = "too-large"
    NOT_HTML = "not-html"


class ExtractionFailed(FetchFailed):
    """The page has no article, or only the beginning of one."""

    def __str__(self) -> str:
        return f"page: {self.detail} ({self.reason})"


# News articles are seldom shorter than a brief, and teasers seldom as long as the other limit.
_FEWEST_WORDS_OF_BRIEF = 25
_FEWEST_WORDS_OF_ARTICLE = 220
_COOKIE_MENTIONS_OF_WALL = 2
# What is running text outside navigation, and how much of it is worth a note.
_FEWEST_WORDS_OF_PROSE = 15
_MOST_LINKS_OF_PROSE = 0.3
_BESIDE_ARTICLE = {"footer", "nav", "aside", "form"}

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
# Many sites have these at the top of every page, so they count only beside a paywall element.
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


def build_blocker(reason: BlockReason) -> ExtractionFailed:
    by_hand = _("Open it in a browser, save the page and upload the file, or paste the text.")
    details = {
        BlockReason.PAYWALL: _(
            "The page shows only the beginning; the rest is for subscribers. Sign in, "
            "save the whole page and upload the file, or paste the text."
        ),
        BlockReason.COOKIE_WALL: "{} {}".format(
            _("The page asks for consent to cookies and does not show the article."), by_hand
        ),
        BlockReason.SCRIPT_ONLY: f"{_('The page loads its text with scripts.')} {by_hand}",
        BlockReason.ROBOT_CHECK: "{} {}".format(
            _("The site checks for robots and does not show the article."), by_hand
        ),
        BlockReason.EMPTY: _(
            "There is no article on the page. Check the address, or paste the text."
        ),
        BlockReason.NOT_HTML: _(
            "This is not an HTML page. Save it as a web page, or give a file of another type its "
            "usual extension."
        ),
    }
    return ExtractionFailed(reason, details[reason])


def find_blocker(
    tree: HtmlElement, text: str, *, is_free: bool | None = None
) -> ExtractionFailed | None:
    """Return why `text`, extracted from the page, is not the whole article; None if it is.

    `is_free` is the page's own declaration (schema.org `isAccessibleForFree`).
    """
    word_count = count_words(text)
    if word_count >= _FEWEST_WORDS_OF_ARTICLE:
        return None
    visible = get_visible_text(tree)
    is_locked = is_free is False and word_count < _FEWEST_WORDS_OF_ARTICLE / 2
    if is_locked or _has_paywall(tree, visible):
        return build_blocker(BlockReason.PAYWALL)
    if _is_brief(text, word_count):
        return None
    mentions_scripts = _SCRIPT_WORDS.search(visible)
    has_sentence = word_count >= 8 and re.search(r"[.!?。！？؟।]", text)
    reasons: dict[BlockReason, object] = {
        BlockReason.ROBOT_CHECK: _ROBOT_WORDS.search(visible),
        BlockReason.COOKIE_WALL: not mentions_scripts
        and len(_COOKIE_WORDS.findall(visible)) >= _COOKIE_MENTIONS_OF_WALL,
        BlockReason.SCRIPT_ONLY: mentions_scripts or _needs_scripts(tree, visible),
        BlockReason.EMPTY: word_count < _FEWEST_WORDS_OF_BRIEF and not has_sentence,
    }
    return next((build_blocker(reason) for reason, applies in reasons.items() if applies), None)


def count_words(text: str) -> int:
    """Count words; in scripts without spaces, two characters count as one."""
    dense = len(re.findall(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]", text))
    return len(text.split()) + dense // 2


def get_visible_text(tree: HtmlElement) -> str:
    """Return the text of a page that a reader without scripts would see."""
    texts = tree.xpath(
        "//body//text()[not(ancestor::script or ancestor::style or ancestor::template)]"
    )
    return " ".join(" ".join(texts).split())


def count_left_out_words(tree: HtmlElement, text: str) -> int:
    """Return how many words of running text the page has outside `text`."""
    page = deepcopy(tree)
    for element in page.xpath("//script | //style | //template"):
        element.drop_tree()
    extracted = squeeze(text)
    return sum(
        count_words(paragraph.text)
        for paragraph in ParagraphMaker.make_paragraphs(page)
        if paragraph.links_density() < _MOST_LINKS_OF_PROSE
        and not _BESIDE_ARTICLE.intersection(paragraph.dom_path.split("."))
        and count_words(paragraph.text) >= _FEWEST_WORDS_OF_PROSE
        and squeeze(paragraph.text) not in extracted
    )


def _has_paywall(tree: HtmlElement, visible: str) -> bool:
    has_mark = _PAYWALL_HINTS.search(visible) and tree.xpath(_PAYWALL_MARKS)
    return bool(has_mark or _PAYWALL_WORDS.search(visible))


def _is_brief(text: str, word_count: int) -> bool:
    """Return whether the text is short but about something other than cookies or scripts."""
    notices = len(_COOKIE_WORDS.findall(text)) + 2 * len(_SCRIPT_WORDS.findall(text))
    is_article = word_count >= _FEWEST_WORDS_OF_BRIEF and notices * 25 <= word_count
    return is_article and not _ROBOT_WORDS.search(text)


def _needs_scripts(tree: HtmlElement, visible: str) -> bool:
    is_blank = tree.xpath(_SCRIPT_ROOTS) or count_words(visible) < _FEWEST_WORDS_OF_BRIEF
    return bool(is_blank and tree.xpath("//script"))
