"""Comparisons one by one: readings, allowances, what is not known, what is not on a key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.evaluate.estates import (
    ALICE,
    HOME,
    KEY,
    PARTNER,
    PARTNER_ROLE,
    PARTNER_ROOT,
    REPORTS,
    REPORTS_SESSION,
    ROOT,
    SAM,
    Statement,
    allow,
    aws,
    bounded,
    deny,
    estate,
    grant,
    granted,
    home,
    identity,
    own,
    without_policy,
)
from tests.evaluate.reaching import GITHUB, admits, bars, trusting
from verifier.language.invariants.files import read_invariants
from verifier.model.estate import Estate, Identity
from verifier.model.invariant_file import Allowance
from verifier.model.organization import Organization
from verifier.model.request import CallerKind
from verifier.model.results.access import LimitKind
from verifier.model.results.comparison import Presence, Relation, TargetComparison
from verifier.model.unmodelled import Influence, Unmodelled
from verifier.problem.facts.parameters import MOST_CONSTRAINTS
from verifier.syntax.diagnostic import InputError
from verifier.syntax.source import Source
from verifier.verify.comparison.compare import compare
from verifier.verify.comparison.sides import CHANGES_NOT_TESTED

VIA = {"StringEquals": {"kms:ViaService": "s3.us-west-2.amazonaws.com"}}


def on_key(old: Estate, new: Estate, *allowed: str, **readings: bool) -> TargetComparison:
    """The comparison of the key."""
    found = compare(old, new, allow=allowances(*allowed), readings=readings)
    return next(target for target in found.targets if target.target == KEY)


def allowances(*sentences: str) -> tuple[Allowance, ...]:
    text = "".join(f'allow "{number}": {sentence}\n' for number, sentence in enumerate(sentences))
    return read_invariants(Source("f", text)).allowances if sentences else ()


def gainers(target: TargetComparison) -> set[tuple[str, str]]:
    """Who gained what, of those named."""
    return {
        (name, action)
        for change in target.gained
        for name in change.region.callers.names
        for action in change.region.actions.names
    }


# -- readings --


def test_a_reading_is_one_question_for_both_sides() -> None:
    """P5 ◇: whether the Deny spares the role's sessions is not known, and the same on both sides."""
    spared = {"Effect": "Deny", "NotPrincipal": aws(REPORTS, ROOT), "Action": "kms:Decrypt", "Resource": "*"}
    stopped, free = estate(allow(aws(REPORTS), "kms:Decrypt"), spared), estate(allow(aws(REPORTS), "kms:Decrypt"))
    told = on_key(stopped, free)
    assert told.relation is Relation.MORE
    limits = [limit for change in told.gained for case in change.region.when for limit in case]
    assert [(limit.kind, limit.subject) for limit in limits] == [(LimitKind.READING, "P5")] * len(told.gained)
    assert all(change.refused is not None and ("P5", False) in change.refused.assignment for change in told.gained)
    assert on_key(stopped, free, P5=True).relation is Relation.EQUIVALENT
    assert on_key(stopped, free, P5=False).relation is Relation.MORE
    both = estate(allow(aws(REPORTS), ["kms:Decrypt", "kms:Sign"]), spared)
    assert {action for _, action in gainers(on_key(stopped, both))} <= {"kms:Sign"}


def test_g2_grants_whose_grantees_no_listing_names_may_be_for_different_ones() -> None:
    """What a listing shows as a service "might correspond to several different grantee principals"."""

    first, second = (
        grant("s3.amazonaws.com", "Decrypt", id=identifier, grantee_hidden=True) for identifier in ("one", "other")
    )
    one, other, both = granted(first), granted(second), granted(first, second)
    assert [on_key(one, new).relation for new in (one, other, both)] == [
        Relation.EQUIVALENT,
        Relation.UNKNOWN,
        Relation.UNKNOWN,
    ]
    assert on_key(one, other, G2=False).relation is Relation.EQUIVALENT


def test_g6_no_page_ties_the_type_of_a_request_to_sources_that_another_covers() -> None:
    """Alice makes a grant with the pair `a` = `b` and a SourceArn: by the old grant if the type SourceArn will do, by
    the new one if a SourceArn that its own covers will."""
    bucket = "arn:aws:rds:us-west-2:111122223333:db:one"
    request = {"SourceArn": bucket, "Type": "SourceArn"}
    denied = [
        deny("*", "kms:CreateGrant", Condition={"StringNotEquals": {f"kms:GrantConstraint{key}": text}})
        for key, text in request.items()
    ]
    pairs = grant(ALICE, "Decrypt", "CreateGrant", context_equals=(("a", "b"),))
    source = grant(ALICE, "Decrypt", "CreateGrant", source_arn=f"{bucket[:-3]}*")
    old, new = (estate(allow(aws(REPORTS), "kms:DescribeKey"), *denied, grants=(one,)) for one in (pairs, source))
    for held, is_lost in ({}, True), ({"G6-type": True}, True), ({"G6-type": True, "G6": True}, False):
        told = on_key(old, new, **{"G3-source": False, "G3-names": False, **held})
        assert any("kms:CreateGrant" in change.region.actions.names for change in told.lost) == is_lost


def relations(old: Estate, new: Estate, *assumed: dict[str, bool]) -> list[Relation]:
    """How the two compare under each of some answers to open questions."""
    return [on_key(old, new, **held).relation for held in assumed]


def test_p5_no_page_ties_an_account_beside_allow_to_a_role() -> None:
    """Only sessions of the role are left: an account that is listed names them, or not, and so does their role."""
    others = deny("*", "kms:Decrypt", Condition={"StringNotEquals": {"aws:PrincipalArn": REPORTS}})
    old, new = (
        estate(others, {"Effect": "Allow", "NotPrincipal": aws(one), "Action": "kms:Decrypt", "Resource": "*"})
        for one in (ROOT, REPORTS)
    )
    both = {"P5-named": True, "P5-named-role": True}
    found = relations(old, new, {}, {"P5-named": True}, {"P5-named-role": True}, both)
    assert found == [Relation.INCOMPARABLE, Relation.MORE, Relation.LESS, Relation.EQUIVALENT]


