"""Whether the callers that a grant names are in a caller set: all of them, some, none, or it cannot be told.

In: a principal of a grant, a `CallerSet`, the key and the estate. Out: a `Membership`.
Guarantee: `True` and `False` in it are certain. A role is all its sessions, an account all its callers (G2); a deleted
identity (L8) is nobody.
"""

from __future__ import annotations

import re
from functools import cached_property

from verifier.evaluate.symbols import negation
from verifier.frozen import Frozen
from verifier.model import invariant as model
from verifier.model.estate import Estate, Identity, Key
from verifier.model.policy import Condition, Principal, PrincipalType
from verifier.model.reference import ValueType
from verifier.model.request import CallerKind
from verifier.problem.classes.predicates import like
from verifier.problem.semantics.values import Fixed, arn_predicate, text_predicate

_KINDS = {
    PrincipalType.USER: CallerKind.USER,
    PrincipalType.ROLE: CallerKind.ROLE,
    PrincipalType.SESSION: CallerKind.ROLE,
    PrincipalType.FEDERATED_USER: CallerKind.FEDERATED,
    PrincipalType.SERVICE: CallerKind.SERVICE,
}


class Membership(Frozen):
    """Whether `some`, and whether `every`, of the callers that a principal names is in a set; `None` where it cannot be
    told.

    `rule` is a label and `why` a sentence that goes on after "the grant names X, and"; both are empty where all is
    known.
    """

    some: bool | None
    every: bool | None
    rule: str = ""
    why: str = ""


_ALL = Membership(True, True)
_SOME = Membership(True, False)
_NONE = Membership(False, False)


_MIXED = Membership(None, None, "G2", "whether some caller that it names is all that the invariant says cannot be told")


def _undecided(rule: str, why: str) -> Membership:
    return Membership(None, None, rule, why)


class Surroundings(Frozen, dict=True):
    """What a membership may depend on, indexed once for all grants of a key."""

    estate: Estate
    key: Key

    @cached_property
    def identities(self) -> dict[str, Identity]:
        """The users and roles of the inventory by ARN."""
        return {found.arn: found for found in self.estate.identities}

    @cached_property
    def roles(self) -> dict[tuple[str, str], Identity]:
        """The roles of the inventory by account and name, which is unique in the account."""
        return {(one.id, role.arn.rsplit("/", 1)[1]): role for one in self.estate.accounts for role in one.roles}

    @cached_property
    def members(self) -> frozenset[str]:
        """The accounts of the organization; none where it is not given."""
        return self.estate.organization.members if self.estate.organization else frozenset()


def grantee_membership(principal: Principal, callers: model.CallerSet, around: Surroundings) -> Membership:
    """How many of the callers that the principal names are in the set."""
    if principal.type is PrincipalType.UNIQUE_ID:
        return _NONE
    return _Member(principal, around).of(callers)


