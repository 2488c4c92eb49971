"""What was sent and what became of it: lists, one request, one message, downloads."""

from messaging.admin.deliveries import actions, conversions, exports, lists, one_message, one_request

__all__ = ["actions", "conversions", "exports", "lists", "one_message", "one_request"]
