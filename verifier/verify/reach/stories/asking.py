"""One request of a step: by whom, for what, under which conditions; found by the same question as a refutation. What
requests say that set tags.

In: an estate as it is after some steps, who makes the request, the action, conditions. Out: a replayed request, or why
there is none; conditions on requests, for a choice of tags.
Guarantee: a request is one that `evaluate` allows in that estate.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import product

from verifier.ask.replay import matched_statements
from verifier.evaluate import decider_with_remarks
from verifier.frozen import Frozen
from verifier.model import invariant as model
from verifier.model.estate import Estate, Identity
from verifier.model.grant import Pairs
from verifier.model.operators import FOR_ANY
from verifier.model.policy import Condition, Operator, Text, arn_account
from verifier.model.request import Caller, CallerKind, Outcome, Request, strings_of
from verifier.model.results.verdict import Counterexample, Reason, Status
from verifier.model.symbols import ProviderFact, Reading, ResourceFact, SymbolValues
from verifier.problem.classes.attributes import WEB_PREFIX
from verifier.problem.semantics.targets import Target, TargetKind
from verifier.problem.sessions.session_tags import PRINCIPAL_TAG
from verifier.problem.subjects import target_name
from verifier.syntax.diagnostic import InputError
from verifier.verify.deciding import ProofOptions, decide_requests


def test(operator: str, key: str, *values: str, any_value: bool = False) -> model.ConditionExpression:
    compared = Operator(operator, FOR_ANY if any_value else None, False)
    return model.Holds(Condition(compared, Text(key), tuple(map(Text, values))))


def principal(arn: str) -> model.CallerSet:
    """The callers with a principal ARN, a service, or the identities of a provider."""
    if arn.startswith(WEB_PREFIX):
        return model.IdentityOf(Text(arn.removeprefix(WEB_PREFIX)))
    return model.ServiceLike(Text(arn)) if not arn.startswith("arn:") else model.PrincipalLike(Text(arn))


def one_caller(caller: Caller) -> model.CallerSet:
    """One caller, its session included."""
    if caller.kind is CallerKind.WEB:
        return model.IdentityOf(Text(caller.principal_arn))
    if caller.kind is CallerKind.FEDERATED and caller.issuer is not None:
        return model.CallersAnd((principal(caller.principal_arn), model.IssuedBy(principal(caller.issuer))))
    if caller.kind is not CallerKind.ROLE:
        return principal(caller.principal_arn)
    return model.CallersAnd((principal(caller.principal_arn), model.SessionLike(Text(caller.arn))))


FoundRequests = dict[tuple[object, ...], Counterexample | Reason]
"""What is asked for, with all that the answer depends on, to what was found within the time."""


class Asker(Frozen):
    """Asks for requests under readings that are held, those of earlier steps among them (S2). What has been answered is
    not asked again: stories of one key are tried in many orders."""

    options: ProofOptions
    answers: FoundRequests
    also_when: tuple[model.ConditionExpression, ...] = ()
    """What each request must meet besides."""

    def request(
        self,
        estate: Estate,
        target: Target,
        whom: model.CallerSet,
        actions: Iterable[str],
        when: Iterable[model.ConditionExpression] = (),
        caller: Caller | None = None,
    ) -> Counterexample | Reason:
        """A request for one of some actions that is allowed; `caller` is who makes it, where that is settled. Raises
        `InternalDisagreement`."""
        conditions = tuple(when)
        needed = model.ConditionAnd(conditions) if conditions else model.ALWAYS
        scope = model.Invariant("a step", model.Expectation.REFUSED, whom, tuple(map(Text, actions)), None, needed)
        return self.of_scope(estate, target, scope, caller)

    def of_scope(
        self, estate: Estate, target: Target, scope: model.Invariant, caller: Caller | None
    ) -> Counterexample | Reason:
        """A request in the scope of an invariant that is allowed."""
        scope = replace(scope, when=model.ConditionAnd((scope.when, *self.also_when))) if self.also_when else scope
        if caller is not None and caller.kind in (CallerKind.ROLE, CallerKind.FEDERATED):
            assuming = target.kind is TargetKind.ROLE and all(one.value.startswith("sts:") for one in scope.actions)
            found = self._found(*_tagged(estate, caller, target, overriding=assuming), scope)
            return found if isinstance(found, Reason) else self._by_session(estate, found, caller)
        found = self._found(estate, target, scope)
        if isinstance(found, Reason):
            return found
        tags = _session_tags(estate, found.request)
        return self._by_session(estate, found, replace(found.request.caller, session_tags=tags)) if tags else found

    def also(self, estate: Estate, found: Counterexample, action: str) -> Counterexample | Reason:
        """The same call, of which a further permission is asked (E2), replayed."""
        # Of federated sessions no page says on what tagging is (E2f).
        on = None if found.request.action == "sts:GetFederationToken" else found.request.resource
        request = replace(found.request, action=action, resource=on)
        refused = f"no call was found for which {found.request.action} and {action} are both allowed"
        return self._replayed(estate, found, request, refused)

    def _by_session(self, estate: Estate, found: Counterexample, caller: Caller) -> Counterexample | Reason:
        """The same request by the session that has the tags, replayed."""
        own = tuple(pair for pair in found.request.context if not pair[0].lower().startswith(PRINCIPAL_TAG))
        request = replace(found.request, caller=caller, context=own)
        return self._replayed(estate, found, request, "the session's tags do not give it the access")

    def _replayed(
        self, estate: Estate, found: Counterexample, request: Request, refused: str
    ) -> Counterexample | Reason:
        """Another request under the same readings and free facts, or under one more, where it turns on that; why there
        is none, where it is refused."""
        decider = decider_with_remarks(estate, request)
        assignment = {**self.options.held, **dict(found.readings), **dict(found.free)}
        ways = [replace(found, request=request)]
        for name, value in product(decider.decide(assignment).depends_on, (False, True)):
            if isinstance(name, Reading):
                ways.append(replace(ways[0], readings=(*found.readings, (name, value))))
            if isinstance(name, ResourceFact | ProviderFact):
                ways.append(replace(ways[0], free=(*found.free, (name, value))))
        for way in ways:
            decision = decider.decide({**assignment, **dict(way.readings), **dict(way.free)})
            if decision.outcome is Outcome.ALLOW:
                return replace(way, decision=decision, statements=matched_statements(decision))
        return Reason("E2", refused)

    def _found(self, estate: Estate, target: Target, scope: model.Invariant) -> Counterexample | Reason:
        question = estate, target, scope, frozenset(self.options.held.items())
        if question in self.answers:
            return self.answers[question]
        try:
            verdict = next(decide_requests(estate, target, [scope], self.options))
        except InputError as error:
            if error.diagnostics[0].rule == "S3":
                return self.answers.setdefault(question, Reason("S3", "no such request can be made"))
            raise
        actions = " or ".join(action.value for action in scope.actions)
        refused = Reason("E0", f"{actions} on {target_name(target)} is refused")
        if verdict.status is Status.UNKNOWN:
            return verdict.reason or refused
        return self.answers.setdefault(question, verdict.counterexample or refused)

    def holding(self, readings: SymbolValues) -> Asker:
        """The same under further readings."""
        return replace(self, options=replace(self.options, held={**self.options.held, **readings}))

    def when(self, *further: model.ConditionExpression) -> Asker:
        """The same of requests that meet further conditions."""
        return replace(self, also_when=(*self.also_when, *further))


def _session_tags(estate: Estate, request: Request) -> Pairs:
    """The tags by which the first session of a chain differs from its role (F3): later requests have them as well."""
    role = estate.identity(request.caller.principal_arn)
    if role is None or request.caller.kind is not CallerKind.ROLE:
        return ()
    own = {name.lower(): value for name, value in role.tags}
    return tuple(pair for pair in pairs_of(request, PRINCIPAL_TAG) if own.get(pair[0].lower()) != pair[1])


def _tagged(estate: Estate, caller: Caller, target: Target, *, overriding: bool) -> tuple[Estate, Target]:
    """The estate in which a session's role, or the user who issued it, has the session's tags, and no others: what the
    session can do there, it can do with its own. If they are `overriding`, those that pass on are the target's too."""

    def with_tags(one: Identity) -> Identity:
        if one.arn == (caller.issuer or caller.principal_arn):
            return replace(_retagged(one, caller.session_tags), exact_tags=True)
        return _retagged(one, caller.passed_on) if overriding and one.arn == target.resource else one

    accounts = (
        replace(account, users=tuple(map(with_tags, account.users)), roles=tuple(map(with_tags, account.roles)))
        for account in estate.accounts
    )
    estate = replace(estate, accounts=tuple(accounts))
    return estate, replace(target, identity=with_tags(target.identity)) if target.identity else target


