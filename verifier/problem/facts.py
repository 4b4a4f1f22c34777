"""Facts about real requests (section 6): what holds of every request that could be sent.

In: a space, after everything that asks questions of it. Out: expressions to assert.
Guarantee: each fact is implied by its rule; a fact about attributes that nothing asks for is left out, since no request
differs by it. Facts never mention a policy.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from itertools import takewhile

from verifier.model.reference import Action, actions, suits
from verifier.problem.callers import identities
from verifier.problem.expression import (
    FALSE,
    TRUE,
    Expression,
    Present,
    Some,
    Symbol,
    Test,
    both,
    disjunction,
    either,
    implies,
    negation,
    same,
)
from verifier.problem.predicates import ANY, Less, OneOf, Predicate, Token, Tokens, exactly, like, literal_tokens, named_accounts
from verifier.problem.space import OTHER_SPELLING, PAIR_PREFIX, Relation, Space, TargetKind, View, acts, facts_of_text

VIA = "aws:viaawsservice"
ANYTHING = (True, ANY)


def all_facts(space: Space) -> list[Expression]:
    """Every fact that matters for the attributes asked for."""
    found: list[Expression] = []
    for facts in _FACTS:
        found += [fact for fact in facts(space) if fact is not TRUE]
    return found


def _has(space: Space, *names: str) -> bool:
    return any(name in space.attributes for name in names)


def _via(space: Space) -> Expression:
    """The request is made by a service on the caller's behalf (a forward access session, P4)."""
    view = space.view(VIA)
    assert isinstance(view, View)
    return view.test(exactly("true"))


def _actions_with(space: Space, matches: Callable[[Action], bool]) -> Expression:
    """The known actions with a property, and every unknown one (U4)."""
    lacking = frozenset(a.name for a in actions() if a.name in space.known_actions and not matches(a))
    return negation(acts(lacking))


# -- F1, F2 --


def _always_present(space: Space) -> Iterator[Expression]:
    """F1: `aws:ViaAWSService` and `aws:UserAgent` are always there."""
    for name in (VIA, "aws:useragent"):
        if _has(space, name):
            yield Present(name)


def _service_keys(space: Space) -> Iterator[Expression]:
    """F1: for a service principal the caller's organization and tags are absent."""
    for name in space.attributes:
        if name.startswith("aws:principaltag/") or name in ("aws:principalorgid", "aws:principalorgpaths"):
            yield implies(space.is_service, negation(Present(name)))
        if name.endswith("#service"):
            yield implies(Present(name), space.has_service_value())
            yield from _not_of_a_named_account(space, name)
        if name.startswith("aws:principaltag/"):
            yield implies(space.is_root, negation(Present(name)))


def _not_of_a_named_account(space: Space, name: str) -> Iterator[Expression]:
    """R2, D6: a service principal calls for itself; whatever it carries about an ARN is not of an account that somebody names."""
    accounts = named_accounts(_predicates(space, name))
    if name.startswith(("aws:principalaccount", "kms:calleraccount")):
        yield negation(Test(name, OneOf(frozenset(accounts))))
    elif name.startswith("aws:principalarn"):
        for account in accounts:
            yield negation(Test(name, like(f"arn:*:*::{account}:*")))


_ORGANIZATION_ID = re.compile(r"o-[a-z0-9]{4,}\Z")
_ORGANIZATIONS = (
    ("aws:principalorgid", "aws:principalorgpaths", "principal"),
    ("aws:resourceorgid", "aws:resourceorgpaths", "resource"),
    ("aws:sourceorgid", "aws:sourceorgpaths", "aws:sourceaccount"),
    ("aws:vpceorgid", "aws:vpceorgpaths", "aws:vpceaccount"),
)


def _organizations(space: Space) -> Iterator[Expression]:
    """F2: organization keys are a function of the account; a given organization has its members and no others."""
    for identifier, paths, owner in _ORGANIZATIONS:
        if not _has(space, identifier, paths):
            continue
        if _has(space, paths):
            space.attribute_view(identifier)
            yield same(Present(identifier), Present(paths))
            yield from _paths_begin_with_the_id(space, identifier, paths)
        if space.estate.organization is not None:
            yield from _given_organization(space, identifier, paths, owner)
    yield from _same_organization(space)


