"""Escalation paths: `published.yaml` and `further.yaml` → the snapshots and the invariant that they ask.

In: entries in the form that README.md beside this file tells. Out: `Path`s, and for given statements of the attacker a
snapshot.
Guarantee: a member that this module does not know is an error, so a misspelt expectation cannot pass unseen.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path as File
from typing import Any

from tests.case_format import DEFAULT_KEY
from tests.case_organization import organization
from tests.case_snapshot import details, key, known, policy_document, vpc_endpoints
from tests.yaml_files import document
from verifier.model.steps.workloads import KINDS

Statement = dict[str, Any]

HOME = "111122223333"
MANAGEMENT = "999988887777"
HERE = File(__file__).parent
ATTACKER = "attacker"
USES: Statement = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": DEFAULT_KEY}
"""What the victim may do."""
EVERYTHING: Statement = {"Effect": "Allow", "Action": "*", "Resource": "*"}
DELEGATES: Statement = {"Effect": "Allow", "Principal": {"AWS": HOME}, "Action": "kms:*", "Resource": "*"}
"""The key policy unless a path says another: the account's identity policies decide."""

FILES = ("published", "further")

_PLACES = ("key", "role/", "user/", "group/", "policy/", "instance-profile/", "oidc-provider/", "saml-provider/")
_MEMBERS = {
    *(
        "why",
        "needs",
        "when",
        "open_without",
        "expect",
        "wrong",
        "shut",
        "attacker",
        "victim",
        "trusts",
        "others",
        "profiles",
        "runs",
    ),
    *("key", "multi_region", "account", "frame", "vpc_endpoints", "given", "missing"),
}


