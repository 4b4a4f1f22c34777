"""Edits of a key policy: which there are, the smallest that changes a decision, and how they are shown."""
