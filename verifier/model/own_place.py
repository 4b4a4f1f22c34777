"""What depends on the own account, or on the Region of a key, where nothing says which they are (S4).

In: what holds conditions and patterns (statements, invariants). Out: the texts by which requests of two accounts that
nothing names, or of two Regions, may be decided on differently; errors that ask for the account or the Region.
Guarantee: where there are none, each request is decided alike whatever the two are. The Region is in
`aws:RequestedRegion` (F1), in `kms:ViaService` (F5) and in the ARN of the key (L9), and nowhere else; that of a replica
is another one (F6), which every pattern that is no name allows for.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from fnmatch import fnmatchcase
from itertools import chain

from verifier.model.estate import Estate
from verifier.model.invariant import InAccount, Invariant, KeyAlias, KeyTag, conditions_in
from verifier.model.invariant_file import AnyInvariant
from verifier.model.policy import Condition, Statement, Text
from verifier.model.reference import ValueType
from verifier.model.steps.supposition import Supposition
from verifier.syntax.diagnostic import InputError
from verifier.syntax.generated import OTHER, OWN_ACCOUNT_MARK, OWN_REGION_MARK, GeneratedText, check_values
from verifier.syntax.source import NOWHERE, Span
from verifier.syntax.text import brief, first_few, printable

_VARIABLE, _RUN = re.compile(r"\$\{[^}]*\}"), re.compile(r"(?:(?<![^:])|(?=\*))[0-9?*$]+(?:(?![^:])|(?<=\*))")
_FREE = ("kms:encryptioncontext", "aws:principaltag/", "aws:requesttag/", "aws:resourcetag/")
"""Of these keys the values are any texts, no accounts."""
_ACCOUNTS, _WILDCARD = re.compile("account|arn|userid"), re.compile("[*?]")


def check_account(nodes: Iterable[object], own: str, span: Span = NOWHERE) -> None:
    """Raises `InputError` where something, which is at `span` if it has no place of its own, tells apart which account
    `own` stands for."""
    things = tuple(nodes)
    texts = chain(_telling_accounts(things), _telling_by_free_values(things, own))
    by_names = _telling_by_names(things, own, is_region=False)
    for text, own_span in chain(((text.value, text.span) for text in texts), by_names):
        message = f"`{brief(text)}` depends on the own account, and which one it is is not given"
        place = own_span if own_span != NOWHERE else span
        raise InputError.of(printable(message), place, hint="give it with --account", rule="S4")


def _telling_accounts(things: object) -> Iterator[Text]:
    """The texts in it that may match one account and not another, though they name neither."""
    for part in _parts(things):
        if isinstance(part, Text) and _tells_account(part.value):
            yield part
        elif isinstance(part, Condition):
            key, numbers = part.key.value.lower(), part.operator.row.is_typed
            for value in part.values if not key.startswith(_FREE) else ():
                as_number = numbers and (key.endswith(("account", "aws:userid")) or "account}" in value.value.lower())
                if as_number or _tells_account(value.value):
                    yield value


def _parts(node: object) -> Iterator[Text | Condition]:
    """The conditions in it, and the texts that are in none."""
    if isinstance(node, (Text, Condition)):
        yield node
    else:
        yield from chain.from_iterable(map(_parts, _members(node)))


def _members(node: object) -> Iterable[object]:
    if isinstance(node, tuple):
        return node
    return (getattr(node, part.name) for part in fields(node)) if is_dataclass(node) else ()


def _telling_by_names(things: tuple[object, ...], own: str, *, is_region: bool) -> Iterator[tuple[str, Span]]:
    """The texts in it of which it depends on the own Region or account, which `own` stands for, whether they match the
    name of a user or role in it."""
    listed = chain.from_iterable(_arns(thing) for thing in things if isinstance(thing, Estate))
    mark = OWN_REGION_MARK if is_region else OWN_ACCOUNT_MARK
    forms: list[tuple[GeneratedText, str]] = []
    for arn in sorted({*listed}):
        start, _, name = arn.rpartition(":")
        if own in name:  # the account that it is in is no part of the name
            forms.append((GeneratedText.of(OTHER, f"{start}:{name.replace(own, mark)}"), arn))
    for part in _parts(things) if forms else ():
        for text in (part,) if isinstance(part, Text) else part.values:
            if any(form.may_be(text.value.replace(own, "*"), shown=arn) for form, arn in forms):
                yield text.value, text.span


def _arns(estate: Estate) -> Iterator[str]:
    """The ARNs of users and roles that are listed, or that policies name."""
    yield from (identity.arn for identity in estate.identities)
    statements = (policy.statements for policy in (*estate.deciding_policies(), *estate.trust_policies()))
    principals = (statement.principals or () for statement in chain.from_iterable(statements))
    yield from (principal.value for principal in chain.from_iterable(principals))


_PAIRS = ("tags", "context_equals", "context_subset")


def _paired(node: object) -> Iterator[str]:
    """The values of tags and of encryption contexts in it, and aliases."""
    if isinstance(node, tuple):
        yield from chain.from_iterable(map(_paired, node))
    elif is_dataclass(node):
        for part in fields(node):
            value = getattr(node, part.name)
            if part.name == "aliases":
                yield from (text.lower() for text in value or ())
            else:
                yield from (text.lower() for _, text in value or ()) if part.name in _PAIRS else _paired(value)


def free_texts(estate: Estate) -> Iterator[str]:
    """The texts of tags, aliases and encryption contexts, and those that conditions compare with them."""
    yield from _paired(estate)
    yield from chain.from_iterable(key.aliases or () for key in estate.keys)
    policies = (*estate.deciding_policies(), *estate.trust_policies())
    statements = chain.from_iterable(policy.statements for policy in policies)
    for condition in chain.from_iterable(statement.conditions for statement in statements):
        if condition.key.value.lower().startswith((*_FREE, "kms:requestalias", "kms:resourcealiases")):
            yield from (value.value for value in condition.values)


def _telling_by_free_values(things: object, own: str) -> Iterator[Text]:
    """The patterns of what may be any text that tell accounts apart, because such a text must be what tells the account
    elsewhere."""
    conditions: list[Condition] = []
    linked = {text for text in _paired(things) if own in text}
    for part in _parts(things):
        key, values = (part.key.value.lower(), part.values) if isinstance(part, Condition) else ("", (part,))
        is_account = key.endswith(("account", "userid"))
        if isinstance(part, Condition) and not is_account:
            conditions.append(part)
        for text in (value.value.lower() for value in values):
            are_accounts = [_ACCOUNTS.search(name) is not None for name in _VARIABLE.findall(text)]
            refers = is_account or "$" in _account_field(text)
            if refers and not all(are_accounts) and (not key or _ACCOUNTS.search(key)):
                linked.add(own)
            if key and not is_account and (own in text or any(are_accounts)):
                linked.add(_VARIABLE.sub(own, text))
    for condition in conditions if linked else ():
        for value in condition.values:
            text, in_field = _VARIABLE.sub(own, value.value.lower()), _tells_account(value.value)
            decides = _tells_by(own, text, linked, 4, in_field=in_field)
            if decides or condition.operator.row.type is ValueType.NUMERIC:
                yield value


def _tells_by(own: str, value: str, linked: Iterable[str], field: int, *, in_field: bool) -> bool:
    """True iff a value may match one of others, which refer to the own account or Region by `own`, for some accounts or
    Regions alone. `in_field` is whether it may where that field of an ARN alone refers to it."""
    start = _WILDCARD.split(value, maxsplit=1)[0]
    if start == value or value in linked:
        return False
    for other in linked:
        before, parts = _WILDCARD.split(other.partition(own)[0], maxsplit=1)[0], other.split(":", 5)
        in_other_fields = len(parts) < 6 or any(own in part for part in (*parts[:field], *parts[field + 1 :]))
        could_match = before.startswith(start) or start.startswith(before)
        matches_any = before.startswith(start) and value == f"{start}*"
        if (in_other_fields or in_field) and could_match and not matches_any:
            return True
    return False


def _tells_account(pattern: str) -> bool:
    """True iff a wildcard stands for a part of the account: of that field of an ARN, or wherever it may be in another
    text."""
    runs = _RUN.findall(_account_field(pattern))
    return any(("*" in run or "?" in run) and run.strip("*") not in ("", "?" * 12) for run in runs)


def _account_field(text: str) -> str:
    """Where an account may be in a text: a field of an ARN, unless a wildcard before it may run on over a colon, or
    anywhere."""
    text = _VARIABLE.sub("$", text)
    parts = text.split(":", 5)
    return parts[4] if len(parts) == 6 and not any("*" in part and part != "*" for part in parts[:4]) else text


# -- Regions --

_AREA = "(?:af|ap|ca|cn|eu|il|me|mx|sa|us-gov|us|(?:eu|us)-iso[a-z]?|eusc-[a-z]+)-"
_NAME = re.compile(rf"{_AREA}(?:central|(?:north|south)(?:east|west)?|east|west)-[0-9]+(?![0-9])")
_NAMED = re.compile(rf"{_NAME.pattern}|(?<![a-z0-9]){_AREA}[a-z-]*[*?]|[*?][a-z-]*-[0-9]")
"""The name of a Region, or a pattern that may match those of some alone."""
BY_PARTITION = re.compile(r"(?<!\barn:)aws-(?:cn|us-gov)\b|\barn:(?!\*:|aws\*?:)[^:$\s\"']*[*?]|[*?][a-z-]*(?:cn|gov):")
"""What tells partitions apart, and is no ARN of one."""
ABROAD = re.compile(rf"\barn:aws-(?:cn|us-gov):|{BY_PARTITION.pattern}")
"""What may name another partition than `aws`."""
_PARTITION = re.compile(r"\baws(?:-cn|-us-gov)?(?=:)")
_REGION, _SERVICE = "aws:requestedregion", "kms:viaservice"
_ANY_REGION = re.compile(r"(?:(?:[a-z0-9-]*|\*)\.)?\*(?:\.amazonaws\.com)?|[^.*?$]*(?:\.[^.*?$]*){0,2}")
"""Values of `kms:ViaService` that are matched alike in all Regions: where the Region is one wildcard, or the form is
another (F5). What a policy variable stands for may name a Region."""
_BEFORE, _AFTER = re.compile(r"(?:[a-z0-9-]*\.|\*\.?)?"), re.compile(r"(?:\.amazonaws\.com|\.?\*)?")
"""What stands before and after the name of a Region in a value that is of that Region alone."""


def check_region(estate: Estate, invariants: Collection[AnyInvariant]) -> None:
    """Raises `InputError` where an invariant tells Regions apart, or accounts, and that of some key is not known, or
    where it names what is not generated yet."""
    for stated in (*invariants, *estate.suppositions) if estate.generated else ():
        _check_generated(estate, stated)
    accounts = [*(key.account for key in estate.keys), *(account.id for account in estate.accounts)]
    for invariant in invariants:
        for own in accounts[:1] if estate.open_account else ():
            check_account((invariant, estate), own, invariant.span)
            if any(own in text for text in _values(invariant)):
                message = f"{own} stands for the own account, and which one it is is not given"
                raise InputError.of(message, invariant.span, hint="give it with --account", rule="S4")
        for text in _telling_regions_apart(invariant, estate) if estate.open_region else ():
            raise depends(estate.open_region, text, invariant.span)


def _telling_regions_apart(invariant: AnyInvariant, estate: Estate) -> Iterator[str]:
    """The texts by which an invariant tells Regions apart, or partitions."""
    values, ours = tuple(_values(invariant)), {key.arn.split(":")[1] for key in estate.keys}
    for condition in conditions_in(invariant.when) if isinstance(invariant, Invariant) else ():
        yield from _of_condition(condition, "")
    yield from filter(_NAMED.search, values)
    yield from (text for text in values if BY_PARTITION.search(text) or not ours.issuperset(_PARTITION.findall(text)))
    placed = [(text.lower(), invariant.span) for text in values]
    for region in dict.fromkeys(key.region for key in estate.keys):
        yield from (text for text, _ in _telling_by_free_texts(region, estate, placed))
        yield from (text for text, _ in _telling_by_names((invariant, estate), region, is_region=True))


def _check_generated(estate: Estate, stated: AnyInvariant | Supposition) -> None:
    """Raises `InputError` where an invariant or supposition names what is not generated yet and is compared with it."""
    for part in _parts(stated):
        key, values = (part.key.value, part.values) if isinstance(part, Condition) else ("", (part,))
        check_values(estate.generated, [(key, tuple(value.value for value in values))], stated.span)
    for selector in () if isinstance(stated, Supposition) else stated.keys or ():
        if isinstance(selector, KeyTag) and selector.value is not None:
            check_values(estate.generated, [(f"aws:ResourceTag/{selector.key}", selector.value)], stated.span)
        elif isinstance(selector, KeyAlias):
            check_values(estate.generated, [("kms:ResourceAliases", selector.alias)], stated.span)


def _values(node: object) -> Iterator[str]:
    """The texts in a part of an invariant that are compared with something, and its accounts."""
    if isinstance(node, Text | InAccount):
        yield node.value if isinstance(node, Text) else node.account
    else:
        yield from chain.from_iterable(map(_values, _members(node)))


def regions_in(texts: Iterable[str]) -> frozenset[str]:
    """The Regions that texts name, in whatever case."""
    return frozenset(region for text in texts for region in _NAME.findall(text.lower()))


def check_open_regions(estate: Estate, own: Mapping[str, str], named: Collection[str] = (), refers: str = "") -> None:
    """Raises `InputError` where something that decides tells Regions apart, of those that are not `named`. `own` are
    the files with keys in a Region that nothing tells, with the text that refers to it there, empty where nothing can;
    what does in other files is `refers`."""
    if not own:
        return
    for policy in estate.deciding_policies():
        here = own.get(policy.span.file.partition("#")[0], refers)
        for statement in policy.statements:
            for text in telling_regions(statement, here, named):
                raise depends(own, text, statement.span)
    for region in filter(None, {*own.values(), refers}):
        by_names = _telling_by_names((estate,), region, is_region=True)
        for text, span in chain(_telling_by_free_texts(region, estate, _compared(estate)), by_names):
            raise depends(own, text, span)
    for endpoint in estate.endpoints or ():
        if endpoint.region not in own.values():
            raise depends(own, endpoint.id, endpoint.span)


def _compared(estate: Estate) -> Iterator[tuple[str, Span]]:
    """What conditions compare with anything but a Region, with the places of their statements."""
    for policy in estate.deciding_policies():
        for statement in policy.statements:
            for condition in statement.conditions:
                if condition.key.value.lower() not in (_REGION, _SERVICE):
                    yield from ((value.value.lower(), statement.span) for value in condition.values)


def _telling_by_free_texts(
    region: str, estate: Estate, values: Iterable[tuple[str, Span]]
) -> Iterator[tuple[str, Span]]:
    """The patterns among values that tell Regions apart, because what they are compared with must be a text that refers
    to the own one."""
    linked = {text for text in chain((text for text, _ in _compared(estate)), _paired(estate)) if region in text}
    return ((text, span) for text, span in values if _tells_by(region, text, linked, 3, in_field=_tells_region(text)))


def _tells_region(text: str) -> bool:
    """True iff a wildcard stands for a part of the Region, or may run on over it."""
    parts = text.split(":", 5)
    return len(parts) < 6 or any(part != "*" and _WILDCARD.search(part) for part in parts[:4])


def depends(files: Iterable[str], text: str, span: Span) -> InputError:
    """The error that asks for the Region of the keys of some files, on which a text depends."""
    whose = first_few(sorted(files))
    message = f"`{brief(text)}` depends on the Region of the key, and which one the key of {whose} is in is not given"
    hint = "give it with --region, or the ARN of the key with --key-arn"
    return InputError.of(printable(message), span, hint=hint, rule="S4")


def telling_regions(statement: Statement, own: str, named: Collection[str] = ()) -> Iterator[str]:
    """The texts by which a statement may match a request on KMS in one Region and not in another, of those that are not
    `named`. `own` in a text refers to the Region of the key; empty if nothing does."""
    if any(may_be_of_kms(action.value) for action in statement.actions) or statement.not_action:
        for condition in statement.conditions:
            yield from _of_condition(condition, own, named)
        yield from (resource.value for resource in statement.resources or () if _tells_arn(resource.value, own, named))


def _of_condition(condition: Condition, own: str, named: Collection[str] = ()) -> Iterator[str]:
    key = condition.key.value.lower()
    for value in condition.values if condition.operator.row.type is not None else ():
        text = (value.value.replace(own, "*") if own else value.value).lower()
        if key in (_REGION, _SERVICE):
            text = text.replace(f"${{{_REGION}}}", "*")
            alike = text == "*" if key == _REGION else _ANY_REGION.fullmatch(text) is not None
        else:
            alike = _REGION not in text and _SERVICE not in text
        if not alike and not (key in (_REGION, _SERVICE) and _is_in_one(text, named)):
            yield value.value


def _is_in_one(text: str, regions: Iterable[str]) -> bool:
    """True iff a value of `aws:RequestedRegion` or `kms:ViaService` is of one of some Regions, and so of no other."""
    parts = (text.split(region) for region in regions)
    return any(len(part) == 2 and _BEFORE.fullmatch(part[0]) and _AFTER.fullmatch(part[1]) for part in parts)


def may_be_of_kms(pattern: str) -> bool:
    """True iff an action, or the service of an ARN, may be of KMS by its first part."""
    service = pattern.lower().partition(":")[0].replace("[", "[[]")
    return fnmatchcase("kms", service)


def _tells_arn(pattern: str, own: str, named: Collection[str]) -> bool:
    """True iff a `Resource` may cover the key, or an alias of it, in one Region and not in another."""
    fields = pattern.split(":", 5)
    if len(fields) < 6 and any(field.endswith("*") for field in fields[:-1][:3]):
        return True  # it may run on past the Region (L6)
    if len(fields) < 4 or not may_be_of_kms(fields[2]) or fields[3] in ("*", own, *named):
        return False
    return len(fields) < 6 or not fields[5].startswith("key/") or bool(set("*?$") & set(fields[5]))
