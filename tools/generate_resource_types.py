"""Generates `tests/inputs/resource_types.json`: the names of the resource types of Terraform and CloudFormation that
matter here.

In: the modules of `cdktf-cdktf-provider-aws` (one for each type of the Terraform provider aws) and the schemas of
`cfn-lint`. Out: one JSON text with the names alone, of the services whose resources could change who may use a key.
Guarantee: the same packages give the same text; a package that is not installed leaves its list as it is.

Run `python tools/generate_resource_types.py` after updating them; then decide for each new name, in
`verifier/inputs/data/resource_types.json`, whether it is read, harmless, or unknown.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, files, version
from pathlib import Path
from typing import Any

OUTPUT = Path(__file__).resolve().parent.parent / "tests" / "inputs" / "resource_types.json"

TERRAFORM, CLOUDFORMATION = "cdktf-cdktf-provider-aws", "cfn-lint"
_TERRAFORM = re.compile(
    r"cdktf_cdktf_provider_aws/((?:budgets_budget_action|controltower|iam|identitystore|kms|organizations|ram|ssoadmin"
    r"|vpc_endpoint)\w*)/__init__\.py"
)
_CLOUDFORMATION = re.compile(
    r"AWS::(?:Budgets::BudgetsAction|(?:ControlTower|IAM|IdentityStore|KMS|Organizations|RAM|SSO|EC2::VPCEndpoint\w*)"
    r"(?:::\w+)?)"
)


def generate() -> str:
    """The text of the file for the installed versions, with the lists of what is not installed as they are."""
    found: dict[str, Any] = json.loads(OUTPUT.read_text(encoding="utf-8")) if OUTPUT.exists() else {"sources": {}}
    for package, key, types in (
        (TERRAFORM, "terraform", _terraform),
        (CLOUDFORMATION, "cloudformation", _cloudformation),
    ):
        try:
            found["sources"][package] = version(package)
        except PackageNotFoundError:
            continue
        found[key] = sorted(types())
    return json.dumps(found, indent=1) + "\n"


def _terraform() -> set[str]:
    """The module of a type is called as the type is, without `aws_`."""
    names = (_TERRAFORM.fullmatch(str(file)) for file in files(TERRAFORM) or ())
    return {f"aws_{match[1]}" for match in names if match is not None}


def _cloudformation() -> set[str]:
    return {name for file in _schemas("providers") for name in file if _CLOUDFORMATION.fullmatch(name)}


def properties() -> dict[str, set[str]]:
    """The properties of the types of CloudFormation that a template may set in some Region."""
    found: dict[str, set[str]] = {}
    for schema in _schemas("resources"):
        told = {path.removeprefix("/properties/") for path in schema.get("readOnlyProperties", ())}
        found.setdefault(schema["typeName"], set()).update(schema["properties"].keys() - told)
    return found


def _schemas(folder: str) -> Iterator[dict[str, Any]]:
    pattern = re.compile(rf"cfnlint/data/schemas/{folder}/[a-z0-9-]+\.json")
    for file in files(CLOUDFORMATION) or ():
        if pattern.fullmatch(str(file)):
            yield json.loads(Path(str(file.locate())).read_text(encoding="utf-8"))


if __name__ == "__main__":
    OUTPUT.write_text(generate(), encoding="utf-8")
