"""One engine answers one query, in a process of its own.

In: queries, one at a time. Out: the answer, its time in milliseconds, its counts.
Guarantee: the time covers everything from the model of the policy to the answer, and nothing else: garbage is collected
before. An answer *sat* that rests on comparisons between attributes is one only after a request was found and replayed.
"""

from __future__ import annotations

import gc
import resource
import sys
import time
from functools import cache
from multiprocessing.connection import Connection

from verifier.ask.answers import Refuted, Unknown
from verifier.ask.loop import preferences, usually
from verifier.bench.queries import ALLOW_ALL, Query, deny, estate_of, invariant_of, policy_of
from verifier.bench.records import AnswerCounts, Clock, EngineAnswer
from verifier.encode.string_theory import Inexpressible, script
from verifier.garbage_collection import collect_seldom
from verifier.model.choices import Engine
from verifier.model.symbols import LazyTest, NotModelled, RelationTest
from verifier.problem.asking import ask
from verifier.problem.classes.automaton import explored
from verifier.problem.classes.predicates import exactly, like, like_tokens, literal_tokens
from verifier.problem.rules import formulate
from verifier.problem.semantics.statements import acts_like
from verifier.problem.semantics.targets import key_target
from verifier.problem.semantics.values import plain_predicate, typed_predicate
from verifier.solve.engines import open_session, require_solver
from verifier.solve.session import Result, Sat, Session, Undecided, Unsat
from verifier.solve.string_solvers import solver_answer as ask_strings
from verifier.verify.claims import decide_claim
from verifier.verify.violations import violation

TimedAnswer = tuple[EngineAnswer, float, AnswerCounts, str]
"""The answer, milliseconds, counts, and a note where there is no answer."""


def serve_queries(connection: Connection, engine: Engine, limit: float, clock: Clock) -> None:
    """Answers queries until `None` comes, then tells its peak memory in MiB."""
    require_solver(engine)
    collect_seldom()  # as the program does
    while (query := connection.recv()) is not None:
        connection.send(answered(query, engine, limit, clock))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    connection.send(peak / 1024 if sys.platform != "darwin" else peak / 1024 / 1024)


def answered(query: Query, engine: Engine, limit: float, clock: Clock = Clock.WALL) -> TimedAnswer:
    """One answer within `limit` seconds for the solver, as to a first question about the policy in a process that has
    answered others. The limit is always one of the clock on the wall."""
    if not engine.on_strings:
        clear_caches()
        _on_classes(_other(), engine, limit)
    gc.collect()
    started, used = time.perf_counter(), time.process_time()
    try:
        said, counts = (_on_strings if engine.on_strings else _on_classes)(query, engine, limit)
    except Inexpressible as error:
        return EngineAnswer.UNKNOWN, 0.0, AnswerCounts(), f"the formula over strings cannot say it: {error}"
    elapsed, used = (time.perf_counter() - started) * 1000, (time.process_time() - used) * 1000
    late = elapsed >= limit * 900
    elapsed = used if clock is Clock.CPU else elapsed
    if isinstance(said, Undecided):
        timed_out = late or any(word in said.reason for word in ("timeout", "time", "canceled", "resource"))
        return EngineAnswer.TIMEOUT if timed_out else EngineAnswer.UNKNOWN, elapsed, counts, said.reason
    return EngineAnswer.SAT if isinstance(said, Sat) else EngineAnswer.UNSAT, elapsed, counts, ""


@cache
def _other() -> Query:
    """A question about another policy, with the condition keys that most policies have."""
    keys = {
        "kms:ViaService": "ec2.eu-west-1.amazonaws.com",
        "aws:PrincipalOrgID": "o-otherorg99",
        "kms:EncryptionContext:other": "other",
    }
    condition = {
        "StringEquals": keys,
        "StringLike": {"aws:PrincipalTag/other": "other*"},
        "Bool": {"aws:MultiFactorAuthPresent": "true"},
        "IpAddress": {"aws:SourceIp": "192.0.2.0/24"},
        "Null": {"aws:SourceVpce": "true", "aws:PrincipalArn": "false"},
        "DateLessThan": {"aws:CurrentTime": "2031-01-01T00:00:00Z"},
    }
    policy = policy_of([ALLOW_ALL, deny("kms:Verify", "*", condition)])
    return Query(
        "other", "other", 0, estate_of(policy), invariant_of("no caller outside prod can kms:Sign, kms:Verify")
    )


def _on_strings(query: Query, engine: Engine, limit: float) -> tuple[Result, AnswerCounts]:
    formula = formulate(query.estate, key_target(query.estate.keys[query.key]), [query.invariant])
    written = script(formula, formula.violations[0] & formula.known_action)
    return ask_strings(engine, written.text, limit), AnswerCounts()


def _on_classes(query: Query, engine: Engine, limit: float) -> tuple[Result, AnswerCounts]:
    said, counts, left = _answer_of(query, engine, limit, quick=True)
    if isinstance(said, Undecided) and left:
        said, counts, _ = _answer_of(query, engine, limit, quick=False)
    return said, counts


def _answer_of(query: Query, engine: Engine, limit: float, *, quick: bool) -> tuple[Result, AnswerCounts, bool]:
    """The answer of a question, what it took, and whether it left attributes without a table."""
    question = ask(query.estate, key_target(query.estate.keys[query.key]), [query.invariant], quick=quick)
    claim = question.claims[0]
    wanted = [claim.violation, question.known_action]
    session = open_session(engine, question.finite, question.finite.facts, [*wanted, *usually(question)], limit)
    said = session.check(wanted)
    if isinstance(said, Sat) and _needs_replay(session):
        # A request has to be found: what the classes say of comparisons between attributes is not all that there is to
        # them.
        found = decide_claim(question, claim, session, violation, plausible=False)
        if isinstance(found, Unknown):
            session = open_session(
                engine, question.finite, question.finite.facts, [*wanted, *preferences(question), claim.scope], limit
            )
            found = decide_claim(question, claim, session, violation)
        if isinstance(found, Unknown):
            said = Undecided(found.reason.text)
        else:
            said = Sat() if isinstance(found, Refuted) else Unsat((), ())
    done = session.counts
    classes = sum(table.size for table in question.finite.tables.values())
    return said, AnswerCounts(classes, done.terms, done.clauses, done.conflicts, done.calls), bool(question.left)


def _needs_replay(session: Session) -> bool:
    return any(isinstance(name, RelationTest | LazyTest | NotModelled) for name in session.assignment().symbols)


# -- what is remembered --


def clear_caches() -> None:
    """Drops what a policy leaves behind, its patterns and what they tell apart, so that the next question about it is a
    first one, whose time has the partition of strings in it. What depends on the reference data stays."""
    for cached in (explored, acts_like, exactly, like, like_tokens, literal_tokens, plain_predicate, typed_predicate):
        cached.cache_clear()
