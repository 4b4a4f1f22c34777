"""Files that are no input by themselves.

In: what they hold. Out: errors that say what each looks like. Guarantee: files of which the same is to be said are one
error, however many there are: the folder of a whole repository holds hundreds.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from verifier.inputs.cloudformation.assembly import is_assembly
from verifier.inputs.snapshot.files_inside import inputs_left, left_beside
from verifier.inputs.terraform import may_be_terraform
from verifier.inputs.text.access import describe_node
from verifier.inputs.text.files import OF_CONFIGURATION, OUTPUTS, Files, TemplateOfAnotherTool
from verifier.inputs.text.key_places import OF_CONFIGURATIONS, hidden_keys, key_addresses, places_of_keys, policies_left
from verifier.inputs.text.nodes import Members, Node, Remarks, values_of
from verifier.syntax.diagnostic import Diagnostic
from verifier.syntax.text import counted, first_few


@dataclass(eq=False)
class NoInput:
    """What was met that is no input: JSON and YAML values, and the errors of templates of other tools."""

    values: list[Node] = field(default_factory=list)
    templates: dict[str, Diagnostic] = field(default_factory=dict)
    """The first error of each, by the name of its file."""
    folders: list[Path] = field(default_factory=list)
    """Those that were given."""

    def keep_template(self, name: str, read: Callable[[], None]) -> None:
        """Reads a file of a folder. The error that it is a template of another tool is kept for `check`."""
        try:
            read()
        except TemplateOfAnotherTool as error:
            self.templates[name] = error.diagnostics[0]

    def key_places(self, files: Files) -> str | None:
        """A hint to give the folders in which keys are made, where none was read; `None` where there are none."""
        found = [files.name(place) for folder in self.folders for place in places_of_keys(folder)]
        return f"keys are made in {first_few(found)}: give {'one of these' if found[1:] else 'that'}" if found else None

    def check_keys(self, remarks: Remarks, files: Files) -> None:
        """Records what may make keys in a folder and was not read, for these would pass unseen (S1). Beside JSON and
        YAML files that is an error; beside a configuration, or a plan of it, it is a warning. So is what may be a key
        policy alone, what is hidden, and what lies beside what the manifest of an assembly lists."""
        for folder in self.folders:
            place, read = files.place(folder), files.real_paths()
            if hidden := list(map(files.name, hidden_keys(folder, read))):
                message = f"keys may be described in {first_few(hidden)}, which are hidden and not looked at"
                remarks.warning(place, message, hint="name them beside it", rule="S1")
            if _is_of_configuration(folder, files):
                _check_configuration(remarks, files, folder)
                continue
            hint = "name these as well, or less than this folder"
            if left := list(map(files.name, places_of_keys(folder, read, possible=True))):
                message = f"keys may be made in {first_few(left)}, which are not read with this folder"
                tell = remarks.warning if is_assembly(files, folder) else remarks.error
                tell(place, message, hint=hint, rule="S1")
            elif policies := list(map(files.name, files.not_named(policies_left(folder, read)))):
                message = f"key policies may be in {first_few(policies)}, which are not read with this folder"
                remarks.warning(place, message, hint=hint, rule="S1")
            elif beside := list(map(files.name, files.not_named(left_beside(folder, files)))):
                message = f"{first_few(beside)}, which may be meant as parts of this snapshot, are not read with it"
                remarks.warning(place, message, hint=_PLACES, rule="S1")

    def check(self, remarks: Remarks, files: Files) -> None:
        """Records errors for what is no input, at the first of the files of which the same is to be said."""
        places = self.key_places(files)
        by_hint: dict[str, list[Node]] = {}
        for node in self.values:
            by_hint.setdefault(_hint(node), []).append(node)
        expected = "expected a policy, a snapshot, a plan or a template"
        for own_hint, (first, *others) in by_hint.items():
            own = f"{expected}, found {describe_node(first)} that is none of these"
            message, hint = _of_all(own, own_hint, [node.source.name for node in others], places)
            remarks.error(first, message, hint=hint)
        if self.templates:
            found = next(iter(self.templates.values()))
            message, hint = _of_all(found.message, found.hint or "", [*self.templates][1:], places)
            remarks.errors.append(replace(found, message=message, hint=hint))


def _check_configuration(remarks: Remarks, files: Files, folder: Path) -> None:
    """Warns of what is in the folder of a configuration beside its own files, of which its reader or its plan tells."""
    read = files.real_paths()
    own = {place for place in folder.iterdir() if place.suffix in (".tf", ".tofu")}
    places = [place for place in places_of_keys(folder, read, possible=True) if place not in own]
    left = [*inputs_left(folder, files), *places, *files.not_named(policies_left(folder, read))]
    if left:
        shown = first_few([*dict.fromkeys(map(files.name, left))])
        message = f"beside its .tf files this folder holds inputs that it does not read: {shown}"
        remarks.warning(files.place(folder), message, hint="name them beside it")
    texts = (files.source(path).text for path in folder.iterdir() if os.path.realpath(path) in read)
    plans = [text for text in texts if _PLAN in text]
    addresses = sorted(address for path in own for address in key_addresses(path))
    if plans and (older := [one for one in addresses if not any(f'"{one}"' in text for text in plans)]):
        message = f"the plan does not have {first_few(older)}, which the .tf files beside it make"
        remarks.warning(files.place(folder), message, hint="make the plan again: it may be an older one", rule="S1")


_PLAN = '"configuration"'
"""What a plan has, which lists all resources of its configuration there, and no state has."""


def _is_of_configuration(folder: Path, files: Files) -> bool:
    """True iff a folder was read as a configuration, or as what has a plan of the configuration beside it."""
    read = files.real_paths()
    own = [path for path in folder.iterdir() if os.path.realpath(path) in read]
    planned = any(path.suffix != ".tf" and may_be_terraform(files.source(path).text) for path in own)
    has_configuration = planned and any(path.name.endswith(OF_CONFIGURATIONS) for path in folder.iterdir())
    return has_configuration or any(path.suffix == ".tf" for path in own)


def _of_all(message: str, hint: str, others: list[str], places: str | None) -> tuple[str, str]:
    """The message and the hint about one file, where the same goes for others."""
    if others:
        more = f"the same goes for {counted(len(others), 'more file')} that may be about access ({first_few(others)})"
        message, places = f"{message}; {more}", places or _INSTEAD
    return message, f"{hint}; {places}" if places else hint


_PLACES = "a snapshot has keys/, accounts/, organization/ and vpc-endpoints.json"
_INSTEAD = "name the policies, the templates and the folders of .tf files instead"


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
    if node.source.name.endswith((".tf.json", ".tofu.json")):
        return f"configurations that are written in JSON are not read: {OF_CONFIGURATION}"
    snapshot = "a snapshot `keys`, `accounts`, `organization` or `vpc_endpoints`"
    return f"a policy has `Statement`, {snapshot}, a plan `format_version`, a template `Resources`"
