"""How a session came by what it has: who assumed its role, who issued it, which tags it was passed (F3, E2)."""
