"""Imports are uploaded, kept in pieces, stopped and gone on with; their faults have ids."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F

from articles.models.identity import uuid7


def tell_the_states(apps, schema_editor):
    """What was not finished goes on when the command is run again."""
    imports = apps.get_model("articles", "BulkImport").objects
    imports.exclude(finished_at=None).update(state="finished")
    imports.filter(finished_at=None).update(state="stopped")
    imports.update(reached=F("position"))


def name_the_faults(apps, schema_editor):
    faults = apps.get_model("articles", "ImportFault").objects
    batch = []
    for fault in faults.only("pk").iterator(chunk_size=2000):
        fault.public_id = uuid7()
        batch.append(fault)
        if len(batch) == 500:
            faults.bulk_update(batch, ["public_id"])
            batch = []
    faults.bulk_update(batch, ["public_id"])


class Migration(migrations.Migration):
    dependencies = [("articles", "0007_feeds_polled")]

    operations = [
        migrations.AddField("bulkimport", "sha256", models.CharField(blank=True, default="", max_length=64, verbose_name="SHA-256 of the upload"), preserve_default=False),
        migrations.AddField("bulkimport", "options", models.JSONField(default=dict, help_text="Columns of fields, and defaults.")),
        migrations.AddField("bulkimport", "is_dry_run", models.BooleanField(default=False, verbose_name="dry run")),
        migrations.AddField("bulkimport", "state", models.CharField(choices=[("uploaded", "Not begun"), ("queued", "Waits for its turn"), ("running", "Under way"), ("finished", "Finished"), ("stopped", "Stopped"), ("failed", "Failed")], default="uploaded", max_length=10)),
        migrations.AddField("bulkimport", "fault", models.TextField(blank=True, default="", help_text="Why it failed as a whole."), preserve_default=False),
        migrations.AddField("bulkimport", "reached", models.PositiveIntegerField(default=0, help_text="The line, or the number of the file, that these go to.")),
        migrations.AddField("bulkimport", "total", models.PositiveIntegerField(blank=True, help_text="Lines or files of the source.", null=True)),
        migrations.AlterField("bulkimport", "position", models.PositiveIntegerField(default=0, help_text="Rows that were dealt with.")),
        migrations.AlterField("bulkimport", "digest", models.CharField(help_text="Of bytes and options. None before it is begun, and for dry runs.", max_length=64, null=True, unique=True, verbose_name="SHA-256")),
        migrations.AddField("importfault", "public_id", models.UUIDField(null=True)),
        migrations.CreateModel(
            "ImportPiece",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("data", models.BinaryField(help_text="Compressed.")),
                ("bulk_import", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="pieces", to="articles.bulkimport")),
            ],
            options={"ordering": ["number"]},
        ),
        migrations.RunPython(tell_the_states, migrations.RunPython.noop),
        migrations.RunPython(name_the_faults, migrations.RunPython.noop),
    ]
