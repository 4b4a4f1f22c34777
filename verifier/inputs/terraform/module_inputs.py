"""What the modules of a folder are given: values of variables, and provider configurations.

In: the modules, as the `.tf` files have them; files of variables, and what the user supplies. Out: values; provider
configurations by keys.
Guarantee: a value is that of the last source that gives one, by Terraform's order; which provider configuration a
resource has is followed through `providers = {…}`, or is none.
[Terraform language: Variable Definition Precedence; Providers Within Modules]
"""

from __future__ import annotations

import re
from collections.abc import Collection, Container, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain
from pathlib import Path

from verifier.inputs.resources.resource import Json
from verifier.inputs.terraform import hcl_kinds as kinds
from verifier.inputs.terraform.configuration import HclBlock, HclValue, Module, Provider, Written
from verifier.inputs.terraform.hcl_evaluator import Evaluator
from verifier.inputs.terraform.hcl_tree import (
    Tree,
    attributes_in,
    blocks_in,
    literal_of,
    parse_body,
    parse_expression,
    traversal,
    tree_parts,
    tree_rule,
    unwrapped,
    word_of,
)
from verifier.inputs.terraform.json_text import errors_in, mapping, read_json_text
from verifier.inputs.terraform.plan_values import ModuleName, node_of, only_instance
from verifier.inputs.terraform.resolver import DEEPEST_EXPRESSION, STEPS
from verifier.inputs.terraform.sources import Folders, attributes_of
from verifier.inputs.text.files import held
from verifier.inputs.text.nodes import Node, Scalar, member
from verifier.inputs.text.unknown import OpenReference, UnknownNode
from verifier.model.unmodelled import Influence, Unmodelled
from verifier.syntax.diagnostic import Diagnostic, InputError
from verifier.syntax.source import Source
from verifier.syntax.text import printable

_Modules = Mapping[ModuleName, Module]
_TERRAGRUNT = ("terragrunt.hcl", "terragrunt.hcl.json")
_OUTSIDE = re.compile(r"\b(?:include|dependency|extra_arguments|for)\b|\(")
"""What a file of Terragrunt takes values or names from that it does not write out: other files, outputs, functions."""
_VALUES = (".tfvars", ".tfvars.json", *_TERRAGRUNT)
"""How files end that have values of variables. [Terraform language: Variable Definition Precedence; Terragrunt:
inputs]"""


def variable_values(
    sources: Folders,
    folder: Path,
    declared: Mapping[str, HclBlock],
    more: Iterable[str],
    supplied: Mapping[str, str],
) -> Json:
    """The values of the variables of a folder, as a plan has them; `more` are other names that may be supplied: of
    variables that are declared elsewhere, and of what depends on the run. Raises `InputError`."""
    found = dict[str, Node]()
    automatic = [path for path in folder.iterdir() if path.name.endswith((".auto.tfvars", ".auto.tfvars.json"))]
    named = [folder / f"terraform.tfvars{end}" for end in ("", ".json")]
    for path in (*(path for path in named if path.exists()), *sorted(automatic, key=lambda path: path.name)):
        source = sources.source(path)
        if source is not None and path.suffix == ".json":
            with errors_in(source.name):
                values = mapping(read_json_text(source.name, source.text), "this file")
            found |= {name: node_of(Source(source.name, ""), value) for name, value in values.items()}
            continue
        read = None if source is None else sources.file(path)
        if read is None:
            raise InputError.of(
                f"{sources.read.name(path)} is not read: it is too large, leads out of the folder, or is no HCL",
                hint="decrypt it, or give a plan: its values are in that",
            )
        given = {name: expression.written for name, expression in attributes_of(*read).items()}
        found |= {name: _constant(written, f"var.{name}") for name, written in given.items() if written is not None}
    found = {name: node for name, node in found.items() if name in declared}
    _check_run(supplied)
    expected = {**dict.fromkeys(more, HclBlock()), **declared}
    found |= {name: _supplied(name, expected[name], supplied[name]) for name in expected.keys() & supplied.keys()}
    of_terragrunt = files_of_terragrunt(sources, folder)
    wrapping = "".join(file.text for file in of_terragrunt)
    by_terragrunt = [name for name in _set_by_terragrunt(wrapping, declared) if name not in found]
    without = [
        name
        for name, block in declared.items()
        if name in by_terragrunt or (name not in found and "default" not in block.attributes)
    ]
    # A command may name other files of values, which are not read.
    files = [path for path in sorted(folder.rglob("*")) if path.name.endswith(_VALUES)] if without else []
    others = [(str(path.relative_to(folder)), held(path)) for path in files if not sources.read.was_read(path)]
    others += [(_TERRAGRUNT[0], wrapping)] if wrapping else []
    for name in without:
        sources.remarks.definitions.define(f"var.{name}", others)
        if _OUTSIDE.search(wrapping):
            sources.remarks.definitions.define(f"var.{name}", sources.content_of_repository)
    for name in by_terragrunt:
        why = f"var.{name} ({_TERRAGRUNT[0]} may set it: give --parameter {name}=…)"
        found[name] = OpenReference(Node(of_terragrunt[0], 0, 0), [why])
    return {name: {"value": node} for name, node in found.items()}


