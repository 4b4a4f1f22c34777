"""What grants allow (G1–G6)."""
