"""Files of invariants: tree → `Invariant` (docs/invariants.md)."""
