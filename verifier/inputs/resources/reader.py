"""What the readers of resources have in common; which of several resources decides what a thing of AWS is.

In: one side of a plan, or a template; what each resource says of a thing (the policy of a key, an inline policy, an
attachment), and whether it writes it (docs/terraform.md, "What the provider does"). Out: parts, to which each reader
adds what its resources are.
Guarantee: of the resources that write a thing the last one counts, by the dependencies that Terraform goes by; where
nothing is written, what all of them say. Where that is not one thing, it is not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from verifier.frozen import Frozen
from verifier.inputs.agreement import reported, same_node, which
from verifier.inputs.resource_types import READ, Family, UnknownResource
from verifier.inputs.resources.resource import CONTROLLED, Resource, Side, Verb, provider_name
from verifier.inputs.snapshot.parts import Parts
from verifier.inputs.text.nodes import Node, Remarks
from verifier.inputs.text.unknown import UnknownNode, content, names_in
from verifier.model.unmodelled import Influence, Unmodelled
from verifier.syntax.text import printable


class ResourceContent(Frozen):
    """What a resource says of a thing: its content, `None` for nothing, and whether the plan writes it. `refers` is the
    attribute by which the resource refers to what the thing is of, which is made or changed before it; `by_default`
    tells that the content is what AWS gives it where the resource says nothing."""

    resource: Resource
    content: Node | None
    writes: bool
    refers: str | None = None
    by_default: bool = False


@dataclass
class ResourceReader:
    """A reader of some types of resources."""

    remarks: Remarks
    parts: Parts
    side: Side

    def read(self) -> None:
        """Adds what the resources are."""

    def supposes(self) -> list[str]:
        """What every verdict about a key supposes of them, in sentences."""
        return []

    def unknown(self, resource: Resource, *names: str) -> UnknownNode:
        """Something of a resource that is not known: it depends on these names."""
        return UnknownNode(self.side.at(resource), names)

    def names(self, resource: Resource, *attributes: str) -> tuple[str, ...]:
        """What attributes depend on that are not known."""
        return names_in([node for name in attributes if (node := self.side.value(resource, name)) is not None])

    def type_of(self, resource: Resource) -> str | None:
        """The type; of what the Cloud Control API makes that of CloudFormation, `None` where it is not known."""
        return resource.type if resource.type != CONTROLLED else self.side.text(resource, "type_name")

    def is_everywhere(self, resource: Resource) -> bool:
        """True iff what a resource stands for may be in any account: of stack sets, and of a type that is not known."""
        type_ = (self.type_of(resource) or "StackSet").replace("_", "").lower()
        return "stackset" in type_ or type_.endswith("stackinstances")

    def referred_here(self, resource: Resource, name: str, *, regional: bool = True) -> Resource | None:
        """The resource that an attribute names, if that is certainly in the same account and, where names are
        `regional`, in the same Region: elsewhere the name or ID is that of something else."""
        found = self.side.referred(resource, name)
        if found is None:
            return None
        own, others = ((self.side.account(one), self.side.account_and_region(one)[1]) for one in (resource, found))
        places = (own, others) if regional else (own[:1], others[:1])
        is_here = places[0] == places[1] and (None not in places[0] or resource.provider == found.provider)
        return found if is_here else None

    def said(self, resource: Resource, *attributes: str) -> object:
        """What attributes say."""
        return content([self.side.value(resource, name) for name in attributes])

    def tags_said(self, resource: Resource) -> object:
        """What is said of the tags of a resource, those that its provider adds among them."""
        return content(
            [self.side.value(resource, "tags"), resource.values.get("tags_all"), provider_name(resource.provider)]
        )

    def left_open(self, resource: Resource, facts: Iterable[Node | None]) -> dict[str, object]:
        """What of a key is not told, beside its policy, aliases and grants."""
        unknown = [node for node in facts if isinstance(node, UnknownNode)]
        found: dict[str, object] = {"its spec, usage or origin": content(unknown)} if unknown else {}
        if not self.side.is_certain(resource):
            found["whether it is made"] = self.side.made_if(resource)
        return found | ({} if self.side.tags(resource) is not None else {"tags": self.tags_said(resource)})

    def may(
        self,
        resource: Resource,
        what: str,
        label: str,
        influence: Influence,
        does: str,
        beside: Iterable[Resource] = (),
        **of: Any,
    ) -> None:
        """Records what a resource, with those `beside` it, may do by a rule; `of` are members of `Unmodelled`."""
        said = [self.whole(one) for one in (resource, *sorted(beside, key=lambda one: one.address))]
        name = printable(f"{what}{resource.address} ({self.remarks.definitions.digest(said)})")
        description = printable(f"{resource.shown} {does}")
        thing = Unmodelled(name, label, influence, description, span=self.side.at(resource).span, **of)
        self.parts.unmodelled.append(thing)

    def may_change(
        self, resource: Resource, family: Family, why: str = "is of a type that is not read", **of: Any
    ) -> None:
        """Records a resource of which it is not known what it changes; `of` says more, as `UnknownResource` has it.
        Whose account other providers than aws have nothing tells. What a resource of a type that is read has besides,
        such as a command, could change anything, and is not read."""
        account = self.side.account(resource) if resource.type.startswith("aws_") or "::" in resource.type else None
        is_read, span = resource.type in READ and family is not Family.ANYTHING, self.side.at(resource).span
        said = self.whole(resource)
        logical_id = resource.address if "::" in resource.type else None
        found = UnknownResource(
            family, resource.shown, account, span, why=why, said=said, is_read=is_read, logical_id=logical_id
        )
        self.parts.unknown.append(replace(found, **of))

    def whole(self, resource: Resource) -> object:
        """What a resource says, where it is, and its values."""
        block = resource.configuration
        return content([resource.address, self.side.at(resource) if block is None else block.said, resource.values])

    def content_in_force(self, words: Sequence[ResourceContent]) -> Node | None:
        """The content that counts; `UnknownNode` where it is not known which does."""
        found = self._in_force(words)
        content, resource = found[0].content, found[0].resource
        if len(found) == 1:
            return content if content is None or found[0].writes else reported(content, self.side.label(resource))
        names = " and ".join(dict.fromkeys(word.resource.address for word in found))
        return self.unknown(resource, f"which of {names} is applied last" if found[0].writes else which(names))

    def _in_force(self, words: Sequence[ResourceContent]) -> list[ResourceContent]:
        """The word that counts, or several that may. A later word of a resource takes the place of its earlier."""
        latest = list({word.resource.address: word for word in words}.values())
        written = [word for word in latest if word.writes]
        if self.side.what == "folder":  # each writes what it says whenever the folder is applied again
            written = [word for word in written if not word.by_default] or written
        if all(_are_one(word, (written or latest)[0]) for word in written or latest):
            return (written or latest)[:1]
        if self.side.what == "folder":
            return written or latest
        return [
            word for word in written if not any(self._follows(other, word) for other in written if other is not word)
        ] or latest

    def _follows(self, word: ResourceContent, other: ResourceContent) -> bool:
        """True iff Terraform certainly applies a word after another: it refers to that, or needs one that is made."""
        if word.refers is None or Verb.TAKES in (word.resource.verb, other.resource.verb):
            return False
        is_made = other.refers is None and other.resource.new
        return is_made or self.side.referred(word.resource, word.refers) is other.resource


def _are_one(word: ResourceContent, other: ResourceContent) -> bool:
    """True only if two words are certainly the same: known, or one reference in one module."""
    if same_node(word.content, other.content):
        return True
    blocks = [one.resource.configuration for one in (word, other)]
    references = {None if block is None else block.reference("policy") for block in blocks}
    modules = {word.resource.module, other.resource.module}
    is_one = None not in references and len(references) == len(modules) == 1
    return is_one and content(word.content) == content(other.content)
