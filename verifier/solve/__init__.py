"""Terms → satisfiable, unsatisfiable or undecided.

In: expressions of a finite problem. Out: `Sat` with an assignment, `Unsat` with a core, `Undecided` with a reason.
Guarantee: the only place that owns a solver and its time limit; what the solver does not decide is `Undecided` (S1).
"""
