"""Functions of `import verifier` that take names and texts, where the rooms take what these stand for.

In: an estate, names, texts. Out: results. Guarantee: as of `verify`.
"""
