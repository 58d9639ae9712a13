from config.db.triggers import forbid_update, touch_triggers

# Records of annotations show these, and URLs contain slugs.
TRIGGERS = [
    forbid_update(
        "projects_project_keeps_slug",
        "projects_project",
        "slug",
        "The slug of a project cannot be changed.",
    ),
    forbid_update(
        "projects_tag_keeps_code", "projects_tag", "code", "The code of a tag cannot be changed."
    ),
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
