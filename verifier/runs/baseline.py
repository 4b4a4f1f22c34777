"""Baselines: what broke which invariant when `verifier check --write-baseline` ran, as a JSON file, and back.

In: an estate and its report; the text of a file. Out: text; `Baseline`.
Guarantee: a baseline holds what its keys' policies, grants and surroundings meant, so that what a later version allows
beyond it is found by meaning. What people read of it (`regions`) is for reading alone. Places and remarks are left out:
the file changes when the meaning does.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

import msgspec

from verifier import __version__
from verifier.frozen import Frozen
from verifier.model.digest import digest
from verifier.model.estate import Estate, Key
from verifier.model.invariant_file import AnyInvariant, is_eventual
from verifier.model.results.verdict import BaselineEntry, Status, Verdict
from verifier.model.symbol_texts import decoded, encoded
from verifier.runs.digests import invariant_meaning
from verifier.syntax.diagnostic import InputError

_Json = dict[str, Any]
_FORMAT = "kms-verifier/baseline"
_FORMAT_VERSION = 2
_NOT_MEANT = frozenset({"span", "warnings", "inputs", "size"})
"""Members that say where or how something is written."""


class Baseline(Frozen):
    """The entries, and the estate in which they hold."""

    entries: tuple[BaselineEntry, ...]
    estate: Estate

    def earlier(self, invariant: AnyInvariant, key: Key) -> tuple[Estate, Key] | None:
        """The earlier estate and the key there, if the invariant (as it is now) was refuted on the key."""
        entry = BaselineEntry(invariant.name, meaning_of(invariant), key.arn)
        found = self.estate.key(key.arn)
        return (self.estate, found) if entry in self.entries and found is not None else None


def meaning_of(invariant: AnyInvariant) -> str:
    """A digest of what an invariant says."""
    return digest(invariant_meaning(invariant)).hex()


def entry_of(verdict: Verdict) -> BaselineEntry:
    """The entry that a verdict makes, or made."""
    return BaselineEntry(verdict.invariant.name, meaning_of(verdict.invariant), verdict.target)


def render_baseline(estate: Estate, verdicts: Sequence[Verdict], regions: Callable[[Verdict], list[_Json]]) -> str:
    """The baseline of the refuted verdicts; `regions` says in words what breaks an invariant about requests. With a
    final newline.

    What callers can bring about is left out: which chains there were is not kept, so no other one could be told from
    them.
    """
    refuted = [
        verdict for verdict in verdicts if verdict.status is Status.REFUTED and not is_eventual(verdict.invariant)
    ]
    named = {verdict.target for verdict in refuted}
    kept = replace(
        estate, keys=tuple(key for key in estate.keys if key.arn in named), warnings=(), inputs=(), suppositions=()
    )
    meant = _meant(msgspec.to_builtins(kept, enc_hook=encoded))
    document = {
        "format": _FORMAT,
        "format_version": _FORMAT_VERSION,
        "verifier": __version__,
        "entries": [_entry(verdict, regions(verdict)) for verdict in refuted],
        "estate": meant,
        "estate_sha256": _sha256(meant),
    }
    return json.dumps(document, indent=1) + "\n"


def _entry(verdict: Verdict, regions: list[_Json]) -> _Json:
    entry = entry_of(verdict)
    grants = [{"grant": named.grant.id, "as": named.role.value} for named in verdict.grants]
    about = {"invariant": entry.invariant, "meaning": entry.meaning, "key": entry.key}
    return {**about, "regions": regions, "grants": grants}


def _meant(value: Any) -> Any:
    """Builtins of the model without what is not meant, and without what is not given."""
    if isinstance(value, Mapping):
        return {name: _meant(member) for name, member in value.items() if name not in _NOT_MEANT}
    return [_meant(member) for member in value] if isinstance(value, list | tuple) else value


def _sha256(estate: Any) -> str:
    """Of an estate as JSON. One that was changed by hand, or by a merge, may say what no input does."""
    return sha256(json.dumps(estate, sort_keys=True).encode()).hexdigest()


def read_baseline(text: str, name: str) -> Baseline:
    """Reads a baseline. Raises `InputError` for what is none, is of another version of the format, or has an estate
    that is not as it was written."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise _broken(name, "it is not JSON") from None
    if not isinstance(document, dict) or document.get("format") != _FORMAT:
        raise _broken(name, "it is no baseline")
    if document.get("format_version") != _FORMAT_VERSION:
        raise _broken(name, f"it is of another version of the format than {_FORMAT_VERSION}")
    try:
        if document["estate_sha256"] != _sha256(document["estate"]):
            raise _broken(name, "its estate was changed after it was written")
        entries = msgspec.convert(document["entries"], tuple[BaselineEntry, ...])
        return Baseline(entries, msgspec.convert(document["estate"], Estate, dec_hook=decoded))
    except (KeyError, TypeError, msgspec.ValidationError) as error:
        raise _broken(name, f"it is damaged ({error})") from None


def _broken(name: str, why: str) -> InputError:
    return InputError.of(
        f"`{name}` cannot be used as a baseline: {why}", hint="write it anew: verifier check --write-baseline FILE"
    )
