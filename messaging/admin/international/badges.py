"""The count beside the platform's menu item."""

from messaging.sending.limit_requests import waiting_requests_count as requests_to_decide

__all__ = ["requests_to_decide"]
