"""What a folder attaches to a user, group or role, and takes away again.

In: what is said of the owners of a folder. Out: what more is to be said of it. Guarantee: of what one resource attaches
each other one is told that lists all there is, and not that: Terraform attaches it at first, and takes it away when the
folder is applied again. A plan says itself what it does. [Terraform AWS provider: aws_iam_role,
aws_iam_policy_attachment, aws_iam_group_membership]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from verifier.inputs.drafts import Draft, id_of
from verifier.inputs.resources.attachments import ATTACHES, attached_name
from verifier.inputs.resources.reader import ResourceContent, ResourceReader
from verifier.inputs.resources.resource import Resource, Side, Verb

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
    """True iff a resource lists all policies that an owner has of the kind of `what`, inline or managed ones, or all
    owners that have `what`, a managed policy or a group."""
    if resource.type != "aws_iam_role":
        names = {name for _, _, name in ATTACHES[resource.type]}
        return what in {attached_name(name, side.text(resource, name) or "") for name in names}
    name = "managed_policy_arns" if what.startswith("arn:") else "inline_policy"
    is_null = name == "managed_policy_arns" and side.value(resource, name) is None
    return side.is_configured(resource, name) and not is_null
