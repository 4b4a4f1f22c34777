"""Random estates, and for each a template that would make it: *template → verdict* against *estate → verdict*.

In: a number. Out: `Sample`: the estate as a snapshot, which was there first; a template that CloudFormation makes it
of, perhaps with a snapshot of what was there before; invariants. `disagreements` asks both. Guarantee: nothing of the
estate comes from the reader.

A template may leave things open. Then the estate is one of those that it may make, and so
- what is proved of the template is not refuted of the estate;
- what is refuted of the template is not proved of the estate, without the roles, and the aliases and tags of the key,
  that the template does not tell (they are free: U1, U3).
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import verifier
from tests.inputs.estate_organization import organization
from tests.inputs.people import Group, Person, people_details
from tests.inputs.template_text import ACCOUNT, MACRO, REGION, Json, Writer, written
from verifier.inputs import load_estate
from verifier.inputs.supplied import NOTHING_SUPPLIED, Supplied
from verifier.language.invariants.files import read_invariants
from verifier.model.estate import Estate
from verifier.syntax.diagnostic import InputError
from verifier.syntax.source import Source

PARTNER = "444455556666"
KEY_ARN = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
ENDPOINT = "vpce-0123456789abcdef0"
ACTIONS = ("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:CreateGrant", "kms:PutKeyPolicy", "kms:Describe*")
ROLES = ("app", "batch", "old")
INVARIANTS = (
    "no caller outside own can ACTION",
    "no caller in partner except role/loader in partner can ACTION",
    "no role/ROLE in own can ACTION",
    "only root of own, role/ROLE in own can ACTION",
    "no caller in partner can ACTION",
    'role/ROLE in own can ACTION only when aws:PrincipalTag/team = "red"',
    'role/ROLE in own can ACTION only when kms:EncryptionContext:app = "true"',
    'callers outside own can ACTION only when kms:RequestAlias = "alias/pay"',
    "root of own can always ACTION",
    "role/ROLE in own can always ACTION",
)


@dataclass
class Role:
    """A role: its inline policies by name, managed ones by name, tags, and whether it is there before the template."""

    name: str
    inline: dict[str, Json]
    managed: dict[str, Json]
    tags: dict[str, str]
    boundary: str | None = None
    before: bool = False
    open: bool = False
    """Whether the template does not tell all of it."""


@dataclass
class Sample:
    """One sample. `beside` says whether the template is given beside a snapshot of the account."""

    policy: Json
    roles: list[Role]
    aliases: list[str]
    tags: dict[str, str]
    invariants: list[str]
    beside: bool
    template: str = ""
    yaml: bool = True
    given: dict[str, str] = field(default_factory=dict)
    open_facts: set[str] = field(default_factory=set)
    """The parts of the key, of those that are free where they are not given (U3), that the template does not tell."""
    more_roles: bool = False
    """Whether the template may make roles that it does not tell."""
    grants: list[Json] = field(default_factory=list)

    users: list[Person] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    controls: list[tuple[str, str, Json]] = field(default_factory=list)
    """Control policies of the organization: type, target, document. Without any there is no organization."""
    endpoint: Json = None
    """The policy of the VPC endpoint of KMS, if there is one."""

    def owner(self, kind: str, name: str) -> Any:
        """The role, user or group of a name."""
        return next(found for found in getattr(self, f"{kind}s") if found.name == name)


def sample(number: int) -> Sample:
    """The sample of a number."""
    rng = random.Random(number)
    made = random_estate(rng)
    made.yaml = rng.random() < 0.7
    _write(rng, made)
    return made


def random_estate(rng: random.Random) -> Sample:
    """An estate with invariants, for which nothing is written yet."""
    beside = rng.random() < 0.4
    names = rng.sample(ROLES, rng.randint(1, 3))
    roles = [_role(rng, name, beside and rng.random() < 0.4) for name in names]
    statements = [_delegation(rng), *(random_statement(rng, names) for _ in range(rng.randint(0, 3)))]
    rng.shuffle(statements)
    asked = rng.sample(INVARIANTS, 3)
    invariants = [text.replace("ACTION", rng.choice(ACTIONS[:5])).replace("ROLE", rng.choice(names)) for text in asked]
    aliases, tags = rng.choice([[], ["alias/pay"], ["alias/pay", "alias/log"]]), rng.choice([{}, {"env": "true"}])
    return Sample({"Version": "2012-10-17", "Statement": statements}, roles, aliases, tags, invariants, beside)


def _delegation(rng: random.Random) -> Json:
    account = rng.choice([ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root"])
    action = rng.choice(["kms:*", "kms:*", ["kms:PutKeyPolicy", "kms:Get*"]])
    return {"Effect": "Allow", "Principal": {"AWS": account}, "Action": action, "Resource": "*"}


def random_statement(rng: random.Random, roles: list[str]) -> Json:
    role = f"arn:aws:iam::{ACCOUNT}:role/{rng.choice(roles)}"
    partner = rng.choice([PARTNER, f"arn:aws:iam::{PARTNER}:role/loader"])
    principal = rng.choice(
        [
            {"AWS": role},
            {"AWS": [role, partner]},
            {"AWS": partner},
            {"AWS": partner},
            "*",
            {"Service": "s3.amazonaws.com"},
        ]
    )
    effect = rng.choice(["Allow", "Allow", "Deny"])
    found = {"Effect": effect, "Principal": principal, "Action": _some(rng, ACTIONS), "Resource": "*"}
    return found | ({"Condition": _condition(rng)} if rng.random() < 0.6 else {})


def _some(rng: random.Random, values: tuple[str, ...]) -> Json:
    found = rng.sample(values, rng.randint(1, 2))
    return found[0] if len(found) == 1 and rng.random() < 0.5 else found


def _condition(rng: random.Random) -> Json:
    ways: list[dict[str, Json]] = [
        {"StringEquals": {"aws:PrincipalAccount": rng.choice([ACCOUNT, PARTNER])}},
        {"StringNotEquals": {"aws:PrincipalAccount": [ACCOUNT]}},
        {"StringEquals": {"aws:PrincipalTag/team": rng.choice([["red"], ["red", "true"]])}},
        {"StringEquals": {"kms:EncryptionContext:app": "true"}},
        {"StringLike": {"kms:RequestAlias": rng.choice(["alias/pay", "alias/l*"])}},
        {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/a*"}},
        {"StringEquals": {"kms:ViaService": f"s3.{REGION}.amazonaws.com"}},
        {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
        {"StringNotEqualsIfExists": {"aws:PrincipalTag/team": "${aws:username}"}},
        {"ForAnyValue:StringEquals": {"kms:ResourceAliases": ["alias/pay"]}},
    ]
    found: dict[str, Any] = {}
    for way in rng.sample(ways, rng.randint(1, 2)):
        for operator, block in way.items():
            found.setdefault(operator, {}).update(block)
    return found


def _role(rng: random.Random, name: str, before: bool) -> Role:
    inline = {policy: random_identity_policy(rng) for policy in rng.sample(["own", "guard", "more"], rng.randint(0, 2))}
    managed = {f"{name}-shared": random_identity_policy(rng)} if rng.random() < 0.3 else {}
    boundary = f"{name}-shared" if managed and not before and rng.random() < 0.4 else None
    return Role(name, inline, managed, rng.choice([{}, {"team": "red"}, {"team": "true"}]), boundary, before)


def random_identity_policy(rng: random.Random) -> Json:
    statements = []
    for _ in range(rng.randint(1, 2)):
        resource = rng.choice(["*", "KEY", ["KEY"], f"arn:aws:kms:*:{ACCOUNT}:key/*"])
        found = {"Effect": rng.choice(["Allow", "Allow", "Deny"]), "Action": _some(rng, ACTIONS), "Resource": resource}
        statements.append(found | ({"Condition": _condition(rng)} if rng.random() < 0.3 else {}))
    return {"Version": "2012-10-17", "Statement": statements}


# -- the estate, as a snapshot --


def snapshot(made: Sample, *, without_open: bool) -> Json:
    """The estate. `without_open` leaves out what the template does not tell, and is free then."""
    listed = [role for role in made.roles if not (without_open and role.open)]
    users = [user for user in made.users if not (without_open and user.open)]
    free = without_open and (made.more_roles or len(listed) < len(made.roles) or len(users) < len(made.users))
    key = {
        "arn": KEY_ARN,
        "metadata": {
            "KeyMetadata": {
                "Arn": KEY_ARN,
                "KeySpec": "SYMMETRIC_DEFAULT",
                "KeyUsage": "ENCRYPT_DECRYPT",
                "Origin": "AWS_KMS",
            }
        },
        "policy": made.policy,
        "grants": {"Grants": made.grants},
        "aliases": {
            "Aliases": [{"AliasName": name, "TargetKeyId": KEY_ARN.rsplit("/", 1)[1]} for name in made.aliases]
        },
        "tags": {"Tags": [{"TagKey": name, "TagValue": value} for name, value in made.tags.items()]},
    }
    key["metadata"]["KeyMetadata"]["MultiRegion"] = False
    key = {name: part for name, part in key.items() if not (without_open and name in made.open_facts)}
    details = {
        "authorization_details": account_details(listed, users, made.groups),
        "complete": made.beside and not free,
    }
    found = {"keys": [key], "accounts": {ACCOUNT: details}, **endpoints(made.endpoint)}
    return found | ({"organization": organization(filled(made.controls))} if made.controls else {})


def endpoints(policy: Json) -> Json:
    """The output of describe-vpc-endpoints in a snapshot, if the endpoint has a policy."""
    found = {
        "VpcEndpointId": ENDPOINT,
        "ServiceName": f"com.amazonaws.{REGION}.kms",
        "VpcId": "vpc-01234567",
        "OwnerId": ACCOUNT,
    }
    return (
        {} if policy is None else {"vpc_endpoints": {"VpcEndpoints": [{**found, "PolicyDocument": json.dumps(policy)}]}}
    )


def account_details(roles: list[Role], users: Sequence[Person] = (), groups: Sequence[Group] = ()) -> Json:
    entries, policies = [], []
    for role in roles:
        attached = [{"PolicyName": name, "PolicyArn": policy_arn(name)} for name in role.managed]
        entry = {
            "RoleName": role.name,
            "RoleId": f"AROA{role.name.upper()}",
            "Arn": f"arn:aws:iam::{ACCOUNT}:role/{role.name}",
            "AssumeRolePolicyDocument": TRUST,
            "RolePolicyList": [
                {"PolicyName": name, "PolicyDocument": filled(document)} for name, document in role.inline.items()
            ],
            "AttachedManagedPolicies": attached,
            "Tags": [{"Key": name, "Value": value} for name, value in role.tags.items()],
        }
        if role.boundary is not None:
            entry["PermissionsBoundary"] = {"PermissionsBoundaryArn": policy_arn(role.boundary)}
        entries.append(entry)
        for name, document in role.managed.items():
            version = {"VersionId": "v1", "IsDefaultVersion": True, "Document": filled(document)}
            policies.append({"PolicyName": name, "Arn": policy_arn(name), "PolicyVersionList": [version]})
    return filled(people_details(users, groups)) | {"RoleDetailList": entries, "Policies": policies}


TRUST = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"},
}


def policy_arn(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:policy/{name}"


def filled(document: Json) -> Json:
    return json.loads(json.dumps(document).replace('"KEY"', json.dumps(KEY_ARN)))


# -- the template --


def _write(rng: random.Random, made: Sample) -> None:
    writer = Writer(rng, rng.choice([0, 0, 0.02, 0.06, 0.15]), yaml=made.yaml)
    resources: dict[str, Json] = {"Bucket": {"Type": "AWS::S3::Bucket"}}
    as_text = rng.random() < 0.1
    writer.yaml = made.yaml and not as_text  # a number that is no text stays one in JSON
    policy = _document(writer, made.policy)
    writer.yaml = made.yaml
    properties: dict[str, Json] = {"KeyPolicy": {"Fn::ToJsonString": policy} if as_text else policy}
    before = writer.left_open
    if made.tags:
        properties["Tags"] = _tags(writer, made.tags)
    made.open_facts |= {"tags"} if writer.left_open > before else set()
    if rng.random() < 0.3:
        properties["EnableKeyRotation"] = True
    resources["Key"] = _under(writer, {"Type": "AWS::KMS::Key", "Properties": writer.members(properties)})
    before = writer.left_open
    _write_aliases(writer, made.aliases, resources)
    made.open_facts |= {"aliases"} if writer.left_open > before else set()
    for role in made.roles:
        _write_role(writer, role, resources)
    _others(writer, made, resources)
    items = list(resources.items())
    rng.shuffle(items)
    sections: dict[str, Json] = {"AWSTemplateFormatVersion": "2010-09-09", "Transform": "AWS::LanguageExtensions"}
    if rng.random() < 0.2:
        made.more_roles = True
        sections["Transform"] = ["AWS::LanguageExtensions", "AWS::Serverless-2016-10-31"]
    elif rng.random() < writer.open_rate / 4:
        made.more_roles = True
        for role in made.roles:
            role.open = True
        rewrite(rng, made)
        sections["Transform"] = ["AWS::LanguageExtensions", rng.choice(["Mine", MACRO, {"Name": "Mine"}])]
    for name in ("parameters", "mappings", "conditions"):
        if getattr(writer, name):
            sections[name.capitalize()] = getattr(writer, name)
    made.template = written(sections | {"Resources": dict(items)})
    made.given = writer.given


def _write_aliases(writer: Writer, names: list[str], resources: dict[str, Json]) -> None:
    rng = writer.rng
    target = rng.choice([{"Ref": "Key"}, {"Fn::GetAtt": ["Key", "Arn"]}, {"Fn::Sub": "${Key.Arn}"}])
    if len(names) == 2 and rng.random() < 0.4:
        made = {
            "Type": "AWS::KMS::Alias",
            "Properties": {"AliasName": {"Fn::Sub": "alias/${Name}"}, "TargetKeyId": target},
        }
        collection = [name.removeprefix("alias/") for name in names]
        resources["Fn::ForEach::Aliases"] = ["Name", collection, {"Alias${Name}": made}]
        names = []
    for number, name in enumerate(names):
        alias = {
            "AliasName": writer.text(name),
            "TargetKeyId": writer.unknown(KEY_ARN) if writer.leaves_open() else target,
        }
        resources[f"Alias{number}"] = _under(writer, {"Type": "AWS::KMS::Alias", "Properties": alias})
    if writer.leaves_open():
        other = {"AliasName": "alias/perhaps", "TargetKeyId": writer.unknown(KEY_ARN)}
        resources["AliasPerhaps"] = {"Type": "AWS::KMS::Alias", "Properties": other}


def _document(writer: Writer, document: Json) -> Json:
    statements = [_written_statement(writer, statement) for statement in document["Statement"]]
    wrong = {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}
    if "Principal" not in document["Statement"][0]:
        del wrong["Principal"]
    found = {"Version": document["Version"], "Statement": writer.entries(statements, wrong)}
    return writer.members(found)


def _written_statement(writer: Writer, statement: Json) -> Json:
    found: dict[str, Json] = {
        "Effect": statement["Effect"] if writer.rng.random() < 0.8 else writer.text(statement["Effect"])
    }
    if "Principal" in statement:
        named = statement["Principal"]
        found["Principal"] = (
            named if named == "*" else {type_: _values(writer, value) for type_, value in named.items()}
        )
    found["Action"] = _values(writer, statement["Action"])
    found["Resource"] = _resource(writer, statement["Resource"])
    for operator, block in statement.get("Condition", {}).items():
        inner = {key: _values(writer, values) for key, values in block.items()}
        found.setdefault("Condition", {})[operator] = writer.members(inner)
    return writer.members(found)


def _values(writer: Writer, values: Json) -> Json:
    if isinstance(values, str):
        return writer.text(values)
    if writer.rng.random() < 0.1:
        name = writer.name("P")
        writer.parameters[name] = {"Type": "CommaDelimitedList", "Default": ", ".join(values)}
        return {"Ref": name}
    return writer.entries(
        [writer.text(value) for value in values], "kms:TagResource" if values[0].startswith("kms:") else PARTNER
    )


def _resource(writer: Writer, value: Json) -> Json:
    if isinstance(value, list):
        return [_resource(writer, entry) for entry in value]
    if value == "KEY":
        return writer.rng.choice(
            [{"Fn::GetAtt": ["Key", "Arn"]}, {"Fn::Sub": "${Key.Arn}"}, {"Fn::Join": ["", [{"Fn::GetAtt": "Key.Arn"}]]}]
        )
    return writer.text(value)


def _tags(writer: Writer, tags: dict[str, str]) -> Json:
    return [writer.members({"Key": writer.text(name), "Value": writer.text(value)}) for name, value in tags.items()]


def _under(writer: Writer, resource: dict[str, Json], *, perhaps: bool = True) -> dict[str, Json]:
    """A resource under a condition that holds, or may."""
    if perhaps and writer.leaves_open():
        return resource | {"Condition": writer.condition(None)}
    return resource | {"Condition": writer.condition(True)} if writer.rng.random() < 0.1 else resource


def _write_role(writer: Writer, role: Role, resources: dict[str, Json]) -> None:
    rng, own = writer.rng, role.name.capitalize()
    before = writer.left_open
    properties: dict[str, Json] = {"RoleName": writer.text(role.name), "AssumeRolePolicyDocument": TRUST}
    if role.tags:
        properties["Tags"] = _tags(writer, role.tags)
    if role.boundary is not None:
        properties["PermissionsBoundary"] = writer.text(policy_arn(role.boundary))
    inside = {}
    for name, document in role.inline.items():
        policy = {"PolicyName": writer.text(name), "PolicyDocument": _document(writer, document)}
        if role.before or rng.random() < 0.5:
            by = rng.choice([{"Ref": own}, role.name]) if not role.before else writer.text(role.name)
            owners: list[tuple[str, Json]] = [
                ("AWS::IAM::Policy", {"Roles": [by]}),
                ("AWS::IAM::RolePolicy", {"RoleName": by}),
            ]
            type_, owner = rng.choice(owners)
            resources[f"{own}{name.capitalize()}"] = _under(writer, {"Type": type_, "Properties": {**policy, **owner}})
            if writer.leaves_open():
                other = {"PolicyName": name, "PolicyDocument": random_identity_policy(rng), "Roles": [by]}
                other["PolicyDocument"] = _document(writer, other["PolicyDocument"])
                resources[f"{own}{name.capitalize()}Too"] = {"Type": "AWS::IAM::Policy", "Properties": other}
        else:
            inside[name] = policy
    if inside:
        wrong = {
            "PolicyName": "wrong",
            "PolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
            },
        }
        properties["Policies"] = writer.entries(list(inside.values()), wrong)
    for name, document in role.managed.items():
        logical = f"{own}Shared"
        owned = {"ManagedPolicyName": writer.text(name), "PolicyDocument": _document(writer, document)}
        if role.before or rng.random() < 0.5:
            owned["Roles"] = [writer.text(role.name) if role.before else {"Ref": own}]
        else:
            properties["ManagedPolicyArns"] = writer.entries(
                [rng.choice([{"Ref": logical}, writer.text(policy_arn(name))])], policy_arn("other")
            )
        resources[logical] = {"Type": "AWS::IAM::ManagedPolicy", "Properties": writer.members(owned)}
    if not role.before:
        resources[own] = _under(writer, {"Type": "AWS::IAM::Role", "Properties": writer.members(properties)})
    role.open = writer.left_open > before


def _others(writer: Writer, made: Sample, resources: dict[str, Json]) -> None:
    """Resources that change nothing, or what they change is not told."""
    rng = writer.rng
    if rng.random() < 0.2:
        everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
        wrong = {"PolicyName": "wrong", "Roles": [made.roles[0].name], "PolicyDocument": everything}
        resources["Wrong"] = {"Type": "AWS::IAM::Policy", "Condition": writer.condition(False), "Properties": wrong}
    if rng.random() < 0.2:
        resources["Macro"] = {"Type": "AWS::CloudFormation::Macro", "Properties": {"Name": "M", "FunctionName": "f"}}
    if rng.random() < writer.open_rate * 2:
        type_ = rng.choice(
            [
                "Custom::Thing",
                "AWS::CloudFormation::Stack",
                "Acme::Iam::Role",
                "AWS::ServiceCatalog::CloudFormationProvisionedProduct",
            ]
        )
        resources["Other"] = {"Type": type_, "Properties": {"ServiceToken": "x"}}
        made.more_roles = True
        if rng.random() < 0.3:
            resources["Other"]["Properties"]["Key"] = {"Ref": "Key"}
            rewrite(rng, made)
        if made.roles and rng.random() < 0.5:
            everything = {
                "Version": "2012-10-17",
                "Statement": [{"Effect": rng.choice(["Allow", "Deny"]), "Action": "kms:*", "Resource": "*"}],
            }
            made.roles[0].inline["made"] = everything
            made.roles[0].open = True


def rewrite(rng: random.Random, made: Sample) -> None:
    """Changes the key policy of the estate, behind the template's back."""
    statements = made.policy["Statement"]
    if len(statements) > 1 and rng.random() < 0.5:
        statements.pop(rng.randrange(len(statements)))
    else:
        statements.append(random_statement(rng, [role.name for role in made.roles]))


