"""Where below a folder keys may be described.

In: a folder that was given as an input, and what was read of it. Out: what else to give, by path from there, and what
no command takes. Guarantee: this only says where to look; nothing is read for an answer.
"""

from __future__ import annotations

import json
import os
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path

from verifier.inputs.text.files import hidden_below, lies_in, shown_below

_KEYS = re.compile(
    r"""\bresource[ \t]+"?aws(?:cc)?_kms_\w*key(?:_policy)?\b|"aws(?:cc)?_kms_\w*key(?:_policy)?"[ \t]*:|"""
    r"""\bAWS::KMS::(?:Replica)?Key\b"""
)
"""What a configuration has that makes keys, or writes the policy of one: by the Cloud Control API and in templates it
gives, the type of these."""
_RESOURCE = re.compile(r"""^[ \t]*resource[ \t]+"?(aws_kms_\w*key(?:_policy)?)"?[ \t]+"?([\w-]+)""", re.MULTILINE)
_STACK = re.compile(r"\baws_(?:cloudformation_stack|servicecatalog_provisioned_product)")
"""What makes resources that a configuration does not tell."""
_CALL_OR_SOURCE = re.compile(r"""\b(?P<call>module)[ \t]+"?\w|\bsource"?[ \t]*[=:][ \t]*(?:"(?P<source>[^"]*)")?""")
_OTHER_CALL = re.compile(r"""^[ \t]*(?:terraform|(?:unit|stack|component)[ \t]+"[^"]*")[ \t]*\{""", re.MULTILINE)
"""How a file of Terragrunt, or of a Terraform Stack, calls a module."""
_CALLS = ("module", "unit", "stack", "component")
"""The members of a file in JSON that call modules."""
_PATH = ("./", "../")
"""How the source of a module begins that is a path."""
_IN_TEMPLATE = r"""\bType(?:Name)?["']?\s*:\s*(?:!!str\s+)?["']?AWS::KMS::(?:Replica)?Key\b"""
_RESOURCES = re.compile(r"""^["']?Resources["']?[ \t]*:""", re.MULTILINE)
"""What a template in YAML has at the beginning of a line."""
_OF_ANSIBLE, _ARGUMENT = "(?:aws_kms|kms_key)", "(?:alias|key_alias|key_id|policy|state|description|tags)"
"""What Ansible calls its module of keys in short, and what that takes."""
_IN_DATA = (
    _IN_TEMPLATE,
    r"""\bresource[ \t]+\\?"aws(?:cc)?_kms_\w*key\b""",
    r""""type"\s*:\s*"aws(?:cc)?_kms_\w*key\"""",
    r"\baws(?:-native)?:kms(?:/\w+)?:\w*Key\b",
    r"\bkms\.(?:services\.k8s\.aws|aws\.(?:\w+\.)*(?:crossplane|upbound)\.io)/v",
    r"\b(?:amazon|community)\.aws\.(?:aws_kms|kms_key)\b",
    rf"^[ \t-]*{_OF_ANSIBLE}[ \t]*:[ \t]*(?:\n[ \t]*(?:#.*)?)*{_ARGUMENT}[ \t]*[:=]",
    rf"\b(?:local_)?action[ \t]*:[ \t]*{_OF_ANSIBLE}\b",
    r"(?<!:)\b(?:KeyMetadata|GranteePrincipal)\b[\"']?\s*:",
    r"\bKeyArn\b[\"']?\s*:\s*[\"']?arn:",
)
"""What makes keys, or lists them: templates; configurations in the texts of other data; states and plans of Terraform;
Pulumi; objects of Kubernetes (of AWS's controllers, of Crossplane); plays of Ansible; keys and grants as KMS lists
them."""
_MAKES_OR_LISTS = re.compile("|".join(_IN_DATA), re.MULTILINE)
_OF_POLICIES = (re.compile(r"\bStatement\b"), re.compile(r"\bPrincipal\b"), re.compile(r"""["'\s]kms:[\w*]"""))
"""What a key policy has."""
OF_CONFIGURATIONS = (".tf", ".tofu", ".tf.json", ".tofu.json", ".hcl", ".hcl.json")
_OF_TEMPLATES = (".json", ".yaml", ".yml", ".template")
"""How the names of files end that may describe keys; those of templates in any case."""
_OF_DATA = (
    *(*_OF_TEMPLATES, "", ".txt", ".tfstate", ".policy", ".cfn", ".cform", ".config"),
    *(".jsonc", ".json5", ".jsonl", ".ndjson", ".hjson", ".jsonnet", ".libsonnet", ".cue"),
)
"""Those of other data; AWS Elastic Beanstalk takes resources from files that end in `.config`."""
_OF_TOOLS = (".j2", ".jinja", ".jinja2", ".njk", ".tpl", ".tftpl", ".tmpl", ".gotmpl", ".erb", ".ejs", ".mustache")
"""The endings of what other tools make such files of."""
_MOST = 128 << 20
"""Bytes of the longest file that is looked at: no input may be longer."""
_MOST_WITHOUT_ENDING = 1 << 20
"""Those of one whose name has no ending: a template may be that, and is no longer; others are programs."""


