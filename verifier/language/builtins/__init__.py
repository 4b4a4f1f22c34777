"""Built-in invariants: a name and arguments → `Invariant`."""
