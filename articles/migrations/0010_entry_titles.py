"""What a feed calls its entries."""

from django.db import migrations, models


class Migration(migrations.Migration):
    # By the old name, which stands for the squashed one where that is in use.
    dependencies = [("articles", "0009_import_rules")]

    operations = [
        migrations.AddField("feedentry", "title", models.CharField(blank=True, default="", help_text="As the feed gives it.", max_length=300), preserve_default=False),
    ]
