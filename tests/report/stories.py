"""Stories made by hand, of requests that `evaluate` decides on small estates, for the report's tests."""

from __future__ import annotations

import json
from dataclasses import replace

from tests.evaluate.estates import document
from tests.report.samples import GRANT, PAYMENTS, invariant
from verifier.evaluate import evaluate
from verifier.language.policies.documents import read_policy
from verifier.model.estate import Account, Estate, Identity, Key
from verifier.model.grant import Grant
from verifier.model.policy import Policy, PolicyKind, Principal, PrincipalType, Text
from verifier.model.readings import P5
from verifier.model.request import Caller, CallerKind, Outcome, Request
from verifier.model.results.verdict import Assumption, Bound, Counterexample, Reason, Status, Story, StoryStep, Verdict
from verifier.model.steps.chains import (
    AliasMoved,
    Became,
    BoundaryPut,
    Created,
    GrantCreated,
    GroupJoined,
    GroupLeft,
    IdentityTagged,
    KeyPolicyPut,
    KeyReplicated,
    KeyShared,
    KeyTagged,
    MaterialImported,
    Move,
    PolicyAdded,
    PolicyRemoved,
    ReEncrypted,
    StepChange,
    TrustPut,
    VersionSet,
)
from verifier.model.steps.descriptions import StepKind
from verifier.model.symbols import OUTSIDE_ALLOW, RequestFact
from verifier.report.counterexample import statement_traces
from verifier.syntax.source import NOWHERE, Source, Span
from verifier.witness.command import request_command

HOME = "111122223333"
OPS, KEY_ADMIN = f"arn:aws:iam::{HOME}:role/ops", f"arn:aws:iam::{HOME}:role/team/KeyAdmin"
SESSION = Caller(CallerKind.ROLE, OPS, HOME, "example")
ADMIN_SESSION = Caller(CallerKind.ROLE, KEY_ADMIN, HOME, "example")
REPLICA = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def written(name: str, kind: PolicyKind, identity: str, *statements: dict[str, object]) -> Policy:
    """A policy that a file of this name holds."""
    text = json.dumps(document(*statements), indent=2)
    return read_policy(Source(name, text), kind, identity=identity, name=identity.split("#")[-1])


def made(kind: PolicyKind, identity: str, *statements: dict[str, object]) -> Policy:
    """A policy that no file holds."""
    found = written("made", kind, identity, *statements)
    return replace(
        found,
        statements=tuple(replace(statement, span=NOWHERE, sid=None) for statement in found.statements),
        span=NOWHERE,
    )


def allowing(sid: str | None, action: object, **rest: object) -> dict[str, object]:
    """An Allow statement."""
    return {**({"Sid": sid} if sid else {}), "Effect": "Allow", **rest, "Action": action, "Resource": "*"}


ROOT = {"AWS": f"arn:aws:iam::{HOME}:root"}
KEY_POLICY = written(
    "key-policy.json",
    PolicyKind.KEY,
    f"{PAYMENTS}#default",
    allowing("Key administrators", ["kms:PutKeyPolicy", "kms:CreateGrant"], Principal={"AWS": KEY_ADMIN}),
    allowing("Readers", "kms:DescribeKey", Principal={"AWS": OPS}),
    {
        **allowing("Only in the Region", "kms:*", Principal="*"),
        "Effect": "Deny",
        "Condition": {"StringNotEquals": {"aws:RequestedRegion": "us-west-2"}},
    },
)
TRUST = written(
    "iam.json",
    PolicyKind.TRUST,
    f"{KEY_ADMIN}#trust",
    {"Sid": "Operators", "Effect": "Allow", "Principal": {"AWS": OPS}, "Action": "sts:AssumeRole"},
)
ESTATE = Estate(
    (Key(PAYMENTS, "payments", (KEY_POLICY,), "SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", "AWS_KMS", False),),
    (Account(HOME, (), (Identity(OPS), Identity(KEY_ADMIN, trust=TRUST))),),
)


def replayed(estate: Estate, request: Request) -> Counterexample:
    """A request that is allowed."""
    decision = evaluate(estate, request, {})
    assert decision.outcome is Outcome.ALLOW, decision
    matched = tuple(trace.statement for trace in statement_traces(decision.trace) if trace.matched)
    return Counterexample(request, decision, matched, command=request_command(request))


