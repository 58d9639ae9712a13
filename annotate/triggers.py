"""Rules of annotations that the database itself keeps."""

from annotate.models.change import TAKE_TURN
from config.db.triggers import Trigger
from config.search.queue import enqueue_triggers

_VERSION = (
    "(SELECT version.{column} FROM articles_articleversion AS version "
    "JOIN annotate_annotation AS annotation ON annotation.version_id = version.id "
    "WHERE annotation.id = NEW.annotation_id)"
)

_KIND = "(SELECT kind FROM annotate_annotation WHERE id = NEW.annotation_id)"


class InCommitOrder(Trigger):
    """Those who append to a table take turns, from their first row to their commit.

    Keys of PostgreSQL come from a sequence: of two transactions the one with the smaller key may
    commit later, and a reader who has the larger one would never see it. A lock that is taken
    before the statement's first key is drawn, and let go after the commit is visible, makes the
    order of keys that of commits. On SQLite there is one writer at a time anyway.
    """

    def create(self, vendor: str) -> list[str]:
        """Give the statements that install the rule."""
        if vendor == "sqlite":
            return []
        return [
            f"CREATE OR REPLACE FUNCTION {self.name}() RETURNS trigger AS $$ BEGIN "
            f"PERFORM {TAKE_TURN.format(table=self.table).removeprefix('SELECT ')}; "
            "RETURN NULL; END $$ LANGUAGE plpgsql",
            f'CREATE OR REPLACE TRIGGER {self.name} BEFORE {self.event} ON "{self.table}" '
            f"FOR EACH STATEMENT EXECUTE FUNCTION {self.name}()",
        ]


TRIGGERS = [
    *(
        Trigger(
            f"span_within_text_{name}",
            "annotate_span",
            event,
            "A span lies within the text of its version.",
            allowed=f'NEW."end" <= {_VERSION.format(column="length")}',
        )
        for name, event in (("insert", "INSERT"), ("update", 'UPDATE OF "start", "end"'))
    ),
    # What is stored of a quote is true when it is written. Later damage, by hand or by disk,
    # is for `verify_spans` to find.
    Trigger(
        "span_quotes_its_text",
        "annotate_span",
        "INSERT",
        "The quote of a span is what stands there in its version.",
        # A span that ends before it starts is for the table's own constraint to refuse.
        allowed='CASE WHEN NEW.start < NEW."end" THEN '
        'NEW.exact = substr({}, NEW.start + 1, NEW."end" - NEW.start) ELSE TRUE END'.format(
            _VERSION.format(column="text")
        ),
    ),
    Trigger(
        "annotation_stays_where_it_is",
        "annotate_annotation",
        'UPDATE OF "kind", "project_id", "version_id", "author_id", "public_id"',
        "An annotation keeps its kind, project, version, author and id.",
        allowed="NEW.kind = OLD.kind AND NEW.project_id = OLD.project_id "
        "AND NEW.version_id = OLD.version_id AND NEW.author_id = OLD.author_id "
        "AND NEW.public_id = OLD.public_id",
    ),
    *(
        Trigger(
            f"annotation_is_written_down_{name}",
            "annotate_annotation",
            event,
            "The document of an annotation is of its revision and state.",
            allowed='NEW.document LIKE \'%"state":"\' || NEW.state || '
            "'\",\"revision\":' || NEW.revision || ',%'",
            column="document",
        )
        for name, event in (
            ("insert", "INSERT"),
            ("update", 'UPDATE OF "state", "revision", "document"'),
        )
    ),
    Trigger(
        "annotation_keeps_its_origin",
        "annotate_annotation",
        'UPDATE OF "reanchored_from_id"',
        "An annotation keeps the annotation it was re-anchored from.",
        allowed="coalesce(NEW.reanchored_from_id, 0) = coalesce(OLD.reanchored_from_id, 0)",
        column="reanchored_from_id",
    ),
    Trigger(
        "annotation_is_reanchored_unchanged",
        "annotate_annotation",
        "INSERT",
        "An annotation is re-anchored to a later version of its article, with the same kind, "
        "project and author.",
        allowed="NEW.reanchored_from_id IS NULL OR EXISTS (SELECT 1 "
        "FROM annotate_annotation AS origin "
        "JOIN articles_articleversion AS was ON was.id = origin.version_id "
        "JOIN articles_articleversion AS becomes ON becomes.id = NEW.version_id "
        "WHERE origin.id = NEW.reanchored_from_id AND origin.kind = NEW.kind "
        "AND origin.project_id = NEW.project_id AND origin.author_id = NEW.author_id "
        "AND was.article_id = becomes.article_id AND was.number < becomes.number)",
        column="reanchored_from_id",
    ),
    Trigger(
        "annotation_never_goes",
        "annotate_annotation",
        "DELETE",
        "Nothing is deleted: retract an annotation instead.",
    ),
    *(
        Trigger(
            f"{kind}_is_of_its_kind",
            f"annotate_{kind.replace('_', '')}",
            "INSERT",
            "The kind of an annotation is that of its content.",
            allowed=f"{_KIND} = '{kind}'",
        )
        for kind in ("claim", "entity_tag", "source_link", "note")
    ),
    Trigger(
        "change_log_never_changes", "annotate_change", "UPDATE", "The change log is append-only."
    ),
    InCommitOrder("log_in_commit_order", "annotate_change", "INSERT", "One after the other."),
    Trigger("change_log_never_goes", "annotate_change", "DELETE", "The change log is append-only."),
    # What search has to index. A claim, tag, link or note is stored after what all kinds have.
    *(
        trigger
        for table, *said in (
            ("annotate_claim", "text", "rationale", "claimant_name"),
            ("annotate_note", "body"),
            ("annotate_sourcelink", "evidence", "locator"),
        )
        for trigger in enqueue_triggers(
            "annotation",
            table,
            "SELECT {row}.annotation_id AS key",
            "INSERT",
            f"UPDATE OF {', '.join(said)}",
        )
    ),
    *enqueue_triggers(
        "annotation",
        "annotate_span",
        "SELECT {row}.annotation_id AS key",
        "INSERT",
        "UPDATE OF exact",
        "DELETE",
    ),
    *enqueue_triggers(
        "annotation",
        "articles_article",
        "SELECT annotation.id AS key FROM annotate_annotation AS annotation "
        "JOIN articles_articleversion AS version ON version.id = annotation.version_id "
        "WHERE version.article_id = {row}.id",
        "UPDATE OF language",
    ),
]
