"""A folder of `.tf` files without a plan: what it says is what its plan says, or is not known."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import verifier
from tests.inputs.console import needs_terraform, real_plan
from tests.inputs.hcl_modules import folder_outputs
from tests.inputs.plans import ACCOUNT, Planned, new_key, plan, refers
from verifier.inputs import load_estate
from verifier.inputs.own_region import OpenPlaceError
from verifier.inputs.snapshot.parts import Parts
from verifier.inputs.supplied import Supplied
from verifier.inputs.terraform.folder import read_folder
from verifier.inputs.text.files import Files
from verifier.inputs.text.nodes import Remarks
from verifier.inputs.text.unknown import UnknownNode
from verifier.language.invariants.files import read_invariants
from verifier.model.estate import Estate
from verifier.syntax.diagnostic import InputError, Severity
from verifier.syntax.source import Source, Span

EXAMPLE = Path(__file__).parents[2] / "examples" / "terraform"
OWN = f"arn:aws:iam::{ACCOUNT}:root"
OUTSIDER = "arn:aws:iam::444455556666:role/app"
OUTSIDE = 'account own = 111122223333\ninvariant "outsiders": no caller outside own can kms:Decrypt\n'


def written(folder: Path, **files: str) -> Path:
    """A folder with these files; `modules__key__main` is modules/key/main.tf, and a name with a dot stands as it is."""
    for name, text in files.items():
        path = folder / (name if "." in name else name.replace("__", "/") + ".tf")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def load(folder: Path, parameters: dict[str, str] | None = None, **files: Any) -> Estate:
    supplied = Supplied(account=ACCOUNT, region="us-west-2", parameters=parameters or {})
    return load_estate([written(folder, **files)], supplied=supplied)


def verdicts(estate: Estate, text: str = OUTSIDE) -> dict[str, str]:
    """The verdict on each key by its address."""
    found = verifier.prove(estate, read_invariants(Source("it.inv", text)).invariants).verdicts
    return {
        key.name or "": verdict.status.value for verdict in found for key in estate.keys if key.arn == verdict.target
    }


def key(principal: str, name: str = "k", more: str = "") -> str:
    """A key whose policy names a principal beside its own account."""
    own = f'{{ Effect = "Allow", Principal = {{ AWS = "{OWN}" }}, Action = "kms:*", Resource = "*" }}'
    other = f'{{ Effect = "Allow", Principal = {{ AWS = {principal} }}, Action = "kms:Decrypt", Resource = "*" }}'
    return (
        f'resource "aws_kms_key" "{name}" {{\n{more}  policy = jsonencode({{ Version = "2012-10-17", Statement = '
        f"[{own}, {other}] }})\n}}\n"
    )


def made(folder: Path, **files: str) -> tuple[set[str], set[str], list[str]]:
    """The addresses of what a folder makes, of what it may make, and of what is not read."""
    parts = Parts()
    plan, _ = read_folder(Remarks(), Files(), parts, written(folder, **files), Supplied())
    return (
        {found.address for found in plan.deeds},
        {found.address for found in plan.uncounted},
        [found.address for found in parts.unknown],
    )


# -- by plan and by folder --


def test_one_of_two_sets_of_texts_is_a_set_of_texts(tmp_path: Path) -> None:
    """So it is known how often a resource is made that goes over it, and whether it is."""
    for over, expected in (
        ('true ? toset(["a"]) : toset([])', {'aws_kms_key.k["a"]'}),
        ('false ? toset(["a"]) : toset([])', set()),
        ('false ? setsubtract(["a"], ["b"]) : []', set()),
    ):
        more = f"  for_each = {over}\n"
        assert made(tmp_path, main=key('"*"', more=more)) == (expected, set(), [])


def test_how_to_tell_the_account_is_said_by_what_the_provider_depends_on(tmp_path: Path) -> None:
    made = 'resource "aws_kms_key" "k" {\n  provider = aws.p\n}\nvariable "a" {\n}\n'
    made += 'resource "aws_kms_key" "other" {\n}\nprovider "aws" {\n  region = "us-west-2"\n}\n'
    role = '  assume_role {\n    role_arn = "arn:aws:iam::${var.a}:role/x"\n  }\n'
    provider = f'provider "aws" {{\n  alias = "p"\n  region = "us-west-2"\n{role}}}\n'
    for more, hint in (
        (provider, "--account 111122223333; the role that its provider assumes depends on var.a (no value: give --"),
        ("", "give it with --account 111122223333; if its provider is handed to this folder, check the folder that"),
        (provider.replace(role, '  profile = "x"\n'), "or add a data source aws_caller_identity"),
    ):
        with pytest.raises(InputError) as raised:
            load_estate([written(tmp_path, main=made + more)])
        assert any(hint in (found.hint or "") for found in raised.value.diagnostics)


def test_an_account_that_is_given_is_not_asked_for_again(tmp_path: Path) -> None:
    """It is that of one login, and the provider that is handed in may have another."""
    main = 'resource "aws_kms_key" "k" {\n}\nresource "aws_kms_key" "other" {\n  provider = aws.p\n}\n'
    with pytest.raises(InputError) as raised:
        load(tmp_path, main=main)
    hints = [found.hint or "" for found in raised.value.diagnostics]
    handed = "if its provider is handed to this folder, check the folder that hands it"
    assert hints == [f"give --parameter provider.aws.p.account=…; {handed}"]
    estate = load(tmp_path, {"provider.aws.p.account": "444455556666"}, main=main)
    assert {key.name: key.account for key in estate.keys} == {
        "aws_kms_key.k": ACCOUNT,
        "aws_kms_key.other": "444455556666",
    }


IN_OTHER_ACCOUNT = 'data "aws_caller_identity" "p" {\n  provider = aws.p\n}\n' + key(f'"{OWN}"', "own")
IN_OTHER_ACCOUNT += key('"arn:aws:iam::${data.aws_caller_identity.p.account_id}:root"', more="  provider = aws.p\n")


def test_a_parameter_tells_the_account_of_a_login(tmp_path: Path) -> None:
    """By the data source that asks for it, as a plan holds it."""
    estate = load(tmp_path, {"data.aws_caller_identity.p.account_id": "444455556666"}, main=IN_OTHER_ACCOUNT)
    assert {key.name: key.account for key in estate.keys} == {
        "aws_kms_key.k": "444455556666",
        "aws_kms_key.own": ACCOUNT,
    }
    assert verdicts(estate) == {"aws_kms_key.k": "refuted", "aws_kms_key.own": "proved"}


def test_a_parameter_overrides_nothing_that_a_provider_configuration_says(tmp_path: Path) -> None:
    main = key(f'"{OWN}"', more="  provider = aws.p\n")
    main += 'provider "aws" {\n  alias = "p"\n  region = "eu-west-1"\n  allowed_account_ids = ["555566667777"]\n}\n'
    told = {"provider.aws.p.account": "444455556666", "provider.aws.p.region": "eu-west-2"}
    (found,) = load(tmp_path, told, main=main).keys
    assert found.arn.startswith("arn:aws:kms:eu-west-1:555566667777:")


def test_parameters_tell_the_account_and_the_region_of_each_provider_that_is_handed_in(tmp_path: Path) -> None:
    """A module by itself, of a key and its replica: it is checked as it is."""
    main = key(f'"{OWN}"', more="  provider = aws.a\n  multi_region = true\n")
    main += (
        'resource "aws_kms_replica_key" "r" {\n  provider = aws.b\n  primary_key_arn = aws_kms_key.k.arn\n'
        f'  policy = jsonencode({{ Statement = {{ Effect = "Allow", Principal = {{ AWS = "{OWN}" }}, Action = "kms:*", '
        'Resource = "*" } })\n}\n'
    )
    told = {"provider.aws.a.account": ACCOUNT, "provider.aws.b.account": ACCOUNT}
    told |= {"provider.aws.a.region": "eu-west-1", "provider.aws.b.region": "eu-west-2"}
    estate = load(tmp_path, told, main=main)
    assert {found.name: found.arn.split(":")[3:5] for found in estate.keys} == {
        "aws_kms_key.k": ["eu-west-1", ACCOUNT],
        "aws_kms_replica_key.r": ["eu-west-2", ACCOUNT],
    }
    assert verdicts(estate) == {"aws_kms_key.k": "proved", "aws_kms_replica_key.r": "proved"}


@pytest.mark.parametrize("name", ["data.aws_caller_identity.p.account_id", "provider.aws.p.account"])
@pytest.mark.parametrize("text", ["44445555666", "the other", ""])
def test_what_tells_the_account_of_a_login_is_an_account(tmp_path: Path, name: str, text: str) -> None:
    with pytest.raises(InputError) as raised:
        load(tmp_path, {name: text}, main=IN_OTHER_ACCOUNT)
    assert f"`{text}` is no account" in str(raised.value)


def test_what_tells_the_region_of_a_login_is_a_region(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="`nowhere` is no region"):
        load(tmp_path, {"provider.aws.p.region": "nowhere"}, main=IN_OTHER_ACCOUNT)


@pytest.mark.parametrize(
    ("who", "given", "marked"),
    [
        ('["arn:aws:iam::${var.partner}:root"]', 'variable "partner" {\n  default = ""\n}\n', '"arn:aws:iam::${'),
        ("var.partner", 'variable "partner" {\n  type = list(string)\n  default = []\n}\n', "var.partner"),
    ],
)
def test_an_error_names_the_variables_that_have_their_defaults(
    tmp_path: Path, who: str, given: str, marked: str
) -> None:
    """At the place where the value is used; what is given by a file or an option is what the user means."""
    statement = (
        '  statement {\n    actions = ["kms:*"]\n    resources = ["*"]\n    principals {\n      type = "AWS"\n'
        f"      identifiers = {who}\n    }}\n  }}\n"
    )
    policy = 'resource "aws_kms_key" "k" {\n  policy = data.aws_iam_policy_document.d.json\n}\n'
    main = policy + document("d", more=statement) + given
    for folder, values, hint in (
        ("by_default", None, "by the default of var.partner; --parameter partner=… gives another value"),
        ("given", {"partner": "[]" if "list" in given else "x"}, None),
    ):
        with pytest.raises(InputError) as raised:
            load(tmp_path / folder, values, main=main)
        (found,) = raised.value.diagnostics
        assert found.hint == hint and found.span is not None and found.line_text is not None
        assert found.line_text[found.span.column - 1 :].startswith(marked)


def test_an_error_names_the_defaults_behind_local_values_and_calls_of_modules(tmp_path: Path) -> None:
    """What a call gives as it stands is nobody's default, nor is a default of the module itself, which no option
    gives."""
    given = 'variable "partner" {\n  default = ""\n}\n'
    local = "locals {\n  own = local.other\n  other = var.partner\n}\n"
    used = key('"arn:aws:iam::${var.theirs}:root"') + 'variable "theirs" {\n  default = ""\n}\n'
    call = 'module "m" {\n  source = "./m"\n  GIVEN\n}\n'
    hint = "by the default of var.partner; --parameter partner=… gives another value"
    for name, inner, outer, expected in (
        ("local", "", key('"arn:aws:iam::${local.own}:root"') + local + given, hint),
        ("call", used, call.replace("GIVEN", "theirs = local.own") + local + given, hint),
        ("constant", used, call.replace("GIVEN", 'theirs = ""') + given, None),
        ("own", used, call.replace("GIVEN", "") + given, None),
    ):
        with pytest.raises(InputError) as raised:
            load(tmp_path / name, None, main=outer, **({"m__main": inner} if inner else {}))
        assert [found.hint for found in raised.value.diagnostics] == [expected]


def test_defaults_are_found_behind_however_many_local_values(tmp_path: Path) -> None:
    locals_ = "locals {\n" + "".join(f"  l{n} = local.l{n + 1}\n" for n in range(2000)) + "  l2000 = var.a\n}\n"
    policy = 'resource "aws_kms_key_policy" "p" {  # local.l0\n  key_id = "none!"\n  policy = "{}"\n}\n'
    with pytest.raises(InputError) as raised:
        load(tmp_path, main=policy + locals_ + 'variable "a" {\n  default = ""\n}\n')
    assert raised.value.diagnostics[0].hint == "by the default of var.a; --parameter a=… gives another value"


@pytest.mark.parametrize(
    ("first", "second", "ignored", "known"),
    [
        ("data.aws_iam_policy_document.d.json", "data.aws_iam_policy_document.d.json", "", True),
        ("local.of[0]", "local.of[0]", "", True),
        ("data.aws_iam_policy_document.d.json", "local.of[0]", "", False),
        ("data.aws_iam_policy_document.d.json", "data.aws_iam_policy_document.e.json", "", False),
        (
            "data.aws_iam_policy_document.d.json",
            "data.aws_iam_policy_document.d.json",
            "ignore_changes = [policy]",
            False,
        ),
    ],
)
def test_two_that_write_one_reference_write_the_same(
    tmp_path: Path, first: str, second: str, ignored: str, known: bool
) -> None:
    """Whatever is not known in it, and whichever of them comes last."""
    statement = (
        '  statement {\n    actions = ["kms:*"]\n    resources = ["*"]\n    principals {\n      type = "AWS"\n'
        "      identifiers = [var.who]\n    }\n  }\n"
    )
    main = (
        document("d", more=statement)
        + document("e", more=statement)
        + "locals {\n  of = [data.aws_iam_policy_document.d.json]\n}\n"
        + 'variable "who" {\n}\n'
        + f'resource "aws_kms_key" "k" {{\n  policy = {first}\n}}\n'
        + f'resource "aws_kms_key_policy" "k" {{\n  key_id = aws_kms_key.k.id\n  policy = {second}\n'
        + f"  lifecycle {{\n    {ignored}\n  }}\n}}\n"
    )
    (key,) = load(tmp_path, main=main).keys
    assert (key.policies is not None) is known


@pytest.mark.parametrize(
    ("roles", "told"),
    [
        ("[aws_iam_role.r.name]", True),
        ("[(aws_iam_role.r.name), # the only one\n]", True),
        ('["${aws_iam_role.r.name}"]', True),
        ('["${aws_iam_role.r.name}-"]', False),
        ("[aws_iam_role.r.name, aws_iam_role.r.id]", False),
        ("[lower(aws_iam_role.r.name)]", False),
        ("[random_pet.p.id]", False),
    ],
)
def test_the_only_role_of_a_list_is_the_one_that_it_refers_to(tmp_path: Path, roles: str, told: bool) -> None:
    """By whatever name: nobody else may have what is attached to it."""
    service = '{ Service = "ec2.amazonaws.com" }'
    trust = f'{{ Statement = [{{ Effect = "Allow", Principal = {service}, Action = "sts:AssumeRole" }}] }}'
    main = (
        key('"*"')
        + 'resource "random_pet" "p" {\n}\n'
        + f'resource "aws_iam_role" "r" {{\n  name = random_pet.p.id\n  assume_role_policy = jsonencode({trust})\n}}\n'
        + 'resource "aws_iam_policy_attachment" "a" {\n  name = "a"\n  policy_arn = "arn:aws:iam::aws:policy/A"\n'
        + f"  roles = {roles}\n}}\n"
    )
    found = [
        thing.description for thing in load(tmp_path, main=main).unmodelled if "attached to a role" in thing.description
    ]
    assert bool(found) is not told


@pytest.mark.parametrize(
    ("constraint", "default", "who", "expected"),
    [
        ("list", f'["{OUTSIDER}"]', "var.who", "refuted"),
        ("list", "[]", 'length(var.who) > 0 ? var.who : ["arn:aws:iam::111122223333:role/app"]', "proved"),
        ("map", f'{{ a = "{OUTSIDER}" }}', "values(var.who)", "refuted"),
        ("map", f'{{ a = "{OUTSIDER}", b = 1 }}', "var.who.a", "refuted"),
        ("list", f'["{OUTSIDER}", 1]', f'var.who[1] == "1" ? "{OUTSIDER}" : "{OWN}"', "unknown"),
        ("set", f'["{OUTSIDER}"]', "var.who", "unknown"),
    ],
)
def test_lists_and_maps_alone_are_of_any_type(
    tmp_path: Path, constraint: str, default: str, who: str, expected: str
) -> None:
    """As before Terraform 0.12; so are no sets. Their entries have one type, which a number may be converted to."""
    variable = f'variable "who" {{\n  type = {constraint}\n  default = {default}\n}}\n'
    assert verdicts(load(tmp_path, main=key(who) + variable))["aws_kms_key.k"] == expected


GRANTED = """
resource "aws_kms_grant" "g" {
  COUNT
  key_id            = KEY
  grantee_principal = "arn:aws:iam::444455556666:role/app"
  operations        = ["Decrypt"]
}
data "aws_ssm_parameter" "s" {
  name = "/s"
}
resource "aws_kms_key" "z" {
  COUNT
  description = data.aws_ssm_parameter.s.value
  tags        = { key = data.aws_ssm_parameter.s.value }
}
resource "aws_kms_replica_key" "r" {
  primary_key_arn = data.aws_ssm_parameter.s.value
}
resource "aws_db_instance" "d" {
  COUNT
}
"""


@pytest.mark.parametrize(
    ("named", "is_z"),
    [
        ("aws_kms_key.z.arn", True),
        ("aws_kms_key.z.key_id", True),
        ("aws_kms_key.z[each.key].id", True),
        ("aws_kms_key.z.description", False),
        ('aws_kms_key.z.tags["key"]', False),
        ("aws_kms_key.z[each.key].description", False),
        ("aws_kms_replica_key.r.primary_key_arn", False),
        ("aws_db_instance.d.kms_key_id", False),
    ],
)
def test_what_a_key_has_besides_is_not_the_key(tmp_path: Path, named: str, is_z: bool) -> None:
    """Its name is its ID or its ARN; any other attribute may name another key."""
    count = 'for_each = toset(["a"])' if "each" in named else ""
    estate = load(tmp_path, main=key(f'"{OWN}"') + GRANTED.replace("COUNT", count).replace("KEY", named))
    found = verdicts(estate)
    assert found["aws_kms_key.k"] == ("proved" if is_z else "unknown")
    assert not is_z or found['aws_kms_key.z["a"]' if count else "aws_kms_key.z"] == "refuted"


@pytest.mark.parametrize(("named", "given"), [("name", True), ("arn", True), ("description", False), ("tags", False)])
def test_what_a_role_has_besides_is_not_its_name(tmp_path: Path, named: str, given: bool) -> None:
    """What is attached by it may be anybody's."""
    trust = 'jsonencode({ Statement = [{ Effect = "Allow", Principal = "*", Action = "sts:AssumeRole" }] })'
    own = "random_pet.p.id"
    text = {"tags": "tags.role"}.get(named, named)
    estate = load(
        tmp_path,
        main=key('"*"')
        + 'resource "random_pet" "p" {\n}\n'
        + f'resource "aws_iam_role" "r" {{\n  name = {own}\n  description = {own}\n  tags = {{ role = {own} }}\n'
        + f"  assume_role_policy = {trust}\n}}\n"
        + f'resource "aws_iam_role_policy" "p" {{\n  role = aws_iam_role.r.{text}\n  policy = {trust}\n}}\n',
    )
    assert any("attached to a role" in thing.description for thing in estate.unmodelled) is not given


