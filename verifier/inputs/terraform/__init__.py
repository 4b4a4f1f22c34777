"""Terraform plans and states → the parts of a snapshot.

In: the output of `terraform show -json` of a plan or a state (OpenTofu's is the same). Out: `Parts`: keys, inventories,
organization, endpoints, as AWS CLI output would tell them after apply (or, of a plan, before it).
Guarantee: what is known only after apply is recovered or is `Unknown` with a name; nothing is dropped. Inventories are
not complete: an account has users and roles that a plan does not know (U1).

`plan` reads the format, with `configuration` and `sources`; `resolver` finds the values of attributes, with
`references`, `computed_attributes`, `documents` and `providers`, for the readers of `resources`; `surroundings` reads
what plans alone have, for `reading`. Here is what tells a plan: the rest is imported for plans alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeGuard

from verifier.syntax.diagnostic import InputError

if TYPE_CHECKING:
    from verifier.inputs.terraform.json_text import Json

__all__ = ["is_terraform", "may_be_terraform"]


def may_be_terraform(text: str) -> bool:
    """False only if a text is neither the output of `terraform show -json` nor a raw state: a quick look, so that other
    files are not read twice."""
    versions = ('"format_version"', '"lineage"')
    members = ('"terraform_version"', '"planned_values"', '"resource_changes"', '"values"')
    return text.lstrip().startswith("{") and any(v in text for v in versions) and any(m in text for m in members)


def is_terraform(data: object) -> TypeGuard[Json]:
    """True iff a JSON value is the output of `terraform show -json`. Raises `InputError` for a raw state file."""
    if not isinstance(data, dict):
        return False
    if "lineage" in data and "terraform_version" in data and "resources" in data:
        raise InputError.of("this is a raw state file", hint="give the output of `terraform show -json` instead")
    return "format_version" in data and any(
        name in data for name in ("terraform_version", "planned_values", "values", "resource_changes", "configuration")
    )
