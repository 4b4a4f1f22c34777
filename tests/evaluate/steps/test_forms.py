"""E0: a move changes what its requests ask for and nothing else; whatever else it says is an error."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.evaluate.estates import ALIAS, ALICE, HOME, KEY, PARTNER, allow, aws, grant, identity, own, policy
from tests.evaluate.reaching import OTHER, TARGET, admits, caller, trusting
from tests.evaluate.steps.test_steps_on_identities import MINE
from tests.evaluate.steps.worlds import ADMINS, BASE, BOB, BY, DELEGATES, document, one_key, state
from tests.reach import moves
from tests.reach.sample import OUTSIDE
from verifier.evaluate.steps import permitted
from verifier.model.estate import Account, Group, InstanceProfile
from verifier.model.policy import PolicyKind
from verifier.model.request import Caller, CallerKind, Value
from verifier.model.steps.chains import Became, KeyReplicated, KeyTagged, Move
from verifier.model.steps.descriptions import StepKind
from verifier.syntax.diagnostic import InputError

OTHER_KEY = KEY.replace("1234abcd", "5678abcd")
SPANISH = OTHER_KEY.replace("us-west-2", "eu-south-2")
WORLD = state(
    own("*"),
    others=(identity(BOB), trusting(admits(aws(ALICE), "sts:*")), identity(OTHER)),
    groups=(Group(ADMINS),),
    managed=(MINE,),
    keys=(one_key(DELEGATES, arn=OTHER_KEY, aliases=()), one_key(DELEGATES, arn=SPANISH, aliases=())),
)
KEY_POLICY = policy(allow(aws(ALICE)), identity=f"{KEY}#default")
PLAIN = grant(ALICE, "Decrypt", context_subset=(("app", "x"),), issuing_account=HOME)
TAGGED = moves.tag(BY, KEY, ("team", "blue"))
ASSUMED = moves.assume(BY, TARGET, (("team", "blue"),))
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"


def changed(move: Move, **facts: object) -> Move:
    """The move, its change another."""
    return replace(move, change=replace(move.change, **facts))


def asking(move: Move, **context: Value) -> Move:
    """The move, the context of its first request with these further keys (`__` for `:`)."""
    first = move.requests[0]
    further = tuple((key.replace("__", ":"), value) for key, value in context.items())
    return replace(move, requests=(replace(first, context=(*first.context, *further)), *move.requests[1:]))


def created(**facts: object) -> Move:
    """A grant that is not the one asked for."""
    return changed(moves.create_grant(BY, KEY, PLAIN), grant=replace(PLAIN, **facts))  # type: ignore[arg-type]


def became(**facts: object) -> Move:
    """A session that is not the one asked for."""
    assert isinstance(ASSUMED.change, Became)
    return changed(ASSUMED, caller=replace(ASSUMED.change.caller, **facts))  # type: ignore[arg-type]


MULTI = f"arn:aws:kms:us-west-2:{HOME}:key/mrk-1"
OF_REPLICA = MULTI.replace("us-west-2", "us-east-1")
SYMMETRIC, RSA = OTHER_KEY.replace("5678abcd", "7777abcd"), OTHER_KEY.replace("5678abcd", "6666abcd")
SIGNING, GRANTED = OTHER_KEY.replace("5678abcd", "9999abcd"), OTHER_KEY.replace("5678abcd", "8888abcd")
PRIMARY = one_key(DELEGATES, arn=MULTI, multi_region=True, multi_region_type="PRIMARY", spec="SYMMETRIC_DEFAULT")
WORLD = replace(
    WORLD,
    estate=replace(
        WORLD.estate,
        accounts=(
            *(
                replace(one, profiles=(InstanceProfile(f"arn:aws:iam::{HOME}:instance-profile/web", OTHER),))
                for one in WORLD.estate.accounts
            ),
            Account(PARTNER, groups=(Group(ADMINS.replace(HOME, PARTNER)),)),
        ),
        keys=(
            *WORLD.estate.keys,
            PRIMARY,
            one_key(DELEGATES, arn=OF_REPLICA, multi_region=True, multi_region_type="REPLICA"),
            one_key(DELEGATES, arn=SIGNING, usage="SIGN_VERIFY", spec="RSA_2048"),
            one_key(
                DELEGATES,
                arn=SYMMETRIC,
                usage="ENCRYPT_DECRYPT",
                spec="SYMMETRIC_DEFAULT",
                aliases=("alias/symmetric",),
            ),
            one_key(DELEGATES, arn=RSA, usage="ENCRYPT_DECRYPT", spec="RSA_2048"),
            one_key(DELEGATES, arn=GRANTED, grants=(PLAIN,)),
        ),
    ),
)


PASSING = moves.session(OTHER, tags=(("team", "blue"),), transitive=("team",))


def passing_on(**facts: object) -> Move:
    """A session that is not the one to which the transitive tag comes."""
    right = moves.assume(PASSING, TARGET)
    assert isinstance(right.change, Became)
    return changed(right, caller=replace(right.change.caller, **facts))  # type: ignore[arg-type]


def replicated(**facts: object) -> Move:
    """A replica that is not the one asked for."""
    right = moves.replicate(BY, PRIMARY, "us-east-2", KEY_POLICY)
    assert isinstance(right.change, KeyReplicated)
    return changed(right, replica=replace(right.change.replica, **facts))  # type: ignore[arg-type]


def made_as(**context: str) -> Move:
    """A replica that is made by a request with this context (`__` for `:`) besides the Region."""
    right = moves.replicate(BY, PRIMARY, "us-east-2", KEY_POLICY)
    told = {"aws__RequestedRegion": "us-east-2", **context}
    made = replace(right.requests[1], context=tuple((key.replace("__", ":"), value) for key, value in told.items()))
    return replace(right, requests=(right.requests[0], made))


def asked_region(primary: str, other: str) -> Move:
    """A replica for us-east-2, whose two requests say these Regions."""
    right = moves.replicate(BY, PRIMARY, "us-east-2", KEY_POLICY)
    asked = replace(right.requests[0], context=(("kms:ReplicaRegion", primary),))
    return replace(right, requests=(asked, replace(right.requests[1], context=(("aws:RequestedRegion", other),))))


def passing(made: str, started: str, other: str = "eu-west-1") -> Move:
    """A role for a function; what is invoked is another one, perhaps in another Region."""
    right = moves.pass_role(BY, TARGET)
    start = f"arn:aws:lambda:eu-west-1:{HOME}:"
    requests = (
        replace(request, resource=start + name, context=(("aws:RequestedRegion", region),))
        for request, name, region in zip(right.requests[1:], (made, started), ("eu-west-1", other), strict=True)
    )
    return replace(right, requests=(right.requests[0], *requests))


def by_profile(*into: tuple[str, str], started: str | None = None) -> Move:
    """A role for an instance, perhaps by an instance profile into which it comes."""
    right, start = (
        moves.pass_role(BY, TARGET, "ec2.amazonaws.com", ("ec2:RunInstances",)),
        f"arn:aws:iam::{HOME}:instance-profile/",
    )
    asked = tuple(moves.request(BY, f"iam:{action}", start + name) for action, name in into)
    runs = replace(right.requests[1], context=() if started is None else (("ec2:InstanceProfile", start + started),))
    return replace(right, requests=(right.requests[0], *asked, runs))


def aliased(kind: StepKind, key: str | None, *keys: str, name: str = ALIAS) -> Move:
    """A step on an alias."""
    return moves.move_alias(kind, BY, name, key, *keys)


NEW = ALIAS.replace("payments", "new")
WRONG: dict[str, Callable[[], Move]] = {
    "is not held": lambda: moves.put_key_policy(caller(BOB), KEY, KEY_POLICY),
    "one caller makes all its requests": lambda: replace(
        ASSUMED, requests=(ASSUMED.requests[0], replace(ASSUMED.requests[1], caller=caller(BOB)))
    ),
    "it takes a request": lambda: replace(TAGGED, requests=()),
    "it takes kms:PutKeyPolicy": lambda: replace(moves.put_key_policy(BY, KEY, KEY_POLICY), requests=TAGGED.requests),
    "the input names 444455556666": lambda: moves.own_identity(
        Caller(CallerKind.ROOT, f"arn:aws:iam::{PARTNER}:root", PARTNER)
    ),
    "it takes no request": lambda: replace(moves.own_identity(OUTSIDE), requests=TAGGED.requests),
    "it is a user or session of AWS": lambda: moves.own_identity(Caller(CallerKind.SERVICE, "s3.amazonaws.com")),
    "is not part of it": lambda: replace(TAGGED, requests=(*TAGGED.requests, moves.request(BY, "kms:Decrypt", KEY))),
    "does not change things as KeyTagged": lambda: replace(
        moves.put_key_policy(BY, KEY, KEY_POLICY), change=TAGGED.change
    ),
    "is not in the state": lambda: moves.put_key_policy(BY, KEY + "0", KEY_POLICY),
    "must be a key policy": lambda: moves.put_key_policy(BY, KEY, document(own("*"), arn=f"{KEY}#default")),
    "the one named `default`": lambda: moves.put_key_policy(BY, KEY, policy(allow(), identity=f"{KEY}#AWS_RAM")),
    "kms:PolicyName must be": lambda: moves.put_key_policy(BY, KEY, KEY_POLICY, {"kms:PolicyName": "AWS_RAM"}),
    "operations must be those": lambda: created(operations=("kms:Decrypt", "kms:Encrypt")),
    "operation is none": lambda: moves.create_grant(BY, KEY, grant(ALICE, "PutKeyPolicy")),
    "a service says itself": lambda: asking(created(), aws__ViaAWSService="true"),
    "itself for whom it asks": lambda: asking(created(), kms__ViaService="s3.us-east-1.amazonaws.com"),
    "for whom it asks": lambda: asking(created(), aws__ViaAWSService="false", kms__GrantIsForAWSResource="true"),
    "grantee principal must be": lambda: created(grantee=grant(BOB).grantee),
    "retiring principal must be": lambda: created(retiring=grant(BOB).grantee),
    "EncryptionContextSubset of the grant": lambda: created(context_subset=(("app", "y"),)),
    "EncryptionContextEquals of the grant": lambda: created(context_equals=(("app", "x"),)),
    "come with kms:GrantConstraintType": lambda: asking(
        moves.create_grant(BY, KEY, grant(ALICE, "Decrypt")), kms__EncryptionContext__app="x"
    ),
    "SourceArn must be": lambda: created(source_arn="arn:aws:s3:::bucket"),
    "the issuing account": lambda: created(issuing_account=PARTNER),
    "must be said": lambda: created(grantee_hidden=True),
    "the tags set are": lambda: changed(TAGGED, tags=(("team", "red"),)),
    "aws:TagKeys must be the names of the tags set": lambda: replace(
        TAGGED,
        requests=(replace(TAGGED.requests[0], context=(("aws:RequestTag/team", "blue"), ("aws:TagKeys", ("other",)))),),
    ),
    "it sets tags, or takes tags away": lambda: replace(TAGGED, change=KeyTagged(KEY, (), ("team",))),
    "names of the tags taken away": lambda: changed(moves.untag(BY, KEY, "team"), removed=("cost",)),
    "alias/payments exists": lambda: aliased(StepKind.CREATE_ALIAS, OTHER_KEY, OTHER_KEY),
    "no other key has": lambda: aliased(StepKind.UPDATE_ALIAS, OTHER_KEY, OTHER_KEY, KEY, name=NEW),
    f"no other key has {ALIAS}": lambda: aliased(StepKind.UPDATE_ALIAS, KEY, KEY, KEY),
    "of the same usage": lambda: aliased(StepKind.UPDATE_ALIAS, SIGNING, SIGNING, KEY),
    "both keys must be symmetric": lambda: aliased(
        StepKind.UPDATE_ALIAS, RSA, RSA, SYMMETRIC, name=ALIAS.replace("payments", "symmetric")
    ),
    "the key has a grant with the ID": lambda: moves.create_grant(BY, GRANTED, PLAIN),
    "is not a primary key": lambda: moves.replicate(BY, replace(PRIMARY, arn=OF_REPLICA), "us-east-2", KEY_POLICY),
    "kms:ReplicaRegion must be": lambda: asked_region("us-east-1", "us-east-2"),
    "is asked of the Region": lambda: asked_region("us-east-2", "us-east-1"),
    "kms:CreateKey are those of a replica": lambda: made_as(kms__MultiRegion="true", kms__MultiRegionKeyType="PRIMARY"),
    "of kms:CreateKey are those of a replica": lambda: made_as(kms__MultiRegionKeyType="REPLICA"),
    "has the facts of its primary key": lambda: replicated(spec="RSA_2048"),
    "says of a replica what its primary key is": lambda: made_as(
        kms__MultiRegion="true", kms__MultiRegionKeyType="REPLICA", kms__KeySpec="RSA_2048"
    ),
    "the new key must be a replica": lambda: replicated(multi_region_type="PRIMARY"),
    "has no tags, grants and aliases": lambda: replicated(tags=(("a", "b"),)),
    "the policy must be that of the new key": lambda: replicated(policies=(KEY_POLICY,)),
    "us-east-1:111122223333:key/mrk-1 exists": lambda: moves.replicate(BY, PRIMARY, "us-east-1", KEY_POLICY),
    "users of its own account": lambda: moves.join(BY, ALICE, ADMINS.replace(HOME, PARTNER)),
    "no key has": lambda: aliased(StepKind.DELETE_ALIAS, None, KEY, name=NEW),
    "a deleted alias belongs to no key": lambda: aliased(StepKind.DELETE_ALIAS, KEY, KEY),
    "of the Region and account of its key": lambda: aliased(StepKind.CREATE_ALIAS, SPANISH, SPANISH, name=NEW),
    "it takes kms:CreateAlias on": lambda: aliased(StepKind.CREATE_ALIAS, KEY, name=NEW),
    "another Region": lambda: moves.replicate(BY, one_key(DELEGATES), "us-west-2", KEY_POLICY),
    "both keys must be of one Region": lambda: moves.re_encrypt(BY, KEY, SPANISH),
    "kms:ReEncryptOnSameKey is false": lambda: asking(
        moves.re_encrypt(BY, KEY, OTHER_KEY), kms__ReEncryptOnSameKey="true"
    ),
    "it needs two keys": lambda: moves.re_encrypt(BY, KEY, KEY),
    "of origin EXTERNAL": lambda: moves.import_material(BY, KEY),
    "ram:ResourceArn must be": lambda: moves.share(BY, KEY, {"ram:ResourceArn": OTHER_KEY}),
    "session's name must be": lambda: became(session="other"),
    "the tags set are {'team': 'red'}": lambda: became(session_tags=(("team", "red"),)),
    "it gives a session of a role": lambda: became(account=PARTNER),
    "no name of a session": lambda: moves.assume(BY, TARGET, name="a b"),
    "it takes sts:SetSourceIdentity": lambda: moves.assume(BY, TARGET, context={"sts:SourceIdentity": "alice"}),
    "source identity is that of the session": lambda: moves.assume(BY, TARGET, context={"aws:SourceIdentity": "alice"}),
    "the transitive tags are a": lambda: moves.assume(
        BY, TARGET, (("a", "b"),), context={"sts:TransitiveTagKeys": ("a",)}
    ),
    "names tags that the call passes": lambda: moves.assume(BY, TARGET, (("a", "b"),), transitive=("c",)),
    "tags of its caller pass on": lambda: passing_on(session_tags=(), transitive=()),
    "the transitive tags are team": lambda: passing_on(transitive=()),
    "again fails": lambda: moves.assume(PASSING, TARGET, (("Team", "red"),)),
    "it takes sts:TagSession": lambda: replace(
        moves.assume(PASSING, TARGET), requests=moves.assume(PASSING, TARGET).requests[:1]
    ),
    "is in no inventory": lambda: moves.put_policy(BY, f"arn:aws:iam::{PARTNER}:role/x", document(own("*"), arn="x#y")),
    "an inline policy of its owner": lambda: moves.put_policy(BY, ALICE, document(own("*"), arn=f"{BOB}#new")),
    "must be an identity policy": lambda: moves.put_policy(BY, ALICE, policy(allow(), identity=f"{ALICE}#new")),
    "is in the request": lambda: changed(
        moves.put_policy(BY, ALICE, document(own("*"), arn=f"{ALICE}#new")), known=False
    ),
    "the one of iam:PolicyARN": lambda: changed(
        moves.attach(BY, ALICE, MINE.versions[0][1]), policy=document(own("*"), arn=ADMIN)
    ),
    "has another document": lambda: moves.attach(BY, ALICE, MINE.versions[1][1]),
    "AdministratorAccess allows": lambda: moves.attach(BY, ALICE, document(own("kms:*"), arn=ADMIN)),
    "is not known": lambda: moves.attach(BY, ALICE, document(own("*"), arn="arn:aws:iam::aws:policy/PowerUserAccess")),
    "no managed policy of the account": lambda: moves.attach(
        BY, ALICE, document(own("*"), arn=BASE.replace(HOME, PARTNER))
    ),
    "has no such version": lambda: moves.set_version(BY, document(own("s3:*"), arn=BASE)),
    "must be that of the managed policy": lambda: changed(moves.new_version(BY, MINE.versions[0][1]), arn=BASE + "2"),
    "only roles have trust policies": lambda: moves.put_trust(BY, ALICE, policy(allow(), identity=f"{ALICE}#trust")),
    "must be that of the role": lambda: moves.put_trust(
        BY, TARGET, policy(admits("*"), kind=PolicyKind.TRUST, identity=f"{OTHER}#trust")
    ),
    "is no user": lambda: moves.join(BY, TARGET, ADMINS),
    "is no group": lambda: moves.join(BY, ALICE, TARGET),
    f"it takes iam:CreateAccessKey on {BOB}": lambda: replace(
        moves.become(BY, BOB), requests=moves.become(BY, ALICE).requests
    ),
    "iam:PassedToService must be one of": lambda: moves.pass_role(BY, TARGET, "sns.amazonaws.com"),
    "besides iam:PassRole it takes lambda:CreateFunction, lambda:InvokeFunction or lambda:Add": lambda: moves.pass_role(
        BY, TARGET, actions=("ec2:RunInstances",)
    ),
    "lambda:CreateFunction, lambda:InvokeFunction": lambda: moves.pass_role(
        BY, TARGET, actions=("lambda:CreateFunction",)
    ),
    "what is started is what was made": lambda: passing("function:made", "function:other"),
    "no instance profile holds": by_profile,
    "is about one instance profile": lambda: by_profile(
        ("CreateInstanceProfile", "new"), ("AddRoleToInstanceProfile", "other")
    ),
    "does not come into": lambda: by_profile(("CreateInstanceProfile", "web"), ("AddRoleToInstanceProfile", "web")),
    "by iam:addroletoinstanceprofile": lambda: by_profile(("AddRoleToInstanceProfile", "web")),
    "ec2:InstanceProfile must be": lambda: by_profile(
        ("RemoveRoleFromInstanceProfile", "web"), ("AddRoleToInstanceProfile", "web"), started="new"
    ),
    "in the Region in which it was made": lambda: passing("function:made", "function:made", "eu-west-3"),
    "services set no session tags": lambda: changed(
        moves.pass_role(BY, TARGET), caller=moves.session(TARGET, tags=(("a", "b"),))
    ),
    "must be the one whose session it gives": lambda: changed(moves.pass_role(BY, TARGET), caller=moves.session(OTHER)),
}


@pytest.mark.parametrize("problem", WRONG)
def test_a_move_that_is_not_well_formed_is_an_error(problem: str) -> None:
    with pytest.raises(InputError) as error:
        permitted(replace(WORLD, held=(*WORLD.held, PASSING)), WRONG[problem]())
    assert problem in str(error.value)


RIGHT: dict[str, Callable[[], Move]] = {
    "put key policy": lambda: moves.put_key_policy(BY, KEY, KEY_POLICY),
    "grant": lambda: moves.create_grant(BY, KEY, PLAIN),
    "tag": lambda: TAGGED,
    "assume": lambda: ASSUMED,
    "replicate": lambda: moves.replicate(BY, PRIMARY, "us-east-2", KEY_POLICY),
    "attach": lambda: moves.attach(BY, ALICE, document(own("*"), arn=ADMIN)),
    "alias": lambda: aliased(StepKind.UPDATE_ALIAS, OTHER_KEY, OTHER_KEY, KEY),
}


@pytest.mark.parametrize("name", RIGHT)
def test_the_moves_that_the_wrong_ones_were_made_from_are_right(name: str) -> None:
    assert permitted(WORLD, RIGHT[name]())


def test_a_key_that_does_not_suit_the_operation_is_an_error() -> None:
    signing = state(
        own("*"), facts={"spec": "RSA_2048", "usage": "SIGN_VERIFY"}, keys=(one_key(DELEGATES, arn=OTHER_KEY),)
    )
    with pytest.raises(InputError, match="R3"):
        permitted(signing, moves.re_encrypt(BY, KEY, OTHER_KEY))
