"""One concrete request, decided by `problem`: the other reading of the rules, held against `evaluate` by the tests.

In: an estate and a request. Out: `Outcome`. Guarantee: the request's values are fixed and the problem is solved as for a proof; the facts
of F1 to F9 are not asserted, since a context that could not be sent is decided all the same.
"""

from __future__ import annotations

from collections.abc import Mapping

from verifier.model.engine import Engine
from verifier.model.estate import Estate
from verifier.model.free_facts import SESSION_ALLOW
from verifier.model.readings import WHICH_PAIR
from verifier.model.request import Outcome, Request
from verifier.model.steps.actions import StepAction, StepResource, step_action
from verifier.problem.expression import Symbol, literal, negation
from verifier.problem.question import Question
from verifier.problem.rules import ask
from verifier.problem.semantics.keyless import LIST_RETIRABLE
from verifier.problem.semantics.targets import Target, TargetKind, key_target, step_target, workload_target
from verifier.solve.engines import open_session
from verifier.solve.session import Result, Sat, Session, Undecided
from verifier.syntax.diagnostic import InputError
from verifier.verify.explanation.symbolic_constraints import ANY_PAIR, constraints
from verifier.verify.explanation.symbolic_values import RESOURCE_ORGANIZATION, Undetermined, concrete_values, refuse_unlike

__all__ = ["Decider", "Undetermined", "decide_symbolically", "target_of"]

_WITHOUT_KEY = (TargetKind.NONE, TargetKind.ACCOUNT, TargetKind.WORKLOAD)
KEYLESS = "F1-keyless"
"""The reading that decides what a request without a key carries."""


def decide_symbolically(estate: Estate, request: Request, assignment: Mapping[str, bool] | None = None) -> Outcome:
    """The outcome for one request: allowed in every reading, refused in every reading, or it depends.

    `assignment` fixes symbols, as for `evaluate`. Raises `Undetermined` where the problem cannot hold the request.
    """
    return Decider(estate).decide(request, assignment)


class Decider:
    """Decides requests against one estate; those on one target share its question."""

    def __init__(self, estate: Estate, engine: Engine = Engine.Z3) -> None:
        self._estate, self._engine = estate, engine
        self._questions: dict[Target, Question] = {}
        self._sessions: dict[Request, list[tuple[bool, Session]]] = {}

    def decide(self, request: Request, assignment: Mapping[str, bool] | None = None) -> Outcome:
        """As `decide_symbolically`."""
        if request.session_policies is not None:
            raise Undetermined("a session policy (U2)")
        question = self._question(request)
        held = {SESSION_ALLOW: False, **(assignment or {})}
        if WHICH_PAIR in held:
            held[ANY_PAIR] = False
        fixed = [literal(name, value) for name, value in held.items()]
        solvers = self._solvers(question, request)
        # Of several, one for each value of a reading, those count whose value is not ruled out.
        sessions = [session for carried, session in solvers if len(solvers) == 1 or held.get(KEYLESS, carried) == carried]
        allow = any(_possible(session.check([question.allowed, *fixed])) for session in sessions)
        refuse = any(_possible(session.check([negation(question.allowed), *fixed])) for session in sessions)
        if allow and refuse:
            _refuse_unsupported(question)
            return Outcome.DEPENDS
        return Outcome.ALLOW if allow else Outcome.DENY

    def _question(self, request: Request) -> Question:
        """The question about the request's target."""
        target = target_of(self._estate, request)
        if target not in self._questions:
            self._questions[target] = ask(self._estate, target, ())
        return self._questions[target]

    def _solvers(self, question: Question, request: Request) -> list[tuple[bool, Session]]:
        """Solvers that know the request: without a key one for each value of the reading F1-keyless, which decides what it carries."""
        if request not in self._sessions:
            readings = (True, False) if question.space.target.kind in _WITHOUT_KEY else (True,)
            self._sessions = {request: [(carried, _solver(question, request, carried, self._engine)) for carried in readings]}
        return self._sessions[request]


def _solver(question: Question, request: Request, carried: bool, engine: Engine) -> Session:
    values = concrete_values(question, request)
    refuse_unlike(question, request, values)
    given = {name.lower() for name, _ in request.context}
    if not carried:
        values |= {name: None for name in RESOURCE_ORGANIZATION if name in question.space.attributes and name not in given}
    known = list(constraints(question, request, values))
    if question.space.target.kind in _WITHOUT_KEY:
        known.append(Symbol(KEYLESS) if carried else negation(Symbol(KEYLESS)))
    return open_session(engine, question.finite, known, [question.allowed])


def _refuse_unsupported(question: Question) -> None:
    """A comparison that the problem leaves open is not a reading that the outcome may depend on."""
    for reason in (*question.space.unsupported.values(), *question.finite.unsupported.values()):
        raise Undetermined(reason)


def _possible(result: Result) -> bool:
    if isinstance(result, Undecided):
        raise Undetermined(result.reason)
    return isinstance(result, Sat)


def _step_target(estate: Estate, request: Request, step: StepAction) -> Target:
    """What a step changes: a role, user, group or policy; or the caller's account, where the request itself names something in it."""
    running = [one for account in estate.accounts for one in account.workloads if one.arn == request.resource]
    if step.on is StepResource.WORKLOAD or running:
        if request.resource is None:
            raise InputError.of(f"{request.action} is about code that runs, and the request names none")
        return workload_target(request.caller.account or "", request.resource, running[0].tags if running else None)
    if step.on is StepResource.ACCOUNT:
        partition = request.caller.principal_arn.split(":")[1]
        return step_target(estate, f"arn:{partition}:iam::{request.caller.account}:root")
    if request.resource is None:
        raise InputError.of(f"{request.action} is about a {step.on.value}, and the request names none")
    return step_target(estate, request.resource)


def target_of(estate: Estate, request: Request) -> Target:
    """The target that a request is about."""
    resource = request.resource
    step = step_action(request.action)
    if step is not None:
        return _step_target(estate, request, step)
    if resource is None or request.action.lower() == LIST_RETIRABLE.lower():
        return Target(TargetKind.NONE, estate.keys[0].partition if estate.keys else "aws")
    key = estate.key(resource)
    if key is not None:
        return key_target(key)
    if ":alias/" in resource:
        _, partition, _, region, account, _ = resource.split(":", 5)
        return Target(TargetKind.ALIAS, partition, account, region, resource)
    raise InputError.of(f"{resource} is not a key of the input")