def _accounts_of(space: Space, owner: str, accounts: frozenset[str]) -> Expression:
    if owner == "principal":
        return disjunction(space.in_account(account) for account in sorted(accounts))
    if owner == "resource":
        if space.target.account is None:
            return disjunction(space.in_account(account) for account in sorted(accounts))
        return TRUE if space.target.account in accounts else FALSE
    view = space.attribute_view(owner)
    return view.test(OneOf(accounts))


def _paths_begin_with_the_id(space: Space, identifier: str, paths: str) -> Iterator[Expression]:
    """An organization path begins with the organization's ID: for every ID that a test on either mentions."""
    tested = [p for p in (*_predicates(space, identifier), *_predicates(space, paths)) if isinstance(p, Tokens)]
    mentioned = dict.fromkeys(_fixed_start(predicate).split("/")[0] for predicate in tested)
    for organization in mentioned:
        if not _ORGANIZATION_ID.match(organization):
            continue
        own = frozenset[Predicate]({Tokens((*literal_tokens(organization + "/"), ANYTHING))})
        member = space.attribute_view(identifier).test(exactly(organization))
        yield same(member, Some(paths, own, True))
        yield implies(member, negation(Some(paths, own, False)))


def _fixed_start(pattern: Tokens) -> str:
    singles = takewhile(lambda token: not token[0] and not token[1].negated and len(token[1].listed) == 1, pattern.tokens)
    return "".join(next(iter(characters.listed)) for _, characters in singles)


def _given_organization(space: Space, identifier: str, paths: str, owner: str) -> Iterator[Expression]:
    organization = space.estate.organization
    assert organization is not None
    members = frozenset(account for account, _ in organization.accounts)
    inside = _accounts_of(space, owner, members)
    if _has(space, identifier):
        own_id = space.ask(space.attribute_view(identifier), exactly(organization.id))
        yield implies(inside, own_id)
        yield implies(negation(inside), negation(own_id))
    if _has(space, paths):
        own = Tokens((*literal_tokens(organization.id + "/"), ANYTHING))
        yield implies(inside, both(Present(paths), negation(Some(paths, frozenset({own}), False))))
        yield implies(negation(inside), negation(Some(paths, frozenset({own}), True)))
        by_path: dict[str, set[str]] = {}
        for account, path in organization.accounts:
            if path is not None:
                by_path.setdefault(path, set()).add(account)
        for path, accounts in by_path.items():
            only = both(Present(paths), negation(Some(paths, frozenset({exactly(path)}), False)))
            yield implies(_accounts_of(space, owner, frozenset(accounts)), only)


def _same_organization(space: Space) -> Iterator[Expression]:
    """Callers of the key's account are in the key's organization."""
    if space.target.account is None or not (_has(space, "aws:principalorgid") and _has(space, "aws:resourceorgid")):
        return
    own = space.in_account(space.target.account)
    left, right = space.attribute_view("aws:principalorgid"), space.attribute_view("aws:resourceorgid")
    symbol = "relation:same organization"
    if symbol not in space.relations:
        space.relations[symbol] = Relation(
            symbol, (left, right), lambda values, _: left.value(values) == right.value(values), (left, right)
        )
    yield implies(own, same(left.present, right.present))
    yield implies(both(own, left.present), Symbol(symbol))


# -- F3 --


def _credentials(space: Space) -> Iterator[Expression]:
    """F3: multi-factor and token keys go with temporary credentials."""
    present, age, token = "aws:multifactorauthpresent", "aws:multifactorauthage", "aws:tokenissuetime"
    if _has(space, present, age):
        space.attribute_view(present)
        # The IAM page on the key lists federated users among those whose temporary credentials may carry it, so only services lack it.
        yield implies(space.is_service, negation(Present(present)))
        yield implies(both(space.is_user, _via(space)), Present(present))
    if _has(space, age):
        yield implies(Present(age), Test(present, exactly("true")))
    if _has(space, token):
        yield implies(either(space.is_role, space.is_federated), Present(token))
        yield implies(space.is_service, negation(Present(token)))
        if _has(space, present):
            yield implies(both(space.is_user, Present(token)), Present(present))
            yield implies(both(negation(_via(space)), Present(present)), Present(token))


