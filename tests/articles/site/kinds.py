"""Pages of the kinds that extraction got wrong, each in ten languages."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

from tests.articles.site.markup import FOOTER, NAV

# The encoding of old pages, and three sentences.
_LANGUAGES: dict[str, tuple[str, tuple[str, str, str]]] = {
    "en": (
        "cp1252",
        (
            "The harbour council decided on Monday to deepen the basin, and the work starts in May.",
            "Fishermen fear that the “naïve” plan will drive the herring away for many years.",
            "The café on the quay stays open while the cranes are moved to the northern pier.",
        ),
    ),
    "es": (
        "cp1252",
        (
            "El consejo del puerto decidió el lunes ahondar la dársena y las obras empiezan en mayo.",
            "Los pescadores temen que el plan ahuyente a los peces durante muchos años, según el señor Núñez.",
            "La cafetería del muelle seguirá abierta mientras se trasladan las grúas al espigón.",
        ),
    ),
    "fr": (
        "cp1252",
        (
            "Le conseil du port a décidé lundi d’approfondir le bassin, et les travaux commencent en mai.",
            "Les pêcheurs craignent que le projet n’éloigne les poissons pendant de longues années.",
            "Le café du quai restera ouvert pendant que les grues seront déplacées vers la jetée.",
        ),
    ),
    "de": (
        "cp1252",
        (
            "Der Hafenrat hat am Montag beschlossen, das Becken zu vertiefen; im Mai geht es los.",
            "Die Fischer fürchten, dass der Plan die Heringe für viele Jahre vertreiben könnte.",
            "Das Café am Kai bleibt geöffnet, während die Kräne auf die Nordmole versetzt werden.",
        ),
    ),
    "pt": (
        "cp1252",
        (
            "O conselho do porto decidiu na segunda-feira aprofundar a doca, e as obras começam em maio.",
            "Os pescadores receiam que o plano afaste os peixes durante muitos anos de produção.",
            "O café do cais continuará aberto enquanto os guindastes são levados para o molhe.",
        ),
    ),
    "pl": (
        "iso8859_2",
        (
            "Rada portu zdecydowała w poniedziałek o pogłębieniu basenu, a prace ruszą w maju.",
            "Rybacy obawiają się, że ten plan na wiele lat przepłoszy śledzie z całej zatoki.",
            "Kawiarnia na nabrzeżu pozostanie otwarta, gdy dźwigi będą przenoszone na północne molo.",
        ),
    ),
    "tr": (
        "cp1254",
        (
            "Liman meclisi pazartesi günü havuzun derinleştirilmesine karar verdi, çalışmalar başlıyor.",
            "Balıkçılar bu planın balıkları uzun yıllar boyunca körfezden kaçıracağından korkuyor.",
            "Vinçler kuzey iskelesine taşınırken rıhtımdaki kahve açık kalacak ve müşteri alacak.",
        ),
    ),
    "ru": (
        "cp1251",
        (
            "Совет порта решил в понедельник углубить бассейн, работы начнутся уже в мае.",
            "Рыбаки опасаются, что этот план на многие годы отпугнёт сельдь от побережья.",
            "Кафе на набережной будет открыто, пока краны переносят на северный причал.",
        ),
    ),
    "ar": (
        "cp1256",
        (
            "قرر مجلس الميناء يوم الاثنين تعميق الحوض على أن تبدأ الأعمال في شهر مايو المقبل.",
            "ويخشى الصيادون أن تبعد هذه الخطة الأسماك عن الساحل لسنوات طويلة جدا.",
            "وسيبقى المقهى على الرصيف مفتوحا بينما تنقل الرافعات إلى الرصيف الشمالي.",
        ),
    ),
    "ja": (
        "cp932",
        (
            "港湾評議会は月曜日、港の水域を深く掘り下げることを決め、工事は五月に始まる。",
            "漁師たちは、この計画によって魚が長い年月にわたって遠ざかることを心配している。",
            "クレーンが北の埠頭へ移される間も、岸壁の喫茶店は営業を続けると店主は話した。",
        ),
    ),
}


@dataclass(frozen=True)
class KindOfPage:
    data: bytes
    # What belongs into the text, in order.
    text: str


def _render(language: str, content: str, title: str, *, charset: str = "utf-8") -> str:
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="{charset}">'
        f"<title>{escape(title)}</title></head><body>{NAV}<main><h1>{escape(title)}</h1>"
        f"<article>{content}</article></main>{FOOTER}</body></html>"
    )


def _wrap(paragraphs: Sequence[str], tag: str = "p") -> str:
    return "".join(f"<{tag}>{paragraph}</{tag}>" for paragraph in paragraphs)


def _with_control_characters(paragraphs: Sequence[str]) -> tuple[str, list[str]]:
    first, *others = paragraphs
    return f"<p>{first}<br><br>&#2;{others[0]}\x1f</p>{_wrap(others[1:])}", list(paragraphs)


def _in_divs_after_lead(paragraphs: Sequence[str]) -> tuple[str, list[str]]:
    lead, *others = paragraphs
    linked = [f'<a href="/{n}">{p[:9]}</a>{p[9:]}' for n, p in enumerate(others)]
    return f'<p class="lead">{lead}</p>{_wrap(linked, "div")}', list(paragraphs)


def _with_nested_captions(paragraphs: Sequence[str]) -> tuple[str, list[str]]:
    *others, caption = paragraphs
    figure = f'<div class="caption"><div class="caption">{caption}</div></div>'
    return _wrap(others) + figure, list(paragraphs)


def _in_noscript(paragraphs: Sequence[str]) -> tuple[str, list[str]]:
    return f"<noscript>{_wrap(paragraphs)}</noscript>", list(paragraphs)


def _with_table(paragraphs: Sequence[str]) -> tuple[str, list[str]]:
    *others, last = paragraphs
    table = f"<table><tr><th>A</th><th>B</th></tr><tr><td><p>{last}</p></td><td><p>7</p></td></tr>"
    return f"{_wrap(others)}{table}</table>", [*others, "A B", last, "7"]


def _in_layout_tables(paragraphs: Sequence[str]) -> tuple[str, list[str]]:
    tables = [
        f'<table width="600"><tr><td><h2>{paragraph[:20]}</h2><p>{paragraph}</p><p>{n}.</p></td>'
        "</tr></table>"
        for n, paragraph in enumerate(paragraphs)
    ]
    lines = [f"{p[:20]}\n{p}\n{n}." for n, p in enumerate(paragraphs)]
    return "".join(tables), lines


def _with_soft_hyphens(paragraphs: Sequence[str]) -> tuple[str, list[str]]:
    hyphenated = [paragraph[:3] + "\u00ad" + paragraph[3:] for paragraph in paragraphs]
    return _wrap(hyphenated), list(paragraphs)


def _with_own_boxes(paragraphs: Sequence[str]) -> tuple[str, list[str]]:
    first, second, *others = paragraphs
    boxes = (
        f'<div class="related-facts"><p>{second}</p></div><ul class="share"><li>'
        '<a href="#">f</a></li></ul>'
    )
    return f"<p>{first}</p>{boxes}{_wrap(others)}", list(paragraphs)


def _with_related_boxes(paragraphs: Sequence[str]) -> tuple[str, list[str]]:
    box = (
        '<div class="related"><h3>+</h3><a href="/a">Zeta zeta zeta</a> <a href="/b">Eta</a></div>'
    )
    return box.join(_wrap([paragraph]) for paragraph in paragraphs), list(paragraphs)


_KINDS: dict[str, Callable[[Sequence[str]], tuple[str, list[str]]]] = {
    "control characters": _with_control_characters,
    "divs after a lead": _in_divs_after_lead,
    "nested captions": _with_nested_captions,
    "in noscript": _in_noscript,
    "paragraphs in cells": _with_table,
    "newsletter in tables": _in_layout_tables,
    "soft hyphens": _with_soft_hyphens,
    "boxes of the article": _with_own_boxes,
    "boxes of others": _with_related_boxes,
}


def build_pages() -> dict[str, list[KindOfPage]]:
    """Return ten pages of each kind."""
    pages: dict[str, list[KindOfPage]] = {}
    for language, (encoding, sentences) in _LANGUAGES.items():
        paragraphs = [f"{sentences[n % 3]} {sentences[(n + 1) % 3]} ({n + 1})" for n in range(6)]
        title = sentences[2][:30]
        for kind, build in _KINDS.items():
            content, lines = build(paragraphs)
            page = _render(language, content, title).encode()
            pages.setdefault(kind, []).append(KindOfPage(page, "\n".join(lines)))
        for kind, charset in (("called UTF-8", "utf-8"), ("without label", "")):
            markup = _render(language, _wrap(paragraphs), title, charset=charset)
            data = markup.replace('<meta charset="">', "").encode(encoding, "xmlcharrefreplace")
            pages.setdefault(kind, []).append(KindOfPage(data, "\n".join(paragraphs)))
    return pages
