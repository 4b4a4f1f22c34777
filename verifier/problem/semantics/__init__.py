"""The rules of docs/semantics.md as expressions over tests, a module for each group of them."""
