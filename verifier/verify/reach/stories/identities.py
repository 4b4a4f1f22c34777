"""Tasks about users, roles, groups and managed policies → moves.

In: a task, the scene. Out: as of `moves`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import product

from verifier.model.estate import Estate, Group, Identity
from verifier.model.grant import Pairs
from verifier.model.invariant import ConditionExpression
from verifier.model.policy import Effect, Policy, PolicyKind, arn_kind
from verifier.model.request import Caller, CallerKind, Request
from verifier.model.results.verdict import Counterexample, Reason, StoryStep
from verifier.model.step_kinds import MOST_VERSIONS, StepKind
from verifier.model.steps.chains import (
    Became,
    BoundaryPut,
    GroupJoined,
    GroupLeft,
    Move,
    PolicyAdded,
    PolicyRemoved,
    TrustPut,
    VersionSet,
)
from verifier.problem.classes.attributes import WEB_PREFIX
from verifier.problem.semantics.targets import Target, TargetKind, step_target
from verifier.verify.reach.documents import identity_policy, policies_of, trust_policy
from verifier.verify.reach.facts import FactKind
from verifier.verify.reach.offers.session_tags import OF_CALLERS, OF_RESOURCES, session_names, source_identities
from verifier.verify.reach.offers.session_tags import choices as session_tags
from verifier.verify.reach.offers.taken_away import BOUNDARY_ARN
from verifier.verify.reach.stories.asking import test
from verifier.verify.reach.stories.code import change_code
from verifier.verify.reach.stories.created import create, tag_identity
from verifier.verify.reach.stories.passed import pass_role
from verifier.verify.reach.stories.plans import JoinGroup, Make
from verifier.verify.reach.stories.scene import (
    Made,
    Scene,
    administrator,
    as_boundary,
    fixed,
    in_force,
    managed_policy,
    step,
)
from verifier.verify.reach.stories.tagging import Requests, tagging, tags_of, with_tags
from verifier.witness.request import caller

OWN_NAME = "escalation"
SESSION, SOURCE, TRANSITIVE = "sts:RoleSessionName", "sts:SourceIdentity", "sts:TransitiveTagKeys"
_OWNERS = {"role": "Role", "user": "User", "group": "Group"}


def _kind(arn: str) -> str:
    return _OWNERS[arn.split(":", 5)[5].split("/", 1)[0]]


def _request(scene: Scene, arn: str, by: str, action: str, *when: ConditionExpression) -> Counterexample | Reason:
    return scene.request(step_target(scene.state.estate, arn), by, action, *when)


def put_policy(task: Make, scene: Scene) -> Iterator[Made]:
    """An inline policy: in the place of one that denies, if there is one, or beside all others."""
    owner = task.fact.subject
    denying = [
        policy
        for policy in _inline(scene.state.estate, owner)
        if any(s.effect is Effect.DENY for s in policy.statements)
    ]
    found = _request(scene, owner, task.derivation.by, f"iam:Put{_kind(owner)}Policy")
    for name in (*(policy.name for policy in denying), OWN_NAME):
        added = PolicyAdded(owner, identity_policy(f"{owner}#{name}", name))
        yield step(StepKind.PUT_POLICY, fixed(added), found)


def _inline(estate: Estate, owner: str) -> list[Policy]:
    owners: list[Identity | Group] = [
        *estate.identities,
        *(group for account in estate.accounts for group in account.groups),
    ]
    return [
        policy
        for one in owners
        if one.arn == owner
        for policy in one.policies
        if policy.identity.startswith(f"{owner}#")
    ]


def attach_policy(task: Make, scene: Scene) -> Iterator[Made]:
    """AWS's managed policy that allows everything, one that was made for it, or one of the input."""
    owner, by = task.fact.subject, task.derivation.by
    arns = task.fact.details
    if task.fact.kind is FactKind.ATTACHED:
        made = tuple(
            fact.subject
            for fact in task.derivation.premises
            if fact.kind is FactKind.MADE and arn_kind(fact.subject) == "policy"
        )
        arns = made or (administrator(owner.split(":")[1]),)
    (arn,) = arns
    policy = in_force(scene.state.estate, arn)
    if policy is None:
        yield Reason("U3", f"the document of {arn} is not in the input")
        return
    found = _request(scene, owner, by, f"iam:Attach{_kind(owner)}Policy", test("ArnEquals", "iam:PolicyARN", arn))
    if isinstance(found, Reason) and task.fact.kind is FactKind.ATTACHED:
        found = Reason("U3", f"managed policies whose documents are not in the input can be attached to {owner}")
    yield step(StepKind.ATTACH_POLICY, lambda _: PolicyAdded(owner, policy), found)


