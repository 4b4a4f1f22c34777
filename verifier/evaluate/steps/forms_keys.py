"""Whether a step on a key is well formed: its requests ask for what it changes (W2).

In: a state, a move. Out: nothing, or an `InputError`.
Guarantee: each kind of step has one function here, or in a module beside it, that says what it takes; no other change
is accepted.
"""

from __future__ import annotations

from verifier.evaluate.fill import called_by_service, given_context
from verifier.evaluate.grants.constraints import EQUALS, SUBSET, grantable
from verifier.evaluate.steps.move_requests import (
    RequestContext,
    change_of,
    check_tagging,
    checked_requests,
    fail,
    require,
)
from verifier.model.estate import Key
from verifier.model.grant import Grant
from verifier.model.policy import PolicyKind, PrincipalType
from verifier.model.steps import chains
from verifier.model.steps.chains import Move, State
from verifier.model.steps.descriptions import StepKind


def _key(state: State, move: Move, arn: str) -> Key:
    key = state.estate.key(arn)
    if key is None:
        raise fail(move, f"the key {arn} is not in the state")
    return key


def check_put_key_policy(state: State, move: Move) -> None:
    """[API: PutKeyPolicy]"""
    change = change_of(move, chains.KeyPolicyPut)
    _key(state, move, change.key)
    (context,) = checked_requests(move)
    require(change.policy.kind is PolicyKind.KEY, move, "the new policy must be a key policy")
    own = change.policy.identity == f"{change.key}#default"
    require(own, move, "the new policy must be the one named `default` of the key")
    require(context.text("kms:policyname") in (None, "default"), move, "kms:PolicyName must be `default`")


def check_create_grant(state: State, move: Move) -> None:
    """[API: CreateGrant; KMS Developer Guide, conditions-kms]"""
    change = change_of(move, chains.GrantCreated)
    key, grant = _key(state, move, change.key), change.grant
    (context,) = checked_requests(move)
    taken = grant.id in {other.id for other in key.grants or ()}
    require(not taken, move, f"the key has a grant with the ID {grant.id}")
    require(not called_by_service(given_context(context.request)), move, "a service says itself for whom it asks (E0)")
    operations = {f"kms:{name}" for name in context.names("kms:grantoperations")}
    same = bool(operations) and operations == set(grant.operations)
    require(same, move, "the operations must be those of kms:GrantOperations")
    require(all(grantable(name) for name in operations), move, "an operation is none that a grant can allow (G1)")
    require(not grant.grantee_hidden, move, "the grantee must be said")
    own = grant.issuing_account in (None, context.request.caller.account)
    require(own, move, "the issuing account is that of the caller")
    _grant_names(move, grant, context)
    _grant_constraint(move, grant, context)


def _grant_names(move: Move, grant: Grant, context: RequestContext) -> None:
    for principal, role in ((grant.grantee, "grantee"), (grant.retiring, "retiring")):
        said = context.text(f"kms:{role}principal"), context.text(f"kms:{role}serviceprincipal")
        if principal is None:
            wanted: tuple[str | None, str | None] = (None, None)
        elif principal.type is PrincipalType.SERVICE:
            wanted = (None, principal.value)
        else:
            wanted = (principal.value, None)
        problem = f"the {role} principal must be the one that the request's context says, {said[0] or said[1]}"
        require(said == wanted, move, problem)


def _grant_constraint(move: Move, grant: Grant, context: RequestContext) -> None:
    """The constraint is that of `kms:GrantConstraintType` with the pairs of the context (F6), and the source ARN."""
    kind, pairs = context.text("kms:grantconstrainttype"), context.pairs()
    require(kind in (None, EQUALS, SUBSET), move, f"kms:GrantConstraintType is {EQUALS} or {SUBSET}")
    require(kind is not None or not pairs, move, "pairs of a constraint come with kms:GrantConstraintType")
    for constraint, name in ((grant.context_equals, EQUALS), (grant.context_subset, SUBSET)):
        wanted = None if constraint is None else dict(constraint)
        said = pairs if kind == name else None
        require(wanted == said, move, f"{name} of the grant must be what the request's context says")
    source = context.text("kms:grantconstraintsourcearn")
    require(grant.source_arn == source, move, "SourceArn must be kms:GrantConstraintSourceArn")


def check_tag_key(state: State, move: Move) -> None:
    """[API: TagResource, UntagResource]"""
    change = change_of(move, chains.KeyTagged)
    _key(state, move, change.key)
    check_tagging(move, checked_requests(move)[0], change.tags, change.removed, sets=move.kind is StepKind.TAG)


def alias_holder(state: State, alias_arn: str) -> Key | None:
    """The key that is known to have an alias."""
    fields = alias_arn.split(":", 5)
    near = (key for key in state.estate.keys if key.arn.split(":")[1:5] == fields[1:5])
    return next((key for key in near if fields[5] in (key.aliases or ())), None)


