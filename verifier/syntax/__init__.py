"""Text → trees in which every node knows its place.

In: texts of policies and of invariants (`grammar/`). Out: trees, and `Diagnostic`s with file, line and column.
Guarantee: the only place that imports Lark; all errors of a text are reported together (L4), and nothing is guessed.
"""
