"""`--harmless` and `harmless` in the configuration."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Run
from tests.inputs.plans import ACCOUNT
from tests.inputs.test_harmless import MODULE
from tests.inputs.test_terraform_folder import TIGHT, written


def test_it_is_given_by_an_option_and_in_the_configuration(tmp_path: Path, run: Run) -> None:
    written(tmp_path, main=TIGHT, more=MODULE)
    prove = ["prove", str(tmp_path), "--builtin", "no-external-access", "--account", ACCOUNT, "--output", "json"]
    assert run(*prove).code == 3
    found = run(*prove, "--harmless", "module.vpc")
    assert found.code == 0
    assert "--harmless module.vpc" in found.out
    settings = f'inputs = ["."]\nbuiltins = ["no-external-access"]\naccount = "{ACCOUNT}"\nharmless = ["module.vpc"]\n'
    (tmp_path / "verifier.toml").write_text(settings, encoding="utf-8")
    checked = run("check", "--config", str(tmp_path / "verifier.toml"), "--output", "sarif")
    assert checked.code == 0
    assert "--harmless module.vpc" in checked.out