def files_of_terragrunt(sources: Folders, folder: Path) -> tuple[Source, ...]:
    """What configures Terragrunt for a folder."""
    paths = (folder / name for name in _TERRAGRUNT if (folder / name).exists())
    return tuple(sources.source(path) or Source(sources.read.name(path), "include") for path in paths)


def _set_by_terragrunt(text: str, declared: Iterable[str]) -> list[str]:
    """The variables that files of Terragrunt may set: those that they name; any of them, where they take something from
    elsewhere, or do not write out their `inputs`. [Terragrunt: inputs]"""
    is_whole = "inputs" not in text or re.search(r'^\s*"?inputs"?\s*[=:]\s*\{', text, re.MULTILINE)
    is_any = _OUTSIDE.search(text) or not is_whole
    return [name for name in declared if text and (is_any or re.search(rf"\b{re.escape(name)}\b", text))]


def not_generated(files: Iterable[Source]) -> Iterator[Unmodelled]:
    """What Terragrunt puts beside the files of the folder, and may hold resources. [Terragrunt: generate]"""
    for file in filter(_puts_files, files):
        description = printable(f"{file.name} has files put beside these, which are not read")
        yield Unmodelled(printable(f"put by {file.name}"), "U3", Influence.EITHER, description)


def _puts_files(file: Source) -> bool:
    """True iff a file of Terragrunt names a module, or may write out resources."""
    writes = re.search(r"\bgenerate\b", file.text) and re.search(r"\b(resource|module)\b", file.text)
    body = parse_body(file.text)
    if body is None:
        return bool(writes) or "source" in file.text
    blocks = (attributes_in(inner) for kind, _, inner, _ in blocks_in(body) if kind == "terraform")
    return bool(writes) or any(name == "source" for attributes in blocks for name, _ in attributes)


def undeclared(sources: Folders, folder: Path, declared: Container[str]) -> list[str]:
    """Variables used and not declared: a tool may write the file that does. [Terragrunt: generate]"""
    texts = (source.text for path, source in sources.sources.items() if source is not None and path.parent == folder)
    names = chain.from_iterable(re.findall(r"\bvar\.([\w-]+)", text) for text in texts)
    return [name for name in dict.fromkeys(names) if name not in declared]


def hinting_at_defaults(modules: _Modules, given: Collection[str], error: Diagnostic) -> Diagnostic:
    """An error of which a hint names the variables of the folder that its line depends on, by local values and calls of
    modules, and that have their defaults, if it has no hint: another value may mend it."""
    here = Path(error.span.file).parent if error.span is not None else None
    found: dict[tuple[ModuleName, str], None] = {}
    for name, module in modules.items():
        if here is not None and here in _folders(module.files):
            _add_names(modules, name, error.line_text or "", found)
    declared = modules[()].files.variables
    by_default = [
        name.removeprefix("var.")
        for module, name in found
        if not module and name.startswith("var.") and name[4:] in declared and name[4:] not in given
    ]
    if error.hint is not None or not by_default:
        return error
    which = "default of var." if len(by_default) == 1 else "defaults of var."
    given_by = " ".join(f"--parameter {name}=…" for name in by_default)
    return replace(error, hint=f"by the {which}{', var.'.join(by_default)}; {given_by} gives another value")


def _folders(module: Module) -> set[Path]:
    """The folders of the files of a module."""
    blocks = chain(module.resources.values(), module.variables.values(), module.calls.values())
    sources = chain(
        (block.place.source for block in blocks if block.place), (one.source for one in module.locals.values())
    )
    return {Path(source.name).parent for source in sources}


def _add_names(modules: _Modules, module: ModuleName, text: str, found: dict[tuple[ModuleName, str], None]) -> None:
    """Adds the variables and local values that a text in a module depends on, each with its module."""
    left = [(module, text)]
    while left:
        module, text = left.pop()
        for name in re.findall(r"\b(?:var|local)\.[\w-]+", text):
            if (module, name) in found:
                continue
            found[module, name] = None
            kind, _, own = name.partition(".")
            of_call = kind == "var" and module
            call = modules[module[:-1]].files.calls.get(module[-1]) if of_call else None
            local = modules[module].files.locals.get(own) if kind == "local" else None
            written = local if call is None else call.written(own)
            if written is not None:
                left.append((module if call is None else module[:-1], written.text))


