import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('messaging', '0009_backup'),
    ]

    operations = [
        migrations.CreateModel(
            name='CarrierHealth',
            fields=[
                ('account', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='health', serialize=False, to='messaging.gatewayaccount', verbose_name='carrier account')),
                ('taken_at', models.DateTimeField(blank=True, null=True, verbose_name='took messages')),
                ('refused_at', models.DateTimeField(blank=True, null=True, verbose_name='could not be reached')),
                ('refusal', models.CharField(blank=True, max_length=300, verbose_name='what it said')),
                ('reported_at', models.DateTimeField(blank=True, null=True, verbose_name='gave reports')),
                ('mute_at', models.DateTimeField(blank=True, null=True, verbose_name='gave no reports')),
                ('silence', models.CharField(blank=True, max_length=300, verbose_name='what it said of reports')),
            ],
            options={
                'verbose_name': 'health of a carrier account',
                'verbose_name_plural': 'health of carrier accounts',
            },
        ),
        migrations.CreateModel(
            name='Pulse',
            fields=[
                ('name', models.CharField(max_length=120, primary_key=True, serialize=False, verbose_name='name')),
                ('kind', models.CharField(choices=[('WORKER', 'Worker'), ('BEAT', 'Beat')], max_length=6, verbose_name='kind')),
                ('queues', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), default=list, size=None, verbose_name='queues')),
                ('host', models.CharField(max_length=120, verbose_name='machine')),
                ('pid', models.PositiveIntegerField(verbose_name='process number')),
                ('started_at', models.DateTimeField(verbose_name='started')),
                ('seen_at', models.DateTimeField(verbose_name='last seen')),
            ],
            options={
                'verbose_name': 'pulse',
                'verbose_name_plural': 'pulses',
            },
        ),
        migrations.CreateModel(
            name='QueuePulse',
            fields=[
                ('queue', models.CharField(max_length=20, primary_key=True, serialize=False, verbose_name='queue')),
                ('rung_at', models.DateTimeField(verbose_name='rung')),
                ('heard_at', models.DateTimeField(blank=True, null=True, verbose_name='heard')),
                ('waited_ms', models.PositiveIntegerField(default=0, verbose_name='waited, in milliseconds')),
            ],
            options={
                'verbose_name': 'pulse of a queue',
                'verbose_name_plural': 'pulses of queues',
            },
        ),
        migrations.AlterField(
            model_name='countdelta',
            name='counter',
            field=models.CharField(choices=[('REQUESTED', 'Requested'), ('SENT', 'Sent'), ('SEND_FAILED', 'Failed to send'), ('DELIVERED', 'Delivered'), ('DELIVERY_FAILED', 'Failed to arrive'), ('UNKNOWN', 'Unknown'), ('CANCELED', 'Canceled'), ('HANDSET_SECONDS', 'Seconds to the phone'), ('PARTS', 'Number of sends'), ('CONV_WAITING', 'Waiting for conversion'), ('CONVERTED', 'Converted')], max_length=16),
        ),
        migrations.AlterField(
            model_name='countdelta',
            name='n',
            field=models.BigIntegerField(),
        ),
        migrations.AlterField(
            model_name='requestcount',
            name='counter',
            field=models.CharField(choices=[('REQUESTED', 'Requested'), ('SENT', 'Sent'), ('SEND_FAILED', 'Failed to send'), ('DELIVERED', 'Delivered'), ('DELIVERY_FAILED', 'Failed to arrive'), ('UNKNOWN', 'Unknown'), ('CANCELED', 'Canceled'), ('HANDSET_SECONDS', 'Seconds to the phone'), ('PARTS', 'Number of sends'), ('CONV_WAITING', 'Waiting for conversion'), ('CONVERTED', 'Converted')], max_length=16),
        ),
        migrations.AlterField(
            model_name='statisticscount',
            name='counter',
            field=models.CharField(choices=[('REQUESTED', 'Requested'), ('SENT', 'Sent'), ('SEND_FAILED', 'Failed to send'), ('DELIVERED', 'Delivered'), ('DELIVERY_FAILED', 'Failed to arrive'), ('UNKNOWN', 'Unknown'), ('CANCELED', 'Canceled'), ('HANDSET_SECONDS', 'Seconds to the phone'), ('PARTS', 'Number of sends'), ('CONV_WAITING', 'Waiting for conversion'), ('CONVERTED', 'Converted')], max_length=16),
        ),
        migrations.AddIndex(
            model_name='sendrequest',
            index=models.Index(condition=models.Q(('state', 'HELD')), fields=['project'], name='request_held'),
        ),
    ]
