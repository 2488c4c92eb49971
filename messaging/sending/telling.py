"""What became of messages, written down for webhooks by the statement that moves them.

Both fragments follow a `moved` that returns id, project_id, country_code, result_code and finished_at. A
project that no webhook listens to costs a comparison; one that has some costs one row a set of 500. Whoever
moves a message again has waited for its row, so its entry has the larger id: by message, ids are in order.
"""

from console.accounts.models import EventName

AT_ONCE = 500

# The projects that listen are looked up once a statement, whatever it moves.
_TOLD = """, told AS (
    INSERT INTO messaging_webhookentry (webhook_id, event, n, message_ids, codes, times, created_at)
    SELECT webhook_id, event, count(*), array_agg(id ORDER BY id), array_agg(code ORDER BY id),
        array_agg(at ORDER BY id), %(now)s
    FROM (
        SELECT webhook.id AS webhook_id, event, moved.id, moved.result_code AS code,
            coalesce(moved.finished_at, %(now)s) AS at,
            (row_number() OVER (PARTITION BY webhook.id, event ORDER BY moved.id) - 1) / {at_once} AS part
        FROM moved JOIN messaging_webhook webhook ON webhook.project_id = moved.project_id
        CROSS JOIN unnest(webhook.events) AS event
        WHERE moved.project_id = ANY(ARRAY(
            SELECT project_id FROM messaging_webhook
            WHERE events && ARRAY['{result}', '{receipt}']::varchar[]
        )) AND ({wanted})
    ) AS each_once
    GROUP BY webhook_id, event, part
    ORDER BY webhook_id, event, part
)"""
_NAMES = {"at_once": AT_ONCE, "result": EventName.MESSAGE_RESULT, "receipt": EventName.INTERNATIONAL_RECEIPT}
_IS_RESULT = f"event = '{EventName.MESSAGE_RESULT}'"
_IS_RECEIPT = f"event = '{EventName.INTERNATIONAL_RECEIPT}' AND moved.country_code <> 82"

# Of what we ended ourselves, and of what a carrier reported (or did not in time): a receipt from abroad too.
TELL_RESULT = _TOLD.format(wanted=_IS_RESULT, **_NAMES)
TELL_REPORT = _TOLD.format(wanted=f"{_IS_RESULT} OR {_IS_RECEIPT}", **_NAMES)
