"""What files of invariants say: of requests, of grants of the input (`no grant … names …`), of what changes may add.

In: nothing (plain data), made by `verifier.language.invariants.files` and `verifier.invariant_files`. Out: frozen
structs.
"""

from __future__ import annotations

from enum import Enum

from verifier.frozen import Frozen
from verifier.model.invariant import CallerSet, Invariant, KeySelector, Tagged, conditions_in, parts_of
from verifier.model.policy import Text
from verifier.model.steps.supposition import Supposition
from verifier.syntax.source import NOWHERE, Span


class GrantRole(Enum):
    """What a grant names somebody as (G2, G5)."""

    GRANTEE = "grantee"
    RETIRING = "retiring principal"


class GrantInvariant(Frozen):
    """For every key in `keys` (`None`: every key of the input), no listed grant that allows an operation which matches
    one of `operations` (patterns as in `Invariant.actions`) names a caller in `callers` as one of `roles`.

    A role is named with all its sessions, an account (its `:root` ARN) with all its callers.
    """

    name: str
    callers: CallerSet
    keys: tuple[KeySelector, ...] | None
    operations: tuple[Text, ...] = (Text("kms:*"),)
    roles: tuple[GrantRole, ...] = tuple(GrantRole)
    text: str = ""
    span: Span = NOWHERE


AnyInvariant = Invariant | GrantInvariant
"""An invariant about requests, or about the grants that there are."""


class Allowance(Frozen):
    """What a change may add: requests of the scope of an invariant may be gained (`verifier compare --allow`). It says
    nothing of `prove`, and the scope's expectation means nothing.

    Whoever narrows a scope must err on the other side than for an invariant: a request counts only where it certainly
    is in the scope.
    """

    scope: Invariant

    @property
    def name(self) -> str:
        return self.scope.name

    @property
    def span(self) -> Span:
        return self.scope.span


class InvariantFile(Frozen):
    """A file of invariants. `key_arns` are the keys that it declares, by name."""

    invariants: tuple[AnyInvariant, ...]
    key_arns: tuple[tuple[str, str], ...] = ()
    allowances: tuple[Allowance, ...] = ()
    suppositions: tuple[Supposition, ...] = ()

    @property
    def about_requests(self) -> tuple[Invariant, ...]:
        """Those that are about requests in the estate as it is."""
        return tuple(
            invariant for invariant in self.invariants if isinstance(invariant, Invariant) and not invariant.eventually
        )


class InvariantFiles(Frozen):
    """All invariants, allowances and suppositions of some files, the key ARNs that they declare, and (name, SHA-256) of
    each file."""

    invariants: tuple[AnyInvariant, ...] = ()
    key_arns: tuple[str, ...] = ()
    inputs: tuple[tuple[str, str], ...] = ()
    allowances: tuple[Allowance, ...] = ()
    suppositions: tuple[Supposition, ...] = ()


def is_eventual(invariant: AnyInvariant) -> bool:
    """True iff it asks what callers can bring about by steps (`can eventually`)."""
    return isinstance(invariant, Invariant) and invariant.eventually


def asks_of_sessions(invariant: AnyInvariant) -> bool:
    """False only if an invariant asks for nothing that sessions have by who made them, on which trust policies bear
    (F3, F6)."""
    if not isinstance(invariant, Invariant):
        return False
    tags = (part.condition for part in parts_of(invariant.callers) if isinstance(part, Tagged))
    conditions = (*conditions_in(invariant.when), *tags)
    texts = (text.value.lower() for condition in conditions for text in (condition.key, *condition.values))
    return any(name in text for text in texts for name in (*OF_SESSIONS, *CLAIMS))


CLAIMS = (":amr", ":aud", ":sub", ":id", ":app_id", ":user_id")
"""How the condition keys of identity providers end that later sessions may have as well (F6)."""
OF_SESSIONS = (
    *("principaltag", "federatedprovider", "multifactorauth", "sourceinstance", "roledelivery", "ec2instancesource"),
    *("sourcefunction", "buildarn", "projectarn", "roleassumedby", "credentialissuing", "sourceip", "sourceidentity"),
    *("aws:sourcea", "aws:sourceorg", "aws:viaawsservice", "saml:"),
)
"""Parts of the names of condition keys, which policy variables have as well."""
