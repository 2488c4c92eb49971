import console.accounts.encryption
import django.contrib.postgres.fields
import django.db.models.deletion
import messaging.ids
import uuid
from django.conf import settings
from django.db import migrations, models

from messaging.partitions import CreatePartitionedModel, ensure_partitions


def make_partitions(apps, schema_editor):
    """Messages can be written from the first moment on."""
    ensure_partitions()


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="GatewayAccount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=60, unique=True, verbose_name="name")),
                ("gateway", models.CharField(max_length=20, verbose_name="gateway")),
                (
                    "settings",
                    console.accounts.encryption.EncryptedTextField(default="{}", verbose_name="settings"),
                ),
                ("is_paused", models.BooleanField(default=False, verbose_name="paused")),
                (
                    "report_wait_hours",
                    models.PositiveSmallIntegerField(default=72, verbose_name="hours to wait for a report"),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
            ],
            options={
                "verbose_name": "carrier account",
                "verbose_name_plural": "carrier accounts",
            },
        ),
        migrations.CreateModel(
            name="Attachment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=255, verbose_name="file name")),
                ("storage_name", models.CharField(max_length=200, unique=True)),
                ("sha256", models.CharField(max_length=64)),
                ("size", models.PositiveIntegerField(verbose_name="size")),
                ("width", models.PositiveSmallIntegerField(verbose_name="width")),
                ("height", models.PositiveSmallIntegerField(verbose_name="height")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="uploaded")),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="attachments",
                        to="accounts.project",
                        verbose_name="project",
                    ),
                ),
                (
                    "uploaded_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="uploaded by",
                    ),
                ),
            ],
            options={
                "verbose_name": "attachment",
                "verbose_name_plural": "attachments",
            },
        ),
        migrations.CreateModel(
            name="DeliveryReport",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("message_id", models.UUIDField(db_index=True)),
                ("code", models.CharField(max_length=8, verbose_name="result code")),
                ("happened_at", models.DateTimeField(verbose_name="happened")),
                ("received_at", models.DateTimeField(verbose_name="received")),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="messaging.gatewayaccount",
                    ),
                ),
            ],
            options={
                "verbose_name": "delivery report",
                "verbose_name_plural": "delivery reports",
            },
        ),
        migrations.CreateModel(
            name="RecipientFile",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("original_name", models.CharField(max_length=255, verbose_name="file name")),
                ("storage_name", models.CharField(max_length=200)),
                ("staging_name", models.CharField(blank=True, max_length=200)),
                ("problems_name", models.CharField(blank=True, max_length=200)),
                ("size", models.PositiveBigIntegerField(verbose_name="size")),
                ("sha256", models.CharField(max_length=64)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("UPLOADED", "Waiting"),
                            ("CHECKING", "Checking"),
                            ("CHECKED", "Checked"),
                            ("REFUSED", "Refused"),
                        ],
                        default="UPLOADED",
                        max_length=12,
                        verbose_name="state",
                    ),
                ),
                (
                    "message_type",
                    models.CharField(choices=[("SMS", "SMS"), ("LMS", "LMS"), ("MMS", "MMS")], max_length=3),
                ),
                ("subject", models.TextField(blank=True)),
                ("body", models.TextField(blank=True)),
                (
                    "keys",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), default=list, size=None
                    ),
                ),
                ("rows_read", models.PositiveIntegerField(default=0, verbose_name="rows read")),
                ("fraction_read", models.FloatField(default=0, verbose_name="part read")),
                ("result", models.JSONField(blank=True, null=True)),
                ("problem_code", models.CharField(blank=True, max_length=40)),
                ("problem_params", models.JSONField(blank=True, default=dict)),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="uploaded")),
                ("checked_at", models.DateTimeField(blank=True, null=True, verbose_name="checked")),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="recipient_files",
                        to="accounts.project",
                        verbose_name="project",
                    ),
                ),
                (
                    "uploaded_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="uploaded by",
                    ),
                ),
            ],
            options={
                "verbose_name": "recipient file",
                "verbose_name_plural": "recipient files",
            },
        ),
        migrations.CreateModel(
            name="Route",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="routes",
                        to="messaging.gatewayaccount",
                    ),
                ),
                (
                    "project",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="route",
                        to="accounts.project",
                    ),
                ),
            ],
            options={
                "verbose_name": "route",
                "verbose_name_plural": "routes",
            },
        ),
        migrations.CreateModel(
            name="SendRequest",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=messaging.ids.new_request_id,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("name", models.CharField(blank=True, max_length=100, verbose_name="name")),
                (
                    "kind",
                    models.CharField(
                        choices=[("GENERAL", "General"), ("MASS", "Mass"), ("TAG", "Tag")],
                        max_length=10,
                        verbose_name="delivery type",
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("CONSOLE", "Console"),
                            ("SENS", "SENS API"),
                            ("HUB", "Notification Hub API"),
                            ("SCHEDULE", "Recurring schedule"),
                            ("SYSTEM", "The console itself"),
                        ],
                        default="CONSOLE",
                        max_length=10,
                        verbose_name="source",
                    ),
                ),
                (
                    "message_type",
                    models.CharField(
                        choices=[("SMS", "SMS"), ("LMS", "LMS"), ("MMS", "MMS")],
                        max_length=3,
                        verbose_name="type",
                    ),
                ),
                (
                    "purpose",
                    models.CharField(
                        choices=[("GENERAL", "General"), ("AD", "Advertising"), ("AUTH", "Authentication")],
                        max_length=10,
                        verbose_name="purpose",
                    ),
                ),
                (
                    "lane",
                    models.CharField(
                        choices=[("AUTH", "Authentication"), ("SINGLE", "Single"), ("MASS", "Mass")],
                        max_length=10,
                        verbose_name="lane",
                    ),
                ),
                ("sender", models.CharField(max_length=20, verbose_name="sender number")),
                ("subject", models.TextField(blank=True, verbose_name="subject")),
                ("body", models.TextField(verbose_name="text")),
                (
                    "placeholders",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), default=list, size=None, verbose_name="placeholders"
                    ),
                ),
                (
                    "attachment_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(),
                        default=list,
                        size=None,
                        verbose_name="attachments",
                    ),
                ),
                (
                    "include_duplicates",
                    models.BooleanField(default=False, verbose_name="send to repeated numbers too"),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("WAITING", "Waiting"),
                            ("LOADING", "Preparing to send"),
                            ("HELD", "Ready"),
                            ("SCHEDULED", "Waiting for Delivery"),
                            ("SENDING", "Delivering"),
                            ("COMPLETED", "Delivery Completed"),
                            ("CANCELING", "Canceling"),
                            ("CANCELED", "Canceled"),
                            ("FAILED", "Delivery Failed"),
                        ],
                        default="WAITING",
                        max_length=12,
                        verbose_name="state",
                    ),
                ),
                ("needs_release", models.BooleanField(default=False, verbose_name="after a check")),
                ("due_at", models.DateTimeField(verbose_name="due")),
                ("total", models.PositiveIntegerField(default=0, verbose_name="messages")),
                ("loaded", models.PositiveIntegerField(default=0, verbose_name="loaded")),
                ("left_out", models.PositiveIntegerField(default=0, verbose_name="left out")),
                ("submission_token", models.CharField(blank=True, editable=False, max_length=80, null=True)),
                ("failure_code", models.CharField(blank=True, max_length=40, verbose_name="failure")),
                ("lease_until", models.DateTimeField(blank=True, editable=False, null=True)),
                ("created_at", models.DateTimeField(verbose_name="requested")),
                ("loaded_at", models.DateTimeField(blank=True, null=True, verbose_name="ready")),
                ("released_at", models.DateTimeField(blank=True, null=True, verbose_name="released")),
                ("completed_at", models.DateTimeField(blank=True, null=True, verbose_name="completed")),
                ("canceled_at", models.DateTimeField(blank=True, null=True, verbose_name="canceled")),
                (
                    "canceled_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="canceled by",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="sent by",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="send_requests",
                        to="accounts.project",
                        verbose_name="project",
                    ),
                ),
                (
                    "recipient_file",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="send_requests",
                        to="messaging.recipientfile",
                        verbose_name="recipient file",
                    ),
                ),
                (
                    "released_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="released by",
                    ),
                ),
            ],
            options={
                "verbose_name": "request",
                "verbose_name_plural": "requests",
            },
        ),
        migrations.CreateModel(
            name="SendBatch",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField(verbose_name="part")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("WAITING", "Waiting"),
                            ("RELEASED", "Delivering"),
                            ("COMPLETED", "Completed"),
                            ("CANCELED", "Canceled"),
                        ],
                        default="WAITING",
                        max_length=12,
                        verbose_name="state",
                    ),
                ),
                ("due_at", models.DateTimeField(verbose_name="due")),
                ("first_ordinal", models.PositiveIntegerField()),
                ("last_ordinal", models.PositiveIntegerField()),
                ("released_at", models.DateTimeField(blank=True, null=True, verbose_name="released")),
                ("completed_at", models.DateTimeField(blank=True, null=True, verbose_name="completed")),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="batches",
                        to="messaging.sendrequest",
                        verbose_name="request",
                    ),
                ),
            ],
            options={
                "verbose_name": "part",
                "verbose_name_plural": "parts",
                "ordering": ["request", "number"],
            },
        ),
        migrations.CreateModel(
            name="RequestCount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("batch_number", models.PositiveIntegerField()),
                ("minute", models.DateTimeField()),
                (
                    "counter",
                    models.CharField(
                        choices=[
                            ("REQUESTED", "Requested"),
                            ("SENT", "Sent"),
                            ("SEND_FAILED", "Failed to send"),
                            ("DELIVERED", "Delivered"),
                            ("DELIVERY_FAILED", "Failed to arrive"),
                            ("UNKNOWN", "Unknown"),
                            ("CANCELED", "Canceled"),
                        ],
                        max_length=16,
                    ),
                ),
                ("code", models.CharField(blank=True, max_length=8)),
                ("country_code", models.PositiveSmallIntegerField()),
                ("n", models.IntegerField()),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="counts",
                        to="messaging.sendrequest",
                    ),
                ),
            ],
            options={
                "verbose_name": "request count",
                "verbose_name_plural": "request counts",
            },
        ),
        CreatePartitionedModel(
            name="Message",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("row_number", models.PositiveIntegerField(blank=True, null=True, verbose_name="row")),
                ("country_code", models.PositiveSmallIntegerField(verbose_name="country")),
                ("recipient", models.CharField(max_length=20, verbose_name="recipient")),
                (
                    "values",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), blank=True, null=True, size=None, verbose_name="values"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("READY", "Ready"),
                            ("SENT", "Waiting for result"),
                            ("DELIVERED", "Delivered"),
                            ("FAILED", "Failed"),
                            ("CANCELED", "Canceled"),
                            ("UNKNOWN", "Unknown"),
                        ],
                        default="READY",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                (
                    "result_code",
                    models.CharField(blank=True, max_length=8, null=True, verbose_name="result code"),
                ),
                ("telco", models.CharField(blank=True, max_length=10, null=True, verbose_name="network")),
                ("submitted_at", models.DateTimeField(blank=True, null=True, verbose_name="handed over")),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="finished")),
                ("reported_at", models.DateTimeField(blank=True, null=True, verbose_name="reported")),
                (
                    "project",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="accounts.project",
                        verbose_name="project",
                    ),
                ),
                (
                    "request",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="messaging.sendrequest",
                        verbose_name="request",
                    ),
                ),
            ],
            options={
                "verbose_name": "message",
                "verbose_name_plural": "messages",
            },
        ),
        migrations.CreateModel(
            name="CountDelta",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("batch_number", models.PositiveIntegerField(default=0)),
                ("minute", models.DateTimeField()),
                (
                    "counter",
                    models.CharField(
                        choices=[
                            ("REQUESTED", "Requested"),
                            ("SENT", "Sent"),
                            ("SEND_FAILED", "Failed to send"),
                            ("DELIVERED", "Delivered"),
                            ("DELIVERY_FAILED", "Failed to arrive"),
                            ("UNKNOWN", "Unknown"),
                            ("CANCELED", "Canceled"),
                        ],
                        max_length=16,
                    ),
                ),
                ("code", models.CharField(blank=True, max_length=8)),
                ("country_code", models.PositiveSmallIntegerField()),
                ("n", models.IntegerField()),
                (
                    "request",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="messaging.sendrequest",
                    ),
                ),
            ],
            options={
                "verbose_name": "count delta",
                "verbose_name_plural": "count deltas",
            },
        ),
        migrations.CreateModel(
            name="Chunk",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("number", models.PositiveIntegerField(verbose_name="number")),
                (
                    "lane",
                    models.CharField(
                        choices=[("AUTH", "Authentication"), ("SINGLE", "Single"), ("MASS", "Mass")],
                        max_length=10,
                        verbose_name="lane",
                    ),
                ),
                ("first_id", models.UUIDField()),
                ("last_id", models.UUIDField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("WAITING", "Waiting"),
                            ("READY", "Ready"),
                            ("CLAIMED", "In work"),
                            ("DONE", "Done"),
                            ("CANCELED", "Canceled"),
                        ],
                        default="WAITING",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                ("claimed_by", models.UUIDField(blank=True, null=True)),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                ("not_before", models.DateTimeField(blank=True, null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0, verbose_name="attempts")),
                ("done_at", models.DateTimeField(blank=True, null=True)),
                ("is_settled", models.BooleanField(default=False)),
                (
                    "account",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="messaging.gatewayaccount",
                        verbose_name="carrier account",
                    ),
                ),
                (
                    "batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="chunks",
                        to="messaging.sendbatch",
                        verbose_name="part",
                    ),
                ),
                (
                    "request",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="chunks",
                        to="messaging.sendrequest",
                        verbose_name="request",
                    ),
                ),
            ],
            options={
                "verbose_name": "chunk",
                "verbose_name_plural": "chunks",
            },
        ),
        migrations.CreateModel(
            name="StatisticsCount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("request_hour", models.DateTimeField()),
                ("hour", models.DateTimeField()),
                (
                    "kind",
                    models.CharField(
                        choices=[("GENERAL", "General"), ("MASS", "Mass"), ("TAG", "Tag")], max_length=10
                    ),
                ),
                (
                    "message_type",
                    models.CharField(choices=[("SMS", "SMS"), ("LMS", "LMS"), ("MMS", "MMS")], max_length=3),
                ),
                (
                    "purpose",
                    models.CharField(
                        choices=[("GENERAL", "General"), ("AD", "Advertising"), ("AUTH", "Authentication")],
                        max_length=10,
                    ),
                ),
                (
                    "counter",
                    models.CharField(
                        choices=[
                            ("REQUESTED", "Requested"),
                            ("SENT", "Sent"),
                            ("SEND_FAILED", "Failed to send"),
                            ("DELIVERED", "Delivered"),
                            ("DELIVERY_FAILED", "Failed to arrive"),
                            ("UNKNOWN", "Unknown"),
                            ("CANCELED", "Canceled"),
                        ],
                        max_length=16,
                    ),
                ),
                ("code", models.CharField(blank=True, max_length=8)),
                ("country_code", models.PositiveSmallIntegerField()),
                ("n", models.BigIntegerField()),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="accounts.project"
                    ),
                ),
            ],
            options={
                "verbose_name": "statistics count",
                "verbose_name_plural": "statistics counts",
            },
        ),
        CreatePartitionedModel(
            name="CarrierReference",
            fields=[
                ("message_id", models.UUIDField(primary_key=True, serialize=False)),
                ("carrier_id", models.CharField(max_length=80)),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="messaging.gatewayaccount",
                    ),
                ),
            ],
            options={
                "verbose_name": "carrier reference",
                "verbose_name_plural": "carrier references",
                "indexes": [models.Index(fields=["account", "carrier_id"], name="carrier_reference_lookup")],
            },
        ),
        migrations.AddIndex(
            model_name="recipientfile",
            index=models.Index(
                condition=models.Q(("state__in", ["UPLOADED", "CHECKING"])),
                fields=["created_at"],
                name="recipient_file_to_check",
            ),
        ),
        migrations.AddConstraint(
            model_name="route",
            constraint=models.UniqueConstraint(
                models.Value(1), condition=models.Q(("project__isnull", True)), name="route_default_once"
            ),
        ),
        migrations.AddIndex(
            model_name="sendrequest",
            index=models.Index(fields=["project", "-id"], name="request_newest_first"),
        ),
        migrations.AddIndex(
            model_name="sendrequest",
            index=models.Index(
                condition=models.Q(
                    ("state__in", ["WAITING", "LOADING", "SCHEDULED", "SENDING", "CANCELING"])
                ),
                fields=["lease_until"],
                name="request_in_motion",
            ),
        ),
        migrations.AddConstraint(
            model_name="sendrequest",
            constraint=models.UniqueConstraint(
                fields=("project", "submission_token"), name="request_submitted_once"
            ),
        ),
        migrations.AddIndex(
            model_name="sendbatch",
            index=models.Index(condition=models.Q(("state", "WAITING")), fields=["due_at"], name="batch_due"),
        ),
        migrations.AddIndex(
            model_name="sendbatch",
            index=models.Index(
                condition=models.Q(("state", "RELEASED")), fields=["id"], name="batch_running"
            ),
        ),
        migrations.AddConstraint(
            model_name="sendbatch",
            constraint=models.UniqueConstraint(fields=("request", "number"), name="batch_once"),
        ),
        migrations.AddConstraint(
            model_name="requestcount",
            constraint=models.UniqueConstraint(
                fields=("request", "batch_number", "minute", "counter", "code", "country_code"),
                name="request_count_once",
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["project", "-id"], name="message_newest_first"),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["project", "recipient", "-id"], name="message_of_recipient"),
        ),
        migrations.AddIndex(
            model_name="chunk",
            index=models.Index(
                condition=models.Q(("state", "READY")), fields=["lane", "number", "id"], name="chunk_ready"
            ),
        ),
        migrations.AddIndex(
            model_name="chunk",
            index=models.Index(
                condition=models.Q(("state", "CLAIMED")), fields=["lane", "lease_until"], name="chunk_claimed"
            ),
        ),
        migrations.AddIndex(
            model_name="chunk",
            index=models.Index(fields=["batch", "state"], name="chunk_of_batch"),
        ),
        migrations.AddIndex(
            model_name="chunk",
            index=models.Index(
                fields=["account", "done_at"],
                name="chunk_unsettled",
                condition=models.Q(state="DONE", is_settled=False),
            ),
        ),
        migrations.AddConstraint(
            model_name="chunk",
            constraint=models.UniqueConstraint(fields=("request", "number"), name="chunk_once"),
        ),
        migrations.AddConstraint(
            model_name="statisticscount",
            constraint=models.UniqueConstraint(
                fields=(
                    "project",
                    "hour",
                    "request_hour",
                    "kind",
                    "message_type",
                    "purpose",
                    "counter",
                    "code",
                    "country_code",
                ),
                name="statistics_count_once",
            ),
        ),
        migrations.RunPython(make_partitions, migrations.RunPython.noop),
    ]
