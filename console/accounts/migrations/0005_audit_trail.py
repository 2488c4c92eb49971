"""The audit trail: its table, which nothing changes, and its words, which a search finds by how they begin."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


REFUSE = """
CREATE FUNCTION accounts_auditentry_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND OLD.timestamp < now() - interval '2 years' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'the audit trail is written once: % refused', TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER accounts_auditentry_stays BEFORE UPDATE OR DELETE ON accounts_auditentry
    FOR EACH ROW EXECUTE FUNCTION accounts_auditentry_stays();
"""
ALLOW = """
DROP TRIGGER accounts_auditentry_stays ON accounts_auditentry;
DROP FUNCTION accounts_auditentry_stays();
"""
# A function of that cost, so that the planner asks the index instead of reading everything.
WORDS = """
CREATE FUNCTION accounts_trail_words(object_repr text, changes jsonb, additional_data jsonb) RETURNS tsvector
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 10000 AS $$
BEGIN
    RETURN to_tsvector('simple'::regconfig, object_repr || ' ' || coalesce(changes::text, '') || ' ' ||
        coalesce(additional_data::text, ''));
END $$;
CREATE INDEX audit_words ON accounts_auditentry
    USING gin (accounts_trail_words(object_repr, changes, additional_data));
"""
NO_WORDS = """
DROP INDEX audit_words;
DROP FUNCTION accounts_trail_words(text, jsonb, jsonb);
"""


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0004_security'),
        ('contenttypes', '0002_remove_content_type_name'),
    ]

    operations = [
        migrations.CreateModel(
            name='AuditEntry',
            fields=[
                ('object_repr', models.TextField(verbose_name='object representation')),
                ('serialized_data', models.JSONField(null=True)),
                ('changes_text', models.TextField(blank=True, verbose_name='change message')),
                ('changes', models.JSONField(null=True, verbose_name='change message')),
                ('remote_addr', models.GenericIPAddressField(blank=True, null=True, verbose_name='remote address')),
                ('remote_port', models.PositiveIntegerField(blank=True, null=True, verbose_name='remote port')),
                ('additional_data', models.JSONField(blank=True, null=True, verbose_name='additional data')),
                ('actor_email', models.CharField(blank=True, max_length=254, null=True, verbose_name='actor email')),
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('object_pk', models.CharField(max_length=255, verbose_name='object')),
                ('object_id', models.BigIntegerField(blank=True, null=True)),
                ('action', models.PositiveSmallIntegerField(choices=[(0, 'Created'), (1, 'Changed'), (2, 'Deleted'), (3, 'Looked at'), (4, 'Downloaded'), (5, 'Done'), (10, 'Signed in'), (11, 'Signed out'), (12, 'Failed to sign in'), (13, 'Locked out')], verbose_name='what')),
                ('cid', models.CharField(blank=True, max_length=255, null=True)),
                ('timestamp', models.DateTimeField(default=django.utils.timezone.now, verbose_name='when')),
                ('actor_name', models.CharField(blank=True, max_length=150, verbose_name='user name')),
                ('once', models.CharField(blank=True, max_length=120, null=True, unique=True)),
                ('actor', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='who')),
                ('content_type', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='contenttypes.contenttype', verbose_name='object type')),
                ('project', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='accounts.project', verbose_name='project')),
            ],
            options={
                'verbose_name': 'audit entry',
                'verbose_name_plural': 'audit trail',
                'get_latest_by': 'id',
                'indexes': [models.Index(fields=['project', '-id'], name='audit_project'), models.Index(fields=['project', 'action', '-id'], name='audit_project_action'), models.Index(fields=['project', 'actor', '-id'], name='audit_project_actor'), models.Index(fields=['project', 'content_type', '-id'], name='audit_project_type'), models.Index(fields=['project', 'remote_addr', '-id'], name='audit_project_address'), models.Index(fields=['action', '-id'], name='audit_action'), models.Index(fields=['actor', '-id'], name='audit_actor'), models.Index(fields=['content_type', 'object_pk', '-id'], name='audit_object'), models.Index(fields=['content_type', '-id'], name='audit_type'), models.Index(fields=['remote_addr', '-id'], name='audit_address'), models.Index(fields=['timestamp'], name='audit_time')],
            },
        ),
        migrations.RunSQL(REFUSE, ALLOW),
        migrations.RunSQL(WORDS, NO_WORDS),
    ]
