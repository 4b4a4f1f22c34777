"""What the linter found, as text, Markdown and JSON."""
