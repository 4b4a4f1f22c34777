"""Policy documents: tree → `Policy` (L1–L9, P1–P7, C1–C5)."""