# -- both asked --


@dataclass
class Counts:
    """Verdicts about files, and the reasons of those that are unknown."""

    verdicts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)


def files_of(folder: Path, made: Sample) -> list[Path]:
    """The template of a sample, and the snapshot beside it if it has one."""
    template = folder / ("template.yaml" if made.yaml else "template.json")
    template.write_text(made.template, encoding="utf-8")
    if not made.beside:
        return [template]
    kept = [Role(role.name, {}, {}, role.tags, None, True) for role in made.roles if role.before]
    before = folder / "before.json"
    before.write_text(
        json.dumps({"accounts": {ACCOUNT: {"authorization_details": account_details(kept)}}}), encoding="utf-8"
    )
    return [template, before]


def disagreements(folder: Path, number: int, counts: Counts) -> Iterator[str]:
    """Where the verdict about a template is not one about its estate."""
    made = sample(number)
    yield from against_the_estate(
        folder, made, number, files_of(folder, made), counts, Supplied(ACCOUNT, REGION, made.given)
    )


def against_the_estate(
    folder: Path, made: Sample, number: int, paths: list[Path], counts: Counts, supplied: Supplied = NOTHING_SUPPLIED
) -> Iterator[str]:
    """Where the verdict about the files of a sample is not one about its estate."""
    try:
        found = load_estate(paths, supplied=supplied)
    except InputError as error:
        yield f"{number}: refused: {error.diagnostics[0]}"
        return
    whole, told = (loaded(folder, snapshot(made, without_open=without)) for without in (False, True))
    for sentence in made.invariants:
        status, reason = verdict_on(found, sentence)
        counts.verdicts[status] += 1
        if status in ("unknown", "empty"):
            counts.reasons[reason] += 1
            continue
        other = whole if status == "proved" else told
        against, _ = verdict_on(other, sentence)
        if {status, against} == {"proved", "refuted"}:
            yield f"{number}: {sentence}: the input {status}, the estate {against}"


def loaded(folder: Path, made: Json) -> Estate:
    path = folder / "estate.json"
    path.write_text(json.dumps(made), encoding="utf-8")
    return load_estate([path])


def verdict_on(estate: Estate, sentence: str) -> tuple[str, str]:
    text = f'account own = {ACCOUNT}\naccount partner = {PARTNER}\ninvariant "it": {sentence}\n'
    try:
        (verdict,) = verifier.prove(estate, read_invariants(Source("it.inv", text)).invariants).verdicts
    except InputError:
        return "empty", "S3: nothing is asked"
    reason = verdict.reason
    return verdict.status.value, "" if reason is None else f"{reason.rule}: {reason.text}"
