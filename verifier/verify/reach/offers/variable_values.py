"""The texts that policy variables may stand for, as far as anything tells them apart (L7): what they are of those that
there are, and what they must be for a text with variables to be one that something asks for.

In: an estate, further conditions. Out: patterns of names and ARNs, and texts with their variables filled in.
Guarantee: where a text with variables matches a value that the estate or a condition spells out, or a part of one, what
each variable is then is among the values (over-approximated). Raises `TooLarge` where there are too many.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, product
from math import prod

from verifier.frozen import Frozen
from verifier.model.estate import Estate, Identity, Key, Workload
from verifier.model.operators import WITHOUT_CASE
from verifier.model.policy import Condition, Policy, Text, arn_kind
from verifier.model.reference import ValueType
from verifier.model.steps.actions import IAM_REGION
from verifier.problem.classes.predicates import (
    ANY,
    Token,
    Tokens,
    by_fields,
    exactly,
    like,
    like_arn,
    like_tokens,
    literal_tokens,
)
from verifier.problem.diagrams.diagram import TooLarge
from verifier.problem.semantics.values import Fixed, Template, Variable, template
from verifier.verify.reach.offers.meeting_patterns import parts

USER, ARN = "aws:username", "aws:principalarn"
USERS = ("arn:*:iam::*:user/", "arn:*:iam::*:user/*/")
"""How the ARNs of users begin, up to their names: without a path, and with one."""
_RESOURCE, _SESSION = "resource", "sts:rolesessionname"
_ALIASES = ("kms:resourcealiases", "kms:requestalias")
_REGION = "aws:requestedregion"
_FIXED: dict[str, tuple[str, ...]] = {
    _REGION: ("us-east-1", "us-west-2"),
    "aws:principaltype": ("User", "AssumedRole", "Account"),
}
_FIXED |= {
    f"aws:{name}": ("true", "false")
    for name in ("securetransport", "multifactorauthpresent", "viaawsservice", "principalisawsservice")
}
"""Values of keys that are not free."""
_WITHOUT_SLASHES = (USER, "aws:principalaccount")
"""Those of keys whose values have no slash and no colon."""
_ANYTHING: tuple[Token, ...] = ((True, ANY),)
_VARIABLE = re.compile(r"\$\{[^{}]*\}")
_MOST = 3000
"""So many values of one key are told apart, and so many ways to fill in one text."""


class _Site(Frozen):
    """A text with variables, compared with values of a key, or of resources."""

    key: str
    pieces: Template
    fold: bool
    by_fields: bool
    """Whether it is compared field by field, as ARNs are (L6)."""

    @property
    def variables(self) -> tuple[Variable, ...]:
        return tuple(dict.fromkeys(piece for piece in self.pieces if isinstance(piece, Variable)))


class VariableValues:
    """The values of one estate's variables, by key. `further` are conditions besides those of policies; `inline` are
    policies that one user or role alone has, by whom."""

    def __init__(
        self, estate: Estate, policies: Iterable[Policy], further: Sequence[Condition], inline: dict[str, Identity]
    ) -> None:
        self._sites: dict[_Site, None] = {}
        self._of_identities: set[Tokens] = set()
        self._found: set[Tokens] = set()
        self._first: frozenset[Tokens] = frozenset()
        self._values: defaultdict[str, dict[Tokens, None]] = defaultdict(dict)
        for policy in policies:
            holder = inline.get(policy.identity)
            for statement in policy.statements:
                for text in statement.resources or ():
                    self._take(_RESOURCE, text.value, False, True, holder, policy.variables)
                for one in statement.principals or ():
                    self._add(ARN, exactly(one.value))
                self._conditions(statement.conditions, holder, policy.variables)
        self._conditions(further, None, True)
        if self._sites:
            self._facts(estate)

    @property
    def any_variables(self) -> bool:
        """True iff some value that was read has policy variables."""
        return bool(self._sites)

    def _conditions(self, conditions: Iterable[Condition], holder: Identity | None, variables: bool) -> None:
        for one in conditions:
            row = one.operator.row
            fold, of_arns = row.sign in WITHOUT_CASE, row.type is ValueType.ARN
            for text in one.values:
                self._take(one.key.value, text.value, fold, of_arns, holder, variables)

    def _take(self, key: str, text: str, fold: bool, of_arns: bool, holder: Identity | None, variables: bool) -> None:
        for part in (text, *roles_of_sessions(text)):
            pieces = template(part, variables)
            if any(isinstance(piece, Variable) for piece in pieces):
                own = tuple(_of_holder(piece, holder) for piece in pieces)
                self._sites[_Site(_same(key), own, fold, of_arns)] = None
            elif key != _RESOURCE:
                self._add(_same(key), (like_arn if of_arns else like)(part, fold=fold))

    def _add(self, key: str, value: Tokens) -> bool:
        """True iff a value of a key is new, and can be one: it is taken in."""
        own = self._values[key]
        if value in own or value.tokens in ((), _ANYTHING):
            return False
        parts = any(not repeated and characters.only in ("/", ":") for repeated, characters in value.tokens)
        if key in _WITHOUT_SLASHES and parts:
            return False
        own[value] = None
        if key == USER:  # a user has a name for something to be named after it, and it is asked for by that name
            for arn in _users(value):
                self._add(_RESOURCE, arn)
        if key in (ARN, "aws:userid"):  # a session's name stands at the end of its ARN, and of its `aws:userid`
            for at, (_, characters) in enumerate(value.tokens):
                if characters.only in ("/", ":") and at > 3:
                    self._add(_SESSION, Tokens(value.tokens[at + 1 :]))
        return True

    def _facts(self, estate: Estate) -> None:
        for identity in estate.identities:
            self.add_identity(identity)
        self._first = frozenset(self._of_identities)
        tagged: tuple[Identity | Key | Workload, ...] = (*estate.identities, *estate.keys, *estate.workloads)
        for name, value in (pair for one in tagged for pair in one.tags or ()):
            self._add(_same(f"tag/{name}"), exactly(value))
        for name, values in _FIXED.items():
            for value in (*values, *(_regions(estate) if name == _REGION else ())):
                self._add(name, exactly(value))
        for key in estate.keys:
            self._add(_RESOURCE, exactly(key.arn))
            for alias in key.aliases or ():
                self._add(_ALIASES[0], exactly(alias))
                self._add(_RESOURCE, exactly(f"{key.arn.rpartition(':')[0]}:{alias}"))
            for grant in key.grants or ():
                for name, value in (*(grant.context_equals or ()), *(grant.context_subset or ())):
                    self._add(f"kms:encryptioncontext:{name.lower()}", exactly(value))
                for principal in grant.principals:
                    self._add(ARN, exactly(principal.value))
        for account in estate.accounts:
            self._add("aws:principalaccount", exactly(account.id))
            self.add_arns((*(one.arn for one in account.groups), *(one.arn for one in account.managed)))
            self.add_arns((*(one.arn for one in account.profiles or ()), *(one.arn for one in account.workloads)))
        if estate.organization is not None:
            self._add("aws:principalorgid", exactly(estate.organization.id))

    def add_identity(self, identity: Identity) -> None:
        own = {ARN: exactly(identity.arn)} | (
            {USER: exactly(identity.arn.rsplit("/", 1)[1])} if arn_kind(identity.arn) == "user" else {}
        )
        self._of_identities |= {value for key, value in own.items() if self._add(key, value)}
        if identity.unique_id is not None:
            self._add("aws:userid", exactly(identity.unique_id))
        self.add_arns((identity.arn,))

    def add_arns(self, arns: Iterable[str]) -> None:
        """Takes in what requests can be about."""
        for arn in arns:
            self._add(_RESOURCE, exactly(arn))

    def solve(self) -> None:
        """Finds the values that make a text with variables match one that is known, of all variables."""
        for site in self._sites:
            if site.key != _RESOURCE:  # one step on: what it is of those that there are
                for filled in _filled(site, self._values):
                    if filled.literal is not None:
                        self._add(site.key, filled)
        done: dict[_Site, int] = {}
        while sum(self._solved(site, done) for site in self._sites):
            pass

    def _solved(self, site: _Site, done: dict[_Site, int]) -> bool:
        """True iff some value is new that the variables of a text must have for it to match one of those that it was
        not held against yet, which `done` counts; these are taken in."""
        values = tuple(self._values[site.key])
        new, done[site] = values[done.get(site, 0) :], len(values)
        found = False
        for place, piece in enumerate(site.pieces):
            # What whoever asks is tagged with may be anything, in which case the variable stands for it as it is.
            if isinstance(piece, Variable) and (site.key != _RESOURCE or _same(piece.key) in (USER, ARN)):
                before, after = _tokens(site.pieces[:place], site.fold), _tokens(site.pieces[place + 1 :], site.fold)
                for value in new:
                    for part in map(Tokens, parts(before, value.tokens, after)):
                        found |= self._add(_same(piece.key), part)
                        self._found.add(part)
                if found and len(self._values[_same(piece.key)]) > _MOST:
                    raise TooLarge("policy variables can stand for too many values")
        return found

    def named(self) -> Iterator[Tokens]:
        """The ARNs that other users and roles must have, for variables to be what is asked for."""
        yield from self._names(ARN)
        for name in self._names(USER):
            yield from _users(name)

    def _names(self, key: str) -> Iterator[Tokens]:
        """Those of no user or role alone; of one there is, if its name is asked for: another account may have one."""
        return (
            one
            for one in self._values[key]
            if one not in self._of_identities or (one in self._first and one in self._found)
        )

    def filled(self) -> Iterator[Tokens]:
        """The texts with variables, with each of the values in their place."""
        for site in self._sites:
            for filled in _filled(site, self._values):
                yield filled
                if site.key == USER:
                    yield from _users(filled)


def _users(name: Tokens) -> Iterator[Tokens]:
    return (Tokens((*like_arn(start).tokens, *name.tokens)) for start in USERS)


def _regions(estate: Estate) -> Iterator[str]:
    """Those of keys, and where IAM is asked."""
    for key in estate.keys:
        yield from (key.region, IAM_REGION.get(key.partition, key.region))


def keys_of_names(policies: Iterable[Policy]) -> frozenset[str]:
    """The keys whose values may tell apart names of what could be made: directly, or by policy variables."""
    found = {USER, ARN, "kms:granteeprincipal", "kms:retiringprincipal", "aws:userid"}
    for policy in policies:
        for statement in policy.statements:
            for key, texts in (
                (None, statement.resources or ()),
                *((one.key.value, one.values) for one in statement.conditions),
            ):
                inside = set(chain.from_iterable(map(_variables, texts)))
                found |= inside if key is None or not inside else {*inside, _same(key)}
    return frozenset(found)


def may_tell_names(conditions: Iterable[Condition], keys: frozenset[str]) -> tuple[Condition, ...]:
    """Those conditions of the last requests that are on one of some keys, or have variables."""
    return tuple(one for one in conditions if _same(one.key.value) in keys or any(map(_variables, one.values)))


def _variables(text: Text) -> list[str]:
    return [_same(piece.key) for piece in template(text.value, "${" in text.value) if isinstance(piece, Variable)]


def _same(key: str) -> str:
    """The key under which values of several keys are held against each other."""
    key = key.lower()
    if "tag/" in key:
        return "tag/" + key.split("tag/", 1)[1]
    if key in _ALIASES:
        return _ALIASES[0]
    return "sourceidentity" if key.endswith(":sourceidentity") else key


def _of_holder(piece: Fixed | Variable, holder: Identity | None) -> Fixed | Variable:
    """What a variable is of the only one who has the policy."""
    if holder is None or isinstance(piece, Fixed) or piece.key.lower() not in (USER, ARN):
        return piece
    if piece.key.lower() == ARN:
        return Fixed(holder.arn, False)
    return Fixed(holder.arn.rsplit("/", 1)[1], False) if arn_kind(holder.arn) == "user" else piece


def _filled(site: _Site, values: dict[str, dict[Tokens, None]]) -> Iterator[Tokens]:
    """A text with each of the values in the place of each variable. Raises `TooLarge`."""
    names = site.variables
    choices = [[*([] if one.default is None else [exactly(one.default)]), *values[_same(one.key)]] for one in names]
    if prod(map(len, choices)) > _MOST:
        raise TooLarge("policy variables can stand for too many values")
    for some in product(*choices):
        known = dict(zip(names, some, strict=True))
        pieces = [known.get(piece, piece) if isinstance(piece, Variable) else piece for piece in site.pieces]
        filled = Tokens(_tokens(pieces, site.fold))
        yield by_fields(filled) if site.by_fields else filled


def _tokens(pieces: Sequence[Fixed | Variable | Tokens], fold: bool) -> tuple[Token, ...]:
    """A text as a pattern: variables stand for anything."""
    found: list[Token] = []
    for piece in pieces:
        if isinstance(piece, Tokens):
            found += piece.tokens
        elif isinstance(piece, Variable):
            found += _ANYTHING
        else:
            found += like_tokens(piece.text, fold=fold) if piece.wild else literal_tokens(piece.text, fold=fold)
    return tuple(found)


def roles_of_sessions(text: str) -> Iterator[str]:
    """Patterns of the roles whose sessions a text names: by their names, whatever the path (P3)."""
    beginning, session, rest = text.partition(":assumed-role/")
    if session:
        # a variable may hold colons
        start = _VARIABLE.sub(lambda variable: " " * len(variable[0]), beginning).rfind(":") + 1
        account, name = beginning[start:], rest.partition("/")[0]
        yield from (f"arn:*:iam::{account}:role/{path}{name}" for path in ("", "*/"))
