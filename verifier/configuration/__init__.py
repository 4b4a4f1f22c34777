"""The configuration of `verifier check`.

In: a path. Out: `Configuration`. Guarantee: every error of the file is reported, with its line and what to do.
"""
