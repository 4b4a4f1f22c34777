"""Checks of names, of the key and the listed values of one condition, and of policy variables where they work (C1–C3,
L1, L6, L7, F8, U4).

In: an operator, a key and its values; a string of the document. Out: errors and warnings in the findings; facts of the
reference data.
Guarantee: of names that nothing has there are warnings only, for the data lags behind AWS (U4). The values themselves
stay as written, and nothing is substituted: `evaluate` and `problem` read them by themselves.
Sources: IAM User Guide, "Variables and tags"; Access Analyzer's checks for variables.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Callable, Iterable
from datetime import datetime
from fnmatch import fnmatchcase
from functools import lru_cache
from ipaddress import ip_network

from verifier.language.policies.reader import Reader
from verifier.model.operators import FOR_ALL, FOR_ANY, OPERATORS, SET_OPERATORS
from verifier.model.policy import Operator, PolicyKind
from verifier.model.reference import ValueType, actions, condition_key, condition_keys
from verifier.syntax.policy_tree import Atom, Member
from verifier.syntax.text import brief, did_you_mean

# -- what the reference data says of names --

_CACHED_NAMES = 1024


@lru_cache(maxsize=_CACHED_NAMES)
def is_multivalued_key(key: str) -> bool | None:
    """True iff a condition key holds a set of values (C2). Keys of services other than KMS are not known: `None`."""
    known = condition_key(key)
    return known.multivalued if known else None


def check_key(reader: Reader, member: Member) -> None:
    """Warns of a condition key of KMS, or a global one, that the data does not know."""
    if not _is_known_key(member.name):
        message = f"no condition key `{brief(member.name)}` is known"
        reader.warning(member, message, hint=_key_hint(member.name), rule="U4")


def action_hint(text: str) -> str | None:
    """A hint for a text that lacks the service prefix, if an action of KMS has that name."""
    return f"did you mean `kms:{text}`?" if ":" not in text and is_known_action(f"kms:{text.lower()}") else None


def known_action_hint(name: str) -> str | None:
    """The most similar action; of a name with which several begin, as of `ReEncrypt`, all of them."""
    names = [action.name for action in actions()]
    ends = [known[len(name) :] for known in names if known.lower().startswith(name.lower())]
    is_stem = len(ends) > 1 and all(end[:1].isupper() for end in ends)
    return f"did you mean `{name}*`?" if is_stem else did_you_mean(name, names)


def _key_hint(name: str) -> str | None:
    """The most similar known key; for a templated key that lacks its last part, how to write it."""
    prefixes = [key.prefix or key.name for key in condition_keys()]
    template = next(
        (prefix for prefix in prefixes if prefix.lower() in (f"{name.lower()}/", f"{name.lower()}:", name.lower())),
        None,
    )
    return f"write `{template}` and a name" if template else did_you_mean(name, prefixes)


@lru_cache(maxsize=_CACHED_NAMES)
def _is_known_key(name: str) -> bool:
    return not name.lower().startswith(("aws:", "kms:")) or condition_key(name) is not None


@lru_cache(maxsize=_CACHED_NAMES)
def is_known_action(pattern: str) -> bool:
    """True iff a pattern, in lower case, matches an action of KMS that the data knows. What is not of KMS counts as
    known."""
    if not pattern.startswith("kms:"):
        return True
    return any(fnmatchcase(action.name.lower(), pattern) for action in actions())


@lru_cache(maxsize=256)
def operator_hint(name: str) -> str | None:
    """A hint that names the most similar of the operators, its set prefix and `IfExists` mended as well."""
    prefix, colon, base = name.rpartition(":")
    written = re.search("(?i)if_?exists?$", base)
    suffix = "IfExists" if written else ""
    base = base[: written.start()] if written else base
    close_base = _closest(base, OPERATORS)
    close_prefix = _closest(prefix, SET_OPERATORS) if colon else ""
    if close_base is None or close_prefix is None:
        return None
    return f"did you mean `{close_prefix}{colon}{close_base}{suffix}`?"


def _closest(name: str, known: Iterable[str]) -> str | None:
    hint = did_you_mean(name, known)
    return hint.split("`")[1] if hint else None


# -- policy variables, and values --

_OPENING = re.compile(r"\$\{")
_VARIABLE = re.compile(r"\$\{(?:[*?$]|(?P<key>[^\s,'{}/]+(?:/[^\s,'{}]+(?: +[^\s,'{}]+)*)?)(?:\s*,\s*'[^'{}]*')?)\}")
_FORMS = "`${key}`, `${key, 'default'}` (a default without braces), `${*}`, `${?}` or `${$}`"


def check_variables(reader: Reader, scalar: Atom, begin: int | None, place: str) -> None:
    """Checks the variables of a string. They work from character `begin` on (L7); `None` means nowhere.

    `place` is the element or operator, for messages. In version 2008-10-17 they are literal text (L1).
    """
    text = scalar.value
    position = text.find("${")
    if position < 0:
        return
    if not reader.variables:
        message = "this policy variable is literal text; variables need `Version` 2012-10-17"
        reader.warning(scalar, message, rule="L1")
        return
    if begin is None or position < begin:
        _warn_literal(reader, scalar, begin, place)
    if begin is not None:
        _check_each(reader, scalar, begin)


def _warn_literal(reader: Reader, scalar: Atom, begin: int | None, place: str) -> None:
    where = f"under `{place}`" if begin is None else f"in `{place}` before the fifth colon of an ARN"
    reader.warning(scalar, f"a policy variable {where} is literal text", rule="L7")


def _check_each(reader: Reader, scalar: Atom, begin: int) -> None:
    """Tells the first variable of a string that cannot stand: the others would have the same place."""
    for opening in _OPENING.finditer(scalar.value, begin):
        position = opening.start()
        match = _VARIABLE.match(scalar.value, position)
        if match is None:
            message = (
                f"malformed policy variable `{brief(scalar.value[position : position + 41], 40)}`; expected {_FORMS}"
            )
            reader.error(scalar, message, rule="L7")
            return
        key = match.group("key")
        if key and is_multivalued_key(key):
            message = f"`{brief(key)}` holds several values and cannot be a policy variable"
            reader.error(scalar, message, rule="L7")
            return


def fifth_colon(text: str) -> int | None:
    """Where the resource part of an ARN begins, after its fifth colon; `None` if the text has fewer."""
    fields = text.split(":", 5)
    return len(text) - len(fields[5]) if len(fields) == 6 else None


_NUMBER = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)", re.ASCII)
_ODD_ZONE = re.compile("[-0-9]+T[0-9:.]+([-+][0-9]{4})?")
_DATE = re.compile(
    r"[0-9]{4}-[0-9]{2}(?:-[0-9]{2}(?:T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?:Z|[-+][0-9]{2}:?[0-9]{2})?)?)?"
)


def check_condition(reader: Reader, operator: Operator, member: Member, values: tuple[Atom, ...]) -> None:
    """Everything to be said about one condition."""
    _check_set_operator(reader, operator, member)
    _check_key_policy_key(reader, member)
    row = operator.row
    if row.type is None:
        _check_null(reader, member, values)
        return
    what, parses = _FORMATS[row.type]
    for value in values:
        check_variables(reader, value, 0 if row.is_text else None, str(operator))
        substituted = row.is_text and reader.variables and "${" in value.value
        if row.type is ValueType.DATE and re.fullmatch("[0-9]{4}", value.value):
            message = (
                f'"{value.value}" under `{operator}` may be a year, or seconds since 1970 (both are tried); write '
                "a whole date"
            )
            reader.warning(value, message, rule="C3")
        elif row.type is ValueType.DATE and (zone := _ODD_ZONE.fullmatch(value.value)) and parses(value.value):
            what = "has a zone without a colon: it can be read" if zone[1] else "has no zone: UTC"
            message = (
                f'"{value.value}" under `{operator}` {what}, or it cannot be read (both are tried); end it with `Z`'
            )
            reader.warning(value, message, rule="C3")
        if substituted or parses(value.value):
            continue
        if row.type is ValueType.ARN and re.search(r"\*(?=:|$)", value.value):
            message = (
                f'the asterisk of "{brief(value.value)}" under `{operator}` may stand for the fields that it lacks, '
                f"or not; expected {what}"
            )
            reader.warning(value, message, rule="L6")
        else:
            message = f'"{brief(value.value)}" under `{operator}` matches nothing; expected {what}'
            reader.warning(value, message, rule="C3")


def _check_set_operator(reader: Reader, operator: Operator, member: Member) -> None:
    multivalued = is_multivalued_key(member.name)
    if multivalued and operator.set_operator is None and operator.row.type is not None:
        shown = brief(member.name)
        message = f"`{shown}` holds several values; AWS does not say how they are compared without a set operator"
        hint = f"write `{FOR_ANY}:` or `{FOR_ALL}:` before the operator"
        reader.warning(member, message, hint=hint, rule="C2")
    if multivalued is False and operator.set_operator is not None:
        message = f"`{brief(member.name)}` holds one value; `{operator.set_operator}` is for keys that hold several"
        trap = "it is true when the key is absent" if operator.set_operator == FOR_ALL else None
        reader.warning(member, message, hint=trap, rule="C2")


def _check_key_policy_key(reader: Reader, member: Member) -> None:
    lowered = member.name.lower()
    if reader.kind is PolicyKind.KEY and (lowered == "kms:resourcealiases" or lowered.startswith("aws:resourcetag/")):
        message = f"AWS KMS does not support `{brief(member.name)}` in a key policy; it may read as absent"
        reader.warning(member, message, rule="F8")


def _check_null(reader: Reader, member: Member, values: tuple[Atom, ...]) -> None:
    for value in values:
        if value.value not in ("true", "false"):
            message = (
                f"`Null` of `{brief(member.name)}` must be `true` (the key is absent) or `false`, found "
                f'"{brief(value.value)}"'
            )
            reader.error(value, message, rule="C1")


def _is_date(text: str) -> bool:
    if _NUMBER.fullmatch(text):
        return True
    if not _DATE.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text if len(text) > len("2026-01") else f"{text}-01")
    except ValueError:
        return False
    return True


def _is_network(text: str) -> bool:
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    # `ip_network` takes a net mask after the slash as well, which is not CIDR.
    return "." not in text.partition("/")[2]


def _is_base64(text: str) -> bool:
    try:
        b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


def _is_arn_pattern(text: str) -> bool:
    return text.count(":") >= 5


_FORMATS: dict[ValueType, tuple[str, Callable[[str], bool]]] = {
    ValueType.STRING: ("a string", lambda _: True),
    ValueType.NUMERIC: ("a decimal number", lambda text: _NUMBER.fullmatch(text) is not None),
    ValueType.DATE: ("a date such as 2026-01-31T00:00:00Z, or epoch seconds", _is_date),
    ValueType.BOOL: ("`true` or `false`", lambda text: text.lower() in ("true", "false")),
    ValueType.BINARY: ("base64", _is_base64),
    ValueType.IP: ("an IPv4 or IPv6 address or CIDR block", _is_network),
    ValueType.ARN: ("the six fields of an ARN", _is_arn_pattern),
}
"""What a listed value must look like (C3, L6), and the test of it."""