def test_f6_of_many_grants_the_constraint_that_is_retired_is_not_followed() -> None:
    """A grant to the root user, who may do everything, lets Alice retire it by its constraint alone."""
    asks = allow(aws(ALICE), "kms:RetireGrant", Condition={"StringEquals": {"kms:EncryptionContext:a": "z"}})

    def with_grants(*values: str) -> Estate:
        constrained = (grant(ROOT, "Decrypt", id=value, context_equals=(("a", value),)) for value in values)
        return estate(asks, allow(aws(ROOT)), grants=tuple(constrained))

    few, many = (tuple(f"v{index}" for index in range(number)) for number in (3, MOST_CONSTRAINTS + 1))
    found = [on_key(with_grants(*before), with_grants(*before, "z")).relation for before in (few, many)]
    assert found == [Relation.MORE, Relation.UNKNOWN]


def test_g4_no_page_ties_a_grant_to_a_role_to_one_to_its_session() -> None:
    """The boundary of the role lacks Decrypt, and one of its sessions alone is not denied it."""
    others = deny("*", "kms:Decrypt", Condition={"StringNotLike": {"aws:userid": "*:nightly"}})
    account = home(bounded(REPORTS, own("kms:DescribeKey")))
    old, new = (
        estate(others, accounts=(account,), grants=(grant(one, "Decrypt"),)) for one in (REPORTS, REPORTS_SESSION)
    )
    found = relations(old, new, {}, {"G4": True}, {"G4-role": True}, {"G4": True, "G4-role": True})
    assert found == [Relation.INCOMPARABLE, Relation.LESS, Relation.MORE, Relation.EQUIVALENT]


@pytest.mark.parametrize("by_grant", [False, True])
def test_d4_g4_a_boundary_shows_beside_session_policies_that_are_not_known(by_grant: bool) -> None:
    """Only federated sessions of a user are left. One answer stands for boundaries and session policies: where a
    session policy allows, the boundary alone decides."""
    others = deny("*", "kms:*", Condition={"StringNotEquals": {"aws:PrincipalType": "FederatedUser"}})
    granting = (others,) if by_grant else (others, allow("*", "kms:Decrypt"))
    old, new = (
        estate(*granting, accounts=(home(user),), grants=(grant(SAM, "Decrypt"),) if by_grant else ())
        for user in (bounded(ALICE, own("kms:DescribeKey")), identity(ALICE, own("kms:DescribeKey")))
    )
    found = relations(old, new, {}, {"D4": True, "G4": True}, {"D4": False, "G4": False})
    assert found == [Relation.MORE, Relation.MORE, Relation.EQUIVALENT]


BY_ARN = allow("*", "kms:Decrypt", Condition={"ArnEquals": {"aws:PrincipalArn": REPORTS}})


@pytest.mark.parametrize("listed", [True, False])
@pytest.mark.parametrize(
    ("before", "after"),
    [((allow(aws(REPORTS), "kms:Decrypt"),), (BY_ARN,)), ((), (allow(aws(REPORTS_SESSION), "kms:Decrypt"),))],
)
def test_u2_d4_sessions_with_a_session_policy_may_gain_or_lose(
    listed: bool, before: Sequence[Statement], after: Sequence[Statement]
) -> None:
    """[IAM: Principal, *IAM role principals*; access_policies, *Session policies*] What names the session, or everyone
    under `aws:PrincipalArn`, is not limited by a session policy; what names the role, or the account, is."""
    accounts = (home(identity(REPORTS, own("kms:Decrypt"))),) if listed else ()
    old, new = (estate(allow(aws(ROOT)), *more, accounts=accounts) for more in (before, after))
    for found, verb in ((on_key(old, new), "gain"), (on_key(new, old), "lose")):
        if listed or before:
            assert (found.relation, [reason.rule for reason in found.reasons]) == (Relation.UNKNOWN, ["U2"])
            assert f"with a session policy {verb} kms:Decrypt" in found.reasons[0].text
        else:
            assert found.relation is (Relation.MORE if verb == "gain" else Relation.LESS)
    assert on_key(old, old).relation is on_key(new, new).relation is Relation.EQUIVALENT


def test_u2_sessions_with_a_session_policy_may_gain_or_lose_by_what_is_no_statement() -> None:
    """By a grant to a session (G4), and where the tags of the key or the role change that a statement tests."""
    accounts = (home(identity(REPORTS, own("kms:Decrypt"))),)
    old, new = (
        estate(allow(aws(ROOT)), accounts=accounts, grants=grants)
        for grants in ((), (grant(REPORTS_SESSION, "Decrypt"),))
    )
    assert all([reason.rule for reason in on_key(*both).reasons] == ["U2"] for both in ((old, new), (new, old)))
    for owner in ("Resource", "Principal"):
        condition = {**BY_ARN["Condition"], "StringEquals": {f"aws:{owner}Tag/team": "red"}}
        by_tag = allow("*", "kms:Decrypt", Condition=condition)
        tagged = [{"Resource": (), "Principal": (), owner: (("team", colour),)} for colour in ("blue", "red")]
        old, new = (
            estate(
                *(allow(aws(REPORTS), "kms:Decrypt"), by_tag),
                tags=tags["Resource"],
                accounts=(home(trusting(admits(aws(ALICE)), arn=REPORTS, tags=tags["Principal"])),),
            )
            for tags in tagged
        )
        assert all([reason.rule for reason in on_key(*both).reasons] == ["U2"] for both in ((old, new), (new, old)))


