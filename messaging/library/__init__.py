"""Texts that are used again and again: categories and templates with their versions."""
