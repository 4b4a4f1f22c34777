"""Random folders of `.tf` files: variables with types and values, a module with a local path, override files.

In: a random source. Out: files by name; all of them are valid, so that the real Terraform makes a plan of them.
"""

from __future__ import annotations

from pathlib import Path
from random import Random

from tests.inputs.hcl_expressions import NAMES
from verifier.inputs.snapshot.parts import Parts
from verifier.inputs.supplied import NOTHING_SUPPLIED
from verifier.inputs.terraform.computed_attributes import ComputedAttributes
from verifier.inputs.terraform.folder import read_folder
from verifier.inputs.terraform.json_text import read_json_text
from verifier.inputs.terraform.plan import Plan, read_plan
from verifier.inputs.terraform.providers import Providers
from verifier.inputs.terraform.resolver import Resolver
from verifier.inputs.terraform.sources import read_sources
from verifier.inputs.text.files import Files
from verifier.inputs.text.nodes import Node, Remarks, Scalar
from verifier.syntax.source import Source

_PRIMITIVE = {
    "string": ('"a"', '"b"', "5", "1.50", "true", '"05"', '""', "null"),
    "text": ('"a"', '"b"', '"5"', '""'),
    "number": ("5", '"05"', "1.50", '"10"', "0", "null"),
    "bool": ("true", '"false"', "null"),
    "any": ('"a"', "5", "true", '["b", "a", "b"]', "{ a = 1 }", "null", '"5"'),
}
_USES = (
    "var.{0}",
    'var.{0} == "5"',
    "var.{0} == 5",
    "jsonencode({{ v = var.{0} }})",
    "[for x in [var.{0}] : x]",
    'var.{0} == null ? "none" : "some"',
    "[var.{0}, 1]",
)
"""What is done with a variable of any type."""
_USES_OF_ENTRIES = (
    "[for x in var.{0} : x]",
    '[for k, v in var.{0} : "${{k}}"]',
    "length(var.{0})",
    "length(var.{0}) > 1 ? var.{0} : null",
)
_USES_OF_LISTS = (
    "flatten([var.{0}])",
    "concat([], tolist(var.{0}))",
    'compact(concat(["a"], flatten([[for x in var.{0} : jsonencode({{ x = x }})]])))',
)


