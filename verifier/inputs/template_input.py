"""Templates, as they are met among the paths of an input.

In: a path. Out: what it tells is among the parts. Guarantee: as of the room.
"""

from __future__ import annotations

from pathlib import Path

from verifier.frozen import Frozen
from verifier.inputs.cloudformation.nested import read_stack
from verifier.inputs.cloudformation.reading import add_templates
from verifier.inputs.cloudformation.side import TemplateSide
from verifier.inputs.snapshot.parts import Parts
from verifier.inputs.supplied import Supplied
from verifier.inputs.text.files import Files
from verifier.inputs.text.nodes import Remarks


class TemplateReader(Frozen):
    """Reads from `files` into `templates`, and these, together, into `parts`."""

    remarks: Remarks
    files: Files
    parts: Parts
    templates: list[TemplateSide]

    def add(self, path: Path, supplied: Supplied, assembly: Path | None) -> None:
        """Adds a template; of one in the folder of an `assembly` also those of its nested stacks."""
        seen = {template.file for template in self.templates}
        self.templates.extend(read_stack(self.remarks, self.parts, self.files, path, supplied, assembly, seen))

    def read(self) -> None:
        """Reads all templates that were added."""
        add_templates(self.remarks, self.parts, self.templates)
