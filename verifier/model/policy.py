"""Policies as the decision sees them: statements with spans, values still as they were written; names of principals: a
text → a `Principal`, or what is wrong with it (P2, P3, L8, G2).

In: nothing (plain data); one text, as it stands in a policy's `AWS` principal or in a grant. Out: frozen structs made
by `verifier.language.policies.documents`; a principal's type, account and partition.
Guarantee: what a text left out (no `Resource`, say) is `None`, never an empty tuple. No name of a principal with a
wildcard inside, a bad account or an unknown shape gets through (P3). The texts of patterns, variables, numbers and
dates are kept raw: `evaluate` and `problem` each read them by themselves, so that a misreading in one of the rooms
shows against the other.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from enum import Enum
from functools import cached_property, lru_cache

from verifier.frozen import Frozen
from verifier.model.operators import OPERATORS, OperatorRow, full_name
from verifier.model.symbols import ThingEffect, pattern_name
from verifier.syntax.diagnostic import Diagnostic
from verifier.syntax.source import NOWHERE, Span
from verifier.syntax.text import brief


class Effect(Enum):
    """What a matching statement does (L3: case-sensitive in the text)."""

    ALLOW = "Allow"
    DENY = "Deny"


class PolicyKind(Enum):
    """What a policy is attached to; decides which elements it may have (L5, P7)."""

    KEY = "key policy"
    IDENTITY = "identity policy"
    BOUNDARY = "permissions boundary"
    SESSION = "session policy"
    SCP = "service control policy"
    RCP = "resource control policy"
    ENDPOINT = "VPC endpoint policy"
    TRUST = "trust policy"


class PrincipalType(Enum):
    """How a principal element names callers (P1–P6, L8)."""

    ANYONE = "*"
    """`"Principal": "*"`."""
    ANY_AWS = "AWS *"
    """`{"AWS": "*"}`."""
    ACCOUNT = "account"
    """Twelve digits, or the `:root` ARN of an account."""
    USER = "user"
    ROLE = "role"
    SESSION = "session"
    """`arn:…:sts::A:assumed-role/NAME/SESSION`."""
    FEDERATED_USER = "federated user"
    """`arn:…:sts::A:federated-user/NAME`."""
    UNIQUE_ID = "unique ID"
    """A deleted identity (L8)."""
    SERVICE = "service"
    FEDERATED = "Federated"
    CANONICAL_USER = "CanonicalUser"


class Text(Frozen):
    """A string of the policy as decoded from JSON (numbers and booleans as L2 says), with its place."""

    value: str
    span: Span = NOWHERE


class Principal(Frozen):
    """One listed principal. `value` is the text as written; `account` is set for ACCOUNT, USER, ROLE, SESSION and
    FEDERATED_USER; `partition` where the text is an ARN."""

    type: PrincipalType
    value: str
    account: str | None = None
    partition: str | None = None
    span: Span = NOWHERE


class Operator(Frozen):
    """A condition operator, taken apart.

    `base` is the canonical name without set prefix and `IfExists`, such as `StringNotEquals` or `Null`.
    `set_operator` is `ForAllValues`, `ForAnyValue` or `None`.
    """

    base: str
    set_operator: str | None
    if_exists: bool
    span: Span = NOWHERE

    def __str__(self) -> str:
        return full_name(self.set_operator, self.base, self.if_exists)

    @property
    def row(self) -> OperatorRow:
        """What there is to know of `base`."""
        return OPERATORS[self.base]

    @property
    def is_plain(self) -> bool:
        """True iff it has neither set operator nor `IfExists`."""
        return self.set_operator is None and not self.if_exists


class Condition(Frozen):
    """One operator, one key, its listed values. A statement's conditions are a conjunction (C)."""

    operator: Operator
    key: Text
    values: tuple[Text, ...]
    span: Span = NOWHERE