def test_on_what_it_depends_how_often_a_thing_is_made_is_said(tmp_path: Path) -> None:
    inner = key('"*"') + 'resource "aws_kms_key_policy" "p" {\n  key_id = "x"\n  policy = "x"\n  COUNT\n}\n'
    call = 'module "m" {\n  source = "./m"\n  n = var.n\n  COUNT\n}\nvariable "n" {\n}\n'
    count, given = "count = var.n", "which depends on var.n (no value: give --parameter n=…)"
    for outer, own in ((count, ""), ("", count)):
        text = inner.replace("COUNT", own) + 'variable "n" {\n}\n'
        estate = load(tmp_path, main=call.replace("COUNT", outer), m__main=text)
        assert any(given in thing.description for thing in estate.unmodelled)


def test_what_a_call_depends_on_is_what_its_arguments_do(tmp_path: Path) -> None:
    """What is known of them is not named: the variable to give is."""
    local = 'locals {\n  own = "app"\n  other = var.other\n}\nvariable "other" {\n}\n'
    for call in (
        'format("arn:aws:iam::${local.other}:role/${local.own}")',
        'join("", [upper(local.other), local.own])',
    ):
        estate = load(tmp_path, main=key(call) + local)
        (said,) = (thing.description for thing in estate.unmodelled if "parts that are not known" in thing.description)
        assert "are not known: var.other (no value: give --parameter other=…)" in said and "local." not in said


def test_what_a_document_whose_statements_are_not_known_depends_on_is_a_variable(tmp_path: Path) -> None:
    allows = 'actions = ["kms:*"]\n  resources = ["*"]\n  principals {\n  type = "AWS"\n  identifiers = ["*"]\n  }\n'
    statement = f'statement {{\n  sid = "A"\n  {allows}}}\n'
    named = 'jsonencode({Statement = [{Sid = var.n, Effect = "Deny", Principal = "*", Action = "*", Resource = "*"}]})'
    for parts in (
        f"override_policy_documents = var.n\n  {statement}",
        f"source_policy_documents = [var.n]\n  {statement}",
        f"override_policy_documents = [{named}]\n  {statement}",
        f'dynamic "statement" {{\n  for_each = var.n\n  content {{\n  {allows}}}\n}}\n',
    ):
        document = f'variable "n" {{\n}}\ndata "aws_iam_policy_document" "d" {{\n  {parts}}}\n'
        text = document + 'resource "aws_kms_key" "k" {\n  policy = data.aws_iam_policy_document.d.json\n}\n'
        (found,) = verifier.prove(
            load(tmp_path, main=text), read_invariants(Source("it.inv", OUTSIDE)).invariants
        ).verdicts
        assert "it depends on var.n (no value: give --parameter n=…)" in str(found)


def test_the_example_is_what_its_plan_is(tmp_path: Path) -> None:
    """examples/terraform: but for the account, which only AWS tells, all of it is in the file. A key has two policies,
    which take each other's place when the folder is applied again."""
    shutil.copy(EXAMPLE / "main.tf", tmp_path)
    invariants = (EXAMPLE / "plan.inv").read_text(encoding="utf-8")
    by_plan, by_folder = load_estate([EXAMPLE / "plan.json"]), load(tmp_path)
    names = [line for line in invariants.splitlines() if line.startswith("invariant")]
    for name, rule in zip(names, [line for line in invariants.splitlines() if line.startswith("  ")], strict=True):
        text = f"account prod = {ACCOUNT}\n{name}\n{rule}\n"
        assert verdicts(by_folder, text) == verdicts(by_plan, text) | {"aws_kms_key.archive": "unknown"}


INSTANCES = {
    "main": """\
variable "names" { default = { b = "x", a = "y" } }
variable "makes" { type = bool }
locals { three = [1, 2, 3] }
data "terraform_remote_state" "counted" {
  count   = length(local.three)
  backend = "local"
  config  = { path = "none" }
}
data "terraform_remote_state" "each" {
  for_each = toset(["q", "p", "q"])
  backend  = "local"
  config   = { path = each.key }
}
data "terraform_remote_state" "none" {
  count   = var.makes ? 0 : 1
  backend = "local"
  config  = { path = "none" }
}
module "m" {
  source   = "./m"
  for_each = var.names
  name     = each.value
}
module "n" {
  source = "./m"
  count  = var.makes ? 2 : 0
  name   = "n${count.index}"
}
output "a" { value = module.m["a"].name }
output "n" { value = module.n[1].name }
""",
    "m__main": """\
variable "name" {}
data "terraform_remote_state" "inner" {
  count   = var.name == "x" ? 0 : 1
  backend = "local"
  config  = { path = var.name }
}
output "name" { value = "<${var.name}>" }
""",
    "terraform.tfvars": "makes = false\n",
    "z.auto.tfvars": "makes = true\n",
}
"""Of a provider that Terraform has built in."""


@needs_terraform
def test_instances_are_those_that_terraform_makes(tmp_path: Path) -> None:
    ours, uncounted, unread = made(tmp_path, **INSTANCES)
    (tmp_path / "m" / "none").touch()
    for name in ("none", "p", "q", "y", "n0", "n1"):
        state = {
            "version": 4,
            "terraform_version": "0.15.0",
            "serial": 1,
            "lineage": "x",
            "outputs": {},
            "resources": [],
        }
        (tmp_path / name).write_text(json.dumps(state), encoding="utf-8")
    plan, theirs = real_plan(tmp_path), set[str]()
    pending = [plan["prior_state"]["values"]["root_module"]]
    while pending:
        module = pending.pop()
        theirs |= {found["address"] for found in module.get("resources", ())}
        pending += module.get("child_modules", ())
    assert ours == theirs and len(ours) == 8 and not uncounted and not unread


# -- near misses: open to everybody, and not --

MODULE = 'variable "who" {}\n' + key("var.who") + 'output "arn" { value = aws_kms_key.k.arn }\n'
CALL = 'module "m" {\n  source = "./m"\n  who = "*"\n  COUNT\n}\n'
PEOPLE = 'variable "who" { default = { a = "arn:aws:iam::111122223333:role/a", b = "%s" } }\n'
ROLE = 'resource "aws_iam_role" "r" {\n  count = %s\n  name = "r"\n  assume_role_policy = file("trust.json")\n}\n'
INNER = 'module "m" {\n  source = "./m"\n  count  = %s\n}\n'
ARN = 'output "arn" { value = aws_iam_role.r[0].arn }\n'
EACH = PEOPLE + key("each.value", more="  for_each = var.who\n")
DOCUMENT = """\
variable "open" { default = %s }
resource "aws_kms_key" "k" { policy = data.aws_iam_policy_document.d.json }
data "aws_iam_policy_document" "d" {
  statement {
    actions   = ["kms:*"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::${data.aws_caller_identity.current.account_id}:root"]
    }
  }
  dynamic "statement" {
    for_each = var.open
    iterator = who
    content {
      actions   = ["kms:Decrypt"]
      resources = ["*"]
      principals {
        type        = "AWS"
        identifiers = [who.value]
      }
    }
  }
}
data "aws_caller_identity" "current" {}
"""


SEPARATE = f"""\
resource "aws_kms_key_policy" "p" {{
  key_id = aws_kms_key.k.key_id
  policy = jsonencode({{
    Version   = "2012-10-17"
    Statement = [{{ Effect = "Allow", Principal = {{ AWS = "{OWN}" }}, Action = "kms:*", Resource = "*" }}]
  }})
  lifecycle {{
    ignore_changes = [%s]
  }}
}}
"""


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"main": CALL.replace("COUNT", "count = 0") + key(f'"{OWN}"'), "m__main": MODULE},
            {"aws_kms_key.k": "proved"}),
        ({"main": CALL.replace("COUNT", "count = 1"), "m__main": MODULE}, {"module.m[0].aws_kms_key.k": "refuted"}),
        ({"main": CALL.replace("COUNT", "count = data.x.y.n"), "m__main": MODULE},
            {"module.m.aws_kms_key.k": "refuted"}),
        ({"main": CALL.replace("COUNT", ""), "m__main": MODULE}, {"module.m.aws_kms_key.k": "refuted"}),
        ({"main": EACH % "*"}, {'aws_kms_key.k["a"]': "proved", 'aws_kms_key.k["b"]': "refuted"}),
        ({"main": EACH % OWN}, {'aws_kms_key.k["a"]': "proved", 'aws_kms_key.k["b"]': "proved"}),
        ({"main": key("data.x.y.arn")}, {"aws_kms_key.k": "unknown"}),
        ({"main": 'variable "who" {}\n' + key("var.who")}, {"aws_kms_key.k": "unknown"}),
        ({"main": 'variable "who" {}\n' + key("var.who"), "terraform.tfvars": f'who = "{OWN}"'},
            {"aws_kms_key.k": "proved"}),
        ({"main": 'variable "who" {}\n' + key("var.who"), "terraform.tfvars.json": '{"who": "*"}'},
            {"aws_kms_key.k": "refuted"}),
        ({"main": ROLE % "0" + key(f'try(aws_iam_role.r[0].arn, "{OWN}")')}, {"aws_kms_key.k": "proved"}),
        ({"main": ROLE % "data.x.y.n" + key(f'try(aws_iam_role.r[0].arn, "{OWN}")')}, {"aws_kms_key.k": "unknown"}),
        ({"main": INNER % "data.x.y.n" + key(f'try(module.m[0].arn, "{OWN}")'), "m__main": ROLE % "0" + ARN},
            {"aws_kms_key.k": "unknown"}),
        ({"main": INNER % "1" + key(f'try(module.m[0].arn, "{OWN}")'), "m__main": ROLE % "1" + ARN},
            {"aws_kms_key.k": "proved"}),
        ({"main": key("aws_s3_bucket.b.owner") + 'resource "aws_s3_bucket" "b" {}\n'}, {"aws_kms_key.k": "unknown"}),
        ({"main": key(f'"{OWN}"', more="  lifecycle {\n    ignore_changes = [policy]\n  }\n")},
            {"aws_kms_key.k": "unknown"}),
        *(({"main": key(f'"{OWN}"', more=f"  lifecycle {{\n    ignore_changes = {ignored}\n  }}\n")},
            {"aws_kms_key.k": status}) for ignored, status in (
                ('["policy"]', "unknown"), ('["*"]', "unknown"), ("all", "unknown"), ('[tags["a"], policy]', "unknown"),
                ('["policy.x"]', "unknown"), ('["description"]', "proved"), ('[tags, description]', "proved"))),
        *(({"main": key(f'"{OWN}"', more=f"  lifecycle {{\n    {first}\n  }}\n"),
            "a_override": f'resource "aws_kms_key" "k" {{\n  lifecycle {{\n    {second}\n  }}\n}}\n'},
            {"aws_kms_key.k": "unknown"}) for first, second in (
                ("ignore_changes = [policy]", "prevent_destroy = true"), ("", "ignore_changes = [policy]"),
                ("ignore_changes = [policy]", "ignore_changes = []"))),
        *(({"main": 'resource "aws_kms_key" "k" {\n}\n' + SEPARATE % ignored},
            {"aws_kms_key.k": status}) for ignored, status in (
            ("key_id", "unknown"), ('"*"', "unknown"), ("bypass_policy_lockout_safety_check", "proved"))),
        ({"main": key(f'"{OWN}"'), "a_override": key('"*"')}, {"aws_kms_key.k": "refuted"}),
        ({"main": DOCUMENT % "[]"}, {"aws_kms_key.k": "proved"}),
        ({"main": DOCUMENT % '["*"]'}, {"aws_kms_key.k": "refuted"}),
        ({"main": DOCUMENT % "[]", "a_override": 'variable "open" { default = null }'}, {"aws_kms_key.k": "unknown"}),
    ],
)  # fmt: skip
def test_near_misses(tmp_path: Path, files: dict[str, Any], found: dict[str, str]) -> None:
    assert verdicts(load(tmp_path, **files)) == found


