"""Requests and decisions (R1, R2).

In: nothing (plain data). Out: frozen structs shared by `evaluate`, `witness`, `verify` and `report`.
Guarantee: a `Caller` is consistent in itself (its kind, account and ARNs belong together).
"""

from __future__ import annotations

from enum import Enum

from verifier.frozen import Frozen
from verifier.model.policy import Policy, StatementRef, is_service_linked
from verifier.model.symbols import SymbolName

Value = str | tuple[str, ...]
"""The value of a condition key in a request: one string, or a set of strings."""


def strings_of(value: Value | None) -> tuple[str, ...]:
    """The strings of a value; none of one that is absent."""
    return () if value is None else (value,) if isinstance(value, str) else value


class CallerKind(Enum):
    """The kinds of R2. A service-linked role session is a `ROLE` whose path is `/aws-service-role/`."""

    USER = "user"
    ROLE = "role session"
    ROOT = "root user"
    FEDERATED = "federated-user session"
    SERVICE = "service principal"
    # principal_arn is the provider's ARN, or the name of a built-in one; it has no account (E2w)
    WEB = "identity of a provider"
    """A web or SAML identity: no caller of KMS, but it can assume roles that trust its provider (E2w)."""


class Caller(Frozen):
    """Who makes a request.

    `principal_arn` is the value of `aws:PrincipalArn`: the user's ARN, the *role* ARN with its path for a role session,
    `arn:…:iam::A:root`, or `arn:…:sts::A:federated-user/NAME`; for a service the service name (`s3.amazonaws.com`).
    `account` is `None` for a service. `session` is the session name of a role session.
    `issuer` is, for a federated session, the ARN of the user or of the root that issued it, `None` where not said.
    """

    kind: CallerKind
    principal_arn: str
    account: str | None = None
    session: str | None = None
    issuer: str | None = None
    session_tags: tuple[tuple[str, str], ...] = ()
    """The session tags of a role session, which take the place of the role's tags of the same names (E2). [IAM:
    id_session-tags]"""
    transitive: tuple[str, ...] = ()
    """The names of those that pass on to the sessions which this one comes to have (E2). [IAM: id_session-tags,
    Chaining roles]"""

    @property
    def arn(self) -> str:
        """The caller's own ARN, as in `sts get-caller-identity`: for a role session the `assumed-role` ARN."""
        if self.kind is not CallerKind.ROLE:
            return self.principal_arn
        partition = self.principal_arn.split(":")[1]
        name = self.principal_arn.rsplit("/", 1)[1]
        return f"arn:{partition}:sts::{self.account}:assumed-role/{name}/{self.session}"

    @property
    def passed_on(self) -> tuple[tuple[str, str], ...]:
        return tuple((name, value) for name, value in self.session_tags if name in self.transitive)

    @property
    def service_linked(self) -> bool:
        """True iff this is a session of a service-linked role (R2, D6)."""
        return self.kind is CallerKind.ROLE and is_service_linked(self.principal_arn)


class Request(Frozen):
    """One request. `action` is an IAM action name with its real spelling (`kms:Decrypt`); `resource` a key ARN, an
    alias ARN or `None` (R4, D9). `context` lists (condition key, value) in order; keys differ without regard to case,
    except that the names after `kms:EncryptionContext:` may differ only in case (F7). `session_policies` are the
    session policies of a role session or a federated session, a union (D4, U2); `None` where the request says nothing
    of any, `()` is never used."""

    caller: Caller
    action: str
    resource: str | None
    context: tuple[tuple[str, Value], ...] = ()
    session_policies: tuple[Policy, ...] | None = None


class Outcome(Enum):
    """What a decision is. `DEPENDS`: allowed under one reading, or free fact, and refused under another (S2).

    `IMPOSSIBLE` is an answer alone (`verifier.decide`): the policies do not refuse the request, but it cannot be sent,
    or KMS always refuses it (R3, R6)."""

    ALLOW = "allow"
    DENY = "deny"
    DEPENDS = "depends"
    IMPOSSIBLE = "impossible"


class Step(Frozen):
    """One line of a trace: what was looked at, by which rule, with which result.

    `rule` is a label of docs/semantics.md; `text` a sentence without markup; `statement` the statement it is about;
    `holds` whether the thing examined held. `depth` nests steps for display (0 = gate, 1 = statement, 2 = element).
    """

    rule: str
    text: str
    holds: bool
    statement: StatementRef | None = None
    depth: int = 0


class Decision(Frozen):
    """What `evaluate` found.

    `depends_on` lists the symbols (labels of readings, free facts, unmodelled things) that change the outcome, sorted;
    empty unless `outcome` is `DEPENDS`. `warnings` are sentences that begin with the label of the rule that the request
    breaks; `impossible` are those of them for which it cannot be sent, or is always refused. `policies` is what the
    policies decide where `outcome` is `IMPOSSIBLE`. `trace` tells the decision under `assignment` (the one given, or
    else the first tried).
    """

    outcome: Outcome
    trace: tuple[Step, ...] = ()
    depends_on: tuple[SymbolName, ...] = ()
    warnings: tuple[str, ...] = ()
    assignment: tuple[tuple[SymbolName, bool], ...] = ()
    impossible: tuple[str, ...] = ()
    policies: Outcome | None = None
