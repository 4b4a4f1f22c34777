"""Sets of requests over classes as decision diagrams: exact, canonical, without a solver."""