def _inventory_tags(space: Space) -> Iterator[Expression]:
    """F3: `aws:PrincipalTag/k` of users and roles of the inventory."""
    listed = identities(space)
    for name in [n for n in space.attributes if n.startswith("aws:principaltag/")]:
        wanted = name.removeprefix("aws:principaltag/")
        holders: dict[str | None, set[str]] = {}
        for identity in listed:
            value = next((v for k, v in identity.tags if k.lower() == wanted), None)
            holders.setdefault(value, set()).add(identity.arn)
        for value, arns in holders.items():
            holder = space.one_of(frozenset(arns))
            if value is None:
                yield implies(holder, negation(Present(name)))
            else:
                yield implies(holder, space.ask(space.attribute_view(name), exactly(value)))


def _user_ids(space: Space) -> Iterator[Expression]:
    """`aws:userid` begins with the identity's own unique ID; a role session has a session name (R2)."""
    if not _has(space, "userid"):
        return
    yield same(Test("userid", Tokens((*literal_tokens("AIDA"), ANYTHING))), space.is_user)
    yield same(Test("userid", Tokens((*literal_tokens("AROA"), ANYTHING))), space.is_role)
    for identity in identities(space):
        if identity.unique_id is None:
            continue
        own = space.one_of(frozenset({identity.arn}))
        rest: tuple[Token, ...] = (*literal_tokens(":"), ANYTHING) if ":role/" in identity.arn else ()
        yield same(Test("userid", Tokens((*literal_tokens(identity.unique_id), *rest))), own)


def _issuers(space: Space) -> Iterator[Expression]:
    """R2: a federated session, and only it, has an issuer."""
    if not _has(space, "issuer"):
        return
    yield same(Present("issuer"), space.is_federated)


# -- F4 --

_ENDPOINT_KEYS = (
    "aws:sourcevpce",
    "aws:sourcevpc",
    "aws:sourcevpcarn",
    "aws:vpceaccount",
    "aws:vpcsourceip",
    "aws:vpceorgid",
    "aws:vpceorgpaths",
)


def _network(space: Space) -> Iterator[Expression]:
    """F4: endpoint keys come together, and exclude `aws:SourceIp`; a service calling on the caller's behalf has none of them."""
    if _has(space, "aws:sourceip"):
        space.attribute_view("aws:sourcevpce")  # a request without an address shows the endpoint that it came through
    if _has(space, *_ENDPOINT_KEYS):
        for name in _ENDPOINT_KEYS[:5]:
            space.attribute_view(name)
    present = [name for name in _ENDPOINT_KEYS if _has(space, name)]
    if not present and not _has(space, "aws:sourceip"):
        return
    endpoint = Symbol("through an endpoint")
    for name in present:
        if name in ("aws:vpceorgid", "aws:vpceorgpaths"):
            yield implies(Present(name), endpoint)
        else:
            yield same(Present(name), endpoint)
    if present:
        yield implies(_via(space), negation(endpoint))
    if _has(space, "aws:sourceip"):
        source = Present("aws:sourceip")
        yield implies(endpoint, negation(source))
        yield implies(both(negation(endpoint), negation(_via(space)), negation(space.is_service)), source)
        yield implies(both(_via(space), source), Symbol("F4"))


# -- F5 --


