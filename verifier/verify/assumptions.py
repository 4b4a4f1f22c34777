"""What a verdict supposes, in sentences with rule labels; and what a report says of a key before its verdicts.

In: a question and the answer to a claim; an estate with a key. Out: `Assumption`s; a `KeySummary`.
Guarantee: what was not given, is supposed absent or free, and would bear on the verdict, is named (S4, U1–U4, L5a, D7,
V, G1); what was given is not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from verifier.ask.answers import Answer, Proved, Refuted
from verifier.model import invariant as model
from verifier.model.caller_sets import possible_kinds
from verifier.model.estate import Estate, Key
from verifier.model.invariant_file import AnyInvariant
from verifier.model.operators import WITHOUT_CASE, Sign
from verifier.model.organization import Controls, Level, Organization
from verifier.model.policy import Condition, Policy, Principal, PrincipalType, Statement, Text, reference_to
from verifier.model.readings import WHICH_PAIR
from verifier.model.reference import ValueType, data_version
from verifier.model.request import CallerKind
from verifier.model.results.verdict import Assumption, KeySummary
from verifier.model.symbols import SymbolName, SymbolValues
from verifier.model.unmodelled import ANY_ENDPOINT
from verifier.problem.classes.domains import context_attribute
from verifier.problem.classes.predicates import Predicate
from verifier.problem.classes.search import find_word
from verifier.problem.classes.tables import OverBudget
from verifier.problem.diagrams.finite import questions
from verifier.problem.expression import symbols_of
from verifier.problem.facts.operations import OF_OTHERS
from verifier.problem.question import Claim, Question
from verifier.problem.semantics.conditions import unread
from verifier.problem.semantics.targets import Target, TargetKind
from verifier.problem.semantics.values import plain_predicate
from verifier.problem.sessions.session_tags import is_read_later
from verifier.problem.space import PAIR_PREFIX
from verifier.problem.subjects import family_of, is_multi_region, keys_in_question
from verifier.syntax.text import first_few


def assumptions(question: Question, claim: Claim, answer: Answer, held: SymbolValues) -> tuple[Assumption, ...]:
    estate, target = question.space.estate, question.space.target
    found = [*given(estate, target)]
    if target.key is not None:
        found += keys_selected(estate, target.key, claim.invariant)
    if claim.invariant.expectation is model.Expectation.ALLOWED and not isinstance(answer, Refuted):
        found += _guaranteed(target, claim.invariant)
    if target.key is not None and CallerKind.SERVICE in possible_kinds(claim.invariant.callers):
        read = _OF_CALLERS.keys() & {name for policy in target.key.policies or () for name in policy.tested_keys}
        own = "of a service principal's call is about its own identity, which the policies do not name"
        found += (Assumption("F1", f"`{_OF_CALLERS[name]}` {own}") for name in sorted(read))
    found += map(_unknown_key, question.space.notes)
    found += _impossible_values(question, claim)
    if isinstance(answer, Proved):
        found += _pairs_read(question, claim)
    found += _readings(answer, held)
    return (*found, as_of_data())


def _unknown_key(name: str) -> Assumption:
    """What is supposed of a condition key that the reference data does not have."""
    if name.lower() in OF_OTHERS:
        return Assumption("F6", f"no operation of KMS that the data knows has the condition key `{name}`")
    later = is_read_later(name.lower())
    if later is not None:
        whose = "sessions that come from one" if later else "the calls that make sessions"
        return Assumption("F6", f"the condition key `{name}` is a claim of an identity provider: only {whose} have it")
    return Assumption("U4", f"the reference data does not know the condition key `{name}`: it is free")


def _impossible_values(question: Question, claim: Claim) -> Iterator[Assumption]:
    """C3, F2: listed values that no request can have, of the statements that are about an action of the claim."""
    space = question.space
    bystanders = {space.owners[number] for number in claim.bystanders}
    bystanders -= {reference for number, reference in enumerate(space.owners) if number not in claim.bystanders}
    for reference, read in {reference_to(*read): read for read in space.statements_read}.items():
        if reference not in bystanders:
            yield from _of_values(*read, space.estate.organization)


_OF_CALLERS = {
    one.lower(): one for one in ("kms:CallerAccount", "aws:PrincipalAccount", "aws:PrincipalArn", "aws:userid")
}
"""Keys about a caller, of which no page says what a service principal's call has (F1)."""
_OF_ORGANIZATIONS = ("orgid", "orgpaths")
"""How the names of the condition keys about organizations end."""
_ID = re.compile(r"o-[a-z0-9]{10,32}\Z")
"""[AWS Organizations API: Organization]"""


