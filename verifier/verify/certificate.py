"""Certificates: for each proof what `verifier recheck` needs to check it without a solver (docs/certificates.md).

In: a report and what it was made from. Out: the certificate as JSON values.
Guarantee: every entry was accepted by the checker before it is handed out, or `InternalDisagreement`; a proof that no entry can be made
for is listed with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from verifier import __version__
from verifier.model.estate import Estate
from verifier.model.invariant import AnyInvariant, Invariant
from verifier.model.reference import data_version
from verifier.model.verdict import Report, Status, Verdict
from verifier.problem.automaton import Domain
from verifier.problem.domains import Attribute
from verifier.problem.finite import Finite, Reduction
from verifier.problem.kinds import is_native
from verifier.problem.predicates import Predicate
from verifier.problem.question import Formula
from verifier.problem.search import find_word
from verifier.problem.subjects import target_name, targets_of
from verifier.problem.tables import OverBudget, Table
from verifier.problem.targets import Target
from verifier.recheck.check import check_entry, described, formula_of, statements_of
from verifier.recheck.formula import Clauses, Described
from verifier.recheck.tables import Rejected
from verifier.solve.refutation import Solution, refute
from verifier.verify.claims import InternalDisagreement

Json = dict[str, Any]

FORMAT = "kms-verifier/certificate"
FORMAT_VERSION = 2
LEMMAS = 300
"""Rounds between solver and search for words before a proof goes without a certificate."""


def certificate(estate: Estate, invariants: Sequence[AnyInvariant], report: Report, readings: Mapping[str, bool]) -> Json:
    """The certificate of a report."""
    targets = {target_name(target): target for target, _ in targets_of(estate, invariants)}
    proofs, lacking = [], []
    for verdict in report.verdicts:
        about = {"invariant": verdict.invariant.name, "text": verdict.invariant.text, "target": verdict.target}
        found = _entry(estate, targets[verdict.target], verdict, readings)
        if isinstance(found, str):
            lacking.append({**about, "status": verdict.status.value, "reason": found})
        else:
            proofs.append({**about, **found})
    return {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "verifier": __version__,
        "data_version": data_version(),
        "inputs": [{"file": file, "sha256": digest} for file, digest in estate.inputs],
        "readings": dict(sorted(readings.items())),
        "proofs": proofs,
        "without_proof": lacking,
    }


def _entry(estate: Estate, target: Target, verdict: Verdict, readings: Mapping[str, bool]) -> Json | str:
    """The entry of one verdict, or why there is none."""
    if verdict.status is not Status.PROVED:
        return "it is not proved"
    if not isinstance(verdict.invariant, Invariant):
        return "it is about the listed grants, which were looked at one by one"
    if verdict.invariant.eventually:
        return "it is about what steps lead to, which no formula about one request says"
    formula = formula_of(estate, target, verdict.invariant)
    found = certify(formula, readings)
    if isinstance(found, str):
        return found
    try:
        check_entry(found, formula, readings)
    except Rejected as error:
        if "too large" in str(error):  # the checker has limits of its own
            return str(error)
        raise InternalDisagreement(f"the proof of {verdict.invariant.name!r} does not recheck: {error}; please report this") from None
    return found


def certify(formula: Formula, readings: Mapping[str, bool]) -> Json | str:
    """An entry for a formula that no request meets, or why there is none."""
    question = described(formula, readings)
    attributes = formula.space.attributes
    if not all(is_native(attributes[name], test) for name in _mentioned(question) for test in question.suited(attributes[name]).values()):
        return "it rests on values that are compared as what they are not (text as a number, say), which a certificate cannot say"
    asked: dict[str, dict[Predicate, None]] = {name: dict.fromkeys(question.tests.get(name, ())) for name in _mentioned(question)}
    finite = Reduction({name: formula.space.attributes[name] for name in asked}, asked).finite
    classes = {name: _signatures(table, question.suited(attributes[name])) for name, table in finite.tables.items()}
    lemmas: list[Json] = []
    for _ in range(LEMMAS):
        made = Clauses(question, attributes, classes, lemmas)
        found = refute(made.clauses)
        if not isinstance(found, Solution):
            body = {"classes": classes, "lemmas": lemmas, "clauses": made.clauses, "proof": found.steps}
            return {"verdict": "proved", **question.as_json(), "statements": statements_of(formula), **body}
        lemma = _lemma(finite, question, attributes, made, found)
        if lemma is None:
            return "it rests on values of attributes that are compared with each other, which a certificate cannot say"
        lemmas.append(lemma)
    return f"it takes more than {LEMMAS} facts about words"


def _mentioned(question: Described) -> list[str]:
    """The attributes that a formula speaks of."""
    return list(dict.fromkeys(node[1] for node in question.nodes if node[0] in ("test", "some", "present")))


def _signatures(table: Table, tests: Mapping[int, Predicate]) -> list[list[int]]:
    """The tests that the members of each class meet; classes that no test tells apart are one."""
    met: list[list[int]] = [[] for _ in range(table.size)]
    for number, test in tests.items():
        mask = table.mask(test)
        while mask:
            lowest = mask & -mask
            met[lowest.bit_length() - 1].append(number)
            mask ^= lowest
    return [list(found) for found in dict.fromkeys(map(tuple, met))]


def _lemma(finite: Finite, question: Described, attributes: Mapping[str, Attribute], made: Clauses, solution: Solution) -> Json | None:
    """A fact about words that a solution contradicts; `None` if there is none."""
    for name, lazy in finite.lazy.items():
        present = made.variables.get(("of", name, "present")) in solution.true
        if lazy.attribute.domain is None or lazy.attribute.multivalued or not present:
            continue
        tests = question.suited(attributes[name])
        true = {number for number in tests if made.variables.get(("of", name, "test", number)) in solution.true}
        words = _Words(lazy.attribute.domain, tests, true)
        if words.lack(list(tests)):
            kept = words.smallest()
            return {"attribute": name, "meets": [n for n in kept if n in true], "fails": [n for n in kept if n not in true]}
    return None


@dataclass(frozen=True)
class _Words:
    """The words that meet the tests which are `true`, and fail the others."""

    domain: Domain
    tests: Mapping[int, Predicate]
    true: set[int]

    def lack(self, numbers: Sequence[int]) -> bool:
        """Whether there is none, going by these tests alone; false where the search would take too long."""
        meets = [self.tests[number] for number in numbers if number in self.true]
        fails = [self.tests[number] for number in numbers if number not in self.true]
        try:
            return find_word(self.domain, meets, fails) is None
        except OverBudget:
            return False

    def smallest(self) -> list[int]:
        """Tests of which none can be left out: there is no word for them, but without any one of them there is."""
        kept = list(self.tests)
        for number in self.tests:
            fewer = [other for other in kept if other != number]
            if self.lack(fewer):
                kept = fewer
        return kept