def places_of_keys(folder: Path, read: Collection[str] = (), *, possible: bool = False) -> list[Path]:
    """The folders of `.tf`, `.tofu` and `.hcl` files below a folder that make keys, by themselves or by modules of
    theirs, without those that are modules of others; and the templates that make keys. Left out is what was `read`, by
    real path, and such files of the folder itself. With all `possible` places these count too, what else makes or lists
    keys, links to folders elsewhere, and modules from there, which may make some."""
    below = _listed(shown_below, folder)
    whole, unread = defaultdict[Path, str](str), defaultdict[Path, str](str)
    own, found = list[Path](), set[Path]()
    for path in below:
        is_read = os.path.realpath(path) in read
        if path.name.endswith(OF_CONFIGURATIONS):
            text = _configuration(path)
            whole[path.parent] += text
            unread[path.parent] += "" if is_read else text
            own += [path] if path.parent == folder and not is_read else []
        elif not is_read and (_makes_or_lists(path) if possible else _is_template_of_keys(path)):
            found.add(path)
    found.update(_roots(whole, unread, folder if possible else None))
    if possible:
        found.update(path for path in below if _leads_away(path, folder, read))
    return sorted((found - {folder}).union(own if possible and folder in found else ()))


def policies_left(folder: Path, read: Collection[str]) -> list[Path]:
    """What is below a folder, was not `read`, and may hold key policies."""
    return [path for path in _listed(shown_below, folder) if os.path.realpath(path) not in read and _has_policy(path)]


def hidden_keys(folder: Path, read: Collection[str]) -> list[Path]:
    """What is hidden below a folder, was not `read`, and may make or list keys, or hold their policies."""
    below = (path for path in _listed(hidden_below, folder) if os.path.realpath(path) not in read)
    return [path for path in below if _makes_or_lists(path) or _has_policy(path)]


def key_addresses(path: Path) -> list[str]:
    """The addresses of the keys, and of the policies of keys, in a file of HCL."""
    return [f"{kind}.{name}" for kind, name in _RESOURCE.findall(_text(path))]


def may_make_keys(text: str) -> bool:
    """True iff a text of JSON or YAML has words by which some tool makes keys, or lists those that there are."""
    return _MAKES_OR_LISTS.search(text) is not None


def _listed(list_below: Callable[[Path], list[Path]], folder: Path) -> list[Path]:
    try:
        return list_below(folder)
    except OSError:
        return []


def _roots(whole: Mapping[Path, str], unread: Mapping[Path, str], inside: Path | None) -> Iterator[Path]:
    """The folders whose unread files make keys, and that are no modules of others; modules outside may."""
    used = {folder: _modules(folder, text) for folder, text in whole.items()}
    makers = {folder for folder, text in whole.items() if _makes(folder, text, inside)}
    while more := {folder for folder, modules in used.items() if modules & makers} - makers:
        makers |= more
    for folder in makers:
        makes = _makes(folder, unread[folder], inside) or _modules(folder, unread[folder]) & makers
        if makes and not any(folder in modules for modules in used.values()):
            yield folder


