"""Random texts of CloudFormation templates for values that are given.

In: a value, and how often a part of it is to be left open. Out: a node of a template that CloudFormation would make
that value of: a parameter, a function, a mapping, a list that loses entries, a macro. `Writer` collects the sections
that these need.
Guarantee: the value is one that the node may stand for; where the writer does not leave it open it is the only one.
"""

from __future__ import annotations

import json
import random
from typing import Any

Json = Any
ACCOUNT, REGION = "111122223333", "us-west-2"
MACRO = {"Name": "AWS::Include", "Parameters": {"Location": "s3://bucket/snippet.yaml"}}
NO_VALUE = {"Ref": "AWS::NoValue"}


class Plain(str):
    """A text that YAML has without quotes."""


class Raw(str):
    """A piece of a template as it stands."""


class Writer:
    """Writes nodes, and collects what they refer to. `open_rate` is how often a leaf is left open."""

    def __init__(self, rng: random.Random, open_rate: float, *, yaml: bool) -> None:
        self.rng = rng
        self.open_rate = open_rate
        self.yaml = yaml
        self.parameters: dict[str, Json] = {}
        self.given: dict[str, str] = {}
        self.mappings: dict[str, Json] = {}
        self.conditions: dict[str, Json] = {}
        self.left_open = 0

    def name(self, kind: str) -> str:
        return f"{kind}{len(self.parameters) + len(self.mappings) + len(self.conditions)}"

    def leaves_open(self) -> bool:
        found = self.rng.random() < self.open_rate
        self.left_open += found
        return found

    # -- conditions --

    def condition(self, holds: bool | None) -> str:
        """The name of a condition that holds, does not, or turns on what is left open."""
        name = self.name("C")
        self.conditions[name] = {}
        self.conditions[name] = self._truth(holds, 2)
        return name

    def _truth(self, holds: bool | None, depth: int) -> Json:
        pick = self.rng.randrange(5 if depth else 2)
        if holds is None:
            if pick < 2:
                return {"Fn::Equals": [self.unknown("x"), "x"]}
            other = self._truth(pick == 2, depth - 1)
            return (
                {"Fn::And" if pick == 2 else "Fn::Or": [other, self._truth(None, depth - 1)]}
                if pick < 4
                else self._not(None, depth)
            )
        if pick == 0:
            return {"Fn::Equals": [self.text("on", 1), "on" if holds else "off"]}
        if pick == 1:
            spelling = Plain(self.rng.choice(["yes", "On", "TRUE"])) if self.yaml else "true"
            return {"Fn::Equals": [spelling, self.text("true" if holds else "yes", 1)]}
        if pick == 2:
            inner = [self._truth(holds, depth - 1), self._truth(self.rng.choice([None, True, False]), depth - 1)]
            self.rng.shuffle(inner)
            return {"Fn::Or" if holds else "Fn::And": inner}
        if pick == 3:
            name = self.condition(holds)
            return {"Condition": name}
        return self._not(holds, depth)

    def _not(self, holds: bool | None, depth: int) -> Json:
        return {"Fn::Not": [self._truth(None if holds is None else not holds, depth - 1)]}

    # -- texts --

    def text(self, text: str, depth: int = 2) -> Json:
        """A node for a text."""
        if self.leaves_open():
            return self.unknown(text)
        return self.known(text, depth)

    def known(self, text: str, depth: int) -> Json:
        """A node that stands for this text alone."""
        ways = [self._literal, self._literal, self._parameter, self._sub, self._mapping, self._selected]
        if depth and text:
            ways += [self._joined, self._if, self._sub_of, self._split]
        return self.rng.choice(ways)(text, depth)

    def _literal(self, text: str, depth: int) -> Json:
        if self.yaml and text in ("true", "false"):
            return Plain(
                self.rng.choice({"true": ["true", "yes", "On", "TRUE"], "false": ["false", "no", "off", "False"]}[text])
            )
        if self.yaml and text.isdecimal() and text[0] != "0":
            return Plain(text)
        return text

    def _parameter(self, text: str, depth: int) -> Json:
        name = self.name("P")
        self.parameters[name] = {"Type": "String"}
        if self.rng.random() < 0.5 or not text:
            self.parameters[name]["Default"] = self._literal(text, 0)
        else:
            self.parameters[name]["Default"] = "444455556666"
            self.given[name] = text
        return {"Ref": name}

    def _sub(self, text: str, depth: int) -> Json:
        written = text.replace("${", "${!").replace(ACCOUNT, "${AWS::AccountId}").replace(REGION, "${AWS::Region}")
        return Raw(f"!Sub {json.dumps(written)}") if self.yaml and self.rng.random() < 0.5 else {"Fn::Sub": written}

    def _sub_of(self, text: str, depth: int) -> Json:
        at = self.rng.randrange(len(text))
        if "${" in text:
            return self._sub(text, depth)
        return {"Fn::Sub": ["${A}" + text[at:], {"A": self.known(text[:at], depth - 1)}]}

    def _mapping(self, text: str, depth: int) -> Json:
        name = self.name("M")
        self.mappings[name] = {"a": {"b": self._literal(text, 0), "c": "444455556666"}}
        return {"Fn::FindInMap": [name, self.known("a", 0) if depth else "a", "b"]}

    def _selected(self, text: str, depth: int) -> Json:
        others = self.rng.randrange(3)
        return {"Fn::Select": [str(others), [*["444455556666"] * others, text, "x"]]}

    def _joined(self, text: str, depth: int) -> Json:
        if ":" in text and self.rng.random() < 0.5:
            parts: list[Json] = [self.known(part, depth - 1) for part in text.split(":")]
            return {"Fn::Join": [":", self.holes(parts)]}
        at = self.rng.randrange(len(text))
        return {"Fn::Join": ["", self.holes([self.known(text[:at], depth - 1), self.known(text[at:], depth - 1)])]}

    def _if(self, text: str, depth: int) -> Json:
        holds = self.rng.random() < 0.5
        right, wrong = self.known(text, depth - 1), self.rng.choice(["444455556666", NO_VALUE])
        return {"Fn::If": [self.condition(holds), *((right, wrong) if holds else (wrong, right))]}

    def _split(self, text: str, depth: int) -> Json:
        if "|" in text:
            return text
        return {"Fn::Select": [1, {"Fn::Split": ["|", self.known(f"x|{text}|444455556666", 0)]}]}

    def holes(self, entries: list[Json]) -> list[Json]:
        """A list with entries that are taken out again."""
        found = []
        for entry in entries:
            if self.rng.random() < 0.1:
                found.append({"Fn::If": [self.condition(False), "444455556666", NO_VALUE]})
            found.append(entry)
        return found

    # -- what is left open --

    def unknown(self, text: str) -> Json:
        """A node that may stand for this text, and for others."""
        if self.yaml and (text == "true" or text.isdecimal()) and self.rng.random() < 0.5:
            return Plain("y" if text == "true" else f"0{int(text):o}")
        return self.rng.choice(
            [self._no_value, self._stored, self._dynamic, self._imported, self._perhaps, self._rest, self._shrinking]
        )(text)

    def _no_value(self, text: str) -> Json:
        name = self.name("P")
        self.parameters[name] = (
            {"Type": "String", "AllowedValues": ["444455556666", text]}
            if self.rng.random() < 0.3
            else {"Type": "String"}
        )
        return {"Ref": name}

    def _stored(self, text: str) -> Json:
        name = self.name("P")
        self.parameters[name] = {"Type": "AWS::SSM::Parameter::Value<String>", "Default": ACCOUNT}
        return {"Ref": name}

    def _dynamic(self, text: str) -> Json:
        reference = self.rng.choice(
            ["{{resolve:ssm:/a/b}}", "{{resolve:secretsmanager:a:SecretString:b}}", "{{resolve:ssm-secure:/a:1}}"]
        )
        at = self.rng.randrange(len(reference))
        name = self.name("P")
        self.parameters[name] = {"Type": "String", "Default": reference}
        joined = {"Fn::Join": ["", [reference[:at], reference[at:]]]}
        return self.rng.choice([reference, {"Fn::Sub": reference}, {"Ref": name}, joined])

    def _imported(self, text: str) -> Json:
        return self.rng.choice(
            [{"Fn::ImportValue": "other"}, {"Fn::Transform": MACRO}, {"Fn::GetAtt": ["Bucket", "Arn"]}]
        )

    def _perhaps(self, text: str) -> Json:
        branches = [text, "444455556666"]
        self.rng.shuffle(branches)
        return {"Fn::If": [self.condition(None), *branches]}

    def _rest(self, text: str) -> Json:
        at = self.rng.randrange(len(text) + 1)
        if self.rng.random() < 0.5 and "${" not in text:
            return {"Fn::Sub": [text[:at] + "${A}", {"A": self._no_value(text[at:])}]}
        return {"Fn::Join": ["", [self.known(text[:at], 0), self._dynamic(text[at:])]]}

    def _shrinking(self, text: str) -> Json:
        """Whether the first entry counts is not documented, or not known."""
        if self.rng.random() < 0.5:
            return {"Fn::Select": [0, [NO_VALUE, text, ACCOUNT]]}
        return {"Fn::Select": [1, [{"Fn::If": [self.condition(None), "x", NO_VALUE]}, ACCOUNT, text]]}

    # -- lists and objects --

    def entries(self, entries: list[Json], wrong: Json) -> list[Json]:
        """The nodes of a list's entries, and others that are taken out, or may be. One that is there may not be."""
        found: list[Json] = []
        for entry in entries:
            if self.rng.random() < 0.08:
                found.append({"Fn::If": [self.condition(False), wrong, NO_VALUE]})
            elif self.leaves_open():
                found.append({"Fn::If": [self.condition(None), wrong, NO_VALUE]})
            if self.rng.random() < 0.08:
                found.append({"Fn::If": [self.condition(True), entry, NO_VALUE]})
            elif self.leaves_open():
                found.append({"Fn::If": [self.condition(None), entry, NO_VALUE]})
            else:
                found.append(entry)
        return found

    def members(self, found: dict[str, Json]) -> Json:
        """An object, beside whose members there may be a macro, which makes some of them."""
        if self.rng.random() >= self.open_rate / 3:
            return found
        self.left_open += 1
        kept = {name: value for name, value in found.items() if self.rng.random() < 0.7}
        return self.rng.choice([{"Fn::Transform": [MACRO], **kept}, {**kept, "Transform": {"Name": "Mine"}}])


def written(node: Json) -> str:
    """The text of a node: JSON, but for what YAML alone has."""
    if isinstance(node, Plain | Raw):
        return str(node)
    if isinstance(node, dict):
        return "{" + ", ".join(f"{json.dumps(key)}: {written(value)}" for key, value in node.items()) + "}"
    if isinstance(node, list):
        return "[" + ", ".join(map(written, node)) + "]"
    return json.dumps(node)