ANY_POLICY = made(PolicyKind.KEY, f"{PAYMENTS}#default", allowing(None, "kms:*", Principal="*"))
ASSUMED = Move(
    StepKind.ASSUME_ROLE,
    (Request(SESSION, "sts:AssumeRole", KEY_ADMIN, (("sts:RoleSessionName", "example"),)),),
    Became(ADMIN_SESSION),
)
REWRITTEN = Move(
    StepKind.PUT_KEY_POLICY, (Request(ADMIN_SESSION, "kms:PutKeyPolicy", PAYMENTS),), KeyPolicyPut(PAYMENTS, ANY_POLICY)
)
AFTER_POLICY = replace(ESTATE, keys=(replace(ESTATE.keys[0], policies=(ANY_POLICY,)),))

TAKEOVER = Story(
    SESSION,
    tuple(
        StoryStep(move, tuple(replayed(ESTATE, request) for request in move.requests)) for move in (ASSUMED, REWRITTEN)
    ),
    replayed(AFTER_POLICY, Request(SESSION, "kms:Decrypt", PAYMENTS)),
)
"""`role/ops` assumes `role/KeyAdmin`, which rewrites the key policy."""

MADE_GRANT = Grant("g-1", Principal(PrincipalType.ROLE, OPS, HOME, "aws"), ("kms:Decrypt",), issuing_account=HOME)
GRANTING = Move(
    StepKind.CREATE_GRANT,
    (
        Request(
            ADMIN_SESSION,
            "kms:CreateGrant",
            PAYMENTS,
            (("kms:GranteePrincipal", OPS), ("kms:GrantOperations", ("Decrypt",))),
        ),
    ),
    GrantCreated(PAYMENTS, MADE_GRANT),
)
AFTER_GRANT = replace(ESTATE, keys=(replace(ESTATE.keys[0], grants=(MADE_GRANT,)),))
GRANTED_STORY = replace(
    TAKEOVER,
    steps=(TAKEOVER.steps[0], StoryStep(GRANTING, tuple(replayed(ESTATE, request) for request in GRANTING.requests))),
    access=replayed(AFTER_GRANT, Request(SESSION, "kms:Decrypt", PAYMENTS)),
    readings=((P5, False),),
    free=((OUTSIDE_ALLOW, True),),
)
DIRECT = Story(SESSION, (), replayed(ESTATE, Request(SESSION, "kms:DescribeKey", PAYMENTS)))
IMPORTED = Move(
    StepKind.IMPORT_MATERIAL,
    (
        Request(ADMIN_SESSION, "kms:GetParametersForImport", PAYMENTS),
        Request(ADMIN_SESSION, "kms:ImportKeyMaterial", PAYMENTS),
    ),
    MaterialImported(PAYMENTS),
)
IMPORTING = Story(
    ADMIN_SESSION,
    (StoryStep(IMPORTED, tuple(replayed(AFTER_POLICY, request) for request in IMPORTED.requests)),),
    None,
)

TAKEN_OVER = Verdict(
    invariant(
        "nobody in operations can ever decrypt", text="no role/ops in prod can eventually kms:Decrypt on payments"
    ),
    PAYMENTS,
    Status.REFUTED,
    story=TAKEOVER,
    bound=Bound(4, True),
    elapsed=0.014,
)
GRANTED_LATER = replace(TAKEN_OVER, invariant=invariant("no grant leads to decryption"), story=GRANTED_STORY)
IMPORTS = replace(TAKEN_OVER, invariant=invariant("nobody brings key material"), story=IMPORTING)
AT_ONCE = replace(TAKEN_OVER, invariant=invariant("nobody describes"), story=DIRECT)
FOR_EVER = Verdict(
    invariant("no outsider can ever decrypt"),
    PAYMENTS,
    Status.PROVED,
    assumptions=(Assumption("E0", "Nobody else acts in between."),),
    bound=Bound(4, True),
)
WITHIN = replace(FOR_EVER, invariant=invariant("no outsider soon decrypts"), bound=Bound(2, False))
IN_DOUBT = Verdict(
    invariant("no role escalates"),
    PAYMENTS,
    Status.UNKNOWN,
    reason=Reason("E2", "a trust policy is not known"),
    bound=Bound(4, True),
)

