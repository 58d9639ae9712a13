"""Encodings of pages and text files."""

import pytest

from articles.text.charset import decode_page, decode_text, name_encoding

SENTENCES = {
    "es": "La compañía del señor Núñez subirá los precios el año que viene, según dijo en Logroño.",
    "fr": "La côte sera protégée dès l’été, où l’on pêche à la majorité des marées décidées.",
    "pt": "A comissão não aprovou a proposta; os pescadores dirão amanhã se irão à reunião.",
    "de": "Die Brücken über den Fluss müssen für größere Züge verstärkt werden, hieß es gestern.",
    "it": "Il consiglio ha deciso ieri; la città è più cara perché così vuole la società.",
    "sv": "Hamnrådet beslutade i går att muddra bassängen, fast fiskarna är emot åtgärden.",
    "pl": "Rada portu zgodziła się wczoraj na pogłębienie basenu, choć rybacy są temu przeciwni.",
    "cs": "Rada přístavu včera schválila prohloubení přístavní nádrže, rybáři jsou však proti.",
    "hu": "A kikötő tanácsa jóváhagyta a medence kotrását, de a halászok ellenzik, mert költséges.",
    "tr": "Liman meclisi dün havuzun taranmasını onayladı, ancak balıkçılar buna karşı çıkıyor.",
    "ru": "Совет порта вчера одобрил углубление бассейна, однако рыбаки выступают против.",
    "el": "Το συμβούλιο του λιμανιού ενέκρινε χθες την εκβάθυνση της λεκάνης.",
    "ar": "وافق مجلس الميناء أمس على تعميق الحوض رغم معارضة الصيادين.",
    "ja": "港の評議会は昨日、漁師の反対にもかかわらず、水域の浚渫を承認した。",
}
ENCODINGS = {
    **{"pl": "iso8859_2", "cs": "cp1250", "hu": "iso8859_2", "tr": "cp1254", "ru": "cp1251"},
    **{"el": "iso8859_7", "ar": "cp1256", "ja": "cp932"},
}


@pytest.mark.parametrize("language", SENTENCES)
@pytest.mark.parametrize("label", ['<meta charset="utf-8">', ""])
@pytest.mark.parametrize("attribute", [' lang="{}"', ""])
def test_page_without_a_true_label_is_decoded_by_its_language(
    language: str, label: str, attribute: str
) -> None:
    text = f"<p>{SENTENCES[language]}</p>" * 3
    page = f"<html{attribute.format(language)}><head>{label}</head>{text}"
    decoded = decode_page(page.encode(ENCODINGS.get(language, "cp1252")))
    assert SENTENCES[language] in decoded.text
    assert decoded.mislabelled == bool(label)


@pytest.mark.parametrize("language", ["es", "fr", "pt", "pl", "ru"])
def test_language_of_the_text_counts_more_than_that_of_a_template(language: str) -> None:
    page = f'<html lang="en"><meta charset="utf-8"><p>{SENTENCES[language]}</p>'
    decoded = decode_page(page.encode(ENCODINGS.get(language, "cp1252")))
    assert SENTENCES[language] in decoded.text


def test_polish_page_of_windows_is_not_decoded_as_iso_8859_2() -> None:
    page = f'<html lang="pl"><p>{SENTENCES["pl"]} „Źle”, mówią.</p>'
    assert "„Źle”" in decode_page(page.encode("cp1250")).text


@pytest.mark.parametrize(
    ("label", "text", "encoding"),
    [
        ("iso-8859-1", "“Quoted” – café €", "cp1252"),
        ("latin1", "naïve…", "cp1252"),
        ("ascii", "café", "cp1252"),
        ("gb2312", "朱镕基", "gb18030"),
        ("shift_jis", "①髙", "cp932"),
        ("iso-8859-9", "İstanbul", "cp1254"),
    ],
)
def test_label_means_what_the_encoding_standard_says(label: str, text: str, encoding: str) -> None:
    page = f'<meta charset="{label}"><p>{text}</p>'.encode(encoding)
    decoded = decode_page(page)
    assert text in decoded.text
    assert not decoded.mislabelled


@pytest.mark.parametrize(
    ("encoding", "name"),
    [("cp1252", "windows-1252"), ("utf-16", "UTF-16"), ("utf-16-le", "UTF-16")],
)
def test_text_file_is_decoded_by_its_bytes(encoding: str, name: str) -> None:
    decoded = decode_text((SENTENCES["es"] * 3).encode(encoding))
    assert decoded.text == SENTENCES["es"] * 3
    assert name_encoding(decoded.encoding).removesuffix("-le") == name


def test_given_encoding_overrides_detection() -> None:
    data = "Część".encode("cp1250")
    assert decode_text(data, "cp1250").text == "Część"
    with pytest.raises(UnicodeDecodeError):
        decode_text(data, "utf-8")
