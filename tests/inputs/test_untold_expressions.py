"""What a plan tells of an expression are the names in it alone, so two plans may make something else of them (S1)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.inputs.plans import ACCOUNT, Planned, constant, new_key, plan, refers, write
from tests.inputs.test_unread_versions import EQUIVALENT, UNKNOWN, relation
from verifier.inputs import load_estate
from verifier.inputs.supplied import Supplied
from verifier.model.estate import Estate

OWN = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}
KEY = new_key("k", {"Version": "2012-10-17", "Statement": [OWN]})


def grant(grantee: Any) -> Planned:
    """A grant of the key to somebody who is known after apply."""
    after = {"operations": ["Decrypt"], "name": None, "constraints": [], "retiring_principal": None}
    unknown = {"grantee_principal": True, "key_id": True, "grant_id": True}
    written = {"key_id": refers("aws_kms_key.k.key_id"), "grantee_principal": grantee}
    return Planned("aws_kms_grant", "g", after=after, unknown=unknown, expressions=written)


def runs(command: Any, **more: Any) -> dict[str, Any]:
    """The plan of a resource that runs a command."""
    found = plan(KEY, Planned("null_resource", "r", after={}), **more)
    for block in found["configuration"]["root_module"]["resources"]:
        if block["type"] == "null_resource":
            block["provisioners"] = [{"type": "local-exec", "expressions": {"command": command}}]
    return found


PLANS: dict[str, tuple[dict[str, Any], str]] = {
    "a constant command": (runs(constant("make one")), EQUIVALENT),
    "a command with a local": (runs(refers("local.a")), UNKNOWN),
    "a command with a variable": (runs(refers("var.a"), variables={"a": {"value": "x"}}), UNKNOWN),
    "a grant to a data source": (plan(KEY, grant(refers("data.aws_ssm_parameter.s.value"))), UNKNOWN),
    "a grant to one of two": (plan(KEY, grant(refers("local.a", "local.b"))), UNKNOWN),
    "an action": (
        plan(KEY, action_invocations=[{"address": "action.local_command.c", "type": "local_command"}]),
        UNKNOWN,
    ),
    "what is put off": (
        plan(
            KEY,
            deferred_changes=[
                {"reason": "r", "resource_change": {"address": "aws_iam_role.r", "type": "aws_iam_role"}}
            ],
        ),
        UNKNOWN,
    ),
}


@pytest.mark.parametrize("name", PLANS)
def test_s1_expressions_of_two_plans(tmp_path: Path, name: str) -> None:
    found, expected = PLANS[name]

    def version(folder: str, **more: Any) -> Estate:
        (tmp_path / folder).mkdir()
        return load_estate([write(tmp_path / folder, found | more)], supplied=Supplied(ACCOUNT, "us-west-2"))

    first, same, other = version("first"), version("same"), version("other", timestamp="2026-02-03T04:05:06Z")
    if name != "what is put off":  # which is called by the plan that it is of
        assert relation(first, same) == EQUIVALENT
    assert relation(first, other) == expected


def without(name: str, role: str = "other") -> dict[str, Any]:
    """A plan that takes an inline policy away from a role that is in no list."""
    before = {"id": f"{role}:{name}", "role": role, "name": name, "policy": '{"Statement": []}'}
    return plan(KEY, Planned("aws_iam_role_policy", "p", before=before, expressions={"role": constant(role)}))


def test_u1_other_policies_are_taken_away_from_others(tmp_path: Path) -> None:
    def version(name: str, data: dict[str, Any]) -> Estate:
        return load_estate([write(tmp_path, data, f"{name}.json")], supplied=Supplied(ACCOUNT, "us-west-2"))

    old = version("old", without("a"))
    assert relation(old, version("same", without("a"))) == EQUIVALENT
    for number, other in enumerate((plan(KEY), without("b"), without("a", "another"))):
        assert relation(old, version(f"new{number}", other)) == UNKNOWN
