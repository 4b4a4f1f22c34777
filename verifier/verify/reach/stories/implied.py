"""Conditions on further requests of a story that its steps so far imply: how sessions were made (F3), and what a key of
which the input does not give the spec, usage or origin can still be (F8).

In: the state, the steps so far, a principal that is held. Out: conditions on requests.
Guarantee: a request that meets them may be of the session that the last of these steps gave (of one that is held at
first nothing is said), and on the same key as those before. [IAM: reference_policies_condition-keys, *Properties of a
role session*; id_credentials_mfa_configure-api-require; API: AssumeRole, SerialNumber]
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from verifier.evaluate.steps import facts_left
from verifier.evaluate.suited import fitting_facts
from verifier.model.estate import Estate, Key
from verifier.model.invariant import ConditionAnd, ConditionExpression, ConditionNot
from verifier.model.reference import KeyFacts
from verifier.model.request import CallerKind
from verifier.model.results.verdict import StoryStep
from verifier.model.steps.chains import Became, Move
from verifier.model.steps.descriptions import StepKind
from verifier.problem.facts.requests import OF_SOURCES
from verifier.problem.sessions.session_tags import DELIVERED, FACTOR, FEDERATED_PROVIDER
from verifier.verify.reach.stories.asking import said, test

_OF_MFA = frozenset({FACTOR, "aws:multifactorauthage"})
SESSION_KEYS = _OF_MFA.union(DELIVERED, OF_SOURCES, {FEDERATED_PROVIDER})
"""The keys about which conditions are made, in lower case."""
_BY_SERVICES = (StepKind.PASS_ROLE, StepKind.CHANGE_CODE)


def session_conditions(steps: Sequence[StoryStep], by: str, read: Collection[str]) -> Iterator[ConditionExpression]:
    """The conditions on requests of a principal, of those on keys that policies `read`."""
    found = _making(steps, by)
    if found is None:
        return
    if not _OF_MFA.isdisjoint(read) and not _from_user(steps, by):
        yield ConditionNot(test("Bool", FACTOR, "true"))
    if FEDERATED_PROVIDER in read and steps[found].move.requests[0].caller.kind is not CallerKind.WEB:
        yield test("Null", FEDERATED_PROVIDER, "true")
    services = _services(steps[found])
    for key in DELIVERED:
        delivering = key.partition(":")[0].replace("aws", "ec2")
        if key in read and services is not None and delivering not in services:
            yield test("Null", key, "true")
    if services == frozenset():
        yield from (test("Null", key, "true") for key in OF_SOURCES if key in read)


def _making(steps: Sequence[StoryStep], by: str) -> int | None:
    """The number of the step that gave a session of a role last."""
    for number, step in reversed(list(enumerate(steps))):
        change = step.move.change
        if isinstance(change, Became) and change.caller.principal_arn == by:
            is_session = change.caller.kind is CallerKind.ROLE and step.move.kind is not StepKind.OWN_IDENTITY
            return number if is_session else None
    return None


def _services(step: StoryStep) -> frozenset[str] | None:
    """The service that made a session for what runs there, by how its name begins; none where a caller assumed the
    role, and `None` where it is one of several."""
    if step.move.kind not in _BY_SERVICES:
        return frozenset()
    passed = (one for one in step.move.requests if one.action == "iam:PassRole")
    names = (name for one in passed for name in said(one, "iam:PassedToService"))
    return next((frozenset({name.partition(".")[0].removeprefix("edge")}) for name in names), None)


def _from_user(steps: Sequence[StoryStep], by: str) -> bool:
    """True iff a user may be at the beginning of a session that steps made."""
    found = _making(steps, by)
    if found is None:
        return True
    step = steps[found]
    asking = step.move.requests[0].caller
    if step.move.kind in _BY_SERVICES or asking.kind not in (CallerKind.USER, CallerKind.ROLE):
        return False
    return asking.kind is CallerKind.USER or _from_user(steps[:found], asking.principal_arn)


# -- keys --


_KEYS = (("spec", "kms:KeySpec"), ("usage", "kms:KeyUsage"), ("origin", "kms:KeyOrigin"))
_ANY = "kms:DescribeKey"
"""What every key can be asked for."""


def key_conditions(
    estate: Estate, moves: Sequence[Move], last: tuple[str, Iterable[str]]
) -> dict[str, ConditionExpression]:
    """The conditions, by the ARNs of the keys. `last` is the key of the last request and its possible actions."""
    left = facts_left(estate, moves)
    for key in (key for key in estate.keys if key.arn == last[0]):
        ends = [fitting_facts(key, action, {}) for action in last[1]]
        if ends and None not in ends:
            of_last = frozenset[KeyFacts]().union(*(facts for facts in ends if facts is not None))
            left[key.arn] = left.get(key.arn, of_last) & of_last
    policies = estate.deciding_policies() if left else ()
    tested = frozenset[str]().union(*(policy.tested_keys for policy in policies))
    found = {key.arn: tuple(_of_key(key, [*left[key.arn]], tested)) for key in estate.keys if key.arn in left}
    return {arn: ConditionAnd(conditions) for arn, conditions in found.items() if conditions}


def _of_key(key: Key, left: Sequence[KeyFacts], tested: frozenset[str]) -> Iterator[ConditionExpression]:
    """What no policy tests is left out: of that no request says anything."""
    every = fitting_facts(key, _ANY, {}) or frozenset()
    for name, condition_key in (pair for pair in _KEYS if pair[1].lower() in tested):
        values, known = ({str(getattr(facts, name)) for facts in some} for some in (left, every))
        if values < known:
            yield test("StringEquals", condition_key, *sorted(values))
