from config.db.triggers import Trigger, touch_triggers


def _fix(table: str, column: str, message: str) -> Trigger:
    return Trigger(
        f"{table}_keeps_{column}",
        table,
        f'UPDATE OF "{column}"',
        message,
        allowed=f"NEW.{column} = OLD.{column}",
    )


# Records of annotations show these, and URLs contain slugs.
TRIGGERS = [
    _fix("projects_project", "slug", "The slug of a project cannot be changed."),
    _fix("projects_tag", "code", "The code of a tag cannot be changed."),
    # The record of a project shows its tag set.
    *touch_triggers(
        "projects_project",
        "SELECT id FROM projects_project WHERE tag_set_id = {row}.tag_set_id",
        "projects_tag",
        "INSERT",
        "UPDATE",
        "DELETE",
    ),
    *touch_triggers(
        "projects_project",
        "SELECT id FROM projects_project WHERE tag_set_id = {row}.id",
        "projects_tagset",
        "UPDATE",
    ),
]
