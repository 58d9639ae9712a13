from typing import Any

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import OuterRef, Subquery


def set_projects(apps: Any, schema_editor: Any) -> None:
    annotations = apps.get_model("annotate", "Annotation").objects.filter(pk=OuterRef("annotation"))
    changes = apps.get_model("annotate", "Change").objects
    changes.update(project=Subquery(annotations.values("project")[:1]))


class Migration(migrations.Migration):
    dependencies = [("annotate", "0001_initial"), ("projects", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="change",
            name="project",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="changes",
                to="projects.project",
                verbose_name="project",
            ),
        ),
        migrations.RunPython(set_projects, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="change",
            name="project",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="changes",
                to="projects.project",
                verbose_name="project",
            ),
        ),
    ]