def _services(space: Space) -> Iterator[Expression]:
    """F5: `kms:ViaService` and `aws:CalledVia` go with a service calling on the caller's behalf; a service principal calls for itself."""
    called = ("aws:calledvia", "aws:calledviafirst", "aws:calledvialast")
    if _has(space, "kms:viaservice"):
        yield implies(Present("kms:viaservice"), _via(space))
    if _has(space, *called):
        space.set_view("aws:calledvia")
        yield implies(Present("aws:calledvia"), _via(space))
        for name in called[1:]:
            if _has(space, name):
                yield same(Present(name), Present("aws:calledvia"))
                yield from _member(space, name, "aws:calledvia")
    if _has(space, "aws:principalservicenameslist"):
        yield same(Present("aws:principalservicenameslist"), space.is_service)
        for predicate in list(_predicates(space, "aws:principalservicenameslist")):
            yield implies(
                both(space.is_service, space.principal(predicate)), Some("aws:principalservicenameslist", frozenset({predicate}), True)
            )
    for name in ("aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths"):
        if _has(space, name):
            yield implies(Present(name), space.is_service)
    if _has(space, VIA):
        yield implies(space.is_service, negation(_via(space)))


def _member(space: Space, name: str, of: str) -> Iterator[Expression]:
    """The value of a key is among those of a multi-valued one."""
    for predicate in dict.fromkeys((*_predicates(space, name), *_predicates(space, of))):
        yield implies(Test(name, predicate), Some(of, frozenset({predicate}), True))
        yield implies(both(Present(name), negation(Test(name, predicate))), Some(of, frozenset({predicate}), False))


def _predicates(space: Space, name: str) -> list[Predicate]:
    return list(space.questions.get(name, {}))


def _grants_for_aws(space: Space) -> Iterator[Expression]:
    """F5: `kms:GrantIsForAWSResource` exists for three operations; `true` implies a service calls on the caller's behalf."""
    name = "kms:grantisforawsresource"
    if not _has(space, name):
        return
    allowed = acts(frozenset({"kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"}))
    direct = negation(_via(space))
    yield implies(Present(name), allowed)
    yield implies(Test(name, exactly("true")), _via(space))
    yield implies(both(allowed, direct), same(Present(name), Symbol("F5")))


# -- F6, F7 --

_REQUIRED = frozenset(
    {
        "kms:encryptionalgorithm",
        "kms:signingalgorithm",
        "kms:macalgorithm",
        "kms:keyagreementalgorithm",
        "kms:datakeypairspec",
        "kms:messagetype",
        "kms:granteeprincipal",
        "kms:grantoperations",
        "kms:primaryregion",
        "kms:replicaregion",
        "kms:wrappingalgorithm",
        "kms:wrappingkeyspec",
        "kms:encapsulationalgorithm",
        "kms:reencryptonsamekey",
    }
)
"""Operation keys of parameters that are required or have a default (F6)."""
_DEFAULTED = frozenset({"kms:bypasspolicylockoutsafetycheck", "kms:expirationmodel"})


def _operation_keys(space: Space) -> Iterator[Expression]:
    """F6: an operation key is present only in the operations that have it."""
    for name in space.attributes:
        carried = _carried_by(space, name)
        if carried is None:
            continue
        yield implies(Present(name), carried)
        known = both(carried, acts(space.known_actions))
        if name in _REQUIRED:
            yield implies(known, Present(name))
        elif name in _DEFAULTED:
            yield implies(both(known, Symbol("F6")), Present(name))


def _carried_by(space: Space, name: str) -> Expression | None:
    wanted = name
    for prefix in ("kms:encryptioncontext:", "aws:requesttag/"):
        if name.startswith(prefix):
            wanted = prefix
    if name == "kms:encryptioncontextkeys":
        wanted = "kms:encryptioncontext:"
    if not any(wanted in a.condition_keys for a in actions()) or name == "kms:grantisforawsresource":
        return None
    carried = _actions_with(space, lambda a: wanted in a.condition_keys)
    if wanted == "kms:encryptioncontext:" and "facts" in space.attributes:
        symmetric = Test("facts", _Spec(frozenset({"SYMMETRIC_DEFAULT"})))
        return both(carried, symmetric)
    return carried


