"""JSON and YAML files that are no input by themselves.

In: what they hold. Out: errors that say what each looks like. Guarantee: files of which the same is to be said are one
error, however many there are: the folder of a whole repository holds hundreds.
"""

from __future__ import annotations

from collections.abc import Sequence

from verifier.inputs.text.access import describe
from verifier.inputs.text.files import OUTPUTS
from verifier.inputs.text.nodes import Members, Node, Remarks, values_of
from verifier.syntax.text import counted, first_few


def check_inputs(remarks: Remarks, others: Sequence[Node]) -> None:
    """Records errors for what is no input, at the first of the files of which the same is to be said."""
    by_hint: dict[str, list[Node]] = {}
    for node in others:
        by_hint.setdefault(_hint(node), []).append(node)
    for hint, (first, *more) in by_hint.items():
        message = f"expected a policy, a snapshot, a plan or a template, found {describe(first)} that is none of these"
        if more:
            named = first_few([node.source.name for node in more])
            message += f"; the same goes for {counted(len(more), 'more file')} that may be about access ({named})"
            hint += "; name the policies and templates instead, or their folders"
        remarks.error(first, message, hint=hint)


def _hint(node: Node) -> str:
    """What to do with a JSON or YAML value that is no input by itself."""
    found = [OUTPUTS[key.text] for key, _ in node.pairs if key.text in OUTPUTS] if isinstance(node, Members) else []
    if found:
        return f"this looks like the output of `{found[0][0]}`, which is {found[0][1]} in the folder of a snapshot"
    first = next(iter(values_of(node)), node)
    if isinstance(first, Members) and (first.has("ParameterKey") or first.has("Parameters")):
        return "this looks like the parameters of a stack: give them with --parameters FILE, beside the template"
    if isinstance(first, Members) and first.has("Effect"):
        return "this looks like a statement: a policy has it in `Statement`"
    if isinstance(node, Members) and node.has("TemplateBody"):
        output = "this looks like the output of `aws cloudformation get-template`"
        return f"{output}: give the template alone (`--query TemplateBody`, of YAML `--output text`)"
    if isinstance(node, Members) and node.has("service") and node.has("provider"):
        template = "`serverless package` writes its template, .serverless/cloudformation-template-update-stack.json"
        return f"this looks like a file of the Serverless Framework: {template}"
    snapshot = "a snapshot `keys`, `accounts`, `organization` or `vpc_endpoints`"
    return f"a policy has `Statement`, {snapshot}, a plan `format_version`, a template `Resources`"
