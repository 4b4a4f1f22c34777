"""Resources of a plan that let a role, user or group have no other policies than they list.

In: a resolver, and what the plan does to others. Out: what is left of whom; those of which not everything is known. Guarantee: a managed
policy that is listed is attached, and an inline policy that is listed stays; the others go [Terraform AWS provider:
aws_iam_role_policy_attachments_exclusive, aws_iam_role_policies_exclusive, and those of users and groups].
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from verifier.inputs.elsewhere import Elsewhere
from verifier.inputs.nodes import Items, Node, Scalar
from verifier.inputs.terraform.plan import Resource
from verifier.inputs.terraform.resolver import Resolver

_MANAGED = {f"aws_iam_{kind}_policy_attachments_exclusive": kind for kind in ("role", "user", "group")}
_INLINE = {f"aws_iam_{kind}_policies_exclusive": kind for kind in ("role", "user", "group")}


def exclusive(resolver: Resolver, elsewhere: Callable[[Resource], Elsewhere]) -> Iterator[Resource]:
    """Records what these resources leave; yields those whose owner or list is not known, or may hold an inline policy whose name is not."""
    for resource in resolver.of_type(*_MANAGED, *_INLINE):
        managed = resource.type in _MANAGED
        kind = (_MANAGED if managed else _INLINE)[resource.type]
        name, listed = resolver.text(resource, f"{kind}_name"), resolver.value(resource, "policy_arns" if managed else "policy_names")
        if name is None or not isinstance(listed, Items) or not all(isinstance(item, Scalar) for item in listed.items):
            yield resource
            continue
        if not managed and any(resolver.text(policy, "name") is None for policy in resolver.of_type(f"aws_iam_{kind}_policy")):
            yield resource
            continue
        draft = elsewhere(resource).draft(kind, name, Node(resolver.place(resource), 0, 0))
        texts = frozenset(item.text for item in listed.items if isinstance(item, Scalar))
        if not managed:
            draft.only_inline = texts if draft.only_inline is None else draft.only_inline & texts
            continue
        draft.only_managed = texts if draft.only_managed is None else draft.only_managed & texts
        for item in listed.items:
            draft.attach(item, resource.address)
