"""The functions of `import verifier` that no room has as they are: with plain arguments.

In: an estate, names, texts. Out: results. Guarantee: as of `verify`.
"""
