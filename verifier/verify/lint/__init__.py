"""The rules of the linter, each with the question that settles it."""
