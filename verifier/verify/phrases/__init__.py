"""Sets of requests in words: callers, actions, values and conditions, as people write them. Nothing here asks a
solver."""
