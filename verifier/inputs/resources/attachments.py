"""What resources of IAM attach to users, groups and roles, and what a folder attaches and takes away again.

In: the type and the values of a resource; what is said of the owners of a folder. Out: owners, and what is attached to
them; what more is to be said of them. Guarantee: what the values do not say is left out. Of what one resource of a
folder attaches each other one is told that lists all there is, and not that: Terraform attaches it at first, and takes
it away when the folder is applied again; a plan says itself what it does. [Terraform AWS provider: aws_iam_role,
aws_iam_policy_attachment, aws_iam_group_membership]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from verifier.inputs.drafts import TITLES, Draft, id_of, membership
from verifier.inputs.resources.reader import ResourceContent, ResourceReader
from verifier.inputs.resources.resource import Json, Resource, Side, Verb

ATTACHES: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    **{f"aws_iam_{kind}_policy": ((kind, kind, "name"),) for kind in TITLES},
    **{f"aws_iam_{kind}_policy_attachment": ((kind, kind, "policy_arn"),) for kind in TITLES},
    "aws_iam_policy_attachment": tuple((kind, f"{kind}s", "policy_arn") for kind in TITLES),
    "aws_iam_group_membership": (("user", "users", "group"),),
    "aws_iam_user_group_membership": (("user", "user", "groups"),),
    **{f"AWS::IAM::{title}Policy": ((kind, kind, "name"),) for kind, title in TITLES.items()},
    "AWS::IAM::Policy": tuple((kind, f"{kind}s", "name") for kind in TITLES),
    "AWS::IAM::ManagedPolicy": tuple((kind, f"{kind}s", "policy_arn") for kind in TITLES),
    "AWS::IAM::UserToGroupAddition": (("user", "users", "group"),),
}
"""What types attach to whom: the owner's kind, the attribute that names owners, the one that names what."""


EXCLUSIVE = {f"aws_iam_{kind}_policy_attachments_exclusive": (kind, "policy_arns") for kind in TITLES}
EXCLUSIVE |= {f"aws_iam_{kind}_policies_exclusive": (kind, "policy_names") for kind in TITLES}
"""Lists of all managed policies, or of all inline ones, of an owner."""


def attached(type_: str, values: Json) -> Iterator[tuple[str, str, str]]:
    """What a resource says that it attaches: kind and name of the owner, and an inline policy, ARN or group."""
    for kind, of, what in ATTACHES[type_]:
        pairs = product(_texts(values.get(of)), _texts(values.get(what)))
        yield from ((kind, owner, attached_name(what, text)) for owner, text in pairs)


def attached_name(what: str, text: str) -> str:
    return membership(text) if what.startswith("group") else text


def _texts(value: object) -> list[str]:
    """A text, or the texts of a list."""
    return [text for text in (value if isinstance(value, list) else [value]) if isinstance(text, str)]


_LISTS = ("aws_iam_role", "aws_iam_policy_attachment", "aws_iam_group_membership")


def contended(
    reader: ResourceReader, words: Mapping[Draft, Mapping[str, Sequence[ResourceContent]]], owners: Mapping[str, Draft]
) -> Iterator[tuple[Draft, str, ResourceContent]]:
    """What takes away what is attached to an owner; `owners` are those of the folder, by address."""
    lists = list(reader.side.of_type(*_LISTS)) if reader.side.what == "folder" else []
    for owner, what, said in ((owner, *thing) for owner, things in words.items() for thing in things.items()):
        for resource in lists:
            mine = owners.get(resource.address, owner) is owner and _lists_all(reader.side, resource, what)
            if mine and all(word.resource is not resource for word in said):
                yield owner, what, ResourceContent(resource, None, True)


def made_twice(side: Side, kinds: Mapping[str, str]) -> set[str]:
    """The addresses of users, groups and roles that have the name of another one, of the types in `kinds`: one of them
    cannot be made, and which it is nobody can tell. [IAM API: CreateRole, EntityAlreadyExists]"""
    called: dict[object, list[str]] = {}
    for resource in side.done(*kinds):
        name = side.text(resource, "name")
        if name is not None and resource.verb is not Verb.TAKES:
            called.setdefault((side.account(resource), id_of(kinds[resource.type], name)), []).append(resource.address)
    return {address for addresses in called.values() if len(addresses) > 1 for address in addresses}


def _lists_all(side: Side, resource: Resource, what: str) -> bool:
    """True iff a resource lists all policies of an owner, inline or managed as `what`, or all owners of `what`."""
    if resource.type != "aws_iam_role":
        names = {name for _, _, name in ATTACHES[resource.type]}
        return what in {attached_name(name, side.text(resource, name) or "") for name in names}
    name = "managed_policy_arns" if what.startswith("arn:") else "inline_policy"
    is_null = name == "managed_policy_arns" and side.value(resource, name) is None
    return side.is_configured(resource, name) and not is_null
