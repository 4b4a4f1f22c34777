"""Users and roles that a plan deletes and makes again under their own names, and users that get another ARN.

Guarantee: AWS keeps the unique ID of whom a policy names when it is saved, so that a policy written before does not
name the new one, and names a user whose name or path has changed since (L8); whether one is written after, or at all,
is not told apart. [IAM: reference_policies_elements_principal, IAM role principals, IAM user principals;
id_users_manage, Renaming an IAM user]
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from verifier.frozen import Frozen
from verifier.inputs.policies import possible_by, with_statements
from verifier.inputs.text.nodes import Node
from verifier.model.estate import Estate, Key
from verifier.model.grant import Grant
from verifier.model.policy import Policy, PrincipalType, Statement
from verifier.model.unmodelled import Influence, Unmodelled
from verifier.syntax.source import Span
from verifier.syntax.text import printable


class Remade(Frozen):
    """A user or role, and the address of the resource that is replaced; or of the user that is `renamed`, whose ARN is
    another one `now` (`None`: one that is not known)."""

    arn: str
    address: str
    span: Span
    renamed: bool = False
    now: str | None = None

    @property
    def done(self) -> str:
        """What is done to it."""
        return "renamed" if self.renamed else "made again"

    @property
    def may_mean(self) -> str:
        """Whom what names its ARN may mean, in the end of a sentence."""
        return "it, by its unique ID" if self.renamed else "the one that it replaces, by its unique ID"


def renamed(was: object, now: str | None, address: str, place: Node) -> list[Remade]:
    """That a user has another ARN now, if it has."""
    return [Remade(was, address, place.span, True, now)] if isinstance(was, str) and was != now else []


def with_remade(estate: Estate, found: Sequence[Remade]) -> Estate:
    """The estate, with a thing that is not known for each of those that some policy names."""
    for one in found:
        name = printable(f"{one.address}, {one.done}")
        why = printable(f"{one.address} is {one.done}, and a policy that names {one.arn} may mean {one.may_mean}")
        thing = Unmodelled(name, "L8", Influence.EITHER, why, span=one.span, of_statement=True)
        changed = with_statements(estate, partial(_doubting, one, thing))
        things = [thing] if changed != estate else []
        granted = [key for key in estate.keys if any(_names(one, grant) for grant in key.grants or ())]
        things += [thing for key in granted for thing in _of_grants(one, key)]
        keys = tuple(_granted_now(one, key) if one.renamed and key in granted else key for key in changed.keys)
        estate = replace(changed, keys=keys, unmodelled=(*changed.unmodelled, *things))
    return estate


def _names(one: Remade, grant: Grant) -> bool:
    return any(one.arn == principal.value for principal in grant.principals)


def _of_grants(one: Remade, key: Key) -> Iterator[Unmodelled]:
    """That the grants of a key to it may be to the one that was deleted, or to the user under another name."""
    why = printable(
        f"{one.address} is {one.done}, and the grants of {key.arn} that name {one.arn} may mean {one.may_mean}"
    )
    name = printable(f"{one.address}, {one.done}, as a grantee of {key.arn}")
    yield Unmodelled(name, "L8", Influence.MAY_REFUSE, why, key.arn, principal=one.arn, span=one.span)
    if one.now is not None:
        yield Unmodelled(f"{name}, now", "L8", Influence.MAY_REFUSE, why, key.arn, principal=one.now, span=one.span)


def _granted_now(one: Remade, key: Key) -> Key:
    """A key with the grants to a user for either ARN; for one that is hidden where the other is not known."""
    grants = [replace(grant, id=f"{grant.id}, {one.done}") for grant in key.grants or () if _names(one, grant)]
    if one.now is None:
        return replace(key, grants=(*(key.grants or ()), *(replace(grant, grantee_hidden=True) for grant in grants)))
    now = {principal: replace(principal, value=one.now) for grant in grants for principal in grant.principals}
    now = {old: new if old.value == one.arn else old for old, new in now.items()}
    copies = (
        replace(grant, grantee=now[grant.grantee], retiring=grant.retiring and now[grant.retiring]) for grant in grants
    )
    return replace(key, grants=(*(key.grants or ()), *copies))


def _doubting(one: Remade, thing: Unmodelled, _: Policy, statement: Statement) -> Statement:
    """A statement that names a principal, in doubt."""
    named = any(principal.value == one.arn for principal in statement.principals or ())
    return possible_by(_named_now(one, statement), thing) if named else statement


def _named_now(one: Remade, statement: Statement) -> Statement:
    """A statement that names a user by either ARN; everybody, where the other, or whom it spares, is not known."""
    if not one.renamed:
        return statement
    principals = [principal for principal in statement.principals or () if principal.value == one.arn]
    if one.now is None or statement.not_principal:
        everybody = replace(principals[0], type=PrincipalType.ANYONE, value="*", account=None, partition=None)
        return replace(statement, principals=(everybody,), not_principal=False)
    now = (replace(principal, value=one.now) for principal in principals)
    return replace(statement, principals=(*(statement.principals or ()), *now))
