"""Documents → text, Markdown, HTML."""
