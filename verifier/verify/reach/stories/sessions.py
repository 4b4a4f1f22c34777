"""Tasks that come to hold somebody: credentials of users, identities of providers, sessions → moves.

In: a task, the scene. Out: as of `moves`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import product

from verifier.model.grant import Pairs
from verifier.model.invariant import ConditionExpression
from verifier.model.policy import arn_account
from verifier.model.request import Caller, CallerKind, Request
from verifier.model.results.verdict import Counterexample, Reason, StoryStep
from verifier.model.steps.chains import Became, Move
from verifier.model.steps.descriptions import StepKind
from verifier.problem.classes.attributes import WEB_PREFIX
from verifier.problem.semantics.targets import Target, TargetKind
from verifier.verify.reach.facts import FactKind
from verifier.verify.reach.stories.asking import Requests, said, tagging, tags_of, test, with_tags
from verifier.verify.reach.stories.plans import Make
from verifier.verify.reach.stories.scene import Made, Scene, step
from verifier.verify.reach.stories.session_tags import (
    CALLER_TAGS,
    OF_RESOURCES,
    distinct_session_names,
    source_identities,
)
from verifier.verify.reach.stories.session_tags import choices as session_tags
from verifier.witness.request import caller

SESSION, _SOURCE, _TRANSITIVE = "sts:RoleSessionName", "sts:SourceIdentity", "sts:TransitiveTagKeys"


def moves_to_become_user(task: Make, scene: Scene) -> Iterator[Made]:
    user, offer = task.fact.subject, task.derivation.offer
    assert offer is not None
    found = scene.request_on(user, task.by, offer.action)
    yield step(StepKind.BECOME_USER, lambda _: Became(Caller(CallerKind.USER, user, arn_account(user))), found)


def moves_to_govern_provider(task: Make, scene: Scene) -> Iterator[Made]:
    """What a provider is trusted by is written, or a provider made: then its identities are the caller's."""
    offer = task.derivation.offer
    assert offer is not None
    untagged = test("Null", "aws:TagKeys", "true")
    found = scene.request_on(offer.target, task.by, offer.action, *([untagged] if ":Create" in offer.action else []))
    yield step(StepKind.PROVIDER, lambda _: Became(Caller(CallerKind.WEB, offer.target)), found)


def moves_to_assume_role(task: Make, scene: Scene) -> Iterator[Made]:
    """A session of a role: without tags where that will do, or with each choice of tags; of any name, or of one that a
    policy names. The transitive tags of the session that assumes it pass on (E2)."""
    role, offer, by = task.fact.subject, task.derivation.offer, task.by
    assert offer is not None
    before = scene.callers.get(by)
    inherited = before.passed_on if before is not None else ()
    tagged = task.fact.kind is FactKind.SESSION_TAGS
    if tagged and offer.action == "sts:AssumeRole" and not inherited:
        yield Reason("F3", f"transitive tags may come on to sessions of {role}, and those of {by} here have none")
    names = distinct_session_names(scene.estate, scene.about(by), role)
    named = [test("Null", SESSION, "false"), *(test("StringEquals", SESSION, name) for name in names)]
    choices = [(tags, transitive) for transitive in (False, True) for tags in _choices(role, by, scene, transitive)]
    for name, source in product(named, _sources(role, by, scene)):
        said = [name, source]
        if offer.action != "sts:TagSession" and (inherited or not tagged):
            yield _with_tags(role, by, scene, said, (), inherited)
        for tags, transitive in choices:
            yield _with_tags(role, by, scene, said, tags, inherited, transitive=transitive)
    if not choices:
        yield Reason("E2", f"no session tags for {role} were found that help")


_NO_SOURCE = test("Null", _SOURCE, "true")


def _sources(role: str, by: str, scene: Scene) -> Sequence[ConditionExpression]:
    """What a call may say of the source identity: the caller's, if it has one; else none, or one that policies name."""
    if scene.source is not None:
        return [test("StringEquals", _SOURCE, scene.source)]
    named = source_identities(scene.estate, {role, *scene.about(by)})
    return [_NO_SOURCE, *(test("StringEquals", _SOURCE, one) for one in named)]


def _choices(role: str, by: str, scene: Scene, transitive: bool) -> tuple[Pairs, ...]:
    """The tags that a session of a role may be given; those to pass on, also as tags of the roles that come later: none
    where none does."""
    if transitive and not any(":role/" in one and one != role for one in scene.later):
        return ()
    keys = (*CALLER_TAGS, *OF_RESOURCES) if transitive else CALLER_TAGS
    found = (*scene.tags(role), *session_tags(scene.estate, {role, *scene.about(by)}, keys))
    return tuple(dict.fromkeys((*found, *(_as_trusted(role, scene, tags) for tags in found))))