def new_version(task: Make, scene: Scene) -> Iterator[Made]:
    """Another document of a managed policy, in the place of an old one where it has as many as it can have."""
    arn = task.fact.subject
    found = [_request(scene, arn, task.derivation.by, "iam:CreatePolicyVersion")]
    managed = managed_policy(scene.state.estate, arn)
    if not isinstance(found[0], Reason) and managed is not None and len(managed.versions) >= MOST_VERSIONS:
        found.append(
            scene.by_the_same(step_target(scene.state.estate, arn), found[0].request, "iam:DeletePolicyVersion")
        )
    yield step(
        StepKind.NEW_VERSION, lambda _: VersionSet(arn, identity_policy(arn, arn.rsplit("/", 1)[1])), *reversed(found)
    )


def set_version(task: Make, scene: Scene) -> Iterator[Made]:
    """An older document of a managed policy: the one that allows most, by its statements, first."""
    arn = task.fact.subject
    managed = managed_policy(scene.state.estate, arn)
    assert managed is not None
    others = [policy for version, policy in managed.versions if version != managed.default]
    found = _request(scene, arn, task.derivation.by, "iam:SetDefaultPolicyVersion")
    for policy in sorted(others, key=lambda one: sum(-1 if s.effect is Effect.ALLOW else 1 for s in one.statements)):
        yield step(StepKind.SET_VERSION, fixed(VersionSet(arn, policy)), found)
    if not managed.complete or not others:
        yield Reason("U3", f"{arn} has no other version in the input")


def put_trust(task: Make, scene: Scene) -> Iterator[Made]:
    """A trust policy that lets everyone in."""
    role = task.fact.subject
    policy = trust_policy(role, {*scene.callers, task.derivation.by, *scene.later})
    found = _request(scene, role, task.derivation.by, "iam:UpdateAssumeRolePolicy")
    yield step(StepKind.PUT_TRUST, lambda _: TrustPut(role, policy), found)


def join_group(task: JoinGroup, scene: Scene) -> Iterator[Made]:
    """A user in a group, or out of one."""
    if task.leaves:
        found = _request(scene, task.group, task.by, "iam:RemoveUserFromGroup")
        yield step(StepKind.LEAVE_GROUP, lambda _: GroupLeft(task.user, task.group), found)
    else:
        found = _request(scene, task.group, task.by, "iam:AddUserToGroup")
        yield step(StepKind.JOIN_GROUP, lambda _: GroupJoined(task.user, task.group), found)


def remove_policy(task: Make, scene: Scene) -> Iterator[Made]:
    """A policy that is deleted, or detached."""
    owner, (identity,) = task.fact.subject, task.fact.details
    if "#" in identity:
        found = _request(scene, owner, task.derivation.by, f"iam:Delete{_kind(owner)}Policy")
    else:
        attached = test("ArnEquals", "iam:PolicyARN", identity)
        found = _request(scene, owner, task.derivation.by, f"iam:Detach{_kind(owner)}Policy", attached)
    yield step(StepKind.REMOVE_POLICY, lambda _: PolicyRemoved(owner, identity), found)


def other_boundary(task: Make, scene: Scene) -> Iterator[Made]:
    """No boundary, or another one; the kind of step that the task names first."""
    ways = (_delete_boundary, _put_boundary)
    for way in ways if task.derivation.step is StepKind.DELETE_BOUNDARY else reversed(ways):
        yield from way(task.fact.subject, task.derivation.by, scene)


def _delete_boundary(owner: str, by: str, scene: Scene) -> Iterator[Made]:
    found = _request(scene, owner, by, f"iam:Delete{_kind(owner)}PermissionsBoundary")
    yield step(StepKind.DELETE_BOUNDARY, lambda _: BoundaryPut(owner, None), found)


def _put_boundary(owner: str, by: str, scene: Scene) -> Iterator[Made]:
    """AWS's policy that allows everything, one of the input, or one that policies ask for."""
    everything = administrator(owner.split(":")[1])
    managed = {found.arn: found for account in scene.state.estate.accounts for found in account.managed}
    conditional = (
        text.value
        for policy in policies_of(scene.state.estate, scene.about(by))
        for statement in policy.statements
        for condition in statement.conditions
        if condition.key.value.lower() == BOUNDARY_ARN
        for text in condition.values
    )
    own = (
        arn
        for arn in (*managed, *conditional)
        if _MANAGED.fullmatch(arn) and arn.split(":")[4] in ("aws", owner.split(":")[4])
    )
    for arn in dict.fromkeys((everything, *own)):
        policy = in_force(scene.state.estate, arn)
        document = policy or Policy(PolicyKind.BOUNDARY, arn, arn.rsplit("/", 1)[1], True, ())
        put = BoundaryPut(owner, as_boundary(document), policy is not None)
        named = test("ArnEquals", "iam:PermissionsBoundary", arn)
        found = _request(scene, owner, by, f"iam:Put{_kind(owner)}PermissionsBoundary", named)
        yield step(StepKind.PUT_BOUNDARY, fixed(put), found)


