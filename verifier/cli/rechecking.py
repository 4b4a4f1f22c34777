"""`verifier recheck`: reads the certificate and the input, has each proof checked, says which are accepted.

Guarantee: neither a solver nor an encoder is imported. Nothing is accepted unless the certificate is about this input, all of its
invariants and all of their targets.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from verifier.cli.reading import Asked, Read, read
from verifier.cli.run import emit
from verifier.model.invariant import AnyInvariant, Invariant
from verifier.model.readings import is_reading
from verifier.model.reference import data_version
from verifier.problem.subjects import target_name, targets_of
from verifier.problem.targets import Target
from verifier.recheck.check import check_entry, formula_of
from verifier.recheck.tables import Rejected
from verifier.report.exit_codes import ExitCode
from verifier.syntax.diagnostic import InputError
from verifier.syntax.text import decode_bytes, printable

MOST_BYTES = 1 << 28
FORMAT, FORMAT_VERSION = "kms-verifier/certificate", 1
_MEMBERS = {"inputs": list, "builtins": list, "readings": dict, "proofs": list, "without_proof": list, "data_version": str}

Json = dict[str, Any]
Key = tuple[int, str, str, str]
"""How a verdict is named: the invariant's number (two may be worded alike), name and text, and the target."""


@dataclass(frozen=True)
class _Asked:
    invariant: AnyInvariant
    target: Target


def recheck_command(certificate: Path, asked: Asked) -> int:
    """Says what became of each proof, and returns the exit code. Raises `InputError` for what is no certificate."""
    document = read_certificate(certificate)
    question = read(replace(asked, builtins=asked.builtins or tuple(document["builtins"])))
    asked_about = _questions(question)
    try:
        _about_this(document, question, list(asked_about))
    except Rejected as error:
        emit(f"✘ rejected  {printable(str(error))}\n")
        return ExitCode.REFUTED
    for label, value in document["readings"].items():
        emit(f"the reading {label} is held at {'yes' if value else 'no'}\n")
    failed = sum([_is_rejected(entry, document, question, asked_about) for entry in document["proofs"]])
    for entry in document["without_proof"]:
        emit(f"? no proof  {_shown(entry)}: {printable(str(entry.get('reason')))}\n")
    return _ending(len(document["proofs"]), failed, len(document["without_proof"]))


def _ending(proofs: int, failed: int, lacking: int) -> int:
    emit(f"{proofs - failed} accepted, {failed} rejected, {lacking} without proof\n")
    if failed:
        return ExitCode.REFUTED
    return ExitCode.PROVED if proofs and not lacking else ExitCode.UNKNOWN


def _questions(question: Read) -> dict[Key, _Asked]:
    """Every invariant of the input on each of its targets."""
    found: dict[Key, _Asked] = {}
    for target, numbers in targets_of(question.estate, question.invariants):
        for number in numbers:
            invariant = question.invariants[number]
            found[number, invariant.name, invariant.text, target_name(target)] = _Asked(invariant, target)
    return found


def _about_this(document: Json, question: Read, asked_about: Sequence[Key]) -> None:
    """Raises `Rejected` for a certificate of another input, other invariants or other data."""
    if document["data_version"] != data_version():
        raise Rejected(f"it was made with the reference data {document['data_version']}, and this is {data_version()}")
    given = Counter(digest for _, digest in question.inputs_with(question.estate.inputs))
    certified = Counter(entry["sha256"] for entry in document["inputs"])
    if given != certified:
        changed = [file for file, digest in question.inputs_with(question.estate.inputs) if digest not in certified]
        missing = [entry["file"] for entry in document["inputs"] if entry["sha256"] not in given]
        raise Rejected(f"the input is another one: {', '.join(changed) or 'no file'} in place of {', '.join(missing) or 'no file'}")
    unknown = [label for label in document["readings"] if not is_reading(label)]
    if unknown:
        raise Rejected(f"{unknown[0]} is no reading")
    named = [_key(entry) for entry in (*document["proofs"], *document["without_proof"])]
    if sorted(named) != sorted(asked_about):
        raise Rejected("its verdicts are not about the invariants of the input on their targets, each once")


def _is_rejected(entry: Json, document: Json, question: Read, asked_about: dict[Key, _Asked]) -> bool:
    """Checks one proof, and says what became of it."""
    about = asked_about[_key(entry)]
    try:
        if not isinstance(about.invariant, Invariant):
            raise Rejected("it is about the listed grants, which no proof is about")
        if about.invariant.eventually:
            raise Rejected("it is about what steps lead to, which no proof is about")
        check_entry(entry, formula_of(question.estate, about.target, about.invariant), document["readings"])
    except Rejected as error:
        emit(f"✘ rejected  {_shown(entry)}: {printable(str(error))}\n")
        return True
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError, AssertionError) as error:
        emit(f"✘ rejected  {_shown(entry)}: it is malformed ({type(error).__name__})\n")
        return True
    emit(f"✔ accepted  {_shown(entry)}  ({len(entry['clauses']):,} clauses, {len(entry['proof']):,} steps)\n")
    return False


def _key(entry: Json) -> Key:
    return entry["number"], entry["invariant"], entry["text"], entry["target"]


def _shown(entry: Json) -> str:
    return printable(f"{entry['invariant']}  on {entry['target']}")


# -- reading --


def read_certificate(path: Path) -> Json:
    """A certificate's members, of the right kinds as far as the checks of the whole need them. Raises `InputError`."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputError.of(f"`{path}` is larger than {MOST_BYTES >> 20} MiB")
        document = json.loads(decode_bytes(path.read_bytes(), str(path)))
    except OSError as error:
        raise InputError.of(f"cannot read `{path}`: {(error.strerror or str(error)).lower()}") from None
    except RecursionError:
        raise InputError.of(f"`{path}` is no certificate: it is nested too deeply") from None
    except ValueError as error:
        raise InputError.of(f"`{path}` is no certificate: not JSON: {error}") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise InputError.of(f"`{path}` is no certificate", hint="`verifier prove --certificate FILE` writes one")
    if document.get("format_version") != FORMAT_VERSION:
        raise InputError.of(f"`{path}` is a certificate of another version of the format: {document.get('format_version')!r}")
    if not _well_formed(document):
        raise InputError.of(f"`{path}` is no certificate: a member is missing or of the wrong kind")
    return document


def _well_formed(document: Json) -> bool:
    if not all(isinstance(document.get(name), kind) for name, kind in _MEMBERS.items()):
        return False
    entries = (*document["proofs"], *document["without_proof"])
    return (
        all(_has_texts(entry, "invariant", "text", "target") and isinstance(entry.get("number"), int) for entry in entries)
        and all(_has_texts(entry, "file", "sha256") for entry in document["inputs"])
        and all(isinstance(name, str) for name in document["builtins"])
        and all(isinstance(value, bool) for value in document["readings"].values())
    )


def _has_texts(entry: object, *names: str) -> bool:
    return isinstance(entry, dict) and all(isinstance(entry.get(name), str) for name in names)