CHANGES: dict[StepKind, StepChange] = {
    StepKind.PUT_KEY_POLICY: REWRITTEN.change,
    StepKind.CREATE_GRANT: GrantCreated(PAYMENTS, GRANT),
    StepKind.TAG: KeyTagged(PAYMENTS, (("team", "red"), ("stage", "prod"))),
    StepKind.UNTAG: KeyTagged(PAYMENTS, (), ("team",)),
    StepKind.CREATE_ALIAS: AliasMoved("arn:aws:kms:us-west-2:111122223333:alias/a/b", PAYMENTS),
    StepKind.UPDATE_ALIAS: AliasMoved("arn:aws:kms:us-west-2:111122223333:alias/a", REPLICA),
    StepKind.DELETE_ALIAS: AliasMoved("arn:aws:kms:us-west-2:111122223333:alias/a", None),
    StepKind.REPLICATE: KeyReplicated(PAYMENTS, Key(REPLICA, policies=(ANY_POLICY,))),
    StepKind.RE_ENCRYPT: ReEncrypted(PAYMENTS, REPLICA),
    StepKind.IMPORT_MATERIAL: IMPORTED.change,
    StepKind.SHARE: KeyShared(PAYMENTS),
    StepKind.OWN_IDENTITY: Became(Caller(CallerKind.USER, "arn:aws:iam::999999999999:user/example", "999999999999")),
    StepKind.ASSUME_ROLE: Became(replace(ADMIN_SESSION, session_tags=(("team", "red"),))),
    StepKind.FEDERATE: Became(
        Caller(
            CallerKind.FEDERATED,
            f"arn:aws:sts::{HOME}:federated-user/fay",
            HOME,
            issuer=f"arn:aws:iam::{HOME}:user/team/Alice",
        )
    ),
    StepKind.PUT_POLICY: PolicyAdded(OPS, made(PolicyKind.IDENTITY, f"{OPS}#extra", allowing(None, "*"))),
    StepKind.ATTACH_POLICY: PolicyAdded(
        KEY_ADMIN, made(PolicyKind.IDENTITY, "arn:aws:iam::aws:policy/AdministratorAccess", allowing(None, "*"))
    ),
    StepKind.NEW_VERSION: VersionSet(
        f"arn:aws:iam::{HOME}:policy/p/base",
        made(PolicyKind.IDENTITY, f"arn:aws:iam::{HOME}:policy/p/base", allowing(None, "*")),
    ),
    StepKind.SET_VERSION: VersionSet(
        f"arn:aws:iam::{HOME}:policy/p/base",
        made(PolicyKind.IDENTITY, f"arn:aws:iam::{HOME}:policy/p/base", allowing(None, "*")),
    ),
    StepKind.PUT_TRUST: TrustPut(
        KEY_ADMIN,
        made(
            PolicyKind.TRUST,
            f"{KEY_ADMIN}#trust",
            {"Effect": "Allow", "Principal": {"AWS": OPS}, "Action": "sts:AssumeRole"},
        ),
    ),
    StepKind.CREATE: Created(
        Identity(
            f"arn:aws:iam::{HOME}:role/team/new",
            trust=made(
                PolicyKind.TRUST, "x#trust", {"Effect": "Allow", "Principal": {"AWS": OPS}, "Action": "sts:AssumeRole"}
            ),
            bounded=True,
            boundary=made(PolicyKind.BOUNDARY, f"arn:aws:iam::{HOME}:policy/p/base#boundary", allowing(None, "*")),
        )
    ),
    StepKind.TAG_IDENTITY: IdentityTagged(OPS, (("team", "red"),)),
    StepKind.UNTAG_IDENTITY: IdentityTagged(OPS, removed=("team",)),
    StepKind.REMOVE_POLICY: PolicyRemoved(OPS, f"{OPS}#bars"),
    StepKind.PUT_BOUNDARY: BoundaryPut(
        OPS, made(PolicyKind.BOUNDARY, "arn:aws:iam::aws:policy/AdministratorAccess#boundary", allowing(None, "*"))
    ),
    StepKind.DELETE_BOUNDARY: BoundaryPut(OPS, None),
    StepKind.LEAVE_GROUP: GroupLeft(f"arn:aws:iam::{HOME}:user/Alice", f"arn:aws:iam::{HOME}:group/team/admins"),
    StepKind.JOIN_GROUP: GroupJoined(f"arn:aws:iam::{HOME}:user/Alice", f"arn:aws:iam::{HOME}:group/team/admins"),
    StepKind.PROVIDER: Became(Caller(CallerKind.WEB, f"arn:aws:iam::{HOME}:saml-provider/corporate")),
    StepKind.BECOME_USER: Became(Caller(CallerKind.USER, f"arn:aws:iam::{HOME}:user/team/Alice", HOME)),
    StepKind.PASS_ROLE: Became(ADMIN_SESSION),
    StepKind.CHANGE_CODE: Became(ADMIN_SESSION),
}
"""A change of every kind of step."""


