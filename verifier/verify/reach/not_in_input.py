"""Keys that the input does not hold, in accounts that it names: ciphertexts can be re-encrypted under them; accounts of
a caller's own, which it does not name (W2).

In: an estate, a partition and Region. Out: keys whose policies leave it to those of the accounts named, and of which
nothing else is known; accounts. Guarantee: of all keys and accounts that the input does not have, there is one for each
way in which policies tell them apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from verifier.model.estate import Estate, Key
from verifier.model.named_accounts import ACCOUNT, accounts_named, texts_about_accounts
from verifier.model.policy import Condition
from verifier.problem.classes.attributes import DIGITS
from verifier.problem.classes.predicates import Characters, Tokens, like, literal_tokens
from verifier.problem.classes.tables import MORE_STATES, OverBudget, WordTable
from verifier.problem.classes.words import Domain
from verifier.problem.diagrams.diagram import TooLarge
from verifier.verify.reach.documents import delegating_key_policy

_HEX = Characters(frozenset("0123456789abcdef"))
_KEY = re.compile(r"arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[a-z0-9-]+", re.ASCII)
_VARIABLE = re.compile(r"\$\{[^}]*\}")
_IDS = ("-".join("h" * length for length in (8, 4, 4, 4, 12)), "mrk-" + "h" * 32)


def other_keys(estate: Estate, partition: str, region: str) -> Iterator[Key]:
    """Raises `TooLarge`."""
    listed, named = {key.arn for key in estate.keys}, accounts_named(estate)
    telling = dict.fromkeys(text for text in texts_about_accounts(estate) if _tells_keys(text))
    whole = [text for text in telling if _KEY.fullmatch(text) and text.split(":")[1:4] == [partition, "kms", region]]
    patterns = tuple(like(_VARIABLE.sub("*", text)) for text in telling if set("*?$") & set(text))
    found = dict.fromkeys(arn for arn in whole if arn not in listed)
    for account in _accounts(estate, named):
        start = literal_tokens(f"arn:{partition}:kms:{region}:{account}:key/")
        try:
            table = WordTable(
                Domain("other key", tuple(Tokens((*start, *_id(form))) for form in _IDS)), patterns, MORE_STATES
            )
        except OverBudget as error:
            raise TooLarge("the policies tell apart too many keys") from error
        known = {*listed, *found}
        for number in range(table.size):
            found.update(dict.fromkeys([one for one in table.members(number, len(known) + 1) if one not in known][:1]))
    for arn in found:
        yield Key(arn, policies=(delegating_key_policy(arn, named),), grants=())


def _accounts(estate: Estate, named: frozenset[str]) -> list[str]:
    """The accounts whose keys may be told apart from others': each that has an inventory or a key, or that stands in
    what policies say of resources; of the rest of the organization, one for each place in it."""
    own = {account.id for account in estate.accounts} | {key.account for key in estate.keys}
    text = "\n".join(text for text in texts_about_accounts(estate) if not text.startswith("arn:") or _of_kms(text))
    apart = {account for account in named if account in own or account in text}
    if estate.organization is not None:
        controls = {one.account: one.resource for one in estate.organization.controls}
        places = {
            (path, controls.get(account)): account
            for account, path in estate.organization.accounts
            if account not in apart
        }
        apart.update(places.values())
    return sorted(apart & named)


def _of_kms(pattern: str) -> bool:
    fields = pattern.split(":", 5)
    return len(fields) < 6 or fnmatchcase("kms", fields[2].lower().replace("[", "[[]"))


def _tells_keys(pattern: str) -> bool:
    """Whether a pattern may cover one key of an account and Region, and not another."""
    last = pattern.split(":", 5)[-1]
    return _of_kms(pattern) and last not in ("*", "key/*") and ("key" in last or "*" in pattern)


def _id(form: str) -> Iterator[tuple[bool, Characters]]:
    for one in form:
        yield (False, _HEX) if one == "h" else literal_tokens(one)[0]


_PATTERN = re.compile(r"(?<![^:])(?=[0-9*?]*[0-9])(?=[0-9*?]*[*?])[0-9*?]+", re.ASCII)
"""A field of an ARN, or a whole text, that begins with a pattern of digits."""


def own_accounts(estate: Estate, conditions: Sequence[Condition] = ()) -> tuple[str, ...]:
    """Accounts that stand for all that a caller may have, with those that only `conditions` on the last requests name.
    Raises `TooLarge`."""
    named = accounts_named(estate)
    texts = [text.value for condition in conditions for text in condition.values]
    patterns = {
        like(found): None for text in (*texts_about_accounts(estate), *texts) for found in _PATTERN.findall(text)
    }
    patterns |= {like(found): None for text in texts for found in ACCOUNT.findall(text)}
    domain = Domain("own account", (Tokens(((False, DIGITS),) * 12),), ("999999999999",))
    try:
        table = WordTable(domain, tuple(patterns), MORE_STATES)
    except OverBudget as error:
        raise TooLarge("the policies tell apart too many accounts") from error

    def found() -> Iterator[str]:
        for number in range(table.size):
            members = (table.pick(1 << number)[1], *table.members(number, len(named) + 1))
            yield from [one for one in members if one not in named][:1]

    return tuple(found())
