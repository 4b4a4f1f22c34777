"""What resources of IAM attach to users, groups and roles.

In: the type and the values of a resource. Out: owners, and what is attached to them. Guarantee: what the values do not
say is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product

from verifier.inputs.drafts import TITLES, membership
from verifier.inputs.resources.resource import Json

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
"""What types of resources attach to whom: the kind of the owner, the attribute that names owners, and the one that
names what."""


EXCLUSIVE = {f"aws_iam_{kind}_policy_attachments_exclusive": (kind, "policy_arns") for kind in TITLES}
EXCLUSIVE |= {f"aws_iam_{kind}_policies_exclusive": (kind, "policy_names") for kind in TITLES}
"""Lists of all managed policies, or of all inline ones, of an owner."""


def attached(type_: str, values: Json) -> Iterator[tuple[str, str, str]]:
    """What a resource attaches to whom, as far as its values say it: the kind and name of the owner, and the name of an
    inline policy, the ARN of a managed one, or a group."""
    for kind, of, what in ATTACHES[type_]:
        pairs = product(value_texts(values.get(of)), value_texts(values.get(what)))
        yield from ((kind, owner, attached_name(what, text)) for owner, text in pairs)


def attached_name(what: str, text: str) -> str:
    return membership(text) if what.startswith("group") else text


def as_list(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def value_texts(value: object) -> list[str]:
    """A text, or the texts of a list."""
    return [text for text in as_list(value) if isinstance(text, str)]
