"""Verdicts → what people and programs read.

In: a `Report` of `verifier.verify`, or the diagnostics of an input that was refused.
Out: text, JSON, an exit code. Guarantee: pure functions; every text of the input that reaches a terminal has passed through
`printable`; the JSON validates against `data/report.schema.json`; Unknown is never shown or counted as a pass (S1).
Each format is a module of its own, imported where it is asked for.
"""
