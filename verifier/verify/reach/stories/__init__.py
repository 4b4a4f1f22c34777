"""A goal within reach → a story: requests in order, each found and replayed in the state before it."""
