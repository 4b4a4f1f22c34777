"""Policy variables (L7): verdicts about conditions that compare attributes, against brute force over small domains."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from itertools import product

import pytest

from tests.evaluate.estates import ALICE, FACTS, HOME, KEY, ROOT, allow, aws, deny, estate, home, identity, own, policy
from tests.verify.proving import Block, conditioned, nobody, possible, status, verdict
from verifier.model.estate import Estate, Key
from verifier.model.invariant import AnyCaller, PrincipalLike
from verifier.model.operators import Sign
from verifier.model.policy import Text
from verifier.model.symbols import SymbolName
from verifier.problem.asking import ask
from verifier.problem.semantics.relation_facts import parts_between
from verifier.problem.semantics.relations import _around
from verifier.problem.semantics.targets import key_target
from verifier.problem.semantics.values import template

TAGS = tuple(f"aws:PrincipalTag/{letter}" for letter in "xyz")
X, Y, Z = TAGS
AGENT, PAIR, OTHER_PAIR = "aws:UserAgent", "kms:EncryptionContext:y", "kms:EncryptionContext:z"
"""Keys whose values may have any characters: no tag has an asterisk or a brace."""
VALUES = ("a", "A", "b", "pre-a", "pre-b")
Values = dict[str, str | None]


def substituted(text: str, values: Values) -> str | None:
    for tag in TAGS:
        if f"${{{tag}}}" in text:
            value = values[tag]
            if value is None:
                return None
            text = text.replace(f"${{{tag}}}", value)
    return text


def holds(operator: str, tag: str, listed: tuple[str, ...], values: Values) -> bool:
    """A String operator, by rule C; no value has a wildcard of its own."""
    own_value, negated = values[tag], "Not" in operator
    if own_value is None:
        return negated or operator.endswith("IfExists")
    found = [text for text in (substituted(text, values) for text in listed) if text is not None]
    if "IgnoreCase" in operator:
        met = own_value.lower() in [text.lower() for text in found]
    elif "Like" in operator:
        met = any(own_value.startswith(t[:-1]) if t.endswith("*") else own_value == t for t in found)
    else:
        met = own_value in found
    return met != negated


def some_conditions(dice: random.Random) -> list[tuple[str, str, tuple[str, ...]]]:
    found: list[tuple[str, str, tuple[str, ...]]] = []
    for tag in TAGS:
        domain = tuple(dice.sample(VALUES, dice.randint(1, 3)))
        found.append((dice.choice(("StringEquals", "StringEqualsIfExists", "StringEquals")), tag, domain))
    used = set(found)
    for _ in range(dice.randint(1, 4)):
        operator = dice.choice(
            (
                "StringNotEquals",
                "StringNotEquals",
                "StringEqualsIgnoreCase",
                "StringNotEqualsIgnoreCase",
                "StringLike",
                "StringNotLike",
            )
        )
        tag, other = dice.sample(TAGS, 2)
        text = f"${{{other}}}"
        if "Like" in operator:
            text = dice.choice(("{}", "pre-{}", "{}*")).format(text)
        if not any(o == operator and t == tag for o, t, _ in used):
            used.add((operator, tag, (text,)))
            found.append((operator, tag, (text,)))
    return found


def block(conditions: list[tuple[str, str, tuple[str, ...]]]) -> dict[str, dict[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = {}
    for operator, tag, listed in conditions:
        found.setdefault(operator, {})[tag] = list(listed)
    return found


def expected(conditions: list[tuple[str, str, tuple[str, ...]]]) -> str:
    for chosen in product((None, *VALUES), repeat=len(TAGS)):
        values = dict(zip(TAGS, chosen, strict=True))
        if all(holds(*condition, values) for condition in conditions):
            return "refuted"
    return "proved"


def test_l7_comparisons_of_tags_agree_with_brute_force() -> None:
    tally: Counter[str] = Counter()
    for seed in range(250):
        conditions = some_conditions(random.Random(seed))
        found, wanted = possible(block(conditions)), expected(conditions)
        assert found in (wanted, "unknown"), (seed, conditions, found, wanted)
        tally[found] += 1
    assert tally["unknown"] == 0, tally
    assert min(tally["proved"], tally["refuted"]) > 40, tally


def test_l7_transitivity() -> None:
    equal = {X: f"${{{Y}}}", Y: f"${{{Z}}}"}
    present = dict.fromkeys(TAGS, "false")
    assert possible({"StringEquals": equal, "StringNotEquals": {X: f"${{{Z}}}"}, "Null": present}) == "proved"
    assert (
        possible({"StringEquals": {X: f"${{{Y}}}"}, "StringNotEquals": {X: f"${{{Z}}}"}, "Null": present}) == "refuted"
    )


def test_l7_transitivity_without_case() -> None:
    present = dict.fromkeys(TAGS, "false")
    mixed = {"StringEquals": {X: f"${{{Y}}}"}, "StringEqualsIgnoreCase": {Y: f"${{{Z}}}"}, "Null": present}
    assert possible({**mixed, "StringNotEqualsIgnoreCase": {X: f"${{{Z}}}"}}) == "proved"
    assert possible({**mixed, "StringNotEquals": {X: f"${{{Z}}}"}}) == "refuted"


def test_l7_three_different_values_need_three_members() -> None:
    def apart(**listed: list[str]) -> dict[str, dict[str, object]]:
        return {
            "StringEquals": {tag: listed[tag[-1]] for tag in TAGS},
            "StringNotEquals": {X: [f"${{{Y}}}", f"${{{Z}}}"], Y: f"${{{Z}}}"},
        }

    assert possible(apart(x=["a", "b"], y=["a", "b"], z=["a", "b"])) == "proved"
    assert possible(apart(x=["a", "b"], y=["a", "b"], z=["a", "c"])) == "refuted"


def test_l7_without_case_a_word_of_two_letters_has_four_members() -> None:
    tags = [f"aws:PrincipalTag/{letter}" for letter in "vwxyz"]

    def apart(count: int) -> str:
        used = tags[:count]
        different = {tag: [f"${{{other}}}" for other in used[at + 1 :]] for at, tag in enumerate(used[:-1])}
        return possible(
            {
                "StringEqualsIgnoreCase": dict.fromkeys(used, "ab"),
                "StringNotEquals": different,
                "Null": dict.fromkeys(used, "false"),
            }
        )

    assert apart(4) == "refuted"
    assert apart(5) == "proved"


def test_l7_long_words_that_differ_in_case_only_are_equal_without_case() -> None:
    same = {"StringEqualsIgnoreCase": {X: "organization", Y: "Organization"}}
    assert possible({**same, "StringNotEqualsIgnoreCase": {X: f"${{{Y}}}"}}) == "proved"
    assert possible({**same, "StringNotEquals": {X: f"${{{Y}}}"}}) == "refuted"


def test_l7_a_value_matches_itself() -> None:
    assert possible({"StringNotLike": {X: f"${{{X}}}"}, "StringLike": {X: "?*"}}) == "proved"
    assert possible({"StringNotLike": {X: f"${{{X}}}"}}) == "refuted"
    assert possible({"StringNotLike": {X: f"${{{X}}}"}, "StringEquals": {X: ""}}) == "refuted"  # L7-empty


@pytest.mark.parametrize(
    ("fixed", "outcome"),
    [
        ({Y: "other"}, "proved"),
        ({Y: "pre-abc-suf9"}, "refuted"),
        ({Y: "pre-abc-suf9", X: "abc"}, "refuted"),
        ({Y: "pre-abc-suf9", X: "abd"}, "proved"),
        ({Y: "pre--suf", X: ""}, "refuted"),
    ],
)
def test_l7_a_pattern_around_a_variable(fixed: dict[str, str], outcome: str) -> None:
    assert possible({"StringLike": {Y: f"pre-${{{X}}}-suf*"}, "StringEquals": fixed}) == outcome


def test_l7_a_pattern_cannot_fail_where_both_sides_are_known() -> None:
    assert possible({"StringNotLike": {Y: f"pre-${{{X}}}*"}, "StringEquals": {Y: "pre-abc", X: "ab"}}) == "proved"
    assert possible({"StringNotLike": {Y: f"pre-${{{X}}}*"}, "StringEquals": {Y: "pre-abc", X: "ac"}}) == "refuted"


def test_l7_two_variables_in_one_value() -> None:
    both = {"StringEquals": {Y: f"${{{X}}}-${{{Z}}}", Z: "zed"}}
    assert possible(both) == "refuted"
    assert possible({**both, "StringNotLike": {Y: "*-*"}}) == "proved"


def test_l7_wildcards_a_value_with_a_wildcard_is_tried_both_ways() -> None:
    """A conflict found while wildcards were literal must not hide the request that the other reading allows."""
    fixed = {"StringEquals": {AGENT: "a*", PAIR: "ab"}}
    like_ = verdict(conditioned({**fixed, "StringLike": {PAIR: f"${{{AGENT}}}"}}))
    unlike = verdict(conditioned({**fixed, "StringNotLike": {PAIR: f"${{{AGENT}}}"}}))
    assert like_.counterexample is not None and like_.counterexample.readings == (("L7-wildcards", True),)
    assert unlike.counterexample is not None and unlike.counterexample.readings == (("L7-wildcards", False),)
    for held, allowed in ((True, like_), (False, unlike)):
        block_ = {**fixed, "StringLike" if held else "StringNotLike": {PAIR: f"${{{AGENT}}}"}}
        assert status(conditioned(block_), readings={"L7-wildcards": held}) == allowed.status.value
        assert status(conditioned(block_), readings={"L7-wildcards": not held}) == "proved"


def test_l7_a_default_stands_in_where_the_key_is_absent() -> None:
    default = {"StringEquals": {Y: f"${{{X}, 'none'}}"}}
    # What `Null` says of an empty string is open (C1-null), so that it is left aside.
    assert possible({**default, "Null": {X: "true"}, "StringNotEquals": {Y: "none", X: ""}}) == "proved"
    assert possible({**default, "Null": {X: "true"}}) == "refuted"
    assert possible({**default, "StringNotEquals": {Y: "none"}}) == "refuted"
    known: Block = {"StringEquals": {Y: [f"${{{X}, 'none'}}"], X: "one"}, "StringLike": {Y: "none"}}
    assert possible(known) == "proved"


def test_l7_an_absent_key_without_default_matches_nothing() -> None:
    assert possible({"StringEquals": {Y: f"${{{X}}}"}, "Null": {X: "true"}, "StringNotEquals": {X: ""}}) == "proved"
    absent = verdict(conditioned({"StringNotEquals": {Y: f"${{{X}}}"}, "Null": {X: "true"}}))
    assert absent.counterexample is not None and not absent.counterexample.readings


def test_l1_without_variables_the_text_is_literal() -> None:
    old = estate(
        allow(
            aws(ALICE),
            "kms:Decrypt",
            Condition={"StringEquals": {PAIR: f"${{{AGENT}}}"}, "StringNotEquals": {PAIR: f"${{{AGENT}}}" + "x"}},
        ),
        version="2008-10-17",
    )
    found = verdict(old)
    assert found.counterexample is not None
    assert dict(found.counterexample.request.context)[PAIR] == f"${{{AGENT}}}"


def test_l7_a_role_session_has_no_user_name() -> None:
    role = f"arn:aws:iam::{HOME}:role/R"
    assert possible({"StringEquals": {X: "${aws:username}"}}, principal=aws(role)) == "proved"
    assert (
        possible({"StringEquals": {X: "${aws:username}"}}, accounts=(home(identity(ALICE, tags=(("x", "Alice"),))),))
        == "refuted"
    )


def by_identity(resource: str, tag: str) -> str:
    key = Key(KEY, "k", (policy(allow(aws(ROOT), "kms:*")),), **FACTS)
    user = identity(ALICE, own("kms:Decrypt", resource), tags=(("k", tag),))
    return status(Estate((key,), (home(user),)), nobody(callers=PrincipalLike(Text(ALICE))))


def test_l7_a_variable_in_resource() -> None:
    start, end = KEY.split("/")
    assert by_identity(f"{start}/${{aws:PrincipalTag/k}}", end) == "refuted"
    assert by_identity(f"{start}/${{aws:PrincipalTag/k}}", end[:-1]) == "proved"
    assert by_identity(f"{start}/${{aws:PrincipalTag/k}}*", end[:-1]) == "refuted"
    assert by_identity("arn:aws:kms:us-west-2:${aws:PrincipalAccount}:key/*", end) == "proved"


def unlike(allowed: Mapping[str, object], denied: Mapping[str, object]) -> str:
    return status(estate(allow(aws(ALICE), "kms:Decrypt", Condition=allowed), deny("*", "kms:*", Condition=denied)))


def test_c2_two_comparisons_that_are_not_modelled_are_not_taken_for_one() -> None:
    key = "kms:EncryptionContextKeys"
    one = {"ForAnyValue:StringEquals": {key: [f"${{{X}}}", "a"]}}
    assert unlike(one, {"ForAnyValue:StringEquals": {key: [f"${{{X}}}", "b"]}}) == "unknown"


def test_l7_several_variables_with_defaults_are_kept_apart_by_operator() -> None:
    text = f"${{{X}}}-${{{Z}, 'none'}}*"
    assert unlike({"StringLike": {Y: text}}, {"StringEquals": {Y: text}}) == "unknown"


def test_c1_a_negated_operator_for_any_value_needs_the_key() -> None:
    assert possible({"ForAnyValue:StringNotEquals": {X: "a"}, "Null": {X: "true"}}) == "proved"
    assert possible({"StringNotEquals": {X: "a"}, "Null": {X: "true"}}) == "refuted"


def test_l7_wildcards_a_conflict_under_one_reading_is_none_under_the_other() -> None:
    known = {"StringEquals": {AGENT: "a*", PAIR: "ab", OTHER_PAIR: "b"}}
    answer = verdict(conditioned({**known, "StringLike": {PAIR: f"${{{AGENT}}}${{{OTHER_PAIR}}}"}}))
    assert answer.counterexample is not None and answer.counterexample.readings == (("L7-wildcards", True),)
    other = verdict(conditioned({**known, "StringNotLike": {PAIR: f"${{{AGENT}}}${{{OTHER_PAIR}}}"}}))
    assert other.counterexample is not None and other.counterexample.readings == (("L7-wildcards", False),)


def test_l7_many_patterns_and_long_texts_are_answered() -> None:
    """The parts of a text are many: they are not all made classes of their own."""
    statements = []
    for number in range(6):
        tag = f"aws:PrincipalTag/t{number}"
        around = {"StringLike": {X: f"*${{{tag}}}*"}, "StringEquals": {tag: f"team-{number}"}}
        statements.append(allow(aws(ALICE), "kms:Decrypt", Condition=around))
        statements.append(deny(Condition={"StringEquals": {X: f"some-long-text-team-{number}-and-more-of-it"}}))
    assert status(estate(*statements)) == "refuted"
    assert status(estate(*statements, deny())) == "proved"


@pytest.mark.parametrize(
    ("pattern", "text", "parts"),
    [
        ("a${v}c", "abc", ["b"]),
        ("*/${v}", "a/b/c", ["b/c", "c"]),
        ("${v}*", "ab", ["", "a", "ab"]),
        ("x${v}", "abc", []),
        ("ab${v}b", "ab", []),
    ],
)
def test_l7_only_parts_with_a_fitting_beginning_and_end_are_tried(pattern: str, text: str, parts: list[str]) -> None:
    around = _around(Sign.LIKE, template(pattern, True))
    assert sorted(parts_between(around, text)) == parts


def test_c2_a_symbol_is_that_of_one_comparison_whatever_tags_a_key_has() -> None:
    """Where two keys, or two versions of one, are compared, a symbol of both means one thing."""
    tag, one, other = "${aws:ResourceTag/t}", f"${{{X}}}", f"${{{Y}, 'v'}}"
    texts = (tag, f"{tag}-{one}", f"{one}-{tag}", f"{one}-{tag}*", f"{one}-{other}-{tag}", other + tag, f"{one}'{tag}")
    meant: dict[SymbolName, set[object]] = {}
    for text, operator in product(texts, ("StringEquals", "StringLike", "ArnLike", "StringEqualsIgnoreCase")):
        for subject, own_tag in product((AGENT, "aws:ResourceTag/t"), (None, "", "a", "a-b", "b*", "a', 'b")):
            found = conditioned({operator: {subject: text}}, tags=() if own_tag is None else (("t", own_tag),))
            relations = ask(found, key_target(found.keys[0]), [nobody()]).space.relations
            for symbol, relation in relations.items():
                views = str([(view.name, view.fixed) for view in relation.views])
                meant.setdefault(symbol, set()).add((views, relation.mode, relation.pieces, relation.wildcards))
    assert len(meant) > 50
    assert {symbol: found for symbol, found in meant.items() if len(found) > 1} == {}


def test_r1_grantees_that_are_not_settled_are_refused() -> None:
    found = estate(allow())
    for undecided in (replace(nobody(), grantees=AnyCaller()), replace(nobody(), retiring=AnyCaller())):
        with pytest.raises(AssertionError):
            ask(found, key_target(found.keys[0]), [undecided])
