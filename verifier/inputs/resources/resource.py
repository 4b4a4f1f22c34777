"""A resource of a plan or template, and what a format tells of its resources.

Guarantee: what a format does not know of an attribute is `UnknownNode`; an attribute that is not set is `None`.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any

from msgspec import field

from verifier.frozen import Frozen
from verifier.inputs.text.nodes import Members, Node, Scalar, member, values_of
from verifier.inputs.text.unknown import UnknownNode

if TYPE_CHECKING:
    from verifier.inputs.terraform.configuration import HclBlock
    from verifier.inputs.terraform.plan_values import Index, ModulePath

Json = dict[str, Any]
CONTROLLED = "aws_cloudcontrolapi_resource"
"""What the Cloud Control API makes, of a type of CloudFormation."""
REST = "*"
"""Stands in `unknown` for every attribute that is not named there."""


class Verb(Enum):
    """What is done to an object: it is made, changed, taken away, or left as it is."""

    MAKES = "makes"
    CHANGES = "changes"
    TAKES = "takes away"
    KEEPS = "keeps"


class Resource(Frozen, eq=False):
    """A resource or data source. Of a plan it is an instance, on one side of it: `values` are those that are known,
    `unknown` has `true` in the place of each that is not; of what the plan takes away they are those before. `was` are
    the values of the same object before; `configuration` is its block, without instances; `provider` is the key of its
    provider configuration, `source` the address of its provider. What a template makes may be there before, so it is
    not `new`."""

    address: str
    managed: bool
    type: str
    name: str
    index: Index = None
    module: ModulePath = ()
    values: Json = field(default_factory=dict)
    unknown: Any = None
    verb: Verb = Verb.MAKES
    configuration: HclBlock | None = None
    provider: str = ""
    was: Json | None = None
    source: str = ""

    @property
    def created(self) -> bool:
        """True iff it is made: then it has nothing but what it is given."""
        return self.verb is Verb.MAKES

    @property
    def new(self) -> bool:
        """True iff there is none of its name before."""
        return self.created and "::" not in self.type

    @property
    def shown(self) -> str:
        """What messages call it."""
        return self.address if "::" not in self.type else f"{self.type} `{self.address}`"

    @property
    def quoted(self) -> str:
        """What messages call it that need no type."""
        return self.address if "::" not in self.type else f"`{self.address}`"

    def before(self, name: str) -> list[object]:
        """What an attribute held before, or its entries."""
        found = (self.was or {}).get(name)
        return found if isinstance(found, list) else [found]

    def writes(self, *names: str) -> bool:
        """True iff it is made, or one of these attributes changes, or may."""
        if self.verb is not Verb.CHANGES or self.was is None:
            return self.verb is Verb.MAKES
        return any(
            self.values.get(n) != self.was.get(n) or is_any_unknown(unknown_part(self.unknown, n)) for n in names
        )


ALL_PROVIDERS = "providers.all"
"""The name by which what all provider configurations say is recorded."""


def provider_name(key: str) -> str:
    """The name by which what a provider configuration says is recorded (`text.definitions`)."""
    return "provider." + re.sub(r"[^\w-]", "-", key)


def is_any_unknown(unknown: Any) -> bool:
    """True iff something in a part of `after_unknown` is not known."""
    parts = unknown.values() if isinstance(unknown, dict) else unknown if isinstance(unknown, list) else ()
    return unknown is True or any(map(is_any_unknown, parts))


def unknown_part(unknown: Any, name: str) -> Any:
    """What `after_unknown` has of an attribute."""
    return unknown.get(name, unknown.get(REST)) if isinstance(unknown, dict) else unknown


def inside(found: Iterable[Node], names: Sequence[str]) -> list[Node]:
    """What is inside nodes by names, lists gone through. What has no members holds something unknown there."""
    found = [one for one in found if not (isinstance(one, Scalar) and one.type == "null")]
    for name in names[:1]:
        others = (one for one in found if not isinstance(one, Members))
        open_ = [one if isinstance(one, UnknownNode) else UnknownNode(one, [name]) for one in others]
        return [*open_, *inside([value for one in found for value in values_of(member(one, name))], names[1:])]
    return list(found)


class Side(ABC):
    """The resources of a template, or of one side of a plan, and their attributes."""

    file: str
    mark: str
    """What sets the placeholders of its resources apart from those of others."""
    what: str
    """What messages call it."""
    where: tuple[str, str | None, str] = ("aws", None, "")
    """The partition, the account and the Region, where all resources have the same."""
    uncounted: Sequence[Resource] = ()
    """Resources besides, of which it is not known how often they are made."""

    def tell_account(self, resource: Resource) -> str:
        """How to tell the account of a resource, which is not known."""
        return "give it with --account 111122223333"

    @abstractmethod
    def of_type(self, *types: str, managed: bool = True) -> Iterator[Resource]:
        """The resources of these types that there are then, or may be, in their order."""

    @abstractmethod
    def at(self, resource: Resource | None) -> Node:
        """Where a resource is, or all of them are."""

    @abstractmethod
    def value(self, resource: Resource, name: str) -> Node | None:
        """An attribute; `None` where it is null or the resource has none of that name."""

    @abstractmethod
    def with_principals(self, resource: Resource) -> Iterator[Node]:
        """The attributes that may hold a policy with principals, whatever they are called."""

    @abstractmethod
    def policy(self, resource: Resource, name: str) -> Node | None:
        """The policy in an attribute: a text, a document, or `UnknownNode`; `None` where none is recorded."""

    @abstractmethod
    def tags(self, resource: Resource) -> Members | None:
        """All tags of a resource; `None` where one is not known (F3)."""

    @abstractmethod
    def inline(self, resource: Resource) -> Node | list[tuple[str, Node | None, Node]]:
        """The inline policies in a user, group or role: what each is called in messages, its name and its document."""

    @abstractmethod
    def shared(self, resource: Resource) -> Iterator[Node]:
        """The ARNs of what is shared through AWS RAM, without what is certainly no key."""

    @abstractmethod
    def account_and_region(self, resource: Resource) -> tuple[str | None, str | None]:
        """The account and the Region of a resource, as far as something tells them."""

    @abstractmethod
    def is_certain(self, resource: Resource) -> bool:
        """True iff the resource is certainly made."""

    @abstractmethod
    def made_if(self, resource: Resource) -> object:
        """What is said of whether, or how often, a resource is made."""

    def partition(self, resource: Resource) -> str:
        return self.where[0]

    def account(self, resource: Resource) -> str | None:
        """The account that a resource belongs to; `None` where nothing tells."""
        return self.where[1]

    def region(self, resource: Resource) -> str:
        """The Region of a resource, or what stands for it. Raises `InputError` where it must be asked for (S4)."""
        return self.where[2]

    def done(self, *types: str) -> Iterator[Resource]:
        """What is done to managed resources of these types (of all, where none is given), and those that are kept."""
        return self.of_type(*types)

    def text(self, resource: Resource, name: str) -> str | None:
        """An attribute that is known and a text; `None` otherwise."""
        node = self.value(resource, name)
        return node.text if isinstance(node, Scalar) else None

    def inner(self, resource: Resource, *names: str) -> list[Node]:
        """What an attribute holds, or what is inside it by names, lists gone through; nothing for what is null."""
        return inside(values_of(self.value(resource, names[0])), names[1:])

    def label(self, resource: Resource) -> str:
        """What a resource is called, with its file."""
        return f"{self.file}#{resource.address}"

    def is_configured(self, resource: Resource, name: str) -> bool:
        """True iff an attribute is set, or may be."""
        return True

    def made_up(self, resource: Resource) -> str | None:
        """A part of the name of a resource that its service chooses."""
        return None

    def marked(self, resource: Resource, node: Node | None, *attributes: str) -> Node | None:
        """A value of a resource, as one that is only told where nothing writes these attributes."""
        return node

    def referred(self, resource: Resource, name: str) -> Resource | None:
        """The resource that an attribute, or the only entry of it, refers to, where nothing but that is known of it."""
        return None
