"""Our reading of HCL, held against the real Terraform.

In: a seed and a number. Out: sentences about what does not agree; how often how much was known.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from tests.inputs.console import FAILED, UNKNOWN, real_plan, real_values
from tests.inputs.hcl_expressions import KNOWN, TEMPLATES, UNTOLD, Expressions, substitution
from tests.inputs.hcl_laws import our_value, shown, stands_for, tells
from tests.inputs.hcl_modules import Folder, folder_outputs, our_outputs

BATCH = 500
"""Expressions in one run of Terraform."""
SUBSTITUTIONS = 3
"""Values that are tried for each of those that the evaluator is not told."""


def expressions(seed: int, count: int, counts: Counter[str]) -> Iterator[str]:
    """Asks about random expressions; each with several values for what the evaluator is not told."""
    random = Random(seed)
    texts = [Expressions(random).text() for _ in range(count)]
    for start in range(0, count, BATCH):
        batch = texts[start : start + BATCH]
        ours = [our_value(text, {**KNOWN, **TEMPLATES}, frozenset(UNTOLD)) for text in batch]
        counts.update(tells(node) for node in ours)
        for _ in range(SUBSTITUTIONS):
            names = substitution(random)
            with TemporaryDirectory() as folder:
                found = real_values(Path(folder), batch, {**KNOWN, **TEMPLATES, **names})
            for text, node, real in zip(batch, ours, found, strict=True):
                counts["values of Terraform"] += real is not FAILED and real is not UNKNOWN
                if real is not UNKNOWN and not stands_for(node, real):
                    yield (
                        f"{text}\n  is {shown(node)}\n  Terraform: "
                        f"{'fails' if real is FAILED else json.dumps(real)} where {names}"
                    )


def folders(seed: int, count: int, counts: Counter[str]) -> Iterator[str]:
    """Asks about the outputs of random folders with variables, a module and override files."""
    for number in range(seed, seed + count):
        made = Folder(Random(number))
        with TemporaryDirectory() as name:
            made.write(Path(name))
            plan = real_plan(Path(name))
            (Path(name) / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
            by_folder, found = folder_outputs(Path(name)), our_outputs(Path(name) / "plan.json")
        outputs = plan["planned_values"].get("outputs", {})
        for output, node in (*found.items(), *by_folder.items()):
            counts[tells(node)] += 1
            real = outputs.get(output, {}).get("value")
            if not stands_for(node, real):
                files = "\n".join(f"-- {file}\n{text}" for file, text in made.files.items())
                yield f"folder {number}, output {output}\n  is {shown(node)}\n  Terraform: {json.dumps(real)}\n{files}"
