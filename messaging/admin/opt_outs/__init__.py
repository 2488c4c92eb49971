"""The pages of who refuses the project's advertising: looking up, entering, removing, downloading."""

from messaging.admin.opt_outs import entering, export, files, lists, removing

__all__ = ["entering", "export", "files", "lists", "removing"]
