"""Statistics: the charts and tables, their downloads, and the event keys."""

from messaging.admin.statistics import exports, keys, page

__all__ = ["exports", "keys", "page"]
