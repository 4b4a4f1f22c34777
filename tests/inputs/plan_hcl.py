"""The `.tf` file of a random plan, with policies that are written with `jsonencode` and that Terraform knows only after
apply.

In: documents, or the configuration of a plan. Out: HCL, and what it refers to. Guarantee: the file says what the plan
was made of.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.inputs.plans import ACCOUNT, refers

Json = Any
WRITTEN = "_hcl"
"""The member of an expression that has its text; no plan has it."""
ACCOUNT_ID = "data.aws_caller_identity.current.account_id"


@dataclass
class Deferred:
    """Writes one document. `known` has references by the values that only the apply tells; `open_` are references to
    what is not known."""

    rng: Random
    known: dict[str, str]
    open_: tuple[str, ...]
    open_rate: float
    references: list[str] = field(default_factory=list)
    left_open: bool = False

    def expression(self, document: Json) -> Json:
        """The expression, with its text."""
        text = f"jsonencode({self._value(document)})"
        return {**(refers(*dict.fromkeys(self.references)) if self.references else {}), WRITTEN: text}

    def _value(self, value: Json) -> str:
        if isinstance(value, dict):
            return self._members([f"{json.dumps(name)} = {self._value(member)}" for name, member in value.items()])
        return self._list([self._value(entry) for entry in value]) if isinstance(value, list) else self._text(value)

    def _members(self, members: list[str]) -> str:
        if len(members) > 1 and self.rng.random() < 0.1:
            return f"merge({{ {members[0]} }}, {{ {', '.join(members[1:])} }})"
        return f"{{ {', '.join(members)} }}"

    def _list(self, entries: list[str]) -> str:
        whole = f"[{', '.join(entries)}]"
        ways = [whole] * 8 + [
            f"flatten([[{', '.join(entries)}]])",
            f"concat([{entries[0]}], [{', '.join(entries[1:])}])",
        ]
        if self.rng.random() < self.open_rate / 2:
            return f"concat([{', '.join(entries[1:])}], {self._open_condition()} ? [{entries[0]}] : [])"
        return self.rng.choice(ways)

    def _text(self, value: str) -> str:
        if self.rng.random() < self.open_rate:
            self.left_open = True
            return self._reference(self.rng.choice(self.open_))
        if value in self.known:
            return self.rng.choice(["{}", '"${{{}}}"']).format(self._reference(self.known[value]))
        text = quoted(value)
        pick = self.rng.random()
        if ACCOUNT in value and pick < 0.3:
            return text.replace(ACCOUNT, f"${{{self._reference(ACCOUNT_ID)}}}")
        if pick < 0.35:
            return f'{self._reference(ACCOUNT_ID)} == "{ACCOUNT}" ? {text} : "*"'
        if pick < 0.35 + self.open_rate / 2:
            return f'{self._open_condition()} ? "kms:TagResource" : {text}'
        return text

    def _open_condition(self) -> str:
        self.left_open = True
        return f'{self._reference(self.open_[0])} == "x"'

    def _reference(self, name: str) -> str:
        self.references.append(name)
        return name


def quoted(value: str) -> str:
    """A text in HCL."""
    return json.dumps(value).replace("${", "$${").replace("%{", "%%{")


def literal(value: Json) -> str:
    """A constant in HCL."""
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, list):
        return f"[{', '.join(literal(entry) for entry in value)}]"
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{json.dumps(name)} = {literal(member)}' for name, member in value.items())} }}"
    return json.dumps(value)


def main_tf(data: Json) -> str:
    """The file of a plan."""
    configuration, unknown = (
        data["configuration"],
        {c["address"]: c["change"]["after_unknown"] for c in data["resource_changes"]},
    )
    lines = [f'variable "{name}" {{}}' for name in data["variables"]]
    lines.append('locals {\n  more = terraform_data.x.output\n  policy = "x"\n}')
    for provider in configuration["provider_config"].values():
        alias = [f'  alias = "{provider["alias"]}"'] if "alias" in provider else []
        lines += ['provider "aws" {', *alias, *_body(provider["expressions"]), "}"]
    for block in configuration["root_module"]["resources"]:
        word = "data" if block["mode"] == "data" else "resource"
        key = block["provider_config_key"]
        lines += [f'{word} "{block["type"]}" "{block["name"]}" {{', *([f"  provider = {key}"] if key != "aws" else [])]
        lines += _body(block["expressions"])
        if (unknown.get(block["address"]) or {}).get("inline_policy") is True:
            lines += [
                '  dynamic "inline_policy" {',
                "    for_each = terraform_data.x.output",
                "    content {",
                "      name = each.key",
                "    }",
                "  }",
            ]
        for provisioner in block.get("provisioners", ()):
            lines += [f'  provisioner "{provisioner["type"]}" {{', *_body(provisioner["expressions"]), "  }"]
        lines.append("}")
    return "\n".join(lines) + "\n"


def _body(expressions: Json) -> Iterator[str]:
    for name, found in expressions.items():
        if isinstance(found, list):
            for inner in found:
                yield from (f"  {name} {{", *_body(inner), "  }")
        elif text := _expression(found):
            yield f"  {name} = {text}"


def _expression(found: Json) -> str | None:
    if WRITTEN in found:
        return str(found[WRITTEN])
    if "constant_value" in found:
        return literal(found["constant_value"])
    names = [
        name for name in found.get("references", ()) if not any(o.startswith(f"{name}.") for o in found["references"])
    ]
    return f"coalesce({', '.join(names)})" if len(names) > 1 else names[0] if names else None


def without_text(data: Json) -> Json:
    """The plan as Terraform writes it."""
    if isinstance(data, dict):
        return {name: without_text(member) for name, member in data.items() if name != WRITTEN}
    return [without_text(entry) for entry in data] if isinstance(data, list) else data
