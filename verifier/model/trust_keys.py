"""The condition keys of sessions whose values conditions of trust policies decide, which no rule follows.

In: the name of a condition key, in lower case. Out: the rule that it goes by.
"""

from __future__ import annotations

_SERVICES = ("ec2", "codebuild", "glue", "lambda", "ssm")
"""Those whose keys the sessions have that they are delivered to."""
FOLLOWED = ("aws:federatedprovider", "aws:sourceidentity")
"""Keys of which the rules follow what trust policies say, but not which providers there are."""
UNTOLD = ("identitystore:", "aws:chatbot")
"""How the keys begin that a trust policy lets sessions have, of which no rule tells when."""
MFA_AGE = "aws:multifactorauthage"


def is_claim(key: str) -> bool:
    """True iff a condition key, by its name, is what an identity provider says of an identity."""
    provider = key.partition(":")[0]
    return "." in provider or provider == "saml"


def service_of_key(key: str) -> str | None:
    """The service of whose sessions alone a condition key is; `None` for other keys."""
    service = "ec2" if key.startswith("aws:ec2instance") else key.partition(":")[0]
    return service if service in _SERVICES else None


def rule_of_trust_policies(key: str) -> str | None:
    """The rule about a condition key of sessions of roles whose values conditions of trust policies decide; `None` for
    others."""
    if is_claim(key):
        return "F6"
    return "F3" if key.startswith((MFA_AGE, *UNTOLD)) or service_of_key(key) is not None else None
