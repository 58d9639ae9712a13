"""Database triggers for annotations, spans and the change log."""

from annotate.models import MODELS
from annotate.models.change import APPEND_LOCK
from config.db.triggers import StatementTrigger, Trigger
from config.search.queue import enqueue_triggers

_VERSION = (
    "(SELECT version.{column} FROM articles_articleversion AS version "
    "JOIN annotate_annotation AS annotation ON annotation.version_id = version.id "
    "WHERE annotation.id = NEW.annotation_id)"
)

_KIND = "(SELECT kind FROM annotate_annotation WHERE id = NEW.annotation_id)"


class AppendLockTrigger(Trigger):
    """Serializes transactions that append to a table, from their first row to their commit.

    PostgreSQL draws keys from a sequence: of two transactions, the one with the smaller key may
    commit later, and a reader that has the larger key would never see it. Taking a lock before
    the first key is drawn makes the order of keys the commit order. SQLite has one writer anyway.
    """

    def create(self, vendor: str) -> list[str]:
        if vendor == "sqlite":
            return []
        return [
            f"CREATE OR REPLACE FUNCTION {self.name}() RETURNS trigger AS $$ BEGIN "
            f"PERFORM {APPEND_LOCK.format(table=self.table).removeprefix('SELECT ')}; "
            "RETURN NULL; END $$ LANGUAGE plpgsql",
            f'CREATE OR REPLACE TRIGGER {self.name} BEFORE {self.event} ON "{self.table}" '
            f"FOR EACH STATEMENT EXECUTE FUNCTION {self.name}()",
        ]


_SHOWN_CLAIMANT = {
    "sqlite": "json_extract(NEW.\"after\", '$.claimant')",
    "postgresql": "(NEW.\"after\" ->> 'claimant')",
}


class StaleNameTrigger(StatementTrigger):
    """Queues the entity of a claim that was written while the entity was being renamed.

    A writer that appends to the log holds its lock until the commit. So either this trigger sees
    the new name, or `log_renames`, which waits for the lock, sees the claim.
    """

    def create(self, vendor: str) -> list[str]:
        statement = self.statement.replace("{shown}", _SHOWN_CLAIMANT[vendor])
        return self._create_after(vendor, statement)


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
    # Only when it is inserted. `verify_spans` detects later damage.
    Trigger(
        "span_quotes_its_text",
        "annotate_span",
        "INSERT",
        "The quote of a span equals the text of its version there.",
        # A constraint of the table rejects a span that ends before it starts.
        allowed='CASE WHEN NEW.start < NEW."end" THEN '
        'NEW.exact = substr({}, NEW.start + 1, NEW."end" - NEW.start) ELSE TRUE END'.format(
            _VERSION.format(column="text")
        ),
    ),
    Trigger(
        "annotation_identity_is_fixed",
        "annotate_annotation",
        'UPDATE OF "kind", "project_id", "version_id", "author_id", "public_id"',
        "An annotation keeps its kind, project, version, author and id.",
        allowed="NEW.kind = OLD.kind AND NEW.project_id = OLD.project_id "
        "AND NEW.version_id = OLD.version_id AND NEW.author_id = OLD.author_id "
        "AND NEW.public_id = OLD.public_id",
    ),
    *(
        Trigger(
            f"annotation_document_is_current_{name}",
            "annotate_annotation",
            event,
            "The document of an annotation has its revision and state.",
            allowed='NEW.document LIKE \'%"state":"\' || NEW.state || '
            "'\",\"revision\":' || NEW.revision || ',%'",
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
    ),
    Trigger(
        "annotation_is_not_deleted",
        "annotate_annotation",
        "DELETE",
        "Annotations cannot be deleted. Retract them instead.",
    ),
    *(
        Trigger(
            f"{kind}_has_its_kind",
            model._meta.db_table,
            "INSERT",
            "The kind of an annotation is that of its content.",
            allowed=f"{_KIND} = '{kind}'",
        )
        for kind, model in MODELS.items()
    ),
    Trigger("change_is_not_updated", "annotate_change", "UPDATE", "The log is append-only."),
    Trigger("change_is_not_deleted", "annotate_change", "DELETE", "The log is append-only."),
    AppendLockTrigger("log_in_commit_order", "annotate_change", "INSERT", "One writer at a time."),
    StatementTrigger(
        "entity_is_renamed",
        "registry_entity",
        "UPDATE OF name",
        "",
        statement="INSERT INTO annotate_rename (entity_id) "
        "SELECT NEW.id WHERE NEW.name <> OLD.name",
    ),
    StaleNameTrigger(
        "claim_shows_current_name",
        "annotate_change",
        "INSERT",
        "",
        statement="INSERT INTO annotate_rename (entity_id) SELECT entity.id "
        "FROM annotate_claim AS claim "
        "JOIN registry_entity AS entity ON entity.id = claim.claimant_entity_id "
        "WHERE claim.annotation_id = NEW.annotation_id AND entity.name <> {shown}",
    ),
    # Rows that search has to index. The row of a kind is inserted after that of `Annotation`.
    *(
        trigger
        for model in MODELS.values()
        if model.text_fields()
        for trigger in enqueue_triggers(
            "annotation",
            model._meta.db_table,
            "SELECT {row}.annotation_id AS key",
            "INSERT",
            "UPDATE",
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
