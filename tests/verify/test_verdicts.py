"""Verdicts (S1): what proves, what refutes, what is Unknown and why, and what is no question at all (S3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, NoReturn

import pytest

from tests.evaluate.estates import (
    ALICE,
    FACTS,
    HOME,
    KEY,
    PARTNER,
    PARTNER_ROOT,
    REPORTS,
    ROOT,
    allow,
    aws,
    deny,
    estate,
    home,
    identity,
    own,
    policy,
    without_policy,
)
from tests.evaluate.reaching import TARGET, admits, trusting
from tests.verify.proving import always, conditioned, nobody, status, verdict
from verifier.ask import loop
from verifier.ask.answers import InternalDisagreement
from verifier.evaluate import request_from_json
from verifier.model.estate import Estate, Key
from verifier.model.invariant import CallersNot, Holds, InAccount, KeyArn, PrincipalLike
from verifier.model.organization import Organization
from verifier.model.policy import Text
from verifier.model.request import Value
from verifier.model.results.verdict import Status
from verifier.model.unmodelled import Influence, Unmodelled
from verifier.problem.diagrams.diagram import TooLarge
from verifier.problem.expression import TRUE
from verifier.problem.rules import RuledSpace
from verifier.problem.sessions import passed_tags
from verifier.report.words.verdicts import exit_code
from verifier.solve.session import Undecided
from verifier.solve.z3_solver import Z3Session
from verifier.syntax.diagnostic import InputError
from verifier.verify.access.findings import external_access
from verifier.verify.access.who_can import list_who_can
from verifier.verify.explanation.explain import explain_request
from verifier.verify.lint.linting import lint
from verifier.verify.proving import prove

ALICE_ONLY = PrincipalLike(Text(ALICE))
LETTERS = "abcdefghijklmnopqrst"


# -- a solver that does not answer --


@pytest.mark.parametrize("after", range(6))
def test_s1_a_solver_that_gives_up_at_any_call_is_unknown(monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    calls, check = [0], Z3Session.check

    def give_up(self: Z3Session, *arguments: object, **options: object) -> object:
        calls[0] += 1
        return Undecided("canceled") if calls[0] > after else check(self, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Z3Session, "check", give_up)
    found = verdict(estate(allow(aws(ALICE), "kms:Decrypt")))
    if calls[0] <= after:
        assert found.status.value == "refuted"
        return
    assert found.status.value in ("unknown", "refuted")
    if found.status.value == "unknown":
        assert found.reason is not None and found.reason.rule == "solver" and "canceled" in found.reason.text
        assert exit_code([found.status]) == 3


def test_s1_a_solver_that_never_answers_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Z3Session, "check", lambda *_, **__: Undecided("timeout"))
    for found in (estate(allow()), estate(deny())):
        answer = verdict(found)
        assert answer.reason is not None and answer.reason.rule == "timeout"
        assert exit_code([answer.status]) == 3


def test_s1_the_time_is_for_all_that_is_asked_about_a_claim(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each call of the solver takes a second of this clock."""
    clock, check = [0.0], Z3Session.check

    def slow(self: Z3Session, *arguments: object, **options: object) -> object:
        result = check(self, *arguments, **options)  # type: ignore[arg-type]
        clock[0] += 1
        return result

    monkeypatch.setattr("verifier.deadline.time.monotonic", lambda: clock[0])
    monkeypatch.setattr(Z3Session, "check", slow)
    both = prove(estate(deny()), [nobody(), nobody("kms:Decrypt")], timeout=3.5).verdicts
    assert [each.status for each in both] == [Status.PROVED, Status.PROVED]
    proved = verdict(estate(deny()), timeout=1.5)
    assert proved.status is Status.UNKNOWN and proved.reason is not None and proved.reason.rule == "timeout"
    refuted = verdict(estate(allow()), timeout=1.5)
    assert refuted.status is Status.REFUTED and refuted.counterexample is not None


def test_s1_rounds_of_refinement_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "_ROUNDS", 0)
    answer = verdict(estate(allow()))
    assert answer.status.value == "unknown" and answer.reason is not None and answer.reason.rule == "budget"


# -- what is not modelled --


def thing(influence: Influence, **scope: Any) -> Unmodelled:
    return Unmodelled("scp", "D7", influence, "a policy that is not modelled", **scope)


