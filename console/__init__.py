"""The project package: settings, processes, and what every page of the console stands on."""

from console.celery import app as celery_app

__all__ = ["celery_app"]
