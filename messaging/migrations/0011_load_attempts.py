from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("messaging", "0010_health")]

    operations = [
        migrations.AddField(
            model_name="sendrequest",
            name="load_attempts",
            field=models.PositiveSmallIntegerField(default=0, editable=False),
        ),
    ]
