"""The Celery application. Queue names are in `console.queues`, the beat schedule in the settings."""

import os
import warnings
from pathlib import Path
from typing import Any

from celery import Celery
from celery.platforms import SecurityWarning
from celery.signals import beat_init, worker_ready, worker_shutting_down

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings.production")

# Celery warns of root because of pickled tasks; ours are JSON, and a container often has no other account.
warnings.filterwarnings("ignore", category=SecurityWarning)

app = Celery("bongsu")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_ready.connect
def start_pulse_of_worker(sender: Any, **_: object) -> None:
    """Say every few seconds that this worker lives, and which queues it takes from."""
    from messaging.health import pulses  # models, so not before the apps are ready

    _keep_beating(pulses.worker(sender.hostname, tuple(sender.app.amqp.queues.consume_from)))


@beat_init.connect
def start_pulse_of_beat(**_: object) -> None:
    from messaging.health import pulses

    _keep_beating(pulses.beat())


def _keep_beating(process: Any) -> None:
    """Until the worker is told to end: then its row goes, so that an end on purpose alarms nobody."""
    from messaging.health import pulses

    ending = pulses.keep_beating(process)
    worker_shutting_down.connect(lambda **_: ending.set(), weak=False)


@worker_ready.connect
@beat_init.connect
def report_ready(**_: object) -> None:
    """Leave a file named after this process where `manage.py up` waits for it."""
    folder = os.environ.get("BONGSU_READY_FOLDER")
    if folder:
        Path(folder, os.environ.get("BONGSU_PROCESS", "unnamed")).touch()