class Statement(Frozen):
    """One statement. Of each pair `X` / `NotX` at most one is given; `not_…` says which.

    `index` counts from 0 within its policy; `identity` of the policy and `index` name the statement uniquely.
    `only_if` is the symbol of an `Unmodelled` of the estate: the statement applies to a request that it matches
    only if that is true; `None` where it certainly does. A statement with one is what a statement with unknown
    parts might say: it matches at least what that matches, and its `*` stands for principals that are not known, so
    it names its callers in the strongest way (D4).
    `empty_condition` is true of a Deny whose `Condition` has nothing in it: whether it has an effect is the reading L4.
    """

    effect: Effect
    index: int
    sid: Text | None = None
    principals: tuple[Principal, ...] | None = None
    not_principal: bool = False
    actions: tuple[Text, ...] = ()
    not_action: bool = False
    resources: tuple[Text, ...] | None = None
    not_resource: bool = False
    conditions: tuple[Condition, ...] = ()
    span: Span = NOWHERE
    only_if: ThingEffect | None = None
    empty_condition: bool = False

    @property
    def meaning(self) -> Hashable:
        """What it says, without its place and name."""
        principals = None if self.principals is None else tuple((one.type, one.value) for one in self.principals)
        actions = tuple(text.value for text in self.actions)
        resources = None if self.resources is None else tuple(text.value for text in self.resources)
        conditions = tuple((str(c.operator), c.key.value, *(text.value for text in c.values)) for c in self.conditions)
        elements = principals, self.not_action, actions, self.not_resource, resources, conditions
        return self.effect, self.only_if, self.empty_condition, self.not_principal, *elements


class Policy(Frozen, dict=True):
    """A policy document and where it is attached.

    `identity` is unique in an account: the ARN of a managed policy, `KEY_ARN#default` for a key policy,
    `PRINCIPAL_ARN#NAME` for an inline policy. Of one that AWS publishes each account has the document that was listed
    for it. `variables` is true for version 2012-10-17 (L1).
    `size` is the number of characters that AWS counts (white space excluded for identity policies, SCPs and RCPs).
    `id` is the document's `Id`, which decides nothing.
    """

    kind: PolicyKind
    identity: str
    name: str
    variables: bool
    statements: tuple[Statement, ...]
    size: int = 0
    warnings: tuple[Diagnostic, ...] = ()
    span: Span = NOWHERE
    id: Text | None = None

    @cached_property
    def allows(self) -> tuple[Statement, ...]:
        return tuple(statement for statement in self.statements if statement.effect is Effect.ALLOW)

    @cached_property
    def denies(self) -> tuple[Statement, ...]:
        return tuple(statement for statement in self.statements if statement.effect is Effect.DENY)

    def listed(self, statement: Statement) -> str:
        """The resources that a statement lists, to name a fact about them."""
        return str(sorted({pattern_name(text.value, self.variables) for text in statement.resources or ()}))

    @cached_property
    def meaning(self) -> Hashable:
        """What its statements say, without their places and names."""
        return self.variables, tuple(statement.meaning for statement in self.statements)

    @cached_property
    def principals(self) -> tuple[Principal, ...]:
        return tuple(principal for statement in self.statements for principal in statement.principals or ())

    @cached_property
    def conditions(self) -> tuple[Condition, ...]:
        return tuple(condition for statement in self.statements for condition in statement.conditions)

    @cached_property
    def names_providers(self) -> bool:
        """True iff it has a `Federated` principal (P6)."""
        return any(principal.type is PrincipalType.FEDERATED for principal in self.principals)

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """The resources of its statements, and the keys and values of their conditions, in lower case: what may have a
        policy variable."""
        listed = (text for statement in self.statements for text in statement.resources or ())
        tested = (text for condition in self.conditions for text in (condition.key, *condition.values))
        return tuple(text.value.lower() for text in (*listed, *tested))

    @cached_property
    def tested_keys(self) -> frozenset[str]:
        """The condition keys that its statements test, in lower case (L3)."""
        return frozenset(condition.key.value.lower() for condition in self.conditions)


class StatementRef(Frozen):
    """Names one statement for a trace or a verdict."""

    policy: str
    """`Policy.identity`."""
    policy_name: str
    index: int
    sid: str | None
    effect: Effect
    span: Span = NOWHERE
    kind: PolicyKind | None = None
    """The kind of the policy; `None` for a grant."""


def reference_to(policy: Policy, statement: Statement) -> StatementRef:
    """The name of a statement of a policy."""
    sid = statement.sid.value if statement.sid else None
    return StatementRef(
        policy.identity, policy.name, statement.index, sid, statement.effect, statement.span, policy.kind
    )


@lru_cache(65_536)
def arn_kind(arn: str) -> str:
    """What the last of an ARN's six fields begins with: `user`, `role`, `group`, `policy`, `root` …; empty iff it is no
    ARN. The path of a user or role may hold any text, `:role/` too [API: CreateRole, Path]."""
    fields = arn.split(":", 5)
    return fields[5].partition("/")[0] if len(fields) == 6 else ""