def _retagged(one: Identity, tags: Pairs) -> Identity:
    names = {name.lower() for name, _ in tags}
    return replace(one, tags=(*((name, value) for name, value in one.tags if name.lower() not in names), *tags))


def of_one(condition: model.ConditionExpression, principal_arn: str) -> model.ConditionExpression:
    """A condition on requests of one principal, what its variables say of the caller put in their place (L7): ARNs and
    accounts hold no wildcards."""
    match condition:
        case model.Holds(found):
            values = tuple(replace(value, value=_said(value.value, principal_arn)) for value in found.values)
            return model.Holds(replace(found, values=values))
        case model.ConditionNot(operand):
            return model.ConditionNot(of_one(operand, principal_arn))
        case model.ConditionAnd(operands):
            return model.ConditionAnd(tuple(of_one(operand, principal_arn) for operand in operands))
        case model.ConditionOr(operands):
            return model.ConditionOr(tuple(of_one(operand, principal_arn) for operand in operands))


def _said(text: str, principal_arn: str) -> str:
    if not principal_arn.startswith("arn:"):
        return text
    said = {"aws:principalarn": principal_arn, "aws:principalaccount": arn_account(principal_arn)}
    return _VARIABLE.sub(lambda match: said.get(match[1].lower(), match[0]), text)