class _Spec(Predicate):
    """Key facts with one of some specs."""

    def __init__(self, specs: frozenset[str]) -> None:
        self._specs = specs

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Spec) and other._specs == self._specs

    def __hash__(self) -> int:
        return hash(self._specs)

    def matches(self, value: str) -> bool:
        """Compares the first field."""
        return value.split("|", 1)[0] in self._specs


def _suitable_actions(space: Space) -> Iterator[Expression]:
    """R3: the operation can be sent to a key with these facts."""
    if space.target.kind is not TargetKind.KEY:
        if "facts" in space.attributes:
            yield same(Present("facts"), acts({"kms:CreateKey"}))
        return
    values = space.attributes["facts"].values or ()
    by_unsuited: dict[frozenset[str], list[str]] = {}
    for text in values:
        by_unsuited.setdefault(_unsuited(space.known_actions, text), []).append(text)
    for unsuited, texts in by_unsuited.items():
        if unsuited:
            yield implies(Test("facts", OneOf(frozenset(texts))), negation(acts(unsuited)))


@cache
def _unsuited(names: frozenset[str], text: str) -> frozenset[str]:
    """The actions that cannot be sent to a key with some facts: reference data alone, so remembered from one question to the next."""
    facts = facts_of_text(text)
    return frozenset(name for name in names if not suits(name, facts))


def _existing_actions(space: Space) -> Iterator[Expression]:
    """R3: actions for another kind of resource are not requests on this target."""
    elsewhere = frozenset(a.name for a in actions()) - space.known_actions
    yield negation(acts(elsewhere))


def _pairs(space: Space) -> Iterator[Expression]:
    """F7: the keys of the encryption context are the names of its pairs, with their case; those of request tags compare without."""
    if _has(space, "kms:encryptioncontextkeys"):
        for attribute in [n for n in space.attributes if n.startswith(PAIR_PREFIX)]:
            yield same(Present(attribute), Some("kms:encryptioncontextkeys", *_pair_name(space, attribute)))
    if _has(space, "aws:tagkeys"):
        for attribute in [n for n in space.attributes if n.startswith("aws:requesttag/")]:
            named = Tokens(literal_tokens(attribute.removeprefix("aws:requesttag/"), fold=True))
            yield same(Present(attribute), Some("aws:tagkeys", frozenset({named}), True))


def _pair_name(space: Space, attribute: str) -> tuple[frozenset[Predicate], bool]:
    """Which names the pair of an attribute can have, as the arguments of `Some`."""
    if not attribute.endswith(OTHER_SPELLING):
        return frozenset({exactly(attribute.removeprefix(PAIR_PREFIX))}), True
    name = attribute.removesuffix(OTHER_SPELLING)
    used = [exactly(spelling[len(PAIR_PREFIX) :]) for spelling in space.pair_names.get(name, ())]
    folded = Tokens(literal_tokens(name.removeprefix(PAIR_PREFIX), fold=True))
    return frozenset({Less(folded, tuple(used))}), True


# -- F8 --


def _aliases(space: Space) -> Iterator[Expression]:
    """F8: `kms:RequestAlias` is one of the key's aliases, or absent."""
    name, of = "kms:requestalias", "kms:resourcealiases"
    if not _has(space, name):
        return
    key = space.target.key
    if key is not None and key.manager != "AWS":
        yield negation(Test(name, like("alias/aws/*")))  # R4: these name AWS's own keys
    if key is None:
        yield negation(Present(name))
    elif key.aliases is not None:
        yield implies(Present(name), Test(name, OneOf(frozenset(key.aliases))))
    elif _has(space, of):
        yield from _member(space, name, of)


_FACTS: tuple[Callable[[Space], Iterator[Expression]], ...] = (
    _credentials,
    _network,
    _services,
    _grants_for_aws,
    _organizations,
    _inventory_tags,
    _user_ids,
    _issuers,
    _suitable_actions,
    _existing_actions,
    _operation_keys,
    _pairs,
    _aliases,
    _service_keys,
    _always_present,
)
"""Facts that may ask for further attributes come before those that range over all of them."""
