import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


# What was claimed before this version may have been handed over without having been screened.
SCREENED = """
UPDATE messaging_chunk chunk SET screened_at = now()
FROM messaging_sendrequest request
WHERE request.id = chunk.request_id AND request.purpose <> 'AD' AND chunk.claimed_by IS NOT NULL
    AND chunk.screened_at IS NULL AND chunk.state IN ('READY', 'CLAIMED')
"""
# What waits may have numbers of other countries: of an SMS it is looked for.
ABROAD = """
UPDATE messaging_sendrequest SET goes_abroad = true
WHERE message_type = 'SMS' AND state IN ('WAITING', 'LOADING', 'HELD', 'SCHEDULED', 'SENDING', 'CANCELING')
"""


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_notices'),
        ('messaging', '0006_opt_out_import'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='chunk',
            name='abroad_counted_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='sendrequest',
            name='goes_abroad',
            field=models.BooleanField(default=False, verbose_name='has numbers of other countries'),
        ),
        migrations.AddField(
            model_name='sendrequest',
            name='replaces_characters',
            field=models.BooleanField(default=False, verbose_name='unsendable characters become ?'),
        ),
        migrations.AddField(
            model_name='recipientfile',
            name='replaces_characters',
            field=models.BooleanField(default=False),
        ),
        migrations.AddIndex(
            model_name='sendrequest',
            index=models.Index(condition=models.Q(('kind__in', ['MASS', 'TAG'])), fields=['project', 'sender', '-id'], name='request_of_many'),
        ),
        migrations.CreateModel(
            name='CharacterSettings',
            fields=[
                ('project', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='character_settings', serialize=False, to='accounts.project', verbose_name='project')),
                ('replaces', models.BooleanField(default=False, verbose_name='replace unsendable characters with ?')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='changed')),
                ('updated_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='changed by')),
            ],
            options={
                'verbose_name': 'unsendable characters',
                'verbose_name_plural': 'unsendable characters',
            },
        ),
        migrations.CreateModel(
            name='DuplicateSettings',
            fields=[
                ('project', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='duplicate_settings', serialize=False, to='accounts.project', verbose_name='project')),
                ('is_on', models.BooleanField(default=False, verbose_name='block repeated messages')),
                ('minutes', models.PositiveSmallIntegerField(default=10, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(60)], verbose_name='minutes')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='changed')),
                ('updated_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='changed by')),
            ],
            options={
                'verbose_name': 'repeated messages',
                'verbose_name_plural': 'repeated messages',
            },
        ),
        migrations.CreateModel(
            name='InternationalSettings',
            fields=[
                ('project', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='international_settings', serialize=False, to='accounts.project', verbose_name='project')),
                ('is_on', models.BooleanField(default=True, verbose_name='send to other countries')),
                ('countries', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), blank=True, null=True, size=None, verbose_name='countries allowed')),
                ('monthly_limit', models.PositiveIntegerField(default=1000, verbose_name='messages a month')),
                ('raised_limit', models.PositiveIntegerField(blank=True, null=True, verbose_name='most that staff allowed')),
                ('notifies_limit', models.BooleanField(default=True, verbose_name='notices at 70 % and 100 %')),
                ('blocks_by_conversion', models.BooleanField(default=False, verbose_name='block by conversion rate')),
                ('conversion_countries', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), blank=True, default=list, size=None, verbose_name='countries to block')),
                ('conversion_rate', models.PositiveSmallIntegerField(default=50, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(100)], verbose_name='conversion rate')),
                ('conversion_minimum', models.PositiveSmallIntegerField(default=50, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(10000)], verbose_name='minimum count')),
                ('conversion_hours', models.PositiveSmallIntegerField(default=24, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(168)], verbose_name='time range')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='changed')),
                ('updated_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='changed by')),
            ],
            options={
                'verbose_name': 'international sending',
                'verbose_name_plural': 'international sending',
            },
        ),
        migrations.CreateModel(
            name='CountryBlock',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('country_code', models.PositiveSmallIntegerField(verbose_name='country')),
                ('sent', models.PositiveIntegerField(verbose_name='messages')),
                ('converted', models.PositiveIntegerField(verbose_name='converted')),
                ('blocked_at', models.DateTimeField(verbose_name='blocked')),
                ('lifted_at', models.DateTimeField(blank=True, null=True, verbose_name='lifted')),
                ('lifted_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='lifted by')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='country_blocks', to='accounts.project', verbose_name='project')),
            ],
            options={
                'verbose_name': 'blocked country',
                'verbose_name_plural': 'blocked countries',
                'constraints': [models.UniqueConstraint(condition=models.Q(('lifted_at__isnull', True)), fields=('project', 'country_code'), name='country_blocked_once')],
            },
        ),
        migrations.CreateModel(
            name='InternationalUsage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('month', models.DateField(verbose_name='month')),
                ('sent', models.PositiveIntegerField(default=0, verbose_name='messages')),
                ('told_percent', models.PositiveSmallIntegerField(default=0)),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.project')),
            ],
            options={
                'verbose_name': 'international usage',
                'verbose_name_plural': 'international usage',
                'constraints': [models.UniqueConstraint(fields=('project', 'month'), name='usage_once_a_month')],
            },
        ),
        migrations.CreateModel(
            name='LimitRequest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('wanted', models.PositiveIntegerField(verbose_name='messages a month')),
                ('reason', models.TextField(verbose_name='what for')),
                ('state', models.CharField(choices=[('WAITING', 'Waiting'), ('APPROVED', 'Approved'), ('REJECTED', 'Rejected'), ('WITHDRAWN', 'Withdrawn')], default='WAITING', max_length=10, verbose_name='state')),
                ('asked_at', models.DateTimeField(verbose_name='asked')),
                ('decided_at', models.DateTimeField(blank=True, null=True, verbose_name='decided')),
                ('granted', models.PositiveIntegerField(blank=True, null=True, verbose_name='allowed')),
                ('answer', models.TextField(blank=True, verbose_name='answer')),
                ('asked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='asked by')),
                ('decided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='decided by')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='limit_requests', to='accounts.project', verbose_name='project')),
            ],
            options={
                'verbose_name': 'request for a higher limit',
                'verbose_name_plural': 'requests for a higher limit',
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'WAITING')), fields=('project',), name='one_limit_request')],
            },
        ),
        migrations.AddIndex(
            model_name='sendrequest',
            index=models.Index(condition=models.Q(('collects_conversion', True)), fields=['project', '-id'], name='request_converts'),
        ),
        migrations.RunSQL(SCREENED, migrations.RunSQL.noop),
        migrations.RunSQL(ABROAD, migrations.RunSQL.noop),
    ]
