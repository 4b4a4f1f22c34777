"""Requests that are not on a key or alias but change what later requests may do (W2, E1–E5; docs/reach.md)."""
