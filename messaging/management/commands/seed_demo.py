"""`manage.py seed_demo`: fill in the demo. Repeatable: what is there already stays as it is."""

import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from messaging.management.demo import (
    access,
    audience,
    backups,
    events,
    history,
    international,
    library,
    opt_outs,
    people,
    policies,
    schedules,
    senders,
    sends,
    webhooks,
)
from messaging.management.demo.history import Shop


class Command(BaseCommand):
    help = "Fill in the demo: people, numbers, templates, an audience, history, what waits for a person."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print sign-ins and keys as one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        found = seed()
        if options["json"]:
            self.stdout.write(json.dumps(found, ensure_ascii=False))
            return
        self.stdout.write(f"Sign in at {found['url']}")
        for user in found["users"]:
            self.stdout.write(f"  {user['role']:<14} {user['username']:<14} {user['password']}")
        self.stdout.write(f"A file to try: {found['sample_file']}")


def seed() -> dict[str, Any]:
    """Make whatever of the demo is missing, and describe it."""
    projects = people.make_projects()
    project, other_project = projects
    users = people.make_people(projects)
    sends.make_route()
    # What was done before is the manager’s and the administrator’s, so that the others’ first steps are open.
    numbers = senders.make_approved_numbers(project, users["manager"], users["administrator"])
    senders.make_waiting_number(other_project, users["bookseller"])
    line = opt_outs.make_line(project, users["manager"], users["administrator"])
    opt_outs.make_waiting_line(other_project, users["bookseller"])
    library.make_templates(project, users["manager"], line.number)
    shop = Shop(
        project=project,
        actor=users["manager"],
        sender=numbers[0],
        line=line,
        keys=events.make_keys(project, users["manager"]),
        tags=audience.make_audience(project),
    )
    opt_outs.make_opt_outs(project, users["manager"], line)
    history.make_history(shop)
    sends.make_held_request(project, users["manager"], numbers[0])
    sends.make_scheduled_send(shop)
    schedules.make_schedule(shop)
    international.make_abroad(project, users["manager"], numbers[0])
    international.make_limit_requests(other_project, users["bookseller"], users["reviewer"])
    backups.make_backups(shop)
    webhooks.make_webhook(project, users["manager"])
    policies.make_settings(other_project, users["bookseller"])
    key = people.make_access_key(project)
    access.make_access(project, users["manager"])
    return {
        "url": f"http://127.0.0.1:{settings.PORT}/",
        "users": [
            {
                "username": persona.username,
                "password": people.password_of(persona.username),
                "role": persona.role.value,
            }
            for persona in people.PERSONAS
        ],
        "project": {
            "service_id": project.service_id,
            "access_key": key.access_key,
            "secret_key": key.secret,
            "app_key": project.app_key,
            "access_token": None,
            "sender_numbers": numbers,
            "opt_out_number": line.number,
        },
        "sample_file": str(sends.write_sample_file()),
    }
