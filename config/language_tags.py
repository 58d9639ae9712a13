import re

# BCP 47 (RFC 5646) as far as news needs it: ar, pt-BR, zh-Hant-TW.
LANGUAGE_TAG = r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*"


def is_language_tag(tag: str) -> bool:
    return bool(re.fullmatch(LANGUAGE_TAG, tag))