@pytest.mark.parametrize(
    ("influence", "when_allowed", "when_refused"),
    [
        (Influence.MAY_ALLOW, "refuted", "unknown"),
        (Influence.MAY_REFUSE, "unknown", "proved"),
        (Influence.EITHER, "unknown", "unknown"),
    ],
)
def test_s1_what_is_not_modelled_makes_unknown_only_what_it_could_change(
    influence: Influence, when_allowed: str, when_refused: str
) -> None:
    things = (thing(influence),)
    assert status(estate(allow(aws(ALICE)), unmodelled=things)) == when_allowed
    assert status(estate(allow(aws(ALICE), "kms:Encrypt"), unmodelled=things)) == when_refused


@pytest.mark.parametrize(
    ("influence", "when_allowed", "when_refused"),
    [
        (Influence.MAY_ALLOW, "proved", "unknown"),
        (Influence.MAY_REFUSE, "unknown", "refuted"),
        (Influence.EITHER, "unknown", "unknown"),
    ],
)
def test_s1_the_same_for_guarantees(influence: Influence, when_allowed: str, when_refused: str) -> None:
    things, claim = (thing(influence),), always(callers=ALICE_ONLY)
    assert status(estate(allow(aws(ALICE)), unmodelled=things), claim) == when_allowed
    assert status(estate(allow(aws(ALICE), "kms:Encrypt"), unmodelled=things), claim) == when_refused


def test_s1_a_scope_that_is_not_modelled_is_not_settled_by_a_replay() -> None:
    """A replay says whether the request is allowed, and not whether the invariant speaks of it."""
    (in_network,) = policy(allow(Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})).statements[0].conditions
    (as_text,) = policy(allow(Condition={"NumericEquals": {"aws:username": "5"}})).statements[0].conditions
    found = verdict(conditioned({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}), nobody(when=Holds(as_text)))
    assert found.status.value == "unknown" and found.reason is not None and found.reason.rule == "C3"
    assert (
        status(conditioned({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}), nobody(when=Holds(in_network))) == "refuted"
    )


def test_s1_a_deny_stands_above_whatever_may_allow() -> None:
    assert status(estate(deny(), unmodelled=(thing(Influence.EITHER),))) == "proved"


def test_s1_a_thing_of_another_key_or_account_changes_nothing() -> None:
    elsewhere = (thing(Influence.EITHER, key=KEY[:-1] + "c"), thing(Influence.MAY_REFUSE, account=PARTNER))
    assert status(estate(allow(aws(ALICE)), unmodelled=elsewhere)) == "refuted"
    assert status(estate(allow(aws(ALICE), "kms:Encrypt"), unmodelled=elsewhere)) == "proved"


def test_s1_a_missing_document_of_one_role_leaves_the_others_alone() -> None:
    missing = (thing(Influence.EITHER, principal=REPORTS),)
    found = estate(allow(aws(ROOT)), accounts=(home(identity(REPORTS), identity(ALICE)),), unmodelled=missing)
    assert status(found, nobody(callers=PrincipalLike(Text(REPORTS)))) == "unknown"
    assert status(found, nobody(callers=ALICE_ONLY)) == "proved"
    assert status(found, nobody()) == "refuted"  # the root user


def test_u3_a_key_whose_policy_is_not_known_is_unknown() -> None:
    answer = verdict(without_policy(estate(deny())))
    assert answer.status.value == "unknown" and answer.reason is not None and answer.reason.rule == "U3"


def test_l5_not_resource_in_a_key_policy_is_unknown_where_it_decides() -> None:
    odd = {"Effect": "Allow", "Principal": aws(ALICE), "Action": "kms:Decrypt", "NotResource": KEY}
    assert status(estate(odd)) == "unknown"
    assert status(estate(odd, deny())) == "proved"
    assert status(estate(odd, allow(aws(ALICE)))) == "refuted"
    refusing = {**odd, "Effect": "Deny", "Principal": "*"}
    assert status(estate(allow(), refusing)) == "unknown"
    assert status(estate(allow(action="kms:Encrypt"), refusing)) == "proved"


def test_a_violation_that_needs_nothing_unmodelled_is_found_beside_one_that_does() -> None:
    odd = {"ForAnyValue:StringEquals": {"kms:EncryptionContextKeys": ["${aws:PrincipalTag/x}", "a"]}}
    found = estate(
        allow(aws(ALICE), "kms:Decrypt", Condition=odd),
        allow(aws(REPORTS), "kms:Decrypt", Condition={"Bool": {"aws:ViaAWSService": "true"}}),
    )
    assert status(found) == "refuted"
    assert status(found, nobody(callers=ALICE_ONLY)) == "unknown"


