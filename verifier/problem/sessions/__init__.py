"""What sessions can have, by who can make them: tags, names, source identities (F3, E2)."""
