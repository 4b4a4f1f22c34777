"""Invariants: properties of all requests, in the form that the verification conditions need.

In: nothing (plain data). Out: frozen structs made from `invariants.lark` texts and built-ins.
Guarantee: every surface form (no … can, only … can, … only when, can always, built-ins) is one `Invariant`:
a scope of requests, all of which must be refused, or all of which must be allowed.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

from verifier.frozen import Frozen
from verifier.model.policy import Condition, Text
from verifier.model.request import CallerKind
from verifier.syntax.source import NOWHERE, Span


class Expectation(Enum):
    """What must hold of every request in the scope."""

    REFUSED = "refused"
    ALLOWED = "allowed"


# --- callers ----------------------------------------------------------------------------------------------------------


class AnyCaller(Frozen):
    """Every caller, service principals included."""


class InAccount(Frozen):
    """The callers whose account (`aws:PrincipalAccount`) is `account`: never a service principal."""

    account: str


class KeyAccount(Frozen):
    """The callers of the account that owns the key in question (for built-ins)."""


class NamedAccount(Frozen):
    """The callers of an account, or of an organization, that the input names (for `no-public-access`). Which these are
    depends on the estate and the key: `verifier.model.caller_sets.with_named_accounts` replaces the node before a
    question is asked."""


class InOrganization(Frozen):
    """The callers whose `aws:PrincipalOrgID` is present and equal to `organization`."""

    organization: str


class OfKind(Frozen):
    """The callers of one kind. `service_linked` keeps only sessions of service-linked roles."""

    kind: CallerKind
    service_linked: bool = False


class PrincipalLike(Frozen):
    """The callers whose `aws:PrincipalArn` matches `pattern` as `ArnLike` does (L6): a role ARN means all its sessions.
    A pattern without wildcards is an exact ARN. Never a service principal."""

    pattern: Text


class SessionLike(Frozen):
    """The role sessions whose own `assumed-role` ARN matches `pattern` as `ArnLike` does."""

    pattern: Text


class ServiceLike(Frozen):
    """The service principals whose name (`s3.amazonaws.com`) matches `pattern` (case-sensitive, `*` and `?`)."""

    pattern: Text


class IdentityOf(Frozen):
    """The identities of the providers whose ARN, or name, matches `provider` (case-sensitive, `*` and `?`): no callers
    of a key, but they can assume roles (E2w)."""

    provider: Text


class Tagged(Frozen):
    """The callers for whom the condition on `aws:PrincipalTag/…` holds, or on another key of the principal."""

    condition: Condition


class IssuedBy(Frozen):
    """The federated sessions that a user or root user among `callers` issued: they act with a part of its permissions
    (U2)."""

    callers: CallerSet


class CallersNot(Frozen):
    """All callers but these."""

    operand: CallerSet


class CallersOr(Frozen):
    """The callers in any of the operands (none, if there are no operands)."""

    operands: tuple[CallerSet, ...]


class CallersAnd(Frozen):
    """The callers in all operands (every caller, if there are no operands)."""

    operands: tuple[CallerSet, ...]


CallerSet = (
    AnyCaller
    | InAccount
    | KeyAccount
    | NamedAccount
    | InOrganization
    | OfKind
    | PrincipalLike
    | SessionLike
    | ServiceLike
    | IdentityOf
    | Tagged
    | IssuedBy
    | CallersNot
    | CallersOr
    | CallersAnd
)


def parts_of(callers: CallerSet) -> Iterator[CallerSet]:
    """The sets that a set is made of by union, intersection, complement and issuing."""
    match callers:
        case CallersNot(inner) | IssuedBy(inner):
            yield from parts_of(inner)
        case CallersOr(operands) | CallersAnd(operands):
            for operand in operands:
                yield from parts_of(operand)
        case _:
            yield callers


# --- conditions on the request ----------------------------------------------------------------------------------------


class Holds(Frozen):
    """An IAM condition (operator, key, values), read exactly as in a policy of version 2012-10-17 that is *not* a key
    policy (so C1, C2, L6, L7 apply, and F8's key-policy exception does not)."""

    condition: Condition


class ConditionNot(Frozen):
    """Logical negation (an absent key makes `Holds` false, so its negation true)."""

    operand: ConditionExpression


class ConditionAnd(Frozen):
    """All operands; true for none."""

    operands: tuple[ConditionExpression, ...]


class ConditionOr(Frozen):
    """Any operand; false for none."""

    operands: tuple[ConditionExpression, ...]


ConditionExpression = Holds | ConditionNot | ConditionAnd | ConditionOr

ALWAYS = ConditionAnd(())
"""The condition that every request meets."""


def conditions_in(expression: ConditionExpression) -> Iterator[Condition]:
    """The single conditions of which an expression is put together."""
    match expression:
        case Holds(condition):
            yield condition
        case ConditionNot(operand):
            yield from conditions_in(operand)
        case ConditionAnd(operands) | ConditionOr(operands):
            for operand in operands:
                yield from conditions_in(operand)


# --- keys -------------------------------------------------------------------------------------------------------------


class KeyArn(Frozen):
    """The key with this ARN."""

    arn: str


class KeyAlias(Frozen):
    """The key that has this alias: an alias name (`alias/payments`) or an alias ARN."""

    alias: str


class KeyTag(Frozen):
    """The keys with this tag; `value` may hold `*` and `?`; `None` means any value."""

    key: str
    value: str | None


class KeyFamily(Frozen):
    """A multi-Region key and every key of the input that is related to it: of the same account and key ID (`mrk-…`), in
    any Region (L9)."""

    of: KeyArn | KeyAlias


KeySelector = KeyArn | KeyAlias | KeyTag | KeyFamily

# --- invariants -------------------------------------------------------------------------------------------------------


class Invariant(Frozen):
    """For every key in `keys` (`None`: every key of the input), every request of a caller in `callers` for an action
    that matches `actions` in whose context `when` holds must be refused, or allowed, as `expectation` says.

    `actions` are patterns (L6, case-insensitive) over full names such as `kms:Decrypt`; `not_actions` are taken away.
    `text` is the invariant as written, for reports.

    `grantees` and `retiring` narrow an invariant about `kms:CreateGrant` to requests for a grant whose grantee, or
    retiring principal, is among some callers (`None`: any, or none at all).
    `verifier.language.invariants.grantees.with_grantees` turns them into conditions before a question is asked, since
    who is among them can depend on the key and the organization.

    Where it is `eventually`, no caller in `callers` may bring such a request about by steps (docs/reach.md): the
    request, made in any state that the caller's steps lead to by anything that it holds then, must be refused; `when`
    is about that last request. With `unless_directly` those callers are left out who can make such a request without
    any step. Such an invariant is no invariant about requests in the estate as it is: whoever does not know of steps
    must refuse it (`check_direct`). Its expectation is `REFUSED`.
    """

    name: str
    expectation: Expectation
    callers: CallerSet
    actions: tuple[Text, ...]
    keys: tuple[KeySelector, ...] | None
    when: ConditionExpression = ALWAYS
    not_actions: tuple[Text, ...] = ()
    text: str = ""
    span: Span = NOWHERE
    grantees: CallerSet | None = None
    retiring: CallerSet | None = None
    eventually: bool = False
    unless_directly: bool = False
