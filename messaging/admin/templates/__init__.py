"""Templates in their categories: the list, one with its versions, the editor, the categories."""

from messaging.admin.templates import categories, editor, lists, one, versions

__all__ = ["categories", "editor", "lists", "one", "versions"]