_MANAGED = re.compile(r"arn:aws[a-z-]*:iam::(?:[0-9]{12}|aws):policy/[\w+=,.@/-]+", re.ASCII)


def become_user(task: Make, scene: Scene) -> Iterator[Made]:
    """Credentials of a user."""
    user, offer = task.fact.subject, task.derivation.offer
    assert offer is not None
    found = _request(scene, user, task.derivation.by, offer.action)
    yield step(StepKind.BECOME_USER, lambda _: Became(Caller(CallerKind.USER, user, user.split(":")[4])), found)


def govern_provider(task: Make, scene: Scene) -> Iterator[Made]:
    """What a provider is trusted by is written, or a provider made: then its identities are the caller's."""
    offer = task.derivation.offer
    assert offer is not None
    untagged = test("Null", "aws:TagKeys", "true")
    found = _request(
        scene, offer.target, task.derivation.by, offer.action, *([untagged] if ":Create" in offer.action else [])
    )
    yield step(StepKind.PROVIDER, lambda _: Became(Caller(CallerKind.WEB, offer.target)), found)


def assume_role(task: Make, scene: Scene) -> Iterator[Made]:
    """A session of a role: without tags where that will do, or with each choice of tags; of any name, or of one that a
    policy names. The transitive tags of the session that assumes it pass on (E2)."""
    role, offer, by = task.fact.subject, task.derivation.offer, task.derivation.by
    assert offer is not None
    before = scene.callers.get(by)
    inherited = before.passed_on if before is not None else ()
    tagged = task.fact.kind is FactKind.SESSION_TAGS
    if tagged and offer.action == "sts:AssumeRole" and not inherited:
        yield Reason("F3", f"transitive tags may come on to sessions of {role}, and those of {by} here have none")
    names = session_names(scene.state.estate, scene.about(by), role)
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


_NO_SOURCE = test("Null", SOURCE, "true")


def _sources(role: str, by: str, scene: Scene) -> Sequence[ConditionExpression]:
    """What a call may say of the source identity: that of the caller, if it has one; else none, or one that policies
    tell from others."""
    if scene.source is not None:
        return [test("StringEquals", SOURCE, scene.source)]
    return [
        _NO_SOURCE,
        *(test("StringEquals", SOURCE, one) for one in source_identities(scene.state.estate, {role, *scene.about(by)})),
    ]


def _choices(role: str, by: str, scene: Scene, transitive: bool) -> tuple[Pairs, ...]:
    """The tags that a session of a role may be given; those to pass on, also as tags of the roles that come later: none
    where none does."""
    if transitive and not any(":role/" in one and one != role for one in scene.later):
        return ()
    keys = (*OF_CALLERS, *OF_RESOURCES) if transitive else OF_CALLERS
    found = (*scene.tags(role), *session_tags(scene.state.estate, {role, *scene.about(by)}, keys))
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
    when = [*said, *(test("StringEquals", TRANSITIVE, name, any_value=True) for name in lasting)]
    when += [] if lasting else [test("Null", TRANSITIVE, "true")]
    pass_on = (*lasting, *(name for name, _ in inherited))
    needed = ["sts:TagSession"] if tags or inherited else []
    made = with_tags(tags, lambda asked: _in_one_call(role, by, scene, [*when, *asked], *needed))
    if (
        inherited
        and not tags
        and isinstance(made[-1], Reason)
        and not isinstance(_request(scene, role, by, "sts:AssumeRole", *when, *tagging(())), Reason)
    ):
        return Reason(
            "F3", f"whether transitive tags pass on to a session of {role} for which sts:TagSession is refused is open"
        )
    return step(StepKind.ASSUME_ROLE, partial(_tagged, role, inherited, pass_on), *made)


def _as_trusted(role: str, scene: Scene, tags: Pairs) -> Pairs:
    """Tags with their names as the trust policy of a role lists them under `aws:TagKeys`, which heeds case where other
    keys do not (L3)."""
    trust = next((one.trust for one in scene.state.estate.roles if one.arn == role), None)
    listed = (
        c
        for statement in (trust.statements if trust else ())
        for c in statement.conditions
        if c.key.value.lower() == "aws:tagkeys"
    )
    spelled = {text.value.lower(): text.value for condition in listed for text in condition.values}
    return tuple((spelled.get(name.lower(), name), value) for name, value in tags)