def check_alias(state: State, move: Move) -> None:
    """[API: CreateAlias, UpdateAlias, DeleteAlias; KMS Developer Guide, alias-access]"""
    change = change_of(move, chains.AliasMoved)
    name, present = change.alias_arn, alias_holder(state, change.alias_arn)
    if move.kind is StepKind.DELETE_ALIAS:
        require(change.key is None, move, "a deleted alias belongs to no key")
        if present is None:
            raise fail(move, f"no key has {name}")
        checked_requests(move, ("kms:DeleteAlias", present.arn))
        return
    key = _key(state, move, change.key or "")
    require(key.arn.split(":")[1:5] == name.split(":")[1:5], move, "an alias is of the Region and account of its key")
    if move.kind is StepKind.CREATE_ALIAS:
        require(present is None, move, f"{name} exists")
        checked_requests(move)
        return
    if present is None or present.arn == key.arn:
        raise fail(move, f"no other key has {name}")
    usages = {present.usage, key.usage} - {None}
    require(len(usages) < 2, move, "the keys must be of the same usage")
    kinds = {key_type(one.spec) for one in (present, key) if one.spec is not None}
    require(len(kinds) < 2, move, "both keys must be symmetric, both asymmetric or both HMAC keys")
    checked_requests(move, ("kms:UpdateAlias", present.arn))


def key_type(spec: str) -> str:
    """The type of a key: aliases move between keys of one type alone. [API: UpdateAlias]"""
    return "HMAC" if spec.startswith("HMAC") else "symmetric" if spec.startswith("SYMMETRIC") else "asymmetric"


def check_replicate(state: State, move: Move) -> None:
    """[API: ReplicateKey; KMS Developer Guide, multi-region-keys-auth]"""
    change = change_of(move, chains.KeyReplicated)
    key, replica = _key(state, move, change.key), change.replica
    context, made = checked_requests(move)
    ours, theirs = key.arn.split(":"), replica.arn.split(":")
    same = ours[:3] + ours[4:] == theirs[:3] + theirs[4:] and ours[3] != theirs[3]
    related = same and ours[5].startswith("key/mrk-")
    require(related, move, "a replica has the account and ID of a multi-Region key, and another Region")
    require(state.estate.key(replica.arn) is None, move, f"{replica.arn} exists")
    require(key.multi_region is not False and key.multi_region_type != "REPLICA", move, "the key is not a primary key")
    is_replica = (replica.multi_region, replica.multi_region_type) == (True, "REPLICA")
    require(is_replica, move, "the new key must be a replica")
    facts = (replica.spec, replica.usage, replica.origin, replica.manager)
    same_facts = facts == (key.spec, key.usage, key.origin, "CUSTOMER")
    require(same_facts, move, "a replica has the facts of its primary key")
    identities = [policy.identity for policy in replica.policies or ()]
    require(len(identities) == 1, move, "the new key has one key policy")
    require(identities == [f"{replica.arn}#default"], move, "the policy must be that of the new key")
    bare = not replica.tags and not replica.grants and not replica.aliases
    require(bare, move, "the new key has no tags, grants and aliases")
    require(not context.tags() and not made.tags(), move, "replicas with tags are made in two steps")
    region, requested = context.text("kms:replicaregion"), made.text("aws:requestedregion")
    require(region == replica.region, move, "kms:ReplicaRegion must be the Region of the new key")
    require(requested == replica.region, move, "kms:CreateKey is asked of the Region of the new key")
    made_so = (made.text("kms:multiregion"), made.text("kms:multiregionkeytype")) == ("true", "REPLICA")
    require(made_so, move, "kms:MultiRegion and kms:MultiRegionKeyType of kms:CreateKey are those of a replica")
    own = {"kms:keyspec": key.spec, "kms:keyusage": key.usage, "kms:keyorigin": key.origin}
    said = all(made.text(name) in (None, fact) for name, fact in own.items() if fact is not None)
    require(said, move, "kms:CreateKey says of a replica what its primary key is")


def check_re_encrypt(state: State, move: Move) -> None:
    """[API: ReEncrypt]"""
    change = change_of(move, chains.ReEncrypted)
    key, onto = _key(state, move, change.key), _key(state, move, change.onto)
    require(key.arn != onto.arn, move, "it needs two keys")
    require(key.region == onto.region and key.partition == onto.partition, move, "both keys must be of one Region")
    for context in checked_requests(move):
        on_same_key = (context.text("kms:reencryptonsamekey") or "").lower() == "true"
        require(not on_same_key, move, "kms:ReEncryptOnSameKey is false for two keys")


def check_import_material(state: State, move: Move) -> None:
    """[API: GetParametersForImport, ImportKeyMaterial]"""
    change = change_of(move, chains.MaterialImported)
    key = _key(state, move, change.key)
    external = key.origin in (None, "EXTERNAL")
    require(external, move, f"key material is imported into keys of origin EXTERNAL, not {key.origin}")
    checked_requests(move)


def check_share(state: State, move: Move) -> None:
    """E3: a key comes into a resource share."""
    change = change_of(move, chains.KeyShared)
    key = _key(state, move, change.key)
    (context,) = checked_requests(move)
    require(context.request.caller.account == key.account, move, "a key is shared by its own account")
    require(context.text("ram:resourcearn") in (None, key.arn), move, "ram:ResourceArn must be the key")