_VARIABLE = re.compile(r"\$\{([A-Za-z:]+)\}")


# -- tags --


TAG_NAMES, _REQUEST_TAG = "aws:TagKeys", "aws:RequestTag/"
_SPELLINGS: tuple[Callable[[str], str], ...] = (
    str.capitalize,
    str.upper,
    str.lower,
    str.swapcase,
    lambda name: name[:-1] + name[-1:].upper(),
)
"""Other ways to write a name: of those that a policy refuses hardly any has the last."""
Requests = tuple[Counterexample | Reason, ...]


def tagging(tags: Pairs, *, alone: bool = True) -> list[model.ConditionExpression]:
    """What a request says that sets some tags; if `alone`, no others."""
    names = [name for name, _ in tags]
    found: list[model.ConditionExpression] = [test("StringEquals", TAG_NAMES, name, any_value=True) for name in names]
    if alone:
        others = test("StringNotEquals", TAG_NAMES, *names, any_value=True)
        found.append(model.ConditionNot(others) if names else test("Null", TAG_NAMES, "true"))
    return [*found, *(test("StringEquals", f"{_REQUEST_TAG}{name}", value) for name, value in tags)]


def with_tags(tags: Pairs, ask: Callable[[Sequence[model.ConditionExpression]], Requests]) -> Requests:
    """Requests that set some tags; others too, where policies ask for these; by other names, where these are refused: a
    tag is the same whatever the case of its name, and `aws:TagKeys` alone heeds that (F3, L3)."""
    spellings = (tuple((spelled(name), value) for name, value in tags) for spelled in _SPELLINGS)
    other_names = [names for names in dict.fromkeys(spellings) if names != tags]
    ways = [tagging(tags), tagging(tags, alone=False), *map(tagging, other_names)] if tags else [tagging(tags)]
    answers: list[Requests] = []
    for when in ways:
        answers.append(ask(when))
        if not any(isinstance(one, Reason) for one in answers[-1]):
            return answers[-1]
    return answers[0]


def said(request: Request, key: str) -> tuple[str, ...]:
    """The values of a condition key in a request; none where it is absent."""
    return next((strings_of(value) for name, value in request.context if name.lower() == key.lower()), ())


def tags_of(request: Request) -> Pairs:
    return pairs_of(request, _REQUEST_TAG)


def pairs_of(request: Request, prefix: str) -> Pairs:
    """The (name, value) of the context's keys with a prefix, with the names as they are written."""
    own = ((name[len(prefix) :], value) for name, value in request.context if name.lower().startswith(prefix.lower()))
    return tuple((name, value) for name, value in own if isinstance(value, str))
