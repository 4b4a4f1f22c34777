"""The values of an attribute, cut into the finitely many classes that tests can tell apart (docs/decisions.md)."""
