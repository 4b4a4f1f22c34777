"""The condition keys of sessions that trust policies bear on, and how the rules treat them.

In: the name of a condition key, in lower case. Out: what it is about, and the rule that it goes by.
"""

from __future__ import annotations

_SERVICES = ("ec2", "codebuild", "glue", "lambda", "ssm")
"""The services that deliver credentials of a role to code: only such sessions have their keys."""
PROVIDER_KEYS = ("aws:federatedprovider", "aws:sourceidentity")
"""Keys whose values the rules take from conditions of trust policies, but not from the list of providers."""
KEYS_WITHOUT_RULE = ("identitystore:", "aws:chatbot", "aws:signin", "aws:originidentity", "aws:transactioncontext")
"""How the keys begin that some sessions have, and of which no rule says which sessions."""
MFA_AGE = "aws:multifactorauthage"
MFA = "aws:multifactorauth"
WHEN_MADE = ("aws:tokenissuetime", "aws:currenttime", "aws:epochtime")
CERTIFICATE = "aws:principaltag/x509"
"""How tags of sessions by a certificate begin. Conditions of trust policies test them by this key (Roles Anywhere)."""
FOR_WHOM = ("aws:sourcearn", "aws:sourceaccount", "aws:sourceorg")
"""How the keys begin by which a session says for whom its service acts (F5)."""
BY_ORIGIN = (
    *("aws:federatedprovider", "aws:multifactorauth", "aws:ec2instance"),
    *(f"{service}:" for service in _SERVICES),
    "saml:",
    *("aws:sourceip", "aws:sourcea", "aws:sourceorg", "aws:viaawsservice"),
)
"""How the condition keys begin that a session can have only if certain callers may assume its role; those of other
providers begin with a host."""


def is_claim(key: str) -> bool:
    """True iff a condition key, by its name, is what an identity provider says of an identity."""
    provider = key.partition(":")[0]
    return "." in provider or provider == "saml"


def service_of_key(key: str) -> str | None:
    """The service whose sessions alone have a condition key; `None` for other keys."""
    service = "ec2" if key.startswith("aws:ec2instance") else key.partition(":")[0]
    return service if service in _SERVICES else None


def rule_of_unchecked_key(key: str) -> str | None:
    """The rule about a condition key of sessions of roles whose values conditions of trust policies decide, where the
    rules do not check these conditions; `None` for other keys."""
    if is_claim(key):
        return "F6"
    return "F3" if key.startswith((MFA_AGE, *KEYS_WITHOUT_RULE)) or service_of_key(key) is not None else None


def may_decide(condition: str, key: str) -> bool:
    """False only if a condition on one key of the call that makes a session does not decide what another key is in the
    requests of the session (both in lower case)."""
    if is_claim(key):
        return is_claim(condition) or condition.startswith(PROVIDER_KEYS)
    for kind in (MFA, WHEN_MADE, CERTIFICATE):
        if key.startswith(kind):
            return condition.startswith(kind)
    return condition.startswith(FOR_WHOM)
