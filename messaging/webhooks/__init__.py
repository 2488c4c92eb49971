"""Telling a project's own programs what happened: collected, called, logged, replayed."""
