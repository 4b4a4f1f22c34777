"""Facts: what holds of every request that could be sent (F1–F9)."""