def _hostile_policy(text: str) -> Policy:
    found = made(
        PolicyKind.IDENTITY,
        f"{text}#{text}",
        {**allowing("x", "kms:*"), "Condition": {"StringEquals": {"aws:username": "x"}}},
    )
    (statement,) = found.statements
    (condition,) = statement.conditions
    evil = Text(text)
    statement = replace(
        statement,
        sid=evil,
        actions=(evil,),
        resources=(evil,),
        conditions=(replace(condition, key=evil, values=(evil,)),),
    )
    return replace(found, name=text, statements=(statement,))


def hostile_story(text: str, kind: StepKind) -> Story:
    """A story of one step whose every text is `text`, where the step's change has texts."""
    policy = _hostile_policy(text)
    grant = replace(
        GRANT, id=text, grantee=Principal(PrincipalType.SERVICE, text), context_subset=((text, text),), source_arn=text
    )
    caller = Caller(CallerKind.ROLE, f"arn:aws:iam::{HOME}:role/{text}", HOME, text, session_tags=((text, text),))
    arn = f"arn:aws:iam::{HOME}:user/{text}"
    request = Request(caller, text, text, ((text, text), ("sts:ExternalId", text)))
    changes: dict[StepKind, StepChange] = {
        StepKind.PUT_KEY_POLICY: KeyPolicyPut(text, policy),
        StepKind.CREATE_GRANT: GrantCreated(text, grant),
        StepKind.TAG: KeyTagged(text, ((text, text),), (text,)),
        StepKind.UNTAG: KeyTagged(text, (), (text,)),
        StepKind.CREATE_ALIAS: AliasMoved(text, text),
        StepKind.UPDATE_ALIAS: AliasMoved(text, text),
        StepKind.DELETE_ALIAS: AliasMoved(text, None),
        StepKind.REPLICATE: KeyReplicated(
            text, Key(f"arn:aws:kms:{text.replace(':', '')}:1:key/{text}", policies=(policy,))
        ),
        StepKind.RE_ENCRYPT: ReEncrypted(text, text),
        StepKind.IMPORT_MATERIAL: MaterialImported(text),
        StepKind.SHARE: KeyShared(text),
        StepKind.PUT_POLICY: PolicyAdded(
            f"arn:aws:iam::{HOME}:group/{text}", replace(policy, identity=f"arn:aws:iam::{HOME}:group/{text}#{text}")
        ),
        StepKind.ATTACH_POLICY: PolicyAdded(arn, policy, known=False),
        StepKind.NEW_VERSION: VersionSet(text, policy),
        StepKind.SET_VERSION: VersionSet(text, policy),
        StepKind.PUT_TRUST: TrustPut(text, policy),
        StepKind.CREATE: Created(
            Identity(f"arn:aws:iam::{HOME}:role/{text}", trust=policy, bounded=True, boundary=policy)
        ),
        StepKind.TAG_IDENTITY: IdentityTagged(arn, ((text, text),)),
        StepKind.UNTAG_IDENTITY: IdentityTagged(arn, removed=(text,)),
        StepKind.REMOVE_POLICY: PolicyRemoved(arn, text),
        StepKind.PUT_BOUNDARY: BoundaryPut(arn, policy, known=False),
        StepKind.DELETE_BOUNDARY: BoundaryPut(arn, None),
        StepKind.LEAVE_GROUP: GroupLeft(arn, text),
        StepKind.JOIN_GROUP: GroupJoined(arn, text),
    }
    named = {
        StepKind.BECOME_USER: "iam:CreateLoginProfile",
        StepKind.PASS_ROLE: "iam:PassRole",
        StepKind.CHANGE_CODE: "ssm:SendCommand",
    }
    first = replace(request, action=named.get(kind, "sts:AssumeRole"))
    requests = (first, replace(request, action="ecs:RunTask")) if kind is StepKind.PASS_ROLE else (first,)
    found = Counterexample(request, TAKEOVER.steps[0].requests[0].decision, (), command=text)
    trace = tuple(replace(step, text=text, rule=text) for step in found.decision.trace)
    reference = replace(
        TAKEOVER.steps[0].requests[0].statements[0],
        policy=text,
        policy_name=text,
        sid=text,
        span=Span(text, 1, 1, 1, 2),
    )
    trace = tuple(replace(step, statement=reference if step.statement else None) for step in trace)
    found = replace(found, decision=replace(found.decision, trace=trace))
    move = Move(kind, requests, changes.get(kind, Became(caller)))
    return Story(
        caller,
        (StoryStep(move, tuple(replace(found, request=one) for one in requests)),),
        found,
        ((RequestFact(text), True),),
        ((RequestFact(text), True),),
    )
