"""One entry of a certificate against the question that the input makes of it.

In: the entry as JSON, the estate, the invariant, the readings that are held. Out: nothing, or `Rejected` with the
reason.
Guarantee: an accepted entry proves that the invariant holds of its target. The question is formulated anew; the entry
is only compared.
"""

from __future__ import annotations

from collections.abc import Sequence

from verifier.language.invariants.grantees import with_grantees
from verifier.model.caller_sets import with_named_accounts
from verifier.model.estate import Estate
from verifier.model.invariant import Invariant
from verifier.model.symbols import SymbolValues
from verifier.problem.classes.attributes import Attribute
from verifier.problem.expression import literal
from verifier.problem.question import Formula
from verifier.problem.rules import formulate
from verifier.problem.semantics.targets import Target
from verifier.recheck.formula import Clauses, Described, Json
from verifier.recheck.tables import Rejected, signatures


def formula_of(estate: Estate, target: Target, invariant: Invariant) -> Formula:
    """The question of one invariant on one target, alone."""
    named = with_named_accounts(invariant, estate, target.key) if target.key is not None else invariant
    return formulate(estate, target, [with_grantees(named, target.key, estate)])


def described(formula: Formula, readings: SymbolValues) -> Described:
    """What must not hold together: the facts, the readings that are held, and a violation."""
    held = [literal(label, value) for label, value in sorted(readings.items())]
    return Described([*formula.facts, *held, *formula.violations])


def check_entry(entry: Json, formula: Formula, readings: SymbolValues) -> None:
    """Raises `Rejected`."""
    question = described(formula, readings)
    attributes = formula.space.attributes
    for name, value in {"verdict": "proved", **question.as_json(), "statements": named_statements(formula)}.items():
        _same(entry, name, value)
    for name, listed in entry["classes"].items():
        found = signatures(attributes[name], question.suited(attributes[name]))
        if sorted(listed) != sorted(map(sorted, found)):  # every class, once, and nothing else
            raise Rejected(f"the class table of {name} is not complete")
    for lemma in entry["lemmas"]:
        _check_lemma(lemma, entry, attributes[lemma["attribute"]], question)
    made = Clauses(question, attributes, entry["classes"], entry["lemmas"])
    _same(entry, "clauses", made.clauses)
    check_proof(made.clauses, entry["proof"])


def named_statements(formula: Formula) -> list[Json]:
    """The statements that `part` nodes name by number."""
    return [[owner.policy, owner.index, owner.sid, owner.effect.value] for owner in formula.space.owners]


def _same(entry: Json, name: str, expected: Json) -> None:
    if entry[name] != expected:
        raise Rejected(f"its {name} are not those of the question")


def _check_lemma(lemma: Json, entry: Json, attribute: Attribute, question: Described) -> None:
    """No value of an attribute without a class table meets some tests and fails others."""
    meets, fails = set(lemma["meets"]), set(lemma["fails"])
    tests = {number: test for number, test in question.suited(attribute).items() if number in meets | fails}
    if attribute.name in entry["classes"] or attribute.multivalued or tests.keys() != meets | fails:
        raise Rejected(f"a lemma about {attribute.name} that is none")
    if any(meets <= met and not fails & met for met in signatures(attribute, tests)):
        raise Rejected(f"a lemma about {attribute.name} does not hold")


def check_proof(clauses: Sequence[Sequence[int]], steps: Sequence[tuple[Sequence[int], Sequence[int]]]) -> None:
    """In the manner of LRAT: each step is a clause and the numbers of clauses before it. Where the clause is false,
    each of these in turn leaves one literal that must be true then, until the last leaves none. The last step is the
    empty clause. Raises `Rejected`."""
    known = [frozenset(clause) for clause in clauses]
    for clause, hints in steps:
        false, left = set(clause), []
        for hint in hints:
            left.append(known[hint] - false)
            false.update(-literal for literal in left[-1])
        if not hints or left[-1] or any(len(literals) != 1 for literals in left[:-1]):
            raise Rejected(f"step {len(known)} of the proof does not follow")
        known.append(frozenset(clause))
    if not steps or steps[-1][0]:
        raise Rejected("the proof does not end in the empty clause")
