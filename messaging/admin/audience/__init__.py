"""The audience: UIDs with their contacts and tags, files of UIDs, tags."""

from messaging.admin.audience import bulk, exports, import_files, one_tag, one_uid, tags, uids

__all__ = ["bulk", "exports", "import_files", "one_tag", "one_uid", "tags", "uids"]
