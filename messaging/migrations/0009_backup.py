import console.accounts.encryption
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("accounts", "0003_notices"),
        ("messaging", "0008_webhooks"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='BackupSettings',
            fields=[
                ('project', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='backup_settings', serialize=False, to='accounts.project', verbose_name='project')),
                ('is_on', models.BooleanField(default=False, verbose_name='back up history')),
                ('file_format', models.CharField(choices=[('CSV', 'CSV'), ('JSONL', 'JSON lines')], default='CSV', max_length=5, verbose_name='file type')),
                ('place', models.CharField(choices=[('FOLDER', "A folder on the console's machine"), ('S3', 'S3-compatible storage')], default='FOLDER', max_length=6, verbose_name='storage')),
                ('folder', models.CharField(blank=True, max_length=40, verbose_name='folder')),
                ('endpoint', models.CharField(blank=True, max_length=200, verbose_name='endpoint')),
                ('region', models.CharField(blank=True, max_length=40, verbose_name='region')),
                ('bucket', models.CharField(blank=True, max_length=63, verbose_name='bucket')),
                ('prefix', models.CharField(blank=True, max_length=200, verbose_name='folder in the bucket')),
                ('access_key', models.CharField(blank=True, max_length=128, verbose_name='access key')),
                ('secret_key', console.accounts.encryption.EncryptedTextField(blank=True, verbose_name='secret key')),
                ('updated_at', models.DateTimeField(auto_now=True, verbose_name='changed')),
                ('updated_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='changed by')),
            ],
            options={
                'verbose_name': 'backup',
                'verbose_name_plural': 'backups',
            },
        ),
        migrations.CreateModel(
            name='BackupFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(verbose_name='day')),
                ('first_id', models.UUIDField()),
                ('end_id', models.UUIDField()),
                ('state', models.CharField(choices=[('WAITING', 'Waiting'), ('WRITING', 'Being written'), ('WRITTEN', 'Being read back'), ('VERIFIED', 'Verified')], default='WAITING', max_length=8, verbose_name='state')),
                ('file_format', models.CharField(choices=[('CSV', 'CSV'), ('JSONL', 'JSON lines')], default='CSV', max_length=5, verbose_name='file type')),
                ('name', models.CharField(blank=True, max_length=120, verbose_name='file')),
                ('location', models.CharField(blank=True, max_length=500, verbose_name='storage')),
                ('rows', models.PositiveBigIntegerField(default=0, verbose_name='rows')),
                ('size', models.PositiveBigIntegerField(default=0, verbose_name='size')),
                ('sha256', models.CharField(blank=True, max_length=64)),
                ('attempts', models.PositiveIntegerField(default=0, verbose_name='attempts')),
                ('problem', models.CharField(blank=True, max_length=20, verbose_name='problem')),
                ('detail', models.CharField(blank=True, max_length=200)),
                ('failed_at', models.DateTimeField(blank=True, null=True)),
                ('not_before', models.DateTimeField(blank=True, null=True)),
                ('claimed_by', models.UUIDField(blank=True, null=True)),
                ('lease_until', models.DateTimeField(blank=True, null=True)),
                ('written_at', models.DateTimeField(blank=True, null=True, verbose_name='written')),
                ('verified_at', models.DateTimeField(blank=True, null=True, verbose_name='verified')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='backup_files', to='accounts.project', verbose_name='project')),
            ],
            options={
                'verbose_name': 'backup file',
                'verbose_name_plural': 'backup files',
                'indexes': [models.Index(fields=['project', '-id'], name='backup_file_newest_first'), models.Index(condition=models.Q(('state', 'VERIFIED'), _negated=True), fields=['day'], name='backup_file_open')],
                'constraints': [models.UniqueConstraint(fields=('project', 'day'), name='backup_file_once')],
            },
        ),
        migrations.CreateModel(
            name='HistoryDrop',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('dropped_on', models.DateField(verbose_name='dropped')),
                ('dropped_at', models.DateTimeField(verbose_name='dropped')),
                ('since', models.DateField(verbose_name='from')),
                ('until', models.DateField(verbose_name='to')),
                ('requests', models.PositiveBigIntegerField(default=0, verbose_name='requests')),
                ('messages', models.PositiveBigIntegerField(default=0, verbose_name='messages')),
                ('project', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts.project', verbose_name='project')),
            ],
            options={
                'verbose_name': 'dropped history',
                'verbose_name_plural': 'dropped history',
                'constraints': [models.UniqueConstraint(condition=models.Q(('project__isnull', False)), fields=('project', 'dropped_on'), name='history_drop_once'), models.UniqueConstraint(condition=models.Q(('project__isnull', True)), fields=('since',), name='month_drop_once')],
            },
        ),
        migrations.CreateModel(
            name='RestoredDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(verbose_name='day')),
                ('first_id', models.UUIDField()),
                ('end_id', models.UUIDField()),
                ('rows', models.PositiveBigIntegerField(verbose_name='rows')),
                ('restored_at', models.DateTimeField(verbose_name='restored')),
                ('keep_until', models.DateTimeField(verbose_name='kept until')),
                ('project', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='restored_days', to='accounts.project', verbose_name='project')),
            ],
            options={
                'verbose_name': 'restored day',
                'verbose_name_plural': 'restored days',
                'constraints': [models.UniqueConstraint(fields=('project', 'day'), name='restored_day_once')],
            },
        ),
    ]