@dataclass(frozen=True)
class Path:
    """One path. `needs` are the statements that the attacker has: exactly what the path takes, an action each.
    `open_without` are actions that real accounts may not need. `expect` is `found` (a story must be found) or `open`
    (it may be Unknown instead). `wrong` are the forms that are still answered wrongly: `plain`, `open` (all that are
    still open) or the name of one."""

    name: str
    why: str
    needs: tuple[Statement, ...]
    open_without: frozenset[str]
    expect: str
    wrong: frozenset[str]
    document: Mapping[str, Any]
    facts: bool = False
    """Whether the snapshot says what runs as which role."""

    @property
    def kind(self) -> str:
        """`user` or `role`: what the attacker is."""
        return str(self.document.get("attacker", {}).get("kind", "user"))

    @property
    def invariant(self) -> str:
        """The sentence that the path breaks."""
        return (
            f'account prod = {HOME}\ninvariant "path": no {self.kind}/{ATTACKER} in prod can eventually kms:Decrypt\n'
        )

    def snapshot(
        self, statements: Sequence[Statement], boundary: Sequence[Statement] = (), scp: Sequence[Statement] = ()
    ) -> dict[str, Any]:
        """The account in which the attacker has these statements as one of its policies. What `boundary` denies, its
        permissions boundary denies; what `scp` denies, a control policy of its account."""
        told = self.document
        authorization = details(HOME, self._inventory(boundary))
        self._add_needs(authorization, statements)
        described = {
            "key_policy": [DELEGATES],
            "grants": [],
            "tags": {"Tags": []},
            "aliases": {"Aliases": []},
            **told.get("key", {}),
        }
        account = {
            "authorization_details": authorization,
            **told.get("account", {}),
            **(self._running() if self.facts else {}),
        }
        snapshot: dict[str, Any] = {"keys": [key(DEFAULT_KEY, described)], "accounts": {HOME: account}}
        if "vpc_endpoints" in told:
            snapshot["vpc_endpoints"] = vpc_endpoints(told["vpc_endpoints"])
        frame = [*told.get("frame", ()), *scp]
        if frame:
            policies = {HOME: ["full", frame]}
            snapshot["organization"] = organization(
                {"id": "o-a1b2c3d4e5", "management": MANAGEMENT, "accounts": [HOME, MANAGEMENT], "scps": policies}
            )
        return self._with_key(_expanded(snapshot))

    def _inventory(self, boundary: Sequence[Statement]) -> dict[str, Any]:
        """Users, roles, groups and policies in the short form of cited cases."""
        told = self.document
        people: dict[str, dict[str, Any]] = {
            kind: dict(told.get("others", {}).get(kind, {})) for kind in ("users", "roles", "groups", "policies")
        }
        its = {name: value for name, value in told.get("attacker", {}).items() if name != "kind"}
        if boundary:
            its["boundary"] = [*its.get("boundary", [EVERYTHING]), *boundary]
        people[f"{self.kind}s"][ATTACKER] = its
        victim = told.get("victim", "role")
        if victim == "role":
            people["roles"]["Victim"] = {"statements": [USES], "trust": told.get("trusts", "account")}
        elif victim == "user":
            people["users"]["Victim"] = [USES]
        people["roles"] = {name: _with_trust(given) for name, given in people["roles"].items()}
        return people

    def _add_needs(self, authorization: Mapping[str, Any], statements: Sequence[Statement]) -> None:
        """Adds the policy of the attacker that is in question, and instance profiles as the account's listing tells
        them: one of the name of each role that EC2 may assume, unless the path says that there are none."""
        title = self.kind.capitalize()
        (attacker,) = (one for one in authorization[f"{title}DetailList"] if one[f"{title}Name"] == ATTACKER)
        if statements:
            attacker[f"{title}PolicyList"].append(
                {"PolicyName": "needs", "PolicyDocument": policy_document(list(statements))}
            )
        for role in authorization["RoleDetailList"]:
            told = self.document.get("profiles", True)
            listed = "ec2.amazonaws.com" in str(role["AssumeRolePolicyDocument"]) and (
                told is True or role["RoleName"] in (told or ())
            )
            arn = f"arn:aws:iam::{HOME}:instance-profile/{role['RoleName']}"
            role["InstanceProfileList"] = (
                [{"InstanceProfileName": role["RoleName"], "Path": "/", "Arn": arn, "Roles": []}] if listed else []
            )

    def _running(self) -> dict[str, Any]:
        """All that runs in the account, in its only Region: what the path says, and nothing else."""
        listed: dict[str, list[Any]] = {name: [] for name in KINDS}
        for short, role in self.document["runs"].items():
            kind, entry = next((kind, made) for start, (kind, made) in ENTRIES.items() if short.startswith(start))
            listed[kind].append(entry(place(short), place(role) if role is not None else None))
        return {"regions": {"Regions": [{"RegionName": "us-west-2"}]}, "workloads": {"us-west-2": listed}}

    def _with_key(self, snapshot: dict[str, Any]) -> dict[str, Any]:
        """The same about a multi-Region key, where the path is about one."""
        if not self.document.get("multi_region"):
            return snapshot
        snapshot["keys"][0]["metadata"]["KeyMetadata"] |= {
            "MultiRegion": True,
            "MultiRegionConfiguration": {"MultiRegionKeyType": "PRIMARY"},
        }
        text = json.dumps(snapshot).replace(DEFAULT_KEY.rpartition("/")[2], "mrk-1234abcd12ab34cd56ef1234567890ab")
        return dict(json.loads(text))


ENTRIES: Mapping[str, tuple[str, Callable[[str, str | None], Any]]] = {
    "lambda:function": ("functions", lambda arn, role: {"FunctionArn": arn, "Role": role}),
    "ec2:instance": (
        "instances",
        lambda arn, role: _instance(_name(arn), role),
    ),
    "ec2:launch-template": (
        "launch_templates",
        lambda arn, role: {"LaunchTemplateId": _name(arn), "LaunchTemplateData": _profile(role)},
    ),
    "ecs:task": ("ecs_tasks", lambda arn, role: {"taskArn": arn, "overrides": {"taskRoleArn": role}}),
    "codebuild:project": ("codebuild_projects", lambda arn, role: {"arn": arn, "serviceRole": role}),
    "glue:job": ("glue_jobs", lambda arn, role: {"Name": _name(arn), "Role": role}),
    "glue:devEndpoint": ("glue_dev_endpoints", lambda arn, role: {"EndpointName": _name(arn), "RoleArn": role}),
    "sagemaker:notebook-instance": (
        "sagemaker_notebooks",
        lambda arn, role: {"NotebookInstanceArn": arn, "RoleArn": role},
    ),
    "cloudformation:stack/": ("stacks", lambda arn, role: {"StackId": arn, "RoleARN": role}),
    "cloudformation:stackset/": ("stack_instances", lambda arn, _: {"StackSetId": _name(arn), "Account": HOME}),
    "apprunner:service": (
        "apprunner_services",
        lambda arn, role: {"ServiceArn": arn, "InstanceConfiguration": {"InstanceRoleArn": role}},
    ),
    "states:stateMachine": ("state_machines", lambda arn, role: {"stateMachineArn": arn, "roleArn": role}),
    "scheduler:schedule": ("schedules", lambda arn, role: {"Arn": arn, "Target": {"RoleArn": role}}),
    "bedrock-agentcore:code-interpreter": (
        "code_interpreters",
        lambda arn, role: {"codeInterpreterArn": arn, "executionRoleArn": role},
    ),
}
"""How short names of code begin, of which kind it is, and what the AWS CLI says of it, by its ARN and that of its
role."""


