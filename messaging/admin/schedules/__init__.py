"""The pages of recurring schedules."""

from messaging.admin.schedules import editor, lists, one, taking_off

__all__ = ["editor", "lists", "one", "taking_off"]
