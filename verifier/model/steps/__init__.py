"""Steps and what runs as a role, as data: the catalogue of actions, and what chains are made of (W1–W4,
docs/reach.md)."""
