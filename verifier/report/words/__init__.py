"""Results in words, for documents and notices alike; and the exit code that each has."""