def _makes(folder: Path, text: str, inside: Path | None) -> bool:
    """True iff a text has a key, or what may make one: a stack, a module from elsewhere than `inside`."""
    if _KEYS.search(text):
        return True
    return inside is not None and (_calls_others(text) or _leaves(folder, text, inside))


def _calls_others(text: str) -> bool:
    return _fetches(text) or bool(_STACK.search(text))


def _leaves(folder: Path, text: str, inside: Path) -> bool:
    return not all(lies_in(module, inside) for module in _modules(folder, text))


def _modules(folder: Path, text: str) -> set[Path]:
    return {Path(os.path.normpath(folder / path)) for path in _sources_of(text) if path.startswith(_PATH)} - {folder}


def _fetches(text: str) -> bool:
    """True iff the first source behind some call of a module is no path."""
    return any(not path.startswith(_PATH) for path in _sources_of(text))


def _sources_of(text: str) -> Iterator[str]:
    """The first source behind each call of a module; an empty text for one that is no text."""
    is_called = False
    for found in _CALL_OR_SOURCE.finditer(text):
        if not found["call"] and is_called:
            yield found["source"] or ""
        is_called = bool(found["call"])


def _configuration(path: Path) -> str:
    """The text of a file of a configuration, with all calls of modules as HCL has them."""
    text = _text(path)
    if path.suffix == ".hcl":
        return _OTHER_CALL.sub('module "m" {', text)
    if path.suffix != ".json":
        return text
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return text
    names = (*_CALLS, "terraform") if path.name.endswith(".hcl.json") else _CALLS
    calls = [found[name] for name in names if name in found] if isinstance(found, dict) else []
    return text + "".join(f'\nmodule "m" {{ source = {json.dumps(source)} }}\n' for source in _sources(calls))


def _sources(value: object) -> Iterator[str]:
    """What is called `source` in a value of JSON, at any depth."""
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, dict):
            yield from (inner for name, inner in one.items() if name == "source" and isinstance(inner, str))
            left += one.values()
        elif isinstance(one, list):
            left += one


def _makes_or_lists(path: Path) -> bool:
    """True iff a file has what makes keys or may do so, or what lists those that there are."""
    if path.name.endswith(OF_CONFIGURATIONS):
        text = _configuration(path)
        return _KEYS.search(text) is not None or _calls_others(text)
    if path.suffix.lower() in _OF_TOOLS:
        text = _text_of_kms(path)
        return _KEYS.search(text) is not None or may_make_keys(text)
    return path.suffix.lower() in _OF_DATA and may_make_keys(_text_of_kms(path))


def _has_policy(path: Path) -> bool:
    if path.name.endswith(OF_CONFIGURATIONS) or path.suffix.lower() not in (*_OF_DATA, *_OF_TOOLS):
        return False
    text = _text_of_kms(path)
    return all(word.search(text) for word in _OF_POLICIES)


def _leads_away(path: Path, folder: Path, read: Collection[str]) -> bool:
    """True iff a path is a link to a folder that is not in the folder in question, and of which nothing was `read`."""
    if not (path.is_symlink() and path.is_dir()):
        return False
    target = Path(os.path.realpath(path))
    return not lies_in(target, folder.resolve()) and not any(lies_in(Path(file), target) for file in read)


def _is_template_of_keys(path: Path) -> bool:
    if path.suffix.lower() not in _OF_TEMPLATES:
        return False
    text = _text(path)
    has_resources = text.lstrip().startswith("{") or _RESOURCES.search(text)
    return bool(has_resources) and re.search(_IN_TEMPLATE, text) is not None


def _text_of_kms(path: Path) -> str:
    """What a file holds that names KMS, as all data does that makes keys or has their policies; nothing of others."""
    text = _text(path)
    return text if "kms" in text.lower() else ""


def _text(path: Path) -> str:
    """What a file holds, whatever it is encoded in: what is looked for is ASCII."""
    try:
        if not path.is_file() or path.stat().st_size > (_MOST if path.suffix else _MOST_WITHOUT_ENDING):
            return ""
        return path.read_text(encoding="utf-8", errors="ignore").replace("\0", "")
    except OSError:
        return ""
