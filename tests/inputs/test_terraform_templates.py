"""Templates at their edges, held against the real Terraform: what is not read as it reads them is not known."""

from __future__ import annotations

from pathlib import Path

from tests.inputs.console import needs_terraform, real_plan
from tests.inputs.hcl_laws import stands_for
from tests.inputs.hcl_modules import folder_outputs

IN_FILES = {
    "a carriage return hides what is behind it": "a\r${x}b",
    "and a directive": "a\r%{ if true }b%{ endif }",
    "and all that follows": "a\r\r\n%{ if true }b%{ endif }\r\n${x}",
    "and an escape": "a\r$${x}",
    "a brace in a comment": "${ x # }\n }b",
    "in a comment of the other kind": "${ x // }\n }b",
    "in a comment after a text": '${ "${x}" # "}\n }b',
    "in a comment after a directive": "%{ if true # }\n }b%{ endif }",
}
ALONE = {"a truth": "true", "null": "null", "a list": '["a"]', "a text": '"a"'}
"""Of a file that is one interpolation."""
HEREDOCS = {
    "no blank of Go's": "<<-EOT\n\x1c\x1ca\n  b\n  EOT\n",
    "a line of it": "<<-EOT\n  \x1c\n    b\n  EOT\n",
    "an expression of several lines": '<<-EOT\n      a${join(",", [\n  "x",\n ])}\n      b\n  EOT\n',
    "a comment": "<<EOT\n${ 1 # }\n }b\nEOT\n",
}


@needs_terraform
def test_edges_of_templates(tmp_path: Path) -> None:
    values = list(HEREDOCS.values())
    for text in IN_FILES.values():
        (tmp_path / f"{len(values)}.tpl").write_bytes(text.encode())
        values.append(f'templatefile("{len(values)}.tpl", {{ x = "1" }})')
    (tmp_path / "alone.tpl").write_text("${x}", encoding="utf-8")
    for given in ALONE.values():
        called = f'templatefile("alone.tpl", {{ x = {given} }})'
        values += [called, f"try({called}, 1)", f'{called} == "true"']
    outputs = [f'output "o{number}" {{\n  value = {value}\n}}\n' for number, value in enumerate(values)]
    (tmp_path / "main.tf").write_text("".join(outputs), encoding="utf-8")
    theirs = real_plan(tmp_path)["planned_values"]["outputs"]
    found = folder_outputs(tmp_path)
    wrong = [
        values[int(name[1:])] for name, node in found.items() if not stands_for(node, theirs.get(name, {}).get("value"))
    ]
    assert len(found) == len(values) and wrong == []
