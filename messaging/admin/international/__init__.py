"""Sending to other countries: its settings, a higher limit asked for, and decided."""

from messaging.admin.international import asking, deciding, settings, unblocking

__all__ = ["asking", "deciding", "settings", "unblocking"]