def test_g5_no_page_ties_whose_sessions_retire_a_grant_to_whose_are_its_grantees() -> None:
    """Only federated sessions may retire a grant: of its retiring principal, or of its grantee."""
    others = deny("*", "kms:*", Condition={"StringNotEquals": {"aws:PrincipalType": "FederatedUser"}})
    old, new = (
        estate(others, grants=(one,))
        for one in (grant(PARTNER_ROLE, "Decrypt", retiring=ALICE), grant(ALICE, "RetireGrant", retiring=PARTNER_ROLE))
    )
    held = {"G5": True}
    both = {"G2-federated": True, "G5-federated": True}
    found = relations(old, new, held, held | {"G2-federated": True}, held | {"G5-federated": True}, held | both)
    assert found == [Relation.INCOMPARABLE, Relation.MORE, Relation.LESS, Relation.EQUIVALENT]


def test_a_reading_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(InputError, match="no reading"):
        compare(estate(allow()), estate(allow()), readings={"nosuch": True})


# -- allowances --

OLD, NEW = estate(allow(aws(ALICE), "kms:Sign")), estate(allow(aws(ALICE, REPORTS), ["kms:Sign", "kms:Decrypt"]))


def test_what_an_allowance_covers_is_told_apart() -> None:
    whole = on_key(OLD, NEW)
    assert {name for name, _ in gainers(whole)} >= {ALICE, REPORTS} and not whole.intended
    decrypting = on_key(OLD, NEW, f"callers in {HOME} can kms:Decrypt")
    assert "kms:Decrypt" not in {action for _, action in gainers(decrypting)}
    assert decrypting.relation is Relation.MORE and decrypting.intended


def test_everything_that_is_meant_leaves_nothing() -> None:
    told = on_key(OLD, NEW, f"callers in {HOME} can kms:*")
    assert not told.gained and told.intended and not told.unknown_gained


def test_an_allowance_covers_federated_sessions_of_its_callers() -> None:
    """P3: what a user is named for, the sessions that it issued can do."""
    told = on_key(OLD, estate(allow(aws(ALICE), ["kms:Sign", "kms:Decrypt"])), f"user/Alice in {HOME} can kms:Decrypt")
    assert not told.gained
    assert CallerKind.FEDERATED in {kind for change in told.intended for kind in change.region.callers.kinds}


def test_a_condition_narrows_an_allowance() -> None:
    old, new = (
        estate(allow(aws(ALICE), "kms:Sign")),
        estate(allow(aws(ALICE), "kms:Sign"), allow(aws(REPORTS), "kms:Decrypt")),
    )
    told = on_key(old, new, f'callers in {HOME} can kms:Decrypt when kms:ViaService = "s3.us-west-2.amazonaws.com"')
    assert told.gained and told.intended
    assert all(change.region.when == ((limit,),) for change in told.intended for (limit,) in change.region.when)
    for change in told.gained:
        assert change.region.witness is not None
        assert ("kms:ViaService", "s3.us-west-2.amazonaws.com") not in change.region.witness.request.context


def test_whether_an_allowance_was_needed_is_told() -> None:
    found = compare(
        OLD, NEW, allow=allowances(f"callers in {HOME} can kms:Decrypt", f"callers in {PARTNER} can kms:Decrypt")
    )
    assert [allowance.used for allowance in found.allowances] == [True, False]


def test_an_allowance_about_another_key_covers_nothing_here() -> None:
    other = KEY[:-1] + "0"
    new = replace(NEW, keys=(*NEW.keys, replace(NEW.keys[0], arn=other)))
    found = compare(
        replace(OLD, keys=(*OLD.keys, replace(OLD.keys[0], arn=other))),
        new,
        allow=allowances(f"callers can kms:* on {other}"),
    )
    by_key = {target.target: target for target in found.targets}
    assert by_key[KEY].gained and not by_key[KEY].intended
    assert by_key[other].intended and not by_key[other].gained


# -- comparisons by policy variables --

DECRYPTS = {(ALICE, "kms:Decrypt")}
BY_VARIABLE = {
    "tag of the key": ({"StringEquals": {"aws:ResourceTag/x": "${aws:UserAgent}"}}, DECRYPTS),
    "tag of the key as a pattern": ({"StringLike": {"aws:UserAgent": "${aws:ResourceTag/x}"}}, DECRYPTS),
    "after another variable": ({"StringEquals": {"aws:UserAgent": "${aws:SourceVpc}-${aws:ResourceTag/x}"}}, DECRYPTS),
    "before another variable": ({"StringLike": {"aws:UserAgent": "${aws:ResourceTag/x}-${aws:SourceVpc}"}}, DECRYPTS),
    "after one with a default": (
        {"StringEquals": {"aws:UserAgent": "${aws:SourceVpc, 'q'}-${aws:ResourceTag/x, 'r'}"}},
        DECRYPTS,
    ),
    "several with defaults": (
        {"StringEquals": {"aws:UserAgent": "${aws:SourceVpc, 'q'}-${aws:SourceVpce, 'r'}-${aws:ResourceTag/x}"}},
        None,
    ),
    "tag in a set": ({"ForAnyValue:StringEquals": {"kms:EncryptionContextKeys": "${aws:ResourceTag/x}"}}, None),
    "aliases": ({"ForAnyValue:StringEquals": {"kms:ResourceAliases": "${aws:UserAgent}"}}, None),
}


