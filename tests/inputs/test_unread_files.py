"""Files to which an input refers, or may refer, and that are not read, are others where they hold something else
(S1)."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.inputs.plans import ACCOUNT, caller_identity, new_key, new_role, plan, refers
from tests.inputs.test_terraform_files import ROLE, a_statement
from tests.inputs.test_terraform_files import key as planned
from tests.inputs.test_terraform_files import load as beside
from tests.inputs.test_terraform_folder import key, load
from tests.inputs.test_unread_versions import (
    EQUIVALENT,
    KEY,
    TEMPLATE,
    UNKNOWN,
    VARIABLES,
    module,
    relation,
    runs,
    stack,
)
from verifier.inputs import load_estate
from verifier.inputs.supplied import Supplied
from verifier.model.estate import Estate
from verifier.syntax.diagnostic import InputError

UNREAD = {
    "another form": ("more.tf.json", '{"module": {"m": {"source": "example.com/'),
    "a syntax error": ("more.tf", "module {{{ "),
    "in place of others": ("m/override.tf.json", '{"output": {"'),
    "beside it": ("m/more.tf", "# "),
    "what one may refer to": ("policy.json", "{}"),
    "a module that one may call": (".terraform/modules/m/more.tf", "# "),
    "what leads out": ("../policy.json", "{}"),
    "what leads out of all": ("../policy.json", "{}"),
    "a link": ("../elsewhere.json", "{}"),
    "a link that leads out of all": ("../../elsewhere.json", "{}"),
    "too much": ("more.tf.json", "{}"),
    "nothing leads there": ("../policy.json", "{}"),
    "what leads to a module within": ("../policy.json", "{}"),
    "a provider": (".terraform/providers/p", ""),
}
ASIDE = ("nothing leads there", "what leads to a module within", "a provider")
LEADS = {
    "what leads out": {"file": "../"},
    "what leads out of all": {"file": "../../"},
    "what leads to a module within": {"source": "../m"},
}


@pytest.mark.parametrize("name", UNREAD)
def test_s1_so_of_files_that_are_not_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    """In versions whose files are called alike, as those of two commits are."""
    file, text = UNREAD[name]
    monkeypatch.setattr("verifier.inputs.text.files._MOST", 3 * 4096 if name == "too much" else 4 << 20)

    def version(folder: str, end: str) -> Estate:
        root = tmp_path / folder / "root"
        for made in (".git", "f/m", "f/.terraform/modules/m", "f/.terraform/providers"):
            (root / made).mkdir(parents=True)
        (root / "f" / "main.tf").write_text(f'{KEY}module "m" {{\n  source = "./m"\n}}\n', encoding="utf-8")
        (root / "f" / "m" / "override.tf.json").write_text(json.dumps(LEADS.get(name)), encoding="utf-8")
        (root / "f" / "README.md").write_text("../", encoding="utf-8")
        (root / ".git" / "HEAD").write_text(folder, encoding="utf-8")
        path = root / "f" / file
        path.write_text(f"{text}{end}", encoding="utf-8")
        if path.name == "elsewhere.json":
            (root / "f" / "more.tf.json").symlink_to(path)
        return load_estate([root / "f"], supplied=Supplied(ACCOUNT, "us-west-2"), root=root)

    old, same, new = version("old", "one"), version("same", "one"), version("new", "two")
    assert (relation(old, old), relation(old, new)) == (EQUIVALENT, EQUIVALENT if name in ASIDE else UNKNOWN)
    assert relation(old, same) == (UNKNOWN if "out of all" in name or name == "too much" else EQUIVALENT)


WITH_FILE = 'replace(aws_iam_role.app.arn, "a", file("p.txt"))'
WITH_FILE = f'jsonencode({{ Version = "2012-10-17", Statement = [{a_statement(WITH_FILE)}] }})'
OF_FILES = {
    "a function": key('csvdecode(file("p.txt"))[0].a'),
    "a function of a local": key("local.x") + 'locals {\n  x = csvdecode(templatefile("p.txt", {}))[0].a\n}\n',
    "a template of a stack": stack('${filebase64("p.txt")}'),
    "a data source": key("data.local_file.x.content") + 'data "local_file" "x" {\n  filename = "p.txt"\n}\n',
    "a program": key("data.external.x.result.a") + 'data "external" "x" {\n  program = ["sh", "p.txt"]\n}\n',
    "a command": runs("sh p.txt"),
    "a module": module("m", "../m"),
    "a plan": f"{ROLE}{planned(WITH_FILE)}",
}


@pytest.mark.parametrize("name", OF_FILES)
def test_s1_so_of_what_reads_files(tmp_path: Path, name: str) -> None:
    def version(folder: str, text: str) -> Estate:
        path = tmp_path / folder / "f"
        path.mkdir(parents=True)
        (path / "p.txt").write_text(text, encoding="utf-8")
        if name == "a plan":
            return beside(
                path,
                plan(caller_identity(), new_key("k", refers("aws_iam_role.app.arn")), new_role("app")),
                main=OF_FILES[name],
            )
        return load(path, main=OF_FILES[name] + ("" if "aws_kms_key" in OF_FILES[name] else KEY), more=VARIABLES)

    old, same, new = version("old", "one"), version("same", "one"), version("new", "two")
    assert (relation(old, old), relation(old, new)) == (EQUIVALENT, UNKNOWN)
    assert relation(old, same) == (UNKNOWN if name == "a module" else EQUIVALENT)


READS = key('csvdecode(file("../../p.txt"))[0].a')
CALLED = "b/c/d"


def call(source: str) -> str:
    """A call of a module."""
    return f'module "n" {{\n  source = {source}\n}}\n'


@pytest.mark.parametrize(
    ("files", "is_told"),
    [
        ({}, True),
        ({"a/f/more.tf": call('"example.com/m"')}, True),
        (
            {"a/f/more.tf": 'resource "aws_cloudwatch_event_rule" "r" {\n  event_pattern = { source = ["x"] }\n}\n'},
            True,
        ),
        ({"a/other/main.tf": call('"../../b/c/d"')}, True),
        ({"a/f/more.tf": call('"../../b/c/d"')}, False),
        ({"a/f/m/main.tf": call('"../../../b/c/d"')}, False),
        ({"a/f/more.tf": call('"../other"'), "a/other/main.tf": call('"../.././b/c/d"')}, False),
        ({"a/f/more.tf": call("var.a")}, False),
        ({"a/f/more.tf": call('"${var.a}/d"')}, False),
        ({"a/f/more.tf": call('"../../link/d"'), "link": "b/c"}, False),
    ],
)
def test_s1_what_other_configurations_of_the_repository_read_leads_nowhere(
    tmp_path: Path, files: dict[str, str], is_told: bool
) -> None:
    """One below `b` reads a file outside of the repository, from where Terraform runs in `a/f`."""

    def version(folder: str, text: str) -> Estate:
        root = tmp_path / folder / "root"
        outside = {f"{CALLED}/main.tf": 'output "o" {\n  value = file("../../../p.txt")\n}\n', "p.txt": text}
        for name, found in {"a/f/main.tf": READS + VARIABLES, ".git/HEAD": "", **outside, **files}.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            if name == "link":
                (root / name).symlink_to(found)
            else:
                (root / name).write_text(found, encoding="utf-8")
        return load_estate([root / "a" / "f"], supplied=Supplied(ACCOUNT, "us-west-2"), root=root)

    old, same, new = version("old", "one"), version("same", "one"), version("new", "two")
    assert (relation(old, old), relation(old, new)) == (EQUIVALENT, UNKNOWN)
    assert relation(old, same) == (EQUIVALENT if is_told else UNKNOWN)


def test_s1_a_module_whose_source_is_not_told_may_be_any_of_the_folder(tmp_path: Path) -> None:
    """OpenTofu takes variables in sources. [OpenTofu: Module Sources]"""

    def version(folder: str, text: str) -> Estate:
        return load(
            tmp_path / folder, main=KEY + call("var.a"), more='variable "a" {\n  default = "./m"\n}\n', m__main=text
        )

    old, same, new = version("old", "# one"), version("same", "# one"), version("new", "# two")
    assert (relation(old, same), relation(old, new)) == (EQUIVALENT, UNKNOWN)


STACK = "  S:\n    Type: AWS::CloudFormation::Stack\n    Properties: {TemplateURL: HERE}\n"
FUNCTION = "  F:\n    Type: AWS::Lambda::Function\n    Properties: {Code: HERE}\n"
CUSTOM = "  C:\n    Type: Custom::C\n    Properties: {ServiceToken: !GetAtt F.Arn}\n"
SNIPPET = "  P:\n    Type: AWS::IAM::Something\n    Fn::Transform: {Name: AWS::Include, Parameters: {Location: HERE}}\n"


@pytest.mark.parametrize(
    ("resource", "path", "told"),
    [
        (STACK, "./one.txt", True),
        (STACK, "in/one.txt", True),
        (STACK, "gone.txt", False),
        (STACK, "../root/one.txt", True),
        (STACK, "../one.txt", False),
        (STACK, "./loop.txt", False),
        (FUNCTION + CUSTOM, "in/", True),
        (FUNCTION + CUSTOM, "with/", False),
        (SNIPPET, "./one.txt", True),
    ],
)
def test_s1_so_of_files_of_templates(tmp_path: Path, resource: str, path: str, told: bool) -> None:
    """Where a file cannot be looked at, it is like nothing elsewhere."""

    def version(folder: str, text: str) -> Estate:
        root = tmp_path / folder / "root"
        for file in ("one.txt", "in/one.txt", "with/one.txt", "../one.txt"):
            (root / file).parent.mkdir(parents=True, exist_ok=True)
            (root / file).write_text(text, encoding="utf-8")
        (root / "with" / "link").symlink_to("one.txt")
        (root / "loop.txt").symlink_to("loop.txt")
        (root / "t.yaml").write_text(TEMPLATE + resource.replace("HERE", path), encoding="utf-8")
        return load_estate([root / "t.yaml"], supplied=Supplied(ACCOUNT, "us-west-2"), root=root)

    old, same, new = version("old", "one"), version("same", "one"), version("new", "two")
    assert (relation(old, old), relation(old, new)) == (EQUIVALENT, UNKNOWN)
    assert relation(old, same) == (EQUIVALENT if told else UNKNOWN)


OPEN, DEFAULT = 'variable "a" {}\n', f'variable "a" {{\n  default = "{ACCOUNT}"\n}}\n'


@pytest.mark.parametrize(
    ("name", "main", "found"),
    [
        ("prod.tfvars", key("var.a") + OPEN, UNKNOWN),
        ("values/prod.tfvars.json", key("var.a") + OPEN, UNKNOWN),
        ("terragrunt.hcl", key("var.a") + OPEN, UNKNOWN),
        ("README.md", key("var.a") + OPEN, EQUIVALENT),
        ("prod.tfvars", key("upper(var.a)") + DEFAULT, EQUIVALENT),
    ],
)
def test_s1_so_of_files_of_values_that_a_command_may_name(tmp_path: Path, name: str, main: str, found: str) -> None:
    def version(folder: str, value: str | None) -> Estate:
        path = tmp_path / folder / name
        path.parent.mkdir(parents=True)
        path.symlink_to(tmp_path / "nothing" / folder) if value is None else path.write_text(value, encoding="utf-8")
        return load(tmp_path / folder, main=main)

    old, same, new = version("old", "one"), version("same", "one"), version("new", "two")
    assert (relation(old, same), relation(old, new)) == (EQUIVALENT, found)
    assert relation(version("gone", None), version("away", None)) == found


@pytest.mark.parametrize("of", ["a template", "a folder"])
def test_files_are_looked_at_only_where_that_tells_something(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, of: str
) -> None:
    """The code of a function may be large, and a folder of `.tf` files hold much else."""

    def looked_at(*_: object) -> None:
        raise AssertionError

    for name in ("cloudformation.nested.held", "terraform.module_inputs.held", "terraform.module_folders.files_below"):
        monkeypatch.setattr(f"verifier.inputs.{name}", looked_at)
    main = KEY + 'output "o" {\n  value = file("p.txt")\n}\n'
    template = TEMPLATE.replace("AWS::IAM::Something", "AWS::SNS::Topic") + FUNCTION.replace("HERE", "./")
    for name, text in {"main.tf": main, "prod.tfvars": ""}.items() if of == "a folder" else [("t.yaml", template)]:
        (tmp_path / name).write_text(text, encoding="utf-8")
    path = tmp_path if of == "a folder" else tmp_path / "t.yaml"
    assert load_estate([path], supplied=Supplied(ACCOUNT, "us-west-2")).keys


def test_s1_only_files_are_looked_at(tmp_path: Path) -> None:
    """Reading a pipe waits for whoever writes to it."""

    def version(folder: str) -> Estate:
        (tmp_path / folder).mkdir()
        os.mkfifo(tmp_path / folder / "prod.tfvars")
        return load(tmp_path / folder, main=key("var.a") + OPEN)

    assert relation(version("one"), version("two")) == UNKNOWN


def test_s1_values_that_are_read_are_those_of_their_own_variables(tmp_path: Path) -> None:
    def version(folder: str) -> Estate:
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "terraform.tfvars").write_text(f'b = "{folder}"\n', encoding="utf-8")
        return load(tmp_path / folder, main=key("var.a") + VARIABLES)

    assert relation(version("one"), version("two")) == EQUIVALENT


def test_s3_a_folder_that_is_not_read_says_why(tmp_path: Path) -> None:
    twice = "locals {\n  a = 1\n}\n"
    (tmp_path / "main.tf").write_text(f'resource "aws_kms_key" "k" {{}}\n{twice}{twice}', encoding="utf-8")
    with pytest.raises(InputError, match=r"declares local\.a twice \(the second time in main\.tf:5\)"):
        load_estate([tmp_path])
