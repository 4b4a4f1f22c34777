"""One request: why it is decided as it is, and the nearest one that is decided otherwise."""
