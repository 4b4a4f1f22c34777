"""Who can, as text, Markdown and JSON."""
