import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('messaging', '0011_load_attempts'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='WebhookDrop',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('event', models.CharField(max_length=30, verbose_name='event')),
                ('hooks', models.PositiveBigIntegerField(verbose_name='hooks')),
                ('first_at', models.DateTimeField(verbose_name='first happened')),
                ('last_at', models.DateTimeField(verbose_name='last happened')),
                ('dropped_at', models.DateTimeField(verbose_name='dropped')),
                ('seen_at', models.DateTimeField(blank=True, null=True, verbose_name='seen')),
                ('seen_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='seen by')),
                ('webhook', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='drops', to='messaging.webhook')),
            ],
            options={
                'verbose_name': 'dropped hooks of a webhook',
                'verbose_name_plural': 'dropped hooks of webhooks',
                'indexes': [models.Index(fields=['webhook', '-id'], name='webhook_drop_newest_first')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('seen_at__isnull', True)), fields=('webhook', 'event'), name='webhook_drop_unseen_once')],
            },
        ),
    ]