def _with_tags(
    role: str,
    by: str,
    scene: Scene,
    said: Sequence[ConditionExpression],
    tags: Pairs,
    inherited: Pairs,
    *,
    transitive: bool = False,
) -> Made:
    """A session of a role: one call, which needs a second permission if it has tags (E2, E2w); those that it is given
    are `transitive`, or not."""
    lasting = [name for name, _ in tags] if transitive else []
    when = [*said, *(test("StringEquals", _TRANSITIVE, name, any_value=True) for name in lasting)]
    if not lasting:
        when.append(test("Null", _TRANSITIVE, "true"))
    pass_on = (*lasting, *(name for name, _ in inherited))
    needed = ["sts:TagSession"] if tags or inherited else []
    made = with_tags(tags, lambda tagged: _in_one_call(role, by, scene, [*when, *tagged], *needed))
    if inherited and not tags and isinstance(made[-1], Reason):
        untagged = scene.request_on(role, by, "sts:AssumeRole", *when, *tagging(()))
        if not isinstance(untagged, Reason):
            passing = f"transitive tags pass on to a session of {role} for which sts:TagSession is refused"
            return Reason("F3", f"whether {passing} is open")
    return step(StepKind.ASSUME_ROLE, partial(_tagged, role, inherited, pass_on), *made)


def _as_trusted(role: str, scene: Scene, tags: Pairs) -> Pairs:
    """Tags with their names as a role's trust policy lists them under `aws:TagKeys`, which alone heeds case (L3)."""
    known = scene.estate.identity(role)
    conditions = known.trust.conditions if known is not None and known.trust is not None else ()
    listed = (one for one in conditions if one.key.value.lower() == "aws:tagkeys")
    spelled = {text.value.lower(): text.value for condition in listed for text in condition.values}
    return tuple((spelled.get(name.lower(), name), value) for name, value in tags)


def _in_one_call(
    role: str, by: str, scene: Scene, when: Sequence[ConditionExpression], *further: str
) -> tuple[Counterexample | Reason, ...]:
    """A call that may assume a role and needs further permissions, one to set a source identity among them: where the
    first that may assume it does not have these, one under the conditions of the statements that give them."""
    action, needed = _call(by), (*further, *(["sts:SetSourceIdentity"] if _NO_SOURCE not in when else []))

    def found(*conditions: ConditionExpression) -> tuple[Counterexample | Reason, ...]:
        first = scene.request_on(role, by, action, *when, *conditions)
        if isinstance(first, Reason):
            return (first,) * (1 + len(needed))
        return (first, *(scene.asker.also(scene.estate, first, one) for one in needed))

    made = found()
    if isinstance(made[0], Reason) or not any(isinstance(one, Reason) for one in made):
        return made
    given = [scene.request_on(role, by, one, *when) for one in needed]
    allowed = [one for one in given if not isinstance(one, Reason)]
    return found(*(each for one in allowed for each in scene.conditions_of(one))) if allowed == given else tuple(given)


def _call(by: str) -> str:
    """How a principal, or an identity of a provider, assumes a role."""
    if not by.startswith(WEB_PREFIX):
        return "sts:AssumeRole"
    return "sts:AssumeRoleWithSAML" if ":saml-provider/" in by else "sts:AssumeRoleWithWebIdentity"


def moves_to_federate(task: Make, scene: Scene) -> Iterator[Made]:
    """A federated session: without session tags where that will do, or with each choice of tags (E2f)."""
    session, by = task.fact.subject, task.by
    target = Target(TargetKind.FEDERATED, session.split(":")[1], arn_account(session), None, session)
    for tags in ((), *session_tags(scene.estate, {session, *scene.about(by)})):
        made = with_tags(tags, lambda tagged: _federation(target, by, scene, tagged))
        yield step(StepKind.FEDERATE, partial(_federated, session), *made)


def _federation(target: Target, by: str, scene: Scene, when: Sequence[ConditionExpression]) -> Requests:
    first = scene.request(target, by, "sts:GetFederationToken", *when)
    if isinstance(first, Reason) or not tags_of(first.request):
        return (first,)
    return first, scene.asker.also(scene.estate, first, "sts:TagSession")


def _federated(session: str, request: Request) -> Became:
    tags = tags_of(request)
    by = request.caller
    return Became(Caller(CallerKind.FEDERATED, session, by.account, issuer=by.arn, session_tags=tags))


def _tagged(role: str, inherited: Pairs, transitive: tuple[str, ...], request: Request) -> Became:
    session, tags = said(request, SESSION)[0], (*tags_of(request), *inherited)
    return Became(Caller(CallerKind.ROLE, role, arn_account(role), session, None, tags, transitive))


def moves_to_own_identity(task: Make, scene: Scene) -> Iterator[Made]:
    """What the caller has in an account of its own, which takes no request of this estate (W2)."""
    yield StoryStep(Move(StepKind.OWN_IDENTITY, (), Became(caller({"principal": task.fact.subject}))), ())
