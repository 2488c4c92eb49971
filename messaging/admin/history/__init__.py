"""The pages of history past its retention: its backup, and what is kept until when."""

from messaging.admin.history import backup, files, retention

__all__ = ["backup", "files", "retention"]
