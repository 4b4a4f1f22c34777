"""`data.aws_iam_policy_document` that is read during apply: what of it is recovered, and what stays open."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.inputs.plans import ACCOUNT, Json, Planned, caller_identity, constant, new_key, new_role, plan, refers
from tests.inputs.test_terraform_plan import PARTNER_ROLE, key_policy, load, only_key
from verifier.inputs.supplied import NOTHING_SUPPLIED
from verifier.inputs.terraform.computed_attributes import ComputedAttributes
from verifier.inputs.terraform.documents import laid_out
from verifier.inputs.terraform.plan import read_plan
from verifier.inputs.terraform.providers import Providers
from verifier.inputs.terraform.resolver import Resolver
from verifier.inputs.text.document_text import document_source
from verifier.inputs.text.nodes import Remarks, Scalar
from verifier.inputs.text.unknown import names_in
from verifier.model.estate import Estate
from verifier.syntax.diagnostic import InputError

APP = f"arn:aws:iam::{ACCOUNT}:role/app"
DOCUMENT = refers("data.aws_iam_policy_document.d.json")
ALL = {"Principal": "*", "Action": "kms:Decrypt", "Resource": "*"}


def statement(**members: Any) -> Json:
    """A `statement` block as a plan shows it."""
    empty: Json = dict.fromkeys(("not_actions", "not_resources")) | {
        "condition": [],
        "not_principals": [],
        "principals": [],
        "sid": None,
    }
    return {**empty, "effect": "Allow", "actions": ["kms:Decrypt"], "resources": ["*"], **members}


def aws(*identifiers: str | None) -> list[Json]:
    """`principals` of the type AWS."""
    return [{"type": "AWS", "identifiers": list(identifiers)}]


def data(
    statements: list[Json], unknown: list[Json], expressions: list[Json], name: str = "d", **values: Any
) -> Planned:
    """A data source that is read during apply."""
    usual = dict.fromkeys(("override_policy_documents", "policy_id", "source_policy_documents", "version"))
    flags = {"id": True, "json": True, "minified_json": True, "statement": unknown}
    return Planned(
        "aws_iam_policy_document",
        name,
        {**usual, "statement": statements, **values},
        flags,
        {"statement": expressions},
        data=True,
    )


def one(identifier: Json, *, flags: list[Any] | None = None, listed: tuple[str | None, ...] = (None,)) -> Planned:
    """A data source with one statement, whose principals are an expression."""
    flags = [True] if flags is None else flags
    block = {
        "principals": [{"type": constant("AWS"), "identifiers": identifier}],
        "actions": constant(["kms:Decrypt"]),
        "resources": constant(["*"]),
    }
    return data([statement(principals=aws(*listed))], [{"principals": [{"identifiers": flags}]}], [block])


def principals(estate: Estate) -> list[tuple[list[str], bool]]:
    """For each statement of the key policy its principals, and whether it is in doubt."""
    key = only_key(estate)
    assert key.policies is not None, key.unread
    return [([p.value for p in s.principals or ()], s.only_if is not None) for s in key.policies[0].statements]


def test_a_new_role_is_recovered_by_its_name(tmp_path: Path) -> None:
    estate = load(
        tmp_path, plan(caller_identity(), new_key("k", DOCUMENT), one(refers("aws_iam_role.app.arn")), new_role("app"))
    )
    assert principals(estate) == [([APP], False)]
    assert any(
        "aws_kms_key.k.policy is data.aws_iam_policy_document.d.json" in sentence
        for sentence in only_key(estate).supposed
    )


def test_what_nothing_tells_is_in_doubt_and_named(tmp_path: Path) -> None:
    estate = load(tmp_path, plan(caller_identity(), new_key("k", DOCUMENT), one(refers("terraform_data.x.output"))))
    assert principals(estate) == [(["*"], True)]
    (thing,) = estate.unmodelled
    assert thing.of_statement and "terraform_data.x.output (known after apply)" in thing.description
    assert not any("identifiers" in sentence for sentence in only_key(estate).supposed)


def test_what_is_known_beside_it_is_certain(tmp_path: Path) -> None:
    document = one(refers("terraform_data.x.output"), flags=[False, True], listed=(PARTNER_ROLE, None))
    estate = load(tmp_path, plan(caller_identity(), new_key("k", DOCUMENT), document))
    assert principals(estate) == [([PARTNER_ROLE], False), (["*"], True)]


def test_what_is_said_to_be_unknown_is_not_the_value_beside_it(tmp_path: Path) -> None:
    """`after_unknown` has `true` where a value is not known [Terraform: JSON Output Format, Change Representation]."""
    block = {"effect": constant("Allow"), "actions": constant(["kms:Decrypt"]), "resources": constant(["*"])}
    said = statement(principals=aws(PARTNER_ROLE))
    for flags, doubtful in (({}, False), ({"effect": True}, True)):
        estate = load(tmp_path, plan(caller_identity(), new_key("k", DOCUMENT), data([said], [flags], [block])))
        assert any(doubt for _, doubt in principals(estate)) is doubtful


def test_a_name_that_is_made_up_has_a_placeholder(tmp_path: Path) -> None:
    role = new_role("app", after={"name": None, "name_prefix": "app-"}, expressions={"name_prefix": constant("app-")})
    role.expressions.pop("name")
    role.unknown["name"] = True
    estate = load(tmp_path, plan(caller_identity(), new_key("k", DOCUMENT), one(refers("aws_iam_role.app.arn")), role))
    (((name,), doubt),) = principals(estate)
    assert name.startswith(f"{APP}-") and not doubt and [role.arn for role in estate.accounts[0].roles] == [name]


def test_of_a_name_with_a_prefix_that_is_not_known_the_account_is(tmp_path: Path) -> None:
    expressions = {"name_prefix": refers("terraform_data.x.output")}
    role = new_role("app", after={"name": None}, unknown={"name": True, "name_prefix": True}, expressions=expressions)
    role.expressions.pop("name")
    estate = load(tmp_path, plan(caller_identity(), new_key("k", DOCUMENT), one(refers("aws_iam_role.app.arn")), role))
    (found,) = (only_key(estate).policies or ())[0].statements
    (condition,) = found.conditions
    assert (str(condition.operator), condition.key.value) == ("ArnLike", "aws:PrincipalArn")
    assert condition.values[0].value.startswith(f"arn:aws:iam::{ACCOUNT}:role/*")
    assert found.only_if is not None and estate.accounts == ()


def test_a_truth_among_the_references_is_no_entry(tmp_path: Path) -> None:
    """`[aws_iam_role.app.arn, var.wide ? "${aws_iam_role.app.arn}/*" : "x"]`."""
    document = one(refers("aws_iam_role.app.arn", "var.wide"), flags=[True, True], listed=(None, None))
    made = plan(caller_identity(), new_key("k", DOCUMENT), document, new_role("app"), variables={"wide": True})
    assert principals(load(tmp_path, made)) == [(["*"], True)]


def test_several_unknown_entries_are_what_their_references_are(tmp_path: Path) -> None:
    document = one(refers("aws_iam_role.app.arn", "aws_iam_role.job.arn"), flags=[True, True], listed=(None, None))
    estate = load(tmp_path, plan(caller_identity(), new_key("k", DOCUMENT), document, new_role("app"), new_role("job")))
    assert principals(estate) == [([APP, f"arn:aws:iam::{ACCOUNT}:role/job"], False)]
    document = one(refers("aws_iam_role.app.arn", "local.more"), flags=[True], listed=(None,))
    assert principals(load(tmp_path, plan(caller_identity(), new_key("k", DOCUMENT), document, new_role("app")))) == [
        (["*"], True)
    ]


def test_an_expression_of_several_references_is_not_one_of_them(tmp_path: Path) -> None:
    key = new_key("k", refers("data.aws_iam_policy_document.d.json", "local.more"))
    assert (
        only_key(
            load(
                tmp_path,
                plan(caller_identity(), key, one(constant([PARTNER_ROLE]), flags=[False], listed=(PARTNER_ROLE,))),
            )
        ).policies
        is None
    )


def test_blocks_that_are_generated_make_expressions_ambiguous(tmp_path: Path) -> None:
    """The configuration lists one block, the plan two: nothing says which of them it is."""
    document = one(refers("aws_iam_role.app.arn"))
    assert document.after is not None
    document.after["statement"].append(statement(principals=aws(None), sid="Second"))
    document.unknown["statement"].append({"principals": [{"identifiers": [True]}]})
    estate = load(tmp_path, plan(caller_identity(), new_key("k", DOCUMENT), document, new_role("app")))
    assert principals(estate) == [(["*"], True), (["*"], True)]


def test_statements_that_are_not_known_at_all(tmp_path: Path) -> None:
    document = data([], [], [])
    document.unknown["statement"] = True
    assert only_key(load(tmp_path, plan(caller_identity(), new_key("k", DOCUMENT), document))).policies is None
    document.unknown["statement"] = [True]
    estate = load(tmp_path, plan(caller_identity(), new_key("k", DOCUMENT), document))
    found = (only_key(estate).policies or ())[0].statements
    assert [(s.effect.value, s.only_if is not None) for s in found] == [("Allow", True), ("Deny", True)]


def test_conditions_effects_and_variables(tmp_path: Path) -> None:
    condition = {"test": "StringEquals", "variable": "aws:PrincipalTag/team", "values": ["&{aws:username}"]}
    document = data(
        [
            statement(
                effect="Deny",
                principals=[{"type": "*", "identifiers": ["*"]}],
                condition=[condition],
                sid="Team",
                not_actions=["kms:List*"],
                actions=None,
            )
        ],
        [{}],
        [{}],
    )
    (found,) = (only_key(load(tmp_path, plan(caller_identity(), new_key("k", DOCUMENT), document))).policies or ())[
        0
    ].statements
    assert (found.effect.value, found.sid.value if found.sid else None, found.not_action) == ("Deny", "Team", True)
    assert found.principals is not None and found.principals[0].type.value == "*"
    assert found.conditions[0].values[0].value == "${aws:username}"


@pytest.mark.parametrize(
    "principals",
    [
        [{"type": "*", "identifiers": [PARTNER_ROLE]}],
        [{"type": "*", "identifiers": ["*"]}, {"type": "AWS", "identifiers": ["*"]}],
    ],
)
def test_only_a_star_alone_is_everybody(tmp_path: Path, principals: list[Any]) -> None:
    """The provider writes anything else of the type `*` as it is, and AWS knows no such type. [Terraform AWS provider:
    internal/service/iam/policy_model.go, MarshalJSON of principals; IAM: Grammar of the IAM JSON policy language]"""
    document = data([statement(effect="Deny", principals=principals)], [{}], [{}])
    with pytest.raises(InputError, match=r"unknown principal type `\*`"):
        load(tmp_path, plan(caller_identity(), new_key("k", DOCUMENT), document))


def test_a_condition_with_an_unknown_value(tmp_path: Path) -> None:
    condition = {"test": "StringEquals", "variable": "aws:PrincipalOrgID", "values": [None]}
    expressions = {
        "condition": [
            {
                "test": constant("StringEquals"),
                "variable": constant("aws:PrincipalOrgID"),
                "values": refers("aws_organizations_organization.o.id"),
            }
        ]
    }
    document = data(
        [statement(principals=aws("*"), condition=[condition])], [{"condition": [{"values": [True]}]}], [expressions]
    )
    estate = load(tmp_path, plan(caller_identity(), new_key("k", DOCUMENT), document))
    (found,) = (only_key(estate).policies or ())[0].statements
    assert found.only_if is not None and found.conditions == ()
    assert "aws_organizations_organization.o.id" in estate.unmodelled[0].description


def test_source_and_override_documents(tmp_path: Path) -> None:
    base = {
        "Version": "2012-10-17",
        "Statement": [{"Sid": "A", "Effect": "Allow", "Principal": "*", "Action": "kms:Encrypt", "Resource": "*"}],
    }
    over = {
        "Version": "2012-10-17",
        "Statement": [{"Sid": "B", "Effect": "Deny", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"}],
    }
    document = data(
        [statement(sid="B", principals=aws(None))],
        [{"principals": [{"identifiers": [True]}]}],
        [{"principals": [{"type": constant("AWS"), "identifiers": refers("aws_iam_role.app.arn")}]}],
        source_policy_documents=[json.dumps(base)],
        override_policy_documents=[json.dumps(over)],
    )
    estate = load(tmp_path, plan(caller_identity(), new_key("k", DOCUMENT), document, new_role("app")))
    found = (only_key(estate).policies or ())[0].statements
    assert [(s.sid.value if s.sid else None, s.effect.value) for s in found] == [("A", "Allow"), ("B", "Deny")]


def test_override_json_is_merged_last(tmp_path: Path) -> None:
    """It overrides `override_policy_documents` too. [Terraform AWS provider 4: aws_iam_policy_document]"""
    deny, allow = (
        json.dumps({"Version": "2012-10-17", "Statement": [{"Sid": "B", "Effect": effect, **ALL}]})
        for effect in ("Deny", "Allow")
    )
    document = data([], [], [], override_policy_documents=[deny], override_json=allow)
    estate = load(tmp_path, plan(caller_identity(), new_key("k", DOCUMENT), document))
    found = (only_key(estate).policies or ())[0].statements
    assert [(s.sid.value if s.sid else None, s.effect.value) for s in found] == [("B", "Allow")]


def sourced(condition: Json, *, of: str = "2012-10-17", **values: Any) -> Planned:
    """A data source with one source document, of one statement with a condition."""
    inner = {"Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*", "Condition": condition}
    return data([], [], [], source_policy_documents=[json.dumps({"Version": of, "Statement": [inner]})], **values)


@pytest.mark.parametrize("value", [111122223333, None])
def test_a_condition_of_a_source_document_that_the_provider_leaves_out_may_not_be_there(
    tmp_path: Path, value: Any
) -> None:
    """`policy_model.go`: of the conditions of such a document texts, truths and lists are read, and numbers are passed
    over."""
    document = sourced({"StringEquals": {"kms:CallerAccount": value, "kms:ViaService": "s3.us-west-2.amazonaws.com"}})
    estate = load(tmp_path, plan(caller_identity(), new_key("k", DOCUMENT), document))
    (found,) = (only_key(estate).policies or ())[0].statements
    assert found.only_if is not None and found.conditions == ()
    assert "leaves out what is neither text nor truth" in estate.unmodelled[0].description


def test_a_condition_of_a_source_document_that_the_provider_reads_is_there(tmp_path: Path) -> None:
    document = sourced({"Bool": {"aws:SecureTransport": True}, "StringEquals": {"kms:CallerAccount": ["111122223333"]}})
    (found,) = (only_key(load(tmp_path, plan(caller_identity(), new_key("k", DOCUMENT), document))).policies or ())[
        0
    ].statements
    assert found.only_if is None and len(found.conditions) == 2


def test_the_version_of_a_document_is_the_latest_of_those_that_it_is_made_of(tmp_path: Path) -> None:
    """`policy_model.go`: a document that is merged into another one upgrades its version (L1)."""
    condition = {"StringEquals": {"aws:PrincipalAccount": "${aws:ResourceAccount}"}}
    upgraded, kept = sourced(condition, version="2008-10-17"), sourced(condition, of="2008-10-17")
    for document, variables in ((upgraded, True), (kept, True), (data([], [], [], version="2008-10-17"), False)):
        document.after = {**(document.after or {}), "statement": [statement(principals=aws(None))]}
        document.unknown["statement"] = [{"principals": [{"identifiers": [True]}]}]
        document.expressions["statement"] = [
            {"principals": [{"type": constant("AWS"), "identifiers": refers("aws_iam_role.app.arn")}]}
        ]
        estate = load(tmp_path, plan(caller_identity(), new_key("k", DOCUMENT), document, new_role("app")))
        assert (only_key(estate).policies or ())[0].variables is variables


def test_a_source_document_that_is_not_known_leaves_all_open(tmp_path: Path) -> None:
    document = one(refers("aws_iam_role.app.arn"))
    document.unknown["source_policy_documents"] = [True]
    document.expressions["source_policy_documents"] = refers("local.base")
    assert (
        only_key(load(tmp_path, plan(caller_identity(), new_key("k", DOCUMENT), document, new_role("app")))).policies
        is None
    )


def test_a_document_that_is_made_from_another_deferred_one(tmp_path: Path) -> None:
    base = one(refers("aws_iam_role.app.arn"))
    base.name = "base"
    document = data([], [], [], source_policy_documents=[None])
    document.unknown["source_policy_documents"] = [True]
    document.expressions["source_policy_documents"] = refers("data.aws_iam_policy_document.base.json")
    estate = load(tmp_path, plan(caller_identity(), new_key("k", DOCUMENT), base, document, new_role("app")))
    assert principals(estate) == [([APP], False)]


def test_the_instance_with_the_same_key(tmp_path: Path) -> None:
    """`data.aws_iam_policy_document.d[each.key].json`: Terraform lists the resource and `each.key`."""
    resources: list[Planned] = [caller_identity(), new_role("app")]
    for index in ("a", "b"):
        document = one(refers("aws_iam_role.app.arn"))
        document.index = index
        resources += [
            document,
            new_key("k", {"references": ["data.aws_iam_policy_document.d", "each.key"]}, index=index),
        ]
    found = [
        [s.only_if is not None for s in (key.policies or ())[0].statements]
        for key in load(tmp_path, plan(*resources)).keys
    ]
    assert found == [[False], [False]]
    resources[3].expressions["policy"] = {"references": ["data.aws_iam_policy_document.d", "each.value"]}
    resources[5].expressions["policy"] = {"references": ["data.aws_iam_policy_document.d", "each.value"]}
    assert [key.policies for key in load(tmp_path, plan(*resources)).keys] == [None, None]


def test_places_are_lines_of_the_document_as_it_would_be_written(tmp_path: Path) -> None:
    estate = load(tmp_path, plan(caller_identity(), new_key("k", DOCUMENT), one(refers("terraform_data.x.output"))))
    (found,) = (only_key(estate).policies or ())[0].statements
    assert str(found.span).split("#")[1] == "data.aws_iam_policy_document.d.json:4:5"


def test_every_part_of_a_written_document_is_where_it_is_shown(tmp_path: Path) -> None:
    read = read_plan(
        "plan.json",
        plan(
            caller_identity(),
            new_key("k", DOCUMENT),
            one(refers("terraform_data.x.output"), flags=[False, True], listed=(PARTNER_ROLE, None)),
        ),
    )
    resolver = Resolver(read, ComputedAttributes(Providers(read, NOTHING_SUPPLIED)))
    (key,) = resolver.of_type("aws_kms_key")
    document = resolver.policy(key, "policy")
    assert document is not None and names_in([document]) == ("terraform_data.x.output (known after apply)",)
    text = document.source.text
    pending = [document]
    while pending:
        node = pending.pop()
        pending += [value for _, value in getattr(node, "pairs", [])] + [key for key, _ in getattr(node, "pairs", [])]
        pending += getattr(node, "items", [])
        if isinstance(node, Scalar):
            assert json.loads(text[node.start : node.end]) == node.text


def test_a_policy_on_one_line_is_laid_out_and_read_as_it_stands() -> None:
    text = json.dumps(key_policy(PARTNER_ROLE))
    source = laid_out("x", text)
    outer = source.root().text
    assert source.text == text and json.loads(outer) == json.loads(text) and outer.count("\n") > 10
    for at, character in enumerate(text):
        if not character.isspace():
            assert outer[source.root_offset(at)] == character
    assert source.root_offset(len(text)) == len(outer)
    assert document_source(Scalar(source, 0, 0, "{}", "string")).text == "{}"
    assert Remarks().errors == []
    assert laid_out("x", "{\n}").text == "{\n}" and laid_out("x", '{"a": "b').text == '{"a": "b'
