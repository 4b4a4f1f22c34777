"""What the user says about an input that the input does not say.

In: files of the parameters of CloudFormation templates, as the AWS CLI and CodePipeline take them. Out: `Supplied`;
values by name, and the tags of the stack. Guarantee: what is given here never overrides what the input says; what is no
value is an error with its place.
[CloudFormation User Guide: create-stack --parameters; CodePipeline template configuration files]
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from msgspec import field

from verifier.frozen import Frozen
from verifier.inputs.text.files import Files
from verifier.inputs.text.nodes import Items, Members, Node, Scalar, member, refusal, text_of

STAND_IN = "000000000000"
"""What stands for the own account (`${AWS::AccountId}`, `data.aws_caller_identity`) where nothing tells it."""
OTHER_STAND_IN = "975310864213"
"""What stands for it where it is asked whether the input itself says `STAND_IN`."""


class Supplied(Frozen):
    """The account (twelve digits) and the Region of what is not created yet, where a plan or template does not tell
    them, and the values of a template's parameters. `own` is the account in the place of one that nothing tells, as it
    was concluded (S4), and `own_region` the Region in the place of one; `None` is the first of the partition."""

    account: str | None = None
    region: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    own: str | None = None
    own_region: str | None = None
    of_paths: Mapping[Path, tuple[str | None, str | None]] = field(default_factory=dict)
    """The account and the Region of absolute paths that have their own."""
    harmless: tuple[str, ...] = ()
    """Patterns of the addresses of what is not read, and changes nobody's access."""
    stack_tags: tuple[tuple[str, str], ...] = ()
    """The tags with which the stack of a template is made."""

    @property
    def stand_in(self) -> str | None:
        """What stands for the own account; `None` where it is known, or nothing does."""
        return self.own if self.account is None and self.own in (STAND_IN, OTHER_STAND_IN) else None


NOTHING_SUPPLIED = Supplied()
"""What is supplied where nothing is."""


_FORMS = 'expected [{"ParameterKey": …, "ParameterValue": …}] or {"Parameters": {…}}'


def read_parameter_files(paths: Iterable[Path]) -> tuple[dict[str, str], tuple[tuple[str, str], ...]]:
    """The parameters of some files, and the tags of stacks. Raises `InputError`, also for two values of one."""
    found: dict[str, str] = {}
    tags: list[tuple[str, str]] = []
    files = Files()
    for path in paths:
        node = files.node(path)
        for place, name, value in _pairs(node):
            if found.setdefault(name, value) != value:
                raise refusal(place, f"the parameter `{name}` is given twice")
        if isinstance(node, Members) and (given := member(node, "Tags")) is not None:
            if not isinstance(given, Members):
                raise refusal(given, "the tags of the stack must be an object")
            tags += ((name.text, parameter_text(name.text, value)) for name, value in given.pairs)
    return found, tuple(tags)


def _pairs(node: Node) -> list[tuple[Node, str, str]]:
    if isinstance(node, Items):
        return [_entry(entry) for entry in node.items]
    inside = member(node, "Parameters")
    if not isinstance(inside, Members):
        raise refusal(node, "this is no file of parameters", hint=_FORMS)
    return [(key, key.text, parameter_text(key.text, value)) for key, value in inside.pairs]


def _entry(entry: Node) -> tuple[Node, str, str]:
    name, value = text_of(entry, "ParameterKey"), member(entry, "ParameterValue")
    if name is None or value is None:
        hint = "the value that the stack has is not known" if member(entry, "UsePreviousValue") is not None else _FORMS
        raise refusal(entry, "this is no parameter with its value", hint=hint)
    return entry, name, parameter_text(name, value)


def parameter_text(name: str, node: Node) -> str:
    """The value of a parameter or tag. Raises `InputError` for what is no text."""
    if not isinstance(node, Scalar) or node.type == "null":
        raise refusal(node, f"the value of `{name}` must be a text")
    return node.text
