"""What changed, in words: statements paired and told, facts, and what bears on a request."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.evaluate.estates import (
    ALICE,
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
    untagged,
)
from verifier.language.policies.documents import read_policy
from verifier.model.estate import Estate
from verifier.model.organization import Organization
from verifier.model.policy import Effect, Policy, PolicyKind
from verifier.model.results.comparison import Change
from verifier.syntax.source import Source
from verifier.verify.comparison.changes import changed_pairs, key_changes, surrounding_changes
from verifier.verify.comparison.compare import compare
from verifier.verify.comparison.statement_changes import difference_text

VIA = {"StringEquals": {"kms:ViaService": "s3.us-west-2.amazonaws.com"}}


def policy(*statements: dict[str, Any], version: str = "2012-10-17", name: str = "default") -> Policy:
    text = json.dumps({"Version": version, "Statement": list(statements)}, indent=1)
    return read_policy(Source("policy.json", text), PolicyKind.KEY, identity=f"{KEY}#{name}", name=name)


def told(old: dict[str, Any], new: dict[str, Any]) -> str:
    before, after = policy(old), policy(new)
    return difference_text((before, before.statements[0]), (after, after.statements[0]))


BASE = allow(aws(PARTNER_ROOT), ["kms:Decrypt", "kms:Encrypt"], Condition=VIA)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ""),
        ({"Sid": "Other", "Action": ["KMS:encrypt", "kms:Decrypt"], "Principal": aws(PARTNER)}, ""),
        ({"Condition": {}}, "lost its kms:ViaService condition"),
        ({"Condition": {**VIA, "Bool": {"aws:SecureTransport": "true"}}}, "has a new aws:SecureTransport condition"),
        (
            {"Condition": {"StringLike": VIA["StringEquals"]}},
            "compares kms:ViaService by StringLike, and did by StringEquals",
        ),
        (
            {
                "Condition": {
                    "StringEquals": {"kms:ViaService": ["s3.us-west-2.amazonaws.com", "rds.us-west-2.amazonaws.com"]}
                }
            },
            "now also lists rds.us-west-2.amazonaws.com for kms:ViaService",
        ),
        (
            {"Condition": {"StringEquals": {"kms:ViaService": "rds.us-west-2.amazonaws.com"}}},
            "now lists rds.us-west-2.amazonaws.com for kms:ViaService and no longer lists s3.us-west-2.amazonaws.com "
            "for kms:ViaService",
        ),
        ({"Action": ["kms:Decrypt", "kms:Encrypt", "kms:Sign"]}, "now also covers kms:Sign"),
        ({"Action": "kms:Decrypt"}, "no longer covers kms:Encrypt"),
        ({"Principal": aws(PARTNER_ROOT, REPORTS)}, f"now also names role/app/reports of {HOME}"),
        ({"Principal": "*"}, f"now names everybody (*) and no longer names account {PARTNER}"),
        ({"Effect": "Deny"}, "is a Deny now, and was an Allow"),
        ({"Resource": ["*", KEY]}, f"now also covers the resource {KEY}"),
        (
            {
                "Action": [
                    f"kms:{name}"
                    for name in ("Decrypt", "Encrypt", "Sign", "Verify", "GetPublicKey", "GetKeyPolicy", "ListGrants")
                ]
            },
            "now also covers kms:Sign, kms:Verify, kms:GetPublicKey and 2 more",
        ),
    ],
)
def test_a_change_is_told_by_what_it_changes(changes: dict[str, Any], expected: str) -> None:
    new = {**BASE, **changes}
    if new["Condition"] == {}:
        del new["Condition"]
    assert told(BASE, new) == expected


def test_not_elements_are_told_by_what_they_leave_out() -> None:
    old = {"Effect": "Deny", "NotPrincipal": aws(ALICE), "NotAction": "kms:Sign", "Resource": "*"}
    new = {**old, "NotPrincipal": aws(ALICE, REPORTS), "NotAction": ["kms:Sign", "kms:Verify"]}
    assert told(old, new) == f"now also spares role/app/reports of {HOME} and now also leaves out kms:Verify"
    flipped = {"Effect": "Deny", "Principal": aws(ALICE), "Action": "kms:Sign", "Resource": "*"}
    assert told(old, flipped) == "has `Principal` now and has `Action` now"


def test_the_version_of_a_policy_is_told_where_it_matters() -> None:
    statement = allow(aws(ALICE), "kms:Decrypt", Condition={"StringEquals": {"kms:ViaService": "${aws:username}"}})
    before, after = policy(statement, version="2008-10-17"), policy(statement)
    assert difference_text((before, before.statements[0]), (after, after.statements[0])).startswith(
        "reads `${…}` as a variable now"
    )
    plain = allow(aws(ALICE), "kms:Decrypt")
    before, after = policy(plain, version="2008-10-17"), policy(plain)
    assert changed_pairs([(before, before.statements[0])], [(after, after.statements[0])]) == []


# -- pairs --


def paired(old: Policy, new: Policy) -> list[tuple[int | None, int | None]]:
    found = changed_pairs([(old, s) for s in old.statements], [(new, s) for s in new.statements])
    return [(a[1].index if a else None, b[1].index if b else None) for a, b in found]


def test_equal_statements_are_not_told_whatever_their_names_and_order() -> None:
    one, two = {**BASE, "Sid": "A"}, {**allow(aws(ALICE), "kms:Sign"), "Sid": "B"}
    assert paired(policy(one, two), policy({**two, "Sid": "A"}, {**one, "Sid": "C"})) == []


def test_a_name_pairs_before_likeness() -> None:
    old = policy({**allow(aws(ALICE), "kms:Sign"), "Sid": "A"}, {**allow(aws(REPORTS), "kms:Decrypt"), "Sid": "B"})
    new = policy({**allow(aws(REPORTS), "kms:Encrypt"), "Sid": "A"}, {**allow(aws(REPORTS), "kms:Verify"), "Sid": "B"})
    assert paired(old, new) == [(0, 0), (1, 1)]


def test_without_a_name_the_likeliest_are_paired() -> None:
    old = policy(allow(aws(ALICE), "kms:Sign"), allow(aws(REPORTS), ["kms:Decrypt", "kms:Encrypt"]))
    new = policy(allow(aws(REPORTS), "kms:Decrypt"), deny(aws(PARTNER_ROOT), "kms:Verify", Condition=VIA))
    assert paired(old, new) == [(1, 0), (None, 1), (0, None)]


def test_a_statement_is_in_one_pair_at_most() -> None:
    old = policy(*[allow(aws(ALICE), f"kms:{name}") for name in ("Sign", "Verify")])
    new = policy(*[allow(aws(ALICE), f"kms:{name}") for name in ("Encrypt", "Decrypt", "Sign")])
    pairs = paired(old, new)
    assert sorted(b for _, b in pairs if b is not None) == [0, 1] and sorted(a for a, _ in pairs if a is not None) == [
        1
    ]


# -- places and facts --


def texts(changes: Any) -> list[str]:
    return [located.change.text for located in changes]


def test_a_policy_that_is_attached_elsewhere_says_so() -> None:
    before = estate(BASE, accounts=(home(identity(ALICE), identity(REPORTS)),))
    after = estate(BASE, accounts=(home(identity(ALICE, own("kms:Decrypt")), identity(REPORTS)),))
    (found,) = surrounding_changes(before, after)
    assert found.about == ALICE and found.change.old is None and found.change.new is not None
    assert found.change.text.startswith("is new: its policy was attached to ")
    (back,) = surrounding_changes(after, before)
    assert back.change.text.startswith("was removed: its policy was detached from ")


def test_facts_of_identities_and_inventories() -> None:
    before = estate(BASE, accounts=(home(identity(ALICE, tags=(("team", "red"),)), identity(REPORTS)),))
    after = estate(BASE, accounts=(home(identity(ALICE, tags=(("team", "blue"),), bounded=True)),))
    found = texts(surrounding_changes(before, after))
    assert f"the tag of {ALICE.split(':')[5]} of {HOME} team is blue, and was red" in found
    assert any(text.endswith("has a permissions boundary now") for text in found)
    assert f"role/app/reports of {HOME} is gone" in found
    assert texts(surrounding_changes(before, estate(BASE, accounts=())))[0].startswith(
        f"the inventory of {HOME} is given in OLD only"
    )


def test_facts_of_the_organization() -> None:
    def within(*accounts: str) -> Estate:
        organization = Organization("o-a1b2c3d4e5", HOME, tuple((account, None) for account in accounts))
        return replace(estate(BASE), organization=organization)

    assert texts(surrounding_changes(within(HOME), within(HOME, PARTNER))) == [
        f"account {PARTNER} is in the organization now"
    ]
    assert texts(surrounding_changes(estate(BASE), within(HOME))) == ["an organization is given in NEW only"]


def test_facts_of_the_key() -> None:
    (before,), (after,) = (
        estate(BASE, tags=(("env", "dev"),)).keys,
        estate(BASE, tags=(("env", "prod"),), aliases=None).keys,
    )
    found = texts(key_changes(before, after))
    assert "the key's tag env is prod, and was dev" in found
    assert any("aliases are given in OLD only" in text for text in found)
    assert texts(key_changes(before, None)) == ["the key is gone"]


# -- what bears on a request --


def because(old: Estate, new: Estate) -> list[tuple[Change, ...]]:
    (target,) = (found for found in compare(old, new).targets if found.target == KEY)
    return [change.because for change in (*target.gained, *target.lost)]


def test_only_what_bears_on_the_request_is_told() -> None:
    old = estate(
        allow(aws(ROOT), "kms:*"), {**BASE, "Sid": "Partner"}, {**allow(aws(ALICE), "kms:Sign"), "Sid": "Signer"}
    )
    new = estate(
        allow(aws(ROOT), "kms:*"),
        {key: value for key, value in {**BASE, "Sid": "Partner"}.items() if key != "Condition"},
        {**allow(aws(ALICE), ["kms:Sign", "kms:NoSuch"]), "Sid": "Signer"},
    )
    found = because(old, new)
    assert found
    for (only,) in found:
        assert only.old is not None and only.old.sid == "Partner" and only.text == "lost its kms:ViaService condition"


def test_a_statement_that_lets_in_otherwise_is_told() -> None:
    """P1, P2: `*` lets a caller in by itself, its account only with the caller's own policies."""
    old, new = (
        estate(allow(aws(ROOT), "kms:Decrypt"), accounts=(home(identity(ALICE)),)),
        estate(allow("*", "kms:Decrypt"), accounts=(home(identity(ALICE)),)),
    )
    found = because(old, new)
    assert found and all(
        [change.text for change in changes] == [f"now names everybody (*) and no longer names account {HOME}"]
        for changes in found
    )


