"""What a comparison supposes of roles, looked at: that no session has a session policy (U2).

In: both sides of a target. Out: why it is not known that nothing was gained, or lost, if so. Guarantee: a session whose
session policy allows nothing gains nothing, where `None` is returned: neither a role of the inventory, nor one of an
account without an inventory that the key policy names.

What a session policy does not allow limits as a permissions boundary does (D4, G4), so each role has one here.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import replace

from verifier.model.estate import Account, Estate, Identity, Key
from verifier.model.policy import Effect, Policy, PolicyKind, PrincipalType
from verifier.model.results.verdict import Reason
from verifier.model.symbols import SymbolValues
from verifier.problem.diagrams.diagram import TooLarge
from verifier.problem.rules import QuestionSide
from verifier.problem.semantics.targets import key_target
from verifier.verify.comparison.difference import difference
from verifier.verify.meaning import in_policy, key_meaning, meaning

_ROLE = re.compile(r"arn:(?:aws|aws-cn|aws-us-gov):iam::([0-9]{12}):role/[^*?$]+")
_LIMITED = (PrincipalType.ROLE, PrincipalType.ACCOUNT)
_LINKED = ":role/aws-service-role/"
_NOTHING = Policy(PolicyKind.BOUNDARY, "session-policy", "session policy", True, ())


def gained_by_limited(
    old: Estate, new: Estate, before: Key, after: Key, held: SymbolValues, *, same_surroundings: bool, verb: str
) -> Reason | None:
    """Why it is not known that NEW allows nothing more, if sessions gain that have a session policy. Where nothing else
    is gained, no Deny went that they meet, so that another Allow would have to be it. `verb` says what a gain is."""
    if same_surroundings and _facts(before) == _facts(after) and _direct(after) <= _direct(before):
        return None
    named = dict.fromkeys((*_named(before), *_named(after)))
    sides = [QuestionSide(_limited(estate, named), key_target(key)) for estate, key in ((old, before), (new, after))]
    try:
        found = difference(*sides, held=held).gained.regions
    except TooLarge as error:
        return Reason("U2", f"whether sessions with a session policy {verb} access went beyond a limit: {error}")
    if not found.found:
        return next(iter(found.undecided), None)
    first = found.found[0].region
    what = f"sessions of {first.callers.text} with a session policy {verb} {first.actions.text}"
    return Reason("U2", f"{what}: no session policy limits an Allow that names the session, or everyone [D4]")


def _direct(key: Key) -> set[Hashable]:
    """What may give access to a session itself, and not to its role: Allows, and grants."""
    allows = (
        in_policy(policy, one)
        for policy in key.policies or ()
        for one in policy.statements
        if one.effect is Effect.ALLOW
        and (one.not_principal or any(named.type not in _LIMITED for named in one.principals or ()))
    )
    return {*allows, *map(meaning, key.grants or ())}


def _facts(key: Key) -> Hashable:
    """What of a key decides whether a statement matches."""
    return key_meaning(replace(key, policies=None, grants=None))


def _named(key: Key) -> Iterator[str]:
    """The roles that the key's policies name."""
    for statement in (one for policy in key.policies or () for one in policy.statements):
        for principal in statement.principals or ():
            if principal.type is PrincipalType.ROLE:
                yield principal.value
            elif principal.type is PrincipalType.SESSION:
                yield principal.value.replace(":sts:", ":iam:").replace(":assumed-role/", ":role/").rsplit("/", 1)[0]
        for value in (value for condition in statement.conditions for value in condition.values):
            yield from filter(_ROLE.fullmatch, [value.value])


def _limited(estate: Estate, named: Iterable[str]) -> Estate:
    accounts = {account.id: account for account in estate.accounts}
    listed = {_name(role.arn) for account in estate.accounts for role in account.roles}
    for arn in (arn for arn in named if _ROLE.fullmatch(arn) and _name(arn) not in listed):
        known = accounts.get(_name(arn)[0], Account(_name(arn)[0], complete=False))
        if not known.complete:
            accounts[known.id] = replace(known, roles=(*known.roles, Identity(arn)))
            listed.add(_name(arn))
    return replace(estate, accounts=tuple(map(_bounded, accounts.values())))


def _name(arn: str) -> tuple[str, str]:
    """The account and the name of a role, whatever its path."""
    return arn.split(":")[4], arn.rsplit("/", 1)[1].lower()


def _bounded(account: Account) -> Account:
    roles = (role if _LINKED in role.arn else replace(role, boundary=_NOTHING) for role in account.roles)
    return replace(account, roles=tuple(roles))