# -- U4, S3 --


def test_u4_a_policy_of_which_only_an_unknown_action_could_break_the_claim() -> None:
    others = {"Effect": "Allow", "Principal": aws(ALICE), "NotAction": "kms:Encrypt", "Resource": "*"}
    assert status(estate(others), nobody("kms:Encrypt")) == "proved"
    known = [
        allow(aws(ALICE), "kms:*"),
        deny(aws(ALICE), ["kms:C*", "kms:D*", "kms:E*", "kms:G*", "kms:I*", "kms:L*", "kms:P*", "kms:R*", "kms:S*"]),
    ]
    known.append(deny(aws(ALICE), ["kms:T*", "kms:U*", "kms:V*"]))
    answer = verdict(estate(*known), nobody("kms:*", callers=ALICE_ONLY))
    assert answer.status.value == "unknown" and answer.reason is not None and answer.reason.rule == "U4"


def test_s3_nothing_checked_is_an_error() -> None:
    for found, invariants in (
        (estate(allow()), []),
        (Estate(()), [nobody()]),
        (estate(allow()), [nobody(keys=(KeyArn(KEY[:-1] + "c"),))]),
        (estate(allow()), [nobody("s3:GetObject")]),
        (estate(allow()), [nobody(callers=CallersNot(CallersNot(PrincipalLike(Text("not an arn")))))]),
        (estate(allow()), [nobody("kms:CreateKey", keys=(KeyArn(KEY),))]),
    ):
        with pytest.raises(InputError):
            prove(found, invariants)


def test_s2_an_unknown_reading_is_an_error() -> None:
    with pytest.raises(InputError, match="no reading"):
        verdict(estate(allow()), readings={"P9": True})


# -- the cases that others get wrong --


def test_f5_a_direct_call_carries_no_via_service() -> None:
    through = {"StringLike": {"kms:ViaService": "*"}}
    assert status(estate(allow(aws(ALICE)), deny(Condition=through))) == "refuted"
    assert (
        status(
            estate(
                allow(aws(ALICE)), deny(Condition={"StringNotLike": {"kms:ViaService": "*"}}), deny(Condition=through)
            )
        )
        == "proved"
    )


@pytest.mark.parametrize("swapped", [False, True])
def test_l5_a_deny_of_one_key_does_not_guard_another(swapped: bool) -> None:
    def key(last: str, service: str) -> Key:
        guard = deny(Condition={"StringNotEquals": {"kms:ViaService": f"{service}.us-west-2.amazonaws.com"}})
        arn = KEY[:-1] + last
        return Key(arn, last, (policy(allow(aws(ALICE)), guard, identity=f"{arn}#default"),), **FACTS)

    services = ("rds", "s3") if swapped else ("s3", "rds")
    found = Estate((key("a", services[0]), key("b", services[1])), (home(),))
    for service in services:
        from tests.verify.conditions import string_equals

        through = nobody(when=string_equals("kms:ViaService", f"{service}.us-west-2.amazonaws.com"))
        verdicts = {v.target[-1]: v.status.value for v in prove(found, [through]).verdicts}
        own_key = "ab"[services.index(service)]
        assert verdicts == {own_key: "refuted", ({"a", "b"} - {own_key}).pop(): "proved"}


def test_p5_not_principal_with_allow_depends_on_a_reading() -> None:
    found = estate({"Effect": "Allow", "NotPrincipal": aws(ALICE), "Action": "kms:Decrypt", "Resource": "*"})
    answer = verdict(found)
    assert answer.counterexample is not None and ("P5-allow", True) in answer.counterexample.readings
    assert status(found, readings={"P5-allow": False}) == "proved"
    assert status(found, nobody(callers=ALICE_ONLY)) == "proved"


def test_d2_an_identity_policy_alone_gives_nothing() -> None:
    able = home(identity(ALICE, own("kms:*")))
    assert status(estate(allow(aws(REPORTS)), accounts=(able,)), nobody(callers=ALICE_ONLY)) == "proved"
    assert status(estate(allow(aws(ROOT)), accounts=(able,)), nobody(callers=ALICE_ONLY)) == "refuted"
    assert status(estate(allow(aws(ROOT)), accounts=(home(identity(ALICE)),)), nobody(callers=ALICE_ONLY)) == "proved"


