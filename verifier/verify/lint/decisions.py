"""Rules about what a statement of a key policy changes: what is denied anyway, what others make redundant, a Deny that
nothing escapes.

In: an estate, a key. Out: a `KeyPolicyCase`; findings. Guarantee: a statement is redundant only if every request is
decided alike with and without it, under every reading; `redundant-statement` holds whatever other policies and grants
say (`verifier.verify.lint.meaning`), `redundant-in-snapshot` for those of the input.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, partial

from verifier.ask.answers import Proved, Refuted, Unknown
from verifier.frozen import Frozen
from verifier.model import lint_rules as rules
from verifier.model.estate import Estate, Key
from verifier.model.policy import Effect, StatementRef, reference_to
from verifier.model.results.lint import Finding, Proof
from verifier.problem.expression import TRUE
from verifier.problem.semantics.targets import key_target
from verifier.problem.substitution import without_statements
from verifier.verify.lint.bench import Bench
from verifier.verify.lint.meaning import denied_by_policy, gives, retires
from verifier.verify.lint.places import InEstate, TargetDecision, alone, in_estate
from verifier.verify.lint.subjects import Decided, FindingOrUndecided, Seen, Subject
from verifier.verify.lint.words import does


class KeyPolicyCase(Frozen):
    """The statements of the policies of one key, by owner number. `alone` is the decision in any surroundings, `here`
    gives that of the estate, made when it is first asked for."""

    subjects: Mapping[int, Subject]
    alone: TargetDecision
    here: Callable[[], TargetDecision]

    @property
    def bench(self) -> Bench:
        """The questions about the key policy alone."""
        return self.alone.bench

    @property
    def owners(self) -> Sequence[StatementRef]:
        """Its statements, by number."""
        return self.alone.owners


def key_policy_case(estate: Estate, key: Key, timeout: float | None) -> KeyPolicyCase:
    """Everything that is asked about the statements of a key; what the rest of the estate adds, if a rule needs it."""
    target = key_target(key)
    written = [(policy, statement) for policy in key.policies or () for statement in policy.statements]
    by_itself = alone(estate, target, written, timeout)
    whole = cache(lambda: in_estate(estate, target, written, lambda _: TRUE, timeout))
    subjects = {
        number: Subject(
            estate,
            policy,
            statement,
            [partial(_self, seen)],
            [partial(_one, whole, reference_to(policy, statement))],
            key,
        )
        for number, (policy, statement), seen in zip(by_itself.numbers, written, by_itself.seen, strict=True)
    }
    return KeyPolicyCase(subjects, by_itself.decision, lambda: whole().decision)


def _self(seen: Seen) -> Seen:
    return seen


def _one(whole: Callable[[], InEstate], reference: StatementRef) -> Decided:
    return whole().seen[reference]


def decision_rules(case: KeyPolicyCase) -> Iterator[FindingOrUndecided]:
    """All of them. Where nothing is allowed at all, that alone is reported."""
    nothing = list(_deny_without_escape(case))
    yield from nothing
    if any(isinstance(found, Finding) for found in nothing):
        return
    living = [subject for subject in case.subjects.values() if subject.is_known and subject.lives]
    denied = [found for subject in living if subject.is_allow for found in _always_denied(case, subject)]
    yield from denied
    denials = {found.statement for found in denied if isinstance(found, Finding)}
    yield from _redundant(case, [subject for subject in living if subject.reference not in denials])


def _deny_without_escape(case: KeyPolicyCase) -> Iterator[FindingOrUndecided]:
    """No request is allowed, whatever grants and other policies say, and without the Denies some would be. (Whether a
    Deny stops RetireGrant is open, so that operation does not count.)"""
    allowed = [case.alone.allowed, ~retires()]
    answer = case.bench.ask(*allowed)
    if not isinstance(answer, Proved):
        return
    because = case.alone.references(answer.core)
    denies = [subject for subject in case.subjects.values() if not subject.is_allow and subject.reference in because]
    everything = frozenset(number for number, owner in enumerate(case.owners) if owner.effect is Effect.DENY)
    if denies and isinstance(case.bench.ask(without_statements(case.alone.allowed, everything), *allowed[1:]), Refuted):
        others = tuple(subject.reference for subject in denies[1:])
        together = "together with other Denies it refuses" if others else "refuses"
        every = "every request that anything could allow, grants included"
        message = f"{together} {every}: nobody can use or manage the key"
        proof = Proof("no request is allowed, whatever other policies say", others)
        yield denies[0].finding(rules.DENY_WITHOUT_ESCAPE, message, proof=proof)


def _always_denied(case: KeyPolicyCase, subject: Subject) -> Iterator[FindingOrUndecided]:
    """Everything that an Allow gives, Denies of the same policy refuse."""
    seen = subject.own
    given = gives(seen.meaning)
    if not isinstance(case.bench.ask(given), Refuted):
        return
    said = [(number, other.own.meaning) for number, other in case.subjects.items()]
    answer = case.bench.ask(given, ~denied_by_policy(said))
    if isinstance(answer, Unknown):
        yield subject.undecided(rules.ALWAYS_DENIED, answer)
    elif isinstance(answer, Proved):
        message = "allows nothing: Denies of the policy refuse every request that it matches"
        proof = Proof("no request that it matches escapes them", case.alone.references(answer.core))
        yield subject.finding(rules.ALWAYS_DENIED, message, proof=proof)


# --- redundancy -------------------------------------------------------------------------------------------------------


def _redundant(case: KeyPolicyCase, living: Sequence[Subject]) -> Iterator[FindingOrUndecided]:
    """Statements that change nothing. Of those that need each other's absence, the later ones are reported."""
    alone: dict[StatementRef, Proved] = {}
    rest = []
    for subject in living:
        answer = case.alone.changes(subject.reference, allow=subject.is_allow)
        if isinstance(answer, Unknown):
            yield subject.undecided(rules.REDUNDANT, answer)
        elif isinstance(answer, Proved):
            alone[subject.reference] = answer
        else:
            rest.append(subject)
    together = list(_redundant_together(case, [subject for subject in living if subject.reference in alone]))
    yield from together
    yield from _redundant_here(case, rest, [found.statement for found in together])