@pytest.mark.parametrize("name", BY_VARIABLE)
@pytest.mark.parametrize("in_key_policy", [True, False])
def test_what_is_compared_with_a_tag_or_alias_of_the_key_changes_with_it(name: str, in_key_policy: bool) -> None:
    """L7: the symbol of a comparison is that of both sides only where they compare the same. `None`: it is not modelled
    what the comparison says, so it is not known whether somebody gains."""
    condition, gained = BY_VARIABLE[name]
    statement, whole = (own("kms:Decrypt", Condition=condition), allow(aws(ROOT), "kms:*"))
    if in_key_policy:
        statement, whole = (own("kms:Encrypt"), allow(aws(ALICE), "kms:Decrypt", Condition=condition))
    old, new = (
        estate(whole, accounts=(home(identity(ALICE, statement)),), tags=(("x", text),), aliases=(f"alias/{text}",))
        for text in ("a", "b")
    )

    told = on_key(old, new)

    assert on_key(old, old).relation is Relation.EQUIVALENT
    assert (told.relation, gainers(told)) == (
        (Relation.UNKNOWN, set()) if gained is None else (Relation.INCOMPARABLE, gained)
    )


@pytest.mark.parametrize(("before", "after"), [(None, "red!"), ("blue", "red!"), ("blue!", "red!")])
def test_f6_a_tag_that_the_input_gives_on_one_side_counts_there_whatever_its_characters(
    before: str | None, after: str
) -> None:
    """No tag has an exclamation mark [IAM: id_tags, Naming tags]; what the input says of a user's own is believed."""
    statement = allow(aws(ALICE), "kms:Decrypt", Condition={"StringLike": {"aws:PrincipalTag/team": "red*"}})
    old, new = (
        estate(statement, accounts=(home(identity(ALICE, tags=(("team", tag),) if tag else ())),))
        for tag in (before, after)
    )

    assert on_key(old, new).relation is Relation.MORE
    assert on_key(new, old).relation is Relation.LESS


# -- what is not known --


def test_l5_statements_with_another_not_resource_are_two_questions() -> None:
    """What `NotResource` means in a key policy is not documented, so neither is what another list of it changes."""
    whole, open_ = allow(aws(ROOT), "kms:*"), {**allow(aws(PARTNER_ROOT), "kms:Decrypt"), "NotResource": KEY}
    del open_["Resource"]
    old, other = (estate(whole, {**open_, "NotResource": listed}) for listed in (KEY, f"{KEY}0"))

    assert on_key(old, other).relation is Relation.UNKNOWN
    assert on_key(old, estate(open_, whole)).relation is Relation.EQUIVALENT


def test_l1_a_pattern_whose_variables_are_literal_is_another_one() -> None:
    """D9: what it covers where no key is named is open, for each by itself."""
    statements = own("kms:ListKeys", f"arn:aws:kms:us-west-2:{HOME}:key/${{aws:username}}-*"), own("kms:Decrypt")
    old, new = (
        estate(allow(aws(ROOT)), accounts=(home(identity(ALICE, *statements, version=version)),))
        for version in ("2012-10-17", "2008-10-17")
    )
    assert Relation.INCOMPARABLE in {one.relation for one in compare(old, new).targets}


def test_a_policy_that_is_not_known_is_unknown_u3() -> None:
    for old, new in (
        (OLD, without_policy(NEW)),
        (without_policy(OLD), NEW),
        (without_policy(OLD), without_policy(OLD)),
    ):
        target = on_key(old, new)
        assert target.relation is Relation.UNKNOWN and target.reasons[0].rule == "U3"


def test_what_is_not_modelled_on_one_side_is_unknown_if_it_could_matter() -> None:
    thing = Unmodelled("policy ops", "U3", Influence.MAY_ALLOW, "the document of ops is missing", principal=REPORTS)
    statement = allow(aws(ROOT), "kms:*")
    old = estate(statement, accounts=(home(identity(REPORTS)),))
    new = replace(old, unmodelled=(thing,))
    target = on_key(old, new)
    assert target.relation is Relation.UNKNOWN and "ops" in target.reasons[0].text
    assert on_key(new, new).relation is Relation.EQUIVALENT, "what neither side holds is the same on both"
    elsewhere = replace(thing, principal=None, key=KEY[:-1] + "0")
    assert on_key(old, replace(old, unmodelled=(elsewhere,))).relation is Relation.EQUIVALENT, "it cannot matter here"


def test_what_may_refuse_on_one_side_alone_is_unknown() -> None:
    """What goes with a boundary or control policy that is not known is gained on the side that does not have it."""
    thing = Unmodelled("boundary of reports", "D4", Influence.MAY_REFUSE, "the boundary is missing", principal=REPORTS)
    free = estate(allow(aws(ROOT), "kms:*"), allow(aws(REPORTS), "kms:Decrypt"), accounts=(home(identity(REPORTS)),))
    perhaps = replace(free, unmodelled=(thing,))
    for old, new in ((perhaps, free), (free, perhaps)):
        target = on_key(old, new)
        assert target.relation is Relation.UNKNOWN
        assert [reason.text for reason in target.reasons] == ["the boundary is missing"]


@pytest.mark.parametrize("operator", ["StringNotEquals", "StringEquals"])
@pytest.mark.parametrize("tags", [(), (("team", "red"),), (("team", "blue"),)])
def test_tags_that_one_side_alone_tells_are_unknown_where_policies_test_them(
    operator: str, tags: tuple[tuple[str, str], ...]
) -> None:
    """On the other side the key may have any (U3); what else is gained is shown, for the tags that are given."""
    by_tag = allow(aws(ALICE), "kms:Decrypt", Condition={operator: {"aws:ResourceTag/team": "red"}})
    told, untold = (estate(by_tag, tags=given) for given in (tags, None))
    for old, new in ((told, untold), (untold, told)):
        target = on_key(old, new)
        assert target.relation is Relation.UNKNOWN and not target.gained and not target.lost
        assert "tags, which policies test, are given in" in target.reasons[0].text
    assert on_key(untold, untold).relation is Relation.EQUIVALENT
    more = estate(by_tag, allow(aws(ALICE), "kms:Encrypt"), tags=None)
    assert gainers(on_key(told, more)) == {(ALICE, "kms:Encrypt")}
    other = estate(allow(aws(ALICE), "kms:Decrypt"), tags=None)
    assert on_key(replace(other, keys=(replace(other.keys[0], tags=tags),)), other).relation is Relation.EQUIVALENT