def _in_one_call(
    role: str, by: str, scene: Scene, when: Sequence[ConditionExpression], *further: str
) -> tuple[Counterexample | Reason, ...]:
    """A call that may assume a role and needs further permissions, one to set a source identity among them: where the
    first that may assume it does not have these, one under the conditions of the statements that give them."""
    action, needed = _call(by), (*further, *(["sts:SetSourceIdentity"] if _NO_SOURCE not in when else []))

    def found(*conditions: ConditionExpression) -> tuple[Counterexample | Reason, ...]:
        first = _request(scene, role, by, action, *when, *conditions)
        return (
            first,
            *(
                first if isinstance(first, Reason) else scene.asker.also(scene.state.estate, first, one)
                for one in needed
            ),
        )

    made = found()
    if isinstance(made[0], Reason) or not any(isinstance(one, Reason) for one in made):
        return made
    given = [_request(scene, role, by, one, *when) for one in needed]
    allowed = [one for one in given if not isinstance(one, Reason)]
    return found(*(each for one in allowed for each in scene.conditions_of(one))) if allowed == given else tuple(given)


def _call(by: str) -> str:
    """How a principal, or an identity of a provider, assumes a role."""
    if not by.startswith(WEB_PREFIX):
        return "sts:AssumeRole"
    return "sts:AssumeRoleWithSAML" if ":saml-provider/" in by else "sts:AssumeRoleWithWebIdentity"


def federate(task: Make, scene: Scene) -> Iterator[Made]:
    """A federated session: without session tags where that will do, or with each choice of tags (E2f)."""
    session, by = task.fact.subject, task.derivation.by
    target = Target(TargetKind.FEDERATED, session.split(":")[1], session.split(":")[4], None, session)
    for tags in ((), *session_tags(scene.state.estate, {session, *scene.about(by)})):
        made = with_tags(tags, lambda asked: _federation(target, by, scene, asked))
        yield step(StepKind.FEDERATE, partial(_federated, session), *made)


def _federation(target: Target, by: str, scene: Scene, when: Sequence[ConditionExpression]) -> Requests:
    first = scene.request(target, by, "sts:GetFederationToken", *when)
    if isinstance(first, Reason) or not tags_of(first.request):
        return (first,)
    return first, scene.asker.also(scene.state.estate, first, "sts:TagSession")


def _federated(session: str, request: Request) -> Became:
    tags = tags_of(request)
    return Became(
        Caller(CallerKind.FEDERATED, session, request.caller.account, issuer=request.caller.arn, session_tags=tags)
    )


def _tagged(role: str, inherited: Pairs, transitive: tuple[str, ...], request: Request) -> Became:
    return Became(replace(_session(role, request), session_tags=(*tags_of(request), *inherited), transitive=transitive))


def _session(role: str, request: Request) -> Caller:
    name = next(value for key, value in request.context if key.lower() == SESSION.lower())
    return Caller(CallerKind.ROLE, role, role.split(":")[4], name if isinstance(name, str) else name[0])


def own_identity(task: Make, scene: Scene) -> Iterator[Made]:
    """What the caller has in an account of its own, which takes no request of this estate (W2)."""
    yield StoryStep(Move(StepKind.OWN_IDENTITY, (), Became(caller({"principal": task.fact.subject}))), ())


def share(task: Make, scene: Scene) -> Iterator[Made]:
    """What sharing lets others do is not documented (E3)."""
    yield Reason("L5a", f"what sharing {task.fact.subject} through AWS RAM lets its principals do is not documented")


MAKERS: dict[StepKind, Callable[[Make, Scene], Iterator[Made]]] = {
    StepKind.PUT_POLICY: put_policy,
    StepKind.ATTACH_POLICY: attach_policy,
    StepKind.CREATE: create,
    StepKind.TAG_IDENTITY: tag_identity,
    StepKind.UNTAG_IDENTITY: tag_identity,
    StepKind.REMOVE_POLICY: remove_policy,
    StepKind.PUT_BOUNDARY: other_boundary,
    StepKind.DELETE_BOUNDARY: other_boundary,
    StepKind.NEW_VERSION: new_version,
    StepKind.SET_VERSION: set_version,
    StepKind.PUT_TRUST: put_trust,
    StepKind.BECOME_USER: become_user,
    StepKind.ASSUME_ROLE: assume_role,
    StepKind.FEDERATE: federate,
    StepKind.PROVIDER: govern_provider,
    StepKind.PASS_ROLE: pass_role,
    StepKind.CHANGE_CODE: change_code,
    StepKind.SHARE: share,
    StepKind.OWN_IDENTITY: own_identity,
}
"""What makes the moves of each kind of step."""