class Folder:
    """Makes the files of one folder."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.files: dict[str, str] = {}
        names = [f"v{number}" for number in range(6)]
        types = {name: self.type(2) for name in names}
        given = {name: self.value(types[name]) for name in names[:4]}
        defaults = {name: self.value(types[name]) for name in names[2:]}
        self.files["main.tf"] = self._variables(types, defaults) + self._outputs(types)
        self.files["terraform.tfvars"] = "".join(f"{name} = {value}\n" for name, value in given.items())
        inner = [f"w{number}" for number in range(5)]
        inside = {name: self.type(2) for name in inner}
        calls = {
            name: self.random.choice((self.value(inside[name]), f"local.k{number}"))
            for number, name in enumerate(inner[:4])
        }
        locals_ = {f"k{number}": self.value(inside[name]) for number, name in enumerate(inner[:4])}
        self.files["child/main.tf"] = self._variables(
            inside, {name: self.value(inside[name]) for name in inner[2:]}
        ) + self._outputs(inside)
        self.files["call.tf"] = self._call(calls) + _block("locals", locals_) + self._outer(inner)
        self._override(types, defaults, inside, calls)

    def type(self, depth: int) -> str:
        """A type constraint."""
        kind = self.random.choice(
            ("string", "number", "bool", "any", "list", "set", "map", "object", "tuple")
            if depth
            else ("string", "number", "bool")
        )
        if kind in ("list", "set", "map"):
            return f"{kind}({self.type(depth - 1)})"
        if kind == "object":
            return (
                "object({ "
                f"{', '.join(f'{name} = {self.type(depth - 1)}' for name in NAMES[: self.random.randrange(1, 3)])} "
                "})"
            )
        if kind == "tuple":
            return f"tuple([{', '.join(self.type(depth - 1) for _ in range(self.random.randrange(3)))}])"
        return kind

    def value(self, constraint: str) -> str:
        """A value that is of a type or is converted to it."""
        kind, _, rest = constraint.partition("(")
        inner = rest[:-1]
        if kind in ("list", "set"):
            values = [self.value("text" if inner == "any" else inner) for _ in range(self.random.randrange(4))]
            return f"[{', '.join(value for value in values if value != 'null')}]"
        if kind == "map":
            wanted = "text" if inner == "any" else inner
            return f"{{ {', '.join(f'{name} = {self.value(wanted)}' for name in NAMES[: self.random.randrange(3)])} }}"
        if kind == "object":
            pairs = [part.split(" = ", 1) for part in _parts(inner.strip("{} "))]
            more = ", z = 1" if self.random.random() < 0.3 else ""
            return f"{{ {', '.join(f'{name} = {self.value(own)}' for name, own in pairs)}{more} }}"
        if kind == "tuple":
            return f"[{', '.join(self.value(part) for part in _parts(inner.strip('[]')))}]"
        return self.random.choice(_PRIMITIVE[kind])

    def _variables(self, types: dict[str, str], defaults: dict[str, str]) -> str:
        blocks = []
        for name, constraint in types.items():
            shown = constraint.removesuffix("(any)") if constraint in ("list(any)", "map(any)") else constraint
            own = {} if constraint == "any" and self.random.random() < 0.5 else {"type": shown}
            blocks.append(
                _block(f'variable "{name}"', {**own, **({"default": defaults[name]} if name in defaults else {})})
            )
        return "".join(blocks)

    def _outputs(self, types: dict[str, str]) -> str:
        found: dict[str, str] = {}
        for name, constraint in types.items():
            kind = constraint.partition("(")[0]
            uses = (
                *_USES,
                *(_USES_OF_ENTRIES if "(" in constraint else ()),
                *(_USES_OF_LISTS if kind in ("list", "set") else ()),
            )
            found |= {f"o{n}_{name}": self.random.choice(uses).format(name) for n in range(3)}
        return "".join(_block(f'output "{name}"', {"value": text}) for name, text in found.items())

    def _outer(self, inner: list[str]) -> str:
        found = [f"o{n}_{name}" for name in inner for n in range(3)]
        return "".join(_block(f'output "m_{name}"', {"value": f"module.child.{name}"}) for name in found)

    def _call(self, arguments: dict[str, str]) -> str:
        return _block('module "child"', {"source": '"./child"', **arguments})

    def _override(
        self, types: dict[str, str], defaults: dict[str, str], inside: dict[str, str], calls: dict[str, str]
    ) -> None:
        """Files that are merged into the others: a default, a local value, an argument, an output."""
        for name in self.random.sample(("override.tf", "a_override.tf", "b_override.tf", "child/override.tf"), 2):
            own, kept = (inside, {}) if name.startswith("child") else (types, calls)
            variable = self.random.choice([found for found in own if own is inside or found in defaults])
            text = _block(f'variable "{variable}"', {"default": self.value(own[variable])})
            text += _block(f'output "o0_{variable}"', {"value": f"[var.{variable}]"})
            if kept:
                argument = self.random.choice(list(kept))
                text += _block('module "child"', {argument: self.value(inside[argument])}) + _block(
                    "locals", {"k1": self.value(inside["w1"])}
                )
            self.files[name] = text

    def write(self, folder: Path) -> None:
        """Writes the files."""
        for name, text in self.files.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")


def our_outputs(path: Path) -> dict[str, Node]:
    """What the outputs of a plan are, as they are written in the files beside it."""
    files, remarks = Files(), Remarks()
    plan = read_plan(files.name(path), read_json_text("plan.json", files.source(path).text))
    read_sources(remarks, files, path, plan)
    assert not remarks.warnings, remarks.warnings
    return _outputs_of(plan)


def folder_outputs(folder: Path) -> dict[str, Node]:
    """What the outputs of a folder are, without its plan."""
    remarks, parts = Remarks(), Parts()
    plan, _ = read_folder(remarks, Files(), parts, folder, NOTHING_SUPPLIED)
    assert not remarks.warnings and not parts.unknown, remarks.warnings
    return _outputs_of(plan)


def _outputs_of(plan: Plan) -> dict[str, Node]:
    resolver = Resolver(plan, ComputedAttributes(Providers(plan, NOTHING_SUPPLIED)))
    outputs = plan.modules[()].outputs
    null = Scalar(Source("plan.json", ""), 0, 0, "", "null")
    return {name: resolver.expression(output, (), None, f"output.{name}") or null for name, output in outputs.items()}


def _parts(text: str) -> list[str]:
    """What commas part that are in no brackets."""
    found, depth = [""], 0
    for character in text:
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(character, 0)
        if character == "," and not depth:
            found.append("")
        else:
            found[-1] += character
    return [part.strip() for part in found if part.strip()]


def _block(head: str, attributes: dict[str, str]) -> str:
    return f"{head} {{\n{''.join(f'  {name} = {text}{chr(10)}' for name, text in attributes.items())}}}\n"
