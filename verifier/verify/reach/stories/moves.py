"""Tasks → moves: a step with its requests, found in the state before it, and what it changes.

In: a task, the state before it, what each principal that is held is called. Out: the ways to take it: a `Move` with the
replay of each request, or why there is none; what is most likely to serve the rest of a chain first.
Guarantee: each request is allowed in that state; whether the move is well formed is for `evaluate.steps` to say.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import product

from verifier.model.choices import REGION_PATTERN
from verifier.model.estate import Key
from verifier.model.grant import Grant
from verifier.model.invariant import ConditionExpression, ConditionNot
from verifier.model.policy import Principal, principal_named
from verifier.model.request import Request
from verifier.model.results.verdict import Reason
from verifier.model.steps import chains
from verifier.model.steps.descriptions import StepKind
from verifier.problem.semantics.grants import RETIRE
from verifier.problem.semantics.possible_changes import RESOURCE_TAG
from verifier.problem.semantics.targets import Target, TargetKind, key_target
from verifier.verify.reach.documents import key_policy
from verifier.verify.reach.facts import FactKind
from verifier.verify.reach.key_rules import KeyRules
from verifier.verify.reach.not_in_input import OTHER_REGIONS, replica, replicas
from verifier.verify.reach.stories import identities, passed, sessions
from verifier.verify.reach.stories.aliases import move_alias
from verifier.verify.reach.stories.asking import TAG_NAMES, pairs_of, said, tags_of, test, with_tags
from verifier.verify.reach.stories.plans import GrantTo, JoinGroup, Make, Task
from verifier.verify.reach.stories.scene import Made, Scene, step

CONTEXT, _REPLICA_REGION = "kms:EncryptionContext:", "kms:ReplicaRegion"


def moves_for(task: Task, scene: Scene) -> Iterator[Made]:
    key = task.key if isinstance(task, GrantTo) else task.fact.subject
    if scene.lacks(key):
        yield Reason("W2", f"the input does not hold {key}, which stands for others of its account and Region")
    elif isinstance(task, GrantTo):
        yield from _grant(task, scene)
    elif isinstance(task, JoinGroup):
        yield from identities.moves_to_join_group(task, scene)
    elif task.derivation.offer is not None and task.derivation.offer.doubt is not None:
        yield Reason("W1", f"what {task.derivation.offer.action} brings about is in doubt")
    elif task.fact.kind is FactKind.SESSION_TAGS and task.derivation.step in (StepKind.PASS_ROLE, StepKind.CHANGE_CODE):
        yield Reason("F3", f"which session tags a service passes to sessions of {task.fact.subject} is not known")
    else:
        maker = _MAKERS.get(task.derivation.step) if task.derivation.step else None
        none: Made = Reason("E0", f"no request for the step `{task.derivation.step}` can be written")
        yield from [none] if maker is None else maker(task, scene)


def _put_key_policy(task: Make, scene: Scene) -> Iterator[Made]:
    key, by = task.fact.subject, task.by
    policy = key_policy(key, scene.about(by))
    yield scene.taken(StepKind.PUT_KEY_POLICY, chains.KeyPolicyPut(key, policy), by)


def _grant(task: GrantTo, scene: Scene) -> Iterator[Made]:
    caller = scene.callers.get(task.grantee)
    names = [task.grantee] if caller is None else list(dict.fromkeys((task.grantee, caller.arn)))
    given = [test("StringEquals", "kms:GranteePrincipal", *names)]
    operations = (name.removeprefix("kms:") for name in task.operations)
    given += [test("StringEquals", "kms:GrantOperations", name, any_value=True) for name in operations]
    retired = [test("Null", name, "false") for name in ("kms:GranteePrincipal", "kms:GrantOperations")]
    retired.append(test("StringEquals", "kms:RetiringPrincipal", *names))
    # a service that asks for a grant says itself for whom it is (E0)
    direct = (test("Bool", "aws:ViaAWSService", "false"), *_absent("kms:ViaService"), ConditionNot(_FOR_RESOURCE))
    key = scene.key(task.key)
    number = len(key.grants or ()) + 1
    for when, constraint in product([given, *([retired] if task.operations == (RETIRE,) else [])], _CONSTRAINTS):
        found = scene.request(key_target(key), task.by, "kms:CreateGrant", *when, *direct, *constraint)
        yield step(
            StepKind.CREATE_GRANT,
            lambda request: chains.GrantCreated(task.key, requested_grant(request, f"reach-{number}")),
            found,
        )


def _absent(*keys: str) -> tuple[ConditionExpression, ...]:
    return tuple(test("Null", key, "true") for key in keys)


_FOR_RESOURCE = test("Bool", "kms:GrantIsForAWSResource", "true")
_TYPE, _SOURCE = "kms:GrantConstraintType", "kms:GrantConstraintSourceArn"
_CONSTRAINTS: tuple[tuple[ConditionExpression, ...], ...] = (
    _absent(_TYPE, "kms:EncryptionContextKeys", _SOURCE),
    (test("StringEquals", _TYPE, "EncryptionContextSubset"), *_absent(_SOURCE)),
    (test("StringEquals", _TYPE, "EncryptionContextEquals"), *_absent(_SOURCE)),
)
"""What a request says of the grant's constraint, the least first: with pairs of a context it has a type (F6)."""


