"""What the last gate of a decision says: by which rule policies or a grant allow, or do not.

In: truths by policy and by grant. Out: the concluding gate.
Guarantee: the sentence is the one of the rule that policies are weighed by.
"""

from __future__ import annotations

from dataclasses import replace

from verifier.evaluate.findings import Finding, Gate
from verifier.evaluate.symbols import Truth, any_of

_CONCLUSIONS = {
    ("D2", True): (
        "in the key's account: the key policy allows the caller, or delegates to the account and the caller's "
        "policies allow"
    ),
    ("D2", False): (
        "in the key's account the key policy (or a grant) has to allow the caller, or the key policy to delegate to "
        "the account while the caller's policies allow; neither is so"
    ),
    ("D3", True): "from another account: the key policy and the caller's own policies both allow",
    ("D3", False): (
        "from another account the key policy and the caller's own policies have to allow, or a grant; they do not"
    ),
    ("D6", True): "a service principal needs the key policy (or a grant) alone, and has it",
    ("D6", False): "a service principal needs the key policy (or a grant), and does not have it",
    ("D9", True): "the caller's own policies alone decide an operation without a key, and allow it",
    ("D9", False): "the caller's own policies alone decide an operation without a key, and do not allow it",
    ("E1", True): (
        "an operation of IAM is decided by the policies of the caller and its account alone, and they allow it"
    ),
    ("E1", False): (
        "an operation of IAM is decided by the policies of the caller and its account alone, and they do not allow it"
    ),
    ("E2", True): "the trust policy admits the caller, and what else has to allow does",
    (
        "E2",
        False,
    ): (
        "the trust policy has to name the caller, or its account while the caller's policies allow; from another "
        "account, and where a session of a role sets a source identity, both have to allow; it is not so"
    ),
    ("E2f", True): (
        "a federated session is asked for by the policies of the caller and its account alone, and they allow it"
    ),
    ("E2f", False): (
        "a federated session is asked for by the policies of the caller and its account alone, and they do not allow it"
    ),
    ("E2w", True): "the trust policy admits the identity of the provider, and nothing else is needed",
    ("E2w", False): "the trust policy has to admit the identity of the provider, and does not",
    ("E3", True): "sharing a key is decided by the policies of the caller and its account, and they allow it",
    ("E3", False): "sharing a key is decided by the policies of the caller and its account, and they do not allow it",
    ("E4", True): (
        "starting or changing code that has a role is decided by the caller's policies and its account's, and they "
        "allow it"
    ),
    ("E4", False): (
        "starting or changing code that has a role is decided by the caller's policies and its account's, "
        "and they do not allow it"
    ),
    ("G5", True): (
        "a grant is retired by whom it names, or by what identity policies of the key's or the issuing account allow: "
        "one of these is so"
    ),
    ("G5", False): (
        "a grant is retired by whom it names, or by what identity policies of the key's or the issuing account allow, "
        "never by a key policy; neither is so"
    ),
}
"""What the last gate says, by its rule and whether it is open."""


_BY_GRANT = "a grant allows the caller, in whatever account it is: it needs no policy besides"


def marked_if_not_needed(gate: Gate, conclusion: Gate) -> Gate:
    """The gate; where it allows nothing and the conclusion is to allow all the same, its sentence says that it is not
    needed."""
    if conclusion.finding.holds is not True or gate.finding.holds is not False:
        return gate
    return replace(gate, finding=replace(gate.finding, text=f"{gate.finding.text} (not needed)"))


def concluding_gate(rule: str, by_policy: Truth, by_grant: Truth) -> Gate:
    """Policies or a grant have to allow. `rule` is the one that policies are weighed by."""
    holds = any_of([by_policy, by_grant])
    if by_policy is False and by_grant is not False and rule in ("D2", "D3"):
        return Gate(Finding(rule, _BY_GRANT, holds))
    return Gate(Finding(rule, _CONCLUSIONS[rule, holds is not False], holds))
