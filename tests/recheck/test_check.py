"""Entries of certificates: true ones are accepted, and no change to any part, nor a forgery, is."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

import pytest

from benchmarks.families import policy_of, problem, speed_problem
from tests.evaluate.estates import ALICE, allow, aws, deny, estate
from tests.verify.proving import always, conditioned, nobody, verdict
from verifier.model.estate import Estate
from verifier.model.invariant import Invariant, PrincipalLike
from verifier.model.policy import Text
from verifier.model.readings import P5
from verifier.model.symbol_texts import read_values
from verifier.model.symbols import SymbolValues
from verifier.problem.question import Formula
from verifier.problem.semantics.targets import key_target
from verifier.recheck import tables
from verifier.recheck.check import check_entry, described, formula_of, named_statements
from verifier.recheck.formula import Clauses
from verifier.recheck.tables import Rejected, signatures
from verifier.solve.refutation import Refutation, refute
from verifier.verify.certificate import certificate
from verifier.verify.certifying import certify
from verifier.verify.proving import prove

Json = Any


def formula(found: Estate, invariant: Invariant | None = None) -> Formula:
    return formula_of(found, key_target(found.keys[0]), invariant or nobody())


def entry(asked: Formula, **readings: bool) -> Json:
    """The entry, as it comes back from a file."""
    made = certify(asked, read_values(readings))
    assert isinstance(made, dict), made
    return json.loads(json.dumps(made))


BLOCK = {"StringLike": {"aws:PrincipalTag/team": ["pay*", "*ops"]}, "IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}
DENIED = estate(
    allow(),
    deny("*", "kms:Decrypt", Condition={"ForAnyValue:StringEquals": {"aws:CalledVia": "s3.amazonaws.com"}}),
    deny("*", "kms:Decrypt", Condition={"ForAllValues:StringNotEquals": {"aws:CalledVia": "s3.amazonaws.com"}}),
    deny("*", "kms:Encrypt", Condition=BLOCK),
)
"""Whether or not the call comes through S3, it is denied."""


@pytest.mark.parametrize(
    ("found", "invariant"),
    [
        (DENIED, nobody()),
        (estate(deny()), nobody()),
        (
            conditioned({"NumericLessThan": {"kms:RotationPeriodInDays": "1"}}, "kms:EnableKeyRotation"),
            nobody("kms:EnableKeyRotation"),
        ),
        (estate(allow(aws(ALICE), "kms:Decrypt")), always("kms:Decrypt", callers=PrincipalLike(Text(ALICE)))),
    ],
)
def test_proofs_are_accepted(found: Estate, invariant: Invariant) -> None:
    assert verdict(found, invariant).status.value == "proved"
    asked = formula(found, invariant)
    check_entry(entry(asked), asked, {})


@pytest.mark.parametrize("seed", range(2))
def test_proofs_of_generated_policies_are_accepted(seed: int) -> None:
    generated = speed_problem(seed, 10)
    asked = formula(generated.estate, generated.invariants[0])
    check_entry(entry(asked), asked, {})


def test_proofs_about_more_patterns_than_can_be_listed_rest_on_lemmas() -> None:
    statements: list[Json] = [{"Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"}]
    patterns = [f"*{letter}*" for letter in "abcdefghijklmnop"]
    context = "kms:EncryptionContext:x"
    statements += [
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "kms:*",
            "Resource": "*",
            "Condition": {"StringNotLike": {context: pattern}},
        }
        for pattern in patterns
    ]
    statements.append(
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "kms:*",
            "Resource": "*",
            "Condition": {"StringLike": {context: "*?*"}},
        }
    )
    found = problem("lemmas", policy_of(statements), 'invariant "nobody can decrypt":\n  no caller can kms:Decrypt\n')
    asked = formula(found.estate, found.invariants[0])
    made = entry(asked)
    assert made["lemmas"]
    check_entry(made, asked, {})
    others: list[Json] = [{"fails": []}, {"meets": []}, {"attribute": "principal"}, {"attribute": "action"}]
    for other in others:
        changed = copy.deepcopy(made)
        changed["lemmas"][0].update(other)
        with pytest.raises((Rejected, KeyError)):
            check_entry(changed, asked, {})


def test_what_is_too_large_to_check_has_no_certificate(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = prove(DENIED, [nobody()])
    monkeypatch.setattr(tables, "MOST_STATES", 50)
    made = certificate(DENIED, [nobody()], asked, {})
    assert made["proofs"] == [] and "too large" in made["without_proof"][0]["reason"]


def test_an_invariant_that_is_given_twice_is_proved_twice() -> None:
    asked = [nobody(), nobody("kms:Encrypt"), nobody()]
    made = certificate(estate(deny()), asked, prove(estate(deny()), asked), {})
    assert sorted(proof["text"] for proof in made["proofs"]) == sorted(invariant.text for invariant in asked)


# -- changes --


def places(value: Json, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a document."""
    found = [path]
    for key, part in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        found += places(part, (*path, key))
    return found


