"""S4: a provider configuration that is restricted to several accounts leaves the own account open among these, and no
other. [terraform-provider-aws: allowed_account_ids]"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run

OWN, PARTNER, OTHER = "111122223333", "444455556666", "777788889999"
CALLER = "${data.aws_caller_identity.own.account_id}"
KEY = """
provider "aws" {{
  region              = "us-west-2"
  allowed_account_ids = [{accounts}]
}}
data "aws_caller_identity" "own" {{}}
resource "aws_kms_key" "k" {{
  policy = jsonencode({{
    Statement = [
      {{ Effect = "Allow", Principal = {{ AWS = "{principal}" }}, Action = "kms:*", Resource = "*" }}
    ]
  }})
}}
"""


def folder(path: Path, *accounts: str, principal: str = CALLER) -> str:
    path.mkdir(exist_ok=True)
    listed = ", ".join(f'"{account}"' for account in accounts)
    (path / "main.tf").write_text(KEY.format(accounts=listed, principal=principal), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("caller", "accounts", "code"),
    [
        (f"in {OWN}", (OWN, PARTNER), 3),
        (f"in {OTHER}", (OWN, PARTNER), 0),
        (f"outside {OWN}", (OWN, PARTNER), 3),
        (f"in {OWN}", (OWN,), 1),
        (f"in {PARTNER}", (OWN,), 0),
    ],
)
def test_a_verdict_holds_in_each_allowed_account(
    run: Run, tmp_path: Path, caller: str, accounts: tuple[str, ...], code: int
) -> None:
    invariant = tmp_path / "own.inv"
    invariant.write_text(f'invariant "x":\n  no caller {caller} can kms:Decrypt\n', encoding="utf-8")
    result = run("prove", folder(tmp_path / "tf", *accounts), "--invariants", str(invariant), "--no-cache")
    assert result.code == code
    text = " ".join(result.out.split())
    assert "000000000000" not in text
    assert (f"in {OWN}, " in text and f"in {PARTNER} [S4]" in text) == (code == 3)


def test_what_is_the_same_in_each_says_which_were_looked_at(run: Run, tmp_path: Path) -> None:
    result = run("prove", folder(tmp_path, OWN, PARTNER), "--builtin", "no-external-access", "--no-cache")
    assert result.code == 0
    assert f"each that it may be was looked at ({OWN}, {PARTNER})" in " ".join(result.out.split())


def test_versions_of_several_accounts_are_compared_in_each(run: Run, tmp_path: Path) -> None:
    old, new = folder(tmp_path / "old", OWN, PARTNER), folder(tmp_path / "new", OWN, PARTNER, principal="*")
    assert run("compare", old, old).code == 0
    assert run("compare", old, new).code == 1
