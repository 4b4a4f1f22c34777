"""*Public* is monotone: where a version is not more permissive than another, no question about access from outside is
answered worse.

The key policies name accounts and organizations in every way that policies can, on Allow and on Deny; the narrower
version is derived by adding a Deny, by removing or narrowing an Allow, by widening a Deny, or is a policy of its own
that `compare` finds less permissive.
"""

from __future__ import annotations

import copy
import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from tests.evaluate.estates import HOME, PARTNER, estate
from verifier.language.builtins.catalogue import builtin
from verifier.model.choices import Zone
from verifier.model.estate import Estate
from verifier.model.results.comparison import Relation
from verifier.model.results.verdict import Status
from verifier.verify.access.findings import external_access
from verifier.verify.comparison.compare import compare
from verifier.verify.proving import prove

Json = dict[str, Any]
ORGANIZATION, OTHERS = "o-a1b2c3d4e5", "o-zyxwvutsrq"
THIRD = "777788889999"
QUESTIONS = (
    "no-public-access",
    f"no-public-access:{THIRD}",
    "no-external-access",
    f"no-external-access:{PARTNER},{ORGANIZATION}",
)

PRINCIPALS: tuple[Any, ...] = (
    "*",
    "*",
    {"AWS": "*"},
    {"AWS": PARTNER},
    {"AWS": [f"arn:aws:iam::{THIRD}:role/app", PARTNER]},
    {"AWS": f"arn:aws:iam::{HOME}:root"},
)
SPARED = (
    {"AWS": [f"arn:aws:iam::{PARTNER}:root", f"arn:aws:iam::{PARTNER}:role/app"]},
    {"AWS": f"arn:aws:iam::{HOME}:root"},
)
VALUES: dict[str, tuple[Any, ...]] = {
    "aws:PrincipalOrgID": (ORGANIZATION, [ORGANIZATION, OTHERS], "o-*", "${aws:ResourceOrgID}"),
    "aws:PrincipalAccount": (PARTNER, [PARTNER, THIRD], "4*", "4444555?6666", HOME),
    "aws:PrincipalArn": (
        f"arn:aws:iam::{PARTNER}:role/app",
        "arn:aws:iam::*:role/app",
        [f"arn:aws:iam::{THIRD}:*", f"arn:aws:iam::{HOME}:*"],
    ),
    "kms:CallerAccount": (PARTNER, [HOME, THIRD]),
    "kms:ViaService": ("s3.us-west-2.amazonaws.com",),
    "aws:SourceVpce": ("vpce-1234567890abcdef0",),
}
ACTIONS = ("kms:*", "kms:Decrypt", ["kms:Decrypt", "kms:Encrypt"])


def condition(dice: random.Random) -> Json:
    """A condition of a test on one key."""
    key = dice.choice(list(VALUES))
    value = dice.choice(VALUES[key])
    like = any("*" in text or "?" in text for text in ([value] if isinstance(value, str) else value))
    kind = "Arn" if key == "aws:PrincipalArn" else "String"
    operator = dice.choice([f"{kind}Like", f"{kind}NotLike"] if like else [f"{kind}Equals", f"{kind}NotEquals"])
    return {"Condition": {operator + dice.choice(["", "", "IfExists"]): {key: value}}}


def statement(dice: random.Random, effect: str) -> Json:
    """A statement that may name somebody."""
    found: Json = {"Effect": effect, "Action": dice.choice(ACTIONS), "Resource": "*"}
    if effect == "Deny" and dice.random() < 0.2:
        return found | {"NotPrincipal": dice.choice(SPARED)}
    return found | {"Principal": dice.choice(PRINCIPALS)} | (condition(dice) if dice.random() < 0.8 else {})


def policy(dice: random.Random) -> list[Json]:
    """A key policy."""
    return [statement(dice, "Allow") for _ in range(dice.randint(1, 3))] + [
        statement(dice, "Deny") for _ in range(dice.randint(0, 2))
    ]


def one(dice: random.Random, statements: list[Json], effect: str) -> Json:
    """One of the statements with this effect; one of its own where there is none."""
    return dice.choice([found for found in statements if found["Effect"] == effect] or [statement(dice, effect)])


def with_deny(dice: random.Random, statements: list[Json]) -> None:
    statements.append(statement(dice, "Deny"))


def without_allow(dice: random.Random, statements: list[Json]) -> None:
    gone = one(dice, statements, "Allow")
    statements[:] = [found for found in statements if found is not gone]


