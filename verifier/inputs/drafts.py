"""Users, groups and roles, as an account lists them or a plan or template makes them.

Guarantee: nothing that was found is left out; an entry of another form is an error.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from dataclasses import dataclass, field, replace

from verifier.inputs.text.access import members, text_as_written
from verifier.inputs.text.nodes import Node, Remarks, Scalar
from verifier.inputs.text.unknown import UnknownNode
from verifier.model.policy import arn_kind
from verifier.syntax.text import printable

TITLES = {"role": "Role", "user": "User", "group": "Group"}
"""The kinds, and how the names of their members begin."""
_LISTS = {
    "role": ("RolePolicyList", "AttachedManagedPolicies"),
    "user": ("AttachedManagedPolicies", "GroupList"),
    "group": ("GroupPolicyList", "AttachedManagedPolicies"),
}
"""The lists that IAM tells of each, also empty ones; it leaves out the `UserPolicyList` of a user without inline
policies. [AWS CLI: get-account-authorization-details, Examples]"""

TRUST, BOUNDS, TAGS = "trust policy", "permissions boundary", "its tags"
"""What else stands among the names of policies, none of which has a space."""
_NAME = re.compile(r"[^\s:]+")
"""A name of a policy, as far as that tells it from ARNs and memberships. [API: IAM PutRolePolicy, PolicyName]"""


Name = tuple[str, str]
"""A kind (`role`, `user`, `group`), and the name of one of that kind in small letters."""


def id_of(kind: str, name: str) -> Name:
    """What no two of an account have in common: names do not differ by case alone (R2). [IAM: reference_iam-quotas]"""
    return kind, name.lower()


def inline_of(owner: Name) -> str:
    """The kind that an inline policy of somebody is of."""
    return f"policy of {' '.join(owner)}"


def membership(group: str) -> str:
    """What stands for the membership in a group among the names of policies."""
    return f"group {group.lower()}"


@dataclass(eq=False)
class Draft:
    """A user, group or role: `place` is where it is made or listed, `arn_at` where its ARN is. `has` is what it has:
    documents of inline policies by their names; managed policies by ARN, and memberships, each with the place where
    that is told; and what else it is. What is not known of it is `UnknownNode`, under any name. `profiles` are the ARNs
    of the instance profiles of a role, where they are listed."""

    kind: str
    arn: str
    place: Node
    has: dict[str, Node] = field(default_factory=dict)
    unique_id: str | None = None
    profiles: tuple[str, ...] | None = None
    arn_at: Node | None = None
    new: bool = False
    """Whether it is made anew, even if there is one of its name already."""
    only: dict[bool, tuple[frozenset[str], str]] = field(default_factory=dict)
    """Of the policies that are managed, or not, the ARNs or names of those that it may keep, where it does not keep
    all; and what tells that there are no others, where nothing writes it."""

    @classmethod
    def of(cls, remarks: Remarks, kind: str, entry: Node) -> Draft:
        """An entry of `RoleDetailList`, `UserDetailList` or `GroupDetailList`, but for errors in its form."""
        title, found = TITLES[kind], members(remarks, entry, f"a {kind}")
        draft = cls(kind, found.text("Arn") or "", entry, unique_id=found.text(f"{title}Id"), arn_at=found.get("Arn"))
        missing = [name for name in _LISTS[kind] if name not in found] if "CreateDate" in found else []
        if missing:
            message = f"the {kind} has no `{missing[0]}`, as in the output of `aws iam list-{kind}s`"
            hint = "give the whole output of `aws iam get-account-authorization-details`, which has empty lists too"
            remarks.error(entry, message, hint=hint, rule="U1")
        for each in found.records(f"{title}PolicyList", "an inline policy"):
            if (name := each.matching("PolicyName", _NAME, "the name of a policy")) is not None:
                if name in draft.has:
                    each.error(f"duplicate inline policy `{name}`", "PolicyName")
                draft.has[name] = each.get("PolicyDocument") or UnknownNode(each.place, ())
            elif each.value("PolicyName") is None:
                each.error("the inline policy has no `PolicyName`")
        for each in found.records("AttachedManagedPolicies", "an attached policy"):
            if (arn := each.text("PolicyArn")) is None:
                each.error("the attached policy has no `PolicyArn`")
            else:
                draft.has[arn] = each["PolicyArn"]
        groups = [(node, text_as_written(remarks, node, "the name of a group")) for node in found.entries("GroupList")]
        draft.has |= {membership(name): node for node, name in groups if name is not None}
        alone = {TAGS: found.get("Tags"), TRUST: found.value("AssumeRolePolicyDocument")}
        if found.value("PermissionsBoundary") is not None:
            alone[BOUNDS] = found.inner("PermissionsBoundary").value("PermissionsBoundaryArn")
            if found.inner("PermissionsBoundary").text("PermissionsBoundaryArn") is None:
                found.error("`PermissionsBoundary` has no `PermissionsBoundaryArn`", "PermissionsBoundary")
        draft.has |= {what: node for what, node in alone.items() if node is not None}
        if "InstanceProfileList" in found:
            draft.profiles = tuple(
                one.text("Arn") or "" for one in found.records("InstanceProfileList", "an instance profile")
            )
        return draft

    def known(self, start: str) -> dict[str, Scalar]:
        """What is known of what begins so: the managed policies (`arn:`), or the memberships."""
        return {what: node for what, node in self.has.items() if what.startswith(start) and isinstance(node, Scalar)}

    @property
    def groups(self) -> dict[str, Scalar]:
        """The names of its groups that are known, in small letters, each with where it is told."""
        return {what.removeprefix(membership("")): node for what, node in self.known(membership("")).items()}

    @property
    def inline(self) -> dict[str, Node]:
        """The inline policies, with what is not known of others."""
        others = {TRUST, BOUNDS, TAGS, *self.known("arn:"), *self.known(membership(""))}
        return {what: node for what, node in self.has.items() if what not in others}

    def without(self, names: Container[str]) -> Draft:
        """A copy that may be changed, without some policies and memberships."""
        return replace(self, has={what: node for what, node in self.has.items() if what not in names})

    def open(self, found: Mapping[str, Node]) -> None:
        """Puts what is not known among the things found in the place of what it has."""
        unknown = {what: node for what, node in found.items() if isinstance(node, UnknownNode)}
        self.has = self.without(unknown).has | unknown

    def dropped(self, has: Mapping[str, Node]) -> dict[str, str]:
        """The names and ARNs of the policies that it may not keep, and what only tells it."""
        named = [name for name, node in has.items() if " " not in name and not isinstance(node, UnknownNode)]
        return {
            n: by
            for managed, (kept, by) in self.only.items()
            for n in named
            if n.startswith("arn:") is managed and n not in kept
        }

    @property
    def name(self) -> str:
        """Its name, without a path."""
        return self.arn.rsplit("/", 1)[-1]

    @property
    def id(self) -> Name:
        """Its kind and name, which no two of an account have."""
        return id_of(self.kind, self.name)


@dataclass
class Managed:
    """A managed policy. Of its versions there are the ID, the document, and whether it is in force."""

    arn: str
    place: Node
    versions: list[tuple[str | None, Node | None, bool]]
    default: str | None = None

    @classmethod
    def of(cls, remarks: Remarks, entry: Node) -> Managed | None:
        """An entry of `Policies`; what its versions say of each other must agree."""
        found = members(remarks, entry, "a managed policy")
        arn, default = found.text("Arn"), found.text("DefaultVersionId")
        versions: list[tuple[str | None, Node | None, bool]] = []
        for version in found.records("PolicyVersionList", "a policy version"):
            said, identifier = version.flag("IsDefaultVersion"), version.text("VersionId")
            in_force = said if said is not None else identifier is not None and identifier == default
            if None not in (default, identifier) and in_force != (identifier == default):
                which = "the default one" if in_force else "not the default one"
                says = f"`IsDefaultVersion` says that {identifier} is {which}"
                message = f"{says}, and `DefaultVersionId` of {arn} is {default}"
                version.error(message, "IsDefaultVersion")
            versions.append((identifier, version.get("Document"), in_force))
        if arn is None:
            found.error("the managed policy has no `Arn`")
            return None
        if arn_kind(arn) != "policy":
            found.error(f"`{printable(arn)}` is not the ARN of a managed policy", "Arn")
            return None
        if sum(in_force for *_, in_force in versions) > 1:
            found.error(f"{arn} has more than one default version")
        return cls(arn, entry, versions, default)

    @classmethod
    def made(cls, arn: str, place: Node, document: Node, *, new: bool = False) -> Managed:
        """One that a plan or template makes. If it is not `new` it may have earlier versions, which are not known."""
        return cls(arn, place, [("v1", document, True), *([] if new else [(None, None, False)])])

    def without_document(self) -> Managed:
        """One that may be another than it is listed."""
        why = f"whether {self.arn} stays as it is listed, for a plan or template may make or change one of its name"
        return Managed.made(self.arn, self.place, UnknownNode(self.place, [why]))

    @property
    def id(self) -> Name:
        """What no two of an account have in common. [IAM API, CreatePolicy]"""
        return id_of("policy", self.arn.rsplit("/", 1)[-1])

    @property
    def document(self) -> Node | None:
        """The document that is in force, if it is there."""
        return next((document for _, document, in_force in self.versions if in_force), None)


@dataclass
class Details:
    """Who is in an account, and its managed policies; `unlisted` are the lists that are not there."""

    drafts: list[Draft] = field(default_factory=list)
    policies: list[Managed] = field(default_factory=list)
    unlisted: tuple[str, ...] = ()
