"""Certificates: for each proof what `verifier recheck` needs to check it without a solver (docs/certificates.md).

In: a report and what it was made from. Out: the certificate as JSON values.
Guarantee: every entry was accepted by the checker before it is handed out, or `InternalDisagreement`; a proof that no
entry can be made for is listed with the reason. Of a proof about `can eventually` that is a set of facts that no step
leaves: the least that the checker's queries lead to, in which the closures of `verifier.verify.reach` have no part.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from typing import Any

from verifier import __version__
from verifier.ask.answers import InternalDisagreement
from verifier.model.estate import Estate, Key
from verifier.model.invariant import Invariant
from verifier.model.invariant_file import AnyInvariant
from verifier.model.reference import actions, data_version
from verifier.model.results.verdict import Report, Status, Verdict
from verifier.model.symbols import SymbolValues
from verifier.problem.question import Formula
from verifier.problem.semantics.targets import Target, TargetKind
from verifier.problem.space import TARGET, Space
from verifier.problem.subjects import target_name, targets_of
from verifier.recheck.check import check_entry, described, formula_of
from verifier.recheck.closed_set import FactText
from verifier.recheck.eventually import (
    OF_THE_KEY,
    OPERATIONS,
    Reaching,
    check_eventual,
    partly_listed,
    supposed,
    why_not,
)
from verifier.recheck.tables import Rejected
from verifier.verify.certifying import Satisfied, attempt, certify
from verifier.verify.preparation import held_readings

_Json = dict[str, Any]

_FORMAT = "kms-verifier/certificate"
_FORMAT_VERSION = 4
MOST_FACTS = 1000
"""A set with more facts is not looked for."""


def certificate(
    estate: Estate, invariants: Sequence[AnyInvariant], report: Report, readings: Mapping[str, bool]
) -> _Json:
    targets = {target_name(target): target for target, _ in targets_of(estate, invariants)}
    proofs, lacking, held = [], [], held_readings(readings)
    for verdict in report.verdicts:
        about = {"invariant": verdict.invariant.name, "text": verdict.invariant.text, "target": verdict.target}
        found = _entry(estate, targets[verdict.target], verdict, held)
        if isinstance(found, str):
            lacking.append({**about, "status": verdict.status.value, "reason": found})
        else:
            proofs.append({**about, **found})
    return {
        "format": _FORMAT,
        "format_version": _FORMAT_VERSION,
        "verifier": __version__,
        "data_version": data_version(),
        "inputs": [{"file": file, "sha256": digest} for file, digest in estate.inputs],
        "readings": dict(sorted(readings.items())),
        "proofs": proofs,
        "without_proof": lacking,
    }


def _entry(estate: Estate, target: Target, verdict: Verdict, readings: SymbolValues) -> _Json | str:
    """The entry of one verdict, or why there is none."""
    if verdict.status is not Status.PROVED:
        return "it is not proved"
    if not isinstance(verdict.invariant, Invariant):
        return "it is about the listed grants, which were looked at one by one"
    found: _Json | str
    if verdict.invariant.eventually:
        if verdict.bound is not None and not verdict.bound.complete:
            return "it holds for chains of so many steps alone, and a set that no step leaves is about all"
        found = eventual_entry(estate, target, verdict.invariant, readings)
        check = partial(check_eventual, estate=estate, target=target, invariant=verdict.invariant, readings=readings)
    else:
        formula = formula_of(estate, target, verdict.invariant)
        found = certify(formula, readings)
        check = partial(check_entry, formula=formula, readings=readings)
    if isinstance(found, str):
        return found
    try:
        check(found)
    except Rejected as error:
        if "too large" in str(error):  # the checker has limits of its own
            return str(error)
        raise InternalDisagreement(
            f"the proof of {verdict.invariant.name!r} does not recheck: {error}; please report this"
        ) from None
    return found


def eventual_entry(estate: Estate, target: Target, invariant: Invariant, readings: SymbolValues) -> _Json | str:
    """The entry of an invariant, or why there is none."""
    lacking = why_not(estate, target, invariant)
    if lacking is not None:
        return lacking
    assert target.key is not None
    given_up = frozenset(("account", account) for account in partly_listed(estate))
    found = _Search(estate, target, target.key, invariant, readings, given_up).closed()
    return found if isinstance(found, str) else {"verdict": "proved", **supposed(estate), **found}


@dataclass
class _Search:
    estate: Estate
    target: Target
    _key: Key
    invariant: Invariant
    readings: SymbolValues
    facts: frozenset[FactText]
    _known: dict[str, tuple[str, _Json]] = field(default_factory=dict)

    def closed(self) -> _Json | str:
        """The set and its queries, or why there is none. What is not excluded counts only once the steps give no
        further facts: with these it may bring nothing."""
        while len(self.facts) <= MOST_FACTS:
            before, queries = self.facts, []
            for about, _ in self._reaching().queries():
                found = self._proof_of(about)
                if not isinstance(found, str):
                    queries.append({"about": about, **found})
                elif self.facts == before:
                    return found
            if self.facts == before:
                return {"facts": sorted(map(list, self.facts)), "queries": queries}
        return f"it takes more than {MOST_FACTS} facts"

    def _reaching(self) -> Reaching:
        return Reaching.of(self.estate, self.target, self.invariant, sorted(self.facts))

    def _proof_of(self, about: str) -> _Json | str:
        """The proof of one query, once what it lets be made true is among the facts."""
        while (make := dict(self._reaching().queries()).get(about)) is not None:
            formula = make()
            found = self._attempt(about, formula)
            if not isinstance(found, Satisfied):
                return found
            before, one = self.facts, found.further("action", TARGET)
            self.facts |= frozenset(self._more(formula.space, found))
            if self.facts == before:
                return f"what a certificate can say of steps does not exclude it ({about})"
            while one is not None and len(self.facts) <= MOST_FACTS:
                self.facts |= frozenset(self._more(formula.space, one))
                one = one.further("action", TARGET)
        return {}

    def _attempt(self, about: str, formula: Formula) -> _Json | Satisfied | str:
        """What was found of the same formula before counts again."""
        described_formula = json.dumps(described(formula, self.readings).as_json())
        if self._known.get(about, ("", {}))[0] != described_formula:
            found = attempt(formula, self.readings)
            if not isinstance(found, dict):
                return found
            self._known[about] = described_formula, found
        return self._known[about][1]

    def _more(self, space: Space, found: Satisfied) -> Iterator[FactText]:
        """What a request that meets a query makes true, where a set can have it."""
        found_actions = set(found.values("action", [name.lower() for name in space.known_actions]))
        names = [name for name in sorted(space.known_actions) if name.lower() in found_actions]
        if space.target.key is not None:
            yield from self._of_key(space.target.key.arn, names, found)
        elif space.target.kind is TargetKind.DOUBT:
            if space.target.account != self._key.account:
                yield ("account", str(space.target.account))
        else:
            reaching = self._reaching()
            arns = found.values(TARGET, [str(one.resource) for one in space.target.members])
            for name, one in product(names, space.target.members):
                if one.resource in arns and not reaching.is_in(name, one):
                    yield from reaching.lacking(name, one)

    def _of_key(self, key: str, names: Sequence[str], found: Satisfied) -> Iterator[FactText]:
        yield from ((OF_THE_KEY[name], key) for name in names if name in OF_THE_KEY)
        if "kms:CreateGrant" in names:
            granted = [action.name for action in actions() if action.grant_operation]
            operations = found.values(OPERATIONS, [name.removeprefix("kms:") for name in granted])
            yield from (("grant", key, f"kms:{name}") for name in operations)
