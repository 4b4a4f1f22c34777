"""Everybody who can do something with a key: by name and by region (who-can), and from outside a zone of trust
(findings)."""
