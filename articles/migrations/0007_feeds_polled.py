import django.utils.timezone
from django.db import migrations, models

import articles.models.identity


def fill(apps, schema_editor):
    """Give each entry a public id; those that were not done yet are due.

    An article that came in after its address was named was brought by the feed.
    """
    Entry = apps.get_model("articles", "FeedEntry")
    now = django.utils.timezone.now()
    names = ["public_id", "due_at", "fetched_at", "brought_at"]
    batch = []
    for entry in Entry.objects.select_related("article").order_by("pk").iterator(chunk_size=500):
        entry.public_id = articles.models.identity.uuid7()
        entry.due_at = None if entry.is_done else now
        entry.fetched_at = entry.seen_at if entry.is_done else None
        if entry.article and entry.article.created_at >= entry.seen_at:
            entry.brought_at = entry.article.created_at
        batch.append(entry)
        if len(batch) == 500:
            Entry.objects.bulk_update(batch, names)
            batch = []
    Entry.objects.bulk_update(batch, names)


def back(apps, schema_editor):
    """Say again of each entry whether it is done."""
    Entry = apps.get_model("articles", "FeedEntry")
    Entry.objects.filter(models.Q(due_at=None) | models.Q(article__isnull=False)).update(
        is_done=True
    )


class Migration(migrations.Migration):

    dependencies = [
        ("articles", "0006_workers"),
    ]

    operations = [
        migrations.AddField(
            model_name='feed',
            name='created_at',
            field=models.DateTimeField(auto_now_add=True, default=django.utils.timezone.now),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='feed',
            name='updated_at',
            field=models.DateTimeField(auto_now=True),
        ),
        migrations.AddField(
            model_name='feed',
            name='follow_days',
            field=models.PositiveSmallIntegerField(default=7, help_text='For so many days its articles are looked at again; 0 is never.'),
        ),
        migrations.AddField(
            model_name='feed',
            name='kind',
            field=models.CharField(blank=True, choices=[('rss', 'RSS'), ('atom', 'Atom'), ('json', 'JSON Feed'), ('sitemap', 'Sitemap')], editable=False, max_length=10),
        ),
        migrations.AddField(
            model_name='feed',
            name='queued_at',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddConstraint(
            model_name='feed',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['', 'rss', 'atom', 'json', 'sitemap'])), name='feed_kind_is_known'),
        ),
        migrations.AddField(
            model_name='feedentry',
            name='said_at',
            field=models.DateTimeField(blank=True, help_text='When the feed says that it was last changed.', null=True),
        ),
        migrations.AddField(
            model_name='feedentry',
            name='brought_at',
            field=models.DateTimeField(blank=True, help_text='When the feed brought it in; nothing if it was here.', null=True),
        ),
        migrations.AddField(
            model_name='feedentry',
            name='fetched_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='feedentry',
            name='due_at',
            field=models.DateTimeField(blank=True, default=django.utils.timezone.now, null=True),
        ),
        migrations.AddField(
            model_name='feedentry',
            name='taken_until',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        # All entries would be given one id by a default.
        migrations.AddField(
            model_name='feedentry',
            name='public_id',
            field=models.UUIDField(null=True, editable=False, verbose_name='public id'),
        ),
        migrations.RunPython(fill, back, elidable=True),
        migrations.AlterField(
            model_name='feedentry',
            name='public_id',
            field=models.UUIDField(default=articles.models.identity.uuid7, editable=False, unique=True, verbose_name='public id'),
        ),
        migrations.RemoveField(
            model_name='feedentry',
            name='is_done',
        ),
        migrations.AddIndex(
            model_name='feedentry',
            index=models.Index(fields=['feed', 'due_at'], name='feed_entry_due'),
        ),
    ]