def requested_grant(request: Request, identifier: str) -> Grant:
    """The grant that a CreateGrant request asks for (F6)."""
    context = {name.lower(): value for name, value in request.context}
    pairs = pairs_of(request, CONTEXT)
    kind = context.get("kms:grantconstrainttype")
    operations = context.get("kms:grantoperations", ())
    return Grant(
        identifier,
        _named(str(context["kms:granteeprincipal"])),
        tuple(f"kms:{name}" for name in ((operations,) if isinstance(operations, str) else operations)),
        issuing_account=request.caller.account,
        retiring=_named(str(context["kms:retiringprincipal"])) if "kms:retiringprincipal" in context else None,
        context_equals=pairs if kind == "EncryptionContextEquals" else None,
        context_subset=pairs if kind == "EncryptionContextSubset" else None,
    )


def _named(text: str) -> Principal:
    found = principal_named(text)
    assert isinstance(found, Principal), f"a request names {text}, which is no principal"
    return found


def _tag(task: Make, scene: Scene) -> Iterator[Made]:
    key, by, (attribute, number) = task.fact.subject, task.by, task.fact.details
    rules = scene.rules[key]
    name, target = _tag_name(rules, attribute), key_target(scene.key(key))
    table = rules.joint.finite.tables[attribute]
    if int(number) == table.size:  # the class of absent ones
        found = scene.request(target, by, "kms:UntagResource", test("StringEquals", TAG_NAMES, name, any_value=True))
        yield step(StepKind.UNTAG, lambda request: chains.KeyTagged(key, removed=said(request, TAG_NAMES)), found)
        return
    value = table.members(int(number), 1)[0]
    requests = with_tags(((name, value),), lambda when: (scene.request(target, by, "kms:TagResource", *when),))
    yield step(StepKind.TAG, lambda request: chains.KeyTagged(key, tags_of(request)), *requests)


def _tag_name(rules: KeyRules, attribute: str) -> str:
    """The name of a tag: as the key has it, otherwise as a policy writes it."""
    wanted = attribute.removeprefix(RESOURCE_TAG)
    own = next((name for name, _ in rules.key.tags or () if name.lower() == wanted), None)
    return own or rules.joint.sides[0].question.space.spellings[attribute][len(RESOURCE_TAG) :]


def _re_encrypt(task: Make, scene: Scene) -> Iterator[Made]:
    key, by, onto = task.fact.subject, task.by, task.fact.details[0]
    other = ConditionNot(test("Bool", "kms:ReEncryptOnSameKey", "true"))
    yield scene.taken(StepKind.RE_ENCRYPT, chains.ReEncrypted(key, onto), by, *scene.leaving(key, by), each=(other,))