def arn_account(arn: str) -> str:
    """The account of an ARN: `aws` for what is AWS's own."""
    return arn.split(":")[4]


@lru_cache(65_536)
def is_service_linked(arn: str) -> bool:
    """True iff the ARN is that of a service-linked role."""
    return arn_kind(arn) == "role" and arn.split(":", 5)[5].startswith("role/aws-service-role/")


def is_of_permission_set(arn: str) -> bool:
    """True iff the ARN is that of a role that IAM Identity Center made of a permission set."""
    return ":role/aws-reserved/sso.amazonaws.com/" in arn and arn.split("/")[-1].startswith("AWSReservedSSO_")


_ACCOUNT = re.compile(r"[0-9]{12}")
_UNIQUE_ID = re.compile(r"A(?:IDA|ROA)[A-Z0-9]{12,124}")
"""IAM User Guide, "Unique identifiers": users begin with AIDA, roles with AROA."""
_PARTITION = re.compile(r"aws(?:-[a-z]+)*")
_PATH = r"(?:[\x21-\x7e]*/)?[\w+=,.@-]{1,64}"
"""A name with its path, in which any character of ASCII may be but spaces and controls [API: CreateRole, Path]."""
_RESOURCES = (
    ("iam", re.compile(r"root"), PrincipalType.ACCOUNT),
    ("iam", re.compile(rf"user/{_PATH}", re.ASCII), PrincipalType.USER),
    ("iam", re.compile(rf"role/{_PATH}", re.ASCII), PrincipalType.ROLE),
    ("sts", re.compile(r"assumed-role/[^/\s]+/[^/\s]+"), PrincipalType.SESSION),
    ("sts", re.compile(r"federated-user/[^/\s]+"), PrincipalType.FEDERATED_USER),
)
_FORMS = '"*", a twelve-digit account, or the ARN of an account (`root`), user, role or session'


class Fault(Frozen):
    """Why a text names no principal, in one line, with a remedy where there is one. The rule is P3."""

    message: str
    hint: str | None = None


def is_account(text: str) -> bool:
    """True iff a text is an account: twelve digits."""
    return _ACCOUNT.fullmatch(text) is not None


def principal_named(text: str) -> Principal | Fault:
    """The principal that a text names, without place: an account, user, role, session, federated user or unique ID."""
    if is_account(text):
        return Principal(PrincipalType.ACCOUNT, text, account=text)
    if _UNIQUE_ID.fullmatch(text):
        return Principal(PrincipalType.UNIQUE_ID, text)
    if "*" in text or "?" in text:
        return Fault(f'wildcard inside the principal "{brief(text)}"', 'use "*" with a condition on `aws:PrincipalArn`')
    return _principal_of_arn(text)


def _principal_of_arn(text: str) -> Principal | Fault:
    fields = text.split(":", 5)
    if len(fields) < 6 or fields[0] != "arn":
        return Fault(f'"{brief(text)}" is not a principal; expected {_FORMS}')
    _, partition, service, region, account, resource = fields
    fault = _arn_fault(partition, region, account)
    if fault:
        return Fault(f'malformed principal ARN "{brief(text)}": {fault}')
    for expected_service, pattern, kind in _RESOURCES:
        if service == expected_service and pattern.fullmatch(resource):
            return Principal(kind, text, account, partition)
    return Fault(f'"{brief(text)}" names no principal; expected {_FORMS}', _arn_hint(service, resource))


def _arn_fault(partition: str, region: str, account: str) -> str | None:
    if not _PARTITION.fullmatch(partition):
        return f'unknown partition "{brief(partition)}"'
    if region:
        return f'the Region field must be empty, found "{brief(region)}"'
    return None if is_account(account) else f'expected a twelve-digit account, found "{brief(account)}"'


def _arn_hint(service: str, resource: str) -> str | None:
    if service == "iam" and resource.startswith("group/"):
        return "a user group cannot be a principal"
    if service == "iam" and resource.startswith(("saml-provider/", "oidc-provider/")):
        return "an identity provider is a `Federated` principal"
    if service == "iam" and resource.startswith(("assumed-role/", "federated-user/")):
        return "sessions have `sts` where this ARN has `iam`"
    return None


def short_arn(arn: str) -> str:
    """`role/reports of 111122223333` for an ARN of IAM or STS; any other text as it is."""
    parts = arn.split(":", 5)
    return f"{parts[5]} of {parts[4]}" if len(parts) == 6 and parts[2] in ("iam", "sts") and parts[4] else arn
