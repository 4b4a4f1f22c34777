"""Many keys and invariants: results remembered from earlier runs, work spread over processes or over a cluster.

In: an estate, invariants, how to decide. Out: the same `Report` as `verifier.verify.prove` gives.
Guarantee: where a verdict comes from (this process, another, a cluster, an earlier run) changes nothing in it but its
time; nothing is lost, and nothing is counted twice; what is remembered is only what was proved or refuted, never what
is unknown.
"""

from verifier.runs.many import Where, prove_many

__all__ = ["Where", "prove_many"]
