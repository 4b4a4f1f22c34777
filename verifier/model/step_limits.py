"""How many steps a chain may have. In: nothing. Out: numbers. Guarantee: without anything that is slow to import."""

STEPS = 4
"""How many where nothing else is asked for (E0)."""

MOST_STEPS = 8
"""The most that may be asked for."""