def _redundant_together(case: KeyPolicyCase, redundant: Sequence[Subject]) -> Iterator[Finding]:
    """Of statements that are redundant one by one, those that can go together; each with what then makes it so."""
    gone: frozenset[int] = frozenset()
    kept: set[StatementRef] = set()
    removed: list[Subject] = []
    for subject in reversed(redundant):
        if isinstance(case.alone.changes(subject.reference, allow=subject.is_allow, gone=gone), Proved):
            gone |= case.alone.numbers(subject.reference)
            removed.append(subject)
        else:
            kept.add(subject.reference)
    for subject in reversed(removed):
        others = gone - case.alone.numbers(subject.reference)
        answer = case.alone.changes(subject.reference, allow=subject.is_allow, gone=others)
        if isinstance(answer, Proved):
            yield _one_redundant(case, subject, answer, kept)


def _one_redundant(case: KeyPolicyCase, subject: Subject, answer: Proved, alternatives: set[StatementRef]) -> Finding:
    because = case.alone.references(answer.core, but=subject.reference)
    denies = [reference for reference in because if reference.effect is Effect.DENY]
    proof = Proof("with and without it every request is decided alike, whatever other policies and grants say", because)
    if not subject.is_allow and not denies:
        message = "denies nothing that is not refused anyway: nothing allows what it denies"
        return subject.finding(rules.DENY_WITHOUT_EFFECT, message, proof=proof)
    if subject.is_allow and not because:
        message = f"allows nothing: {_why_never(case, subject)}"
        proof = Proof("no request that it matches is allowed, whatever other policies say")
        return subject.finding(rules.ALLOW_WITHOUT_EFFECT, message, proof=proof)
    others = alternatives & set(because)
    choice = "; one of the two can go" if len(others) == 1 else "; one of them can go" if others else ""
    others_do = does(subject.statement, "what it allows others allow", "what it denies others deny")
    message = f"changes nothing: {others_do} as well{choice}"
    return subject.finding(rules.REDUNDANT, message, proof=proof)


def _why_never(case: KeyPolicyCase, subject: Subject) -> str:
    """Why an Allow that some request matches is never of use, though nothing else allows it (G5, R5)."""
    seen = subject.own
    assert subject.key is not None
    given = gives(seen.meaning)
    if isinstance(case.bench.ask(given), Proved):
        return "a key policy gives nothing for `kms:RetireGrant`"
    at_home = seen.space.in_account(subject.key.account) | seen.space.is_service
    if isinstance(case.bench.ask(given, at_home), Proved):
        return "it is for callers of other accounts, and AWS takes these operations from the key's own account alone"
    return "no request that it matches can be allowed by it"


def _redundant_here(
    case: KeyPolicyCase, rest: Sequence[Subject], gone: Iterable[StatementRef | None]
) -> Iterator[FindingOrUndecided]:
    """Those that change nothing beside the identity policies and grants of the input, those found before being gone."""
    removed = set(gone)
    for subject in filter(_is_surrounded, reversed(rest)):
        here = case.here()
        numbers = frozenset(number for number, owner in enumerate(here.owners) if owner in removed)
        answer = here.changes(subject.reference, allow=subject.is_allow, gone=numbers)
        if isinstance(answer, Proved):
            removed.add(subject.reference)
            yield _one_redundant_here(here, subject, answer)


def _is_surrounded(subject: Subject) -> bool:
    """True iff the input says enough: an inventory, and for a Deny the grants."""
    assert subject.key is not None
    return bool(subject.estate.accounts) and (subject.is_allow or subject.key.grants is not None)


def _one_redundant_here(here: TargetDecision, subject: Subject, answer: Proved) -> Finding:
    because = here.references(answer.core, but=subject.reference)
    decided = does(subject.statement, "is allowed or refused alike", "is refused anyway")
    message = f"changes nothing in this snapshot: what it {does(subject.statement, 'allows', 'denies')} {decided}"
    proof = Proof("with and without it every request is decided alike", because)
    return subject.finding(rules.REDUNDANT_HERE, message, proof=proof)