def test_an_action_that_the_data_does_not_know_is_told_apart_u4() -> None:
    wide, narrow = (
        estate(allow(aws(ALICE), "kms:FutureThing*"), allow(aws(ALICE), "kms:Sign")),
        estate(allow(aws(ALICE), "kms:Sign")),
    )
    gained, lost = on_key(narrow, wide), on_key(wide, narrow)
    assert (gained.relation, gained.unknown_gained, gained.unknown_lost) == (Relation.EQUIVALENT, True, False)
    assert (lost.relation, lost.unknown_gained, lost.unknown_lost) == (Relation.EQUIVALENT, False, True)


# -- around the key --


def test_a_grant_that_is_new_is_told() -> None:
    old, new = granted(), granted(grant(REPORTS, "Decrypt"))
    target = on_key(old, new)
    assert target.relation is Relation.MORE
    assert all(
        change.because[0].new is not None and "#grant:g1" in change.because[0].new.policy for change in target.gained
    )
    assert on_key(new, old).relation is Relation.LESS


def test_an_identity_policy_counts_for_keys_aliases_and_operations_without_a_key() -> None:
    delegating = allow(aws(ROOT), "kms:*")
    old = estate(delegating, accounts=(home(identity(ALICE, own("kms:Sign"))),))
    new = estate(delegating, accounts=(home(identity(ALICE, own(["kms:Sign", "kms:CreateKey", "kms:CreateAlias"]))),))
    found = {target.target: target for target in compare(old, new).targets}
    assert {name: target.relation for name, target in found.items()} == {
        KEY: Relation.MORE,
        f"arn:aws:kms:us-west-2:{HOME}:alias/payments": Relation.MORE,
        "operations without a key": Relation.MORE,
    }
    assert {action for _, action in gainers(found["operations without a key"])} == {"kms:CreateKey"}


def on_aliases(*sides: Sequence[Statement], **facts: Any) -> dict[str, Relation]:
    """How two versions of Alice's policy compare on each alias."""
    old, new = (
        estate(allow(aws(ROOT)), accounts=(home(identity(ALICE, *statements, **facts)),)) for statements in sides
    )
    found = compare(old, new).targets
    return {target.target.rpartition(":")[2]: target.relation for target in found if ":alias/" in target.target}


ALIAS = f"arn:aws:kms:us-west-2:{HOME}:alias"


@pytest.mark.parametrize(
    ("variable", "condition", "known"),
    [
        ("aws:PrincipalAccount", {}, HOME),
        ("aws:PrincipalTag/Team", {}, "red"),
        ("aws:UserAgent", {"Condition": {"StringEquals": {"aws:UserAgent": "mine"}}}, "mine"),
    ],
)
def test_an_alias_is_compared_for_each_value_that_a_variable_is_known_to_have(
    variable: str, condition: dict[str, Any], known: str
) -> None:
    key = own("kms:CreateAlias", KEY)
    new = (key, own("kms:CreateAlias", f"{ALIAS}/${{{variable}}}-*", **condition))
    found = on_aliases((key,), new, tags=(("team", "red"),))
    assert found["alias/payments"] is Relation.EQUIVALENT
    assert found[f"alias/{known}-example"] is Relation.MORE


def test_what_is_left_by_not_resource_is_compared_and_what_is_otherwise_allowed_is_told_apart() -> None:
    key = own("kms:CreateAlias", KEY)
    left = {"Effect": "Allow", "Action": "kms:CreateAlias", "NotResource": f"{ALIAS}/p*"}
    assert on_aliases((key,), (key, left)) == {
        "alias/payments": Relation.EQUIVALENT,
        "alias/example": Relation.MORE,
    }
    others = own("kms:CreateAlias", f"{ALIAS}/a-*"), own("kms:DeleteAlias", f"{ALIAS}/b-*")
    found = on_aliases((own("kms:*", KEY),), (own("kms:*", KEY), *others))
    assert [relation for alias, relation in found.items() if alias != "alias/payments"] == [Relation.MORE] * 2


def test_aliases_of_several_regions_are_told_apart() -> None:
    """Though the same is to be said of them."""
    (key,) = estate(allow(aws(ROOT))).keys
    keys = (key, replace(key, arn=KEY.replace("us-west-2", "eu-west-1"), aliases=()))
    whom = (home(identity(ALICE, own(may, "arn:aws:kms:*:*:alias/a-*"))) for may in ("s3:*", "kms:CreateAlias"))
    old, new = (replace(estate(allow(aws(ROOT)), accounts=(account,)), keys=keys) for account in whom)
    found = [one.target for one in compare(old, new).targets if ":alias/a-" in one.target]
    assert [arn.split(":")[3] for arn in found] == ["us-west-2", "eu-west-1"]