def test_blocks_that_are_perhaps_there(tmp_path: Path) -> None:
    """As modules write them: of `principals` and `not_principals` a statement has one, and `for` makes the keys of
    instances."""
    text = """\
variable "statements" {
  type    = list(object({ who = optional(list(string)), but = optional(list(string)) }))
  default = [{ who = ["%s"] }]
}
data "aws_iam_policy_document" "d" {
  dynamic "statement" {
    for_each = var.statements
    content {
      actions   = ["kms:*"]
      resources = ["*"]
      dynamic "principals" {
        for_each = statement.value.who != null ? [statement.value.who] : []
        content {
          type        = "AWS"
          identifiers = principals.value
        }
      }
      dynamic "not_principals" {
        for_each = statement.value.but != null ? [statement.value.but] : UNKNOWN
        content {
          type        = "AWS"
          identifiers = not_principals.value
        }
      }
    }
  }
}
resource "aws_kms_key" "k" {
  for_each = { for k, v in { a = 1, b = 2 } : k => v if v > 1 }
  policy   = data.aws_iam_policy_document.d.json
}
"""
    for number, (who, unknown, status) in enumerate(
        [(OWN, "[]", "proved"), ("*", "[]", "refuted"), (OWN, "data.x.y.z", "proved")]
    ):
        estate = load(tmp_path / str(number), main=(text % who).replace("UNKNOWN", unknown))
        assert verdicts(estate) == {'aws_kms_key.k["b"]': status}


def test_a_parameter_is_the_value_of_a_variable(tmp_path: Path) -> None:
    text = 'variable "who" {}\nvariable "n" {\n  type    = list(string)\n  default = []\n}\n' + key(
        "concat([var.who], var.n)"
    )
    assert verdicts(load(tmp_path, {"who": OWN}, main=text)) == {"aws_kms_key.k": "proved"}
    assert verdicts(load(tmp_path, {"who": OWN, "n": '["*"]'}, main=text)) == {"aws_kms_key.k": "refuted"}
    with pytest.raises(InputError, match="no parameter `whom`"):
        load(tmp_path, {"whom": OWN}, main=text)


# -- how often a thing is made --

MADE, OPEN = "  count = var.a ? 1 : 0\n", '"*"'
EACH_OPEN = "  for_each = var.b\n"
POLICY = 'resource "aws_kms_key_policy" "p" {{\n{}  key_id = aws_kms_key.k{}.id\n  policy = jsonencode({{}})\n}}\n'
GRANT = (
    'resource "aws_kms_grant" "g" {{\n{}  key_id = aws_kms_key.k[0].id\n  grantee_principal = "{}"\n  operations = '
    '["Decrypt"]\n}}\n'
)
MAY_BE = 'variable "a" {}\nvariable "b" {}\n'
OUTSIDER = "arn:aws:iam::444455556666:root"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (key(OPEN, more=MADE), "refuted"),
        (key(f'"{OWN}"', more=MADE), "proved"),
        (key(f'"{OWN}"', more="  count = var.a\n"), "proved"),
        (key(f'"{OWN}"', more=EACH_OPEN), "proved"),
        (key(f'"{OWN}"', more="  lifecycle {\n    enabled = var.a\n  }\n"), "proved"),
        (key("each.value", more=EACH_OPEN), "unknown"),
        (key('"arn:aws:iam::${each.key}:root"', more=EACH_OPEN), "unknown"),
        (key('"arn:aws:iam::${count.index}:root"', more=MADE), "unknown"),
        (key("[for x in [1, 2] : count.index]", more=MADE), "unknown"),
        # What may be about it may be about it.
        (key(f'"{OWN}"', more=MADE) + POLICY.format(MADE, "[0]"), "unknown"),
        (key(f'"{OWN}"', more=MADE) + POLICY.format("", "[0]"), "unknown"),
        (key(f'"{OWN}"', more=MADE) + POLICY.format("", ""), "unknown"),
        (key(f'"{OWN}"', more=MADE) + GRANT.format(MADE, OUTSIDER), "unknown"),
        (key(f'"{OWN}"', more=MADE) + GRANT.format("", OUTSIDER), "unknown"),
    ],
)
def test_each_instance_of_a_key_has_what_its_block_says(tmp_path: Path, text: str, found: str) -> None:
    """Whether there is one or not: what is not known is which, and what refers to one."""
    assert verdicts(load(tmp_path, main=text + MAY_BE)) == {"aws_kms_key.k": found}


def test_a_key_that_may_be_made_is_supposed_to_be(tmp_path: Path) -> None:
    estate = load(tmp_path, main=key(f'"{OWN}"', more=MADE) + MAY_BE)
    (verdict,) = verifier.prove(estate, read_invariants(Source("it.inv", OUTSIDE)).invariants).verdicts
    assert "aws_kms_key.k is made, though whether, or how often, is not known" in {
        found.text for found in verdict.assumptions
    }


IN_MODULE = 'module "m" {\n  source = "./m"\n  MORE\n  who = WHO\n}\n'
OF_CALL = 'variable "who" {}\nresource "aws_kms_key" "k" {\n  policy = data.aws_iam_policy_document.d.json\n}\n'
SAYS = """data "aws_iam_policy_document" "d" {
  MORE
  statement {
    actions   = ["kms:*"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = [var.who]
    }
  }
}
"""


@pytest.mark.parametrize(
    ("call", "who", "of_document", "found"),
    [
        ("count = var.a", f'"{OWN}"', "", "proved"),
        ("count = var.a", OPEN, "", "refuted"),
        ("for_each = var.b", "each.value", "", "unknown"),
        ("for_each = var.b", '"arn:aws:iam::${each.key}:root"', "", "unknown"),
        ("count = var.a", "count.index", "", "unknown"),
        ("count = var.a", f'"{OWN}"', "count = var.who", "unknown"),
        ("count = var.a", f'"{OWN}"', 'for_each = toset(["x", "y"])', "unknown"),
    ],
)
def test_so_has_one_in_a_module(tmp_path: Path, call: str, who: str, of_document: str, found: str) -> None:
    main = MAY_BE + IN_MODULE.replace("MORE", call).replace("WHO", who)
    estate = load(tmp_path, main=main, m__main=OF_CALL + SAYS.replace("MORE", of_document))
    assert verdicts(estate) == {"module.m.aws_kms_key.k": found}


@pytest.mark.parametrize(
    ("policy", "found"),
    [
        ("data.aws_iam_policy_document.d[0].json", "proved"),
        ("try(data.aws_iam_policy_document.d[0].json, data.aws_iam_policy_document.d[0].json)", "unknown"),
        ('try(data.aws_iam_policy_document.d[0].json, "")', "unknown"),
        ("try(local.d, null)", "proved"),  # only its own expression is tried
        ("try(data.aws_iam_policy_document.e.json, null)", "proved"),
        ("one(data.aws_iam_policy_document.d[*].json)", "unknown"),
        ("one(data.aws_iam_policy_document.d.*.json)", "unknown"),
        ('join("", data.aws_iam_policy_document.d[*].json)', "unknown"),
        ("element(data.aws_iam_policy_document.d[*].json, 0)", "unknown"),
        ("[for d in data.aws_iam_policy_document.d : d.json][0]", "unknown"),
        ("data.aws_iam_policy_document.d[1].json", "unknown"),
        ("data.aws_iam_policy_document.d[var.a].json", "unknown"),
        ("data.aws_iam_policy_document.d.json", "unknown"),
        ('length(data.aws_iam_policy_document.d) > 0 ? data.aws_iam_policy_document.d[0].json : ""', "unknown"),
        ('var.a ? data.aws_iam_policy_document.d[0].json : ""', "unknown"),
        ("true ? data.aws_iam_policy_document.d[0].json : null", "proved"),
    ],
)
@pytest.mark.parametrize("count", ["  count = var.a ? 1 : 0\n", "  count = var.a\n"])
def test_the_first_document_is_there_where_it_is_referred_to(
    tmp_path: Path, count: str, policy: str, found: str
) -> None:
    """Terraform does not make what refers to nothing, but for what `try` and splats leave out."""
    documents = SAYS.replace("MORE", count) + SAYS.replace("MORE", "").replace('"d"', '"e"')
    makes = f'resource "aws_kms_key" "k" {{\n{count}  policy = {policy}\n}}\n'
    others = (
        f'variable "who" {{\n  default = "{OWN}"\n}}\nlocals {{\n  d = data.aws_iam_policy_document.d[0].json\n}}\n'
    )
    assert verdicts(load(tmp_path, main=makes + documents + others + MAY_BE)) == {"aws_kms_key.k": found}


@pytest.mark.parametrize(
    ("meta", "policy", "found"),
    [
        ("lifecycle {\n    enabled = var.a\n  }", f"try(module.m.policy, {OPEN})", "unknown"),
        ("lifecycle {\n    enabled = var.a\n  }", "module.m.policy", "proved"),
        ("lifecycle {\n    prevent_destroy = true\n  }", f"try(module.m.policy, {OPEN})", "proved"),
    ],
)
def test_a_module_that_may_be_off_may_have_no_outputs(tmp_path: Path, meta: str, policy: str, found: str) -> None:
    document = SAYS.replace("MORE", "").replace("var.who", f'"{OWN}"')
    outputs = document + 'output "policy" {\n  value = data.aws_iam_policy_document.d.json\n}\n'
    makes = f'module "m" {{\n  source = "./m"\n  {meta}\n}}\nresource "aws_kms_key" "k" {{\n  policy = {policy}\n}}\n'
    assert verdicts(load(tmp_path, main=makes + MAY_BE, m__main=outputs)) == {"aws_kms_key.k": found}


@pytest.mark.parametrize(
    ("meta", "policy", "found"),
    [
        ('for_each = { a = "1", b = "2" }', 'module.m["b"].policy', "proved"),
        ("count = 2", "module.m[1].policy", "proved"),
        ("count = 2", "module.m[2].policy", "unknown"),  # Terraform does not make it
        ("count = var.a", "module.m[1].policy", "unknown"),
        ("count = 1", "one(module.m[*].policy)", "proved"),
        ("count = 2", "element(module.m.*.policy, 1)", "proved"),
        ("count = 2", "one(module.m[*].policy)", "unknown"),  # Terraform does not take it
        ("count = var.a", "one(module.m[*].policy)", "unknown"),
    ],
)
def test_an_instance_of_a_module_that_makes_nothing_has_outputs(
    tmp_path: Path, meta: str, policy: str, found: str
) -> None:
    policy_of_owner = f'{{ Effect = "Allow", Principal = {{ AWS = "{OWN}" }}, Action = "kms:*", Resource = "*" }}'
    outputs = (
        f'output "policy" {{\n  value = jsonencode({{ Version = "2012-10-17", Statement = [{policy_of_owner}] }})\n}}\n'
    )
    makes = f'module "m" {{\n  source = "./m"\n  {meta}\n}}\nresource "aws_kms_key" "k" {{\n  policy = {policy}\n}}\n'
    assert verdicts(load(tmp_path, main=makes + MAY_BE, m__main=outputs)) == {"aws_kms_key.k": found}


# -- what is not read is in doubt --

TIGHT = key(f'"{OWN}"')


@pytest.mark.parametrize(
    ("files", "address"),
    [
        ({"more": 'module "vpc" {\n  source = "terraform-aws-modules/vpc/aws"\n}\n'}, "module.vpc"),
        ({"more": 'module "out" {\n  source = "../other"\n}\n'}, "module.out"),
        ({"more": 'resource "aws_kms_key" {{{\n'}, "more.tf"),
        ({"more.tf.json": '{"resource": {}}'}, "more.tf.json"),
        ({"more": 'import {\n  to = aws_kms_key.k\n  id = "x"\n}\n'}, "import"),
        ({"more": 'import {\n  to = module.m["a"].module.n.aws_kms_key.k\n  id = "x"\n}\n'}, "import"),
        ({"more": 'import {\n  to = module.m[each.key].aws_instance.i\n  id = "x"\n  for_each = toset(["a"])\n}\n'},
            "import"),
        ({"more": 'removed {\n  from = aws_kms_key_policy.old\n}\n'}, "removed"),
        ({"more": 'removed {\n  from = module.old\n}\n'}, "removed"),
        ({"more": 'resource "aws_kms_key_policy" "p" {\n  count = data.x.y.n\n}\n'}, "aws_kms_key_policy.p"),
        ({"more": 'resource "aws_kms_grant" "g" {\n  for_each = toset([data.x.y.n])\n}\n'}, "aws_kms_grant.g"),
        ({"more": 'resource "null_resource" "n" {\n  provisioner "local-exec" {\n    command = "aws"\n  }\n}\n'},
            "null_resource.n"),
        ({"more": 'resource "aws_cloudformation_stack" "s" {\n  name = "s"\n}\n'}, "aws_cloudformation_stack.s"),
    ],
)  # fmt: skip
def test_what_is_not_read_is_in_doubt(tmp_path: Path, files: dict[str, Any], address: str) -> None:
    (tmp_path / "other").mkdir()
    estate = load(tmp_path / "own", main=TIGHT, **files)
    found = verifier.prove(
        estate, read_invariants(Source("it.inv", OUTSIDE.replace("Decrypt", "*"))).invariants
    ).verdicts
    # A stack may give a policy to callers of the account alone.
    assert [verdict.status.value for verdict in found] == ["proved" if "stack" in address else "unknown"]
    names = [thing.name for thing in estate.unmodelled]
    assert any(address in name for name in names), names


