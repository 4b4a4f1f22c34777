"""Whose a key is, where the input does not say it (S4).

In: key policies as they are read; the texts of a file, and the estate that all files make. Out: the own account, or
`None` where it must be asked for. Guarantee: an account is never taken for the own one because a text names it. KMS
refuses a key policy that leaves nobody of the key's own account able to call `PutKeyPolicy` [key-policy-overview; API:
PutKeyPolicy, the lockout safety check]: where callers of one account alone could be those, the key is that account's.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from itertools import chain, count, islice

from verifier.frozen import Frozen
from verifier.inputs.own_region import EstateAndParts, OpenPlaceError, SidesReader
from verifier.inputs.region_versions import texts_in
from verifier.inputs.snapshot.key_metadata import PLACEHOLDER_ID
from verifier.inputs.supplied import OTHER_STAND_IN, STAND_IN, Supplied
from verifier.model.caller_sets import ACCOUNT_IN_TEXT
from verifier.model.estate import Estate
from verifier.model.own_place import check_account, free_texts
from verifier.model.policy import Effect, Policy, PrincipalType, Statement, arn_account
from verifier.model.reference import ValueType
from verifier.syntax.diagnostic import InputError
from verifier.syntax.generated import PLACEHOLDER
from verifier.syntax.text import first_few, printable

OWN_ACCOUNT_NOT_GIVEN = (
    "the own account is not given: it is unlike every account that the input or the invariants name, and shown as "
    f"{STAND_IN}; `--account` tells it"
)
_NAMED = "the input names a key of it by its ID alone"
_ACCOUNT = re.compile(r"[0-9]{12}")
_ACCOUNTS = re.compile(r"(?=([0-9]{12}))")
"""All accounts that may be in a text, also where they overlap."""
_OF_CALLER = ("aws:principalaccount", "kms:calleraccount")
_NOBODY = (PrincipalType.SERVICE, PrincipalType.CANONICAL_USER)


class Keepers(Frozen):
    """The accounts of which somebody could call `PutKeyPolicy` by a key policy, or more than these; `anyone`: perhaps
    of any account; `certain`: those of which somebody can."""

    accounts: frozenset[str]
    anyone: bool
    certain: frozenset[str]

    @property
    def only(self) -> str | None:
        """The only account, iff somebody of it can: a policy that leaves nobody was put past the check."""
        is_certain = len(self.accounts) == 1 and not self.anyone and self.accounts <= self.certain
        return min(self.accounts) if is_certain else None


def keepers(policy: Policy) -> Keepers:
    """Who could call `PutKeyPolicy`, whatever limits that; and who can, as far as nothing could limit it."""
    found: set[str | None] = set()
    certain: set[str | None] = set()
    denied: set[str | None] = set()
    for statement in filter(_puts_policies, policy.statements):
        if statement.effect is Effect.DENY:
            denied |= _accounts(statement) if statement.only_if is None else {None}
            continue
        named = _accounts(statement)
        found |= named
        if statement.only_if is None and not statement.not_principal and len(statement.conditions) <= 1:
            certain |= named & _by_conditions(statement) if statement.conditions else named
    known = frozenset(account for account in found if account is not None)
    return Keepers(known, None in found, frozenset() if None in denied else (known & certain) - denied)


def _puts_policies(statement: Statement) -> bool:
    patterns = (action.value.lower().replace("[", "[[]") for action in statement.actions)
    return any(fnmatchcase("kms:putkeypolicy", pattern) for pattern in patterns) != statement.not_action


def _accounts(statement: Statement) -> set[str | None]:
    """The accounts of the callers that a statement names; `None` stands for any."""
    if statement.not_principal:
        return _by_conditions(statement)
    found: set[str | None] = set()
    for principal in statement.principals or ():
        if principal.type not in _NOBODY:
            found |= _by_conditions(statement) if principal.account is None else {principal.account}
    return found


def _by_conditions(statement: Statement) -> set[str | None]:
    """Of which accounts the callers must be, where a condition says it."""
    for condition in statement.conditions:
        row = condition.operator.row
        plain = row.type is ValueType.STRING and not row.negated and condition.operator.is_plain
        texts = {value.value for value in condition.values}
        if plain and texts and condition.key.value.lower() in _OF_CALLER and all(map(_ACCOUNT.fullmatch, texts)):
            return {*texts}
    return {None}


def with_own_account(read: SidesReader, supplied: Supplied) -> tuple[EstateAndParts, ...]:
    """What `read` reads, with the own account of plans and templates concluded, if they do not tell it; where nothing
    follows it is read without one, and so asked for where it matters. Raises `InputError` as `read` does."""
    sides = read(replace(supplied, own=STAND_IN))
    if not any(parts.by_stand_in for _, parts in sides):
        return sides
    named = _of_named_key(sides)
    account = named or _concluded(sides)
    if account == STAND_IN and _stands_alone(sides) and not _says_stand_in(read, supplied, sides):
        check_account((estate for estate, _ in sides), STAND_IN)
        _check_compared(supplied, sides)
        sides = _saying(sides, OWN_ACCOUNT_NOT_GIVEN)
        return tuple((replace(estate, open_account=True), parts) for estate, parts in sides)
    again = read(replace(supplied, own=account if account != STAND_IN else None))
    if account in (None, STAND_IN):
        return again
    said = account_conclusion(account, "the keys are") if named is None else f"the own account is {account}: {_NAMED}"
    return _saying(tuple(map(_in_one_account, again)), said)


def _in_one_account(side: EstateAndParts) -> EstateAndParts:
    """What is read, which says so where several inputs do not tell their account: each is taken to be of the one."""
    estate, parts = side
    if len(parts.by_stand_in) <= 1:
        return side
    files = first_few(sorted(parts.by_stand_in))
    return _saying((side,), f"{files} do not tell their account, and are taken to be of one account")[0]


def _check_compared(supplied: Supplied, sides: Sequence[EstateAndParts]) -> None:
    """Raises `OpenPlaceError` where a policy of a key says for keys of which account it is, or compares accounts with
    tags, aliases or encryption contexts that hold the own one; or where a login may be to one of several accounts."""
    found = chain.from_iterable((*_of_own_resource(estate), *_of_free_texts(estate)) for estate, _ in sides)
    of_logins = {account for _, parts in sides for account in parts.named_accounts}
    named = sorted({*found, *of_logins} - {STAND_IN})
    if not named:
        return
    files = first_few(sorted(file for _, parts in sides for file in parts.by_stand_in))
    message = f"what {files} says depends on the own account, and which one it is is not given"
    if of_logins:
        message = f"the provider of {files} may be of {first_few(sorted(of_logins))}, and of which is not given"
    error = InputError.of(printable(message), hint="give it with --account", rule="S4")
    if any(parts.inspects_stand_ins for _, parts in sides):
        raise error
    raise open_accounts(error, supplied, named)


def open_accounts(error: InputError, supplied: Supplied, named: Collection[str]) -> OpenPlaceError:
    """The error as one about the account, which may be one of those that are named, or another, which is first."""
    other = next(number for number in map("{:012}".format, count(1)) if number not in named)
    places = (replace(supplied, account=account) for account in (other, *sorted(named)))
    return OpenPlaceError(error.diagnostics, "account", places)


def _of_own_resource(estate: Estate) -> Iterator[str]:
    """The accounts that policies of keys say of what they are about, which is the key."""
    for statement in (one for key in estate.keys for policy in key.policies or () for one in policy.statements):
        texts = [text.value for text in statement.resources or ()]
        for condition in statement.conditions:
            if condition.key.value.lower() == "aws:resourceaccount":
                texts += [text.value for text in condition.values]
        yield from chain.from_iterable(map(_accounts_in, texts))


def _of_free_texts(estate: Estate) -> Iterator[str]:
    """The accounts in texts of tags and the like, where some of these hold the own one."""
    texts = tuple(free_texts(estate))
    if any(STAND_IN in text for text in texts):
        yield from chain.from_iterable(map(_accounts_in, texts))


def _accounts_in(text: str) -> list[str]:
    """The accounts that may be in a text, but for what stands for generated parts, unless one looks as that does."""
    return [*_ACCOUNTS.findall(PLACEHOLDER.sub(" ", text)), *ACCOUNT_IN_TEXT.findall(text)]


def _of_named_key(sides: Sequence[EstateAndParts]) -> str | None:
    """The account of the only key with an ID that a plan or template names alone [concepts, Key identifiers]."""
    arns = [arn for estate, parts in sides for arn in (*(key.arn for key in estate.keys), *parts.key_changes)]
    named = [(arn_account(arn), (arn.split(":")[3], arn.rsplit("/", 1)[-1])) for arn in arns]
    own = {key for account, key in named if account == STAND_IN}
    found = {account for account, key in named if key in own} - {STAND_IN}
    return min(found) if len(found) == 1 else None


def account_conclusion(account: str, whose: str) -> str:
    """How an account is known by the argument of the lockout check."""
    return (
        f"{whose} of account {account}: the input does not tell the account, callers of no other could call "
        "kms:PutKeyPolicy, and KMS refuses a key policy that leaves nobody of the key's own account able to"
    )


def _saying(sides: tuple[EstateAndParts, ...], sentence: str) -> tuple[EstateAndParts, ...]:
    return tuple((replace(estate, concluded=(*estate.concluded, sentence)), parts) for estate, parts in sides)


def _concluded(sides: Sequence[EstateAndParts]) -> str | None:
    keys = (key for estate, parts in sides for key in estate.keys if key.arn not in parts.unchecked)
    found = [keepers(key.policies[0]) for key in keys if key.account == STAND_IN and key.policies]
    telling = [each for each in found if each.accounts and not each.anyone and STAND_IN not in each.accounts]
    if telling:
        common = frozenset.intersection(*(each.accounts for each in telling))
        certain = any(common <= each.certain for each in telling)
        return min(common) if len(common) == 1 and certain else None
    empty = not any(estate.keys for estate, _ in sides)
    if empty or any(STAND_IN in each.accounts for each in found):
        return STAND_IN
    # Where no account is named, all are alike, and the own one is any of them.
    return None if any(_names_another(estate) for estate, _ in sides) else STAND_IN


def _names_another(estate: Estate) -> bool:
    """True iff a policy or grant spells out an account other than the stand-in."""
    policies = (*estate.deciding_policies(), *estate.trust_policies())
    statements = [statement for policy in policies for statement in policy.statements]
    texts = [text.value for statement in statements for text in statement.resources or ()]
    texts += [principal.value for statement in statements for principal in statement.principals or ()]
    texts += [text.value for statement in statements for condition in statement.conditions for text in condition.values]
    texts += [principal.value for principal in estate.grant_principals]
    return any(account != STAND_IN for text in texts for account in _accounts_in(text))


def _stands_alone(sides: Sequence[EstateAndParts]) -> bool:
    """True iff no other input could be of the same account."""
    return all(
        len(parts.by_stand_in) <= 1
        and not parts.accounts
        and parts.organization is None
        and all(key.account == STAND_IN for key in estate.keys)
        for estate, parts in sides
    )


def _says_stand_in(read: SidesReader, supplied: Supplied, sides: Sequence[EstateAndParts]) -> bool:
    """True iff the input says the stand-in itself: then also where another stands for the own account."""
    for (estate, _), (other, _) in zip(sides, read(replace(supplied, own=OTHER_STAND_IN)), strict=True):
        texts = (PLACEHOLDER.sub(" ", text) for text in texts_in(replace(other, inputs=())))
        if any(STAND_IN in text for text in texts) or len(other.unmodelled) != len(estate.unmodelled):
            return True
    return False


def accounts_that_may_own(read: SidesReader, supplied: Supplied, text: str) -> tuple[Supplied, ...]:
    """What could be supplied of the account of the keys of a file that refers to none: each that it names, and one for
    all others, which is first. Raises `InputError` where it tells such others apart, or cannot be read."""
    numbers = (number for number in map("{:012}".format, count(1)) if number not in text)
    two = tuple(islice(numbers, 2))
    named = {*_ACCOUNTS.findall(text)}
    # What stands for all others is no name: another in its place tells whether it is named as well.
    for other in two:
        for estate, _ in read(replace(supplied, account=other)):
            check_account((estate,), other)
            texts = (text.replace(PLACEHOLDER_ID, "") for text in texts_in(replace(estate, inputs=())))
            named |= {found for text in texts for found in _ACCOUNTS.findall(text)} - {other}
    other = next(number for number in chain(two, numbers) if number not in named)
    return tuple(replace(supplied, account=account) for account in (other, *sorted(named)))
