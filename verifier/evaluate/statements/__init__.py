"""Whether one statement of a policy applies to a request (L1–L9, P1–P7, C1–C5)."""