def test_d3_r5_an_outside_account_is_in_the_question() -> None:
    outside = CallersNot(InAccount(HOME))
    found = estate(allow(aws(PARTNER_ROOT)))
    assert status(found, nobody(callers=outside)) == "refuted"
    assert status(found, nobody("kms:PutKeyPolicy", callers=outside)) == "proved"
    assert status(found, always(callers=InAccount(PARTNER))) == "refuted"  # U1: its own policies are free


@pytest.mark.parametrize("needed", ["all", "ten", "none", "any"])
def test_twenty_patterns_on_one_attribute_in_all_four_forms(needed: str) -> None:
    key, many = "aws:PrincipalTag/x", [f"*{c}*" for c in LETTERS]
    denies = [deny(Condition={"StringNotLike": {key: pattern}}) for pattern in many]
    form = {
        "all": denies,
        "ten": denies[:10] + [deny(Condition={"StringLike": {key: pattern}}) for pattern in many[10:]],
        "none": [deny(Condition={"StringLike": {key: many}})],
        "any": [deny(Condition={"StringNotLike": {key: many}})],
    }[needed]
    start = allow(aws(ALICE), "kms:Decrypt", Condition={"Null": {key: "false"}})
    answer = verdict(estate(start, *form))
    assert answer.counterexample is not None
    value = dict(answer.counterexample.request.context)[key]
    met = [letter for letter in LETTERS if letter in value]
    assert {"all": len(met) == 20, "ten": len(met) == 10, "none": not met, "any": bool(met)}[needed]
    against = deny(
        Condition={"StringLike": {key: "*a*"}} if needed in ("all", "ten") else {"StringNotLike": {key: "*a*"}}
    )
    last = {"any": [deny(Condition={"StringLike": {key: many}})]}.get(needed, [against])
    assert status(estate(start, *form, *last)) == "proved"


def test_many_patterns_on_a_multivalued_key_beside_a_pair() -> None:
    key, many = "kms:EncryptionContextKeys", [f"*{c}*" for c in LETTERS]
    block = {"ForAnyValue:StringLike": {key: many}, "StringEquals": {"kms:EncryptionContext:Foo": "1"}}
    start = allow(aws(ALICE), "kms:Decrypt", Condition=block)
    assert status(estate(start, deny(Condition={"ForAllValues:StringLike": {key: many[:10]}}))) == "refuted"
    assert status(estate(start, deny(Condition={"ForAnyValue:StringLike": {key: "*"}}))) == "proved"


# -- what a proof rests on, what a counterexample needs --

OUTSIDE = deny(Condition={"StringNotEquals": {"aws:PrincipalAccount": HOME}})
STATEMENTS = [
    allow(aws(ROOT)),
    allow(aws(PARTNER_ROOT), "kms:Decrypt", Condition={"StringLike": {"kms:ViaService": "s3.*"}}),
    deny(Condition={"Bool": {"aws:SecureTransport": "false"}}),
    deny(Condition={"StringLike": {"kms:ViaService": "*"}}),
    deny(aws(PARTNER_ROOT), "kms:Encrypt"),
    allow(aws(ALICE), "kms:Encrypt"),
    OUTSIDE,
]


@pytest.mark.parametrize(
    "claim",
    [
        nobody(callers=InAccount(PARTNER)),
        nobody("kms:Encrypt", callers=InAccount(PARTNER)),
        nobody("kms:*", callers=CallersNot(InAccount(HOME))),
    ],
)
def test_the_statements_that_a_proof_rests_on_suffice(claim: object) -> None:
    from verifier.model.invariant import Invariant

    assert isinstance(claim, Invariant)
    whole = estate(*STATEMENTS)
    answer = verdict(whole, claim)
    assert answer.status.value == "proved"
    kept = {ref.index for ref in answer.rests_on}
    (only,) = whole.keys[0].policies or ()
    denies = tuple(s for s in only.statements if s.index in kept or s.effect.value == "Allow")
    assert (
        status(replace(whole, keys=(replace(whole.keys[0], policies=(replace(only, statements=denies),)),)), claim)
        == "proved"
    )
    assert len(denies) < len(STATEMENTS)


