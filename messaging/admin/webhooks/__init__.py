"""The pages of webhooks."""

from messaging.admin.webhooks import calls, editor, lists, networks, one

__all__ = ["calls", "editor", "lists", "networks", "one"]
