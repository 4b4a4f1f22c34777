"""`verifier recheck`: reads the certificate and the input, has each proof checked, and tells which are accepted.

Guarantee: neither a solver nor an encoder is imported. The question is the caller's: the invariants and the readings
that the command line gives, or that are the default, on all of their targets. The certificate has no part in choosing
it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from verifier.cli.run import ProgressLine
from verifier.frozen import Frozen
from verifier.invariant_files import files_of_question
from verifier.model.estate import Estate
from verifier.model.invariant import Invariant
from verifier.model.invariant_file import AnyInvariant
from verifier.model.readings import READINGS
from verifier.model.reference import data_version
from verifier.model.results.rechecked import Checked, ProofOutcome, Recheck
from verifier.model.results.verdict import Assumption
from verifier.problem.semantics.targets import Target
from verifier.problem.subjects import target_name, targets_of
from verifier.question import QuestionOptions, read_question
from verifier.recheck.check import check_entry, formula_of
from verifier.recheck.eventually import check_eventual
from verifier.recheck.tables import Rejected
from verifier.syntax.diagnostic import InputError
from verifier.syntax.text import counted, decode_bytes

_MOST_BYTES = 1 << 28
_FORMAT, _FORMAT_VERSION = "kms-verifier/certificate", 4
_MEMBERS = {"inputs": list, "readings": dict, "proofs": list, "without_proof": list, "data_version": str}

_Json = dict[str, Any]


class _Question(Frozen):
    """One invariant on one of its targets."""

    invariant: AnyInvariant
    target: Target

    def is_named_by(self, entry: _Json) -> bool:
        """True iff an entry says that it is about this question; whether it is, its check shows."""
        named = entry["invariant"], entry["text"], entry["target"]
        return named == (self.invariant.name, self.invariant.text, target_name(self.target))


def rechecked(
    certificate: Path, options: QuestionOptions, held: Mapping[str, bool], progress: ProgressLine | None = None
) -> Recheck:
    """What becomes of each question. `held` are the readings that the caller holds.

    Raises `InputError` for what is no certificate, and where there is no question (S3).
    """
    document = read_certificate(certificate)
    question = read_question(options, files_of_question)
    readings, estate = tuple(document["readings"].items()), question.estate
    assumptions = tuple(Assumption("S4", sentence) for sentence in estate.concluded)
    found = Recheck((), readings, assumptions, 0, question.inputs_with(estate.inputs), data_version())
    try:
        _check_input(document, estate)
    except Rejected as error:
        return replace(found, refused=str(error))
    supposed = [f"{label}={'yes' if value else 'no'}" for label, value in readings if held.get(label) != value]
    targets = targets_of(estate, question.invariants)
    questions = [_Question(question.invariants[number], target) for target, numbers in targets for number in numbers]
    checked: list[Checked] = []
    for number, one in enumerate(questions):
        if progress is not None:
            progress(number, len(questions), one.invariant.name)
        outcome, says = _outcome(one, document, estate, supposed)
        checked.append(Checked(one.invariant.name, target_name(one.target), outcome, says))
    others = sum(not any(one.is_named_by(entry) for one in questions) for entry in document["proofs"])
    return replace(found, checked=tuple(checked), others=others)


def _check_input(document: _Json, estate: Estate) -> None:
    """Raises `Rejected` for a certificate of another input or other data, and for one that holds what is no reading."""
    if document["data_version"] != data_version():
        raise Rejected(f"it was made with the reference data {document['data_version']}, and this is {data_version()}")
    given = Counter(digest for _, digest in estate.inputs)
    certified = Counter(entry["sha256"] for entry in document["inputs"])
    if given != certified:
        changed = [file for file, digest in estate.inputs if digest not in certified]
        missing = [entry["file"] for entry in document["inputs"] if entry["sha256"] not in given]
        raise Rejected(
            f"the input is another one: {', '.join(changed) or 'no file'} in place of {', '.join(missing) or 'no file'}"
        )
    unknown = [label for label in document["readings"] if label not in READINGS]
    if unknown:
        raise Rejected(f"{unknown[0]} is no reading")


def _outcome(question: _Question, document: _Json, estate: Estate, supposed: list[str]) -> tuple[ProofOutcome, str]:
    """What comes of a proof of one question, and why. `supposed`: readings that the proofs alone hold."""
    entries = [entry for entry in document["proofs"] if question.is_named_by(entry)]
    if not entries:
        reasons = [entry.get("reason") for entry in document["without_proof"] if question.is_named_by(entry)]
        says = f"the certificate says: {reasons[0]}" if reasons else "the certificate does not cover it"
        return ProofOutcome.NO_PROOF, says
    for entry in entries:  # several, where invariants are worded alike
        why = _why_rejected(entry, question, document, estate)
        if why is None:
            break
    else:
        return ProofOutcome.REJECTED, str(why)
    if supposed:
        return ProofOutcome.NO_PROOF, f"the certificate covers it only where {', '.join(supposed)}"
    return ProofOutcome.ACCEPTED, _size(entry)


def _size(entry: _Json) -> str:
    """How much was checked, of an entry that was accepted."""
    if "facts" not in entry:
        return f"{counted(len(entry['clauses']), 'clause')}, {counted(len(entry['proof']), 'step')}"
    facts, queries = len(entry["facts"]), len(entry["queries"])
    return f"a set of {counted(facts, 'fact')} that no step leaves, {counted(queries, 'query', 'queries')}"


def _why_rejected(entry: _Json, question: _Question, document: _Json, estate: Estate) -> str | None:
    """Why an entry does not prove that the invariant holds of the target; `None` where it does."""
    if not isinstance(question.invariant, Invariant):
        return "it is about the listed grants, which no proof is about"
    about = estate, question.target, question.invariant
    try:
        if question.invariant.eventually:
            check_eventual(entry, *about, document["readings"])
        else:
            check_entry(entry, formula_of(*about), document["readings"])
    except Rejected as error:
        return str(error)
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError, AssertionError) as error:
        return f"it is malformed ({type(error).__name__})"
    return None


# -- reading --


def read_certificate(path: Path) -> _Json:
    """A certificate's members, of the right kinds as far as the checks of the whole need them. Raises `InputError`."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise InputError.of(f"`{path}` is larger than {_MOST_BYTES >> 20} MiB")
        document = json.loads(decode_bytes(path.read_bytes(), str(path)))
    except OSError as error:
        raise InputError.of(f"cannot read `{path}`: {(error.strerror or str(error)).lower()}") from None
    except RecursionError:
        raise InputError.of(f"`{path}` is no certificate: it is nested too deeply") from None
    except ValueError as error:
        raise InputError.of(f"`{path}` is no certificate: not JSON: {error}") from None
    if not isinstance(document, dict) or document.get("format") != _FORMAT:
        raise InputError.of(f"`{path}` is no certificate", hint="`verifier prove --certificate FILE` writes one")
    if document.get("format_version") != _FORMAT_VERSION:
        raise InputError.of(
            f"`{path}` is a certificate of another version of the format: {document.get('format_version')!r}"
        )
    if not _well_formed(document):
        raise InputError.of(f"`{path}` is no certificate: a member is missing or of the wrong kind")
    return document


def _well_formed(document: _Json) -> bool:
    if not all(isinstance(document.get(name), kind) for name, kind in _MEMBERS.items()):
        return False
    entries = (*document["proofs"], *document["without_proof"])
    return (
        all(_has_texts(entry, "invariant", "text", "target") for entry in entries)
        and all(_has_texts(entry, "file", "sha256") for entry in document["inputs"])
        and all(isinstance(value, bool) for value in document["readings"].values())
    )


def _has_texts(entry: object, *names: str) -> bool:
    return isinstance(entry, dict) and all(isinstance(entry.get(name), str) for name in names)
