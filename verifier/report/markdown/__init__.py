"""Reports as Markdown that fits a comment on a pull request."""
