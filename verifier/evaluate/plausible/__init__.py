"""Whether a request could be sent (F1–F9, R3, U4), and what else its call needs (R8): no decision turns on it."""
