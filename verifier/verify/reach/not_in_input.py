"""Keys that the input does not hold, in accounts that it names: ciphertexts can be re-encrypted under them; accounts of
a caller's own, which it does not name (W2); the replicas that a caller could make of a key (R8).

In: an estate, a partition and Region, or a key. Out: keys whose policies leave it to those of the accounts named, and
of which nothing else is known; accounts; replicas as they are when they were just made, with any tags and aliases.
Guarantee: of all keys, accounts and Regions that the input does not have, there is one for each way in which policies
tell them apart; unless `leaves_keys_out` says otherwise of keys, or `replicas` is `None`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import product

from verifier.model.caller_sets import ACCOUNT_IN_TEXT, accounts_named, estate_conditions, texts_about_accounts
from verifier.model.choices import REGION_PATTERN
from verifier.model.estate import Estate, Key
from verifier.model.policy import Condition, Policy
from verifier.model.reference import ValueType
from verifier.model.steps.descriptions import OWN_KEYS, is_own_key
from verifier.problem.classes.attributes import DIGITS
from verifier.problem.classes.predicates import Characters, Tokens, like, literal_tokens
from verifier.problem.classes.tables import WordTable
from verifier.problem.classes.words import Domain
from verifier.problem.diagrams.diagram import TooLarge
from verifier.verify.reach.distinctions import words_by_patterns
from verifier.verify.reach.documents import delegating_key_policy, key_policy
from verifier.verify.reach.narrowed import of_callers, says_of_keys

_HEX = Characters(frozenset("0123456789abcdef"))
_KEY = re.compile(r"arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[a-z0-9-]+", re.ASCII)
_VARIABLE = re.compile(r"\$\{[^}]*\}")
_NAMED_BY_VARIABLE = re.compile(r"(arn:|[*?]).*\$\{(?![^}]*\}.*:key/)", re.DOTALL)
"""A pattern of ARNs that has a variable where the key is named: which keys it covers turns on the request."""
_IDS = ("-".join("h" * length for length in (8, 4, 4, 4, 12)), "mrk-" + "h" * 32)
_MULTI_REGION = ("*:key/mrk-*",)
_TYPES = ("kms:multiregion",)
_SPECS = ("kms:keyspec", "kms:customermasterkeyspec", "kms:encryptionalgorithm")
_ORIGINS = ("kms:keyorigin",)
"""How the condition keys begin that tell keys apart by what they are: multi-Region or not, by spec, and by origin."""


def other_keys(estate: Estate, partition: str, region: str) -> Iterator[Key]:
    """One key for each way in which policies tell apart those of a Region that the input does not hold. Raises
    `TooLarge`."""
    listed, named = {key.arn for key in estate.keys}, accounts_named(estate)
    telling = dict.fromkeys(text for text in texts_about_accounts(estate) if _tells_keys(text))
    whole = [text for text in telling if _KEY.fullmatch(text) and text.split(":")[1:4] == [partition, "kms", region]]
    found = dict.fromkeys(arn for arn in whole if arn not in listed)
    for account in _accounts(estate, named):
        table = _classes_of_keys(estate, f"arn:{partition}:kms:{region}:{account}:key/")
        known = {*listed, *found}
        for number in range(table.size):
            found.update(dict.fromkeys([one for one in table.members(number, len(known) + 1) if one not in known][:1]))
    for arn in found:
        yield Key(arn, policies=(delegating_key_policy(arn, named),), grants=())


def unread_keys(estate: Estate) -> Iterator[Key]:
    """The keys of which the input does not hold the policy: it may let everyone do everything."""
    for key in estate.keys:
        if not key.policies:
            yield replace(key, policies=(key_policy(key.arn, ()),), grants=key.grants or ())


def leaves_keys_out(estate: Estate, partition: str, region: str) -> bool:
    """True iff the policies of an estate, which has its `own_keys`, tell apart more keys of a Region than these and
    `other_keys` stand for: by variables, or own keys by more of their IDs. Raises `TooLarge`."""
    by_variables = [_pattern(text) for text in _patterns(estate) if _NAMED_BY_VARIABLE.match(text)]
    own = [key.arn for key in estate.keys if is_own_key(key.arn)]
    for account in (*_accounts(estate, accounts_named(estate)), *estate.own_accounts):
        table = _classes_of_keys(estate, f"arn:{partition}:kms:{region}:{account}:key/")
        if any(map(table.mask, by_variables)):
            return True
        if account in estate.own_accounts and table.size > len({*map(table.class_of, own)} - {None}):
            return True
    return False


def _classes_of_keys(estate: Estate, start: str) -> WordTable:
    """The keys whose ARNs begin so, as policies tell them apart. Raises `TooLarge`."""
    domain = Domain("other key", tuple(Tokens((*literal_tokens(start), *_id(form))) for form in _IDS))
    types = _MULTI_REGION if _speaks_of(estate, _TYPES) else ()
    return words_by_patterns(domain, map(_pattern, (*_patterns(estate), *types)), "keys")


def _patterns(estate: Estate) -> Iterator[str]:
    """The patterns by which policies may tell keys apart."""
    texts = dict.fromkeys(texts_about_accounts(estate))
    return (text for text in texts if set("*?$") & set(text) and _tells_keys(text))


def _pattern(text: str) -> Tokens:
    return like(_VARIABLE.sub("*", text))


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
    return len(fields) < 6 or like(fields[2].lower()).matches("kms")


def _tells_keys(pattern: str) -> bool:
    """False only if a pattern covers all keys of an account and Region, or none of them."""
    last = pattern.split(":", 5)[-1]
    wild = set("*?") & set(pattern) or (pattern.startswith("arn:") and "$" in pattern)
    return _of_kms(pattern) and last not in ("*", "key/*") and bool("key" in last or wild)


def _id(form: str) -> Iterator[tuple[bool, Characters]]:
    for one in form:
        yield (False, _HEX) if one == "h" else literal_tokens(one)[0]


_PATTERN = re.compile(r"(?<![^:])(?=[0-9*?]*[0-9])(?=[0-9*?]*[*?])[0-9*?]+", re.ASCII)
"""A field of an ARN, or a whole text, that begins with a pattern of digits."""


def own_accounts(estate: Estate, conditions: Sequence[Condition]) -> tuple[str, ...]:
    """Accounts that stand for all that a caller may have, with those that only `conditions` on the last requests name.
    Raises `TooLarge`."""
    if any(map(_of_numbers, (*estate_conditions(estate), *conditions))):
        raise TooLarge("the policies compare IDs of accounts as numbers")
    named = accounts_named(estate)
    texts = [text.value for condition in conditions for text in condition.values]
    patterns = {
        like(found): None for text in (*texts_about_accounts(estate), *texts) for found in _PATTERN.findall(text)
    }
    patterns |= {like(found): None for text in texts for found in ACCOUNT_IN_TEXT.findall(text)}
    domain = Domain("own account", (Tokens(((False, DIGITS),) * 12),), ("999999999999",))
    table = words_by_patterns(domain, patterns, "accounts")

    def found() -> Iterator[str]:
        for number in range(table.size):
            members = (table.pick(1 << number)[1], *table.members(number, len(named) + 1))
            yield from [one for one in members if one not in named][:1]

    return tuple(found())


def _of_numbers(condition: Condition) -> bool:
    """True iff a condition compares, as a number, what may be the ID of an account."""
    name = condition.key.value.lower()
    return condition.operator.row.type is ValueType.NUMERIC and name.endswith(("account", "aws:userid"))


def own_keys(estate: Estate, accounts: Sequence[str]) -> Iterator[Key]:
    """In each Region, keys of accounts that nobody else knows, where everyone may do everything: a caller can always
    have one (W2), and of whatever kind. Its spec and origin are free where policies tell keys apart by them; there is
    one ID for each way in which policies tell apart IDs, and multi-Region keys from others."""
    apart = [
        _pattern(text) for text in _patterns(estate) if not ACCOUNT_IN_TEXT.search(text)
    ]  # the others are not of these accounts
    specs, origins, types = (_speaks_of(estate, names) for names in (_SPECS, _ORIGINS, _TYPES))
    places = dict.fromkeys((key.partition, key.region) for key in estate.keys)
    for (partition, region), account in product(places, accounts):
        by_class: dict[tuple[bool, ...], str] = {}
        for name in OWN_KEYS:
            arn = f"arn:{partition}:kms:{region}:{account}:key/{name}"
            by_class.setdefault((types and _is_multi_region(arn), *(text.matches(arn) for text in apart)), arn)
        for arn in by_class.values():
            yield Key(
                arn,
                name="a key of the caller's own",
                policies=(key_policy(arn, ()),),
                spec=None if specs else "SYMMETRIC_DEFAULT",
                usage="ENCRYPT_DECRYPT",
                origin=None if origins else "AWS_KMS",
                multi_region=_is_multi_region(arn),
                aliases=(),
                tags=(),
                grants=(),
            )


def _speaks_of(estate: Estate, names: Sequence[str]) -> bool:
    """True iff a policy speaks of some condition keys, also by variables."""
    return any(name in text.lower() for text in texts_about_accounts(estate) for name in names)


def _is_multi_region(arn: str) -> bool:
    return ":key/mrk-" in arn


# -- replicas --


_REGION = re.compile(REGION_PATTERN)
OTHER_REGIONS = ("us-east-1", "us-west-2", "eu-west-1", "ap-southeast-2")
OF_REGIONS = ("aws:requestedregion", "kms:viaservice", "kms:primaryregion", "kms:replicaregion")
"""Condition keys whose values say which Region it is."""


def replica(key: Key, region: str, principals: Iterable[str]) -> Key:
    """A replica in another Region, whose policy serves some principals: it has no tags, aliases and grants yet."""
    fields = key.arn.split(":")
    arn = ":".join((*fields[:3], region, *fields[4:]))
    policy = key_policy(arn, principals)
    return replace(
        key,
        arn=arn,
        name=None,
        policies=(policy,),
        multi_region=True,
        multi_region_type="REPLICA",
        aliases=(),
        tags=(),
        grants=(),
    )


def replicas(estate: Estate, key: Key) -> tuple[Key, ...] | None:
    """One in each Region that a policy names, and one in a Region that none does. Their tags and aliases are free:
    whoever makes a replica may give it some."""
    named: set[str] = set()
    for policy in of_callers(estate, says_of_keys):
        for text in _texts(policy):
            if not _whole_regions(text):
                return None
            named.update(found.group() for found in _REGION.finditer(text))
    other = next((region for region in OTHER_REGIONS if region not in named and region != key.region), None)
    if other is None:
        return None
    regions = sorted({*named, other} - {key.region})
    return tuple(replace(replica(key, region, ()), tags=None, aliases=None) for region in regions)


def _texts(policy: Policy) -> Iterator[str]:
    """What a policy says of Regions."""
    for statement in policy.statements:
        yield from (text.value for text in statement.resources or ())
    for condition in policy.conditions:
        if condition.key.value.lower() in OF_REGIONS:
            yield from (text.value for text in condition.values)


def _whole_regions(text: str) -> bool:
    """True iff a pattern names whole Regions, or every one."""
    text = text.lower()
    if text.startswith("arn:"):
        return all(not _wild(field) or field == "*" for field in text.split(":")[1:5])
    return not _wild(text) or "*" in (text, *text.split("."))


def _wild(text: str) -> bool:
    return any(sign in text for sign in ("*", "?", "${"))
