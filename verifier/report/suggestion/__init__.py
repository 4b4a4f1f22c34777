"""Suggested edits as text, Markdown and JSON."""