@pytest.mark.parametrize(
    "block",
    [
        {"StringEquals": {"aws:PrincipalTag/x": "1", "kms:EncryptionContext:a": "2"}},
        {"StringLike": {"kms:ViaService": "s3.*"}, "ForAnyValue:StringEquals": {"kms:EncryptionContextKeys": "a"}},
        {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}, "StringNotEquals": {"aws:PrincipalTag/y": "z"}},
        {"StringEquals": {"aws:PrincipalTag/x": "${aws:PrincipalTag/y}"}, "Null": {"aws:PrincipalTag/z": "true"}},
    ],
)
def test_a_counterexample_has_no_context_key_that_it_does_not_need(block: dict[str, dict[str, str]]) -> None:
    from verifier.evaluate import evaluate
    from verifier.model.request import Outcome

    found = conditioned(block)
    answer = verdict(found).counterexample
    assert answer is not None and answer.request.context
    assert [w for w in answer.decision.warnings if " comes with " not in w] == []
    held = dict((*answer.readings, *answer.free))
    assert evaluate(found, answer.request, held).outcome is Outcome.ALLOW
    for key, _ in answer.request.context:
        if key == "kms:EncryptionContextKeys":
            continue  # shown for the reader: it follows from the pairs (F7)
        smaller = evaluate(found, replace(answer.request, context=without(key, answer.request.context)), held)
        assert smaller.outcome is not Outcome.ALLOW or smaller.warnings, key


def without(key: str, context: tuple[tuple[str, Value], ...]) -> tuple[tuple[str, Value], ...]:
    """A context without a key; with a pair of the encryption context its name goes as well (F7)."""
    left = {name: value for name, value in context if name != key}
    names = [name for name in left.pop("kms:EncryptionContextKeys", ()) if f"kms:EncryptionContext:{name}" != key]
    return tuple({**left, **({"kms:EncryptionContextKeys": tuple(names)} if names else {})}.items())


@pytest.mark.parametrize(
    ("doubtful", "tags", "expected"),
    [
        ((), None, Status.REFUTED),
        ((("tags", "a module may add some"),), None, Status.UNKNOWN),
        ((("tags", "a module may add some"),), (("team", "blue"),), Status.REFUTED),
        ((("aliases", "a module may add some"),), None, Status.REFUTED),
    ],
)
def test_u3_what_rests_on_facts_in_doubt_is_unknown(
    doubtful: tuple[tuple[str, str], ...], tags: tuple[tuple[str, str], ...] | None, expected: Status
) -> None:
    found = conditioned({"StringEquals": {"aws:ResourceTag/team": "blue"}})
    key = replace(found.keys[0], tags=tags, unknown_facts=doubtful)
    answer = verdict(replace(found, keys=(key,)))
    assert answer.status is expected
    assert answer.reason is None or (answer.reason.rule, answer.reason.text) == ("U3", doubtful[0][1])


def test_u3_a_key_whose_tags_are_not_given_may_lack_one() -> None:
    """An identity policy that asks for it decides by what the key has, which the request does not say."""
    asks = own("kms:Decrypt", Condition={"Null": {"aws:ResourceTag/team": "true"}})
    found = estate(allow(aws(ROOT)), accounts=(home(identity(ALICE, asks)),), tags=None)
    answer = verdict(found)
    assert answer.status is Status.REFUTED and answer.counterexample is not None
    assert [(str(name), value) for name, value in answer.counterexample.free] == [("U3:aws:resourcetag/team", False)]


# -- two readings that disagree --


def nearest(found: Estate) -> object:
    """What lets somebody decrypt who may not."""
    asked = {"principal": ALICE, "action": "kms:Decrypt", "resource": found.keys[0].arn}
    return explain_request(found, request_from_json(found, asked))