@pytest.mark.parametrize(
    ("repository", "limit"), [("own", "the git repository"), ("", "the folder, which is in no git repository")]
)
def test_what_is_outside_is_said_to_be(tmp_path: Path, repository: str, limit: str) -> None:
    """Links and modules that lead out of the git repository, or where there is none, out of the folder."""
    if repository:
        (tmp_path / repository / ".git").mkdir(parents=True)
    written(tmp_path / "other", main="")
    written(
        tmp_path / "own",
        main=TIGHT,
        more=(
            'module "m" {\n  source = "../other"\n}\nmodule "n" {\n  source = "../none"\n}\nmodule "o" {\n  source '
            '= "a/b/aws"\n}\n'
        ),
    )
    (tmp_path / "own" / "link.tf").symlink_to("../other/main.tf")
    estate = load(tmp_path / "own")
    said = " ".join(diagnostic.message for diagnostic in estate.warnings)
    assert f"module.m is not at hand (its source is ../other, outside of {limit})" in said
    assert f"link.tf is not read (it leads out of {limit})" in said
    assert "module.n is not at hand (its source is ../none)" in said
    assert "module.o is not at hand (its source is a/b/aws; `terraform init` fetches it)" in said


def test_modules_that_are_not_read_are_one_doubt_together(tmp_path: Path) -> None:
    """However many there are: whether any of them changes a key is all that a decision can turn on."""

    def unread(count: int) -> Estate:
        modules = "".join(f'module "m{number}" {{\n  source = "example.com/m"\n}}\n' for number in range(count))
        return load(tmp_path / f"of{count}", main=TIGHT, more=modules)

    one, many = unread(1), unread(50)
    assert len(many.unmodelled) == len(one.unmodelled)
    descriptions = [thing.description for thing in many.unmodelled]
    assert any(
        each.startswith("module.m0 ") and "; so may module.m1, module.m2, module.m3 …: " in each
        for each in descriptions
    )
    for estate in (one, many):
        found = verifier.prove(
            estate, read_invariants(Source("it.inv", OUTSIDE.replace("Decrypt", "*"))).invariants
        ).verdicts
        assert [verdict.status.value for verdict in found] == ["unknown"]


def test_what_only_refers_to_something_is_no_doubt(tmp_path: Path) -> None:
    more = (
        'moved {\n  from = aws_kms_key.a\n  to = aws_kms_key.k\n}\nterraform {\n  required_version = ">= '
        '1"\n}\ncheck "c" {}\nimport {\n  to = module.m["a"].module.n.aws_ebs_volume.v[0]\n  id = "x"\n}\nremoved {\n'
        "  from = module.m.aws_instance.i\n}\n"
    )
    assert made(tmp_path, main=TIGHT, more=more) == ({"aws_kms_key.k"}, set(), [])


# -- what makes a reader busy --


def test_cycles_and_depths_end(tmp_path: Path) -> None:
    loops = "locals {\n  a = local.b\n  b = [local.a, local.a]\n}\n" + key("local.a")
    assert verdicts(load(tmp_path / "locals", main=loops)) == {"aws_kms_key.k": "unknown"}
    deep = key("[" * 3_000 + '"*"' + "]" * 3_000)
    with pytest.raises(InputError, match="this value is not known"):
        load(tmp_path / "deep", main=deep)
    doubled = (
        'locals {\n  d0 = ["x"]\n'
        + "".join(f"  d{n + 1} = concat(local.d{n}, local.d{n})\n" for n in range(60))
        + "}\n"
    )
    assert verdicts(load(tmp_path / "doubled", main=doubled + key("local.d60"))) == {"aws_kms_key.k": "unknown"}
    with pytest.raises(InputError, match="calls itself"):
        load(tmp_path / "itself", main='module "m" {\n  source = "./"\n}\n')
    many = key('"*"', more="  count = 9999\n") + key('"*"', "l", more="  count = 9999\n")
    with pytest.raises(InputError, match="more than 10,000"):
        load(tmp_path / "many", main=many)
    blocks = 'resource "aws_kms_key" "k" {\n' + "a {\n" * 2_000 + "}\n" * 2_000 + "}\n"
    with pytest.raises(InputError, match="no key that is read, but may hold some"):
        load(tmp_path / "blocks", main=blocks)


def test_an_account_is_asked_for_with_what_is_not_read_and_may_have_told_it(tmp_path: Path) -> None:
    module = 'module "roles" {\n  source = "./roles"\n}\n'
    files = {"main": key("module.roles.arn") + module, "roles__main": 'output "arn" {\n  value = [\n}\n'}
    with pytest.raises(InputError) as error:
        load_estate([written(tmp_path, **files)])
    asked, unread = error.value.diagnostics
    assert asked.rule == "S4" and unread.severity is Severity.WARNING and error.value.asks
    assert unread.span is not None and (unread.span.file, unread.span.line) == (str(tmp_path / "roles/main.tf"), 3)
    (told,) = (one for one in load(tmp_path).warnings if "roles/main.tf" in str(one.span))
    assert "is not read" in told.message and "`terraform validate`" in (told.hint or "")


WHOLES = """
data "aws_caller_identity" "me" {}
resource "aws_iam_role" "one" {
  name               = "one"
  assume_role_policy = local.trust
}
resource "aws_iam_role" "each" {
  for_each           = toset(["a", "b"])
  name               = "each-${each.key}"
  assume_role_policy = local.trust
}
resource "aws_iam_role" "count" {
  count              = 2
  name               = "count-${count.index}"
  assume_role_policy = local.trust
}
locals {
  run   = { Effect = "Allow", Principal = { Service = "ec2.amazonaws.com" }, Action = "sts:AssumeRole" }
  trust = jsonencode({ Statement = local.run })
  me    = data.aws_caller_identity.me
  one   = aws_iam_role.one
  m     = module.m
}
module "teams" {
  for_each = toset(["x", "y"])
  source   = "./team"
  name     = each.key
}
module "pair" {
  count  = 2
  source = "./team"
  name   = count.index
}
module "m" {
  source = "./m"
  role   = aws_iam_role.one
  each   = aws_iam_role.each
}
"""
TEAM = """
variable "name" {}
resource "aws_iam_role" "team" {
  name               = "team-${var.name}"
  assume_role_policy = jsonencode({
    Statement = { Effect = "Allow", Principal = { Service = "ec2.amazonaws.com" }, Action = "sts:AssumeRole" }
  })
}
output "arn" { value = aws_iam_role.team.arn }
"""
WHOLES_BELOW = """
variable "role" {}
variable "each" { type = any }
data "aws_region" "r" {}
output "region" { value = data.aws_region.r }
output "role" { value = var.role }
output "arn" { value = var.role.arn }
output "each" { value = var.each }
"""


@pytest.mark.parametrize(
    ("principals", "names"),
    [
        ("local.one.arn", ["one"]),
        ("module.m.role.arn", ["one"]),
        ("module.m.arn", ["one"]),
        ('"arn:aws:iam::${local.me.account_id}:role/${module.m.region.name}"', ["us-west-2"]),
        ("[for role in aws_iam_role.each : role.arn]", ["each-a", "each-b"]),
        ("[for key, role in module.m.each : aws_iam_role.each[key].arn]", ["each-a", "each-b"]),
        ('module.m.each["b"].arn', ["each-b"]),
        ("values(aws_iam_role.each)[*].arn", ["each-a", "each-b"]),
        ("[for role in aws_iam_role.count : role.arn]", ["count-0", "count-1"]),
        ("aws_iam_role.count.*.arn", ["count-0", "count-1"]),
        ("[for one in [aws_iam_role.one] : one.arn]", ["one"]),
        ("[for name, team in module.teams : team.arn]", ["team-x", "team-y"]),
        ("values(module.teams)[*].arn", ["team-x", "team-y"]),
        ("[for pair in module.pair : pair.arn]", ["team-0", "team-1"]),
        ("local.m.arn", ["one"]),
    ],
)
def test_a_resource_as_a_whole_is_asked_for_its_parts(tmp_path: Path, principals: str, names: list[str]) -> None:
    estate = load(tmp_path, main=key(principals) + WHOLES, m__main=WHOLES_BELOW, team__main=TEAM)
    arns = [f"arn:aws:iam::{ACCOUNT}:role/{name}" for name in names]
    (_, statement) = (estate.keys[0].policies or ())[0].statements
    assert [one.value for one in statement.principals or ()] == arns and not estate.unmodelled


@pytest.mark.parametrize("principal", ["local.one", "local.one.nothing", "module.m.each[*].arn"])
def test_a_resource_as_a_whole_is_no_text(tmp_path: Path, principal: str) -> None:
    assert load(tmp_path, main=key(principal) + WHOLES, m__main=WHOLES_BELOW, team__main=TEAM).unmodelled


@pytest.mark.parametrize("how", ["for_each = var.open", "count = var.open", "for_each = toset(var.open)"])
@pytest.mark.parametrize("principals", ["[for team in module.teams : team.arn]", "values(module.teams)[*].arn"])
def test_of_instances_that_are_not_known_no_part_is(tmp_path: Path, how: str, principals: str) -> None:
    main = WHOLES.replace('for_each = toset(["x", "y"])\n  source', f"{how}\n  source") + 'variable "open" {}\n'
    assert main.count("var.open") == 1
    assert load(tmp_path, main=key(principals) + main, m__main=WHOLES_BELOW, team__main=TEAM).unmodelled


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("accounts: {partner: 012345678901}", "`012345678901` in a text (versions of YAML read it differently)"),
        ("acounts: {partner: 444455556666}", "local.config.accounts.partner (nothing of that name is there)"),
        ("accounts: [", "local.config (an expression that is not evaluated)"),
        ("accounts: {partner: !x a}", "local.config (an expression that is not evaluated)"),
    ],
)
def test_what_is_wrong_with_a_configuration_in_yaml_is_told(tmp_path: Path, written: str, said: str) -> None:
    main = key('"arn:aws:iam::${local.config.accounts.partner}:root"')
    main += 'locals {\n  config = yamldecode(file("${path.module}/config.yaml"))\n}\n'
    (tmp_path / "config.yaml").write_text(written, encoding="utf-8")
    (thing,) = load(tmp_path, main=main).unmodelled
    assert said in thing.description


CHAINED = """
resource "aws_kms_key_policy" "p" {
  for_each = aws_kms_key.k
  key_id   = each.value.id
  policy   = jsonencode({
    Statement = [
      { Effect = "Allow", Principal = { AWS = "arn:aws:iam::111122223333:root" }, Action = "kms:*", Resource = "*" },
      { Effect = "Allow", Principal = { AWS = each.key }, Action = "kms:Decrypt", Resource = "*" },
    ]
  })
}
resource "aws_kms_alias" "a" {
  count         = length(aws_kms_alias.b)
  name          = "alias/a-${count.index}"
  target_key_id = values(aws_kms_key.k)[count.index].key_id
}
resource "aws_kms_alias" "b" {
  for_each      = aws_kms_key.k
  name          = "alias/b-${each.key}"
  target_key_id = each.value.arn
}
resource "aws_kms_key" "k" { for_each = KEYS }
"""


def test_the_instances_of_one_resource_tell_those_of_another(tmp_path: Path) -> None:
    estate = load(tmp_path, main=CHAINED.replace("KEYS", 'toset(["444455556666", "111122223333"])'))
    assert verdicts(estate) == {
        'aws_kms_key.k["111122223333"]': "proved",
        'aws_kms_key.k["444455556666"]': "refuted",
    }
    assert [alias for key in estate.keys for alias in key.aliases or ()] == [
        *("alias/a-0", "alias/b-111122223333"),
        *("alias/a-1", "alias/b-444455556666"),
    ]


def test_so_they_do_not_where_they_are_not_known(tmp_path: Path) -> None:
    estate = load(tmp_path, main=CHAINED.replace("KEYS", "var.open") + 'variable "open" {}\n')
    assert verdicts(estate) == {"aws_kms_key.k": "unknown"}


def test_a_configuration_in_yaml_is_read_and_named_where_it_is_not_there(tmp_path: Path) -> None:
    principal = '"arn:aws:iam::${yamldecode(file("${path.root}/config.yaml")).accounts.partner}:root"'
    (thing,) = load(tmp_path, main=key(principal)).unmodelled
    assert 'file("path.root/config.yaml") (a file that is not read)' in thing.description
    (tmp_path / "config.yaml").write_text("accounts:\n  partner: 444455556666\n", encoding="utf-8")
    estate = load(tmp_path)
    assert not estate.unmodelled and verdicts(estate) == {"aws_kms_key.k": "refuted"}


def test_a_variable_that_no_file_declares_can_be_given_nevertheless(tmp_path: Path) -> None:
    """A misspelt name, or one that Terragrunt declares in a file that it writes."""
    (thing,) = load(tmp_path, main=key("var.partnr")).unmodelled
    asked = "var.partnr (no variable of that name is read: declare it, or give --parameter partnr=…)"
    assert asked in thing.description
    assert not load(tmp_path, parameters={"partnr": "444455556666"}).unmodelled
    with pytest.raises(InputError, match="no parameter `other`"):
        load(tmp_path, parameters={"other": "444455556666"})


