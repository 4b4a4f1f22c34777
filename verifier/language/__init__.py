"""Trees → what they say: policies, files of invariants, built-in invariants.

In: trees with places (`verifier.syntax`). Out: `Policy`, `InvariantFile`, `Invariant`, and findings with their places.
Guarantee: what is not understood is an error at its place (L4, S3), never skipped; nothing here decides a request.
"""
