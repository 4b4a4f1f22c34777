"""The language of `.tf` files as Terraform means it, in plans with the files beside them: what is evaluated is what
Terraform makes of it, whatever becomes of the values that are known after apply, or it is in doubt. Each case cites the
page that decides it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.inputs.plans import Planned, caller_identity, new_key, new_role, plan, refers
from tests.inputs.test_terraform_files import APP, ROLE, a_statement, key, load, principals
from tests.inputs.test_terraform_plan import only_key
from verifier.inputs import load_estate

ROLE_ARN = "aws_iam_role.app.arn"
APP_ONLY, EVERYONE, DOUBT = [([APP], False)], [(["*"], False)], [(["*"], True)]


def of(
    folder: Path, principal: str, *names: str, more: str = "", declared: Any = None, **members: Any
) -> list[tuple[list[str], bool]]:
    """The principals of the only statement of a key policy with this principal, and whether they are in doubt."""
    text = ROLE + more + key(f'jsonencode({{ Version = "2012-10-17", Statement = [{a_statement(principal)}] }})')
    own = [ROLE_ARN] if ROLE_ARN in principal else []
    made = plan(caller_identity(), new_key("k", refers(*own, *names)), new_role("app"), ids(), **members)
    made["configuration"]["root_module"]["variables"] = declared or {}
    return [(sorted(listed), doubt) for listed, doubt in principals(only_key(load(folder, made, main=text)))]


def ids() -> Planned:
    """A data source that is read during apply, with a list of which nothing is known."""
    return Planned("aws_iam_roles", "found", {}, {"arns": True, "names": True, "id": True}, data=True)


def choice(condition: str) -> str:
    """A principal: everyone, or the role."""
    return f'{condition} ? "*" : {ROLE_ARN}'


# -- values --

VALUES = [
    ("Types and Values; Arithmetic and Logical Operators: `==` asks for the same type", choice('1 == "1"'), APP_ONLY),
    ("Arithmetic and Logical Operators: == is of the same value and type", choice('true == "true"'), APP_ONLY),
    ("Strings and Templates: a template of one interpolation is that value", choice('"${1}" == "1"'), APP_ONLY),
    (
        "Types and Values: a number is written in the shortest way",
        f'"{APP.removesuffix("app")}app${{1.0}}"',
        [([f"{APP}1"], False)],
    ),
    ("toset Function: duplicates are removed", choice('length(toset(["a", "a"])) == 2'), APP_ONLY),
    ("toset Function: a set has no order", choice('join("", toset(["b", "a"])) == "ba"'), APP_ONLY),
    (
        "for Expressions: of a set both symbols are the element",
        f'[for i, who in toset(["0"]) : i == 0 ? "*" : {ROLE_ARN}]',
        APP_ONLY,
    ),
    (
        "Types and Values: the type of a conditional is that of both",
        choice('join("", true ? ["b", "a"] : toset(["c"])) == "ba"'),
        DOUBT,
    ),
    ("Conditional Expressions: a number beside a text is a text", choice('(true ? 1 : "a") == 1'), DOUBT),
    ("coalesce Function: the arguments are converted to one type", choice('coalesce(1, "a") == 1'), DOUBT),
    ("tolist Function: elements of several types are converted to one", choice('tolist([1, "a"])[0] == 1'), DOUBT),
    (
        "Types and Values: of an attribute that is given twice the last counts",
        f'{{ a = "*", a = {ROLE_ARN} }}.a',
        APP_ONLY,
    ),
    ("flatten Function: a text is no list", f"flatten([jsonencode([{ROLE_ARN}, 1])])", DOUBT),
    (
        "length Function: of a text it is the number of characters",
        choice('length(jsonencode({ a = "x" })) == 1'),
        DOUBT,
    ),
    ("length Function: CR and LF are one character", choice('length("a\\r\\n") == 3'), DOUBT),
    ("element Function: an empty list is an error", f"try(element([], 0), {ROLE_ARN})", APP_ONLY),
    ("try Function: tostring of a list fails", f'try(tostring(["*"]), {ROLE_ARN})', DOUBT),
    ("try Function: of lists and texts that do not go together", f'try(tolist(["*", [1]]), {ROLE_ARN})', DOUBT),
    ("try Function: a name that is not there fails", f'try({{ a = "*" }}.b, {ROLE_ARN})', APP_ONLY),
    ("one Function (0.15): the only element", f"one([{ROLE_ARN}])", APP_ONLY),
    ("one Function (0.15): null of none", choice("one([]) != null"), APP_ONLY),
    ("one Function (0.15): an error of several", f'try(one(["*", "*"]), {ROLE_ARN})', APP_ONLY),
]


@pytest.mark.parametrize(("page", "principal", "found"), VALUES, ids=[page for page, _, _ in VALUES])
def test_values(tmp_path: Path, page: str, principal: str, found: Any) -> None:
    assert of(tmp_path, principal) == found


def test_a_text_that_python_hcl2_takes_for_a_longer_one_is_not_read(tmp_path: Path) -> None:
    """Strings and Templates: `$${` is a literal `${`; python-hcl2 reads on to the next brace, here over the end of the
    text."""
    more = f'locals {{\n  who = ["$${{", "*", "}}", {ROLE_ARN}]\n}}\n'  # `local.who[1]` is `"*"`
    made = plan(caller_identity(), new_key("k", refers("local.who")), new_role("app"))
    estate = load(
        tmp_path, made, main=ROLE + more + key(f"jsonencode({{ Statement = [{a_statement('local.who[1]')}] }})")
    )
    assert only_key(estate).policies is None and "cannot read this file" in estate.warnings[0].message


def test_a_fault_is_not_taken_for_a_text_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fault(text: str) -> None:
        raise RuntimeError(text)

    (tmp_path / "main.tf").write_text('resource "aws_kms_key" "k" {}\n', encoding="utf-8")
    monkeypatch.setattr("hcl2.parses_to_tree", fault)
    with pytest.raises(RuntimeError):
        load_estate([tmp_path])


# -- what is known after apply --

ARNS = "data.aws_iam_roles.found.arns"
PARTIAL = [
    ("a list that is not known may have any number of entries", f'concat({ARNS}, ["*", {ROLE_ARN}])', "local.all[1]"),
    ("and so may what is not empty of it", f'compact([{ARNS}, "*", {ROLE_ARN}])', "local.all[1]"),
    ("or flat", f'flatten([{ARNS}, "*", {ROLE_ARN}])', "local.all[1]"),
    ("two of a set may be the same", f'toset(["*", {ARNS}])', choice("length(local.all) == 2")),
    ("two lists may be one and a set", f'true ? ["*", {ROLE_ARN}] : {ARNS}', "local.all[0]"),
]


@pytest.mark.parametrize(("why", "all_", "principal"), PARTIAL, ids=[why for why, _, _ in PARTIAL])
def test_u3_positions_and_numbers_beside_what_is_not_known(tmp_path: Path, why: str, all_: str, principal: str) -> None:
    assert of(tmp_path, principal, "local.all", more=f"locals {{\n  all = {all_}\n}}\n") == DOUBT


# -- variables --

VARIABLES = [
    ("Type Constraints: a number for a text is converted", "type = string", {"v": 5}, choice("var.v == 5"), APP_ONLY),
    (
        "Type Constraints: a text for a number is converted",
        "type = number",
        {"v": "5"},
        choice('var.v == "5"'),
        APP_ONLY,
    ),
    (
        "Type Constraints: a list for a set has no duplicates",
        "type = set(string)",
        {"v": ["a", "a"]},
        choice("length(var.v) == 2"),
        APP_ONLY,
    ),
    (
        "Type Constraints: an object has the attributes of its type",
        "type = object({ a = string })",
        {"v": {"a": "x", "b": "*"}},
        choice("length(var.v) == 2"),
        APP_ONLY,
    ),
    (
        "Optional Object Type Attributes (1.3): the default of one that is missing",
        f'type = object({{ a = optional(string, "{APP}") }})',
        {"v": {}},
        'lookup(var.v, "a", "*")',
        APP_ONLY,
    ),
    (
        "Optional Object Type Attributes (1.3): null without a default",
        "type = object({ a = optional(string) })",
        {"v": {}},
        choice("length(var.v) == 0"),
        APP_ONLY,
    ),
    (
        "Terraform, commit c85ae29 (1.3): the default of one that is null",
        f'type = object({{ a = optional(string, "{APP}") }})',
        {"v": {"a": None}},
        'coalesce(var.v.a, "*")',
        APP_ONLY,
    ),
    (
        "Optional Object Type Attributes (1.3): in a list",
        f'type = list(object({{ a = optional(string, "{APP}") }}))',
        {"v": [{}]},
        '[for x in var.v : lookup(x, "a", "*")]',
        APP_ONLY,
    ),
    (
        "Input Variables (1.1): nullable = false takes the default for null",
        f'default = "{APP}"\n  nullable = false',
        {"v": None},
        'coalesce(var.v, "*")',
        APP_ONLY,
    ),
    ("Input Variables (1.1): null is null", f'default = "{APP}"', {"v": None}, 'coalesce(var.v, "*")', EVERYONE),
    (
        "Type Constraints: what a type is that is not read is not known",
        'type = "list"',
        {"v": ["a", "a"]},
        choice("length(var.v) == 2"),
        DOUBT,
    ),
]


@pytest.mark.parametrize(
    ("page", "declared", "given", "principal", "found"), VARIABLES, ids=[row[0] for row in VARIABLES]
)
def test_variables(tmp_path: Path, page: str, declared: str, given: dict[str, Any], principal: str, found: Any) -> None:
    more = f'variable "v" {{\n  {declared}\n}}\n'
    declaration = {"v": {"default": APP}} if "default" in declared else {"v": {}}
    assert of(tmp_path, principal, "var.v", more=more, declared=declaration, variables=given) == found


@pytest.mark.parametrize(
    ("value", "principal", "found"),
    [
        (5, choice("var.v == 5"), DOUBT),
        (["a", "a"], choice("length(var.v) == 2"), DOUBT),
        ({"a": "*"}, choice("length(var.v) == 1"), DOUBT),
        ({"a": APP}, "var.v.a", APP_ONLY),
    ],
)
def test_u3_a_variable_without_its_declaration_may_have_any_type(
    tmp_path: Path, value: Any, principal: str, found: Any
) -> None:
    assert of(tmp_path, principal, "var.v", variables={"v": value}) == found


# -- files --


def policy_of(*who: str) -> str:
    """A key policy for these."""
    listed = a_statement(f"[{', '.join(who)}]")
    return f'jsonencode({{ Version = "2012-10-17", Statement = [{listed}] }})'


def test_override_files_are_merged_last(tmp_path: Path) -> None:
    """Override Files: each in the order of their names, after all others; of a block only what they have."""
    made = plan(caller_identity(), new_key("k", refers(ROLE_ARN)), new_role("app"))
    base = ROLE + key(policy_of(ROLE_ARN, '"*"'))
    over = f'resource "aws_kms_key" "k" {{\n  policy = {policy_of(ROLE_ARN)}\n}}\n'
    files = {
        "policy": base,
        "override": over,
        "a_override": over.replace(f"[{ROLE_ARN}]", f'[{ROLE_ARN}, "444455556666"]'),
    }
    found = only_key(load(tmp_path, made, **files))
    assert principals(found) == APP_ONLY and found.name == "aws_kms_key.k" and "policy.tf" in str(found.span)


def test_override_files_merge_nested_blocks_locals_and_arguments(tmp_path: Path) -> None:
    child = 'variable "who" {}\n' + key(policy_of("var.who"), "this")
    call = 'module "key" {\n  source = "./modules/key"\n  who = "*"\n}\nlocals {\n  who = "*"\n}\n'
    over = 'module "key" {\n  who = local.who\n}\nlocals {\n  who = aws_iam_role.app.arn\n}\n'
    inner = new_key("this", refers("var.who"), module="module.key")
    calls = {
        "key": {
            "source": "./modules/key",
            "expressions": {"who": refers("local.who")},
            "module": {"variables": {"who": {}}},
        }
    }
    made = plan(caller_identity(), inner, new_role("app"), modules=calls)
    found = only_key(load(tmp_path, made, zz=ROLE + call, override=over, modules__key__main=child))
    assert principals(found) == APP_ONLY


@pytest.mark.parametrize("name", ["override.tf.json", "x_override.tf.json", "main.tofu", "other.tofu.json"])
def test_a_folder_with_files_that_may_take_the_place_of_others_is_not_read(tmp_path: Path, name: str) -> None:
    """Override Files; OpenTofu, Files and Configuration Structure: `.tofu` goes before `.tf`, and a plan does not tell
    whose it is."""
    made = plan(caller_identity(), new_key("k", refers(ROLE_ARN)), new_role("app"))
    other = {"resource": {"aws_kms_key": {"k": {"policy": "${aws_iam_role.app.arn}"}}}}
    (tmp_path / name).write_text(json.dumps(other), encoding="utf-8")
    estate = load(tmp_path, made, main=ROLE + key(policy_of(ROLE_ARN, '"*"')))
    (found,) = estate.keys
    assert found.policies is None and "plan.json#aws_kms_key.k" in str(found.span)
    assert [str(warning.span.file).rsplit("/", 1)[1] for warning in estate.warnings if warning.span] == [name]


TWICE = (
    'locals {\n  a = "x"\n}\n',
    'variable "a" {}\n',
    'output "a" {\n  value = "x"\n}\n',
    'data "aws_region" "a" {}\n',
    'provider "aws" {\n  alias = "a"\n}\n',
    'module "a" {\n  source = "./a"\n}\n',
)


@pytest.mark.parametrize("twice", TWICE)
@pytest.mark.parametrize(("file", "is_read"), [("zz", False), ("main", False), ("zz_override", True)])
def test_a_folder_that_declares_something_twice_is_not_read(
    tmp_path: Path, twice: str, file: str, is_read: bool
) -> None:
    """Terraform refuses it, except in override files; which of the two is meant nothing tells."""
    made = plan(caller_identity(), new_key("k", refers(ROLE_ARN)), new_role("app"))
    text = ROLE + key(policy_of(ROLE_ARN)) + twice
    estate = load(tmp_path, made, **({"main": text + twice} if file == "main" else {"main": text, file: twice}))
    assert (estate.keys[0].policies is not None) is is_read
    assert any(" is declared twice" in warning.message for warning in estate.warnings) is not is_read


def test_providers_with_aliases_and_blocks_of_other_local_values_are_read(tmp_path: Path) -> None:
    providers = 'provider "aws" {}\nprovider "aws" {\n  alias = "a"\n}\nlocals {\n  a = 1\n}\nlocals {\n  b = 1\n}\n'
    made = plan(caller_identity(), new_key("k", refers(ROLE_ARN)), new_role("app"))
    estate = load(tmp_path, made, main=ROLE + key(policy_of(ROLE_ARN)) + providers)
    assert estate.keys[0].policies is not None


def test_a_module_instance_that_is_not_there_has_no_outputs(tmp_path: Path) -> None:
    """Module Blocks, `count`: the plan makes none of it, so `try` takes the other. Nothing tells that, if the module
    has no resources."""
    call = 'module "m" {\n  source = "./modules/m"\n  count = 0\n}\n'
    output = {"outputs": {"who": {"expression": {"constant_value": "*"}}}}
    calls = {"m": {"source": "./modules/m", "count_expression": {"constant_value": 0}, "module": output}}
    text = ROLE + call + key(f"jsonencode({{ Statement = [{a_statement(f'try(module.m[0].who, {ROLE_ARN})')}] }})")
    made = plan(caller_identity(), new_key("k", refers("module.m[0].who", ROLE_ARN)), new_role("app"), modules=calls)
    found = only_key(load(tmp_path, made, main=text, modules__m__main='output "who" {\n  value = "*"\n}\n'))
    assert principals(found) == DOUBT
