"""Model and question → a finite formula over tests and classes (docs/decisions.md, *Classes instead of string theory*).

In: an estate, a target, invariants. Out: `Question`: formulas over classes of values and free symbols, with their
tables.
Guarantee: solver-neutral and pure; an invariant holds of every realizable request iff its formula has no solution, up
to what a `Finite` leaves to be settled by concrete values. Independent of `verifier.evaluate`, which reads the same
rules.
"""
