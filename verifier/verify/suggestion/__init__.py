"""Edits of a key policy that make a refuted invariant hold, and which of them change the least access."""
