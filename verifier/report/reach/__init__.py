"""What a caller can bring about: stories, and the answers of `verifier reach`, as text, Markdown and JSON."""
