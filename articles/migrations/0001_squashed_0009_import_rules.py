"""What the migrations that this replaces made, but for filling in what a new database has not.

They stay beside it for databases that have only some of them.
"""

import articles.models.address
import articles.models.identity
import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [
        ('articles', '0001_initial'),
        ('articles', '0002_undated_last'),
        ('articles', '0003_kept_answers'),
        ('articles', '0004_search_index'),
        ('articles', '0005_ways_in'),
        ('articles', '0006_workers'),
        ('articles', '0007_feeds_polled'),
        ('articles', '0008_imports_uploaded'),
        ('articles', '0009_import_rules'),
    ]

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        # All of them: each that came later would render anew whatever refers to users.
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='Outlet',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=articles.models.identity.uuid7, editable=False, unique=True, verbose_name='public id')),
                ('name', models.CharField(max_length=200, unique=True)),
                ('homepage', articles.models.address.HttpAddressField(blank=True, max_length=2000)),
                ('country', models.CharField(blank=True, help_text='ISO 3166-1 code, such as NZ.', max_length=2)),
                ('language', models.CharField(blank=True, help_text='BCP 47 tag, such as en.', max_length=35)),
            ],
            options={
                'ordering': ['name'],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='outlet_has_a_name'),
                    models.CheckConstraint(condition=models.Q(('homepage', ''), ('homepage__startswith', 'https://'), ('homepage__startswith', 'http://'), _connector='OR'), name='outlet_homepage_is_http'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Author',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=articles.models.identity.uuid7, editable=False, unique=True, verbose_name='public id')),
                ('name', models.CharField(max_length=200)),
                ('affiliation', models.CharField(blank=True, max_length=300)),
            ],
            options={
                'ordering': ['name', 'affiliation'],
                'constraints': [
                    models.UniqueConstraint(fields=('name', 'affiliation'), name='author_is_one'),
                    models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='author_has_a_name'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Article',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=articles.models.identity.uuid7, editable=False, unique=True, verbose_name='public id')),
                ('title', models.CharField(max_length=300)),
                ('url', articles.models.address.HttpAddressField(blank=True, max_length=2000, null=True, unique=True, verbose_name='canonical URL')),
                ('language', models.CharField(default='und', max_length=35, validators=[django.core.validators.RegexValidator('^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*\\Z', 'Give a BCP 47 language tag such as en, ar or zh-Hant; und when it is not known.')])),
                ('published_at', models.DateTimeField(blank=True, null=True)),
                ('licence', models.CharField(blank=True, max_length=200)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('created_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': [models.OrderBy(models.F('published_at'), descending=True, nulls_last=True), '-id'],
                'indexes': [
                    models.Index(fields=['language'], name='articles_ar_languag_22b89d_idx'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('title', ''), _negated=True), name='article_has_a_title'),
                    models.CheckConstraint(condition=models.Q(('url', None), ('url__startswith', 'https://'), ('url__startswith', 'http://'), _connector='OR'), name='article_url_is_http'),
                ],
            },
        ),
        migrations.CreateModel(
            name='ArticleVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=articles.models.identity.uuid7, editable=False, unique=True, verbose_name='public id')),
                ('number', models.PositiveIntegerField()),
                ('text', models.TextField()),
                ('length', models.PositiveIntegerField()),
                ('sha256', models.CharField(db_index=True, max_length=64, verbose_name='SHA-256')),
                ('blocks', models.JSONField(help_text='[{kind, start, end}], in order, never overlapping.')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('article', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='articles.article')),
            ],
            options={
                'ordering': ['article', '-number'],
                'constraints': [
                    models.UniqueConstraint(fields=('article', 'number'), name='version_number_is_one'),
                    models.CheckConstraint(condition=models.Q(('number__gte', 1)), name='version_number_from_1'),
                    models.CheckConstraint(condition=models.Q(('length__gte', 1)), name='version_has_a_text'),
                ],
            },
        ),
        migrations.AddField(
            model_name='article',
            name='current_version',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='current_of', to='articles.articleversion'),
        ),
        migrations.AddField(
            model_name='article',
            name='outlet',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='articles', to='articles.outlet'),
        ),
        migrations.CreateModel(
            name='Authorship',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField(default=0)),
                ('article', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='authorships', to='articles.article')),
                ('author', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='authorships', to='articles.author')),
            ],
            options={
                'ordering': ['position'],
                'constraints': [
                    models.UniqueConstraint(fields=('article', 'author'), name='author_is_credited_once'),
                    models.UniqueConstraint(fields=('article', 'position'), name='byline_place_is_one'),
                ],
            },
        ),
        migrations.AddField(
            model_name='article',
            name='authors',
            field=models.ManyToManyField(related_name='articles', through='articles.Authorship', to='articles.author'),
        ),
        migrations.CreateModel(
            name='Link',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('start', models.PositiveIntegerField()),
                ('end', models.PositiveIntegerField()),
                ('href', articles.models.address.HttpAddressField(max_length=2000)),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='links', to='articles.articleversion')),
            ],
            options={
                'ordering': ['start'],
                'constraints': [
                    models.UniqueConstraint(fields=('version', 'start', 'end'), name='link_is_one'),
                    models.CheckConstraint(condition=models.Q(('start__lt', models.F('end'))), name='link_is_some_text'),
                    models.CheckConstraint(condition=models.Q(('href__startswith', 'https://'), ('href__startswith', 'http://'), _connector='OR'), name='link_is_http'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Snapshot',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('url', articles.models.address.HttpAddressField(max_length=2000, verbose_name='URL that was asked for')),
                ('answered_url', articles.models.address.HttpAddressField(max_length=2000, verbose_name='URL that answered')),
                ('fetched_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('status', models.PositiveSmallIntegerField()),
                ('headers', models.JSONField()),
                ('sha256', models.CharField(db_index=True, max_length=64, verbose_name='SHA-256 of the bytes')),
                ('size', models.PositiveIntegerField(help_text='In bytes, before compressing.')),
                ('compressed', models.BinaryField()),
                ('version', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='snapshots', to='articles.articleversion')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='TextBand',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('value', models.BigIntegerField(db_index=True)),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='bands', to='articles.articleversion')),
            ],
        ),
        migrations.CreateModel(
            name='Host',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=300, unique=True)),
                ('robots', models.TextField(blank=True)),
                ('robots_read_at', models.DateTimeField(blank=True, null=True)),
                ('next_at', models.DateTimeField(blank=True, help_text='When it may be asked again.', null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Feed',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=articles.models.identity.uuid7, editable=False, unique=True, verbose_name='public id')),
                ('url', articles.models.address.HttpAddressField(max_length=2000, unique=True, verbose_name='URL')),
                ('title', models.CharField(blank=True, max_length=300)),
                ('is_active', models.BooleanField(default=True, verbose_name='polled')),
                ('minutes', models.PositiveIntegerField(default=60, help_text='Between two polls.')),
                ('next_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('polled_at', models.DateTimeField(blank=True, null=True)),
                ('validators', models.JSONField(blank=True, default=dict, editable=False, help_text='ETag and Last-Modified as last given.')),
                ('failures', models.PositiveIntegerField(default=0, help_text='In a row.')),
                ('fault', models.TextField(blank=True, help_text='Why the last poll failed.')),
                ('added_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('follow_days', models.PositiveSmallIntegerField(default=7, help_text='For so many days its articles are looked at again; 0 is never.')),
                ('kind', models.CharField(blank=True, choices=[('rss', 'RSS'), ('atom', 'Atom'), ('json', 'JSON Feed'), ('sitemap', 'Sitemap')], editable=False, max_length=10)),
                ('queued_at', models.DateTimeField(blank=True, editable=False, null=True)),
            ],
            options={
                'ordering': ['title', 'url'],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(models.Q(('url', ''), ('url__startswith', 'https://'), ('url__startswith', 'http://'), _connector='OR'), models.Q(('url', ''), _negated=True)), name='feed_url_is_http'),
                    models.CheckConstraint(condition=models.Q(('minutes__gte', 5)), name='feed_is_not_polled_all_the_time'),
                    models.CheckConstraint(condition=models.Q(('kind__in', ['', 'rss', 'atom', 'json', 'sitemap'])), name='feed_kind_is_known'),
                ],
            },
        ),
        migrations.CreateModel(
            name='FeedEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(help_text="What is the same for one page's addresses.", max_length=2000)),
                ('url', articles.models.address.HttpAddressField(max_length=2000, verbose_name='URL')),
                ('seen_at', models.DateTimeField(auto_now_add=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('fault', models.TextField(blank=True)),
                ('article', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='articles.article')),
                ('feed', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='entries', to='articles.feed')),
                ('said_at', models.DateTimeField(blank=True, help_text='When the feed says that it was last changed.', null=True)),
                ('brought_at', models.DateTimeField(blank=True, help_text='When the feed brought it in; nothing if it was here.', null=True)),
                ('fetched_at', models.DateTimeField(blank=True, null=True)),
                ('due_at', models.DateTimeField(blank=True, default=django.utils.timezone.now, null=True)),
                ('taken_until', models.DateTimeField(blank=True, editable=False, null=True)),
                ('public_id', models.UUIDField(default=articles.models.identity.uuid7, editable=False, unique=True, verbose_name='public id')),
            ],
            options={
                'verbose_name_plural': 'feed entries',
                'ordering': ['-id'],
                'indexes': [
                    models.Index(fields=['feed', 'due_at'], name='feed_entry_due'),
                ],
                'constraints': [
                    models.UniqueConstraint(fields=('feed', 'key'), name='feed_entry_is_one'),
                ],
            },
        ),
        migrations.CreateModel(
            name='BulkImport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=articles.models.identity.uuid7, editable=False, unique=True, verbose_name='public id')),
                ('digest', models.CharField(help_text='Of bytes and options. None before it is begun, and for dry runs.', max_length=64, null=True, unique=True, verbose_name='SHA-256')),
                ('name', models.CharField(max_length=300)),
                ('position', models.PositiveIntegerField(default=0, help_text='Rows that were dealt with.')),
                ('stored', models.PositiveIntegerField(default=0, help_text='Articles that came in.')),
                ('known', models.PositiveIntegerField(default=0, help_text='Articles that were here already.')),
                ('started_at', models.DateTimeField(auto_now_add=True)),
                ('moved_at', models.DateTimeField(auto_now=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('started_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('sha256', models.CharField(blank=True, max_length=64, verbose_name='SHA-256 of the upload')),
                ('options', models.JSONField(default=dict, help_text='Columns of fields, and defaults.')),
                ('is_dry_run', models.BooleanField(default=False, verbose_name='dry run')),
                ('state', models.CharField(choices=[('uploaded', 'Not begun'), ('queued', 'Waits for its turn'), ('running', 'Under way'), ('finished', 'Finished'), ('stopped', 'Stopped'), ('failed', 'Failed')], default='uploaded', max_length=10)),
                ('fault', models.TextField(blank=True, help_text='Why it failed as a whole.')),
                ('reached', models.PositiveIntegerField(default=0, help_text='The line, or the number of the file, that these go to.')),
                ('total', models.PositiveIntegerField(blank=True, help_text='Lines or files of the source.', null=True)),
            ],
            options={
                'ordering': ['-id'],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('position__gte', django.db.models.expressions.CombinedExpression(models.F('stored'), '+', models.F('known')))), name='import_counts_its_rows'),
                    models.CheckConstraint(condition=models.Q(models.Q(('finished_at__isnull', False), ('state', 'finished')), models.Q(models.Q(('state', 'finished'), _negated=True), ('finished_at', None)), _connector='OR'), name='import_is_finished_at_a_time'),
                ],
            },
        ),
        migrations.CreateModel(
            name='ImportPiece',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('data', models.BinaryField(help_text='Compressed.')),
                ('bulk_import', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='pieces', to='articles.bulkimport')),
            ],
            options={
                'ordering': ['number'],
                'constraints': [
                    models.UniqueConstraint(fields=('bulk_import', 'number'), name='import_piece_is_one'),
                ],
            },
        ),
        migrations.CreateModel(
            name='ImportFault',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('place', models.CharField(help_text='The line, or the file in a folder.', max_length=400)),
                ('reason', models.TextField()),
                ('bulk_import', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='faults', to='articles.bulkimport')),
                ('public_id', models.UUIDField(default=articles.models.identity.uuid7, editable=False, unique=True, verbose_name='public id')),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='KeptAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=200)),
                ('request_digest', models.CharField(max_length=64)),
                ('status', models.PositiveSmallIntegerField(default=0)),
                ('headers', models.JSONField(default=dict)),
                ('body', models.TextField(default='')),
                ('created_at', models.DateTimeField(auto_now_add=True, db_index=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [
                    models.UniqueConstraint(fields=('user', 'key'), name='key_is_answered_once'),
                ],
            },
        ),
        migrations.CreateModel(
            name='IndexedLanguage',
            fields=[
                ('language', models.CharField(max_length=3, primary_key=True, serialize=False)),
            ],
            options={
                'db_table': 'search_language',
            },
        ),
        migrations.CreateModel(
            name='Due',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('index', models.CharField(max_length=20)),
                ('key', models.BigIntegerField()),
            ],
            options={
                'verbose_name_plural': 'due',
                'db_table': 'search_due',
                'indexes': [
                    models.Index(fields=['index', 'key'], name='search_due_rows'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Worker',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=50, unique=True)),
                ('started_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('seen_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                'ordering': ['-started_at'],
            },
        ),
    ]
