"""How stories name keys, users and roles: as short as they can.

In: keys, the key that a story is about. Out: texts. Guarantee: safe for a terminal; a user or role without its account
is one of the account of that key.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from msgspec import field

from verifier.frozen import Frozen
from verifier.model.policy import Principal, PrincipalType
from verifier.model.request import Caller, CallerKind
from verifier.model.results.verdict import KeySummary
from verifier.model.steps.descriptions import is_own_key
from verifier.report.naming import key_name
from verifier.syntax.text import printable

_IDENTITY = re.compile(r"arn:aws[a-z-]*:(?:iam|sts)::([0-9]{12}):(.+)", re.ASCII | re.DOTALL)
_OF_AWS = re.compile(r"arn:aws[a-z-]*:iam::aws:policy/(?:.*/)?([^/]+)", re.ASCII | re.DOTALL)
_PROVIDER = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:(?:oidc|saml)-provider/", re.ASCII)
_KEY = re.compile(r"arn:aws[a-z-]*:kms:[a-z0-9-]*:([0-9]{12}):.+", re.ASCII | re.DOTALL)
_MOST = 3


class Names(Frozen):
    """`keys` are names by ARN; `home` is the account whose identities go without it, `None` for none."""

    keys: Mapping[str, str] = field(default_factory=dict)
    home: str | None = None

    def of(self, arn: str) -> str:
        """`payments` for a key, `a key of its own` for one that the caller brings; `role/ops`, or
        `role/ops of 111122223333`, for the ARN of an identity; any other text as it is."""
        if arn in self.keys:
            return self.keys[arn]
        if is_own_key(arn):
            return "a key of its own"
        of_aws = _OF_AWS.fullmatch(arn)
        if of_aws is not None:
            return printable(f"AWS's {of_aws[1]}")
        found = _IDENTITY.fullmatch(arn)
        if found is None:
            return printable(arn)
        return printable(found[2] if found[1] == self.home and found[2] != "root" else f"{found[2]} of {found[1]}")

    def caller(self, caller: Caller) -> str:
        """Who a caller is: a session is its role."""
        named = self.of(caller.principal_arn)
        return f"an identity of {named}" if caller.kind is CallerKind.WEB else named

    def callers(self, text: str) -> str:
        """Who gets there, as an answer says it: an ARN, or a description."""
        return f"identities of {self.of(text)}" if _PROVIDER.match(text) else self.of(text)

    def principal(self, principal: Principal) -> str:
        """Whom a policy or a grant names."""
        if principal.type in (PrincipalType.ANYONE, PrincipalType.ANY_AWS):
            return "everyone"
        if principal.type is PrincipalType.ACCOUNT and principal.account is not None:
            return f"the account {printable(principal.account)}"
        return self.of(principal.value)


def names_of(keys: Iterable[KeySummary], target: str | None = None) -> Names:
    """The names in a story about a key."""
    found = _KEY.fullmatch(target or "")
    return Names({key.arn: key_name(key) for key in keys}, found[1] if found else None)


def first(texts: Sequence[str], most: int = _MOST) -> str:
    """The first few of some texts, and how many more there are."""
    more = len(texts) - most
    return printable(", ".join(texts[:most])) + (f" and {more:,} more" if more > 0 else "")