def test_a_deny_that_went_is_told_of_what_was_gained() -> None:
    wide, stop = allow(aws(ALICE), "kms:Decrypt"), {**deny("*", "kms:Decrypt"), "Sid": "Stop"}
    gained, lost = because(estate(wide, stop), estate(wide)), because(estate(wide), estate(wide, stop))
    assert gained and lost
    for (change,) in gained:
        assert change.old is not None and (change.text, change.old.effect) == ("was removed", Effect.DENY)
    for (change,) in lost:
        assert change.new is not None and (change.text, change.new.sid) == ("is new", "Stop")


def test_a_tag_that_decides_is_told_where_no_statement_changed() -> None:
    statement = allow("*", "kms:Decrypt", Condition={"StringEquals": {"aws:PrincipalTag/team": "red"}})
    old = estate(statement, accounts=(home(untagged(REPORTS, tags=(("team", "blue"),))),))
    new = estate(statement, accounts=(home(untagged(REPORTS, tags=(("team", "red"),))),))
    found = because(old, new)
    assert found and all(
        change.text == f"the tag of role/app/reports of {HOME} team is red, and was blue"
        for changes in found
        for change in changes
    )


def test_a_tag_that_decides_nothing_is_no_difference() -> None:
    """F3: nobody chooses the tags, so a request on the one side is the same with the other tag on the other."""
    statements = [
        allow(aws(REPORTS), "kms:Decrypt"),
        allow("*", "kms:Sign", Condition={"StringEquals": {"aws:PrincipalTag/team": "green"}}),
    ]
    old = estate(*statements, accounts=(home(untagged(REPORTS, tags=(("team", "blue"),))),))
    new = estate(*statements, accounts=(home(untagged(REPORTS, tags=(("team", "red"),))),))
    assert because(old, new) == [] and because(new, old) == []


