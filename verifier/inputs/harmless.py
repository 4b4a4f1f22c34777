"""What the user says changes nobody's access, of what is not read.

In: resources that are not read, and patterns of their addresses (`--harmless`). Out: those that may still change
something. Guarantee: what is left out is among what every verdict supposes, by its address; nothing that is read is
left out (S4).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from verifier.inputs.resource_types import UnknownResource
from verifier.inputs.text.nodes import Remarks
from verifier.syntax.diagnostic import Diagnostic, Severity
from verifier.syntax.text import first_few, printable


def without_harmless(
    remarks: Remarks, resources: Iterable[UnknownResource], patterns: Sequence[str], *, of_two_versions: bool
) -> list[UnknownResource]:
    """The resources whose addresses no pattern matches; `remarks` has a sentence for the others, and a warning for a
    pattern that matches none, which in one `of_two_versions` may be meant for the other."""
    named = {pattern: re.compile(_expression(pattern)) for pattern in patterns}
    left, matched = list[UnknownResource](), dict[str, list[str]]()
    for resource in resources:
        by = next((pattern for pattern, form in named.items() if form.fullmatch(resource.address)), None)
        if by is None:
            left.append(resource)
        else:
            matched.setdefault(by, []).append(resource.address)
    for pattern in patterns:
        option = f"`--harmless {printable(pattern)}`"
        if pattern in matched:
            found = dict.fromkeys(matched[pattern])
            which = f"{len(found)} of them, {first_few([*found])}" if len(found) > 1 else first_few([*found])
            sentence = f"nothing that {option} names changes anybody's access to a key, though it is not read"
            remarks.concluded[printable(f"{sentence} ({which})")] = None
        elif not of_two_versions:
            hint = "it takes the address of what a verdict says is not read; `*` is any text"
            remarks.warnings.append(Diagnostic(Severity.WARNING, f"{option} matches nothing", hint=hint))
    return left


def _expression(pattern: str) -> str:
    """The regular expression of a pattern: `*` is any text, all else is itself (addresses have brackets)."""
    return ".*".join(map(re.escape, pattern.split("*")))
