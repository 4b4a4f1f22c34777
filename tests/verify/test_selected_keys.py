"""Which keys an invariant is about: replicas of a multi-Region key (L9), and what is no key at all (S3)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.evaluate.estates import ALICE, HOME, PARTNER, allow, aws, policy
from tests.verify.proving import nobody
from verifier.model.estate import Estate, Key
from verifier.model.invariant import AnyCaller, KeyAlias, KeyArn, KeyFamily, KeyTag
from verifier.model.invariant_file import GrantInvariant
from verifier.model.results.verdict import Report
from verifier.syntax.diagnostic import InputError
from verifier.verify.proving import prove

MRK = "mrk-1234abcd12ab34cd56ef1234567890ab"


def key(region: str, identifier: str = MRK, account: str = HOME, **facts: object) -> Key:
    arn = f"arn:aws:kms:{region}:{account}:key/{identifier}"
    return replace(Key(arn, policies=(policy(allow(aws(ALICE), "kms:Encrypt"), identity=f"{arn}#default"),)), **facts)  # type: ignore[arg-type]


WEST, EAST = key("us-west-2", aliases=("alias/ledger",)), key("eu-west-1")
OTHERS = (
    key("us-west-2", "mrk-00000000000000000000000000000000"),
    key("eu-west-1", account=PARTNER),
    key("eu-west-1", "1234"),
)
ESTATE = Estate((WEST, *OTHERS, EAST))


def targets(report: Report) -> list[str]:
    return [verdict.target for verdict in report.verdicts]


@pytest.mark.parametrize("selector", [KeyArn(WEST.arn), KeyArn(EAST.arn), KeyAlias("alias/ledger")])
def test_l9_a_family_has_the_same_account_and_key_id_in_every_region(selector: KeyArn | KeyAlias) -> None:
    assert targets(prove(ESTATE, [nobody(keys=(KeyFamily(selector),))])) == [WEST.arn, EAST.arn]


def test_l9_a_replica_is_proved_by_its_own_policy_and_grants() -> None:
    opened = key("eu-west-1", policies=(policy(allow(aws(ALICE), "kms:Decrypt"), identity=f"{EAST.arn}#default"),))
    report = prove(Estate((WEST, opened)), [nobody(keys=(KeyFamily(KeyArn(WEST.arn)),))])
    assert [verdict.status.value for verdict in report.verdicts] == ["proved", "refuted"]


def test_l9_the_verdict_says_which_replicas_are_known() -> None:
    for asked in (
        nobody(keys=(KeyFamily(KeyArn(WEST.arn)),)),
        GrantInvariant("x", AnyCaller(), (KeyFamily(KeyArn(WEST.arn)),)),
    ):
        (first, _) = prove(Estate((replace(WEST, grants=()), EAST)), [asked]).verdicts
        told = [assumption.text for assumption in first.assumptions if assumption.rule == "L9"]
        assert told == [f"the key and its replicas are those of the input: {MRK} in us-west-2, eu-west-1"]
    (first,) = prove(Estate((WEST,)), [nobody()]).verdicts
    assert [assumption for assumption in first.assumptions if assumption.rule == "L9"] == []


@pytest.mark.parametrize(
    ("selector", "selected"),
    [
        (KeyTag("env", None), True),
        (KeyTag("env", "prod[1].eu"), True),
        (KeyTag("env", "prod*e?"), True),
        (KeyTag("env", "prod[1]*"), True),
        (KeyTag("env", "prod"), False),
        (KeyTag("env", "PROD*"), False),
        (KeyTag("env", "prod1.eu"), False),
        (KeyTag("Env", None), False),
    ],
)
def test_l6_a_tag_selects_by_a_pattern(selector: KeyTag, selected: bool) -> None:
    """`*` and `?` are its only wildcards."""
    tagged = key("us-west-2", "5678", tags=(("env", "prod[1].eu"),))
    if selected:
        assert targets(prove(Estate((WEST, tagged)), [nobody(keys=(selector,))])) == [tagged.arn]
    else:
        with pytest.raises(InputError, match="that the input does not hold: tag"):
            prove(Estate((WEST, tagged)), [nobody(keys=(selector,))])


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (key("us-west-2", "1234", aliases=("alias/ledger",)), "which is no multi-Region key"),
        (key("us-west-2", aliases=("alias/ledger",), multi_region=False), "which is no multi-Region key"),
        (key("us-west-2", aliases=("alias/other",)), "that the input does not hold: alias/ledger"),
    ],
)
def test_s3_replicas_of_what_has_none_are_an_error(found: Key, message: str) -> None:
    with pytest.raises(InputError, match=message):
        prove(Estate((found, EAST)), [nobody(keys=(KeyFamily(KeyAlias("alias/ledger")),))])


def in_doubt(region: str, identifier: str = MRK) -> Key:
    """A key that Alice may use, and of which it is not known which aliases it has."""
    opened = policy(allow(aws(ALICE), "kms:Decrypt"), identity=f"{identifier}#default")
    return key(region, identifier, policies=(opened,), unknown_facts=(("aliases", "they were not read"),))


def statuses(report: Report) -> dict[str, str]:
    return {verdict.target: verdict.status.value for verdict in report.verdicts}


def test_s1_what_may_be_chosen_is_asked_about_with_its_replicas() -> None:
    other = in_doubt("us-west-2")
    opened = key("eu-west-1", policies=other.policies)
    found = prove(Estate((other, opened)), [nobody(keys=(KeyFamily(KeyAlias("alias/ledger")),))])
    assert statuses(found) == {other.arn: "unknown", opened.arn: "unknown"}


def test_s1_an_alias_is_on_one_key_of_a_region() -> None:
    """So another key there is not in doubt, nor one of another Region than that of an alias's ARN."""
    named = key("us-west-2", "1234", aliases=("alias/ledger",))
    others = in_doubt("us-west-2", "5678"), in_doubt("eu-west-1", "5678")
    found = prove(Estate((named, *others)), [nobody(keys=(KeyAlias("alias/ledger"),))])
    assert statuses(found) == {named.arn: "proved", others[1].arn: "unknown"}
    arn = KeyAlias(f"arn:aws:kms:us-west-2:{HOME}:alias/other")
    assert statuses(prove(Estate((key("us-west-2", "1234"), *others)), [nobody(keys=(arn,))])) == {
        others[0].arn: "unknown"
    }


def test_the_summary_counts_what_was_given() -> None:
    report = prove(Estate((replace(WEST, grants=()), EAST), endpoints=()), [nobody()])
    assert [found.grants for found in report.keys] == [0, None] and report.endpoints == 0
    assert prove(ESTATE, [nobody()]).endpoints is None
