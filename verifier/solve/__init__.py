"""Finite problems → satisfiable, unsatisfiable or undecided.

In: expressions of a finite problem, or SMT-LIB text. Out: `Sat` with an assignment, `Unsat` with a core, `Undecided`
with a reason.
Guarantee: the only place that owns a solver and its time limit; what the solver does not decide is `Undecided` (S1).
`engines` is the one way in: the engines behind it are imported when they are used.
"""
