"""What gives a change, held against `evaluate`: facts, and the state that the moves make which bring them about."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import pairwise, product
from random import Random
from types import SimpleNamespace
from typing import Any, TypeVar

import pytest

from tests.evaluate.estates import ALICE, HOME, KEY, PARTNER, own
from tests.evaluate.reaching import TARGET, admits, trusting
from tests.evaluate.steps.worlds import ADMINS, BASE, BY, document, state, with_account
from tests.reach import moves
from tests.reach.sample import ADMINISTRATOR, EVERYTHING
from verifier.evaluate.steps import state_after
from verifier.evaluate.steps.forms_identities import allows_everything
from verifier.model.estate import Estate, Group, Key, ManagedPolicy
from verifier.model.policy import PolicyKind
from verifier.model.steps.chains import Move, State
from verifier.model.steps.descriptions import StepKind
from verifier.model.symbols import InGroup, PolicyAttached, PossibleChange
from verifier.problem.semantics.possible_changes import (
    ATTACHED,
    BOUNDARY,
    GRANT,
    INLINE,
    RESOURCE_POLICY,
    SESSION_TAGS,
    TARGET_BOUNDARY,
    TARGET_TAGS,
    VERSION,
)
from verifier.verify.reach.cubes import Cube
from verifier.verify.reach.facts import Derivation, Fact, FactKind, Facts, Goal
from verifier.verify.reach.needs import Identities, Needs
from verifier.verify.reach.stories.plans import planned

OPS, OTHER = ADMINS.replace("admins", "ops"), f"{BASE}2"
OWNERS = (ALICE, TARGET, ADMINS, OPS)
SMALL = own("s3:*")
CHANGES = (
    INLINE,
    ATTACHED,
    VERSION,
    BOUNDARY,
    PolicyAttached(BASE),
    PolicyAttached(OTHER),
    InGroup(ADMINS),
    InGroup(OPS),
)
DOCUMENTS = {arn: document(SMALL, arn=arn) for arn in (BASE, OTHER)}


Part = TypeVar("Part")


def some(random: Random, *options: Part) -> tuple[Part, ...]:
    """Some of a few."""
    return tuple(one for one in options if random.random() < 0.4)


def first(random: Random) -> State:
    """Alice and a role, with some groups, managed policies and boundaries."""
    groups = tuple(Group(arn, some(random, *DOCUMENTS.values())) for arn in (ADMINS, OPS))
    before = state(SMALL, others=(trusting(admits("*"), own=(SMALL,)),), groups=groups)
    (account,) = before.estate.accounts
    (alice,), (role,) = account.users, account.roles
    inside = some(random, *groups)
    policies = {
        policy.identity: policy
        for policy in (*alice.policies, *some(random, *DOCUMENTS.values()), *(p for g in inside for p in g.policies))
    }
    users = (
        replace(
            alice, policies=tuple(policies.values()), groups=tuple(group.arn for group in inside), **boundary(random)
        ),
    )
    roles = (replace(role, policies=(*role.policies, *some(random, *DOCUMENTS.values())), **boundary(random)),)
    managed = tuple(ManagedPolicy(arn, (("v1", policy),), "v1") for arn, policy in DOCUMENTS.items())
    return with_account(before, users=users, roles=roles, managed=managed)


def boundary(random: Random) -> dict[str, Any]:
    if random.random() < 0.5:
        return {}
    arn = random.choice((BASE, OTHER))
    return {"bounded": True, "boundary": replace(DOCUMENTS[arn], kind=PolicyKind.BOUNDARY, identity=f"{arn}#boundary")}


def steps(random: Random, at: State) -> list[tuple[Fact, Move]]:
    """A few things brought about, in the order in which they are."""
    found: list[tuple[Fact, Move]] = []
    for _ in range(random.randint(0, 4)):
        owner, arn, group = random.choice(OWNERS), random.choice((BASE, OTHER)), random.choice((ADMINS, OPS))
        managed = next(one for account in at.estate.accounts for one in account.managed if one.arn == arn)
        fact, move = random.choice(
            (
                (Fact(FactKind.INLINE, owner), moves.put_policy(BY, owner, document(*EVERYTHING, arn=f"{owner}#new"))),
                (Fact(FactKind.ATTACHED, owner), moves.attach(BY, owner, document(*EVERYTHING, arn=ADMINISTRATOR))),
                (
                    Fact(FactKind.ATTACH, owner, (arn,)),
                    moves.attach(BY, owner, dict(managed.versions)[managed.default or ""]),
                ),
                (Fact(FactKind.VERSION, arn), moves.new_version(BY, document(*EVERYTHING, arn=arn))),
                (Fact(FactKind.JOINED, group), moves.join(BY, ALICE, group)),
            )
        )
        found.append((fact, move))
        at = state_after(at, move)
    return found


def has(at: Estate, arn: str, possible: PossibleChange) -> bool:
    """Whether a change is in force, by the documents that a user or role has."""
    (one,) = (one for account in at.accounts for one in (*account.users, *account.roles) if one.arn == arn)
    wide = {policy.identity for policy in one.policies if allows_everything(policy)}
    match possible:
        case "change:inline":
            return any("#" in identity for identity in wide)
        case "change:attached":
            return ADMINISTRATOR in wide
        case "change:version":
            return not wide.isdisjoint((BASE, OTHER))
        case "change:boundary":
            return one.boundary is not None and allows_everything(one.boundary)
    name = possible.about
    return name in {policy.identity for policy in one.policies} if ":policy/" in name else name in one.groups


@pytest.mark.parametrize("by", [ALICE, TARGET])
def test_a_change_is_met_iff_the_steps_gave_it(by: str) -> None:
    seen: Counter[tuple[str, bool]] = Counter()
    for seed in range(600):
        random = Random(seed)
        before = first(random)
        taken = steps(random, before)
        later = before
        for _, move in taken:
            later = state_after(later, move)
        at_first = next(
            one for account in before.estate.accounts for one in (*account.users, *account.roles) if one.arn == by
        )
        facts = Facts(
            {fact: Derivation(None, ALICE, (), 1) for fact in [Fact(FactKind.HOLDS, by), *(fact for fact, _ in taken)]}
        )
        needs = Needs(Identities(before.estate), {})
        for possible in CHANGES:
            given = needs.met(Cube(0, frozenset({possible})), "", None, by, facts)
            in_force = has(later.estate, by, possible)
            if isinstance(possible, PolicyAttached):
                # What comes with a group that is joined is met by `joined`; what is attached already can be attached
                # again.
                direct = Fact(FactKind.ATTACH, by, (possible.about,))
                assert given is not None or direct not in facts, (seed, possible)
                assert given is None or in_force, (seed, possible)
            elif possible.about not in at_first.groups:
                assert (given is not None) == in_force, (seed, possible)
            assert given is None or set(given) <= set(facts)
            seen[possible, given is not None] += 1
    for possible in (INLINE, ATTACHED, VERSION, BOUNDARY):
        assert min(seen[possible, True], seen[possible, False]) >= 20, (possible, seen)


@pytest.mark.parametrize("late", [False, True])
def test_changes_are_available_iff_each_is_met(late: bool) -> None:
    possible_changes, seen = (
        frozenset((*CHANGES, RESOURCE_POLICY, TARGET_BOUNDARY, TARGET_TAGS, SESSION_TAGS)),
        Counter[bool](),
    )
    for seed in range(150):
        random = Random(seed)
        before = first(random)
        kinds = (FactKind.RESOURCE_POLICY, FactKind.TAGGED, FactKind.UNBOUNDED, FactKind.REBOUND)
        taken = [fact for fact, _ in steps(random, before)] + [
            Fact(kind, random.choice(OWNERS)) for kind in some(random, *kinds)
        ]
        known = {fact: Derivation(None, ALICE, (), 1) for fact in [Fact(FactKind.HOLDS, ALICE), *taken]}
        needs, facts = Needs(Identities(before.estate), {}), Facts(dict([*known.items()][: 2 if late else None]))
        for by, target in product((ALICE, TARGET), repeat=2):
            assert not late or needs.available(possible_changes, target, by, facts) <= possible_changes
        facts.add(known)  # what was found of fewer facts is not taken for an answer
        for by, target in product((ALICE, TARGET), repeat=2):
            found = needs.available(possible_changes, target, by, facts)
            assert found == {
                one
                for one in possible_changes
                if needs.met(Cube(0, frozenset({one})), target, None, by, facts) is not None
            }, seed
            seen[bool(found)] += 1
    assert min(seen.values()) >= 20, seen


def met(
    possible: PossibleChange,
    *facts: Fact,
    target: str = KEY,
    by: str = ALICE,
    action: str | None = None,
    keys: Any = None,
) -> bool:
    needs = Needs(Identities(state(SMALL).estate), keys or {})
    known = Facts({fact: Derivation(None, ALICE, (), 1) for fact in (Fact(FactKind.HOLDS, by), *facts)})
    return needs.met(Cube(0, frozenset({possible})), target, action, by, known) is not None


def test_no_fact_is_taken_for_another() -> None:
    elsewhere = KEY.replace("1234abcd", "5678abcd")
    assert met(RESOURCE_POLICY, Fact(FactKind.RESOURCE_POLICY, KEY))
    assert not met(RESOURCE_POLICY, Fact(FactKind.RESOURCE_POLICY, elsewhere))
    assert met(SESSION_TAGS, Fact(FactKind.SESSION_TAGS, TARGET), by=TARGET)
    assert not met(SESSION_TAGS, Fact(FactKind.SESSION_TAGS, TARGET))
    assert not met(INLINE, Fact(FactKind.INLINE, TARGET))
    assert not met(InGroup(ADMINS), Fact(FactKind.JOINED, OPS))
    assert not met(InGroup(ADMINS), Fact(FactKind.JOINED, ADMINS), by=TARGET)
    assert not met(InGroup(ADMINS), Fact(FactKind.JOINED, ADMINS), by=ALICE.replace(HOME, PARTNER))


@pytest.mark.parametrize(
    ("action", "granted", "expected"),
    [
        ("kms:Decrypt", [("kms:Decrypt", "-1")], True),
        ("kms:Decrypt", [("kms:Encrypt", "-1")], False),
        ("kms:Decrypt", [("kms:Decrypt", "2")], True),
        ("kms:Decrypt", [("kms:Decrypt", "4")], False),
        ("kms:CreateGrant/kms:Decrypt", [("kms:CreateGrant", "-1")], False),
        ("kms:CreateGrant/kms:Decrypt", [("kms:CreateGrant", "-1"), ("kms:Decrypt", "2")], True),
    ],
)
def test_a_grant_is_of_the_operation_and_for_the_grantee(
    action: str, granted: list[tuple[str, str]], expected: bool
) -> None:
    # G6: a grant that is to allow a child grant has the child's operation as well. Alice is of class 1 of the grantees.
    keys = {KEY: SimpleNamespace(rules=SimpleNamespace(classes_of_grantee=lambda _: 2, aliases_at_first=lambda: None))}
    assert (
        met(GRANT, *(Fact(FactKind.MAY_GRANT, KEY, details) for details in granted), action=action, keys=keys)
        is expected
    )
    other = KEY.replace("1234abcd", "5678abcd")
    assert not met(GRANT, *(Fact(FactKind.MAY_GRANT, other, details) for details in granted), action=action, keys=keys)


@pytest.mark.parametrize(
    ("mask", "facts", "expected"),
    [
        (0b001, (), True),
        (0b010, (), False),
        (0b010, ("1",), True),
        (0b010, ("2",), False),
        (0b110, ("2",), True),
        (0b111, (), True),
    ],
)
def test_a_tag_has_its_first_value_or_one_that_it_can_be_given(
    mask: int, facts: tuple[str, ...], expected: bool
) -> None:
    name = "aws:resourcetag/team"
    keys: Any = {KEY: SimpleNamespace(rules=SimpleNamespace(first_class_of=lambda _: 0, aliases_at_first=lambda: None))}
    known = Facts({Fact(FactKind.TAG, KEY, (name, number)): Derivation(None, ALICE, (), 1) for number in facts})
    found = Needs(Identities(state(SMALL).estate), keys).met(
        Cube(0, frozenset(), ((name, mask),)), KEY, None, ALICE, known
    )
    assert (found is not None) is expected


START = KEY.rsplit("key/", 1)[0]
ANOTHER = KEY.replace("1234abcd", "5678abcd")


@pytest.mark.parametrize(
    ("mask", "moved", "expected"),
    [
        *((2, (), True), (1, (), False), (3, (), True)),
        # Names are not told apart: the key, a class and whether it has some.
        *((1, ((KEY, "held:0", "1"),), True), (1, ((KEY, "held:0", "2"),), False), (1, ((KEY, "held:1", "1"),), False)),
        # An alias, and where it is then.
        (1, ((f"{START}alias/a", "nowhere"),), False),
        (1, ((f"{START}alias/a", "nowhere"), (f"{START}alias/ab", "elsewhere")), True),
        (1, ((f"{START}alias/a", "nowhere"), (f"{START}alias/ab", KEY)), False),
        (1, ((f"{START}alias/a", "nowhere"), (f"{ANOTHER}alias/ab", "nowhere")), False),
    ],
)
def test_aliases_are_those_at_first_or_others_once_they_are_moved(
    mask: int, moved: tuple[tuple[str, ...], ...], expected: bool
) -> None:
    """The key has two of the class."""
    names = SimpleNamespace(of=lambda name: "held:0" if name.startswith("alias/a") else None)
    key = Key(KEY, aliases=("alias/a", "alias/ab", "alias/z"))
    assert has_aliases({"held:0": 2}, key, names, mask, moved) is expected


@pytest.mark.parametrize(
    ("moved", "expected"),
    [
        (((f"{START}alias/a", KEY),), True),
        (((f"{START}alias/a", ANOTHER),), False),
        (((f"{START}alias/z", KEY),), False),
    ],
)
def test_a_key_has_an_alias_once_one_of_the_class_is_its_own(
    moved: tuple[tuple[str, ...], ...], expected: bool
) -> None:
    names = SimpleNamespace(of=lambda name: "held:0" if name.startswith("alias/a") else None)
    assert has_aliases({"held:0": 1}, Key(KEY, aliases=()), names, 2, moved) is expected


def has_aliases(at_first: dict[str, int], key: Key, names: Any, mask: int, moved: tuple[tuple[str, ...], ...]) -> bool:
    keys: Any = {KEY: SimpleNamespace(rules=SimpleNamespace(aliases_at_first=lambda: at_first, key=key, aliases=names))}
    known = Facts(
        {Fact(FactKind.ALIASES, subject, tuple(details)): Derivation(None, ALICE, (), 1) for subject, *details in moved}
    )
    found = Needs(Identities(state(SMALL).estate), keys).met(
        Cube(0, frozenset(), (("held:0", mask),)), KEY, None, ALICE, known
    )
    return found is not None


def test_a_chain_of_thousands_of_steps_is_planned() -> None:
    """Each of 3,000 roles may assume the next one, deeper than Python lets functions call themselves."""
    roles = [ALICE, *(f"arn:aws:iam::{HOME}:role/r{number}" for number in range(3000))]
    held = [Fact(FactKind.HOLDS, arn) for arn in roles]
    steps = {
        fact: Derivation(StepKind.ASSUME_ROLE, before.subject, (before,), number)
        for number, (before, fact) in enumerate(pairwise(held), 1)
    }
    facts = Facts({held[0]: Derivation(None, ALICE, (), 0), **steps})
    assert list(facts.behind(held[-1:])) == held
    tasks = planned(facts, Goal(0, KEY, roles[-1], None, (held[-1],), 3000))
    assert [task.fact for task in tasks] == held[1:]