def test_f3_a_value_of_a_tag_counts_where_a_session_can_be_given_it() -> None:
    """id_session-tags: a session tag overrides the role's, so `[blue]` and `[blue, red]` differ for a role that
    somebody may tag."""

    def listing(*values: str, action: Any) -> Estate:
        statement = allow(
            aws(REPORTS), "kms:Decrypt", Condition={"StringEquals": {"aws:PrincipalTag/team": list(values)}}
        )
        admitted = {"Effect": "Allow", "Principal": {"AWS": ALICE}, "Action": action}
        text = json.dumps({"Version": "2012-10-17", "Statement": [admitted]})
        trust = read_policy(Source("trust.json", text), PolicyKind.TRUST, identity=f"{REPORTS}#trust", name="trust")
        return estate(
            statement, accounts=(home(identity(ALICE), identity(REPORTS, tags=(("team", "blue"),), trust=trust)),)
        )

    both_actions = ["sts:AssumeRole", "sts:TagSession"]
    assert because(listing("blue", action=both_actions), listing("blue", "red", action=both_actions)) != []
    assert because(listing("blue", action="sts:AssumeRole"), listing("blue", "red", action="sts:AssumeRole")) == []
    # What the trust policy lets pass is a part of what is compared.
    assert because(listing("red", action="sts:AssumeRole"), listing("red", action=both_actions)) != []
