"""Which of several resources of a plan decides what a thing of AWS is: the policy of a key, an inline policy, an attachment.

In: what each resource says of the thing, and whether the plan writes it (docs/terraform.md, "What the provider does"). Out: what counts.
Guarantee: of those that are written the last one counts, by the dependencies that Terraform goes by; where nothing is written, what all of
them say. Where that is not one thing, it is not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from verifier.inputs.agreement import same_node, told, which
from verifier.inputs.nodes import Node
from verifier.inputs.terraform.plan import Resource, Verb
from verifier.inputs.terraform.resolver import Resolver
from verifier.inputs.unknown import Unknown


@dataclass(frozen=True)
class Word:
    """What a resource says of a thing: its content, `None` for nothing, and whether the plan writes it. `refers` is the attribute by which
    the resource refers to what the thing is of, which is made or changed before it."""

    resource: Resource
    content: Node | None
    writes: bool
    refers: str | None = None


def in_force(resolver: Resolver, words: Iterable[Word]) -> list[Word]:
    """The word that counts; several where it is not known which of them does. A later word of a resource takes the place of its earlier."""
    latest = list({word.resource.address: word for word in words}.values())
    written = [word for word in latest if word.writes]
    if all(same_node(word.content, (written or latest)[0].content) for word in written or latest):
        return (written or latest)[:1]
    if not written:
        return latest
    return [word for word in written if not any(_follows(resolver, other, word) for other in written if other is not word)]


def settled(resolver: Resolver, words: Sequence[Word]) -> Node | None:
    """The content that counts; `Unknown` where it is not known which does."""
    found = in_force(resolver, words)
    if len(found) == 1:
        content = found[0].content
        return content if content is None or found[0].writes else told(content, resolver.label(found[0].resource))
    names = " and ".join(dict.fromkeys(word.resource.address for word in found))
    place = resolver.place(found[0].resource)
    return Unknown(place, 0, 0, [f"which of {names} is applied last" if found[0].writes else which(names)])


def _follows(resolver: Resolver, word: Word, other: Word) -> bool:
    """Whether Terraform certainly applies a word after another: its resource refers to the other one, or needs one that is made."""
    if word.refers is None or Verb.TAKES in (word.resource.verb, other.resource.verb):
        return False
    if other.refers is None and other.resource.created:
        return True
    return resolver.references.referred(word.resource, word.refers) is other.resource
