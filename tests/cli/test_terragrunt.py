"""S1: a file of Terragrunt beside the files of a folder sets variables, and writes files that are not there yet.
[Terragrunt: inputs, include, generate, extra_arguments]"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import Run

OWN, PARTNER = "111122223333", "444455556666"
MAIN = f"""
provider "aws" {{
  region              = "us-west-2"
  allowed_account_ids = ["{OWN}"]
}}
variable "who" {{
  default = "{OWN}"
}}
resource "aws_kms_key" "k" {{
  policy = jsonencode({{
    Statement = [
      {{ Effect = "Allow", Principal = {{ AWS = "arn:aws:iam::{OWN}:root" }}, Action = "kms:*", Resource = "*" }},
      {{ Effect = "Allow", Principal = {{ AWS = "arn:aws:iam::${{var.who}}:root" }}, Action = "kms:*", Resource = "*" }}
    ]
  }})
}}
"""
GENERATED = """generate "more" {{
  path     = "more.tf"
  contents = <<EOF
{}
EOF
}}
"""


def proved(run: Run, path: Path, files: dict[str, str], *more: str) -> tuple[int, str]:
    for name, text in {"main.tf": MAIN, **files}.items():
        (path / name).write_text(text, encoding="utf-8")
    found = run("prove", str(path), "--builtin", "no-external-access", "--no-cache", *more)
    return found.code, " ".join(found.out.split())


@pytest.mark.parametrize(
    "files",
    [
        {"terragrunt.hcl": f'inputs = {{\n  who = "{PARTNER}"\n}}\n'},
        {"terragrunt.hcl.json": f'{{"inputs": {{"who": "{PARTNER}"}}}}'},
        {"terragrunt.hcl": 'include "root" {\n  path = find_in_parent_folders()\n}\n'},
        {"terragrunt.hcl": "inputs = merge(local.common, {})\n"},
        {"terragrunt.hcl": 'terraform {\n  extra_arguments "v" {\n    commands = ["plan"]\n  }\n}\n'},
        {"terragrunt.hcl": GENERATED.format('resource "aws_kms_grant" "g" {\n}')},
    ],
)
def test_what_terragrunt_may_set_is_not_known(run: Run, tmp_path: Path, files: dict[str, str]) -> None:
    code, said = proved(run, tmp_path, files)
    assert code == 3 and "terragrunt.hcl" in said
    if "generate" not in str(files):
        assert [proved(run, tmp_path, files, "--parameter", f"who={one}")[0] for one in (OWN, PARTNER)] == [0, 1]


@pytest.mark.parametrize(
    "files",
    [
        {"terragrunt.hcl": "inputs = {\n  other = 1\n}\n"},
        {"terragrunt.hcl": GENERATED.format('terraform {\n  backend "s3" {}\n}')},
        {"terragrunt.hcl": 'include "root" {\n  path = "x"\n}\n', "terraform.tfvars": f'who = "{OWN}"\n'},
    ],
)
def test_what_it_does_not_set_is_as_the_files_say(run: Run, tmp_path: Path, files: dict[str, str]) -> None:
    """A file of values goes before what Terragrunt sets by environment variables."""
    code, said = proved(run, tmp_path, files)
    assert code == 0 and "terragrunt.hcl generates changes nothing that these files say" in said


def test_two_versions_of_what_it_sets_are_not_alike(run: Run, tmp_path: Path) -> None:
    codes = []
    for new in (OWN, PARTNER):
        for side, who in (("old", OWN), ("new", new)):
            (tmp_path / side).mkdir(exist_ok=True)
            proved(run, tmp_path / side, {"terragrunt.hcl": f'inputs = {{\n  who = "{who}"\n}}\n'})
        codes.append(run("compare", str(tmp_path / "old"), str(tmp_path / "new")).code)
    assert codes == [0, 3]


@pytest.mark.parametrize(
    "text",
    [
        f'locals {{\n  name = "who"\n}}\ninputs = {{\n  (local.name) = "{PARTNER}"\n}}\n',
        f'inputs = {{ for name in ["w"] : "${{name}}ho" => "{PARTNER}" }}\n',
        'terraform {\n  source = "../module"\n}\n',
    ],
)
def test_names_that_are_made_and_modules_that_are_copied(run: Run, tmp_path: Path, text: str) -> None:
    """The files of the module that `source` names are put beside those of the folder. [Terragrunt: terraform]"""
    assert proved(run, tmp_path, {"terragrunt.hcl": text})[0] == 3


def test_what_it_includes_may_be_another_one(run: Run, tmp_path: Path) -> None:
    for side, who in (("old", OWN), ("new", PARTNER)):
        (tmp_path / side / "live").mkdir(parents=True)
        (tmp_path / side / "root.hcl").write_text(f'inputs = {{\n  who = "{who}"\n}}\n', encoding="utf-8")
        include = 'include "root" {\n  path = find_in_parent_folders("root.hcl")\n}\n'
        proved(run, tmp_path / side / "live", {"terragrunt.hcl": include})
    sides = [str(tmp_path / side / "live") for side in ("old", "new")]
    assert [run("compare", sides[0], side).code for side in sides] == [0, 3]


def test_so_it_may_in_two_revisions(run: Run, tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        identity = ("-c", "user.name=t", "-c", "user.email=t@example.com")
        subprocess.run(["git", "-C", str(tmp_path), *identity, *arguments], check=True)

    (tmp_path / "live").mkdir()
    git("init", "--quiet")
    for who in (OWN, PARTNER):
        (tmp_path / "root.hcl").write_text(f'inputs = {{\n  who = "{who}"\n}}\n', encoding="utf-8")
        include = 'include "root" {\n  path = find_in_parent_folders("root.hcl")\n}\n'
        proved(run, tmp_path / "live", {"terragrunt.hcl": include})
        git("add", ".")
        git("commit", "--quiet", "--message", who)
    live = str(tmp_path / "live")
    assert [run("compare", "--git", two, live).code for two in ("HEAD..HEAD", "HEAD~1..HEAD")] == [0, 3]