def _check_run(supplied: Mapping[str, str]) -> None:
    """Raises `InputError` for a workspace or folder that there cannot be."""
    if not supplied.get("terraform.workspace", "default"):
        raise InputError.of("--parameter terraform.workspace: a workspace has a name")
    if not Path(supplied.get("path.cwd", "/")).is_absolute():
        raise InputError.of("--parameter path.cwd: expected an absolute path")


def _supplied(name: str, block: HclBlock, text: str) -> Node:
    """A value on the command line: a text, or for a variable of another type than a text an expression."""
    type_, source = block.written("type"), Source(f"--parameter {name}", f"x = {text}\n")
    if type_ is None or word_of(type_.tree) == "string":
        return kinds.text_value(Node(source, 0, 0), text)
    tree = parse_expression(text)
    if tree is None:
        raise InputError.of(f"--parameter {name}: this is no expression of HCL")
    return _constant(Written(tree, source), f"var.{name}")


def declared(block: HclBlock, name: str) -> HclBlock:
    """The block of a variable with its default as a constant."""
    written = block.written("default")
    if written is None:
        return HclBlock()
    return HclBlock({"default": HclValue(is_constant=True, constant=_constant(written, name))})


def _constant(written: Written, name: str) -> Node:
    """The value of an expression that refers to nothing."""
    steps, nothing = iter(range(STEPS)), UnknownNode(Node(written.source, 0, 0), [name])

    def allows(_: int, depth: int) -> bool:
        return depth < DEEPEST_EXPRESSION and next(steps, None) is not None

    return Evaluator(written.source, lambda _, __: nothing, name, allows).value(written.tree)


def configurations(modules: _Modules) -> dict[str, Provider]:
    """The provider configurations; one without an alias that is not written is empty."""
    found = {}
    for name, module in modules.items():
        for local, block in module.files.providers.items():
            found[_key(name, local)] = Provider(local.split(".")[0], only_instance(name), block)
    for local in sorted({type_.split("_")[0] for module in modules.values() for _, type_, _ in module.files.resources}):
        found.setdefault(local, Provider(local, (), HclBlock()))
    return found


def configuration_of(modules: _Modules, name: ModuleName, type_: str, block: HclBlock) -> str:
    """The key of the provider configuration that a resource of a module has: of the one that it names, or of that of
    its type, which a module has from the one that calls it."""
    given = block.written("provider")
    local = type_.split("_")[0] if given is None else _plain(given.tree)
    while name and local is not None and local not in modules[name].files.providers:
        handed = modules[name[:-1]].files.calls[name[-1]].written("providers")
        if handed is None and "." in local:
            break
        local = local if handed is None else _handed(handed.tree).get(local)
        name = name[:-1]
    return _key(name, local) if local is not None else _key((*name, "?"), type_.split("_")[0])


def required(module: Module) -> dict[str, str]:
    """The addresses of providers by the names that a module gives them. [Terraform: Provider Requirements]"""
    blocks = (inner for kind, block in module.others for inner in block.blocks.get("required_providers", ()))
    found = ((name, own.written) for block in blocks for name, own in block.attributes.items())
    named = {name: member(_constant(written, name), "source") for name, written in found if written is not None}
    return {name: node.text if isinstance(node, Scalar) else "?" for name, node in named.items() if node is not None}


def source_of(module: Module, type_: str, block: HclBlock) -> str:
    """The address of the provider of a resource."""
    given = block.written("provider")
    local = type_.split("_")[0] if given is None else (_plain(given.tree) or "?").split(".")[0]
    return module.sources.get(local, f"hashicorp/{local}")


def _plain(tree: Tree) -> str | None:
    """A provider configuration as it is named: `aws` or `aws.eu`; in old files as a text."""
    found = word_of(unwrapped(tree)) or next(iter(traversal(tree)), None) or literal_of(tree)
    return found if found is not None and re.fullmatch(r"[\w-]+(\.[\w-]+)?", found) else None


def _handed(tree: Tree) -> dict[str, str]:
    """What `providers = {…}` hands down."""
    elements = tree_parts(unwrapped(tree)) if tree_rule(unwrapped(tree)) == "object" else []
    pairs = [tree_parts(element) for element in elements]
    found = [(_plain(tree_parts(key)[0]), _plain(value)) for key, value in pairs]
    return {name: given for name, given in found if name is not None and given is not None}


def _key(name: ModuleName, local: str) -> str:
    """The key of a provider configuration, as a plan has it."""
    return ".".join(f"module.{step}" for step in name) + f":{local}" if name else local