@pytest.mark.parametrize("command", [verdict, partial(list_who_can, witnesses=True), external_access, nearest, lint])
def test_a_replay_that_contradicts_the_problem_is_an_error(
    command: Callable[[Estate], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The problem is made to say that everything is allowed; `evaluate` knows better."""
    monkeypatch.setattr(RuledSpace, "allowed", lambda _: TRUE)
    with pytest.raises(InternalDisagreement):
        command(
            estate(
                allow("*", "kms:Decrypt", Condition={"ForAllValues:StringEquals": {"kms:EncryptionContextKeys": "a"}}),
                deny(),
            )
        )


@pytest.mark.parametrize(("tag", "expected"), [("blue", Status.REFUTED), ("red", Status.UNKNOWN)])
def test_f3_a_session_that_cannot_have_its_tags_shows_nothing(
    tag: str, expected: Status, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the sessions of a role can be given is made too large to be told in the problem; `evaluate` knows."""

    def too_large(*_: object) -> NoReturn:
        raise TooLarge("the requests for sessions")

    monkeypatch.setattr(passed_tags, "Assuming", too_large)
    tagging = ["sts:AssumeRole", "sts:TagSession"]
    given = admits(aws(ALICE), tagging, Condition={"StringEquals": {"aws:RequestTag/team": "blue"}})
    staff = home(identity(ALICE, own(tagging)), trusting(given))
    asks = allow(aws(TARGET), "kms:Decrypt", Condition={"StringEquals": {"aws:PrincipalTag/team": tag}})
    answer = verdict(estate(asks, accounts=(staff,)))
    assert answer.status is expected
    assert answer.reason is None or answer.reason.rule == "F3"


@pytest.mark.parametrize(("absent", "readings"), [("false", (("F6-untag", True),)), ("true", ())])
def test_f6_a_refutation_says_that_requests_of_untagging_must_have_values_of_tags(
    absent: str, readings: tuple[tuple[str, bool], ...]
) -> None:
    found = verdict(
        conditioned({"Null": {"aws:RequestTag/team": absent}}, "kms:UntagResource"), nobody("kms:UntagResource")
    ).counterexample
    assert found is not None and found.readings == readings


@pytest.mark.parametrize(
    ("key", "reading"), [("aws:RequestTag/team", "F6-replicate"), ("aws:TagKeys", "F6-replicate-keys")]
)
def test_f6_a_refutation_says_that_requests_of_replicating_must_have_what_it_needs(key: str, reading: str) -> None:
    found = verdict(
        conditioned({"Null": {key: "false"}}, "kms:ReplicateKey", multi_region=True), nobody("kms:ReplicateKey")
    ).counterexample
    assert found is not None and found.readings == ((reading, True),)


@pytest.mark.parametrize(
    ("block", "readings"),
    [
        ({"StringEquals": {"aws:ResourceOrgID": "o-exampleorg"}}, (("F1-resource-org", True),)),
        (
            {"ForAnyValue:StringLike": {"aws:ResourceOrgPaths": "o-exampleorg/*"}},
            (("F1-resource-org", False), ("F1-resource-paths", True)),
        ),
        (
            {"StringEquals": {"aws:ResourceOrgID": "o-exampleorg"}, "Null": {"aws:ResourceOrgPaths": "true"}},
            (("F1-resource-org", True), ("F1-resource-paths", False)),
        ),
        ({"Null": {"aws:ResourceOrgID": "true"}}, ()),
    ],
)
def test_f1_a_refutation_says_that_requests_without_a_key_must_carry_what_they_have_of_an_organization(
    block: dict[str, dict[str, str]], readings: tuple[tuple[str, bool], ...]
) -> None:
    """Of an account of which no organization is given, the request that is shown has what it says and nothing else."""
    alice = identity(ALICE, own("kms:CreateKey", Condition=block))
    creating = nobody("kms:CreateKey", callers=ALICE_ONLY)
    found = verdict(estate(allow(), accounts=(home(alice),)), creating).counterexample
    assert found is not None and found.readings == readings


def test_f1_a_refutation_does_not_mind_what_a_given_organization_fills_in() -> None:
    alice = identity(
        ALICE, own("kms:CreateKey", Condition={"ForAnyValue:StringLike": {"aws:ResourceOrgPaths": "o-exampleorg/*"}})
    )
    organization = Organization("o-exampleorg", PARTNER, ((HOME, None), (PARTNER, None)))
    known = replace(estate(allow(), accounts=(home(alice),)), organization=organization)
    found = verdict(known, nobody("kms:CreateKey", callers=ALICE_ONLY)).counterexample
    assert found is not None and found.readings == (("F1-resource-paths", True),)


@pytest.mark.parametrize(("absent", "readings"), [("false", (("G3-asymmetric", True),)), ("true", ())])
def test_g3_a_refutation_says_that_grants_on_asymmetric_keys_must_take_pairs(
    absent: str, readings: tuple[tuple[str, bool], ...]
) -> None:
    block = {"Null": {"kms:EncryptionContext:tenant": absent}}
    found = verdict(conditioned(block, "kms:CreateGrant", spec="RSA_2048"), nobody("kms:CreateGrant")).counterexample
    assert found is not None and found.readings == readings