def _of_values(policy: Policy, statement: Statement, given: Organization | None) -> Iterator[Assumption]:
    """The values of a statement that no request can have; an organization that is `given` there is."""
    for condition, value in unread(policy, statement):
        nothing = "it matches nothing, or its statement matches nothing (both are tried)"
        yield Assumption("C3", f"{_named(condition, value)} cannot be read: {nothing}")
    own = None if given is None else given.id
    for condition, value in ((one, value) for one in statement.conditions for value in one.values):
        key = condition.key.value.lower()
        of_organization = key.startswith("aws:") and key.endswith(_OF_ORGANIZATIONS)
        if of_organization and "${" not in value.value and value.value != own and not _may_be(condition, value.value):
            nobody = "names no organization that there can be, so no request has it"
            yield Assumption("F2", f"{_named(condition, value)} {nobody}")


def _named(condition: Condition, value: Text) -> str:
    place = f" ({value.span})" if value.span.file else ""
    return f"`{value.value}` under `{condition.operator}` on `{condition.key.value}`{place}"


def _may_be(condition: Condition, text: str) -> bool:
    """True iff some organization has an ID or a path that a listed value matches."""
    row, key = condition.operator.row, condition.key.value.lower()
    if row.type is not ValueType.STRING or row.sign in WITHOUT_CASE:
        return True
    wild = row.sign is Sign.LIKE and not {"*", "?"}.isdisjoint(text)
    if not wild:
        return _ID.match(text.split("/", 1)[0]) is not None
    pattern, domain = plain_predicate(Sign.LIKE, text), context_attribute(key, "aws", None).domain
    assert pattern is not None and domain is not None
    try:
        return find_word(domain, [pattern], []) is not None
    except OverBudget:
        return True


def _pairs_read(question: Question, claim: Claim) -> Iterator[Assumption]:
    """F7: which of several pairs an invariant about a value under a name means, where the policies read one too."""
    named = {key.lower(): key for key in _values_wanted(claim.invariant.when)}
    if not named:
        return
    allowed, read = question.formula.allowed, dict[str, dict[Predicate, None]]()
    questions([allowed], read)
    compared = symbols_of(allowed)
    relations = (relation for symbol, relation in question.space.relations.items() if symbol in compared)
    also = {view.name for relation in relations for view in relation.views}
    for name, key in named.items():
        if name in read or name in also:
            which = f"the invariant's `{key}` is the one that the policies read"
            yield Assumption(WHICH_PAIR.rule, f"of pairs whose names differ in case alone, {which}")


def _values_wanted(when: model.ConditionExpression, wanted: bool = True) -> Iterator[str]:
    """The keys of the encryption context of which a condition wants a value; one that no pair may have is none that is
    `wanted`."""
    match when:
        case model.Holds(Condition(operator, key)):
            wants = operator.row.type is not None and operator.row.negated is not wanted
            if wants and key.value.lower().startswith(PAIR_PREFIX):
                yield key.value
        case model.ConditionNot(operand):
            yield from _values_wanted(operand, not wanted)
        case model.ConditionAnd(operands) | model.ConditionOr(operands):
            for operand in operands:
                yield from _values_wanted(operand, wanted)


def given(estate: Estate, target: Target) -> Iterator[Assumption]:
    """What anything said of a target supposes of the input: what was not given is absent or free."""
    yield from where_it_is(estate)
    yield from _inventory(estate)
    if target.key is not None:
        yield from _key(estate, target.key)
    yield from supposed_of(estate, target)
    yield from (*_service_control(estate, target), *_resource_control(estate, target), *_endpoints(estate))


def _guaranteed(target: Target, invariant: model.Invariant) -> Iterator[Assumption]:
    """What a guarantee supposes: nothing that no input says keeps a caller from what policies allow (U2, U3)."""
    if CallerKind.ROLE in possible_kinds(invariant.callers):
        yield Assumption("U2", "sessions of roles have no session policy, which could take away what their role may do")
    if target.key is not None:
        yield Assumption("U3", "the key can be used: it is enabled, and its state decides nothing here")