def test_whoever_may_make_an_alias_that_no_key_has_yet_gained() -> None:
    """R4: CreateAlias takes permission on the alias, whether there is one of that name or not."""

    def compared(old: object, new: object, **rest: Any) -> dict[str, Relation]:
        return on_aliases(*((own("kms:CreateAlias", one), own(**rest)) for one in (old, new)))

    key, there, place = KEY, "alias/payments", f"arn:aws:kms:us-west-2:{HOME}"
    same = {there: Relation.EQUIVALENT}
    none: dict[str, Any] = {"action": "s3:*"}
    assert compared(key, [key, f"{place}:alias/app-*"], **none) == {**same, "alias/app-example": Relation.MORE}
    assert compared(key, "*", **none) == {there: Relation.MORE}
    assert compared(key, f"{place}:alias/p*", **none) == {there: Relation.MORE}
    assert compared(key, [key, "arn:aws:kms:eu-west-1:*:alias/app"], **none) == same
    denied = {"action": "kms:*", "effect": "Deny", "resource": f"{place}:alias/p*"}
    assert compared(key, "*", **denied) == {**same, "alias/example": Relation.MORE}
    left = {"action": "kms:*", "effect": "Deny", "resource": f"{place}:alias/${{aws:username}}"}
    assert compared(key, "*", **left)["alias/payments"] is Relation.MORE
    # A pattern that begins with a wildcard; aliases that two patterns cover, neither of which changed alone.
    assert compared(key, [key, f"{place}:alias/*-prod"], **none) == {**same, "alias/example-prod": Relation.MORE}
    both = [key, f"{place}:alias/app-*", f"{place}:alias/*-prod"]  # of whose aliases the same is said, once
    assert list(compared(key, both, **none).values()) == [Relation.EQUIVALENT, Relation.MORE]
    denied = {"action": "kms:*", "effect": "Deny", "resource": f"{place}:alias/*e"}
    aside = {**same, "alias/example": Relation.EQUIVALENT}
    assert compared(key, [key, f"{place}:alias/app-*"], **denied) == {**aside, "alias/app-": Relation.MORE}
    # Whom a variable is for says which text it has: the user, what a condition lists, or else the default.
    found = compared(key, [key, f"{place}:alias/${{aws:username}}-*"], **none)
    assert found == {**same, "alias/example-example": Relation.EQUIVALENT, "alias/Alice-example": Relation.MORE}
    found = compared(key, [key, f"{place}:alias/${{aws:PrincipalTag/team, 'none'}}/*"], **none)
    assert found == {**same, "alias/example/example": Relation.EQUIVALENT, "alias/none/example": Relation.MORE}
    found = compared(key, [key, *(f"{place}:alias/*{letter}*" for letter in "abcdefghijklmnop")], **none)
    assert found == {there: Relation.MORE, "alias/example": Relation.UNKNOWN}


def test_where_keys_alone_changed_keys_alone_are_compared() -> None:
    assert [target.target for target in compare(OLD, NEW).targets] == [KEY]


def test_an_account_that_joins_the_organization_gains() -> None:
    """F2: the organization is no part of what a caller chooses."""
    statement = allow("*", "kms:Decrypt", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}})
    others = allow(aws(PARTNER_ROOT), "kms:Encrypt", Condition=VIA)

    def within(*accounts: str) -> Estate:
        organization = Organization("o-a1b2c3d4e5", HOME, tuple((account, None) for account in accounts))
        return replace(estate(statement, others), organization=organization)

    target = on_key(within(HOME), within(HOME, PARTNER))
    assert target.relation is Relation.MORE
    assert {account for change in target.gained for account in change.region.callers.accounts} == {PARTNER}
    assert {action for change in target.gained for action in change.region.actions.names} == {"kms:Decrypt"}
    assert all("is in the organization now" in change.because[0].text for change in target.gained)


@pytest.mark.parametrize("path", ["o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/", None])
@pytest.mark.parametrize("key", ["aws:PrincipalOrgID", "aws:ResourceOrgID", "aws:SourceAccount"])
def test_an_organization_that_one_side_alone_gives_is_unknown_where_policies_test_it(
    key: str, path: str | None
) -> None:
    """F2: what is not given is free: the key's account may be in it, or not."""
    tests = allow(aws(ALICE), "kms:Decrypt", Condition={"StringEquals": {key: "o-a1b2c3d4e5"}})
    given = estate(allow(aws(ROOT), "kms:*"), tests)
    organization = Organization("o-a1b2c3d4e5", HOME, ((HOME, path),))
    for old, new, side in (
        (given, replace(given, organization=organization), "NEW"),
        (replace(given, organization=organization), given, "OLD"),
    ):
        found = on_key(old, new)
        text = f"the organization, which policies test, is given in {side} only"
        assert [reason.text for reason in found.reasons] == ([] if key == "aws:SourceAccount" else [text])


