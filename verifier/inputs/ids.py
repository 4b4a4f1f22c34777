"""IDs in policies: those of identities (L8), and those of keys that are not made yet (L6, U3).

In: keys and accounts; then an estate. Out: the same. A unique ID that the inventory holds names its user or role, in
the policies and grants of keys and in the trust policies of roles; a statement with a pattern that the ID of a key
decides, which AWS chooses, or which a primary key has that is not known, is in doubt. Guarantee: an ID that the
inventory does not hold stays one: a deleted identity, which matches nobody. A pattern that covers every ID, or no ARN
of such a key, is as it was; one without wildcards names another key than a new one, and perhaps a replica, whose ID is
that of its primary key [multi-region-keys-overview].

A policy may name a live identity by its ID [IAM User Guide, reference_identifiers, "Unique identifiers"], while L8
knows IDs only as what AWS shows once the identity is deleted: the page wins where the inventory says whose ID it is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase

from verifier.inputs.policies import possible_by, with_statements
from verifier.inputs.text.definitions import letters_of
from verifier.model.estate import Account, Estate, Identity, Key
from verifier.model.grant import Grant
from verifier.model.policy import Effect, Policy, Principal, PrincipalType, Statement, Text
from verifier.model.unmodelled import Influence, Unmodelled
from verifier.syntax.diagnostic import InputError
from verifier.syntax.text import brief, printable

_NOT_MADE = re.compile(r":key/(?:(?:mrk-)?unknown-|mrk-0{16}|00000000-0000-(?:4000-8000|0000-0000)-)")
"""How the ARNs go on that stand for those of keys whose IDs are not known."""
_VARIABLE = re.compile(r"\$\{[^}]*\}")
_FORMS = ("\0" * 36, "mrk-" + "\0" * 32)
"""IDs of the two forms, of characters that no pattern names."""
_USER, _ROLE = "AIDA", "AROA"
"""How the unique IDs of users and of roles start [IAM: reference_identifiers]."""


def with_known_ids(
    keys: Iterable[Key], accounts: tuple[Account, ...], unlisted: Iterable[tuple[str | None, str]] = ()
) -> tuple[tuple[Key, ...], tuple[Account, ...]]:
    """Both, with principals that are unique IDs of the inventory, or of identities that it had and that are `unlisted`,
    replaced by the ARNs of their identities. An ID that IAM makes for none of its kind, or that several identities
    have, stands for one that is not known. Raises `InputError` where a principal is an ID that several have."""
    having = Counter(identity.unique_id for account in accounts for identity in account.identities)
    known = {
        unique_id: arn for unique_id, arn in unlisted if unique_id is not None and unique_id.startswith((_USER, _ROLE))
    } | {
        one.unique_id: one.arn if having[one.unique_id] == 1 else None
        for account in accounts
        for one in account.identities
        if one.unique_id is not None
    }

    def own(identity: Identity) -> Identity:
        found = identity.unique_id
        return identity if found is None or _is_own(identity.arn, found, having) else replace(identity, unique_id=None)

    accounts = tuple(replace(a, users=tuple(map(own, a.users)), roles=tuple(map(own, a.roles))) for a in accounts)

    def named(_: Policy, statement: Statement) -> Statement:
        principals = statement.principals or ()
        if not any(principal.type is PrincipalType.UNIQUE_ID for principal in principals):
            return statement
        return replace(statement, principals=tuple(_principal(principal, known) for principal in principals))

    found = (with_statements(key, named) for key in keys)
    with_grants = tuple(
        replace(key, grants=key.grants and tuple(_grant(g, known) for g in key.grants)) for key in found
    )
    return with_grants, with_statements(accounts, named)


def _is_own(arn: str, unique_id: str, having: Mapping[str | None, int]) -> bool:
    """True iff an ID is one of AWS's, for an identity of its kind [IAM: reference_identifiers], and of that alone."""
    kind = _ROLE if arn.split(":", 5)[5].startswith("role/") else _USER
    return having[unique_id] == 1 and re.fullmatch(rf"{kind}[A-Z0-9]+", unique_id) is not None


def _grant(grant: Grant, known: Mapping[str, str | None]) -> Grant:
    retiring = grant.retiring and _principal(grant.retiring, known)
    return replace(grant, grantee=_principal(grant.grantee, known), retiring=retiring)


def _principal(principal: Principal, known: Mapping[str, str | None]) -> Principal:
    """The identity that has a unique ID, in its place. `known` has the ARNs by ID; `None` for one that several have."""
    if principal.type is not PrincipalType.UNIQUE_ID or principal.value not in known:
        return principal
    arn = known[principal.value]
    if arn is None:
        message = f"`{principal.value}` is the unique ID of several users and roles of the input"
        raise InputError.of(message, principal.span, hint="give each its own ID, or name one by its ARN", rule="L8")
    _, partition, _, _, account, resource = arn.split(":", 5)
    kind = PrincipalType.ROLE if resource.startswith("role/") else PrincipalType.USER
    return Principal(kind, arn, account, partition, principal.span)


def with_open_patterns(estate: Estate) -> Estate:
    """Each statement with a pattern that may cover a key not made yet, and may not, applies to anything or nothing."""
    keys = [key for key in estate.keys if _NOT_MADE.search(key.arn)]
    if not keys:
        return estate
    things: dict[str, Unmodelled] = {}

    def statement(policy: Policy, given: Statement) -> Statement:
        found = next(
            (text for text in given.resources or () if any(_is_open(key.arn, text.value) for key in keys)), None
        )
        if found is None:
            return given
        stated = f"{given.effect.value} of statement {given.index + 1} of {policy.identity}"
        name = printable(f"{stated} by key ID ({letters_of(given.resources)})")
        why = "AWS chooses its ID, or it has that of a primary key"
        description = printable(f"whether {brief(found.value)} covers a key that is not made yet is not known: {why}")
        influence = Influence.MAY_ALLOW if given.effect is Effect.ALLOW else Influence.MAY_REFUSE
        thing = things.setdefault(
            name, Unmodelled(name, "U3", influence, description, span=found.span, of_statement=True)
        )
        return replace(possible_by(given, thing), resources=(Text("*", found.span),), not_resource=False)

    return replace(with_statements(estate, statement), unmodelled=(*estate.unmodelled, *things.values()))


def _is_open(arn: str, pattern: str) -> bool:
    """False only if a pattern covers all of the ARNs that a key may have, or none."""
    # The text that replaces a variable may be the ID of a key.
    may_be_id = "\0" in _VARIABLE.sub("\0", pattern).split(":", 5)[-1]
    wild = _VARIABLE.sub("*", pattern).replace("[", "[[]")
    start, identifier = arn.rsplit("/", 1)
    own = "key/mrk-" if identifier.startswith("mrk-") else "key/"
    forms = _FORMS[1:] if identifier.startswith("mrk-") else _FORMS if identifier.startswith("unknown-") else _FORMS[:1]
    if not may_be_id and all(fnmatchcase(f"{start}/{form}", wild) for form in forms):
        return False
    *head, last = wild.split(":", 5)
    written = re.split(r"[*?]", last)[0]
    of_such_a_key = written.startswith(own) or own.startswith(written)
    may_name_it = written != last or identifier.startswith("mrk-unknown-")
    return may_name_it and of_such_a_key and (len(head) < 5 or all(map(fnmatchcase, start.split(":"), head)))
