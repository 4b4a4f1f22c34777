"""The JSON Schema of `verifier.toml` says what the reader of `verifier.toml` takes, key by key and as a law."""

from __future__ import annotations

import json
import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tests.cli.conftest import Run
from tests.examples import many
from tests.project.shown import ROOT
from verifier.configuration.reading import configuration_schema, read_configuration
from verifier.configuration.settings import Configuration
from verifier.model.choices import FORMATS
from verifier.model.readings import READINGS
from verifier.syntax.diagnostic import InputError

SCHEMA = configuration_schema()
VALIDATOR = Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)
SENTENCE = "role/reports in 111122223333 can kms:Decrypt"


def as_json(values: dict[str, Any]) -> Any:
    """What a program that checks TOML with JSON Schema sees: dates are texts."""
    return json.loads(json.dumps(values, default=lambda value: value.isoformat()))


def told(values: dict[str, Any]) -> list[str]:
    return [error.message for error in VALIDATOR.iter_errors(as_json(values))]


def toml(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(name)} = {toml(member)}" for name, member in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return value.isoformat() if isinstance(value, date) else json.dumps(value)


def accepted(values: dict[str, Any], folder: Path) -> bool:
    path = folder / "verifier.toml"
    path.write_text(
        "\n".join(f"{json.dumps(name)} = {toml(value)}" for name, value in values.items()), encoding="utf-8"
    )
    try:
        read_configuration(path)
    except InputError:
        return False
    return True


def test_the_schema_is_one_and_is_printed(run: Run) -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert json.loads(run("schema", "configuration").out) == SCHEMA


def blocks(page: str) -> list[str]:
    """The examples of a page that are whole configurations."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return [block for block in re.findall(r"```toml\n(.*?)```", text, re.DOTALL) if "inputs" in block]


def test_the_examples_are_as_it_says() -> None:
    shown = [block for page in ("check.md", "ci.md") for block in blocks(page)]
    written = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "examples").rglob("verifier.toml"))]
    assert shown and written
    for text in (*shown, *written):
        assert told(tomllib.loads(text)) == []


FULL: dict[str, Any] = {
    "inputs": ["plan.json", {"path": "other.json", "account": "444455556666", "region": "eu-west-1"}],
    "invariants": ["a.inv"],
    "builtins": ["no-external-access"],
    "outputs": ["text", "sarif=a.sarif", "json=-"],
    "readings": {"P5": "yes", "C3-bool": False},
    "timeout": 1.5,
    "allow-empty": True,
    "suppose": ["nobody calls sso:*"],
    "harmless": ["module.*.null_resource.build"],
    "steps": 6,
    "key-arn": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    "account": "111122223333",
    "region": "us-gov-west-1",
    "parameters": {"Owner": "x"},
    "fail-on": "stale",
    "baseline": "base.json",
    "waivers": [
        {
            "invariant": "a",
            "key": "alias/a",
            "allow": SENTENCE,
            "reason": "b",
            "owner": "c",
            "expires": date(2027, 1, 31),
        },
    ],
}


def test_it_has_every_key_that_is_read(tmp_path: Path) -> None:
    assert told(FULL) == [] and accepted(FULL, tmp_path)
    read = read_configuration(tmp_path / "verifier.toml")
    defaults = Configuration(read.path, ())
    unread = [
        name
        for name in Configuration.__dataclass_fields__
        if name != "path" and getattr(read, name) == getattr(defaults, name)
    ]
    assert unread == [], "each member of `Configuration` is given by a key of the example"
    assert SCHEMA["properties"].keys() == FULL.keys()
    assert SCHEMA["properties"]["readings"]["properties"].keys() == {reading.label for reading in READINGS}
    assert SCHEMA["$defs"]["waiver"]["required"] == list(SCHEMA["$defs"]["waiver"]["properties"])


@pytest.mark.parametrize("name", FORMATS)
def test_outputs_are_the_formats_of_the_reports(name: str) -> None:
    assert told({**FULL, "outputs": [name, f"{name}=a b.x"]}) == []
    assert (
        told({**FULL, "outputs": [f"{name}="]})
        and told({**FULL, "outputs": [f"{name}x"]})
        and told({**FULL, "outputs": [f"{name}=\0"]})
    )


ODD = st.sampled_from(
    [3, True, 1.5, "", " ", "x", [], ["x"], [""], [3], {}, {"x": "y"}, {"x": 3}, date(2027, 1, 31), -1, 0]
)
ODD_TEXT = ODD.filter(lambda value: not isinstance(value, date))  # a date is a text for a schema
WAIVERS = st.fixed_dictionaries(
    {},
    optional={
        **{
            name: st.sampled_from(["x", "", " ", 3, ["x"]]) for name in ("invariant", "key", "reason", "owner", "onwer")
        },
        "allow": st.sampled_from([SENTENCE, "", 3]),
        "expires": st.sampled_from([date(2027, 1, 31), "soon", 3]),
    },
)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    **{
        name: st.just(value) | (ODD_TEXT if isinstance(value, str) else ODD)
        for name, value in FULL.items()
        if name not in ("waivers", "outputs")
    },
    "readings": st.dictionaries(
        st.sampled_from(["P5", "C3-bool", "P55"]), st.sampled_from(["yes", "no", True, False, "maybe", 1, 0])
    )
    | ODD,
    "fail-on": st.sampled_from(["refuted", "stale", "never", 3]),
    "timeout": st.sampled_from([1, 0.5, 0, 0.0, -1, True, "1"]),
    "steps": st.sampled_from([0, 8, 9, -1, 2.5, True, "1"]),
    "account": st.sampled_from(["111122223333", "11112222333", "1111222233334", "11112222333a", 111122223333]),
    "region": st.sampled_from(["us-west-2", "us-gov-west-1", "us-west", "US-WEST-2", "xus-west-2", "us-west-2x"]),
    "waivers": st.lists(st.just(FULL["waivers"][0]) | WAIVERS, max_size=2) | ODD,
    "input": ODD,
}


CHANGED = st.sampled_from(sorted(VALUES)).flatmap(lambda name: st.tuples(st.just(name), VALUES[name]))


@settings(max_examples=many(300))
@given(whole=st.booleans(), changes=st.lists(CHANGED, max_size=2))
def test_it_accepts_what_the_reader_accepts(
    whole: bool, changes: list[tuple[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    values = {**(FULL if whole else {"inputs": ["a"]}), **dict(changes)}
    found = accepted(values, tmp_path_factory.getbasetemp())
    assert found == (told(values) == []), (values, told(values))