def test_a_file_that_is_no_hcl_is_an_error_at_the_place_where_it_stops_to_be(tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        load(tmp_path, main='resource "aws_kms_key" "k" {\n  policy = "${a"\n}\n')
    (found,) = error.value.diagnostics
    assert found.span is not None and (found.span.line, found.span.column) == (2, 16)
    assert found.message.count("main.tf") == 1 and "`terraform validate`" in (found.hint or "")


# -- which folders are read so --


def test_a_plan_in_the_folder_counts(tmp_path: Path) -> None:
    shutil.copy(EXAMPLE / "plan.json", written(tmp_path, main=key('"*"')))
    assert "aws_kms_key.payments" in {key.name for key in load_estate([tmp_path]).keys}


def test_a_folder_does_not_stand_beside_a_snapshot(tmp_path: Path) -> None:
    (tmp_path / "accounts.json").write_text(
        '{"accounts": {"111122223333": {"authorization_details": {}}}}', encoding="utf-8"
    )
    with pytest.raises(InputError, match="cannot stand beside a snapshot"):
        load_estate([written(tmp_path / "infra", main=TIGHT), tmp_path / "accounts.json"])


FILES = {
    "main": (
        'output "a" { value = file("a.txt") }\n'
        'output "b" { value = templatefile("${path.module}/b.tpl", { x = "1", y = ["p"] }) }\n'
        'output "c" { value = module.m.c }\noutput "d" { value = file("${path.root}/a.txt") }\nmodule "m" {\n  '
        "source = "
        '"./m"\n}\n'
        'locals {\n  name = "b"\n}\n'
        'output "e" { value = templatefile("${path.module}/${local.name}.tpl", { x = "2", y = ["q"] }) }\n'
        'output "f" { value = [for n in ["a", "b"] : file("./${n}.${n == "a" ? "txt" : "tpl"}")][0] }\n'
        'output "g" { value = file("m/${"c"}.txt") }\n'
        'output "h" { value = templatefile("d.tpl", { x = true, y = ["p", "q"], z = { k = "v" } }) }\n'
        'output "i" { value = templatefile("d.tpl", { x = "false", y = toset(["q", "p"]), z = {} }) }\n'
    ),
    "m__main": 'output "c" { value = "${file("${path.module}/c.txt")}${file("a.txt")}" }\n',
    "a.txt": 'é "${x}" \\n\n',
    "b.tpl": "{\n  x = ${x}, $${y}, ${y[0]}\n\n}",
    "m/c.txt": "c\n",
    "d.tpl": (
        '[\n%{ for i, n in y ~}\n    ${i}${n}%{ if n == "p" },%{ endif }\n  %{~ endfor }\n'
        " %{ if x ~}  \n\n  a %{~ for k, n in z ~} ${k ~}\n = ${n} %{ endfor }%{ else } b\n%{~ endif ~}\n\n"
    ),
}


@needs_terraform
def test_files_are_read_as_terraform_reads_them(tmp_path: Path) -> None:
    found = folder_outputs(written(tmp_path, **FILES))
    theirs = real_plan(tmp_path)["planned_values"]["outputs"]
    assert {name: getattr(node, "text", None) for name, node in found.items()} == {
        name: told["value"] for name, told in theirs.items()
    }


def test_what_the_provider_of_templates_makes(tmp_path: Path) -> None:
    """[terraform-provider-template: template_file] Its variables are texts."""
    policy = (
        '{"Statement": [%{ if number == "1" }{"Effect": "Allow", "Principal": {"AWS": "${own}"}, "Action": "kms:*", '
        '"Resource": "*"}%{ endif }]}'
    )
    text = (
        'resource "aws_kms_key" "k" {\n  policy = data.template_file.p.rendered\n}\ndata "template_file" "p" {\n'
        f'  template = file("p.json")\n  vars = {{ own = "{OWN}", number = 1 }}\n}}\n'
    )
    written(tmp_path, **{"p.json": policy})
    assert verdicts(load(tmp_path, main=text)) == {"aws_kms_key.k": "proved"}
    counted = text.replace("p.rendered", "p[0].rendered").replace('"p" {\n', '"p" {\n  count = var.a\n')
    known = load(tmp_path, main=f'{counted}variable "a" {{\n}}\n')
    assert verdicts(known) == {"aws_kms_key.k": "proved"}
    for wrong in ("number = null", "number = [1]", "other = 1"):
        wrong = text.replace("number = 1", wrong)
        assert verdicts(load(tmp_path, main=wrong)) == {"aws_kms_key.k": "unknown"}
    given = {"data.template_file.p.rendered": '{"Statement": {"Effect": "Deny", "Principal": "*", "Action": "kms:*"}}'}
    assert verdicts(load(tmp_path, given, main=text)) == {"aws_kms_key.k": "proved"}


@pytest.mark.parametrize(
    "text",
    [
        "%{ if var.x }a%{ endif }",
        "%{ for x in var.x }a%{ endfor }",
        "%{ for x in toset([var.x, 1]) }a%{ endfor }",
        "%{ if true }a",
        "%{ if true }a%{ endfor }",
        "%{ endif }",
        "%{ if true }a%{ else }b%{ else }c%{ endif }",
        "%{ for x in [1] }a%{ else }b%{ endfor }",
        "%{ if true }%{ if(false) }a%{ endif }b%{ endif }",
        "%{ for x in [1] : x] == [for y in [2] }a%{ endfor }",
        "%{ if }a%{ endif }",
        "%{ }a",
        "%{ elif true }a",
        "%{ endif x }",
        "a% \n%{~ if true }b%{ endif }",
        "a$\t\n${~ 1 }",
        "%{ if true }" * 500 + "a" + "%{ endif }" * 500,
        "%{ for x in [1] }" * 500 + "a" + "%{ endfor }" * 500,
    ],
)
def test_directives_that_are_not_carried_out(tmp_path: Path, text: str) -> None:
    """Of what is not known, those that are none, and too many inside each other. Beside a sign and a blank Terraform's
    `~` takes less than elsewhere: it keeps the blank."""
    main = f'variable "x" {{\n}}\noutput "a" {{\n  value = <<EOT\n{text}\nEOT\n}}\n'
    (node,) = folder_outputs(written(tmp_path, main=main)).values()
    assert isinstance(node, UnknownNode)


@pytest.mark.parametrize(
    "path",
    [
        '"../out.txt"',
        '"/etc/passwd"',
        '"${path.module}../out.txt"',
        '"none.txt"',
        '"${var.x}/a.txt"',
        '"d.tpl"',
        '"~/a"',
        '"${path.cwd}/a.txt"',
        '"${path.module}/${path.module}/a.txt"',
        '"${path.module}${"/../out.txt"}"',
        '"${"/"}a.txt"',
        '"${path.module}/a.txt\\u0000"',
        '"${upper(path.module)}/a.txt"',
        "path.module",
    ],
)
def test_no_other_files_are_read(tmp_path: Path, path: str) -> None:
    (tmp_path / "out.txt").write_text("x", encoding="utf-8")
    text = f'output "a" {{ value = templatefile({path}, {{}}) }}\n'
    (node,) = folder_outputs(
        written(tmp_path / "own", **{"main": text, "a.txt": "x", "d.tpl": "${var.x}%{ if true }x%{ endif }"})
    ).values()
    assert isinstance(node, UnknownNode)


def test_inputs_in_the_folder_that_it_does_not_read_are_named(tmp_path: Path) -> None:
    text = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": {"Effect": "Allow", "Principal": {"AWS": OWN}, "Action": "kms:*", "Resource": "*"},
        }
    )
    read = 'resource "aws_kms_key" "k" {\n  policy = file("${path.module}/read.json")\n}\n'
    beside: dict[str, Any] = {"read.json": text, "other/left.json": text, "package.json": "{}"}
    estate = load(tmp_path, main=read, **beside)
    assert [one.message for one in estate.warnings if "does not read" in one.message] == [
        f"beside its .tf files this folder holds inputs that it does not read: {tmp_path}/other/left.json"
    ]


@pytest.mark.parametrize(("action", "is_open"), [('"sts:TagSession"', False), ("var.action", True)])
def test_f3_a_counterexample_says_where_its_tags_hang_on_a_trust_policy(
    tmp_path: Path, action: str, is_open: bool
) -> None:
    role = f"""
        variable "action" {{ type = string }}
        resource "aws_iam_role" "app" {{
          name = "app"
          assume_role_policy = jsonencode({{ Version = "2012-10-17", Statement = [{{
            Effect = "Allow", Principal = {{ AWS = "{OWN}" }}, Action = ["sts:AssumeRole", {action}] }}] }})
        }}
        resource "aws_kms_key" "k" {{
          policy = jsonencode({{ Version = "2012-10-17", Statement = [{{
            Effect = "Allow", Principal = {{ AWS = "arn:aws:iam::{ACCOUNT}:role/app" }}, Action = "kms:Decrypt"
            Resource = "*", Condition = {{ StringEquals = {{ "aws:PrincipalTag/t" = "red" }} }} }}] }})
        }}
    """
    text = f'account own = {ACCOUNT}\ninvariant "x": no role/app in own can kms:Decrypt'
    asked = read_invariants(Source("it.inv", text)).invariants
    (verdict,) = verifier.prove(load(tmp_path, main=role), asked).verdicts
    assert verdict.counterexample is not None
    said = [step.text for step in verdict.counterexample.decision.trace if step.rule == "F3"]
    assert [one.endswith("if what is not known of its trust policy lets it") for one in said] == [is_open]


@pytest.mark.parametrize("name", ["infra/main.tf", "infra/main.tofu", "infra/key.Template"])
def test_keys_below_the_folder_that_it_does_not_read_are_named(tmp_path: Path, name: str) -> None:
    """What makes keys for the configuration is read; what no call of a module names is another configuration."""
    folder, place = key(f'"{OWN}"', "other"), name if "Template" in name else "infra"
    template = json.dumps({"Resources": {"K": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {}}}}})
    call = 'module "m" {\n  source = "./m"\n}\n'
    beside: dict[str, Any] = {name: template if "Template" in name else folder, "m__main": key(f'"{OWN}"', "own")}
    estate = load(tmp_path, main=call, **beside)
    assert [one.message for one in estate.warnings if "does not read" in one.message] == [
        f"beside its .tf files this folder holds inputs that it does not read: {tmp_path}/{place}"
    ]
    assert [one.name for one in estate.keys] == ["module.m.aws_kms_key.own"]


def test_inputs_that_its_files_name_are_not_named(tmp_path: Path) -> None:
    """As a template that is read once its variables are known; but for one like it that is read."""
    text = json.dumps({"Statement": {"Effect": "Allow", "Principal": {"AWS": OWN}, "Action": "kms:*", "Resource": "*"}})
    read = 'policy = file("${path.module}/read.json")'
    named = 'policy = templatefile("${path.module}/${var.x}/named.json", {})'
    main = "".join(f'resource "aws_kms_key" "k{number}" {{ {one} }}\n' for number, one in enumerate((read, named)))
    beside: dict[str, Any] = {"read.json": text, "in/named.json": text, "in/read.json": text}
    estate = load(tmp_path, main=main, **beside)
    assert [one.message.split(": ")[1] for one in estate.warnings if "does not read" in one.message] == [
        f"{tmp_path}/in/read.json"
    ]


def test_a_place_in_a_module_is_a_path_without_steps_back_and_a_whole_block(tmp_path: Path) -> None:
    """A pull request shows a notice at such a place alone; where links lead elsewhere, the path stays as it is."""
    document = 'data "aws_iam_policy_document" "p" {\n  statement {\n    actions = ["kms:*"]\n    resources = ["*"]\n'
    document += f'    principals {{\n      type = "AWS"\n      identifiers = ["{OWN}"]\n    }}\n  }}\n}}\n'
    module = f'{document}resource "aws_kms_key" "k" {{ policy = data.aws_iam_policy_document.p.json }}\n'
    (tmp_path / ".git").mkdir()
    written(tmp_path, m__main=module, live__main='module "k" { source = "../m" }', deep__a__main="")

    def place(folder: Path) -> Span:
        ((policy,),) = (one.policies or () for one in load(folder).keys)
        return policy.statements[0].span

    assert place(tmp_path / "live") == Span(f"{tmp_path}/m/main.tf", 2, 3, 9, 4)
    (tmp_path / "link").symlink_to(tmp_path / "deep" / "a")
    written(tmp_path, link__main='module "k" { source = "../../m" }')
    assert place(tmp_path / "link").file == f"{tmp_path}/link/../../m/main.tf"


@pytest.mark.parametrize("role", ["one(aws_iam_role.r[*].id)", 'join("", aws_iam_role.r.*.id)'])
def test_the_id_of_a_role_is_its_name(tmp_path: Path, role: str) -> None:
    main = f"""
resource "aws_kms_key" "k" {{}}
resource "aws_iam_role" "r" {{
  count              = 1
  name               = "app"
  assume_role_policy = jsonencode({{ Statement = [{{
    Effect = "Allow", Action = "sts:AssumeRole", Principal = {{ Service = "ec2.amazonaws.com" }}
  }}] }})
}}
resource "aws_iam_role_policy" "p" {{
  role   = {role}
  name   = "p"
  policy = jsonencode({{ Statement = [{{ Effect = "Allow", Action = "kms:Decrypt", Resource = "*" }}] }})
}}
"""
    (account,) = load(tmp_path, main=main).accounts
    assert [(role.arn, [policy.name for policy in role.policies]) for role in account.roles] == [
        (f"arn:aws:iam::{ACCOUNT}:role/app", ["p"])
    ]


def test_what_a_module_reads_above_itself_is_read(tmp_path: Path) -> None:
    text = json.dumps({"Statement": {"Effect": "Allow", "Principal": {"AWS": OWN}, "Action": "kms:*", "Resource": "*"}})
    module = 'resource "aws_kms_key" "k" {\n  policy = file("${path.module}/../read.json")\n}\n'
    call = 'module "m" {\n  source = "./m"\n}\n'
    beside: dict[str, Any] = {"read.json": text}
    assert not load(tmp_path, main=call, m__main=module, **beside).warnings


_POLICY = json.dumps({"Statement": {"Effect": "Allow", "Principal": {"AWS": OWN}, "Action": "kms:*", "Resource": "*"}})


@pytest.mark.parametrize(
    ("files", "named"),
    [
        ({"infra__main": "", "old.template": "{}"}, "infra/main.tf, {}/old.template"),
        # the plan's own
        ({"main": key(f'"{OWN}"'), "infra__main": key(f'"{OWN}"'), "plan.json": json.dumps(plan(new_key("k")))}, None),
        ({"README.md": ""}, None),
    ],
)
def test_what_a_folder_of_policies_holds_besides_is_named(
    tmp_path: Path, files: dict[str, str], named: str | None
) -> None:
    beside: dict[str, Any] = {"policy.json": _POLICY, **files}
    found = [warning.message for warning in load(tmp_path, **beside).warnings]
    told = [message for message in found if "neither JSON nor YAML" in message]
    assert told == (
        []
        if named is None
        else [
            f"what is neither JSON nor YAML in this folder is not read ({tmp_path}/{named.format(tmp_path)}): no "
            "key in it is checked"
        ]
    )


def test_s1_keys_that_would_not_be_read_in_a_folder_of_policies_are_an_error(tmp_path: Path) -> None:
    """They would pass unseen: `.` of a repository is not all keys in it."""
    template = json.dumps({"Resources": {"K": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {}}}}})
    call = 'module "m" {{\n  source = "{}"\n}}\n'
    made = {"live__main": call.format("./m"), "live__m__main": key(f'"{OWN}"'), "key.template": template}
    made["live/policy.json"] = "{}"  # what is read beside them is not these
    fetched = {"more__main": call.format("terraform-aws-modules/kms/aws"), "none__main": call.format("../live/m/none")}
    folder = written(tmp_path, **{"policy.json": _POLICY, **made, **fetched})
    places = [folder / "key.template", folder / "live", folder / "more"]
    for named in range(len(places)):
        with pytest.raises(InputError) as error:
            load_estate([folder, *places[:named]], supplied=Supplied(account=ACCOUNT, region="us-west-2"))
        (found,) = error.value.diagnostics
        shown = ", ".join(map(str, places[named:]))
        assert found.message == f"keys may be made in {shown}, which are not read with this folder"
    assert len(load_estate([folder, *places], supplied=Supplied(account=ACCOUNT, region="us-west-2")).keys) == 3


BY_CLOUD_CONTROL = """
resource "aws_cloudcontrolapi_resource" "k" {
  type_name     = "AWS::KMS::Key"
  desired_state = "{}"
}
"""
BY_A_STACK = """
resource "aws_cloudformation_stack" "k" {
  template_body = jsonencode({ Resources = { K = { Type = "AWS::KMS::Key" } } })
}
"""
OF_TERRAGRUNT = 'terraform {\n  source = "tfr:///terraform-aws-modules/kms/aws?version=4.0.0"\n}\n'
IN_JSON = json.dumps({"resource": {"aws_kms_key": {"k": {}}}})
MODULE_IN_JSON = json.dumps({"module": {"m": {"source": "terraform-aws-modules/kms/aws"}}})
YAML_OF_KEYS = "Resources:\n  K:\n    Type: AWS::KMS::Key\n"


