"""How many steps a chain may have. In: nothing. Out: a number. Guarantee: without anything that is slow to import."""

MOST_STEPS = 8
"""The longest chain that is replayed, and the most that may be asked for (E0)."""
