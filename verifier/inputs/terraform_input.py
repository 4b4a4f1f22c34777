"""Terraform plans, states and folders of `.tf` files, as they are met among the paths of an input.

In: a path. Out: what it tells is among the parts. Guarantee: as of the room.
"""

from __future__ import annotations

from pathlib import Path

from verifier.frozen import Frozen
from verifier.inputs.snapshot.parts import Parts
from verifier.inputs.supplied import Supplied
from verifier.inputs.terraform import is_terraform
from verifier.inputs.terraform.folder import read_folder
from verifier.inputs.terraform.json_text import errors_in, read_json_text
from verifier.inputs.terraform.plan import read_plan
from verifier.inputs.terraform.reading import add_plan
from verifier.inputs.terraform.sources import read_sources
from verifier.inputs.text.files import Files
from verifier.inputs.text.nodes import Remarks
from verifier.syntax.diagnostic import InputError


class TerraformReader(Frozen):
    """Reads from `files` into `parts`."""

    remarks: Remarks
    files: Files
    parts: Parts

    def add_plan(self, path: Path, supplied: Supplied, *, before: bool | None = None) -> bool:
        """True iff the file is output of `terraform show -json`. With `before` it must be a plan; one side is added."""
        source = self.files.source(path)
        hint = "give the output of `terraform show -json PLAN`"
        with errors_in(source.name):
            data = read_json_text(source.name, source.text)
            if not is_terraform(data):
                if before is not None:
                    raise InputError.of("this is no Terraform plan", hint=hint)
                return False
            plan = read_plan(self.files.name(path), data)
            read_sources(self.remarks, self.files, path, plan)
            if before is not None and not plan.is_plan:
                raise InputError.of("this is a Terraform state, not a plan", hint=hint)
            add_plan(self.remarks, self.parts, plan.side(before=bool(before)), supplied, source.text)
        return True

    def add_folder(self, path: Path, supplied: Supplied) -> None:
        """Adds a folder of `.tf` files without a plan."""
        with errors_in(self.files.name(path)):
            plan, text = read_folder(self.remarks, self.files, self.parts, path, supplied)
            add_plan(self.remarks, self.parts, plan, supplied, text)
