"""What policies, keys, accounts, requests, invariants and verdicts are: frozen structs, reference data, and trees →
model.

In: trees of `verifier.syntax`. Out: immutable values that every other room shares.
Guarantee: `None` means *not given*, never *empty*; no decision is taken here, and texts of patterns stay as they were
written.
"""