def change(document: Json, path: tuple[Any, ...], dice: random.Random) -> None:
    """Changes what stands in one place."""
    *before, last = path
    holder = document
    for step in before:
        holder = holder[step]
    value = holder[last]
    if dice.random() < 0.25:
        del holder[last]
    elif isinstance(value, bool):
        holder[last] = not value
    elif isinstance(value, int):
        holder[last] = dice.choice((-value, value + 1, value - 1, str(value), None)) or 1
    elif isinstance(value, str):
        holder[last] = dice.choice((value + "x", value[1:], 0))
    elif isinstance(value, list):
        holder[last] = [value[:-1], [*value, *(value[:1] or [1])], value[::-1]][dice.randrange(3)]
    else:
        holder[last] = {} if dice.random() < 0.5 else None


MADE = entry(formula(DENIED), P5=False)
PARTS = sorted(MADE.keys() - {"proof"})


@pytest.mark.parametrize("part", PARTS)
def test_a_change_of_any_part_is_rejected(part: str) -> None:
    asked, dice, changed_ones = formula(DENIED), random.Random(part), 0
    inside = [path for path in places(MADE) if path[:1] == (part,)]
    for path in dice.sample(inside, min(len(inside), 60)):
        changed = copy.deepcopy(MADE)
        change(changed, path, dice)
        if changed == MADE:
            continue
        changed_ones += 1
        with pytest.raises((Rejected, LookupError, TypeError, ValueError, AttributeError)):
            check_entry(changed, asked, {P5: False})
    assert changed_ones or part == "lemmas"


def test_a_proof_with_a_gap_is_rejected() -> None:
    asked = formula(DENIED)
    gaps = [("proof", at) for at in range(len(MADE["proof"]))]
    gaps += [("proof", at, 1, hint) for at, (_, hints) in enumerate(MADE["proof"]) for hint in range(len(hints))]  # type: ignore[misc]
    for *before, last in gaps:
        changed = holder = copy.deepcopy(MADE)
        for step in before:
            holder = holder[step]
        del holder[last]
        with pytest.raises((Rejected, IndexError)):
            check_entry(changed, asked, {P5: False})


def test_an_entry_is_about_one_formula_and_its_readings() -> None:
    asked = formula(DENIED)
    check_entry(MADE, asked, {P5: False})
    given: tuple[tuple[Formula, SymbolValues], ...] = (
        (formula(DENIED, nobody("kms:Encrypt")), {P5: False}),
        (formula(estate(allow(), deny("*", "kms:Decrypt"))), {P5: False}),
        (asked, {}),
        (asked, {P5: True}),
    )
    for other, readings in given:
        with pytest.raises(Rejected):
            check_entry(MADE, other, readings)


# -- forgeries: proofs of what does not hold, made by whoever writes the certificate --


ALLOWED = formula(estate(allow(aws(ALICE), "kms:Decrypt"), deny(aws(ALICE), "kms:Encrypt")))
ABOUT = described(ALLOWED, {})
HONEST = {
    name: sorted(map(sorted, signatures(attribute, ABOUT.suited(attribute))))
    for name, attribute in ALLOWED.space.attributes.items()
    if any(name in node for node in ABOUT.nodes)
}
"""The class tables of a question whose invariant does not hold."""


def forged(classes: Json, lemmas: Json = ()) -> Json | None:
    """An entry whose proof is right for these classes and lemmas; `None` if there is none."""
    made = Clauses(ABOUT, ALLOWED.space.attributes, classes, lemmas).clauses
    found = refute(made)
    body = {"classes": classes, "lemmas": lemmas, "clauses": made, "statements": named_statements(ALLOWED)}
    return (
        {"verdict": "proved", **ABOUT.as_json(), **body, "proof": found.steps}
        if isinstance(found, Refutation)
        else None
    )


def test_what_does_not_hold_has_no_entry() -> None:
    assert isinstance(certify(ALLOWED, {}), str) and forged(HONEST) is None


def test_a_class_that_is_left_out_is_missed() -> None:
    forgeries = 0
    for name, listed in HONEST.items():
        for number in range(len(listed)):
            made = forged({**HONEST, name: listed[:number] + listed[number + 1 :]})
            if made is not None:
                forgeries += 1
                with pytest.raises(Rejected, match=f"class table of {name} is not complete"):
                    check_entry(made, ALLOWED, {})
    assert forgeries >= 2  # without Alice, and without Decrypt, nothing is allowed


def test_a_class_that_meets_other_tests_is_found_out() -> None:
    forgeries = 0
    for number, met in enumerate(HONEST["action"]):
        for other in HONEST["action"]:
            made = forged(
                {**HONEST, "action": [other if n == number else listed for n, listed in enumerate(HONEST["action"])]}
            )
            if met != other and made is not None:
                forgeries += 1
                with pytest.raises(Rejected, match="class table of action"):
                    check_entry(made, ALLOWED, {})
    assert forgeries


def test_a_lemma_that_is_false_is_found_out() -> None:
    without = {name: listed for name, listed in HONEST.items() if name != "action"}
    made = forged(without, [{"attribute": "action", "meets": [], "fails": []}])
    with pytest.raises(Rejected, match="lemma about action does not hold"):
        check_entry(made, ALLOWED, {})
    on_a_table = forged(HONEST, [{"attribute": "action", "meets": [], "fails": []}])
    with pytest.raises(Rejected, match="lemma about action that is none"):
        check_entry(on_a_table, ALLOWED, {})
