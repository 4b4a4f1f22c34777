"""Random plans of several resources that say what one thing is, held against every order in which Terraform could apply
them.

What AWS would have is told by playing the calls of the provider (docs/terraform.md) one after the other, in each order
that the references of the resources leave open. What is read as known must be the outcome of all of them.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

import verifier
from tests.inputs.plans import ACCOUNT, Planned, caller_identity, constant, plan, write
from tests.inputs.samples import KEY_ID, details, role
from tests.inputs.test_terraform_effects import (
    CLOSED,
    READS,
    WRITES,
    app,
    block,
    inline,
    only,
    policy,
    separate,
    the_key,
)
from verifier.model.estate import Estate

Thing = str | None
"""What there is: a letter for a document, `None` for nothing."""
ABSENT: Thing = None
DEFAULT = "d"


@dataclass
class Played:
    """A resource, with the calls that it makes: a value that is set, or a set of what may stay. The calls from `after`
    on come after those of the first resource."""

    resource: Planned
    calls: list[Thing | frozenset[str]] = field(default_factory=list)
    after: int | None = None


def outcomes(played: Sequence[Played], start: Thing) -> set[Thing]:
    """What there may be after all calls, in any order that is left open."""
    found: set[Thing] = set()

    def go(done: tuple[int, ...], now: Thing) -> None:
        if all(number == len(one.calls) for number, one in zip(done, played, strict=True)):
            found.add(now)
        for index, one in enumerate(played):
            waits = one.after is not None and done[index] >= one.after and done[0] < len(played[0].calls)
            if done[index] < len(one.calls) and not (waits and index):
                call = one.calls[done[index]]
                then = (now if now in call else ABSENT) if isinstance(call, frozenset) else call
                go(tuple(number + (at == index) for at, number in enumerate(done)), then)

    go((0,) * len(played), start)
    return found


CALLS: dict[str, list[str]] = {
    **{kind: [] for kind in ("keep", "bypass", "forget", "left")},
    **{kind: ["set"] for kind in ("update", "create", "forgotten, made", "made, forgotten")},
    **{kind: ["go"] for kind in ("delete", "deposed")},
    "replace": ["go", "set"],
    "made first": ["set", "go"],
}
DOES = {
    "replace": ["delete", "create"],
    "made first": ["create", "delete"],
    "forgotten, made": ["forget", "create"],
    "forget": ["forget"],
}
DOES["made, forgotten"] = ["create", "forget"]
GOES = ("delete", "bypass", "forget", "deposed")


def members(kind: str) -> dict[str, object]:
    """What `Planned` takes for a kind of change."""
    found: dict[str, object] = (
        {"left": True} if kind == "left" else {"entry": {"deposed": "ab12cd34"}} if kind == "deposed" else {}
    )
    return found | ({"does": DOES[kind]} if kind in DOES else {})


def played(
    one: Planned, kind: str, before: Thing, after: Thing, gone: Thing, attribute: str, literal: str | None
) -> Played:
    """A resource with its calls; with a `literal` it refers to its owner by no reference."""
    one = replace(one, **members(kind))  # type: ignore[arg-type]
    if literal is not None:
        one.expressions[attribute] = constant(literal)
    calls: list[Thing | frozenset[str]] = [
        after if call == "set" else gone for call in CALLS[kind] if kind != "update" or after != before
    ]
    waits = literal is None and kind not in ("delete", "deposed")
    return Played(one, calls, (1 if kind == "replace" else 0) if waits else None)


# -- the policy of a key --

PARTNERS = {letter: f"arn:aws:iam::444455556666:role/{letter}" for letter in "abc"}
POLICIES = {letter: policy(who) for letter, who in PARTNERS.items()} | {DEFAULT: CLOSED}


def of_key(draw: random.Random) -> tuple[list[Played], Thing, list[Thing]]:
    """A key and up to two policies of it, what it has before, and what each resource tells of that, which may be
    stale."""
    start: Thing = draw.choice("abcd")

    def told() -> Thing:
        return start if draw.random() < 0.85 else draw.choice("abc")

    before = draw.choice([None, told()])
    after = draw.choice("abc") if before is not None and draw.random() < 0.4 else before
    key = the_key(POLICIES.get(before or ""), POLICIES.get(after or ""))
    found = [Played(key, [after] if after != before else [])]
    tell: list[Thing] = [] if before is None else [before]
    for name in ("p", "q")[: draw.choice([0, 1, 1, 2])]:
        kind = draw.choice(list(CALLS))
        old = None if kind == "create" else told()
        new = draw.choice("abc") if "set" in CALLS[kind] else None if kind in GOES else old
        one = separate(POLICIES.get(old or ""), POLICIES.get(new or ""), name, bypass=kind == "bypass")
        literal = None if draw.random() < 0.6 else KEY_ID
        found.append(played(one, kind, old, new, DEFAULT, "key_id", literal))
        tell += [] if old is None else [old]
    return found, start, tell


def read_of_key(estate: Estate) -> Thing:
    """The document that the key has; `?` where it is not known."""
    (key,) = estate.keys
    if key.policies is None:
        return "?"
    named = [p.value for s in key.policies[0].statements for p in s.principals or ()]
    return next((letter for letter, who in PARTNERS.items() if who in named), DEFAULT)


@pytest.mark.parametrize("seed", range(6))
def test_what_is_known_of_the_policy_of_a_key_is_so_in_every_order(tmp_path: Path, seed: int) -> None:
    draw, counts = random.Random(seed), {"known": 0, "unknown": 0}
    for _ in range(60):
        found, start, tell = of_key(draw)
        if not any(one.calls for one in found) and set(tell) != {start}:
            continue  # nothing is written, and what is told of it is stale: nobody can know
        estate = verifier.load(write(tmp_path, plan(caller_identity(), *(one.resource for one in found))))
        read = read_of_key(estate)
        counts["unknown" if read == "?" else "known"] += 1
        assert read == "?" or outcomes(found, start) == {read}, [
            (one.resource.address, one.resource.actions, one.calls) for one in found
        ]
    assert counts["known"] > 2 * counts["unknown"]


# -- an inline policy of a role --

DOCUMENTS = {"r": READS, "w": WRITES}


def of_role(draw: random.Random) -> tuple[list[Played], Thing]:
    """A role with a block, up to two inline policies of one name, perhaps an exclusive list; and what there is
    before."""
    start: Thing = draw.choice([None, "r", "w"])
    configured = draw.random() < 0.5
    after = draw.choice([None, "r", "w"]) if configured and draw.random() < 0.5 else start
    blocks = [{"inline_policy": []} if letter is None else block(DOCUMENTS[letter]) for letter in (start, after)]
    owner = app(*blocks)
    owner.expressions |= {"inline_policy": [{}]} if configured else {}
    found = [Played(owner, [after] if after != start else [])]
    for name in ("p", "q")[: draw.choice([0, 1, 1, 2])]:
        kinds = [kind for kind in CALLS if kind not in ("bypass", "deposed")] if start is not None else ["create"]
        kind = draw.choice(kinds)
        old = None if kind == "create" else start
        new = draw.choice("rw") if "set" in CALLS[kind] else None if kind in GOES else old
        one = inline(DOCUMENTS.get(old or ""), DOCUMENTS.get(new or ""), name)
        found.append(played(one, kind, old, new, ABSENT, "role", None if draw.random() < 0.6 else "app"))
    if draw.random() < 0.5:
        now = [] if start is None else ["own"]
        kind, listed = draw.choice(["create", "keep", "update"]), draw.choice([[], ["own"], ["own", "z"]])
        listed = now if kind == "keep" else listed
        stays = [frozenset(DOCUMENTS if "own" in listed else ())] if kind == "create" or listed != now else []
        found.append(Played(only("policies", listed, before=None if kind == "create" else now), [*stays], 0))
    return found, start


def read_of_role(estate: Estate) -> Thing:
    """The document of the inline policy, `None` for none, `?` where it is not known."""
    (account,) = estate.accounts
    (found,) = (identity for identity in account.roles if identity.arn.endswith(":role/app"))
    named = [p for p in found.policies if p.name == "own"]
    if estate.unmodelled or not named:
        return "?" if estate.unmodelled else None
    return "w" if [action.value for action in named[0].statements[0].actions or ()] == ["kms:Decrypt"] else "r"


@pytest.mark.parametrize("beside", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_what_is_known_of_an_inline_policy_is_so_in_every_order(tmp_path: Path, seed: int, beside: bool) -> None:
    draw, counts = random.Random(seed), {"known": 0, "unknown": 0}
    for _ in range(60):
        found, start = of_role(draw)
        paths = [write(tmp_path, plan(caller_identity(), the_key(CLOSED), *(one.resource for one in found)))]
        if beside:
            listed = [] if start is None else [{"PolicyName": "own", "PolicyDocument": json.loads(DOCUMENTS[start])}]
            whole = details(RoleDetailList=[role("app", RolePolicyList=listed)])
            paths.append(write(tmp_path, {"accounts": {ACCOUNT: {"authorization_details": whole}}}, "snapshot.json"))
        read = read_of_role(verifier.load(*paths))
        counts["unknown" if read == "?" else "known"] += 1
        assert read == "?" or outcomes(found, start) == {read}, [
            (one.resource.address, one.resource.actions, one.calls) for one in found
        ]
    assert counts["known"] > 2 * counts["unknown"]


def test_orders_are_all_that_references_leave_open() -> None:
    """The oracle itself, on two that write: by a reference, and without."""
    both = [Played(the_key("a", "b"), ["x"]), Played(the_key("a", "b"), ["y"], 0)]
    assert outcomes(both, "a") == {"y"} and outcomes([both[0], replace(both[1], after=None)], "a") == {"x", "y"}
    assert outcomes([Played(the_key("a", "b"), [frozenset("b")])], "a") == {None}