def narrowed(dice: random.Random, statements: list[Json]) -> None:
    """An Allow of fewer actions, or with one more condition."""
    found = one(dice, statements, "Allow")
    more = condition(dice)["Condition"]
    if dice.random() < 0.3:
        found["Action"] = "kms:Decrypt"
    elif not found.get("Condition", {}).keys() & more.keys():
        found["Condition"] = found.get("Condition", {}) | more


def widened(dice: random.Random, statements: list[Json]) -> None:
    """A Deny of everything, or without its condition."""
    found = one(dice, statements, "Deny")
    if dice.random() < 0.5:
        found.pop("Condition", None)
    else:
        found["Action"] = "kms:*"


def elsewhere(dice: random.Random, statements: list[Json]) -> None:
    """Another policy altogether."""
    statements[:] = policy(dice)


EDITS: tuple[Callable[[random.Random, list[Json]], None], ...] = (
    with_deny,
    without_allow,
    narrowed,
    widened,
    elsewhere,
)


def worse(old: Estate, new: Estate) -> list[str]:
    """The questions that are answered worse about the new version."""
    before, after = (prove(each, [builtin(question) for question in QUESTIONS]).verdicts for each in (old, new))
    found = [
        q
        for q, was, now in zip(QUESTIONS, before, after, strict=True)
        if was.status is Status.PROVED and now.status is not Status.PROVED
    ]
    assert public(old) == (before[0].status is Status.REFUTED) and public(new) == (after[0].status is Status.REFUTED)
    return found


def public(given: Estate) -> bool:
    """Whether findings call some access public."""
    return any(finding.public for finding in external_access(given, zone=Zone.ACCOUNT).keys[0].findings)


@pytest.mark.parametrize("form", ["", "Not"])
@pytest.mark.parametrize(
    ("key", "value"),
    [(key, values[-1]) for key, values in VALUES.items()]
    + [("aws:PrincipalOrgPaths", f"{ORGANIZATION}{end}") for end in ("/*", "/r-ab12/")],
)
def test_findings_and_the_built_in_say_the_same_of_each_condition(key: str, value: Any, form: str) -> None:
    prefix, kind = "ForAnyValue:" if key.endswith("Paths") else "", "Arn" if key == "aws:PrincipalArn" else "String"
    given = estate(
        {
            **statement(random.Random(0), "Allow"),
            "Principal": "*",
            "Condition": {f"{prefix}{kind}{form}Like": {key: value}},
        }
    )
    (verdict,) = prove(given, [builtin("no-public-access")]).verdicts
    assert public(given) == (verdict.status is Status.REFUTED), verdict.status


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__name__)
def test_what_is_less_permissive_is_not_more_public(edit: Callable[[random.Random, list[Json]], None]) -> None:
    seen: Counter[Any] = Counter()
    for number in range(30):
        dice = random.Random(f"{edit.__name__} {number}")
        statements = policy(dice)
        changed = copy.deepcopy(statements)
        edit(dice, changed)
        if not changed or changed == statements:
            continue
        old, new = estate(*statements), estate(*changed)
        relation = compare(old, new).targets[0].relation
        assert edit is elsewhere or relation in (Relation.LESS, Relation.EQUIVALENT), (statements, changed)
        if relation in (Relation.LESS, Relation.EQUIVALENT):
            assert not worse(old, new), (statements, changed)
            seen[relation] += 1
            seen.update(verdict.status for verdict in prove(new, [builtin("no-public-access")]).verdicts)
    assert seen[Relation.LESS] >= 3 and seen[Status.PROVED] >= 3 and (edit is elsewhere or seen[Status.REFUTED] >= 3), (
        seen
    )


def test_a_narrower_policy_that_names_fewer_is_not_public() -> None:
    """The wider version names the partner where it admits it by name, the narrower one only where it admits nobody
    else."""
    everybody: Json = {"Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"}
    but_partner = {**everybody, "Effect": "Deny", "Condition": {"StringNotEquals": {"aws:PrincipalAccount": PARTNER}}}
    by_name = {**everybody, "Principal": {"AWS": PARTNER}}
    wide, narrow = estate(everybody, but_partner, by_name), estate(everybody, but_partner)
    assert compare(wide, narrow).targets[0].relation in (Relation.LESS, Relation.EQUIVALENT)
    assert not worse(wide, narrow)
    assert all(
        verdict.status is Status.PROVED
        for each in (wide, narrow)
        for verdict in prove(each, [builtin("no-public-access")]).verdicts
    )
