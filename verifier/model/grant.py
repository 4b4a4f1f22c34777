"""Grants on a KMS key (G1–G6).

In: nothing (plain data). Out: frozen structs made by `verifier.inputs` from `list-grants` output.
Guarantee: what a listing does not say is `None`, never empty; texts are kept as they stand.
"""

from __future__ import annotations

from verifier.frozen import Frozen
from verifier.model.policy import Effect, Principal, StatementRef
from verifier.syntax.source import NOWHERE, Span

Pairs = tuple[tuple[str, str], ...]
"""Pairs of an encryption context, in the order given."""


class Grant(Frozen):
    """One grant: it allows its grantee its operations on its one key, and never denies (G1).

    `grantee` and `retiring` are an ACCOUNT (the `:root` ARN), USER, ROLE, SESSION, FEDERATED_USER, SERVICE or UNIQUE_ID
    principal (G2); a SESSION may be one of an AWS-owned role (`assumed-role/aws:ec2-infrastructure/i-…`). `operations`
    are IAM action names (`kms:Decrypt`). At most one of `context_equals` and `context_subset` is given (G3); an empty
    map is `()`, not `None`. `grantee_hidden` is true where the listing shows a service in `GranteePrincipal` and has no
    `GranteeServicePrincipal`: then the grant may be for a user, role or account that the listing does not name (G2 ◇).
    `issuing_account` is twelve digits, `None` where not given. `created` is shown and never reasoned with.
    """

    id: str
    grantee: Principal
    operations: tuple[str, ...]
    retiring: Principal | None = None
    issuing_account: str | None = None
    context_equals: Pairs | None = None
    context_subset: Pairs | None = None
    source_arn: str | None = None
    grantee_hidden: bool = False
    name: str | None = None
    created: str | None = None
    span: Span = NOWHERE

    @property
    def principals(self) -> tuple[Principal, ...]:
        """Whom it names: its grantee, and its retiring principal if it has one (G5)."""
        return (self.grantee,) if self.retiring is None else (self.grantee, self.retiring)


def reference_to_grant(key: str, grant: Grant) -> StatementRef:
    """The name of a grant for traces and verdicts: as an Allow of `KEY_ARN#grant:ID`."""
    return StatementRef(f"{key}#grant:{grant.id}", f"grant {grant.id}", 0, grant.name, Effect.ALLOW, grant.span)


def grant_id(reference: StatementRef) -> str | None:
    """The ID of the grant that a reference names (of several that count as one, the first); `None` for a statement of a
    policy."""
    return reference.policy.partition("#grant:")[2] or None
