"""Resources of a plan that let a role, user or group have no other policies than they list.

In: a resolver, and what is said of the policies of each owner. Out: what these resources say too; those of which not everything is known.
Guarantee: when it is made or its list changes, a managed policy that is listed is attached, and what is not listed goes; nothing happens
when it is deleted [Terraform AWS provider: aws_iam_role_policy_attachments_exclusive, aws_iam_role_policies_exclusive, and those of users
and groups].
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from verifier.inputs.elsewhere import membership
from verifier.inputs.nodes import Items, Node, Scalar
from verifier.inputs.terraform.plan import Resource
from verifier.inputs.terraform.slots import Word

if TYPE_CHECKING:
    from verifier.inputs.terraform.iam import Identities

_MANAGED = {f"aws_iam_{kind}_policy_attachments_exclusive": kind for kind in ("role", "user", "group")}
_INLINE = {f"aws_iam_{kind}_policies_exclusive": kind for kind in ("role", "user", "group")}


def exclusive(identities: Identities) -> Iterator[Resource]:
    """Records what these resources leave; yields those whose owner or list is not known, or may hold an inline policy whose name is not."""
    resolver = identities.resolver
    for resource in sorted(resolver.of_type(*_MANAGED, *_INLINE), key=lambda found: not found.writes("policy_arns", "policy_names")):
        managed = resource.type in _MANAGED
        kind, attribute = (_MANAGED | _INLINE)[resource.type], "policy_arns" if managed else "policy_names"
        name, listed = resolver.text(resource, f"{kind}_name"), resolver.value(resource, attribute)
        if name is None or not isinstance(listed, Items) or not all(isinstance(item, Scalar) for item in listed.items):
            yield resource
            continue
        if not managed and any(resolver.text(policy, "name") is None for policy in resolver.of_type(f"aws_iam_{kind}_policy")):
            yield resource
            continue
        texts = {item.text: item for item in listed.items if isinstance(item, Scalar)}
        owner, writes = identities.draft_of(resource, kind, name), resource.writes(attribute)
        for what in identities.words_of(owner):
            if what not in texts and what.startswith("arn:") is managed and not what.startswith(membership("")):
                identities.say(owner, what, Word(resource, None, writes, f"{kind}_name"))
        for arn, item in texts.items() if managed else ():
            identities.say(owner, arn, Word(resource, item, writes, f"{kind}_name"))
        # What a snapshot beside the plan lists goes too, unless no list is written: then they only tell what there is.
        only = identities.elsewhere_of(resource).draft(kind, name, Node(resolver.place(resource), 0, 0)).only
        kept, by = only.get(managed, (frozenset(texts), resolver.label(resource)))
        if writes or by:
            only[managed] = kept & frozenset(texts), "" if writes else by
