"""Finite problems → terms of a solver.

In: expressions over classes and symbols. Out: terms, and what is needed to read a solution back.
Guarantee: pure, and the only place that builds terms; a term is true of a choice of classes iff its expression is.
"""
