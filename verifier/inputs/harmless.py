"""What is not read, but for what the user says is harmless (`--harmless`).

In: an estate, the resources that are not read, and patterns of the addresses or logical IDs of some that change
nobody's access to a key. Out: the estate with what all others could change. Guarantee: each verdict supposes what the
user says, and says so; nothing that is read is left out (U3).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from verifier.inputs.resource_types import with_unknown
from verifier.inputs.snapshot.parts import Parts
from verifier.inputs.text.definitions import Definitions
from verifier.model.estate import Estate
from verifier.syntax.diagnostic import Diagnostic, Severity
from verifier.syntax.text import first_few, printable


def with_harmful(
    estate: Estate, definitions: Definitions, parts: Parts, patterns: Sequence[str], *, of_two_versions: bool
) -> Estate:
    """The estate with what the resources could change that no pattern matches, a sentence for the others, and a warning
    for a pattern that matches none; in one `of_two_versions` it may be meant for the other."""
    harmful, found = [], dict[str, dict[str, None]]()
    for resource in parts.unknown:
        meant = () if resource.is_read else patterns
        names = [resource.address, *filter(None, [resource.logical_id])]
        by = next((pattern for pattern in meant if any(_matches(name, pattern) for name in names)), None)
        if by is None:
            harmful.append(resource)
        else:
            found.setdefault(by, {})[resource.address] = None
    idle = () if of_two_versions else [pattern for pattern in dict.fromkeys(patterns) if pattern not in found]
    estate = replace(
        estate,
        concluded=(*estate.concluded, *(_sentence(pattern, [*which]) for pattern, which in found.items())),
        warnings=(*estate.warnings, *map(_warning, idle)),
    )
    return with_unknown(estate, definitions, harmful, parts.remade)


def _sentence(pattern: str, addresses: Sequence[str]) -> str:
    which = (f"{len(addresses)} of them, " if len(addresses) > 1 else "") + first_few(addresses)
    said = f"nothing that `--harmless {pattern}` names changes anybody's access to a key, though it is not read"
    return printable(f"{said} ({which})")


def _warning(pattern: str) -> Diagnostic:
    hint = "it takes the address or logical ID of what a verdict says is not read; `*` is any text"
    return Diagnostic(Severity.WARNING, printable(f"`--harmless {pattern}` matches nothing"), hint=hint)


def _matches(address: str, pattern: str) -> bool:
    """True iff a pattern names an address: `*` is any text, all else is itself (addresses have brackets)."""
    return fnmatchcase(address, pattern.replace("[", "[[]").replace("?", "[?]"))
