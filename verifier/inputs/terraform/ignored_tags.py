"""Tags that a provider is told to leave to others: a plan does not have them, whatever the object has.
[terraform-provider-aws: ignore_tags Configuration Block]

In: a plan, or a folder without one. Out: which keys of tags are not told, by the ARN of what has them: of all that is
there before a plan, and of all that a folder makes, which does not say what is there before. Guarantee: where it is not
known which keys, no tag is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from verifier.inputs.terraform.configuration import Provider
from verifier.inputs.terraform.resolver import Resolver
from verifier.inputs.text.nodes import Scalar, values_of

_BLOCK, _ANY = "ignore_tags", re.compile("")


def ignored_tags(resolver: Resolver) -> Iterator[tuple[str, re.Pattern[str]]]:
    """Each ARN, with what the keys begin with that are not told, in lower case."""
    plan = resolver.plan
    dynamic = any(_BLOCK in kinds for one in plan.modules.values() for kinds in one.files.dynamic.values())
    for resource in plan.after.values():
        own, may_be_there = plan.providers.get(resource.provider), plan.of_folder or not resource.created
        arn = resolver.text(resource, "arn") if resource.managed and may_be_there else None
        if arn is not None:
            texts = [text for one in (plan.providers.values() if own is None else [own]) for text in _of(resolver, one)]
            if dynamic or texts:
                yield arn, _ANY if dynamic else re.compile("|".join(texts))


def _of(resolver: Resolver, provider: Provider) -> Iterator[str]:
    for block in provider.block.blocks.get(_BLOCK, ()):
        for name, end in (("keys", r"\Z"), ("key_prefixes", "")):
            expression = block.attributes.get(name)
            if expression is not None:
                for node in values_of(resolver.expression(expression, provider.module, None, "provider")):
                    yield re.escape(node.text.lower()) + end if isinstance(node, Scalar) else ""
