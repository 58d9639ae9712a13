"""Translate messages without Django: the site adds its own translations (config/http/apps.py)."""

from gettext import NullTranslations

translations = NullTranslations()
gettext, ngettext = translations.gettext, translations.ngettext
