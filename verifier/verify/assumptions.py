"""What a verdict supposes, in sentences with rule labels.

In: a question and the answer to a claim. Out: `Assumption`s.
Guarantee: what was not given, and would bear on the verdict, is named (U1, U3, U4, L5a, D7).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from verifier.model.reference import data_version
from verifier.model.verdict import Assumption
from verifier.problem.question import Claim, Question
from verifier.problem.targets import TargetKind
from verifier.verify.claims import Answer, Found


def assumptions(question: Question, claim: Claim, answer: Answer, held: Mapping[str, bool]) -> tuple[Assumption, ...]:
    """The assumptions of one verdict."""
    return tuple(_assumptions(question, answer, held))


def _assumptions(question: Question, answer: Answer, held: Mapping[str, bool]) -> Iterator[Assumption]:
    estate, target = question.space.estate, question.space.target
    if estate.accounts:
        listed = ", ".join(account.id for account in estate.accounts)
        yield Assumption("U1", f"identity policies are those of the inventory of {listed}; those of other accounts are free")
    else:
        yield Assumption("U1", "no inventory was given: the identity policies of every account are free")
    if target.kind is TargetKind.KEY:
        key = target.key
        assert key is not None
        if len(key.policies or ()) == 1:
            yield Assumption("L5a", "the key is not shared through AWS RAM: no policy named AWS_RAM was given")
        if key.grants is None:
            yield Assumption("G1", "the key has no grants: none were given")
        free = [name for name, value in (("spec", key.spec), ("aliases", key.aliases), ("tags", key.tags)) if value is None]
        if free:
            yield Assumption("U3", f"the key's {', '.join(free)} were not given, and are free")
        if not any(thing.key is None and thing.principal is None for thing in estate.unmodelled):
            yield Assumption("D7", "no service control policy, resource control policy or VPC endpoint policy was given")
    for name in question.space.notes:
        yield Assumption("U4", f"the reference data does not know the condition key `{name}`: it is free")
    for label, value in held.items():
        yield Assumption(label, f"the reading {label} was held at {'yes' if value else 'no'}")
    if isinstance(answer, Found):
        for label, value in answer.counterexample.readings:
            yield Assumption(label, f"the counterexample needs the reading {label} = {'yes' if value else 'no'}")
    yield Assumption("U4", f"actions and condition keys as of {data_version()}")
