"""Proofs, checked again: what `verifier recheck` does, small enough to be read at one sitting.

In: a certificate, and the question as parsed and formulated anew from the input. Out: nothing, or `Rejected` with the
reason.
Guarantee: an accepted entry is a proof that no values of the attributes meet the formula of its question. No solver
takes part, and neither do the partitions and encodings of the other rooms. What is trusted beside this room is listed
in docs/certificates.md.
"""
