"""Two versions of one input.

In: the paths of each version. Out: two estates. Guarantee: where both are one policy file whose key is not given, both are on one key: what
tells one's account and Region tells the other's; where they cannot be on one key, that is an error.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from verifier.inputs.both_sides import Side, with_each_others
from verifier.inputs.estate import load_with_parts
from verifier.inputs.policy_file import PLACEHOLDER_ID
from verifier.inputs.supplied import NOTHING, Supplied
from verifier.model.estate import Estate
from verifier.syntax.diagnostic import Diagnostic, InputError


@dataclass(frozen=True)
class Version:
    """The paths of one version. Those in the folder `root` are called by their path from there."""

    paths: tuple[Path, ...]
    root: Path | None = None


@dataclass
class _Reader:
    """Reads versions, and keeps the errors of each."""

    key_arn: str | None
    declared_key_arn: str | None
    supplied: Supplied
    errors: dict[Version, tuple[Diagnostic, ...]] = field(default_factory=dict)

    def read(self, version: Version, other: Side | None = None) -> Side | None:
        """The estate, with its parts; `None`, with its errors kept, where it cannot be read."""
        self.errors.pop(version, None)
        try:
            return load_with_parts(
                version.paths,
                key_arn=self.key_arn,
                declared_key_arn=self.declared_key_arn,
                other_version=_assumed(other),
                root=version.root,
                supplied=self.supplied,
                steps=False,
            )
        except InputError as error:
            self.errors[version] = error.diagnostics
            return None


def load_versions(
    old: Version,
    new: Version,
    *,
    key_arn: str | None = None,
    declared_key_arn: str | None = None,
    supplied: Supplied = NOTHING,
) -> tuple[Estate, Estate]:
    """Both versions; the options are those of `load_estate`. Raises `InputError` with the errors of both."""
    reader = _Reader(key_arn, declared_key_arn, supplied)
    first = reader.read(old)
    second = reader.read(new, first)
    if second is not None and _assumed(second) not in (None, _assumed(first)):
        first = reader.read(old, second)
    if first is None or second is None:
        raise InputError(tuple(dict.fromkeys(diagnostic for errors in reader.errors.values() for diagnostic in errors)))
    _check_one_key(first, second)
    return with_each_others(first, second)


def _assumed(side: Side | None) -> str | None:
    """The ARN of the one key whose ARN had to be assumed."""
    if side is None or len(side[0].keys) != 1:
        return None
    arn = side[0].keys[0].arn
    return arn if arn.endswith(f":key/{PLACEHOLDER_ID}") else None


def _check_one_key(old: Side, new: Side) -> None:
    first, second = _assumed(old), _assumed(new)
    if (first is None) != (second is None):
        raise InputError.of(
            "one version is a policy whose key is not given, the other a snapshot or a policy of a given key",
            hint="give two policies, or two snapshots; --key-arn says which key two policies are of",
        )
    if first is not None and second is not None and first != second:
        where = [f"account {arn.split(':')[4]} and Region {arn.split(':')[3]}" for arn in (first, second)]
        raise InputError.of(
            f"the old policy seems to be of a key of {where[0]}, the new one of {where[1]}",
            hint="give the ARN of the key with --key-arn",
        )
