"""The verdict on what a caller can eventually do, held against the exhaustive search (E0): on one random estate, and
counted.

In: the seed of an estate. Out: counts; `Disagreement`, with the command that asks the same again.
Guarantee: an estate agrees iff what is proved is not found, and what is refuted is found or, by more steps, replays. An
Unknown is counted by whether the search finds something once it takes what is not known (U1, U3) for what gives most,
or a doubtful action (W1) may be made that it names: if so, the verdict cannot be another.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from tests.agreement.scenarios import Disagreement
from tests.evaluate.steps.replay import Chain
from tests.reach.estates import COLOURS, TEAM, Question, random_question
from tests.reach.exhaustive import search
from tests.reach.moves import session
from tests.reach.places import PLACED
from tests.reach.telling import STEPS, replayed
from tests.reach.themes import THEMES
from verifier.evaluate import evaluate
from verifier.model.choices import Engine
from verifier.model.estate import Estate, Identity
from verifier.model.invariant import ALWAYS, Expectation, Invariant, KeyArn, PrincipalLike
from verifier.model.policy import Policy, Text
from verifier.model.request import Caller, CallerKind, Outcome, Request
from verifier.model.results.verdict import Status, Verdict
from verifier.model.steps.chains import State
from verifier.verify.proving import prove

FOUND = {Status.PROVED: {Outcome.DENY}, Status.REFUTED: {Outcome.ALLOW, Outcome.DEPENDS}, Status.UNKNOWN: set(Outcome)}
"""What the search may find, by the verdict."""
MOST_UNKNOWN = 0.03
"""The part of all estates that may be Unknown without need."""
LEAST = 0.15
"""The part of all estates that must be proved, and that must be refuted: otherwise a run says little."""
LONGER = "by more steps"
NEEDED, NEEDLESS = "something is not known", "the verdict could be another"


@dataclass
class ReachCounts:
    """What a run has seen: estates by what the search finds and what the verdict is; the kinds of steps that the
    search's chains take; each theme by whether the search finds something; the reason of each Unknown without need, by
    its seed."""

    pairs: Counter[tuple[str, str]] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    themes: Counter[tuple[str, bool]] = field(default_factory=Counter)
    needless: dict[int, str] = field(default_factory=dict)

    @property
    def estates(self) -> int:
        """How many estates were asked about."""
        return sum(self.pairs.values())

    def __str__(self) -> str:
        lines = [f"reach: {self.estates:,} estates"]
        lines += [
            f"  search {found:8} verdict {verdict:50} {number:>6,}"
            for (found, verdict), number in sorted(self.pairs.items())
        ]
        lines.append("  chains: " + ", ".join(f"{kind} {number:,}" for kind, number in self.kinds.most_common()))
        lines.append(
            "  themes: "
            + ", ".join(
                f"{name} {self.themes[name, True]}:{self.themes[name, False]}" for name in sorted(THEMES | PLACED)
            )
        )
        lines += [f"  without need: estate {seed}: {reason}" for seed, reason in sorted(self.needless.items())]
        return "\n".join(lines)

    def add(self, other: ReachCounts) -> None:
        """Takes over the counts of another run."""
        self.pairs.update(other.pairs)
        self.kinds.update(other.kinds)
        self.themes.update(other.themes)
        self.needless.update(other.needless)

    def complaints(self) -> Iterator[str]:
        """What makes a run worth nothing, or too weak; of a short run, as while one works on it, nothing is said."""
        if self.estates < 200:
            return
        if len(self.needless) > MOST_UNKNOWN * self.estates:
            yield f"reach: {len(self.needless)} of {self.estates} estates are Unknown without need"
        for status in (Status.PROVED, Status.REFUTED):
            number = sum(count for (_, verdict), count in self.pairs.items() if verdict == status.value)
            if number < LEAST * self.estates:
                yield f"reach: only {number} of {self.estates} estates are {status.value}"
        for name in THEMES | PLACED:
            if min(self.themes[name, True], self.themes[name, False]) < self.estates // 250:
                yield (
                    f"reach: {name} get somewhere in {self.themes[name, True]} estates and nowhere in "
                    f"{self.themes[name, False]}"
                )


def verdict(question: Question, action: str = "kms:Decrypt") -> Verdict:
    """The verdict on whether the caller can eventually do an action on the first key."""
    callers, keys = PrincipalLike(Text(question.caller.principal_arn)), (KeyArn(question.estate.keys[0].arn),)
    asked = Invariant(
        "", Expectation.REFUSED, callers, (Text(action),), keys, ALWAYS, (), "no escalation", eventually=True
    )
    (found,) = prove(question.estate, [asked], engine=Engine.SAT, steps=STEPS).verdicts
    return found


def check_reach(seed: int, counts: ReachCounts, *, unknown: bool = True) -> None:
    """Asks about one estate; without `unknown`, not whether an Unknown has a need, which takes most of the time. Raises
    `Disagreement`."""
    question = random_question(seed)
    given = verdict(question)
    if given.status is Status.UNKNOWN and not unknown:
        counts.pairs["not made", given.status.value] += 1
        return
    if given.story is not None and given.story.caller.session_tags:
        # Somebody gave the first session its tags (F3): it is that session that the search must find a chain of.
        question = replace(question, caller=given.story.caller)
    found, chain = _searched(question, doubts=False)
    shown = given.status.value
    if given.story is not None and len(given.story.steps) > STEPS:
        replayed(State(question.estate, (question.caller,)), given.story)
        shown = f"{shown}: {LONGER}"
    elif found not in FOUND[given.status]:
        raise Disagreement(_told(seed, found, given, chain))
    if given.status is Status.UNKNOWN:
        doubted = given.reason is not None and given.reason.rule == "W1" and _is_doubtful(question, given.reason.text)
        starts = (replace(question, caller=caller) for caller in _sessions(question))
        needed = found is Outcome.DENY and (
            doubted or any(_searched(start, doubts=True)[0] is not Outcome.DENY for start in starts)
        )
        shown = f"{shown}: {NEEDED if needed else NEEDLESS}"
        if not needed:
            counts.needless[seed] = "" if given.reason is None else f"[{given.reason.rule}] {given.reason.text}"
    counts.pairs[found.value, shown] += 1
    if question.theme is not None:
        counts.themes[question.theme, found is not Outcome.DENY] += 1
    counts.kinds.update(move.kind.value for move in (chain.moves if chain is not None else ()))


def _sessions(question: Question) -> Iterator[Caller]:
    """The caller, and the sessions of its role that somebody may have given tags, to be passed on or not (F3)."""
    yield question.caller
    if question.caller.kind is CallerKind.ROLE:
        for colour in COLOURS:
            for transitive in ((), (TEAM,)):
                tagged = replace(question.caller, session_tags=((TEAM, colour),), transitive=transitive)
                decision = evaluate(question.estate, Request(tagged, "kms:Decrypt", question.estate.keys[0].arn))
                if not any(warning.startswith("F3: no session") for warning in decision.warnings):
                    yield tagged


def _is_doubtful(question: Question, text: str) -> bool:
    """Whether a principal may make the doubtful request that the reason of an Unknown names, as things are or once a
    managed policy is attached to it; of what it writes itself, or of whom no inventory lists, that is so."""
    named = re.match(r"(\S+) may get there(?: as (\S+))? by (\S+?):? ", text + " ")
    assert named is not None, text
    start, by, action = named.groups()
    arn = by or start
    if "is what it writes" in text or arn.endswith(":root"):
        return True
    caller = session(arn) if ":role/" in arn else Caller(CallerKind.USER, arn, arn.split(":")[4])
    targets = [key.arn for key in question.estate.keys] if action.startswith("kms:") else [None]
    managed = [one for account in question.estate.accounts for one in account.managed if account.id == caller.account]
    # Which of the service's own condition keys such a request carries is not known (W1).
    bounded = [((BOUNDARY, one.arn),) for one in managed if action.startswith("iam:")]
    requests = [Request(caller, action, target, context) for target in targets for context in (*_CONTEXTS, *bounded)]
    estates = (
        _holding(question.estate, arn, more)
        for more in ((), *((policy,) for one in managed for _, policy in one.versions))
    )
    return any(evaluate(estate, one).outcome is not Outcome.DENY for estate in estates for one in requests)


def _holding(estate: Estate, arn: str, policies: tuple[Policy, ...]) -> Estate:
    """The estate in which a user or role has further policies."""

    def held(some: tuple[Identity, ...]) -> tuple[Identity, ...]:
        return tuple(replace(one, policies=(*one.policies, *policies)) if one.arn == arn else one for one in some)

    return replace(
        estate, accounts=tuple(replace(one, users=held(one.users), roles=held(one.roles)) for one in estate.accounts)
    )


BOUNDARY = "iam:PermissionsBoundary"


_CONTEXTS: tuple[tuple[tuple[str, str], ...], ...] = (
    (),
    *(((f"aws:{of}Tag/{TEAM}", colour),) for of in ("Resource", "Request") for colour in COLOURS),
)
"""What a request may say of what it is on, and sets."""


def _searched(question: Question, doubts: bool) -> tuple[Outcome, Chain | None]:
    return search(question.estate, question.caller, "kms:Decrypt", question.estate.keys[0].arn, STEPS, doubts=doubts)


def _told(seed: int, found: Outcome, given: Verdict, chain: Chain | None) -> str:
    lines = [
        f"estate {seed} (tools/fuzz.py --estate {seed}): the search finds {found.value}, the verdict is "
        f"{given.status.value}"
    ]
    lines += [f"  search: {move.kind.value}: {move.requests}" for move in (chain.moves if chain is not None else ())]
    lines += [
        f"  story: {step.move.kind.value}: {step.move.requests}" for step in (given.story.steps if given.story else ())
    ]
    return "\n".join(lines)
