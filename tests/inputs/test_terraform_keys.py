"""KMS resources of plans: keys, replicas, separate policies, grants, aliases, and what of them is known only after
apply."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.inputs.plans import ACCOUNT, Planned, caller_identity, constant, new_key, new_role, plan, refers
from tests.inputs.test_terraform_documents import one
from tests.inputs.test_terraform_plan import PARTNER_ROLE, existing, key_policy, load, only_key, refused
from verifier.model.estate import Estate, Key

OWN_ARN = f"arn:aws:kms:us-west-2:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def separate(key: str, policy: Any, name: str = "p", **members: Any) -> Planned:
    """An `aws_kms_key_policy` on a key of the plan, or on one with this ID."""
    known = not key.startswith("aws_kms")
    after = {"bypass_policy_lockout_safety_check": False, "policy": json.dumps(policy)} | (
        {"key_id": key} if known else {}
    )
    expressions = {
        "key_id": constant(key) if known else refers(f"{key}.key_id"),
        "policy": constant(json.dumps(policy)),
    }
    return Planned(
        "aws_kms_key_policy", name, after, {"id": True} | ({} if known else {"key_id": True}), expressions, **members
    )


def grant(key: str, name: str = "g", grantee: str | None = PARTNER_ROLE, **after: Any) -> Planned:
    """An `aws_kms_grant` on a key of the plan; without a grantee that is known, to a new role."""
    given = {
        "name": name,
        "operations": ["Decrypt"],
        "constraints": [],
        "retiring_principal": None,
        "grantee_principal": grantee,
        **after,
    }
    unknown = {"grant_id": True, "grant_token": True, "id": True, "key_id": True} | (
        {} if grantee else {"grantee_principal": True}
    )
    expressions = {
        "key_id": refers(f"{key}.key_id"),
        "grantee_principal": constant(grantee) if grantee else refers("aws_iam_role.app.arn"),
    }
    return Planned("aws_kms_grant", name, given, unknown, expressions)


def alias(key: str, label: str = "payments", **unknown: Any) -> Planned:
    """An `aws_kms_alias` of a key of the plan."""
    after = {} if unknown else {"name": f"alias/{label}", "name_prefix": ""}
    expressions = {"target_key_id": refers(f"{key}.key_id")} | (
        {"name_prefix": constant("alias/x")} if unknown else {"name": constant(label)}
    )
    return Planned(
        "aws_kms_alias", label, after, {"arn": True, "id": True, "target_key_id": True, **unknown}, expressions
    )


def named(estate: Estate, name: str) -> Key:
    """A key by its address."""
    return next(key for key in estate.keys if key.name == name)


def sids(key: Key) -> list[str | None]:
    """The `Sid`s of the key policy."""
    assert key.policies is not None
    return [s.sid.value if s.sid else None for s in key.policies[0].statements]


# -- policies --


def test_u3_a_key_without_a_policy_has_the_default_one(tmp_path: Path) -> None:
    assert sids(only_key(load(tmp_path, plan(caller_identity(), new_key("k"))))) == ["Enable IAM User Permissions"]


def test_u3_a_policy_that_is_null_or_empty_is_the_default_one(tmp_path: Path) -> None:
    for value in (None, ""):
        key = new_key("k", refers("var.policy"))
        assert sids(only_key(load(tmp_path, plan(caller_identity(), key, variables={"policy": value})))) == [
            "Enable IAM User Permissions"
        ]


def test_u3_a_policy_that_is_known_after_apply_is_not_known(tmp_path: Path) -> None:
    found = only_key(
        load(
            tmp_path,
            plan(caller_identity(), new_key("k", refers("aws_iam_role.app.arn", "local.team")), new_role("app")),
        )
    )
    assert found.policies is None
    assert found.unread == (
        "the policy of aws_kms_key.k is not known: it depends on aws_iam_role.app.arn (known after apply), "
        "local.team (known after apply)"
    )


def test_an_existing_key_whose_policy_the_state_lacks_is_not_known(tmp_path: Path) -> None:
    assert only_key(load(tmp_path, plan(caller_identity(), existing(new_key("k"))))).policies is None


def test_a_separate_policy_stands_for_the_keys_own(tmp_path: Path) -> None:
    for key in (new_key("k"), new_key("k", key_policy()), new_key("k", refers("local.x"))):
        assert sids(
            only_key(load(tmp_path, plan(caller_identity(), key, separate("aws_kms_key.k", key_policy(PARTNER_ROLE)))))
        ) == [
            None,
            "S0",
        ]


def test_a_separate_policy_finds_its_key_by_id_and_by_arn(tmp_path: Path) -> None:
    for identifier in (OWN_ARN, OWN_ARN.rsplit("/", 1)[1]):
        data = plan(
            caller_identity(), existing(new_key("k", key_policy())), separate(identifier, key_policy(PARTNER_ROLE))
        )
        assert sids(only_key(load(tmp_path, data))) == [None, "S0"]


def test_a_separate_policy_of_a_key_that_is_not_in_the_plan_is_all_that_is_known_of_it(tmp_path: Path) -> None:
    found = only_key(
        load(tmp_path, plan(caller_identity(), separate(OWN_ARN.rsplit("/", 1)[1], key_policy(PARTNER_ROLE))))
    )
    assert (found.arn, found.spec, found.grants) == (OWN_ARN, None, None)


def test_two_separate_policies_of_one_key_leave_it_open(tmp_path: Path) -> None:
    twice = [separate("aws_kms_key.k", key_policy(*who), name) for name, who in (("a", ()), ("b", (PARTNER_ROLE,)))]
    found = only_key(load(tmp_path, plan(caller_identity(), new_key("k"), *twice)))
    assert (
        found.policies is None
        and found.unread is not None
        and "which of aws_kms_key_policy.a and aws_kms_key_policy.b" in found.unread
    )


def test_a_separate_policy_of_a_key_that_is_not_known_may_be_that_of_any(tmp_path: Path) -> None:
    loose = separate("aws_kms_key.k", key_policy(PARTNER_ROLE))
    loose.expressions["key_id"] = refers("random_shuffle.which.result")
    estate = load(tmp_path, plan(caller_identity(), new_key("k"), new_key("l", key_policy()), loose))
    assert [key.policies for key in estate.keys] == [None, None]


def test_a_separate_policy_that_goes_leaves_the_default_one(tmp_path: Path) -> None:
    gone = Planned(
        "aws_kms_key_policy",
        "p",
        None,
        {},
        {},
        {"key_id": OWN_ARN.rsplit("/", 1)[1], "policy": json.dumps(key_policy(PARTNER_ROLE))},
    )
    kept = existing(new_key("k", key_policy(PARTNER_ROLE)))
    kept.expressions.pop("policy")
    assert sids(only_key(load(tmp_path, plan(caller_identity(), kept, gone)))) == ["Enable IAM User Permissions"]


def test_a_policy_through_modules_variables_and_outputs(tmp_path: Path) -> None:
    inner = new_key("this", refers("var.policy"), module="module.key")
    document = one(refers("aws_iam_role.app.arn"))
    modules = {
        "key": {"expressions": {"policy": refers("module.docs.text")}, "module": {"variables": {"policy": {}}}},
        "docs": {
            "expressions": {"given": refers("data.aws_iam_policy_document.d.json")},
            "module": {"outputs": {"text": {"expression": refers("var.given")}}},
        },
    }
    found = only_key(load(tmp_path, plan(caller_identity(), inner, document, new_role("app"), modules=modules)))
    assert [p.value for s in (found.policies or ())[0].statements for p in s.principals or ()] == [
        f"arn:aws:iam::{ACCOUNT}:role/app"
    ]
    modules["docs"]["expressions"] = {}
    assert (
        only_key(load(tmp_path, plan(caller_identity(), inner, document, new_role("app"), modules=modules))).unread
        is not None
    )


def test_what_refers_to_something_known_is_something_else(tmp_path: Path) -> None:
    """Were the policy what the variable is, the plan would know it."""
    key = new_key("k", refers("var.policy"))
    assert (
        only_key(load(tmp_path, plan(caller_identity(), key, variables={"policy": json.dumps(key_policy())}))).policies
        is None
    )


def test_what_refers_to_something_that_is_no_policy_is_something_else(tmp_path: Path) -> None:
    """`jsonencode({… aws_iam_role.app.arn …})` refers to the role alone."""
    assert (
        only_key(
            load(tmp_path, plan(caller_identity(), new_key("k", refers("aws_iam_role.app.arn")), new_role("app")))
        ).policies
        is None
    )


def test_references_that_go_round_are_not_known(tmp_path: Path) -> None:
    inner = new_key("this", refers("var.policy"), module="module.key")
    modules = {
        "key": {
            "expressions": {"policy": refers("module.key.policy")},
            "module": {"outputs": {"policy": {"expression": refers("var.policy")}}},
        }
    }
    assert only_key(load(tmp_path, plan(caller_identity(), inner, modules=modules))).policies is None


# -- keys --


def test_the_facts_of_a_new_key(tmp_path: Path) -> None:
    found = only_key(
        load(
            tmp_path,
            plan(caller_identity(), new_key("k", after={"tags": {"team": "pay"}, "tags_all": {"team": "pay"}})),
        )
    )
    assert (found.spec, found.usage, found.origin, found.multi_region) == (
        "SYMMETRIC_DEFAULT",
        "ENCRYPT_DECRYPT",
        "AWS_KMS",
        False,
    )
    assert (found.tags, found.grants, found.aliases) == ((("team", "pay"),), (), ())


def test_tags_that_are_not_known_are_free(tmp_path: Path) -> None:
    key = new_key(
        "k",
        unknown={"tags": {"id": True}},
        after={"tags": {"team": "pay"}},
        expressions={"tags": refers("random_id.x.hex")},
    )
    assert only_key(load(tmp_path, plan(caller_identity(), key))).tags is None


def test_whether_it_is_multi_region_may_be_free(tmp_path: Path) -> None:
    assert (
        only_key(
            load(
                tmp_path,
                plan(caller_identity(), new_key("k", expressions={"multi_region": refers("random_integer.x.result")})),
            )
        ).multi_region
        is None
    )
    found = only_key(
        load(
            tmp_path,
            plan(
                caller_identity(),
                new_key("k", after={"multi_region": True}, expressions={"multi_region": constant(True)}),
            ),
        )
    )
    assert (found.multi_region, found.multi_region_type) == (True, "PRIMARY") and "/mrk-" in found.arn


def test_an_external_key_and_key_stores(tmp_path: Path) -> None:
    external = Planned(
        "aws_kms_external_key",
        "e",
        {"enabled": True, "tags": None},
        {"arn": True, "id": True, "policy": True, "key_usage": True, "multi_region": True},
    )
    store = new_key("s", after={"custom_key_store_id": "cks-1"}, expressions={"custom_key_store_id": constant("cks-1")})
    estate = load(tmp_path, plan(caller_identity(), external, store))
    assert {key.name: key.origin for key in estate.keys} == {
        "aws_kms_external_key.e": "EXTERNAL",
        "aws_kms_key.s": "AWS_CLOUDHSM",
    }


STORE, EXTERNAL = ("custom_key_store_id", "cks-1"), ("xks_key_id", "key-1")


@pytest.mark.parametrize(
    ("values", "open_", "origin"),
    [
        ([("custom_key_store_id", ""), ("xks_key_id", "")], {}, "AWS_KMS"),
        ([STORE, ("xks_key_id", "")], {}, "AWS_CLOUDHSM"),
        ([STORE, EXTERNAL], {}, "EXTERNAL_KEY_STORE"),
        ([], {"custom_key_store_id": "var.a"}, None),
        ([STORE], {"xks_key_id": "var.a"}, None),
        ([], {"custom_key_store_id": "aws_kms_custom_key_store.s.id"}, "AWS_CLOUDHSM"),
    ],
)
def test_the_origin_of_a_key_is_told_by_what_is_set(
    tmp_path: Path, values: list[tuple[str, str]], open_: dict[str, str], origin: str | None
) -> None:
    """A state has an empty text where none is set; what a variable has that is not known may be null."""
    expressions = {name: refers(reference) for name, reference in open_.items()}
    key = new_key("k", after=dict(values), unknown=dict.fromkeys(open_, True), expressions=expressions)
    store = Planned("aws_kms_custom_key_store", "s", {"custom_key_store_name": "s"}, {"id": True})
    assert only_key(load(tmp_path, plan(caller_identity(), key, store))).origin == origin


def test_l9_a_replica_shares_its_primary_keys_id(tmp_path: Path) -> None:
    providers = {
        "aws": {"name": "aws", "expressions": {"region": constant("us-west-2")}},
        "aws.eu": {"name": "aws", "expressions": {"region": constant("eu-west-1")}},
    }
    primary = new_key("p", after={"multi_region": True}, expressions={"multi_region": constant(True)})
    replica = Planned(
        "aws_kms_replica_key",
        "r",
        {"enabled": True, "tags": None},
        {
            "arn": True,
            "key_id": True,
            "id": True,
            "policy": True,
            "primary_key_arn": True,
            "key_spec": True,
            "key_usage": True,
        },
        {"primary_key_arn": refers("aws_kms_key.p.arn")},
        provider="aws.eu",
    )
    estate = load(tmp_path, plan(caller_identity(), replica, primary, providers=providers))
    first, second = named(estate, "aws_kms_key.p"), named(estate, "aws_kms_replica_key.r")
    assert first.arn.rsplit("/", 1)[1] == second.arn.rsplit("/", 1)[1]
    assert (second.region, second.multi_region_type, second.spec) == ("eu-west-1", "REPLICA", "SYMMETRIC_DEFAULT")
    replica.expressions["primary_key_arn"] = refers("var.primary")
    (only,) = load(tmp_path, plan(caller_identity(), replica, providers=providers)).keys
    assert ":key/mrk-unknown-" in only.arn and (only.multi_region_type, only.spec) == ("REPLICA", None)


PROVIDERS = {
    "aws": {"name": "aws", "expressions": {"region": constant("us-west-2")}},
    "aws.eu": {"name": "aws", "expressions": {"region": constant("eu-west-1")}},
}


@pytest.mark.parametrize(
    ("named_key", "provider"),
    [("aws_kms_key.p", "aws.eu"), ("aws_kms_replica_key.r", "aws")],
)
def test_l9_the_id_of_a_primary_key_may_be_that_of_a_replica_whose_primary_key_is_not_known(
    tmp_path: Path, named_key: str, provider: str
) -> None:
    """Which of the two keys it is, the Region tells; which primary key the replica has, nothing."""
    primary = new_key("p", after={"multi_region": True}, expressions={"multi_region": constant(True)})
    unknown = dict.fromkeys(("arn", "key_id", "id", "policy", "primary_key_arn", "key_spec", "key_usage"), True)
    of = {"primary_key_arn": refers("local.primary")}
    replica = Planned("aws_kms_replica_key", "r", {"enabled": True, "tags": None}, unknown, of, provider="aws.eu")
    words = [grant(named_key), alias(named_key), separate(named_key, key_policy())]
    for word, of_keys in zip(words, ("grants", "aliases", "policies"), strict=True):
        word.provider = provider
        estate = load(tmp_path, plan(caller_identity(), primary, replica, word, providers=PROVIDERS))
        assert estate.unmodelled or any(getattr(key, of_keys) is None for key in estate.keys), word.type
        assert len(estate.keys) == 2


def test_the_id_of_a_key_names_another_one_in_another_region(tmp_path: Path) -> None:
    """What refers to a key by the own key has its ID, or its ARN: the plan does not tell."""
    granted = replace(grant("aws_kms_key.z"), index="a", provider="aws.eu")
    granted.expressions["key_id"] = {"references": ["aws_kms_key.z", "each.key"]}
    made = new_key("z", key_policy(), index="a")
    estate = load(tmp_path, plan(caller_identity(), made, granted, providers=PROVIDERS))
    assert only_key(estate).grants == () and len(estate.unmodelled) == 1


def test_keys_of_count_and_for_each_are_keys_of_their_own(tmp_path: Path) -> None:
    keys = [new_key("k", index=index) for index in (0, 1)] + [new_key("m", index=index) for index in ("eu", "us")]
    estate = load(tmp_path, plan(caller_identity(), *keys))
    assert [key.name for key in estate.keys] == [
        "aws_kms_key.k[0]",
        "aws_kms_key.k[1]",
        'aws_kms_key.m["eu"]',
        'aws_kms_key.m["us"]',
    ]
    assert len({key.arn for key in estate.keys}) == 4


# -- grants and aliases --


def test_g1_a_grant_is_on_the_key_that_it_refers_to(tmp_path: Path) -> None:
    estate = load(
        tmp_path,
        plan(
            caller_identity(),
            new_key("k"),
            new_key("l"),
            grant("aws_kms_key.k"),
            grant("aws_kms_key.k", "h", None),
            new_role("app"),
        ),
    )
    grants = named(estate, "aws_kms_key.k").grants
    assert grants is not None and [g.grantee.value for g in grants] == [
        PARTNER_ROLE,
        f"arn:aws:iam::{ACCOUNT}:role/app",
    ]
    assert [g.issuing_account for g in grants] == [ACCOUNT, ACCOUNT]
    assert named(estate, "aws_kms_key.l").grants == ()


@pytest.mark.parametrize("others", [[], [{"encryption_context_equals": None, "encryption_context_subset": {}}]])
def test_g3_constraints_of_a_grant(tmp_path: Path, others: list[Any]) -> None:
    """Of several blocks the empty ones say nothing. [Terraform AWS provider: internal/service/kms/grant.go]"""
    block = {"encryption_context_equals": {"a": "b"}, "encryption_context_subset": {}}
    made = grant("aws_kms_key.k", constraints=[block, *others])
    (found,) = only_key(load(tmp_path, plan(caller_identity(), new_key("k"), made))).grants or ()
    assert (found.context_equals, found.context_subset) == ((("a", "b"),), None)


@pytest.mark.parametrize("attribute", ["grantee_principal", "operations", "constraints"])
def test_g1_a_grant_with_an_unknown_value_may_allow(tmp_path: Path, attribute: str) -> None:
    one = grant("aws_kms_key.k")
    assert one.after is not None
    one.after.pop(attribute)
    one.unknown[attribute], one.expressions[attribute] = True, refers("terraform_data.x.output")
    estate = load(tmp_path, plan(caller_identity(), new_key("k"), one))
    (thing,) = estate.unmodelled
    assert only_key(estate).grants == ()
    assert (thing.label, thing.influence.value, thing.key) == ("G1", "may allow", only_key(estate).arn)
    assert "terraform_data.x.output (known after apply)" in thing.description


def test_g1_a_grant_on_a_key_that_is_not_known_may_be_on_any(tmp_path: Path) -> None:
    one = grant("aws_kms_key.k")
    one.expressions["key_id"] = refers("random_shuffle.which.result")
    (thing,) = load(tmp_path, plan(caller_identity(), new_key("k"), one)).unmodelled
    assert (thing.label, thing.key) == ("G1", None)


@pytest.mark.parametrize(
    ("references", "module", "on"),
    [
        (["aws_kms_key.z", "each.key"], "", "b"),
        (["aws_kms_key.z"], "", None),
        (["var.key", "var.key"], 'module.m["a"]', "a"),
        (["var.key", "var.key"], "module.m", None),
        (["var.keys", "each.key"], 'module.m["a"]', None),
    ],
)
def test_a_grant_goes_by_its_own_key_or_by_that_of_the_call(
    tmp_path: Path, references: list[str], module: str, on: str | None
) -> None:
    """`values(aws_kms_key.z)[0]` goes by none, and what is given to a module by the key of its instance."""
    granted = replace(grant("aws_kms_key.z"), index="b", module=module)
    granted.expressions["key_id"] = {"references": references}
    given = {"key": {"references": ["aws_kms_key.z", "each.key"]}, "keys": {"references": ["aws_kms_key.z"]}}
    modules = {"m": {"expressions": given, "module": {"variables": {"key": {}, "keys": {}}}}}
    keys = [new_key("z", key_policy(), index=index) for index in ("a", "b")]
    estate = load(tmp_path, plan(caller_identity(), *keys, granted, modules=modules))
    assert [key.name for key in estate.keys if key.grants] == ([] if on is None else [f'aws_kms_key.z["{on}"]'])
    assert bool(estate.unmodelled) is (on is None)
    supposed = [text for key in estate.keys for text in key.supposed if "nothing is done to that" in text]
    assert bool(supposed) is (on is not None)
    by_own_key = 'aws_kms_grant.g["b"].key_id is aws_kms_key.z["b"]'
    assert any(text.endswith(by_own_key) for text in supposed) is (on == "b")


def test_a_grant_on_a_key_elsewhere_is_told(tmp_path: Path) -> None:
    one = grant("aws_kms_key.k", key_id="99999999-12ab-34cd-56ef-1234567890ab")
    one.unknown.pop("key_id")
    estate = load(tmp_path, plan(caller_identity(), new_key("k"), one))
    (warning,) = estate.warnings
    assert (
        "99999999-12ab-34cd-56ef-1234567890ab, is not in the input, so the grant changes nothing here"
        in warning.message
    )


def test_aliases(tmp_path: Path) -> None:
    assert only_key(load(tmp_path, plan(caller_identity(), new_key("k"), alias("aws_kms_key.k")))).aliases == (
        "alias/payments",
    )
    assert (
        only_key(load(tmp_path, plan(caller_identity(), new_key("k"), alias("aws_kms_key.k", name=True)))).aliases
        is None
    )


def test_an_alias_of_what_is_no_key_may_be_that_of_any(tmp_path: Path) -> None:
    """The ID of another resource may be that of a key."""
    other = alias("terraform_data.d")
    other.expressions["target_key_id"] = refers("terraform_data.d.id")
    made = Planned("terraform_data", "d", {}, {"id": True})
    assert only_key(load(tmp_path, plan(caller_identity(), new_key("k"), other, made))).aliases is None


def test_what_an_existing_key_is_not_given_is_free(tmp_path: Path) -> None:
    found = only_key(load(tmp_path, plan(caller_identity(), existing(new_key("k", key_policy())))))
    assert (found.grants, found.aliases) == (None, None)


# -- places --


def test_places_are_addresses_and_lines_of_the_policy(tmp_path: Path) -> None:
    found = only_key(load(tmp_path, plan(caller_identity(), new_key("k", key_policy(PARTNER_ROLE)))))
    assert found.policies is not None
    assert str(found.span).endswith("plan.json#aws_kms_key.k")
    assert [str(s.span).split("#")[1] for s in found.policies[0].statements] == [
        "aws_kms_key.k.policy:4:5",
        "aws_kms_key.k.policy:12:5",
    ]


def test_l4_an_error_in_a_policy_is_at_the_resource_with_an_excerpt(tmp_path: Path) -> None:
    policy = key_policy()
    policy["Statement"][0]["Condition"] = {"StringEqual": {"kms:ViaService": "x"}}
    (error,) = refused(tmp_path, plan(caller_identity(), new_key("k", policy)))
    assert error.rule == "L4" and "#aws_kms_key.k.policy:12:" in str(error.span)
    assert error.line_text is not None and '"StringEqual"' in error.line_text