@pytest.mark.parametrize(
    ("name", "text", "place"),
    [
        ("infra/main.tofu", key(f'"{OWN}"'), "infra"),
        ("infra/main.tf", BY_CLOUD_CONTROL, "infra"),
        ("infra/main.tf", BY_A_STACK, "infra"),
        ("infra/key.Template", YAML_OF_KEYS, "infra/key.Template"),
        ("infra/key.template", YAML_OF_KEYS, "infra/key.template"),
        ("main.tofu", key(f'"{OWN}"'), "main.tofu"),
        ("live/terragrunt.hcl", OF_TERRAGRUNT, "live"),
        ("live/terragrunt.hcl", f"generate {{ contents = <<E\n{BY_CLOUD_CONTROL}\nE\n}}\n", "live"),
    ],
)
def test_s1_so_are_they_whatever_describes_them(tmp_path: Path, name: str, text: str, place: str) -> None:
    folder = written(tmp_path, **{"policy.json": _POLICY, name: text})
    with pytest.raises(InputError, match=f"keys may be made in {folder / place}, which are not read"):
        load_estate([folder], supplied=Supplied(account=ACCOUNT, region="us-west-2"))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("infra/key.yaml", YAML_OF_KEYS),
        ("infra/main.tf", key(f'"{OWN}"')),
        ("infra/main.tf.json", IN_JSON),
        ("infra/main.tofu.json", MODULE_IN_JSON),
    ],
)
def test_s1_so_are_those_beside_a_snapshot(tmp_path: Path, name: str, text: str) -> None:
    metadata = json.dumps({"KeyMetadata": {"Arn": f"arn:aws:kms:us-west-2:{ACCOUNT}:key/k"}})
    folder = written(tmp_path, **{"keys/k/metadata.json": metadata, "keys/k/policy.json": _POLICY})
    assert len(load_estate([folder]).keys) == 1
    with pytest.raises(InputError, match="which are not read with this folder"):
        load_estate([written(folder, **{name: text})])


@pytest.mark.parametrize("name", ["main.tf", "main.tofu"])
def test_s1_so_are_those_in_the_folder_of_a_snapshot_itself(tmp_path: Path, name: str) -> None:
    snapshot = json.dumps({"keys": [{"arn": f"arn:aws:kms:us-west-2:{ACCOUNT}:key/k", "policy": "default"}]})
    folder = written(tmp_path, **{"snapshot.json": snapshot, name: key(f'"{OWN}"')})
    with pytest.raises(InputError, match=f"keys may be made in {folder / name}, which are not read"):
        load_estate([folder])


@pytest.mark.parametrize("end", ["EOF", "EOF  ", "  EOF\t", "EOF  # no", "EOF \r"])
def test_a_heredoc_ends_at_its_marker_whatever_blanks_are_around_it(tmp_path: Path, end: str) -> None:
    """Terraform trims the line of the marker. What is no such line leaves the file unread, or is text, but no block is
    lost."""
    first = f'resource "aws_iam_policy" "p" {{\n  policy = <<EOF\n{{}}\n{end}\n}}\n'
    try:
        found = load(tmp_path, main=first + key('"*"', "open") + key(f'"{OWN}"', "good"))
    except InputError:
        assert end == "EOF  # no"
    else:
        assert len(found.keys) == 2


def test_a_marker_with_blanks_in_a_heredoc_of_another_marker_leaves_the_file_unread(tmp_path: Path) -> None:
    texts = "locals {\n  a = <<ONE\nTWO  \nONE\n  b = <<TWO\nx\nTWO\n}\n"
    with pytest.raises(InputError):
        load(tmp_path, main=texts + key(f'"{OWN}"'))


# -- what depends on the run --

BY_WORKSPACE = 'lookup({ default = "111122223333", prod = "444455556666" }, terraform.workspace)'


@pytest.mark.parametrize(
    ("principal", "parameters", "found"),
    [
        (BY_WORKSPACE, {}, "unknown"),
        (BY_WORKSPACE, {"terraform.workspace": "default"}, "proved"),
        (BY_WORKSPACE, {"terraform.workspace": "prod"}, "refuted"),
        ('basename(path.cwd) == "prod" ? "444455556666" : "111122223333"', {}, "unknown"),
        ('basename(path.cwd) == "prod" ? "444455556666" : "111122223333"', {"path.cwd": "/infra/prod"}, "refuted"),
    ],
)
def test_what_depends_on_the_run_is_supplied_or_not_known(
    tmp_path: Path, principal: str, parameters: dict[str, str], found: str
) -> None:
    """References to Named Values: the workspace that is selected, and the directory in which Terraform is run."""
    assert verdicts(load(tmp_path, parameters, main=key(principal))) == {"aws_kms_key.k": found}


def test_a_module_has_the_workspace_of_the_root_module(tmp_path: Path) -> None:
    estate = load(
        tmp_path,
        {"terraform.workspace": "prod"},
        main='module "m" { source = "./modules/m" }\n',
        modules__m__main=key(BY_WORKSPACE),
    )
    assert verdicts(estate) == {"module.m.aws_kms_key.k": "refuted"}


def test_a_file_of_variables_does_not_tell_the_workspace(tmp_path: Path) -> None:
    values: Any = {"terraform.tfvars.json": json.dumps({"terraform.workspace": "default"})}
    estate = load(tmp_path, main=key(BY_WORKSPACE), **values)
    assert verdicts(estate) == {"aws_kms_key.k": "unknown"}


@pytest.mark.parametrize(
    "test",
    [
        'startswith(data.aws_caller_identity.own.account_id, "0")',
        'startswith(data.aws_region.own.name, "us-east-1")',
        "element([true, false], data.aws_caller_identity.own.account_id)",
    ],
)
def test_no_function_looks_into_what_stands_for_the_own_place(tmp_path: Path, test: str) -> None:
    """S4: were the stand-in taken for the own account or Region, the partner would not be named in any place."""
    own = "data.aws_caller_identity.own.account_id"
    of_key = key(f'{test} ? {own} : "444455556666"').replace(f'"{OWN}"', own)
    data = 'data "aws_caller_identity" "own" {}\ndata "aws_region" "own" {}\n'
    try:
        found = load_estate([written(tmp_path, main=data + of_key)], supplied=Supplied())
    except InputError as error:
        assert {one.rule for one in error.diagnostics} == {"S4"}
    else:
        of_partner = 'account partner = 444455556666\ninvariant "partner": no caller in partner can kms:Decrypt\n'
        assert verdicts(found, of_partner) == {"aws_kms_key.k": "unknown"}


@pytest.mark.parametrize(
    ("principal", "found"),
    [
        ("data.aws_caller_identity.own.arn", "proved"),
        ("[local.me]", "proved"),
        ('"${data.aws_caller_identity.own.arn}"', "proved"),
        ('replace(data.aws_caller_identity.own.arn, ":user/", ":role/")', "unknown"),
        ("data.aws_caller_identity.own.user_id", "unknown"),
    ],
)
def test_whoever_applies_the_folder_is_of_the_own_account(tmp_path: Path, principal: str, found: str) -> None:
    """API: GetCallerIdentity: `Arn` is that of a user, a role's session or the root user of `Account`."""
    data = 'data "aws_caller_identity" "own" {}\nlocals {\n  me = data.aws_caller_identity.own.arn\n}\n'
    assert verdicts(load(tmp_path, main=data + key(principal))) == {"aws_kms_key.k": found}


ROLE_AND_ALIAS = """\
resource "aws_iam_role" "app" {
  name_prefix        = "app-"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{
    Effect = "Allow", Principal = { Service = "lambda.amazonaws.com" }, Action = "sts:AssumeRole" }] })
}
resource "aws_kms_alias" "app" {
  name          = "alias/${aws_iam_role.app.name}"
  target_key_id = aws_kms_key.k.key_id
}
data "aws_caller_identity" "own" {}
"""


def of_own_account(condition: str, **more: str) -> str:
    """A key that the own account, which nothing tells, may use under a condition."""
    own = "data.aws_caller_identity.own.account_id"
    of_key = key(own, **more).replace(f'"{OWN}"', own)
    return of_key.replace('Action = "kms:Decrypt"', f'Condition = {{ {condition} }}, Action = "kms:Decrypt"')


def test_a_name_that_terraform_makes_up_names_no_account(tmp_path: Path) -> None:
    """S4: what stands for the end of the name has twelve digits in a row, but is no account to compare the own one
    with."""
    of_key = of_own_account(
        'StringEquals = { "kms:EncryptionContext:account" = data.aws_caller_identity.own.account_id }'
    )
    estate = load_estate([written(tmp_path, main=ROLE_AND_ALIAS + of_key)], supplied=Supplied(region="us-west-2"))
    assert verdicts(estate, OUTSIDE.replace("outside own", "in own")) == {"aws_kms_key.k": "proved"}


@pytest.mark.parametrize("text", ["444455556666-${aws_iam_role.app.name}", "449024685566"])
def test_an_account_beside_a_name_that_terraform_makes_up_is_named(tmp_path: Path, text: str) -> None:
    """S4: the own account may be that one, and then the tag is the text."""
    own = "${data.aws_caller_identity.own.account_id}" + text[12:]
    of_key = of_own_account(
        f'StringEquals = {{ "aws:ResourceTag/t" = "{text}" }}', more=f'  tags = {{ t = "{own}" }}\n'
    )
    with pytest.raises(OpenPlaceError):
        load_estate([written(tmp_path, main=ROLE_AND_ALIAS + of_key)], supplied=Supplied(region="us-west-2"))


AUDITOR = "data.aws_ssm_parameter.auditor.value"


@pytest.mark.parametrize(
    ("value", "found"), [(None, "unknown"), ("444455556666", "refuted"), (ACCOUNT, "proved"), ("", "unknown")]
)
def test_what_a_data_source_has_is_told_by_its_address(tmp_path: Path, value: str | None, found: str) -> None:
    data = 'data "aws_ssm_parameter" "auditor" { name = "auditor" }\n'
    told = {} if value is None else {AUDITOR: value}
    principal = f'"arn:aws:iam::${{{AUDITOR}}}:root"'
    try:
        assert verdicts(load(tmp_path, told, main=data + key(principal))) == {"aws_kms_key.k": found}
    except InputError:
        assert value == ""  # which is no principal


def test_data_sources_of_instances_are_told_one_by_one(tmp_path: Path) -> None:
    module = (
        'data "aws_ssm_parameter" "auditors" {\n  for_each = toset(["a", "b"])\n  name = each.key\n}\n'
        + key('data.aws_ssm_parameter.auditors["a"].value', "a")
        + key('data.aws_ssm_parameter.auditors["b"].value', "b")
    )
    told = {'module.m.data.aws_ssm_parameter.auditors["a"].value': "444455556666"}
    estate = load(tmp_path, told, main='module "m" { source = "./modules/m" }\n', modules__m__main=module)
    assert verdicts(estate) == {"module.m.aws_kms_key.a": "refuted", "module.m.aws_kms_key.b": "unknown"}


@pytest.mark.parametrize(
    "name", ["data.aws_ssm_parameter.other.value", "aws_kms_key.k.arn", "data.aws_caller_identity.own.arn"]
)
def test_nothing_else_is_told_by_its_address(tmp_path: Path, name: str) -> None:
    data = 'data "aws_ssm_parameter" "auditor" { name = "auditor" }\ndata "aws_caller_identity" "own" {}\n'
    with pytest.raises(InputError, match="has no parameter"):
        load(tmp_path, {name: "444455556666"}, main=data + key(AUDITOR))


@pytest.mark.parametrize(("told", "found"), [({}, "unknown"), ({AUDITOR: ACCOUNT}, "proved")])
def test_of_a_plan_too_it_is_told(tmp_path: Path, told: dict[str, str], found: str) -> None:
    data = 'data "aws_ssm_parameter" "auditor" { name = "auditor" }\n'
    later = Planned("aws_ssm_parameter", "auditor", after={"name": "auditor"}, unknown={"value": True}, data=True)
    planned: Any = {"plan.json": json.dumps(plan(later, new_key("k", refers(AUDITOR))))}
    assert verdicts(load(tmp_path, told, main=data + key(f'"${{{AUDITOR}}}"'), **planned)) == {"aws_kms_key.k": found}
    with pytest.raises(InputError, match="has no parameter"):
        load(tmp_path, {"auditor": ACCOUNT})


def test_a_policy_whose_version_is_not_known_is_not_known(tmp_path: Path) -> None:
    """Whether it has policy variables is not known, so that no statement of it is (L1)."""
    text = key(f'"{OWN}"').replace('Version = "2012-10-17"', "Version = var.v")
    (found,) = load(tmp_path, main=f'variable "v" {{}}\n{text}').keys
    assert found.policies is None and found.unread is not None and "var.v" in found.unread


OPEN_PLACE = 'provider "aws" {}\ndata "aws_region" "own" {}\n'
REGION = "data.aws_region.own.name"


@pytest.mark.parametrize(
    "test",
    [
        f'startswith({REGION}, "us-")',
        f'split("-", {REGION})[0] == "us"',
        f'replace({REGION}, "-", "") == "useast1"',
        f'startswith(upper({REGION}), "US-")',
        f"length({REGION}) == 9",
        f'[for r in toset([{REGION}, "sa-east-2x"]) : r][0] == "sa-east-2x"',
        f'keys({{ ({REGION}) = 1, ue = 2 }})[0] == "ue"',
    ],
)
def test_no_function_looks_into_the_region_that_stands_for_all(tmp_path: Path, test: str) -> None:
    """S4: in another Region the one is true, and the other false."""
    main = OPEN_PLACE + key(f'{test} ? "{OWN}" : "444455556666"')
    other = OPEN_PLACE + key(f'{test} ? "444455556666" : "{OWN}"')
    for number, text in enumerate((main, other)):
        folder = written(tmp_path / str(number), main=text)
        try:
            found = verdicts(load_estate([folder], supplied=Supplied(account=ACCOUNT)))
        except InputError as error:
            assert {one.rule for one in error.diagnostics} == {"S4"}
        else:
            assert found == {"aws_kms_key.k": "unknown"}


@pytest.mark.parametrize("test", [f'startswith({REGION}, "us-")', f'keys({{ ({REGION}) = 1, ue = 2 }})[0] == "ue"'])
def test_a_region_of_another_login_is_not_looked_at_in_those_that_are_named(tmp_path: Path, test: str) -> None:
    """S4: aws.o may be in eu-west-1, which neither the key's Region nor the stand-in is like."""
    providers = 'provider "aws" {\n  region = "us-west-2"\n}\nprovider "aws" {\n  alias = "o"\n}\n'
    data = 'data "aws_region" "own" {\n  provider = aws.o\n}\n'
    text = providers + data + key(f'{test} ? "{OWN}" : "444455556666"')
    with pytest.raises(InputError) as caught:
        load_estate([written(tmp_path, main=text)], supplied=Supplied(account=ACCOUNT))
    assert not isinstance(caught.value, OpenPlaceError)


