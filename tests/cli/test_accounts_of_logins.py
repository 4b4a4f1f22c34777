"""S4: a provider configuration that names accounts, and does not tell which of them is its own, leaves the own account
open among these: none of them counts as another one. [terraform-provider-aws: allowed_account_ids, assume_role]"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run

OWN, PARTNER = "111122223333", "444455556666"
CALLER = "${data.aws_caller_identity.own.account_id}"
FOLDER = """
provider "aws" {{
  region = "us-west-2"
  {login}
}}
variable "first" {{
  type = bool
}}
variable "one_of_two" {{
  validation {{
    condition     = contains(["{own}", "{partner}"], var.one_of_two)
    error_message = "one of ours"
  }}
}}
locals {{
  mapped   = {{ dev = "{own}", prod = "{partner}" }}
  selected = local.mapped[terraform.workspace]
}}
data "aws_caller_identity" "own" {{}}
resource "aws_kms_key" "k" {{
  policy = jsonencode({{
    Statement = [
      {{ Effect = "Allow", Principal = {{ AWS = "arn:aws:iam::{caller}:root" }}, Action = "kms:*", Resource = "*" }},
      {{ Effect = "Allow", Principal = {{ AWS = "{principal}" }}, Action = "kms:Decrypt", Resource = "*" }}
    ]
  }})
}}
"""
TWO = f'allowed_account_ids = ["{OWN}", "{PARTNER}"]'
ASSUMED = "assume_role {{\n    role_arn = {}\n  }}"
LOGINS = [
    TWO,
    f'allowed_account_ids = var.first ? ["{OWN}"] : ["{PARTNER}"]',
    "allowed_account_ids = [var.one_of_two]",
    "allowed_account_ids = [local.selected]",
    ASSUMED.format(f'var.first ? "arn:aws:iam::{OWN}:role/d" : "arn:aws:iam::{PARTNER}:role/d"'),
    ASSUMED.format('"arn:aws:iam::${local.selected}:role/deploy"'),
    'dynamic "assume_role" {\n    for_each = [1]\n    content {\n      role_arn = '
    '"arn:aws:iam::${local.selected}:role/d"\n    }\n  }',
    f'}}\nprovider "aws" {{\n  alias  = "other"\n  region = "eu-west-1"\n  {TWO}',
]


def folder(path: Path, login: str, principal: str = CALLER) -> str:
    path.mkdir(exist_ok=True)
    text = FOLDER.format(login=login, principal=principal, caller=CALLER, own=OWN, partner=PARTNER)
    (path / "main.tf").write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("login", LOGINS)
def test_no_account_of_a_login_is_held_to_be_another_one(run: Run, tmp_path: Path, login: str) -> None:
    """Whoever is in 111122223333 may decrypt if the key is of it."""
    invariant = tmp_path / "own.inv"
    invariant.write_text(f'invariant "x":\n  no caller in {OWN} can kms:Decrypt\n', encoding="utf-8")
    command = ("prove", folder(tmp_path / "tf", login), "--invariants", str(invariant), "--no-cache")
    found = run(*command)
    assert found.code == 2 and f"{OWN}, {PARTNER}" in found.err and "--account" in found.err
    assert run(*command, "--account", OWN).code == 1


@pytest.mark.parametrize("login", LOGINS)
def test_a_verdict_holds_in_each_account_of_a_login(run: Run, tmp_path: Path, login: str) -> None:
    def code(principal: str) -> int:
        return run("prove", folder(tmp_path, login, principal), "--builtin", "no-external-access", "--no-cache").code

    assert [code(CALLER), code("555566667777"), code(PARTNER)] == [0, 1, 3]


def test_an_account_that_only_other_things_name_is_another_one(run: Run, tmp_path: Path) -> None:
    found = run("prove", folder(tmp_path, "", PARTNER), "--builtin", "no-external-access", "--no-cache")
    assert found.code == 1 and "000000000000" in found.out


def test_versions_are_compared_in_each_account_of_a_login(run: Run, tmp_path: Path) -> None:
    old, new = folder(tmp_path / "old", TWO), folder(tmp_path / "new", TWO, "*")
    assert run("compare", old, old).code == 0
    assert run("compare", old, new).code == 1


@pytest.mark.parametrize("command", [("who-can", "kms:Decrypt"), ("findings",)])
def test_lists_that_differ_in_the_own_account_alone_ask_for_nothing(
    run: Run, tmp_path: Path, command: tuple[str, ...]
) -> None:
    found = run(*command, folder(tmp_path, TWO))
    assert found.code == 0 and f"({OWN}, {PARTNER})" in " ".join(found.out.split())
    found = run(*command, folder(tmp_path, TWO, PARTNER))
    assert found.code == 2 and "--account" in found.err


def test_lint_tells_what_is_wrong_in_each_account_of_a_login(run: Run, tmp_path: Path) -> None:
    found = run("lint", folder(tmp_path, TWO, "*"))
    assert found.code == 1 and "whichever they are" in " ".join(found.out.split())