def test_where_an_account_is_in_the_organization_is_unknown_where_one_side_alone_gives_it() -> None:
    """F2: its path is free on the other side."""
    paths = {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-a1b2c3d4e5/*/ou-ab12-11111111/*"}}
    given = estate(allow(aws(ROOT), "kms:*"), allow(aws(ALICE), "kms:Decrypt", Condition=paths))

    def at(path: str | None) -> Estate:
        return replace(given, organization=Organization("o-a1b2c3d4e5", PARTNER, ((HOME, path),)))

    found = on_key(at("o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/"), at(None))
    text = f"where {HOME} is in the organization, which policies test, is given in OLD only"
    assert [reason.text for reason in found.reasons] == [text]
    assert not on_key(at(None), at(None)).reasons


def test_u1_policies_that_are_not_given_are_supposed_not_to_ask_for_the_organization() -> None:
    """A policy of the partner may ask for `aws:PrincipalOrgID`. What only the home account's policies decide, no other
    asks for."""
    for statement, supposed in (
        (allow(aws(PARTNER_ROOT), "kms:Encrypt"), True),
        (allow(aws(ALICE), "kms:Encrypt"), False),
    ):
        home_alone, joined = (
            replace(
                estate(statement),
                organization=Organization("o-a1b2c3d4e5", HOME, tuple((account, None) for account in accounts)),
            )
            for accounts in ((HOME,), (HOME, PARTNER))
        )
        target = on_key(home_alone, joined)
        (change,) = target.changes
        assert (target.relation, change.supposing) == (Relation.EQUIVALENT, supposed)
        assert change.text.endswith(
            "policies that are not given are supposed not to ask for it" if supposed else "in the organization now"
        )
        assert (CHANGES_NOT_TESTED in target.assumptions) is supposed


def test_a_key_that_is_new_is_gained_and_one_that_goes_is_lost() -> None:
    none = replace(OLD, keys=())
    added, removed = on_key(none, NEW), on_key(NEW, none)
    assert (added.presence, added.relation) == (Presence.ADDED, Relation.MORE)
    assert (removed.presence, removed.relation) == (Presence.REMOVED, Relation.LESS)
    assert on_key(none, NEW, f"callers in {HOME} can kms:*").gained == ()


def test_a_key_that_is_new_is_compared_with_one_without_a_policy() -> None:
    """[key-policy-default] What an ordinary key allows, or one that allows less, was not gained, and nothing was
    lost."""
    none, root = replace(OLD, keys=()), allow(aws(ROOT), "kms:*")
    for statement in (root, allow(aws(ROOT), "kms:Decrypt"), {**root, "Condition": VIA}):
        added = on_key(none, estate(statement))
        assert (added.presence, added.relation, added.gained, added.lost) == (
            Presence.ADDED,
            Relation.EQUIVALENT,
            (),
            (),
        )
        assert not (added.unknown_gained or added.unknown_lost)
    shared = on_key(none, estate(root, allow(aws(PARTNER_ROOT), "kms:Decrypt")))
    assert shared.relation is Relation.MORE and not shared.lost
    assert {account for change in shared.gained for account in change.region.callers.accounts} == {PARTNER}
    assert on_key(none, granted(grant(REPORTS, "Decrypt"), statement=root)).gained
    assert on_key(none, without_policy(NEW)).relation is Relation.UNKNOWN


def test_who_may_use_a_key_that_is_new_by_policies_that_are_new_gained_it() -> None:
    before, after = (home(identity(ALICE, own(action))) for action in ("kms:Sign", "kms:Decrypt"))
    root = allow(aws(ROOT), "kms:*")
    added = on_key(replace(estate(root, accounts=(before,)), keys=()), estate(root, accounts=(after,)))
    assert gainers(added) == {(ALICE, "kms:Decrypt")} and not added.lost


def test_a_deny_is_followed_through_everything_that_allows() -> None:
    old, new = estate(allow("*", "kms:*")), estate(allow("*", "kms:*"), deny(aws(PARTNER_ROOT), "kms:Decrypt"))
    target = on_key(old, new)
    assert target.relation is Relation.LESS
    assert {account for change in target.lost for account in change.region.callers.accounts} == {PARTNER}
    assert {action for change in target.lost for action in change.region.actions.names} == {"kms:Decrypt"}


@pytest.mark.parametrize("key", ["aws:SourceIdentity", "aws:FederatedProvider"])
def test_f3_trust_policies_count_where_a_variable_stands_for_what_sessions_have(key: str) -> None:
    """The new statement lets in sessions by a provider, which set a source identity; nobody else has either. [IAM User
    Guide: id_credentials_temp_control-access_monitor, reference_policies_iam-condition-keys]"""
    provider = {"Federated": f"arn:aws:iam::{HOME}:saml-provider/p"}
    more = admits(provider, ["sts:AssumeRoleWithSAML", "sts:SetSourceIdentity"])
    named = {"StringEquals": {"kms:EncryptionContext:who": f"${{{key}}}"}}

    def side(*statements: Any) -> Estate:
        role = trusting(admits(aws(ALICE)), *statements, arn=REPORTS)
        found = estate(allow(aws(REPORTS), "kms:Decrypt", Condition=named))
        return replace(found, accounts=(replace(home(identity(ALICE), role), complete=True),))

    assert compare(side(), side(more)).relation is Relation.MORE


@pytest.mark.parametrize(
    ("operator", "key", "value"),
    [
        ("ArnLike", "aws:SourceArn", "arn:aws:s3:::bucket"),
        ("StringEquals", "aws:SourceAccount", HOME),
        ("StringEquals", "aws:SourceOrgID", "o-a1b2c3d4e5"),
        ("IpAddress", "aws:SourceIp", "10.0.0.0/8"),
    ],
)
def test_f5_trust_policies_count_where_services_say_for_whom_they_ask(operator: str, key: str, value: str) -> None:
    """A service may use the sessions of a role that it may assume. [IAM User Guide: reference_policies_condition-keys,
    aws:SourceArn, aws:SourceIp]"""

    def side(principal: Any) -> Estate:
        found = estate(allow(aws(REPORTS), "kms:Decrypt", Condition={operator: {key: value}}))
        role = trusting(admits(principal), arn=REPORTS)
        return replace(found, accounts=(replace(home(identity(ALICE), role), complete=True),))

    assert compare(side(aws(ALICE)), side({"Service": "s3.amazonaws.com"})).relation is Relation.MORE


@pytest.mark.parametrize("kind", ["user", "role"])
def test_r2_who_moves_to_another_path_gains_what_a_pattern_of_that_allows(kind: str) -> None:
    """Names are unique in an account whatever their paths: before, nobody of this name could be there. [IAM User Guide:
    reference_iam-quotas, IAM name requirements]"""
    admins = {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{HOME}:{kind}/admins/*"}}
    given = estate(allow(aws(ROOT), "kms:*"), allow("*", "kms:Decrypt", Condition=admins))

    def with_path(path: str) -> Estate:
        arn = f"arn:aws:iam::{HOME}:{kind}{path}x"
        moved = identity(arn) if kind == "user" else trusting(admits(aws(ROOT)), arn=arn)
        return replace(given, accounts=(replace(home(moved), complete=True),))

    found = on_key(with_path("/staff/"), with_path("/admins/"))
    assert found.relation is Relation.MORE
    assert gainers(found) == {(f"arn:aws:iam::{HOME}:{kind}/admins/x", "kms:Decrypt")}
    assert on_key(with_path("/admins/"), with_path("/staff/")).relation is Relation.LESS


def with_trust(condition: Any, *roles: Identity) -> Estate:
    """Roles of a whole inventory, and a key policy that allows some sessions of the reports role."""
    found = estate(allow(aws(ROOT), "kms:*"), allow(aws(REPORTS), "kms:Decrypt", Condition=condition))
    return replace(found, accounts=(replace(home(identity(ALICE, own("sts:*")), *roles), complete=True),))


SUB, BUILD = "token.actions.githubusercontent.com:sub", "codebuild:projectArn"
OF_BUILDS, CHAT = {"Service": "codebuild.amazonaws.com"}, {"Service": "chatbot.amazonaws.com"}
CONFIGURATION = f"arn:aws:chatbot::{HOME}:chat-configuration/slack-channel/x"


def web(repository: str) -> Statement:
    return admits(
        {"Federated": GITHUB}, "sts:AssumeRoleWithWebIdentity", Condition={"StringLike": {SUB: f"repo:{repository}/*"}}
    )


@pytest.mark.parametrize(
    ("condition", "before", "after", "label"),
    [
        ({"StringLike": {SUB: "repo:acme/*"}}, [web("other")], [web("acme")], "F6"),
        ({"StringLike": {"kms:EncryptionContext:who": f"${{{SUB}}}"}}, [web("other")], [web("acme")], "F6"),
        ({"StringLike": {SUB: "repo:acme/*"}}, [web("*"), bars({"Federated": GITHUB})], [web("*")], "F6"),
        (
            {"ArnLike": {BUILD: "arn:aws:codebuild:*:*:project/b"}},
            [admits(OF_BUILDS, Condition={"StringLike": {"aws:SourceArn": "*/a"}})],
            [admits(OF_BUILDS, Condition={"StringLike": {"aws:SourceArn": "*/b"}})],
            "F3",
        ),
        (
            {"NumericGreaterThan": {"aws:MultiFactorAuthAge": "80000"}},
            [admits(aws(ALICE), Condition={"NumericLessThan": {"aws:MultiFactorAuthAge": "60"}})],
            [admits(aws(ALICE))],
            "F3",
        ),
        (
            {"StringEquals": {"identitystore:UserId": "x"}},
            [admits(aws(ALICE))],
            [admits(aws(ALICE), ["sts:AssumeRole", "sts:SetContext"])],
            "F3",
        ),
        ({"ArnEquals": {"aws:ChatbotSourceArn": CONFIGURATION}}, [admits(aws(ALICE))], [admits(CHAT)], "F3"),
    ],
)
def test_f3_f6_what_conditions_of_trust_policies_decide_of_sessions_may_differ(
    condition: Any, before: list[Statement], after: list[Statement], label: str
) -> None:
    """Claims of a provider are read in later requests too, and with what a session begins its role's trust policy
    decides. [IAM User Guide: reference_policies_iam-condition-keys, *Cross-service AWS web identity federation context
    keys*; CodeBuild User Guide: *Cross-service confused deputy prevention*; STS API: AssumeRole, ProvidedContexts]"""
    old, new = (with_trust(condition, trusting(*one, arn=REPORTS)) for one in (before, after))
    for found in (on_key(old, new), on_key(new, old)):
        assert found.relation is Relation.UNKNOWN
        assert [reason.rule for reason in found.reasons] == [label]
    assert on_key(old, old).relation is Relation.EQUIVALENT