class _Member(Frozen):
    """A principal that names somebody."""

    principal: Principal
    around: Surroundings

    def of(self, callers: model.CallerSet) -> Membership:
        """By the structure of the set."""
        match callers:
            case model.AnyCaller():
                return _ALL
            case model.InAccount(account):
                return _certain(self.principal.account == account)
            case model.KeyAccount():
                return _certain(self.principal.account == self.around.key.account)
            case model.InOrganization(organization):
                return self._in_organization(organization)
            case model.OfKind():
                return self._of_kind(callers)
            case model.PrincipalLike(pattern):
                return self._principal_like(pattern.value)
            case model.SessionLike(pattern):
                return self._session_like(pattern.value)
            case model.ServiceLike(pattern):
                is_service = self.principal.type is PrincipalType.SERVICE
                return _certain(is_service and like(pattern.value).matches(self.principal.value))
            case model.IdentityOf():
                return _NONE
            case model.Tagged(condition):
                return self._tagged(condition)
            case model.CallersNot(operand):
                return _negated(self.of(operand))
            case model.CallersAnd(operands):
                return _negated(_union([_negated(self.of(operand)) for operand in operands]))
            case model.CallersOr(operands):
                return _union([self.of(operand) for operand in operands])
            case model.IssuedBy() | model.NamedAccount():
                return _undecided("U2", "who issued its sessions is not known")

    def _in_organization(self, organization: str) -> Membership:
        """F2: given an organization, its members have its ID and no other account has."""
        account, known = self.principal.account, self.around.estate.organization
        if account is None:
            return _NONE
        member = account in self.around.members
        if known is not None and (known.id == organization or member):
            return _certain(known.id == organization and member)
        return _undecided("F2", f"the input does not list the accounts of {organization}")

    def _of_kind(self, callers: model.OfKind) -> Membership:
        if self.principal.type is PrincipalType.ACCOUNT:
            return _certain(callers.kind is not CallerKind.SERVICE, _SOME)
        if _KINDS.get(self.principal.type) is not callers.kind:
            return _NONE
        return self._principal_like("arn:*:iam::*:role/aws-service-role/*") if callers.service_linked else _ALL

    # --- ARN patterns ---

    def _principal_like(self, pattern: str) -> Membership:
        """By `aws:PrincipalArn`: that of a session is the ARN of its role, whose path only the inventory tells."""
        match self.principal.type:
            case PrincipalType.SERVICE:
                return _NONE
            case PrincipalType.ACCOUNT:
                return _certain(_account_matches(pattern, self.principal), _SOME)
            case PrincipalType.SESSION:
                return self._session_of(pattern)
            case _:
                return _certain(_arn_matches(pattern, self.principal.value))

    def _session_of(self, pattern: str) -> Membership:
        role = self._role_of_session()
        if role is not None:
            return _certain(_arn_matches(pattern, role.arn))
        _, _, service, _, _, resource = pattern.split(":", 5)
        if not _account_matches(pattern, self.principal) or service != "iam" or not resource.startswith(("role/", "*")):
            return _NONE
        if resource in ("role/*", "*"):
            return _ALL
        following = re.split(r"[*?]", resource)[-1].rsplit("/", 1)[-1]
        name = self._role_name()
        if not (name.endswith(following) if re.search(r"[*?]", resource) else name == following):
            return _NONE
        return _undecided("F1", "the path of its role is not known, for the inventory does not list the role")

    def _role_name(self) -> str:
        return self.principal.value.split(":", 5)[5].split("/")[1]

    def _role_of_session(self) -> Identity | None:
        return self.around.roles.get((self.principal.account or "", self._role_name()))

    def _session_like(self, pattern: str) -> Membership:
        match self.principal.type:
            case PrincipalType.SESSION:
                return _certain(_arn_matches(pattern, self.principal.value))
            case PrincipalType.ACCOUNT:
                return _certain(_account_matches(pattern, self.principal), _SOME)
            case PrincipalType.ROLE:
                _, name, session = pattern.split(":", 5)[5].split("/", 2)
                called = self.principal.value.rsplit("/", 1)[1]
                matches = _account_matches(pattern, self.principal) and like(name).matches(called)
                return _certain(matches, _ALL if session == "*" else _SOME)
            case _:
                return _NONE

    # --- tags ---

    def _tagged(self, condition: Condition) -> Membership:
        """F3: a service has no tags; those of a role or user are known if the inventory lists it."""
        if self.principal.type is PrincipalType.SERVICE:
            value: str | None = None
        else:
            identity = self._identity()
            if identity is None:
                return _undecided("F3", "the input does not give its tags")
            name = condition.key.value.partition("/")[2].lower()
            value = next((text for key, text in identity.tags if key.lower() == name), None)
        holds = _compares(condition, value)
        if holds is None:
            return _undecided("C3", f"`{condition.operator}` on a tag is not decided for grants")
        return _certain(holds)

    def _identity(self) -> Identity | None:
        if self.principal.type is PrincipalType.SESSION:
            return self._role_of_session()
        return self.around.identities.get(self.principal.value)


# --- joining ---


def _certain(holds: bool, how_many: Membership = _ALL) -> Membership:
    return how_many if holds else _NONE


def _negated(found: Membership) -> Membership:
    return Membership(negation(found.every), negation(found.some), found.rule, found.why)


def _union(found: list[Membership]) -> Membership:
    """Two sets that each hold some of the callers may hold all of them together: that is then not told."""
    partial = [member for member in found if member.some is not False]
    if not partial:
        return _NONE
    if len(partial) == 1 or _ALL in partial:
        return _ALL if _ALL in partial else partial[0]
    doubt = next((member for member in partial if member.why), _MIXED)
    return Membership(True if any(member.some for member in partial) else None, None, doubt.rule, doubt.why)


# --- matching ---


def _arn_matches(pattern: str, arn: str) -> bool:
    predicate = arn_predicate((Fixed(pattern, True),))
    return predicate is not None and predicate.matches(arn)


def _account_matches(pattern: str, principal: Principal) -> bool:
    """True iff a pattern is about callers of the principal's account."""
    _, partition, _, _, account, _ = pattern.split(":", 5)
    return like(account).matches(principal.account or "") and (
        principal.partition is None or like(partition).matches(principal.partition)
    )


def _compares(condition: Condition, value: str | None) -> bool | None:
    """True iff a condition on one tag holds (C); `None` for operators that this module does not read."""
    operator, texts = condition.operator, [text.value for text in condition.values]
    row = operator.row
    if row.type is None:
        return any((value is None) == (text.lower() == "true") for text in texts)
    if operator.set_operator or row.type is not ValueType.STRING or any("${" in text for text in texts):
        return None
    if value is None:
        return operator.if_exists or row.negated
    predicates = (text_predicate(row.sign, [Fixed(text, True)]) for text in texts)
    return any(predicate is not None and predicate.matches(value) for predicate in predicates) != row.negated
