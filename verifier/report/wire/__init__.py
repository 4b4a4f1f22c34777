"""Results → JSON, as `verifier schema` describes it: a table of shapes for each document.

Guarantee: strings are those of the input, unchanged, and every character outside ASCII is written as an escape, so that
nothing in a document can act on a terminal. Members may be added in later versions; those that are here keep their
names and meanings.
"""