def _name(arn: str) -> str:
    return arn.rpartition("/")[2]


def _instance(name: str, role: str | None) -> Any:
    return {"Instances": [{"InstanceId": name, **_profile(role)}]}


def _profile(role: str | None) -> Any:
    """The profile of a role has its name."""
    return {} if role is None else {"IamInstanceProfile": {"Arn": role.replace(":role/", ":instance-profile/")}}


def _with_trust(given: Any) -> Any:
    """A role whose trust policy is written out: `account`, a service, a provider, or who is named."""
    if not isinstance(given, Mapping) or not isinstance(given.get("trust"), str):
        return given
    trust = given["trust"]
    if trust.startswith(("saml-provider/", "oidc-provider/")):
        action = "sts:AssumeRoleWithSAML" if trust.startswith("saml") else "sts:AssumeRoleWithWebIdentity"
        return {**given, "trust": [{"Effect": "Allow", "Principal": {"Federated": trust}, "Action": action}]}
    principal = (
        {"Service": trust} if trust.endswith(".amazonaws.com") else {"AWS": HOME if trust == "account" else trust}
    )
    return {**given, "trust": [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}]}


def _expanded(given: Any) -> Any:
    """A document whose short names of places are ARNs."""
    if isinstance(given, Mapping):
        return {name: _expanded(value) for name, value in given.items()}
    if isinstance(given, (list, tuple)):
        return [_expanded(one) for one in given]
    return place(given) if isinstance(given, str) and given.startswith(_PLACES) else given


def place(short: str) -> str:
    """The ARN of a place: `key`, `role/Victim`, `lambda:function:intake`; `*` and ARNs stay."""
    if short in ("*", "key") or short.startswith("arn:"):
        return DEFAULT_KEY if short == "key" else short
    if short.startswith(_PLACES):
        return f"arn:aws:iam::{HOME}:{short}"
    service, rest = short.split(":", 1)
    return f"arn:aws:{service}:us-west-2:{HOME}:{rest}"


def load_paths(*names: str) -> tuple[Path, ...]:
    """The paths of the files (of both without names), in their order. Raises `ValueError` for a malformed one."""
    return tuple(_path(name, its) for file in names or FILES for name, its in document(HERE / f"{file}.yaml").items())


def with_facts(paths: Iterable[Path]) -> Iterator[Path]:
    """The same paths, of those that are about code that runs and say what is answered then, where the snapshot says
    what runs."""
    for path in paths:
        if "given" in path.document:
            yield replace(path, name=f"{path.name}-given", expect=path.document["given"], facts=True)


def _path(name: str, its: Mapping[str, Any]) -> Path:
    known(its, _MEMBERS)
    needs, when = its["needs"], its.get("when", {})
    if (
        its["expect"] not in ("found", "open")
        or set(its.get("open_without", ())) - set(needs)
        or set(when) - set(needs)
    ):
        raise ValueError(f"{name}: wrong expectation, or an action that is not among its needs")
    if (its["expect"] == "open") != ("given" in its or "missing" in its):
        raise ValueError(
            f"{name}: one that may be Unknown says what becomes of it with what runs given, or what is missing"
        )
    statements = tuple(
        {
            "Effect": "Allow",
            "Action": action,
            "Resource": place(on),
            **({"Condition": when[action]} if action in when else {}),
        }
        for action, on in needs.items()
    )
    return Path(
        name,
        its["why"],
        statements,
        frozenset(its.get("open_without", ())),
        its["expect"],
        frozenset(its.get("wrong", ())),
        its,
    )