def test_an_account_that_a_function_reads_is_not_looked_at_in_those_that_are_named(tmp_path: Path) -> None:
    """S4: the partner's is like none that begins otherwise."""
    own, there = "data.aws_caller_identity.own.account_id", "arn:aws:kms:us-west-2:444455556666:key/*"
    of_key = (
        key(f'startswith({own}, "1") ? {own} : "777788889999"').replace(f'"{OWN}"', own).replace('"*"', f'"{there}"')
    )
    text = 'data "aws_caller_identity" "own" {}\n' + of_key
    with pytest.raises(InputError) as caught:
        load_estate([written(tmp_path, main=text)], supplied=Supplied(region="us-west-2"))
    assert not isinstance(caught.value, OpenPlaceError)


@pytest.mark.parametrize(
    ("more", "condition"),
    [
        ('  tags = { t = "app-${data.aws_region.own.name}" }\n', '"aws:ResourceTag/t" = "app-EU-west-1"'),
        ("", '"aws:RequestedRegion" = "EU-WEST-1"'),
        ("", '"aws:RequestedRegion" = upper("us-east-1")'),
    ],
)
def test_a_region_in_capital_letters_is_named(tmp_path: Path, more: str, condition: str) -> None:
    """L6: `StringEqualsIgnoreCase`, in the Region that is named so."""
    of_key = key('"444455556666"', more=more).replace(
        'Action = "kms:Decrypt"',
        f'Condition = {{ StringEqualsIgnoreCase = {{ {condition} }} }}, Action = "kms:Decrypt"',
    )
    try:
        found = verdicts(load_estate([written(tmp_path, main=OPEN_PLACE + of_key)], supplied=Supplied(account=ACCOUNT)))
    except InputError as error:
        assert {one.rule for one in error.diagnostics} == {"S4"}
    else:
        assert found != {"aws_kms_key.k": "proved"}


def test_an_alias_with_the_region_that_stands_for_all(tmp_path: Path) -> None:
    """S4: the alias is like the pattern in some Regions."""
    alias = (
        f'resource "aws_kms_alias" "a" {{\n  name = "alias/app-${{{REGION}}}"\n  target_key_id = aws_kms_key.k.id\n}}\n'
    )
    of_key = key('"444455556666"').replace(
        'Action = "kms:Decrypt"',
        'Condition = { StringLike = { "kms:RequestAlias" = "alias/app-eu-*" } }, Action = "kms:Decrypt"',
    )
    with pytest.raises(InputError, match="depends on the Region"):
        load_estate([written(tmp_path, main=OPEN_PLACE + alias + of_key)], supplied=Supplied(account=ACCOUNT))


def test_a_statement_that_two_regions_say_differently_is_in_doubt_in_both_readings(tmp_path: Path) -> None:
    """S4, S1: its symbol is that of a thing that is not known in every Region."""
    principal = f'try({{ "us-east-1" = "444455556666" }}[{REGION}], "{OWN}")'
    folder = written(tmp_path, main=OPEN_PLACE + key(principal))
    assert verdicts(load_estate([folder], supplied=Supplied(account=ACCOUNT))) == {"aws_kms_key.k": "unknown"}


# -- what a data source has may be of any type --


@pytest.mark.parametrize(
    ("test", "value"),
    [
        (f"{AUDITOR} == 5", "5"),
        (f"{AUDITOR} == true", "true"),
        (f'{AUDITOR} == "5"', "5"),
        (f'try([for a in {AUDITOR} : a], ["x"]) == ["x"]', "y"),
        (f'try({AUDITOR}[0], "x") == "x"', "y"),
    ],
)
def test_of_what_type_a_supplied_value_is_nobody_knows(tmp_path: Path, test: str, value: str) -> None:
    data = 'data "aws_ssm_parameter" "auditor" { name = "auditor" }\n'
    estate = load(tmp_path, {AUDITOR: value}, main=data + key(f'{test} ? "444455556666" : "{OWN}"'))
    assert verdicts(estate) == {"aws_kms_key.k": "unknown"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("data.aws_ssm_parameter.auditor.name", "other"),
        ("data.aws_arn.a.account", ACCOUNT),
        ("data.aws_ssm_parameter.auditor.version", "1.0"),
        ("path.cwd", "prod"),
        ("terraform.workspace", ""),
    ],
)
def test_what_cannot_be_so_is_not_supplied(tmp_path: Path, name: str, value: str) -> None:
    data = 'data "aws_ssm_parameter" "auditor" { name = "auditor" }\ndata "aws_arn" "a" { arn = "arn:aws:s3:::b" }\n'
    with pytest.raises(InputError):
        load(tmp_path, {name: value}, main=data + key(f'"{OWN}"'))


def document(name: str, *statements: tuple[str, str], more: str = "") -> str:
    """A data source of a document with statements of these `Sid`s and principals."""
    blocks = (
        f'  statement {{\n    sid = "{sid}"\n    actions = ["kms:*"]\n    resources = ["*"]\n'
        f'    principals {{\n      type = "AWS"\n      identifiers = ["{who}"]\n    }}\n  }}\n'
        for sid, who in statements
    )
    return f'data "aws_iam_policy_document" "{name}" {{\n{more}{"".join(blocks)}}}\n'


def of_documents(*names: str, kind: str = "source") -> str:
    listed = ", ".join(f"data.aws_iam_policy_document.{name}.json" for name in names)
    return f"  {kind}_policy_documents = [{listed}]\n"


@pytest.mark.parametrize(
    ("documents", "found"),
    [
        (document("d", ("S", OUTSIDER), ("S", OWN)), "unknown"),
        (document("d", ("", OUTSIDER), ("", OWN)), "refuted"),
        (document("d", ("S", OWN), ("s", OUTSIDER)), "refuted"),
        (
            document("a", ("S", OUTSIDER)) + document("b", ("S", OWN)) + document("d", more=of_documents("a", "b")),
            "unknown",
        ),
        (document("a", ("S", OUTSIDER)) + document("d", ("S", OWN), more=of_documents("a")), "proved"),
        (
            document("a", ("S", OUTSIDER))
            + document("b", ("S", OWN))
            + document("d", ("O", OWN), more=of_documents("a", "b", kind="override")),
            "proved",
        ),
    ],
)
def test_the_provider_refuses_a_sid_that_two_statements_have(tmp_path: Path, documents: str, found: str) -> None:
    """[terraform-provider-aws: aws_iam_policy_document]"""
    policy = 'resource "aws_kms_key" "k" {\n  policy = data.aws_iam_policy_document.d.json\n}\n'
    assert verdicts(load(tmp_path, main=documents + policy)) == {"aws_kms_key.k": found}


LET_IN: dict[str, Any] = {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}
LET_NOBODY: dict[str, Any] = {**LET_IN, "Effect": "Deny", "Action": "kms:CreateGrant"}


def with_condition(value: object) -> dict[str, Any]:
    return {"Statement": [{**LET_IN, "Condition": {"StringEquals": {"aws:PrincipalAccount": value}}}]}


@pytest.mark.parametrize("kind", ["source", "override"])
@pytest.mark.parametrize(
    ("other", "found"),
    [
        ({"Statement": [LET_NOBODY]}, "proved"),
        ({"Statement": [LET_NOBODY], "statement": [LET_IN]}, "unknown"),
        ({"Statement": [LET_NOBODY], "\u017ftatement": [LET_IN]}, "unknown"),
        ({"Statement": [{**LET_IN, "Sid": "own", "sid": "other"}]}, "unknown"),
        ({"Statement": LET_NOBODY}, "unknown"),
        (with_condition([ACCOUNT]), "proved"),
        (with_condition([int(ACCOUNT)]), "unknown"),
        (with_condition([True, ACCOUNT]), "unknown"),
        ("", "proved"),
        (" ", "unknown"),
    ],
)
def test_documents_that_are_merged_are_as_the_provider_reads_them(
    tmp_path: Path, kind: str, other: object, found: str
) -> None:
    """Names without regard to case, statements in a list, conditions with texts. [terraform-provider-aws:
    internal/service/iam/policy_model.go; Go: encoding/json, Unmarshal]"""
    text = other if isinstance(other, str) else json.dumps(other)
    merged = f'  {kind}_policy_documents = [file("${{path.module}}/other.json")]\n'
    policy = 'resource "aws_kms_key" "k" {\n  policy = data.aws_iam_policy_document.d.json\n}\n'
    main = policy + document("d", ("own", OWN), more=merged)
    (tmp_path / "other.json").write_text(text, encoding="utf-8")
    assert verdicts(load(tmp_path, main=main)) == {"aws_kms_key.k": found}


def test_policy_variables_of_a_document_of_2008_are_refused(tmp_path: Path) -> None:
    """[terraform-provider-aws: internal/service/iam/policy_document_data_source.go]"""
    statement = (
        '  version = "%s"\n  statement {\n    actions = ["kms:*"]\n    resources = ["*"]\n    principals {\n'
        '      type = "*"\n      identifiers = ["*"]\n    }\n    condition {\n      test = "StringEquals"\n'
        '      variable = "aws:PrincipalAccount"\n      values = ["&{aws:ResourceAccount}"]\n    }\n  }\n'
    )
    policy = 'resource "aws_kms_key" "k" {\n  policy = data.aws_iam_policy_document.d.json\n}\n'
    for version, found in (("2012-10-17", "proved"), ("2008-10-17", "unknown")):
        text = document("d", ("own", OWN), more=statement % version) + policy
        assert verdicts(load(tmp_path / version, main=text)) == {"aws_kms_key.k": found}


@pytest.mark.parametrize(
    ("arn", "principal", "found"),
    [
        (f'"{OUTSIDER}"', "data.aws_arn.a.account", "refuted"),
        (f'"{OWN}"', "data.aws_arn.a.account", "proved"),
        ("aws_iam_user.u.arn", "data.aws_arn.a.account", "proved"),
        ('"${var.known}:user/${var.free}"', "data.aws_arn.a.account", "refuted"),
        (
            f'"{OUTSIDER}"',
            '"arn:${data.aws_arn.a.partition}:${data.aws_arn.a.service}:${data.aws_arn.a.region}'
            ':${data.aws_arn.a.account}:${data.aws_arn.a.resource}"',
            "refuted",
        ),
        (f'"{OUTSIDER}"', "data.aws_arn.a.id", "refuted"),
        (
            '"arn:aws:sns:us-west-2:444455556666:a:b"',
            f'data.aws_arn.a.resource == "a:b" ? "{OUTSIDER}" : "{OWN}"',
            "refuted",
        ),
        ('"arn:aws:iam::${var.free}:role/app"', "data.aws_arn.a.account", "unknown"),
        (
            '"arn:aws:iam::${var.free}:root"',
            f'data.aws_arn.a.resource == "root" ? "{OUTSIDER}" : "{OWN}"',
            "unknown",
        ),
        ("var.free", "data.aws_arn.a.account", "unknown"),
        ('"444455556666"', "data.aws_arn.a.id", "unknown"),
        ('"urn:aws:iam::444455556666:root"', "data.aws_arn.a.account", "unknown"),
    ],
)
def test_an_arn_is_taken_apart(tmp_path: Path, arn: str, principal: str, found: str) -> None:
    """[terraform-provider-aws: aws_arn]"""
    others = 'variable "free" {}\nvariable "known" { default = "arn:aws:iam::444455556666" }\n'
    others += 'resource "aws_iam_user" "u" { name = "u" }\n'
    data = f'data "aws_arn" "a" {{ arn = {arn} }}\n'
    assert verdicts(load(tmp_path, main=others + data + key(principal))) == {"aws_kms_key.k": found}


def test_of_an_arn_what_is_asked_for_is_what_it_is_made_of(tmp_path: Path) -> None:
    data = 'variable "source" {}\ndata "aws_arn" "a" { arn = var.source }\n'
    thing = load(tmp_path, {}, main=data + key("data.aws_arn.a.account")).unmodelled[0]
    assert "var.source (no value: give --parameter source=…)" in thing.description


@pytest.mark.parametrize(("name", "found"), [(AUDITOR, "unknown"), ("var.v", "refuted"), ("var.in_file", "refuted")])
def test_texts_from_outside_are_in_the_form_of_those_inside(tmp_path: Path, name: str, found: str) -> None:
    """Terraform language: Strings are in Unicode's form NFC."""
    text = "cafe\u0301"
    data = 'data "aws_ssm_parameter" "auditor" { name = "auditor" }\nvariable "v" {}\nvariable "in_file" {}\n'
    main = data + key(f'{name} == "caf\\u00e9" ? "444455556666" : "{OWN}"')
    files: Any = {"main": main, "terraform.tfvars.json": json.dumps({"in_file": text})}
    assert verdicts(load(tmp_path, {AUDITOR: text, "v": text}, **files)) == {"aws_kms_key.k": found}


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("0.12345678901234567891", "0.12345678901234567891"), ("-0", None), ("-0.0", None), ("5.0", "5"),
        ("1.5e3", "1500"), ("1e-7", "0.0000001"), ("1E400", None), ("1" * 160, None),
    ],
)  # fmt: skip
def test_a_number_in_a_file_of_values_is_what_it_is_written_as(tmp_path: Path, number: str, text: str | None) -> None:
    """zclconf/go-cty, `cty/json` and `cty/convert`: numbers of 512 bits. Terraform 0.15 was asked for each; of those of
    more digits than that the last ones change."""
    main = 'variable "v" { type = string }\n' + key(f'var.v == "{text}" ? "444455556666" : "{OWN}"')
    files: Any = {"main": main, "terraform.tfvars.json": f'{{"v": {number}}}'}
    assert verdicts(load(tmp_path, **files)) == {"aws_kms_key.k": "unknown" if text is None else "refuted"}


@pytest.mark.parametrize("name", ["a.auto.tfvars.old.tfvars", "a.auto.tfvars.old.tfvars.json", "prod.tfvars"])
def test_files_of_values_that_terraform_does_not_take_by_itself(tmp_path: Path, name: str) -> None:
    """Terraform language, Input Variables: names that end in `.auto.tfvars` or `.auto.tfvars.json`."""
    files: Any = {"main": 'variable "v" { default = "444455556666" }\n' + key("var.v")}
    files[name] = json.dumps({"v": OWN}) if name.endswith("json") else f'v = "{OWN}"\n'
    assert verdicts(load(tmp_path, **files)) == {"aws_kms_key.k": "refuted"}


COUNTED = 'variable "n" {\n}\nresource "aws_iam_role_policy" "p" {\n  provider = mine\n  count = var.n\n}\n'
REQUIRED = "terraform {\n  required_providers {\n    %s = %s\n  }\n}\n"


