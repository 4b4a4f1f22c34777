"""Who the grant is for that a `CreateGrant` request asks for: caller sets → conditions on `kms:GranteePrincipal` and
its like.

In: an invariant with `grantees` or `retiring`, the key, the estate. Out: the same invariant with conditions in their
place.
Guarantee: a grantee counts as among some callers iff a caller that its ARN names may be one of them (G2): a role's ARN
names its sessions, an account's (`:root`) its callers. Where the ARN does not tell, it counts; so a proof that no such
grant can be created covers it. An allowance errs on the other side (`certainly`): there a grantee counts iff every
caller that its ARN names is one of them. What is not an ARN, and a `kms:GranteeServicePrincipal`, is a service: inside
no account or organization.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from verifier.frozen import Frozen
from verifier.model import invariant as model
from verifier.model.estate import Estate, Key
from verifier.model.policy import Condition, Operator, Text, arn_account
from verifier.model.request import CallerKind
from verifier.syntax.diagnostic import InputError

_NEVER = model.ConditionOr(())
_ACCOUNT = "arn:*:iam::*:root"
_WILDCARDS = re.compile(r"[*?]")
_OF_KIND = {
    CallerKind.USER: ("arn:*:iam::*:user/*",),
    CallerKind.ROLE: ("arn:*:iam::*:role/*", "arn:*:sts::*:assumed-role/*"),
    CallerKind.FEDERATED: ("arn:*:sts::*:federated-user/*",),
}


class _Named(Frozen):
    """Conditions on the principal that a request names: `some` holds if a caller that it names may be in the set,
    `every` only if all of them certainly are."""

    some: model.ConditionExpression
    every: model.ConditionExpression

    def condition(self, certainly: bool) -> model.ConditionExpression:
        """The one or the other."""
        return self.every if certainly else self.some


def with_grantees(
    invariant: model.Invariant, key: Key | None, estate: Estate, *, certainly: bool = False
) -> model.Invariant:
    """The invariant with conditions in the place of `grantees` and `retiring`. What an ARN does not tell counts, unless
    `certainly`.

    Raises `InputError` where a set of grantees cannot be told from an ARN: tags, or an organization whose accounts are
    not given.
    """
    parts = [] if invariant.when == model.ALWAYS else [invariant.when]
    if invariant.grantees is not None:
        grantee = _Keys("kms:GranteePrincipal", "kms:GranteeServicePrincipal", key, estate, invariant)
        parts.append(grantee.named(invariant.grantees).condition(certainly))
    if invariant.retiring is not None:
        retiring = _Keys("kms:RetiringPrincipal", "kms:RetiringServicePrincipal", key, estate, invariant)
        parts += [retiring.present(), retiring.named(invariant.retiring).condition(certainly)]
    when = parts[0] if len(parts) == 1 else model.ConditionAnd(tuple(parts))
    return replace(invariant, when=when, grantees=None, retiring=None)


class _Keys(Frozen):
    """The two condition keys that may name the principal, and what membership depends on."""

    principal: str
    service: str
    key: Key | None
    estate: Estate
    invariant: model.Invariant

    def present(self) -> model.ConditionExpression:
        """That the request names such a principal at all."""
        return model.ConditionOr((self._is_present(self.principal), self._is_present(self.service)))

    def named(self, callers: model.CallerSet) -> _Named:
        """When the principal of the request is among the callers."""
        match callers:
            case model.AnyCaller():
                return _Named(model.ALWAYS, model.ALWAYS)
            case model.InAccount(account):
                return self._in_accounts((account,))
            case model.KeyAccount():
                return self._in_accounts((self.key.account,) if self.key is not None else ())
            case model.InOrganization(organization):
                return self._in_accounts(self._members(organization))
            case model.OfKind():
                return self._of_kind(callers)
            case model.PrincipalLike(pattern):
                return self._principal_like(pattern.value)
            case model.SessionLike(pattern):
                return self._session_like(pattern.value)
            case model.ServiceLike(pattern):
                return self._service(pattern.value)
            case model.IdentityOf():
                return _Named(_NEVER, _NEVER)
            case model.CallersNot(operand):
                inner = self.named(operand)
                return _Named(model.ConditionNot(inner.every), model.ConditionNot(inner.some))
            case model.CallersOr(operands) | model.CallersAnd(operands):
                found = [self.named(operand) for operand in operands]
                join = model.ConditionOr if isinstance(callers, model.CallersOr) else model.ConditionAnd
                return _Named(join(tuple(one.some for one in found)), join(tuple(one.every for one in found)))
            case model.Tagged() | model.IssuedBy() | model.NamedAccount():
                hidden = "the tags, or the issuer, of a grantee or retiring principal"
                raise self._error(f"a request to create a grant does not show {hidden}")

    def _members(self, organization: str) -> tuple[str, ...]:
        known = self.estate.organization
        if known is None or known.id != organization:
            why = "the input does not list the organization's accounts"
            raise self._error(f"which grantees are in {organization} cannot be told: {why}")
        return tuple(account for account, _ in known.accounts)

    def _error(self, message: str) -> InputError:
        return InputError.of(f"invariant {self.invariant.name!r}: {message}", self.invariant.span, rule="F2")

    # --- by ARN ---

    def _in_accounts(self, accounts: tuple[str, ...]) -> _Named:
        inside = self._like(f"arn:*:*:*:{account}:*" for account in accounts)
        return _Named(inside, inside)

    def _of_kind(self, callers: model.OfKind) -> _Named:
        """An account has callers of every kind, but for services."""
        if callers.kind is CallerKind.SERVICE:
            return self._service("*")
        if callers.kind is CallerKind.ROOT:
            return _Named(self._like((_ACCOUNT,)), _NEVER)
        if callers.service_linked:
            linked = "arn:*:iam::*:role/aws-service-role/*"
            return _Named(self._like((linked, "arn:*:sts::*:assumed-role/*", _ACCOUNT)), self._like((linked,)))
        patterns = _OF_KIND[callers.kind]
        return _Named(self._like((*patterns, _ACCOUNT)), self._like(patterns))

    def _principal_like(self, pattern: str) -> _Named:
        """`aws:PrincipalArn` of a session is the ARN of its role, with the path, which the session's ARN does not
        show."""
        _, partition, service, _, account, resource = pattern.split(":", 5)
        sessions = self._sessions_of(partition, account, resource) if service == "iam" else ()
        some = self._like((pattern, f"arn:{partition}:iam::{account}:root", *sessions))
        certain = sessions if resource in ("role/*", "*") else self._known_sessions(pattern)
        every = model.ConditionAnd((self._like((pattern, *certain)), model.ConditionNot(self._like((_ACCOUNT,)))))
        return _Named(some, every)

    def _sessions_of(self, partition: str, account: str, resource: str) -> tuple[str, ...]:
        """The sessions that may be of a role with such an ARN. A wildcard may stand for a part of the path, so all that
        it may leave of the role's name is what follows it."""
        if not resource.startswith(("role/", "*")):
            return ()
        name = _WILDCARDS.split(resource)[-1].rsplit("/", 1)[-1]
        free = "*" if _WILDCARDS.search(resource) else ""
        return (f"arn:{partition}:sts::{account}:assumed-role/{free}{name}/*",)

    def _known_sessions(self, pattern: str) -> tuple[str, ...]:
        """The sessions that are certainly of the role with this ARN: the inventory tells the path of a role by its
        name."""
        arns = (role.arn for role in self.estate.roles)
        return tuple(
            f"arn:{arn.split(':')[1]}:sts::{arn_account(arn)}:assumed-role/{arn.rsplit('/', 1)[1]}/*"
            for arn in arns
            if arn.split(":", 2)[2] == pattern.split(":", 2)[2] and pattern.split(":")[1] in ("*", arn.split(":")[1])
        )

    def _session_like(self, pattern: str) -> _Named:
        _, partition, _, _, account, resource = pattern.split(":", 5)
        _, _, rest = resource.partition("/")
        name, _, session = rest.partition("/")
        roles = tuple(f"arn:{partition}:iam::{account}:role/{path}{name}" for path in ("", "*/"))
        account_root = f"arn:{partition}:iam::{account}:root"
        all_sessions = roles if session == "*" and not _WILDCARDS.search(name) else ()
        return _Named(self._like((pattern, *roles, account_root)), self._like((pattern, *all_sessions)))

    def _service(self, pattern: str) -> _Named:
        """A service is named by its name; every other principal by an ARN."""
        by_name = model.ConditionAnd(
            (
                self._holds("StringLike", self.principal, pattern),
                model.ConditionNot(self._holds("StringLike", self.principal, "arn:*")),
            )
        )
        either = model.ConditionOr((by_name, self._holds("StringLike", self.service, pattern)))
        return _Named(either, either)

    def _like(self, patterns: Iterable[str]) -> model.ConditionExpression:
        listed = tuple(dict.fromkeys(patterns))
        return self._holds("ArnLike", self.principal, *listed) if listed else _NEVER

    def _is_present(self, key: str) -> model.ConditionExpression:
        return self._holds("Null", key, "false")

    def _holds(self, operator: str, key: str, *values: str) -> model.ConditionExpression:
        return model.Holds(
            Condition(Operator(operator, None, False), Text(key), tuple(map(Text, values)), self.invariant.span)
        )
