"""Triggers for rules that constraints cannot express. See config/db/triggers.py."""

from config.db.triggers import Trigger, touch_triggers
from config.search.queue import enqueue_triggers

# Lengths and substrings count Unicode code points on both databases, as spans do.
TRIGGERS = [
    Trigger(
        "article_version_never_changes",
        "articles_articleversion",
        "UPDATE",
        "A version never changes: a corrected article is a new version.",
    ),
    Trigger(
        "article_version_never_goes",
        "articles_articleversion",
        "DELETE",
        "A version never changes: it cannot be deleted.",
    ),
    Trigger(
        "article_version_length_is_true",
        "articles_articleversion",
        "INSERT",
        "The length of a version must be that of its text.",
        allowed="NEW.length = length(NEW.text)",
    ),
    Trigger(
        "link_never_changes", "articles_link", "UPDATE", "A version never changes, nor its links."
    ),
    Trigger(
        "link_never_goes", "articles_link", "DELETE", "A version never changes, nor its links."
    ),
    Trigger(
        "link_within_text",
        "articles_link",
        "INSERT",
        "A link must lie within the text of its version.",
        allowed='NEW."end" <= (SELECT length FROM articles_articleversion '
        "WHERE id = NEW.version_id)",
    ),
    *(
        Trigger(
            f"article_current_version_is_its_own_{event.lower()}",
            "articles_article",
            event if event == "INSERT" else 'UPDATE OF "current_version_id"',
            "The current version of an article must be one of its own versions.",
            allowed="NEW.current_version_id IS NULL OR NEW.id = (SELECT article_id "
            "FROM articles_articleversion WHERE id = NEW.current_version_id)",
        )
        for event in ("INSERT", "UPDATE")
    ),
    *enqueue_triggers(
        "article",
        "articles_article",
        "SELECT {row}.id AS key",
        "INSERT",
        "UPDATE OF title, language, outlet_id, current_version_id",
        "DELETE",
    ),
    *enqueue_triggers(
        "article",
        "articles_authorship",
        "SELECT {row}.article_id AS key",
        "INSERT",
        "UPDATE",
        "DELETE",
    ),
    *enqueue_triggers(
        "article",
        "articles_author",
        "SELECT article_id AS key FROM articles_authorship WHERE author_id = {row}.id",
        "UPDATE OF name, affiliation",
    ),
    *enqueue_triggers(
        "article",
        "articles_outlet",
        "SELECT id AS key FROM articles_article WHERE outlet_id = {row}.id",
        "UPDATE OF name",
    ),
    # The record of an article shows its outlet and authors.
    *touch_triggers(
        "articles_article",
        "SELECT id FROM articles_article WHERE outlet_id = {row}.id",
        "articles_outlet",
        "UPDATE OF name",
    ),
    *touch_triggers(
        "articles_article",
        "SELECT article_id FROM articles_authorship WHERE author_id = {row}.id",
        "articles_author",
        "UPDATE OF name, affiliation",
    ),
    *touch_triggers(
        "articles_article",
        "SELECT {row}.article_id",
        "articles_authorship",
        "UPDATE",
        "DELETE",
    ),
]
