"""Findings as text, Markdown and JSON."""
