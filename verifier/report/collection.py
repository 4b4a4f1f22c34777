"""A collection → text, JSON.

In: a `Collection`. Out: strings. Guarantee: what was not read is named with the call, why it failed and what follows;
everything is escaped.
"""

from __future__ import annotations

from verifier.model.results.collection import Collection, NotRead, SnapshotPart
from verifier.report.exit_codes import ExitCode
from verifier.report.wire.values import Json, Shapes, heading, json_shape, wire
from verifier.syntax.text import counted, first_few, printable


def collection_exit_code(collection: Collection) -> ExitCode:
    """0 everything was read, 3 something was not."""
    return ExitCode.UNKNOWN if collection.not_read else ExitCode.PROVED


def collection_to_json(collection: Collection) -> Json:
    return {**heading("collection-report"), **wire(collection, _SHAPES)}


_SHAPES: Shapes = {
    Collection: json_shape(
        "folder accounts regions keys organization steps not_read exit_code",
        steps=lambda collection: {"all": collection.steps, "of_earlier_runs": collection.reused},
        exit_code=lambda collection: int(collection_exit_code(collection)),
    ),
    NotRead: json_shape("part=part.label account region key operation code consequence=part.consequence"),
}


def render_collection(collection: Collection) -> str:
    """The collection in a few lines; each part that was not read with what follows."""
    what = f"{counted(collection.keys, 'key')} of {', '.join(collection.accounts)} in {', '.join(collection.regions)}"
    reused = f", {collection.reused} of {collection.steps} steps from an earlier run" if collection.reused else ""
    lines = [f"{printable(collection.folder)}: {what}{reused}"]
    lines.append(f"organization {collection.organization}" if collection.organization else "no organization was read")
    for part in SnapshotPart:
        entries = [entry for entry in collection.not_read if entry.part is part]
        if entries:
            lines += _not_read(part, entries)
    count = len(collection.not_read)
    left = f"{count} not read: unknown, not empty; run the same command again to try them again"
    lines.append(left if count else "everything was read")
    return "".join(printable(line) + "\n" for line in lines)


def _not_read(part: SnapshotPart, entries: list[NotRead]) -> list[str]:
    by_reason: dict[str, list[str]] = {}
    for entry in entries:
        by_reason.setdefault(entry.reason, []).append(entry.place)
    lines = [f"    {reason}  {first_few(places)}" for reason, places in by_reason.items()]
    return [f"not read  {part.label}", *lines, f"    so {part.consequence}"]
