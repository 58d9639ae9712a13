"""The rules of what 0008 adds: apart from it, as PostgreSQL changes no table with rows in waiting."""

from django.db import migrations, models

import articles.models.identity


def forget_what_is_not_begun(apps, schema_editor):
    """Without its digest an import cannot be known again."""
    apps.get_model("articles", "BulkImport").objects.filter(digest=None).delete()


class Migration(migrations.Migration):
    dependencies = [("articles", "0008_imports_uploaded")]

    operations = [
        migrations.RunPython(migrations.RunPython.noop, forget_what_is_not_begun),
        migrations.AlterField("importfault", "public_id", models.UUIDField(default=articles.models.identity.uuid7, editable=False, unique=True, verbose_name="public id")),
        migrations.AddConstraint("importpiece", models.UniqueConstraint(fields=("bulk_import", "number"), name="import_piece_is_one")),
        migrations.AddConstraint("bulkimport", models.CheckConstraint(condition=models.Q(models.Q(("finished_at__isnull", False), ("state", "finished")), models.Q(models.Q(("state", "finished"), _negated=True), ("finished_at", None)), _connector="OR"), name="import_is_finished_at_a_time")),
    ]