def supposed_of(estate: Estate, target: Target) -> tuple[Assumption, ...]:
    """What is supposed of plans and templates (U3)."""
    return tuple(Assumption("U3", said) for said in (estate if target.key is None else target.key).supposed)


def where_it_is(estate: Estate) -> tuple[Assumption, ...]:
    """What was concluded about the own account and Region, where the input does not say it (S4)."""
    return tuple(Assumption("S4", sentence) for sentence in estate.concluded)


def keys_selected(estate: Estate, key: Key, invariant: AnyInvariant) -> Iterator[Assumption]:
    """Which keys an invariant is about, one of which is `key`: a key `and its replicas` (L9), and that no key has an
    alias or tag by which they are chosen and of which the input does not say it (U3)."""
    selectors = invariant.keys or ()
    if any(isinstance(selector, model.KeyFamily) for selector in selectors) and is_multi_region(key):
        regions = ", ".join(related.region for related in family_of(estate, key))
        where = f"{key.arn.rsplit('/', 1)[1]} in {regions}"
        yield Assumption("L9", f"the key and its replicas are those of the input: {where}")
    for kind, name in ((model.KeyAlias, "aliases"), (model.KeyTag, "tags")):
        if any(isinstance(getattr(selector, "of", selector), kind) for selector in selectors):
            about = keys_in_question(estate, invariant)
            others = [one.arn for one in estate.keys if getattr(one, name) is None and one.arn not in about]
            if others:
                yield Assumption("U3", f"the invariant is not about {first_few(others)}, whose {name} were not given")


def _inventory(estate: Estate) -> Iterator[Assumption]:
    complete = ", ".join(account.id for account in estate.accounts if account.complete)
    partial = [account for account in estate.accounts if not account.complete]
    if complete:
        known = f"identity policies are those of the inventory of {complete}"
        yield Assumption("U1", f"{known}; those of other accounts are free")
    elif not partial:
        yield Assumption("U1", "no inventory was given: the identity policies of every account are free")
    for account in partial:
        count = len(account.users) + len(account.roles)
        listed = f"{count} users and roles" if count != 1 else "one user or role"
        given = f"of {account.id} the input lists {listed}, whose policies are those given"
        yield Assumption("U1", f"{given}; those of all others are free")


def _not_read(estate: Estate, label: str, **scope: str) -> bool:
    """True iff the input says that it could not read what an assumption would be about: then nothing is supposed."""
    things = (thing for thing in estate.unmodelled if thing.label == label)
    return any(all(getattr(thing, name) == value for name, value in scope.items()) for thing in things)


def _key(estate: Estate, key: Key) -> Iterator[Assumption]:
    if len(key.policies or ()) == 1 and not _not_read(estate, "L5a", key=key.arn):
        yield Assumption("L5a", "the key is not shared through AWS RAM: no policy named AWS_RAM was given")
    if key.grants is None:
        yield Assumption("G1", "the key has no grants: none were given")
    unknown = dict(key.unknown_facts)
    free = [name for name in ("spec", "aliases", "tags") if getattr(key, name) is None and name not in unknown]
    yield from (Assumption("U3", why) for why in unknown.values())
    if free:
        was, is_ = ("was", "is") if free == ["spec"] else ("were", "are")
        yield Assumption("U3", f"the key's {', '.join(free)} {was} not given, and {is_} free")
    constrained = [one.id for one in key.grants or () if one.context_equals is not None or one.context_subset]
    if key.spec is None and constrained:
        why = f"for grant {first_few(constrained)} has a constraint on the encryption context"
        yield Assumption("G3", f"the key is a symmetric one, {why}: its spec was not given")
    deleted = dict.fromkeys(name.value for name in _allowed(key) if name.type is PrincipalType.UNIQUE_ID)
    if deleted:
        names = first_few(list(deleted))
        why = "AWS shows a deleted one so, and none of the input is known to have it"
        yield Assumption("L8", f"no user or role has the unique ID {names}: {why}")


def _allowed(key: Key) -> Iterator[Principal]:
    """Whom Allow statements of the key's policies, and its grants, name."""
    for policy in key.policies or ():
        yield from (principal for statement in policy.allows for principal in statement.principals or ())
    yield from (grant.grantee for grant in key.grants or ())


