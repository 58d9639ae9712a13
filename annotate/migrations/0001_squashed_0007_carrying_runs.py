"""What the migrations that this replaces made, but for filling in what a new database has not.

They stay beside it for databases that have only some of them.
"""

import annotate.models.webhook
import articles.models.address
import articles.models.identity
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [
        ('annotate', '0001_initial'),
        ('annotate', '0002_assignments'),
        ('annotate', '0003_written_down'),
        ('annotate', '0004_token_scopes'),
        ('annotate', '0005_webhooks'),
        ('annotate', '0006_carrying'),
        ('annotate', '0007_carrying_runs'),
    ]

    initial = True

    dependencies = [
        # By its old name, as a database may have all of these and not yet all of articles.
        ('articles', '0005_ways_in'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='TagSet',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=articles.models.identity.uuid7, editable=False, unique=True, verbose_name='public id')),
                ('slug', models.SlugField(unique=True)),
                ('name', models.CharField(max_length=200)),
                ('description', models.TextField(blank=True)),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='Tag',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=40)),
                ('name', models.CharField(max_length=100)),
                ('description', models.TextField(blank=True)),
                ('key', models.CharField(blank=True, max_length=1)),
                ('position', models.PositiveSmallIntegerField(default=0)),
                ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='subtypes', to='annotate.tag')),
                ('tag_set', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tags', to='annotate.tagset')),
            ],
            options={
                'ordering': ['tag_set', 'position', 'code'],
                'constraints': [
                    models.UniqueConstraint(fields=('tag_set', 'code'), name='tag_code_is_one'),
                    models.UniqueConstraint(condition=models.Q(('key', ''), _negated=True), fields=('tag_set', 'key'), name='tag_key_is_one'),
                    models.CheckConstraint(condition=models.Q(('code', ''), _negated=True), name='tag_has_a_code'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Project',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=articles.models.identity.uuid7, editable=False, unique=True, verbose_name='public id')),
                ('slug', models.SlugField(unique=True)),
                ('name', models.CharField(max_length=200)),
                ('description', models.TextField(blank=True)),
                ('guidelines', models.TextField(blank=True, help_text='What annotators are asked to do.')),
                ('is_public', models.BooleanField(default=False, help_text='Anyone may read it.')),
                ('is_blind', models.BooleanField(default=False, help_text='Annotators see only their own work; no one else sees any.')),
                ('takes_any_article', models.BooleanField(default=True, help_text='The first annotation of an article adds it. Otherwise only listed ones count.')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('articles', models.ManyToManyField(blank=True, related_name='projects', to='articles.article')),
                ('tag_set', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='projects', to='annotate.tagset')),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('reader', 'Reader: sees the project'), ('annotator', 'Annotator: makes annotations and changes their own'), ('adjudicator', "Adjudicator: sees everyone's work, also in a blind project"), ('manager', "Manager: changes anyone's annotations and the project")], default='annotator', max_length=20)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to=settings.AUTH_USER_MODEL)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='annotate.project')),
            ],
            options={
                'ordering': ['project', 'user'],
                'constraints': [
                    models.UniqueConstraint(fields=('project', 'user'), name='member_is_one'),
                    models.CheckConstraint(condition=models.Q(('role__in', ['reader', 'annotator', 'adjudicator', 'manager'])), name='role_is_known'),
                ],
            },
        ),
        migrations.AddField(
            model_name='project',
            name='members',
            field=models.ManyToManyField(related_name='projects', through='annotate.Membership', to=settings.AUTH_USER_MODEL),
        ),
        migrations.CreateModel(
            name='ApiToken',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(blank=True, max_length=100)),
                ('digest', models.CharField(editable=False, max_length=64, unique=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='api_tokens', to=settings.AUTH_USER_MODEL)),
                ('expires_at', models.DateTimeField(blank=True, null=True)),
                ('hint', models.CharField(blank=True, editable=False, help_text='How its key begins.', max_length=8)),
                ('last_used_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('scopes', models.CharField(choices=[('read', 'read'), ('read annotate', 'read annotate'), ('read manage', 'read manage'), ('read annotate manage', 'read annotate manage')], default='read annotate manage', max_length=40)),
                ('public_id', models.UUIDField(default=articles.models.identity.uuid7, editable=False, unique=True, verbose_name='public id')),
            ],
            options={
                'verbose_name': 'API token',
                'ordering': ['-created_at'],
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('name', ''), _negated=True), fields=('user', 'name'), name='token_name_is_one'),
                    models.CheckConstraint(condition=models.Q(('scopes__in', ['read', 'read annotate', 'read manage', 'read annotate manage'])), name='token_scopes_are_known'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Entity',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=articles.models.identity.uuid7, editable=False, unique=True, verbose_name='public id')),
                ('name', models.CharField(max_length=300, verbose_name='preferred name')),
                ('type', models.CharField(choices=[('PERSON', 'Person'), ('ORG', 'Organisation'), ('GPE', 'Country, city or state'), ('LOC', 'Other place'), ('NORP', 'Nationality, religious or political group'), ('FAC', 'Building or facility'), ('EVENT', 'Event'), ('LAW', 'Law or treaty'), ('PRODUCT', 'Product'), ('WORK_OF_ART', 'Work of art'), ('DATE', 'Date or period'), ('MONEY', 'Money'), ('PERCENT', 'Percentage'), ('QUANTITY', 'Quantity')], max_length=20)),
                ('description', models.CharField(blank=True, max_length=500)),
                ('qid', models.CharField(blank=True, max_length=20, null=True, unique=True, validators=[django.core.validators.RegexValidator('^Q[1-9][0-9]*\\Z', 'Give a Wikidata id such as Q30.')], verbose_name='Wikidata QID')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('created_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name_plural': 'entities',
                'ordering': ['name'],
                'indexes': [
                    models.Index(fields=['name'], name='annotate_en_name_4f3c30_idx'),
                    models.Index(fields=['type', 'name'], name='annotate_en_type_3676c7_idx'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='entity_has_a_name'),
                    models.CheckConstraint(condition=models.Q(('type__in', ['PERSON', 'ORG', 'GPE', 'LOC', 'NORP', 'FAC', 'EVENT', 'LAW', 'PRODUCT', 'WORK_OF_ART', 'DATE', 'MONEY', 'PERCENT', 'QUANTITY'])), name='entity_type_is_known'),
                    models.CheckConstraint(condition=models.Q(('qid', None), ('qid__startswith', 'Q'), _connector='OR'), name='qid_starts_with_q'),
                ],
            },
        ),
        migrations.CreateModel(
            name='EntityAlias',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(db_index=True, max_length=300)),
                ('language', models.CharField(blank=True, help_text='BCP 47 tag, such as ar.', max_length=35)),
                ('entity', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='aliases', to='annotate.entity')),
            ],
            options={
                'verbose_name_plural': 'aliases',
                'ordering': ['name'],
                'constraints': [
                    models.UniqueConstraint(fields=('entity', 'name', 'language'), name='alias_is_one'),
                    models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='alias_has_a_name'),
                ],
            },
        ),
        migrations.CreateModel(
            name='ExternalId',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('scheme', models.SlugField(max_length=40)),
                ('value', models.CharField(max_length=200)),
                ('entity', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='external_ids', to='annotate.entity')),
            ],
            options={
                'verbose_name': 'external id',
                'ordering': ['scheme', 'value'],
                'constraints': [
                    models.UniqueConstraint(fields=('scheme', 'value'), name='external_id_is_one'),
                    models.CheckConstraint(condition=models.Q(models.Q(('scheme', ''), _negated=True), models.Q(('value', ''), _negated=True)), name='external_id_is_whole'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Source',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=articles.models.identity.uuid7, editable=False, unique=True, verbose_name='public id')),
                ('url', articles.models.address.HttpAddressField(blank=True, max_length=2000, verbose_name='URL')),
                ('title', models.CharField(blank=True, max_length=500)),
                ('publisher', models.CharField(blank=True, max_length=300)),
                ('published_on', models.DateField(blank=True, null=True)),
                ('archive_url', articles.models.address.HttpAddressField(blank=True, max_length=2000, verbose_name='archive URL')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('created_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['title', 'url'],
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('url', ''), _negated=True), fields=('url',), name='source_url_is_one'),
                    models.CheckConstraint(condition=models.Q(models.Q(('url', ''), _negated=True), models.Q(('title', ''), _negated=True), _connector='OR'), name='source_can_be_named'),
                    models.CheckConstraint(condition=models.Q(('url', ''), ('url__startswith', 'https://'), ('url__startswith', 'http://'), _connector='OR'), name='source_url_is_http'),
                    models.CheckConstraint(condition=models.Q(('archive_url', ''), ('archive_url__startswith', 'https://'), ('archive_url__startswith', 'http://'), _connector='OR'), name='source_archive_url_is_http'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Annotation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=articles.models.identity.uuid7, editable=False, unique=True, verbose_name='public id')),
                ('kind', models.CharField(choices=[('claim', 'Claim'), ('entity_tag', 'Entity tag'), ('source_link', 'Source link'), ('note', 'Note')], editable=False, max_length=20)),
                ('state', models.CharField(choices=[('active', 'Active'), ('retracted', 'Retracted')], default='active', editable=False, max_length=20)),
                ('revision', models.PositiveIntegerField(default=1, editable=False)),
                ('created_at', models.DateTimeField(editable=False)),
                ('updated_at', models.DateTimeField(editable=False)),
                ('author', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='annotations', to=settings.AUTH_USER_MODEL)),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='annotations', to='articles.articleversion')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='annotations', to='annotate.project')),
                ('document', models.TextField(editable=False)),
                ('carried_from', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='carried_to', to='annotate.annotation')),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [
                    models.Index(fields=['version', 'state'], name='annotate_an_version_7adac7_idx'),
                    models.Index(fields=['project', 'kind', 'state'], name='annotate_an_project_439982_idx'),
                    models.Index(fields=['author', 'project'], name='annotate_an_author__20b20d_idx'),
                    models.Index(fields=['updated_at'], name='annotate_an_updated_ffc4bb_idx'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('kind__in', ['claim', 'entity_tag', 'source_link', 'note'])), name='kind_is_known'),
                    models.CheckConstraint(condition=models.Q(('state__in', ['active', 'retracted'])), name='state_is_known'),
                    models.CheckConstraint(condition=models.Q(('revision__gte', 1)), name='revision_from_1'),
                    models.UniqueConstraint(fields=('carried_from', 'version'), name='annotation_is_carried_once'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Span',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('start', models.PositiveIntegerField()),
                ('end', models.PositiveIntegerField()),
                ('exact', models.TextField()),
                ('prefix', models.CharField(blank=True, max_length=64)),
                ('suffix', models.CharField(blank=True, max_length=64)),
                ('annotation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='spans', to='annotate.annotation')),
            ],
            options={
                'ordering': ['start'],
                'indexes': [
                    models.Index(django.db.models.functions.text.Left('exact', 80), name='span_words'),
                ],
                'constraints': [
                    models.UniqueConstraint(fields=('annotation', 'start'), name='span_starts_once'),
                    models.CheckConstraint(condition=models.Q(('start__lt', models.F('end'))), name='span_is_some_text'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Claim',
            fields=[
                ('annotation', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, related_name='as_claim', serialize=False, to='annotate.annotation')),
                ('wording', models.TextField(help_text='The claim in words that stand alone: who, what, when, without “it” or “they”.', validators=[django.core.validators.MaxLengthValidator(10000)])),
                ('claim_type', models.CharField(choices=[('fact', 'Fact'), ('statistic', 'Statistic'), ('quotation', 'Quotation'), ('cause', 'Cause'), ('prediction', 'Prediction'), ('policy', 'Policy'), ('opinion', 'Opinion')], default='fact', max_length=20)),
                ('claimant_name', models.CharField(blank=True, max_length=300)),
                ('check_worthiness', models.PositiveSmallIntegerField(choices=[(0, '0 · not worth checking'), (1, '1 · low'), (2, '2 · medium'), (3, '3 · check first')], default=1, validators=[django.core.validators.MaxValueValidator(3)])),
                ('verdict', models.CharField(choices=[('unreviewed', 'Unreviewed'), ('true', 'True'), ('mostly_true', 'Mostly true'), ('mixed', 'Mixed'), ('misleading', 'Misleading'), ('mostly_false', 'Mostly false'), ('false', 'False'), ('unverifiable', 'Unverifiable')], default='unreviewed', max_length=20)),
                ('rationale', models.TextField(blank=True, validators=[django.core.validators.MaxLengthValidator(10000)])),
                ('claimant_entity', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='claims', to='annotate.entity')),
            ],
            options={
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('wording', ''), _negated=True), name='claim_has_a_wording'),
                    models.CheckConstraint(condition=models.Q(('claim_type__in', ['fact', 'statistic', 'quotation', 'cause', 'prediction', 'policy', 'opinion'])), name='claim_type_is_known'),
                    models.CheckConstraint(condition=models.Q(('verdict__in', ['unreviewed', 'true', 'mostly_true', 'mixed', 'misleading', 'mostly_false', 'false', 'unverifiable'])), name='verdict_is_known'),
                    models.CheckConstraint(condition=models.Q(('check_worthiness__lte', 3)), name='check_worthiness_0_to_3'),
                    models.CheckConstraint(condition=models.Q(('claimant_entity', None), ('claimant_name', ''), _connector='OR'), name='claimant_is_one'),
                ],
            },
            bases=('annotate.annotation',),
        ),
        migrations.CreateModel(
            name='EntityTag',
            fields=[
                ('annotation', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, related_name='as_entity_tag', serialize=False, to='annotate.annotation')),
                ('certainty', models.CharField(choices=[('certain', 'Certain'), ('likely', 'Likely'), ('unsure', 'Unsure')], default='certain', max_length=20)),
                ('entity', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='mentions', to='annotate.entity')),
                ('tag', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entity_tags', to='annotate.tag', verbose_name='type')),
            ],
            options={
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('certainty__in', ['certain', 'likely', 'unsure'])), name='certainty_is_known'),
                ],
            },
            bases=('annotate.annotation',),
        ),
        migrations.CreateModel(
            name='SourceLink',
            fields=[
                ('annotation', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, related_name='as_source_link', serialize=False, to='annotate.annotation')),
                ('stance', models.CharField(choices=[('supports', 'Supports'), ('refutes', 'Refutes'), ('mixed', 'Mixed'), ('context', 'Gives context'), ('origin', 'Is the origin of')], max_length=20)),
                ('evidence', models.TextField(blank=True, help_text='The words of the source that matter here.', validators=[django.core.validators.MaxLengthValidator(10000)])),
                ('locator', models.CharField(blank=True, help_text='Page, section or time code.', max_length=300)),
                ('retrieved_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('claim', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='source_links', to='annotate.claim')),
                ('source', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='source_links', to='annotate.source')),
            ],
            options={
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('stance__in', ['supports', 'refutes', 'mixed', 'context', 'origin'])), name='stance_is_known'),
                ],
            },
            bases=('annotate.annotation',),
        ),
        migrations.CreateModel(
            name='Note',
            fields=[
                ('annotation', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, parent_link=True, primary_key=True, related_name='as_note', serialize=False, to='annotate.annotation')),
                ('body', models.TextField(validators=[django.core.validators.MaxLengthValidator(10000)])),
                ('target', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='notes', to='annotate.annotation')),
            ],
            options={
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('body', ''), _negated=True), name='note_has_a_body'),
                ],
            },
            bases=('annotate.annotation',),
        ),
        migrations.CreateModel(
            name='Change',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('revision', models.PositiveIntegerField()),
                ('action', models.CharField(choices=[('create', 'Created'), ('revise', 'Revised'), ('retract', 'Retracted'), ('restore', 'Restored'), ('carry', 'Carried to a new version'), ('wait', 'Left to a person after a new version'), ('drop', 'Not carried to a new version'), ('reopen', 'Taken up again for a new version'), ('supersede', 'Overtaken by a later version')], max_length=20)),
                ('at', models.DateTimeField()),
                ('before', models.JSONField(null=True)),
                ('after', models.JSONField()),
                ('idempotency_key', models.CharField(blank=True, max_length=200)),
                ('request_digest', models.CharField(blank=True, max_length=64)),
                ('actor', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='changes', to=settings.AUTH_USER_MODEL)),
                ('annotation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='changes', to='annotate.annotation')),
                ('carrying', models.JSONField(null=True)),
                ('step', models.PositiveIntegerField(default=0)),
            ],
            options={
                'ordering': ['-id'],
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('idempotency_key', ''), _negated=True), fields=('actor', 'idempotency_key'), name='idempotency_key_acts_once'),
                    models.UniqueConstraint(fields=('annotation', 'revision', 'step'), name='one_change_per_revision'),
                    models.CheckConstraint(condition=models.Q(('action__in', ['create', 'revise', 'retract', 'restore', 'carry', 'wait', 'drop', 'reopen', 'supersede'])), name='action_is_known'),
                    models.CheckConstraint(condition=models.Q(models.Q(('action__in', ('create', 'carry')), ('before__isnull', True), ('revision', 1)), ('action__in', ('wait', 'drop', 'reopen', 'supersede')), models.Q(models.Q(('action__in', ('create', 'carry', 'wait', 'drop', 'reopen', 'supersede')), _negated=True), ('revision__gt', 1)), _connector='OR'), name='first_change_creates'),
                    models.CheckConstraint(condition=models.Q(models.Q(('action__in', ('wait', 'drop', 'reopen', 'supersede')), ('before__isnull', True), ('carrying__isnull', False), ('step__gte', 1)), models.Q(models.Q(('action__in', ('wait', 'drop', 'reopen', 'supersede')), _negated=True), ('step', 0)), _connector='OR'), name='step_makes_no_revision'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Assignment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=articles.models.identity.uuid7, editable=False, unique=True, verbose_name='public id')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('annotator', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='assignments', to=settings.AUTH_USER_MODEL)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='assignments', to='annotate.project')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='assignments', to='articles.articleversion')),
            ],
            options={
                'ordering': ['-created_at', '-id'],
                'constraints': [
                    models.UniqueConstraint(fields=('annotator', 'project', 'version'), name='assignment_is_one'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Carrying',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=articles.models.identity.uuid7, editable=False, unique=True, verbose_name='public id')),
                ('revision', models.PositiveIntegerField()),
                ('status', models.CharField(choices=[('exact', 'Exact'), ('moved', 'Moved'), ('retyped', 'Retyped'), ('edited', 'Edited'), ('ambiguous', 'Ambiguous'), ('lost', 'Lost')], max_length=20)),
                ('score', models.FloatField(help_text='0 to 1: how like the least like passage is.')),
                ('places', models.JSONField()),
                ('decision', models.CharField(choices=[('waiting', 'Waits for a person'), ('carried', 'Carried without a person: the same words'), ('accepted', 'Carried to a proposed place'), ('reselected', 'Carried to a place that a person selected'), ('dropped', 'Not carried: it does not stand there any more'), ('superseded', 'Overtaken by a later version')], default='waiting', max_length=20)),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('annotation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='carryings', to='annotate.annotation')),
                ('carried', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='carrying', to='annotate.annotation')),
                ('decided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='carryings', to='articles.articleversion')),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [
                    models.Index(fields=['decision', 'version'], name='annotate_ca_decisio_6258b5_idx'),
                ],
                'constraints': [
                    models.UniqueConstraint(fields=('annotation', 'version'), name='carrying_is_one'),
                    models.CheckConstraint(condition=models.Q(('decision__in', ['waiting', 'carried', 'accepted', 'reselected', 'dropped', 'superseded'])), name='decision_is_known'),
                    models.CheckConstraint(condition=models.Q(('score__gte', 0), ('score__lte', 1)), name='carrying_score_0_to_1'),
                    models.CheckConstraint(condition=models.Q(models.Q(('carried__isnull', False), ('decision__in', ('carried', 'accepted', 'reselected'))), models.Q(models.Q(('decision__in', ('carried', 'accepted', 'reselected')), _negated=True), ('carried', None)), _connector='OR'), name='carried_is_there'),
                    models.CheckConstraint(condition=models.Q(models.Q(('decided_at', None), ('decision', 'waiting')), models.Q(models.Q(('decision', 'waiting'), _negated=True), ('decided_at__isnull', False)), _connector='OR'), name='decided_at_some_time'),
                    models.CheckConstraint(condition=models.Q(('status__in', ['exact', 'moved', 'retyped', 'edited', 'ambiguous', 'lost'])), name='status_is_known'),
                    models.CheckConstraint(condition=models.Q(models.Q(('decision', 'carried'), _negated=True), ('status__in', ['exact', 'moved', 'retyped']), _connector='OR'), name='only_the_certain_is_carried'),
                ],
            },
        ),
        migrations.CreateModel(
            name='CarryingRun',
            fields=[
                ('version', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='carrying_run', serialize=False, to='articles.articleversion')),
                ('state', models.CharField(choices=[('queued', 'Waits for a worker'), ('running', 'Under way'), ('finished', 'Finished'), ('overtaken', 'Overtaken by a later version'), ('failed', 'Failed')], default='queued', max_length=20)),
                ('asked_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('started_at', models.DateTimeField(blank=True, null=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('carried', models.PositiveIntegerField(default=0, help_text='Now on this version.')),
                ('waiting', models.PositiveIntegerField(default=0, help_text='For a person, when it ended.')),
                ('following', models.PositiveIntegerField(default=0, help_text='Not carried as what they are about is not.')),
                ('fault', models.CharField(blank=True, help_text='Why it failed.', max_length=500)),
            ],
            options={
                'ordering': ['-asked_at'],
                'indexes': [
                    models.Index(fields=['state'], name='annotate_ca_state_7db3e1_idx'),
                ],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('state__in', ['queued', 'running', 'finished', 'overtaken', 'failed'])), name='run_state_is_known'),
                    models.CheckConstraint(condition=models.Q(models.Q(('state', 'failed'), models.Q(('fault', ''), _negated=True)), models.Q(models.Q(('state', 'failed'), _negated=True), ('fault', '')), _connector='OR'), name='failed_run_says_why'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Webhook',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=articles.models.identity.uuid7, editable=False, unique=True, verbose_name='public id')),
                ('url', models.CharField(max_length=2000, verbose_name='URL')),
                ('kinds', models.JSONField(blank=True, default=list, help_text='Empty for all.')),
                ('actions', models.JSONField(blank=True, default=list, help_text='Empty for all.')),
                ('secret', models.CharField(default=annotate.models.webhook.new_secret, editable=False, max_length=100)),
                ('is_active', models.BooleanField(default=True, help_text='Nothing is lost while it is paused: it goes on where it was.')),
                ('paused_because', models.CharField(blank=True, editable=False, max_length=500)),
                ('revision', models.PositiveIntegerField(default=1, editable=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('position', models.BigIntegerField(editable=False)),
                ('failures', models.PositiveIntegerField(default=0, editable=False)),
                ('next_attempt_at', models.DateTimeField(editable=False, null=True)),
                ('leased_until', models.DateTimeField(editable=False, null=True)),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='webhooks', to=settings.AUTH_USER_MODEL)),
                ('project', models.ForeignKey(blank=True, help_text='Of this project alone; without one, of all that the owner may see.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='webhooks', to='annotate.project')),
            ],
            options={
                'ordering': ['-created_at', '-id'],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('is_active', False), ('paused_because', ''), _connector='OR'), name='active_webhook_is_not_paused'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=articles.models.identity.uuid7, editable=False, unique=True, verbose_name='public id')),
                ('changes', models.JSONField(default=list)),
                ('is_ping', models.BooleanField(default=False)),
                ('state', models.CharField(choices=[('pending', 'Pending'), ('delivered', 'Delivered'), ('failed', 'Failed'), ('dropped', 'Dropped')], db_index=True, default='pending', max_length=20)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('delivered_at', models.DateTimeField(null=True)),
                ('webhook', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='annotate.webhook')),
            ],
            options={
                'verbose_name_plural': 'deliveries',
                'ordering': ['-created_at', '-id'],
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('is_ping', False), ('state', 'pending')), fields=('webhook',), name='one_delivery_at_a_time'),
                    models.CheckConstraint(condition=models.Q(('state__in', ['pending', 'delivered', 'failed', 'dropped'])), name='delivery_state_is_known'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Attempt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('at', models.DateTimeField()),
                ('milliseconds', models.PositiveIntegerField()),
                ('status', models.PositiveSmallIntegerField(null=True)),
                ('error', models.CharField(blank=True, max_length=500)),
                ('excerpt', models.CharField(blank=True, max_length=500, verbose_name='beginning of the answer')),
                ('next_attempt_at', models.DateTimeField(null=True)),
                ('delivery', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='attempts', to='annotate.delivery')),
            ],
            options={
                'ordering': ['number'],
                'constraints': [
                    models.UniqueConstraint(fields=('delivery', 'number'), name='attempt_number_is_one'),
                ],
            },
        ),
    ]