@pytest.mark.parametrize(
    ("files", "other"),
    [
        ({"versions": REQUIRED % ("aws", '{ source = "example.com/x/aws" }')}, "example.com/x/aws"),
        ({"versions": REQUIRED % ("aws", '{ source = "hashicorp/aws", version = "~> 6.0" }')}, ""),
        ({"versions": REQUIRED % ("aws", '"~> 3.0"')}, ""),
        ({"versions": REQUIRED % ("aws", '{ source = "hashicorp/aws" }'),
            "override": REQUIRED % ("aws", '{ source = "example.com/x/aws" }')}, "example.com/x/aws"),
        ({"versions": REQUIRED % ("random", '{ source = "example.com/x/random" }')}, ""),
        ({"main": key(f'"{OWN}"', more="  provider = mine\n")}, "hashicorp/mine"),
        ({"main": key(f'"{OWN}"') + COUNTED}, "hashicorp/mine"),
        ({"main": key(f'"{OWN}"', more="  provider = mine\n"),
            "versions": REQUIRED % ("mine", '{ source = "hashicorp/aws" }')}, ""),
        ({"main": 'module "m" {\n  source = "./m"\n}\n', "m__main": key(f'"{OWN}"'),
            "m__versions": REQUIRED % ("aws", '{ source = "example.com/x/aws" }')}, "example.com/x/aws"),
        ({"main": 'module "m" {\n  source = "./m"\n}\n', "m__main": key(f'"{OWN}"'),
            "versions": REQUIRED % ("aws", '{ source = "example.com/x/aws" }')}, ""),
    ],
)  # fmt: skip
def test_that_another_provider_does_what_that_of_aws_does_is_supposed(
    tmp_path: Path, files: dict[str, str], other: str
) -> None:
    """Provider Requirements: each module says which provider a name is; a name that it does not say is one of
    HashiCorp's."""
    written(tmp_path, **{"main": key(f'"{OWN}"'), **files})
    (found,) = load(tmp_path).keys
    said = [sentence for sentence in found.supposed if "does what hashicorp/aws does" in sentence]
    assert said == ([f"the provider {other} does what hashicorp/aws does"] if other else [])


IN_ANOTHER_REGION = """\
provider "aws" {
  region = "us-west-2"
}
resource "aws_kms_key" "k" {
  %s
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = "*" }
      Action    = "kms:Decrypt"
      Resource  = "*"
      Condition = { StringEquals = { "aws:RequestedRegion" = "us-east-2" } }
    }]
  })
  lifecycle {
    ignore_changes = [%s]
  }
}
"""


@pytest.mark.parametrize("own", ["", 'region = "us-east-1"'])
@pytest.mark.parametrize(("ignored", "found"), [("region", "unknown"), ("description", "proved")])
def test_a_key_whose_region_is_left_as_it_is_may_be_in_any(tmp_path: Path, own: str, ignored: str, found: str) -> None:
    folder = written(tmp_path, main=IN_ANOTHER_REGION % (own, ignored))
    assert verdicts(load_estate([folder], supplied=Supplied(account=ACCOUNT))) == {"aws_kms_key.k": found}
    assert ("aws_kms_key.k.region (ignore_changes)" in str(load(folder).concluded)) is (ignored == "region")


REGISTRY = "registry.terraform.io/terraform-aws-modules/kms/aws"
FROM_REGISTRY = 'source = "terraform-aws-modules/kms/aws"'


@pytest.mark.parametrize(
    ("call", "source", "version", "is_read"),
    [
        (FROM_REGISTRY, REGISTRY, "2.0.0", True),
        (FROM_REGISTRY, REGISTRY.replace("terraform.io", "opentofu.org"), "2.0.0", True),
        (FROM_REGISTRY, "registry.terraform.io/example/kms/aws", "2.0.0", False),
        (FROM_REGISTRY.replace('aws"', 'aws//modules/key"'), REGISTRY, "2.0.0", False),
        *(
            (f'{FROM_REGISTRY}\n  version = "{asked}"', REGISTRY, version, is_read)
            for asked, version, is_read in (
                ("2.0.0", "2.0.0", True),
                ("= 2.0.0", "2.0.0", True),
                ("2.0.0", "1.9.0", False),
                ("2.0.0-beta1", "2.0.0-beta1", True),
                (">= 2.0", "2.1.0-beta1", False),
                ("~> 2.0", "2.10.1", True),
                ("~> 2.1", "2.0.9", False),
                ("~> 2.0", "3.0.0", False),
                ("~> 2.0.1", "2.0.9", True),
                ("~> 2.0.1", "2.1.0", False),
                (">= 1.2, < 2.0, != 1.5.0", "1.4.9", True),
                (">= 1.2, < 2.0, != 1.5.0", "1.5.0", False),
                ("> 1.2", "1.2.0", False),
                ("<= 1.2", "1.2.0", True),
                ("latest", "2.0.0", False),
                (f">= {'1' * 5000}", "2.0.0", False),
                ("${var.x}", "2.0.0", False),
                ("2.0.0", None, False),
            )
        ),
        ('source = "github.com/example/key?ref=v1"', "git::https://github.com/example/key.git?ref=v1", None, True),
        ('source = "git@github.com:example/key.git"', "git::ssh://git@github.com/example/key.git", None, True),
        ('source = "github.com/example/key?ref=v2"', "git::https://github.com/example/key.git?ref=v1", None, False),
        ('source = "git::https://example.com/key.git"', "git::https://example.com/key.git", None, True),
    ],
)
def test_a_module_is_what_its_call_asks_for(
    tmp_path: Path, call: str, source: str, version: str | None, is_read: bool
) -> None:
    """Of another source or version Terraform demands `init` again."""
    entry = {"Key": "m", "Source": source, "Dir": ".terraform/modules/m"} | ({"Version": version} if version else {})
    installed = {"Modules": [{"Key": "", "Source": "", "Dir": "."}, entry]}
    files = {".terraform/modules/modules.json": json.dumps(installed), ".terraform/modules/m/main.tf": key(f'"{OWN}"')}
    written(tmp_path, **files)
    estate = load(tmp_path, main=f'module "m" {{\n  {call}\n}}\n' + key(f'"{OWN}"', "other"))
    assert ("module.m.aws_kms_key.k" in verdicts(estate)) is is_read
    assert verdicts(estate)["aws_kms_key.other"] == ("proved" if is_read else "unknown")


@pytest.mark.parametrize("text", ["", "[]", '{"Modules": [{"Key": 1}]}', "[" * 100_000])
def test_of_a_damaged_list_of_modules_none_is_read(tmp_path: Path, text: str) -> None:
    written(tmp_path, **{".terraform/modules/modules.json": text})
    estate = load(tmp_path, main=f'module "m" {{\n  {FROM_REGISTRY}\n}}\n' + key(f'"{OWN}"'))
    assert verdicts(estate) == {"aws_kms_key.k": "unknown"}


NAMED = """\
resource "aws_iam_role" "r" {
  name               = "app"
  assume_role_policy = jsonencode({
    Statement = [{ Effect = "Allow", Principal = { Service = "ec2.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}
resource "aws_iam_role_policy" "p" {
  name   = "p"
  role   = "%s"
  policy = jsonencode({ Statement = [{ Effect = "Allow", Action = "kms:*", Resource = "*" }] })
}
"""


@pytest.mark.parametrize(("name", "found"), [("other", "proved"), ("APP", "refuted"), ("app", "refuted")])
def test_names_of_roles_are_not_distinguished_by_case(tmp_path: Path, name: str, found: str) -> None:
    """IAM API, CreateRole."""
    asked = 'account own = 111122223333\ninvariant "app": no role/app in own can kms:Decrypt\n'
    assert verdicts(load(tmp_path, main=key(f'"{OWN}"') + NAMED % name), asked) == {"aws_kms_key.k": found}


def test_what_is_wrong_with_a_value_is_told_where_it_is_used(tmp_path: Path) -> None:
    """There the variable is named."""
    document = json.dumps({"Statement": [{"Effect": "Allow", "Principal": {"AWS": "WHO"}, "Action": "*"}]})
    main = 'variable "who" {\n  default = ""\n}\nresource "aws_kms_key" "k" {\n  policy = jsonencode(DOCUMENT)\n}\n'
    with pytest.raises(InputError) as caught:
        load(tmp_path, main=main.replace("DOCUMENT", document.replace('"WHO"', "var.who")))
    (error,) = caught.value.diagnostics
    assert error.message == "`AWS` holds an empty string"
    assert error.span is not None and error.span.line == 5


def _policies_of_a_role(role: str, more: str, inline: str = "Allow", managed: str = "Deny") -> str:
    """A role `r` with an inline policy and a managed one, of which one refuses it to decrypt."""
    main = f'resource "aws_kms_key" "k" {{\n}}\nresource "aws_iam_role" "r" {{\n  name = "r"\n{role}\n}}\n'
    for kind, effect, owner in (("role_policy", inline, 'role = "r"'), ("policy", managed, 'name = "d"')):
        statement = f'{{ Effect = "{effect}", Action = "kms:Decrypt", Resource = "*" }}'
        document = f'jsonencode({{ Version = "2012-10-17", Statement = [{statement}] }})'
        main += f'resource "aws_iam_{kind}" "d" {{\n  {owner}\n  policy = {document}\n}}\n'
    main += 'resource "aws_iam_role_policy_attachment" "a" {\n  role = "r"\n  policy_arn = aws_iam_policy.d.arn\n}\n'
    return main + more


_ALL = 'resource "aws_iam_policy_attachment" "all" {\n  name = "all"\n  roles = ["s"]\n  policy_arn = %s\n}\n'


@pytest.mark.parametrize(
    ("role", "more", "expected"),
    [
        ("", "", "proved"),
        ("  managed_policy_arns = null", "", "proved"),
        ("  managed_policy_arns = []", "", "unknown"),
        ("  managed_policy_arns = [aws_iam_policy.d.arn]", "", "proved"),
        ("", _ALL % "aws_iam_policy.d.arn", "unknown"),
        ("", _ALL % f'"arn:aws:iam::{ACCOUNT}:policy/other"', "proved"),
        ("", 'resource "aws_iam_role" "s" {\n  name = "s"\n  managed_policy_arns = []\n}\n', "proved"),
    ],
)
def test_what_is_taken_away_when_a_folder_is_applied_again_is_not_known(
    tmp_path: Path, role: str, more: str, expected: str
) -> None:
    """[Terraform AWS provider: aws_iam_role, NOTE about `managed_policy_arns` and `inline_policy`;
    aws_iam_policy_attachment, WARNING]"""
    question = f'account own = {ACCOUNT}\ninvariant "r": no role/r in own can kms:Decrypt\n'
    estate = load(tmp_path, main=_policies_of_a_role(role, more))
    assert verdicts(estate, question) == {"aws_kms_key.k": expected}


@pytest.mark.parametrize(("role", "expected"), [("", "proved"), ("  inline_policy {\n  }", "unknown")])
def test_an_inline_policy_that_the_role_does_not_list_is_not_known(tmp_path: Path, role: str, expected: str) -> None:
    question = f'account own = {ACCOUNT}\ninvariant "r": no role/r in own can kms:Decrypt\n'
    estate = load(tmp_path, main=_policies_of_a_role(role, "", "Deny", "Allow"))
    assert verdicts(estate, question) == {"aws_kms_key.k": expected}


@pytest.mark.parametrize(("listed", "expected"), [(False, "proved"), (True, "unknown")])
def test_who_is_in_a_group_is_not_known_where_another_resource_lists_all(
    tmp_path: Path, listed: bool, expected: str
) -> None:
    """[Terraform AWS provider: aws_iam_group_membership, aws_iam_user_group_membership]"""
    main = 'resource "aws_kms_key" "k" {\n}\nresource "aws_iam_user" "u" {\n  name = "u"\n}\n'
    main += 'resource "aws_iam_group" "g" {\n  name = "g"\n}\n'
    for of, effect in (("user", "Allow"), ("group", "Deny")):
        statement = f'{{ Effect = "{effect}", Action = "kms:Decrypt", Resource = "*" }}'
        document = f'jsonencode({{ Version = "2012-10-17", Statement = [{statement}] }})'
        main += f'resource "aws_iam_{of}_policy" "p" {{\n  {of} = "{of[0]}"\n  policy = {document}\n}}\n'
    main += 'resource "aws_iam_user_group_membership" "m" {\n  user = "u"\n  groups = ["g"]\n}\n'
    if listed:
        main += 'resource "aws_iam_group_membership" "m" {\n  name = "m"\n  group = "g"\n  users = ["other"]\n}\n'
    question = f'account own = {ACCOUNT}\ninvariant "u": no user/u in own can kms:Decrypt\n'
    assert verdicts(load(tmp_path, main=main), question) == {"aws_kms_key.k": expected}


_ALLOWS = '{ Effect = "Allow", Principal = "*", Action = "*", Resource = "*" }'
_ENDPOINT = f'jsonencode({{ Version = "2012-10-17", Statement = [{_ALLOWS}] }})'
_SHUT = _ENDPOINT.replace("Allow", "Deny")


def _document(*principals: str) -> str:
    """A policy of the own account, and of others beside it."""
    listed = ", ".join(
        f'{{ Effect = "Allow", Principal = {{ AWS = "{one}" }}, Action = "kms:*", Resource = "*" }}'
        for one in (OWN, *principals)
    )
    return f'jsonencode({{ Version = "2012-10-17", Statement = [{listed}] }})'


@pytest.mark.parametrize(
    ("own", "separate", "expected"),
    [
        (f"policy = {_document(OUTSIDER)}", _document(), "unknown"),
        (f"policy = {_document()}", _document(OUTSIDER), "unknown"),
        (f"policy = {_document()}", _document(), "proved"),
        ("policy = null", _document(), "proved"),
        ("", _document(OUTSIDER), "refuted"),
    ],
)
def test_a_policy_that_the_key_and_another_resource_write_is_not_known(
    tmp_path: Path, own: str, separate: str, expected: str
) -> None:
    """Each writes it again when the other one has. [Terraform AWS provider: aws_kms_key, NOTE on KMS Key Policy]"""
    main = f'resource "aws_kms_key" "k" {{\n  {own}\n}}\n'
    main += f'resource "aws_kms_key_policy" "p" {{\n  key_id = aws_kms_key.k.id\n  policy = {separate}\n}}\n'
    assert verdicts(load(tmp_path, main=main)) == {"aws_kms_key.k": expected}


@pytest.mark.parametrize(
    ("own", "expected"),
    [("", "proved"), (f"policy = {_SHUT}", "proved"), (f"policy = {_ENDPOINT}", "unknown")],
)
def test_a_policy_that_the_endpoint_and_another_resource_write_is_not_known(
    tmp_path: Path, own: str, expected: str
) -> None:
    """[Terraform AWS provider: aws_vpc_endpoint, aws_vpc_endpoint_policy]"""
    main = f"""
        resource "aws_kms_key" "k" {{
        }}
        resource "aws_vpc_endpoint" "e" {{
          vpc_id       = "vpc-0123456789abcdef0"
          service_name = "com.amazonaws.us-west-2.kms"
          {own}
        }}
        resource "aws_vpc_endpoint_policy" "p" {{
          vpc_endpoint_id = aws_vpc_endpoint.e.id
          policy          = {_SHUT}
        }}
    """
    estate = load(tmp_path, main=main)
    (endpoint,) = estate.endpoints or ()
    question = f'account own = {ACCOUNT}\ninvariant "e": nobody can kms:Decrypt when aws:SourceVpce = {endpoint.id}\n'
    assert verdicts(estate, question) == {"aws_kms_key.k": expected}
