"""Carrier accounts, for administrators: what each is, how it is, and which project goes through it."""

from messaging.admin.carriers import editor, lists, one, routes

__all__ = ["editor", "lists", "one", "routes"]
