import console.accounts.encryption
import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
import messaging.models.webhook
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("accounts", "0003_notices"),
        ("messaging", "0007_policies"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Webhook',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(default=messaging.models.webhook.new_key, editable=False, max_length=32, unique=True)),
                ('url', models.CharField(max_length=500, verbose_name='address')),
                ('events', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('MESSAGE_RESULT_UPDATE', 'Result of a message'), ('UNSUBSCRIBE', 'Opt-out'), ('IDENTITY_DECIDED', 'Identity verification decided'), ('SENDER_NUMBER_DECIDED', 'Sender number decided'), ('LIMIT_REACHED', 'Limit reached'), ('CONVERSION_BLOCK', 'Country blocked'), ('INTERNATIONAL_DELIVERY_RECEIPT', 'Delivery receipt from abroad')], max_length=30), size=None, verbose_name='events')),
                ('signature', console.accounts.encryption.EncryptedTextField(blank=True, verbose_name='signature')),
                ('secret', console.accounts.encryption.EncryptedTextField(verbose_name='secret')),
                ('secret_made_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('old_secret', console.accounts.encryption.EncryptedTextField(blank=True)),
                ('old_secret_until', models.DateTimeField(blank=True, null=True)),
                ('state', models.CharField(choices=[('ACTIVE', 'Active'), ('PAUSED', 'Paused'), ('DISABLED', 'Disabled')], default='ACTIVE', max_length=10, verbose_name='state')),
                ('disabled_at', models.DateTimeField(blank=True, null=True, verbose_name='disabled')),
                ('disabled_because', models.CharField(blank=True, max_length=20)),
                ('verified_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='verified')),
                ('claimed_by', models.UUIDField(blank=True, null=True)),
                ('lease_until', models.DateTimeField(blank=True, null=True)),
                ('next_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('served_at', models.DateTimeField(blank=True, null=True)),
                ('failures', models.PositiveIntegerField(default=0)),
                ('failing_since', models.DateTimeField(blank=True, null=True)),
                ('last_success_at', models.DateTimeField(blank=True, null=True, verbose_name='last success')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='added')),
                ('changed_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='changed')),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='added by')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='webhooks', to='accounts.project', verbose_name='project')),
            ],
            options={
                'verbose_name': 'webhook',
                'verbose_name_plural': 'webhooks',
            },
        ),
        migrations.CreateModel(
            name='WebhookCall',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('origin', models.UUIDField(editable=False)),
                ('event', models.CharField(max_length=30, verbose_name='event')),
                ('n', models.PositiveIntegerField(verbose_name='hooks')),
                ('message_ids', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), blank=True, null=True, size=None)),
                ('codes', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), blank=True, null=True, size=None)),
                ('times', django.contrib.postgres.fields.ArrayField(base_field=models.DateTimeField(), blank=True, null=True, size=None)),
                ('payloads', models.JSONField(blank=True, null=True)),
                ('is_replay', models.BooleanField(default=False)),
                ('state', models.CharField(choices=[('WAITING', 'Waiting'), ('DELIVERED', 'Delivered'), ('FAILED', 'Failed'), ('REPLAYED', 'Sent again')], default='WAITING', max_length=10, verbose_name='state')),
                ('attempts', models.PositiveIntegerField(default=0, verbose_name='attempts')),
                ('happened_at', models.DateTimeField(verbose_name='happened')),
                ('created_at', models.DateTimeField(verbose_name='made')),
                ('finished_at', models.DateTimeField(blank=True, null=True, verbose_name='finished')),
                ('webhook', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='calls', to='messaging.webhook')),
            ],
            options={
                'verbose_name': 'call',
                'verbose_name_plural': 'calls',
            },
        ),
        migrations.CreateModel(
            name='WebhookAttempt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(verbose_name='time')),
                ('status', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='status')),
                ('milliseconds', models.PositiveIntegerField(verbose_name='milliseconds')),
                ('trouble', models.CharField(blank=True, max_length=20, verbose_name='trouble')),
                ('answer', models.TextField(blank=True, verbose_name='answer')),
                ('address', models.CharField(blank=True, max_length=60, verbose_name='address')),
                ('webhook', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='messaging.webhook')),
                ('call', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tries', to='messaging.webhookcall')),
            ],
            options={
                'verbose_name': 'attempt',
                'verbose_name_plural': 'attempts',
            },
        ),
        migrations.CreateModel(
            name='WebhookEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('event', models.CharField(choices=[('MESSAGE_RESULT_UPDATE', 'Result of a message'), ('UNSUBSCRIBE', 'Opt-out'), ('IDENTITY_DECIDED', 'Identity verification decided'), ('SENDER_NUMBER_DECIDED', 'Sender number decided'), ('LIMIT_REACHED', 'Limit reached'), ('CONVERSION_BLOCK', 'Country blocked'), ('INTERNATIONAL_DELIVERY_RECEIPT', 'Delivery receipt from abroad')], max_length=30)),
                ('n', models.PositiveIntegerField(default=1)),
                ('message_ids', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), blank=True, null=True, size=None)),
                ('codes', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), blank=True, null=True, size=None)),
                ('times', django.contrib.postgres.fields.ArrayField(base_field=models.DateTimeField(), blank=True, null=True, size=None)),
                ('payload', models.JSONField(blank=True, null=True)),
                ('created_at', models.DateTimeField()),
                ('webhook', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='messaging.webhook')),
            ],
            options={
                'verbose_name': 'entry of a webhook',
                'verbose_name_plural': 'entries of webhooks',
            },
        ),
        migrations.CreateModel(
            name='WebhookNetwork',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('network', models.CharField(max_length=49, unique=True, verbose_name='network')),
                ('note', models.CharField(max_length=200, verbose_name='what for')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='added')),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='added by')),
            ],
            options={
                'verbose_name': 'network of webhooks',
                'verbose_name_plural': 'networks of webhooks',
                'ordering': ['network'],
            },
        ),
        migrations.AddConstraint(
            model_name='webhook',
            constraint=models.UniqueConstraint(fields=('project', 'url'), name='webhook_once'),
        ),
        migrations.AddIndex(
            model_name='webhookcall',
            index=models.Index(fields=['webhook', '-id'], name='webhook_call_newest_first'),
        ),
        migrations.AddIndex(
            model_name='webhookcall',
            index=models.Index(condition=models.Q(('state__in', ['WAITING', 'FAILED'])), fields=['webhook', 'state', 'id'], name='webhook_call_open'),
        ),
        migrations.AddIndex(
            model_name='webhookcall',
            index=models.Index(fields=['created_at'], name='webhook_call_made'),
        ),
        migrations.AddIndex(
            model_name='webhookattempt',
            index=models.Index(fields=['webhook', 'at'], name='webhook_attempt_by_time'),
        ),
        migrations.AddIndex(
            model_name='webhookentry',
            index=models.Index(fields=['webhook', 'id'], name='webhook_entry_in_order'),
        ),
    ]