@pytest.mark.parametrize("key", [SUB, "aws:FederatedProvider", "aws:SourceIdentity", "aws:SecureTransport"])
def test_f6_a_provider_that_is_made_or_goes_counts(key: str) -> None:
    """Nobody comes by a provider that is not in the account. [IAM User Guide: id_roles_providers_create_oidc]"""
    trusted = admits({"Federated": GITHUB}, ["sts:AssumeRoleWithWebIdentity", "sts:SetSourceIdentity"])
    given = with_trust({"StringEquals": {key: "x"}}, trusting(trusted, arn=REPORTS))
    without, there = (
        replace(given, accounts=tuple(replace(one, providers=providers) for one in given.accounts))
        for providers in ((), (GITHUB,))
    )
    expected = Relation.EQUIVALENT if key == "aws:SecureTransport" else Relation.UNKNOWN
    assert [on_key(without, there).relation, on_key(there, without).relation] == [expected, expected]
    assert on_key(there, there).relation is Relation.EQUIVALENT


def test_f3_what_rules_follow_of_trust_policies_is_told_exactly() -> None:
    """Source identities: what a trust policy says of these is no open question where the providers are the same."""
    old, new = (
        with_trust(
            {"StringEquals": {"aws:SourceIdentity": "me"}}, trusting(admits({"Federated": GITHUB}, one), arn=REPORTS)
        )
        for one in ("sts:AssumeRoleWithWebIdentity", ["sts:AssumeRoleWithWebIdentity", "sts:SetSourceIdentity"])
    )
    assert on_key(old, new).relation is Relation.MORE


def test_f6_claims_of_other_roles_count_where_a_role_admits_sessions_of_these() -> None:
    """A role that is new, or that another takes the place of, begins chains to a role that admits its sessions."""
    condition = {"StringLike": {SUB: "repo:acme/*"}}
    first, second = (
        trusting(web(repository), arn=f"arn:aws:iam::{HOME}:role/{repository}", own=(own("sts:*"),))
        for repository in ("other", "acme")
    )
    from_web, from_roles = trusting(web("x"), arn=REPORTS), trusting(web("x"), admits(aws(ROOT)), arn=REPORTS)
    apart = on_key(with_trust(condition, from_web, first), with_trust(condition, from_web, second))
    chained = on_key(with_trust(condition, from_roles, first), with_trust(condition, from_roles, second))
    assert (apart.relation, chained.relation) == (Relation.EQUIVALENT, Relation.UNKNOWN)


def test_f3_trust_policies_do_not_count_where_no_policy_tests_what_they_decide() -> None:
    """What a trust policy says of a provider decides nothing where a policy of another key alone reads its claims."""
    old, new = (with_trust({"Bool": {"aws:SecureTransport": "true"}}, trusting(web(x), arn=REPORTS)) for x in "ab")
    assert on_key(old, new).relation is Relation.EQUIVALENT
