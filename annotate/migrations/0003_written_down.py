"""Each annotation keeps its record as JSON, so that lists need no joins.

What there is already is filled from the log, which has the record of every revision.
"""

import orjson
from django.db import migrations, models

# The order in which a record tells its values; PostgreSQL's jsonb does not keep it.
COMMON = ["id", "kind", "project", "article", "version", "author", "state", "revision"]
COMMON += ["created_at", "updated_at", "spans"]
SPAN = ["start", "end", "exact", "prefix", "suffix"]
CONTENT = {
    "claim": ["wording", "claim_type", "claimant", "claimant_entity", "check_worthiness"]
    + ["verdict", "rationale"],
    "entity_tag": ["type", "entity", "certainty"],
    "source_link": ["claim", "source", "stance", "evidence", "locator", "retrieved_at"],
    "note": ["body", "target"],
}


def fill(apps, schema_editor):
    Annotation = apps.get_model("annotate", "Annotation")
    Change = apps.get_model("annotate", "Change")
    logged = Change.objects.filter(revision=models.F("annotation__revision"))
    logged = logged.values_list("annotation", "annotation__kind", "after")
    for pk, kind, after in logged.iterator(chunk_size=1000):
        record = {name: after[name] for name in COMMON + CONTENT[kind]}
        record["spans"] = [{name: span[name] for name in SPAN} for span in after["spans"]]
        Annotation.objects.filter(pk=pk).update(document=orjson.dumps(record).decode())


class Migration(migrations.Migration):
    dependencies = [
        ("annotate", "0002_assignments"),
    ]

    operations = [
        migrations.AddField(
            model_name="annotation",
            name="document",
            field=models.TextField(default="", editable=False),
            preserve_default=False,
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AddField(
            model_name="project",
            name="updated_at",
            field=models.DateTimeField(auto_now=True),
        ),
        migrations.AddIndex(
            model_name="annotation",
            index=models.Index(fields=["updated_at"], name="annotate_an_updated_ffc4bb_idx"),
        ),
    ]
