from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("senders", "0002_opt_outs"),
    ]

    operations = [
        migrations.AddField(
            model_name="identityverification",
            name="left_at",
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name="left"),
        ),
    ]