def _import(task: Make, scene: Scene) -> Iterator[Made]:
    """By whoever has the parameters: they may be another's, whom the step needs as well."""
    target, by = key_target(scene.key(task.fact.subject)), task.by
    held = (one.subject for one in task.derivation.premises if one.kind is FactKind.HOLDS)
    other = next((one for one in held if one != by), by)
    first = scene.request(target, other, "kms:GetParametersForImport")
    if isinstance(first, Reason) or other != by:
        second = scene.request(target, by, "kms:ImportKeyMaterial")
    else:
        second = scene.by_the_same(target, first.request, "kms:ImportKeyMaterial")
    yield step(StepKind.IMPORT_MATERIAL, lambda _: chains.MaterialImported(task.fact.subject), first, second)


def _replicate(task: Make, scene: Scene) -> Iterator[Made]:
    """A replica in one of a few Regions, or in one that the policies ask for."""
    key, by = scene.key(task.fact.subject), task.by
    other_region = ConditionNot(test("StringEquals", _REPLICA_REGION, key.region))
    some_region = test("Null", _REPLICA_REGION, "false")
    found = scene.request(key_target(key), by, "kms:ReplicateKey", some_region, other_region)
    if isinstance(found, Reason):
        yield found
        return
    named = [other.region for other in replicas(scene.estate, key) or ()]
    regions = dict.fromkeys((*OTHER_REGIONS, *said(found.request, _REPLICA_REGION), *named))
    others = (region for region in regions if region != key.region and re.fullmatch(REGION_PATTERN, region))
    yield from (_replicate_to(by, scene, key, region) for region in others)


def _replicate_to(by: str, scene: Scene, key: Key, region: str) -> Made:
    made_ = replica(key, region, scene.about(by))
    first = scene.request(key_target(key), by, "kms:ReplicateKey", test("StringEquals", _REPLICA_REGION, region))
    if isinstance(first, Reason):
        return first
    facts = {"aws:RequestedRegion": region, "kms:MultiRegion": "true", "kms:MultiRegionKeyType": "REPLICA"}
    same = {"kms:KeySpec": key.spec, "kms:KeyUsage": key.usage, "kms:KeyOrigin": key.origin}
    when = [test("StringEquals", name, value) for name, value in {**facts, **same}.items() if value is not None]
    second = scene.by_the_same(Target(TargetKind.NONE, key.partition), first.request, "kms:CreateKey", *when)
    return step(StepKind.REPLICATE, lambda _: chains.KeyReplicated(key.arn, made_), first, second)


_MAKERS: dict[StepKind, Callable[[Make, Scene], Iterator[Made]]] = {
    StepKind.PUT_KEY_POLICY: _put_key_policy,
    StepKind.TAG: _tag,
    StepKind.UNTAG: _tag,
    StepKind.CREATE_ALIAS: move_alias,
    StepKind.UPDATE_ALIAS: move_alias,
    StepKind.DELETE_ALIAS: move_alias,
    StepKind.RE_ENCRYPT: _re_encrypt,
    StepKind.IMPORT_MATERIAL: _import,
    StepKind.REPLICATE: _replicate,
    StepKind.PUT_POLICY: identities.moves_to_put_policy,
    StepKind.ATTACH_POLICY: identities.moves_to_attach_policy,
    StepKind.CREATE: identities.moves_to_create,
    StepKind.TAG_IDENTITY: identities.moves_to_tag_identity,
    StepKind.UNTAG_IDENTITY: identities.moves_to_tag_identity,
    StepKind.REMOVE_POLICY: identities.moves_to_remove_policy,
    StepKind.PUT_BOUNDARY: identities.moves_to_other_boundary,
    StepKind.DELETE_BOUNDARY: identities.moves_to_other_boundary,
    StepKind.NEW_VERSION: identities.moves_to_new_version,
    StepKind.SET_VERSION: identities.moves_to_set_version,
    StepKind.PUT_TRUST: identities.moves_to_put_trust,
    StepKind.SHARE: identities.moves_to_share,
    StepKind.BECOME_USER: sessions.moves_to_become_user,
    StepKind.ASSUME_ROLE: sessions.moves_to_assume_role,
    StepKind.FEDERATE: sessions.moves_to_federate,
    StepKind.PROVIDER: sessions.moves_to_govern_provider,
    StepKind.OWN_IDENTITY: sessions.moves_to_own_identity,
    StepKind.PASS_ROLE: passed.moves_to_pass_role,
    StepKind.CHANGE_CODE: passed.moves_to_change_code,
}
