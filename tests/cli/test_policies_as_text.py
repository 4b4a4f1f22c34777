"""A policy that a `.tf` file writes as a text is read with what is not known in its strings, as one of `jsonencode` is:
what is proved of it holds for each value without a quotation mark (S1). [Terraform language: Strings and Templates]"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run

FOLDER = """
variable "role" {{
  type = string
}}
variable "list" {{
  type = list(string)
}}
variable "any" {{}}
data "template_file" "t" {{
  template = "$${{x}}"
  vars     = {{ x = trimprefix("\\"", var.role) }}
}}
locals {{
  listed = join("\\",\\"", var.list)
  one    = var.role
}}
resource "aws_kms_key" "k" {{
  policy = {policy}
}}
"""
HEREDOC = """<<EOT
{{
  "Statement": [
    {{"Effect": "Allow", "Principal": {{"AWS": "arn:aws:iam::111122223333:root"}}, "Action": "kms:*", "Resource": "*"}},
    {{"Effect": "{effect}", "Principal": {{"AWS": {principal}}}, "Action": {action}, "Resource": "*"}}
  ]
}}
EOT"""
OWN_ROLE = '"arn:aws:iam::111122223333:role/${var.role}"'


def folder(path: Path, *, effect: str = "Allow", principal: str = OWN_ROLE, action: str = '"kms:Decrypt"') -> str:
    path.mkdir(exist_ok=True)
    policy = HEREDOC.format(effect=effect, principal=principal, action=action)
    (path / "main.tf").write_text(FOLDER.format(policy=policy), encoding="utf-8")
    return str(path)


def proved(run: Run, path: str, *more: str) -> tuple[int, str]:
    account = ("--account", "111122223333", "--region", "us-west-2", "--no-cache")
    found = run("prove", path, "--builtin", "no-external-access", *account, *more)
    return found.code, " ".join(found.out.split())


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({}, 0),
        ({"principal": '"arn:aws:iam::444455556666:role/${var.role}"'}, 3),
        ({"principal": '"${var.role}"'}, 3),
        ({"principal": '"${local.one}"'}, 3),
        ({"principal": '"${var.role}"', "effect": "Deny"}, 0),
        ({"principal": '["${local.listed}"]'}, 3),
        ({"principal": '["${local.listed}"]', "effect": "Deny"}, 0),
        ({"principal": '["${join("\\", \\"", concat(var.list, [upper(var.role)]))}"]', "effect": "Deny"}, 0),
        ({"principal": '["${join("\\",\\"", [var.role, "arn:aws:iam::111122223333:root"])}"]', "effect": "Deny"}, 0),
        ({"principal": '"${element(var.list, 0)}"', "effect": "Deny"}, 0),
        ({"principal": '"${try(var.any.a, "")}"', "effect": "Deny"}, 0),
        ({"principal": '"arn:aws:iam::${format("%s", lower(var.role))}:root"'}, 3),
        ({"principal": "${jsonencode(var.list)}"}, 3),
        ({"principal": "${jsonencode(var.list)}", "effect": "Deny"}, 0),
        ({"principal": '"arn:aws:iam::111122223333:root"', "action": '"kms:${var.role}"'}, 0),
        ({"principal": '"*"', "action": '"kms:${var.role}"'}, 3),
        ({"principal": '"*"', "action": '"s3:${var.role}"'}, 0),
    ],
)
def test_a_statement_with_a_part_that_is_not_known(
    run: Run, tmp_path: Path, changed: dict[str, str], code: int
) -> None:
    found, said = proved(run, folder(tmp_path, **changed))
    assert found == code and "the policy of aws_kms_key.k is not known" not in said
    is_encoded = "jsonencode" in str(changed)
    assert ("have no quotation mark and no backslash" in said) is not is_encoded


@pytest.mark.parametrize(
    "changed",
    [
        {"principal": '"${local.listed}"'},
        {"principal": '["x${join("\\",\\"", var.list)}"]'},
        {"principal": '"${join("\\"", var.list)}"'},
        {"principal": '"${format("%q", var.role)}"'},
        {"principal": '"${replace(var.role, "x", "\\"")}"'},
        {"principal": '"${jsonencode(var.role)}"'},
        {"principal": '"${try(var.any.a, "\\"")}"'},
        {"principal": '"${lookup({ a = jsonencode({ b = var.role }) }, var.role, "z")}"'},
        {"principal": '"${data.template_file.t.rendered}"'},
        {"principal": '"${uuidv5("x\\"", var.role)}"'},
        {"principal": "${var.role}"},
        {"action": '"kms:Decrypt", "${var.role}": "x"'},
        {"action": '"kms:Decrypt\\${var.role}"'},
    ],
)
def test_what_may_hold_more_than_a_string_leaves_the_policy_open(
    run: Run, tmp_path: Path, changed: dict[str, str]
) -> None:
    code, said = proved(run, folder(tmp_path, **({"effect": "Deny"} | changed)))
    assert code == 3 and "the policy of aws_kms_key.k is not known" in said


@pytest.mark.parametrize("value", ["app", "*", "a/b", "${aws:username}", "{", ""])
def test_a_proof_holds_for_each_value(run: Run, tmp_path: Path, value: str) -> None:
    """AWS refuses some of these; none of them lets another account in."""
    assert proved(run, folder(tmp_path))[0] == 0
    assert proved(run, folder(tmp_path), "--parameter", f"role={value}")[0] in (0, 2)


def test_a_value_with_a_quotation_mark_is_another_policy(run: Run, tmp_path: Path) -> None:
    """This is what the supposition is about."""
    value = 'x"}, "Action": "kms:*", "Resource": "*"}, {"Effect": "Allow", "Principal": {"AWS": "*'
    assert proved(run, folder(tmp_path), "--parameter", f"role={value}")[0] == 1


def test_parts_that_change_places_are_a_change(run: Run, tmp_path: Path) -> None:
    old = folder(tmp_path / "old", principal='"${var.role}"', action='"kms:Get${var.list[0]}"')
    new = folder(tmp_path / "new", principal='"${var.list[0]}"', action='"kms:Get${var.role}"')
    assert run("compare", old, old, "--account", "111122223333").code == 0
    assert run("compare", old, new, "--account", "111122223333").code == 3


PLACED = """
variable "role" {{
  type = string
}}
data "template_file" "t" {{
  template = file("policies/p.json")
  vars     = {{ role = var.role }}
}}
resource "aws_kms_key" "k" {{
  policy = {policy}
}}
"""
WRITTEN = """{{
  "Statement": [
    {{"Effect": "Allow", "Principal": {{"AWS": "arn:aws:iam::111122223333:root"}}, "Action": "kms:*", "Resource": "*"}},
    {{"Effect": "Allow", "Principal": {{"AWS": "arn:aws:iam::111122223333:role/{role}"}},
     "Action": "kms:Decrpt"{more}, "Resource": "*"}}
  ]
}}
"""


@pytest.mark.parametrize(
    ("policy", "role", "file"),
    [
        ("<<EOT\n{}EOT", "app", "main.tf"),
        ("<<EOT\n{}EOT", "${var.role}", "main.tf"),
        ("<<-EOT\n  {}EOT", "app", "main.tf"),
        ('file("policies/p.json")', "app", "policies/p.json"),
        ('templatefile("${path.module}/policies/p.json", { role = var.role })', "${role}", "policies/p.json"),
        ("data.template_file.t.rendered", "${role}", "policies/p.json"),
    ],
)
@pytest.mark.parametrize("more", ["", "]"])
def test_places_are_where_the_text_is_written(
    run: Run, tmp_path: Path, policy: str, role: str, file: str, more: str
) -> None:
    """An action that there is not is a warning, and a bracket too many in a text that is known an error."""
    text = WRITTEN.format(role=role, more=more)
    indented = text.replace("\n", "\n  ") if "<<-" in policy else text
    lay = {"main.tf": PLACED.format(policy=policy.replace("{}", indented)), "policies/p.json": text}
    (tmp_path / "policies").mkdir()
    for name, content in lay.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    found = run("lint", str(tmp_path), "--account", "111122223333", "--region", "us-west-2")
    number, line = next(one for one in enumerate(lay[file].splitlines(), start=1) if "Decrpt" in one[1])
    place = f"{tmp_path / file}:{number}:{line.index(']' if more else chr(34) + 'kms:D') + 1}"
    if more and "${" in role:
        assert "the policy of aws_kms_key.k is not known" in " ".join(found.out.split())
    else:
        assert place in found.out + found.err and "#aws_kms_key" not in found.out
        assert (found.code == 2) is bool(more)


LOCAL = "locals {{\n  r = {}\n}}\n"
LOOP = (
    '"111122223333"}, "Action": "kms:List*", "Resource": "*"}%{ for one in [VALUE] }, {"Effect": "Allow", "Principal": '
    '{"AWS": "${one}"}, "Action": "kms:Get*", "Resource": "*"}%{ endfor }, {"Effect": "Allow", "Principal": '
    '{"AWS": "111122223333"'
)
COMPARED = {
    "a function": ('"${upper(var.role)}"', '"${lower(var.role)}"', ""),
    "its arguments": ('"${replace(var.role, "a", "b")}"', '"${replace(var.role, "b", "a")}"', ""),
    "a position": ('"${element(var.list, 0)}"', '"${element(var.list, 1)}"', ""),
    "a list": ('["${join("\\",\\"", var.list)}"]', '["${join("\\",\\"", concat(var.list, ["*"]))}"]', ""),
    "a document": ("${jsonencode([upper(var.role)])}", "${jsonencode([lower(var.role)])}", ""),
    "a local value": ('"${local.r}"', '"${local.r}"', LOCAL),
    "a loop": (LOOP.replace("VALUE", "upper(var.role)"), LOOP.replace("VALUE", "lower(var.role)"), ""),
    "a loop over a local value": (LOOP.replace("VALUE", "local.r"), LOOP.replace("VALUE", "local.r"), LOCAL),
}


@pytest.mark.parametrize("name", COMPARED)
def test_two_values_that_differ_in_their_expression_are_two(run: Run, tmp_path: Path, name: str) -> None:
    """Whatever `var.role` is, upper and lower case need not be the same."""
    old, new, more = COMPARED[name]
    sides = []
    for side, principal, function in (("old", old, "upper"), ("new", new, "lower")):
        path = folder(tmp_path / side, principal=principal)
        with (tmp_path / side / "main.tf").open("a", encoding="utf-8") as file:
            file.write(more.format(f"{function}(var.role)"))
        sides.append(path)
    account = ("--account", "111122223333", "--region", "us-west-2")
    assert run("compare", sides[0], sides[0], *account).code == 0
    assert run("compare", *sides, *account).code == 3


TEMPLATE = (
    '{"Statement": [{"Effect": "Allow", "Principal": {"AWS": "${x}"}, "Action": "kms:Decrypt", "Resource": "*"}]}'
)
OF_VALUES = {
    "templatefile": 'policy = templatefile("p.tpl", {{ x = {} }})',
    "template_file": 'policy = data.template_file.t.rendered\n}}\ndata "template_file" "t" {{\n'
    '  template = file("p.tpl")\n  vars = {{ x = {} }}',
    "for_each, in a text": "for_each = {{ a = {} }}\n  policy = <<EOT\nTEMPLATE\nEOT",
    "for_each, in jsonencode": 'for_each = {{ a = {} }}\n  policy = jsonencode({{ Statement = [{{ Effect = "Allow", '
    'Principal = {{ AWS = each.value }}, Action = "kms:Decrypt", Resource = "*" }}] }})',
}


@pytest.mark.parametrize("name", OF_VALUES)
@pytest.mark.parametrize("is_local", [False, True])
def test_so_are_two_that_are_handed_on(run: Run, tmp_path: Path, name: str, is_local: bool) -> None:
    sides = []
    for side, function in (("old", "upper"), ("new", "lower")):
        (tmp_path / side).mkdir()
        (tmp_path / side / "p.tpl").write_text(TEMPLATE, encoding="utf-8")
        value = f"{function}(var.role)"
        block = (
            OF_VALUES[name]
            .format("local.r" if is_local else value)
            .replace("TEMPLATE", TEMPLATE.replace("${x}", "${each.value}"))
        )
        text = f'variable "role" {{}}\n{LOCAL.format(value)}resource "aws_kms_key" "k" {{\n  {block}\n}}\n'
        (tmp_path / side / "main.tf").write_text(text, encoding="utf-8")
        sides.append(str(tmp_path / side))
    account = ("--account", "111122223333", "--region", "us-west-2")
    assert run("compare", sides[0], sides[0], *account).code == 0
    assert run("compare", *sides, *account).code == 3


def test_lint_says_nothing_of_the_known_part_of_a_statement(run: Run, tmp_path: Path) -> None:
    """The Deny refuses all that `role/app` may, and not all that the statement may allow."""
    principal = '["arn:aws:iam::111122223333:role/app", "${var.role}"]'
    more = (
        ', "Sid": "B"}, {"Effect": "Deny", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*", "Condition": '
        '{"StringEquals": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/app"}}'
    )
    path = folder(tmp_path, principal=principal, action='"kms:Decrypt"')
    text = (tmp_path / "main.tf").read_text(encoding="utf-8")
    (tmp_path / "main.tf").write_text(text.replace('"Resource": "*"}\n  ]', f'"Resource": "*"{more}}}\n  ]'))
    found = run("lint", path, "--account", "111122223333", "--region", "us-west-2")
    assert '"B": parts of the statement' in found.out and "allow-always-denied" not in found.out
    assert "duplicate-sid" not in found.out