def _service_control(estate: Estate, target: Target) -> Iterator[Assumption]:
    """D7: the known accounts whose callers SCPs could restrict, and for which none were given. What the SCPs of any
    other account may refuse, its identity policies may refuse as well, and these are free (U1)."""
    known = [*([target.account] if target.account is not None else []), *(account.id for account in estate.accounts)]
    members = (account for account in dict.fromkeys(known) if not _manages(estate, account))
    lacking = [account for account in members if _service_levels(estate, account) is None]
    lacking = [account for account in lacking if not _not_read(estate, "D7", account=account)]
    if lacking:
        callers = ", ".join(lacking)
        yield Assumption("D7", f"no service control policy restricts the callers of {callers}: none were given")


def _resource_control(estate: Estate, target: Target) -> Iterator[Assumption]:
    """D7: RCPs of the account that owns the key or alias, unless they could not restrict it anyway; without a key, of
    the known accounts whose callers they perhaps restrict (D9)."""
    if target.key is not None and target.key.manager == "AWS":
        return
    own = [target.account] if target.account is not None else [account.id for account in estate.accounts]
    lacking = [account for account in own if not _manages(estate, account) and _lacks_resource(estate, account)]
    if lacking:
        what = {TargetKind.KEY: "the key", TargetKind.ALIAS: "the alias"}.get(target.kind, "operations without a key")
        why = f"none were given for {', '.join(lacking)}"
        yield Assumption("D7", f"no resource control policy restricts {what}: {why}")


def _lacks_resource(estate: Estate, account: str) -> bool:
    """True iff the input has no RCPs over an account, and could read what it has."""
    controls = _controls_of(estate, account)
    return (controls is None or controls.resource is None) and not _not_read(estate, "D7", owner=account)


def _endpoints(estate: Estate) -> Iterator[Assumption]:
    if _not_read(estate, "V", endpoint=ANY_ENDPOINT):
        return
    default, listed = "has the default policy, which allows everything", estate.endpoints is not None
    which = f"a VPC endpoint that the input does not list {default}"
    yield Assumption("V", which if listed else f"every VPC endpoint {default}: no endpoint was given")


def _manages(estate: Estate, account: str) -> bool:
    """True iff it is the management account, which control policies do not restrict."""
    return estate.organization is not None and estate.organization.management_account == account


def _controls_of(estate: Estate, account: str) -> Controls | None:
    """The control policies over an account, `None` where none were given."""
    given = estate.organization.controls if estate.organization is not None else ()
    return next((controls for controls in given if controls.account == account), None)


def _service_levels(estate: Estate, account: str) -> tuple[Level, ...] | None:
    controls = _controls_of(estate, account)
    return controls.service if controls is not None else None


def _readings(answer: Answer, held: SymbolValues) -> Iterator[Assumption]:
    for label, value in held.items():
        yield Assumption(label, f"the reading {label} was held at {'yes' if value else 'no'}")
    if isinstance(answer, Refuted):
        yield from reading_assumptions(answer.shown.readings)


def reading_assumptions(readings: Iterable[tuple[SymbolName, bool]]) -> list[Assumption]:
    """What a counterexample supposes that needs some readings."""
    return [
        Assumption(label, f"the counterexample needs the reading {label} = {'yes' if value else 'no'}")
        for label, value in readings
    ]


def as_of_data() -> Assumption:
    """That there are the actions and condition keys that the reference data knows (U4)."""
    return Assumption("U4", f"actions and condition keys as of {data_version()}")


def summary(estate: Estate, key: Key) -> KeySummary:
    """The key's policy, grants, and the levels of control policies above its account, counted. Where the input may hold
    grants that are not known, how many there are is not said (G1)."""
    policies = key.policies
    name = policies[0].name if policies else None
    statements = sum(map(_written, policies or ()))
    open_ = any(thing.label == "G1" and thing.key in (key.arn, None) for thing in estate.unmodelled)
    grants = None if key.grants is None or open_ else len(key.grants)
    controls = _controls_of(estate, key.account)
    service, resource = (controls.service, controls.resource) if controls else (None, None)
    return KeySummary(key.arn, key.name, name, statements, key.state, grants, _count(service), _count(resource))


def _written(policy: Policy) -> int:
    """How many statements are written: one that differs between Regions is in a policy once for each."""
    split = {one.span for one in policy.statements if one.only_if is not None and one.span.line}
    return len(split) + sum(one.span not in split for one in policy.statements)


def _count(levels: tuple[Level, ...] | None) -> int | None:
    return None if levels is None else len(levels)
