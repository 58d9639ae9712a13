from django.conf import settings
from django.db import migrations, models

import articles.models.identity

SCOPES = ['read', 'read annotate', 'read manage', 'read annotate manage']


def settle(apps, schema_editor):
    """Give each token a public id, and the later ones of a name a number as well."""
    tokens = apps.get_model('annotate', 'ApiToken').objects
    taken = set(tokens.values_list('user', 'name'))
    seen = set()
    for token in tokens.order_by('pk'):
        token.public_id = articles.models.identity.uuid7()
        if token.name and (token.user_id, token.name) in seen:
            number = 2
            while (token.user_id, f'{token.name[:90]} {number}') in taken:
                number += 1
            token.name = f'{token.name[:90]} {number}'
            taken.add((token.user_id, token.name))
        seen.add((token.user_id, token.name))
        token.save(update_fields=['public_id', 'name'])


class Migration(migrations.Migration):

    dependencies = [
        ('annotate', '0003_written_down'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='apitoken',
            name='expires_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='apitoken',
            name='hint',
            field=models.CharField(blank=True, editable=False, help_text='How its key begins.', max_length=8),
        ),
        migrations.AddField(
            model_name='apitoken',
            name='last_used_at',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='apitoken',
            name='scopes',
            field=models.CharField(choices=[(scopes, scopes) for scopes in SCOPES], default=SCOPES[-1], max_length=40),
        ),
        migrations.AddField(
            model_name='apitoken',
            name='public_id',
            field=models.UUIDField(editable=False, null=True, verbose_name='public id'),
        ),
        migrations.RunPython(settle, migrations.RunPython.noop),
        migrations.AlterField(
            model_name='apitoken',
            name='public_id',
            field=models.UUIDField(default=articles.models.identity.uuid7, editable=False, unique=True, verbose_name='public id'),
        ),
        migrations.AddConstraint(
            model_name='apitoken',
            constraint=models.UniqueConstraint(condition=models.Q(('name', ''), _negated=True), fields=('user', 'name'), name='token_name_is_one'),
        ),
        migrations.AddConstraint(
            model_name='apitoken',
            constraint=models.CheckConstraint(condition=models.Q(('scopes__in', SCOPES)), name='token_scopes_are_known'),
        ),
    ]
