"""Files of invariants: source text → `InvariantFile`.

In: the text of a file in the language of `grammar/invariants.lark` (docs/invariants.md explains it).
Out: every sentence lowered to one `Invariant` or `GrantInvariant`, or to an `Allowance`. Guarantee: all semantic errors
of a file are reported together; nothing is guessed; a file that says nothing is an error (S3).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from verifier.language.builtins.catalogue import instantiate
from verifier.language.builtins.parts import BuiltinError
from verifier.language.invariants.callers import read_callers, read_some_callers
from verifier.language.invariants.conditions import read_condition
from verifier.language.invariants.names import ACCOUNT, ORGANIZATION, DeclaredNames
from verifier.language.invariants.targets import (
    check_actions_left,
    read_actions,
    read_any_actions,
    read_creation_operations,
    read_grantees,
    read_key_definition,
    read_keys,
    read_listed,
)
from verifier.model import invariant as model
from verifier.model.caller_sets import both, is_empty
from verifier.model.estate import Estate
from verifier.model.invariant_file import Allowance, AnyInvariant, InvariantFile
from verifier.model.policy import Text
from verifier.model.request import CallerKind
from verifier.model.steps.supposition import Supposition, SuppositionKind
from verifier.syntax import invariants_tree as tree
from verifier.syntax.diagnostic import InputError
from verifier.syntax.findings import Findings
from verifier.syntax.invariants import normalized, parse_invariants
from verifier.syntax.source import NOWHERE, Source
from verifier.syntax.text import brief

_CREATE_GRANT = "kms:CreateGrant"


def read_invariants(source: Source) -> InvariantFile:
    """The invariants of a file. Raises `InputError` with the one syntax error, or with every semantic error."""
    items = parse_invariants(source).items
    names = DeclaredNames(Findings(source))
    names.announce(tuple(item for item in items if isinstance(item, tree.Declaration)))
    invariants: dict[str, AnyInvariant] = {}
    allowances: dict[str, Allowance] = {}
    suppositions: dict[str, Supposition] = {}
    for item in items:
        match item:
            case tree.Declaration():
                _declare(item, names)
            case tree.InvariantNode():
                _add(item, invariants, names)
            case tree.AllowanceNode():
                _add_allowance(item, allowances, names)
            case tree.SuppositionNode():
                _add_supposition(item, suppositions, names)
    if all(isinstance(item, tree.Declaration) for item in items):
        hint = (
            'for example: invariant "no external account can decrypt": no caller outside 111122223333 can kms:Decrypt'
        )
        end, message = len(source.text), "the file has no invariant, so nothing would be checked"
        names.findings.error(end, end, message, hint=hint, rule="S3")
    names.findings.raise_errors()
    arns = tuple((name, key.arn) for name, key in names.keys.items() if isinstance(key, model.KeyArn))
    return InvariantFile(tuple(invariants.values()), arns, tuple(allowances.values()), tuple(suppositions.values()))


def read_supposition(text: str, where: str) -> Supposition:
    """One sentence that is supposed (W3), named by itself. `where` is what it was given by, for errors. Raises
    `InputError`."""
    head = f'suppose "{where}": '  # errors show the sentence alone
    source = Source(where, head + text, Source(where, text), (*[0] * len(head), *range(len(text) + 1)))
    try:
        (found,) = read_invariants(source).suppositions
    except ValueError:
        raise InputError.of(f"{where}: expected one sentence, such as `nobody calls sso:*`") from None
    return replace(found, name="", span=NOWHERE)


def suppose(estate: Estate, *sentences: str, where: str = "suppose") -> Estate:
    """The estate with sentences such as `nobody calls sso:*` taken for granted, besides those that are already, where
    invariants say `can eventually` (W3, docs/invariants.md). `where` says what they were given by. Raises
    `InputError`."""
    further = tuple(read_supposition(sentence, where) for sentence in sentences)
    return replace(estate, suppositions=(*estate.suppositions, *further))


# --- declarations ---


def _declare(declaration: tree.Declaration, names: DeclaredNames) -> None:
    name, definition = declaration.name.value, declaration.definition
    if names.places.get(name) != declaration.name.start:
        return  # reported by `announce`
    if isinstance(definition, tree.CallersNode):
        names.callers[name] = names.scopes[name] = read_callers(definition, names)
    elif not isinstance(definition, tree.WrittenWord):
        names.actions[name] = read_actions(definition, names)
    elif declaration.kind == "key":
        selector = read_key_definition(definition, names)
        if selector is not None:
            names.keys[name] = selector
    else:
        _declare_scope(declaration.kind, name, definition, names)


def _declare_scope(kind: str, name: str, definition: tree.WrittenWord, names: DeclaredNames) -> None:
    """`account NAME = …` or `organization NAME = …`."""
    shown = brief(definition.value)
    if kind == "account" and ACCOUNT.fullmatch(definition.value):
        names.accounts[name] = names.scopes[name] = model.InAccount(definition.value)
    elif kind == "organization" and ORGANIZATION.fullmatch(definition.value):
        names.organizations[name] = names.scopes[name] = model.InOrganization(definition.value)
    elif kind == "account":
        names.error(definition, f"`{shown}` is not an account; expected twelve digits")
    else:
        names.error(definition, f"`{shown}` is not an organization; expected `o-…`, such as `o-a1b2c3d4e5`")


# --- invariants ---


def _add(node: tree.InvariantNode, invariants: dict[str, AnyInvariant], names: DeclaredNames) -> None:
    if _is_new(node, "invariant", invariants, names):
        invariants[node.name.value] = replace(
            _read_body(node.body, names), name=node.name.value, **_origin(node, names)
        )


def _add_allowance(node: tree.AllowanceNode, allowances: dict[str, Allowance], names: DeclaredNames) -> None:
    if _is_new(node, "allowance", allowances, names):
        scope = replace(_read_allowance(node.body, names), name=node.name.value, **_origin(node, names))
        allowances[node.name.value] = Allowance(scope)


def _add_supposition(node: tree.SuppositionNode, suppositions: dict[str, Supposition], names: DeclaredNames) -> None:
    if _is_new(node, "supposition", suppositions, names):
        suppositions[node.name.value] = replace(
            _read_supposed(node.body, names), name=node.name.value, **_origin(node, names)
        )


def _read_supposed(node: tree.SupposedNode, names: DeclaredNames) -> Supposition:
    if node.callers is None:
        return Supposition("", SuppositionKind.SHARING)
    callers = read_callers(node.callers, names)
    if not node.actions and is_empty(both((callers, model.OfKind(CallerKind.ROLE)))):
        names.findings.error(
            node.callers.start, node.callers.end, "code runs as roles, and none of these callers is one", rule="S3"
        )
    elif is_empty(callers):
        names.findings.error(node.callers.start, node.callers.end, "there is no such caller", rule="S3")
    if any(isinstance(part, model.KeyAccount) for part in model.parts_of(callers)):
        message = "a supposition is about all keys, so nothing is `the key's account`"
        hint = "name the account: twelve digits, or a declared name"
        names.findings.error(node.callers.start, node.callers.end, message, hint=hint)
    kind = SuppositionKind.CALLS if node.actions else SuppositionKind.CODE
    return Supposition("", kind, callers, read_any_actions(node.actions, names))


_Named = tree.InvariantNode | tree.AllowanceNode | tree.SuppositionNode


def _is_new(
    node: _Named, noun: str, known: Mapping[str, AnyInvariant | Allowance | Supposition], names: DeclaredNames
) -> bool:
    """True iff there is no invariant, allowance or supposition of this name yet; else, and for an empty name, an error
    is recorded."""
    name = node.name.value
    if not name.strip():
        names.error(node.name, f"the name of the {noun} is empty")
    if name in known:
        article = "a" if noun == "supposition" else "an"
        names.error(
            node.name, f"there is {article} {noun} of the name {brief(name)!r} already, on line {known[name].span.line}"
        )
    return name not in known


def _origin(node: _Named, names: DeclaredNames) -> dict[str, Any]:
    """The sentence as written, and its place."""
    source = names.findings.source
    return {"text": normalized(source.text[node.body.start : node.body.end]), "span": source.span(node.start, node.end)}


def _read_body(body: tree.Sentence | tree.Listed | tree.Use, names: DeclaredNames) -> AnyInvariant:
    match body:
        case tree.Sentence():
            return _read_sentence(body, names)
        case tree.Listed():
            return read_listed(body, names)
        case tree.Use():
            return _read_use(body, names)


def _read_sentence(sentence: tree.Sentence, names: DeclaredNames) -> model.Invariant:
    callers = _callers_in_question(sentence, names)
    read = _read_requests(sentence, callers, _expectation(sentence, names), names)
    return replace(read, eventually=_is_eventual(sentence, names))


def _is_eventual(sentence: tree.Sentence, names: DeclaredNames) -> bool:
    """True iff the sentence says `eventually`, which has a meaning where something must be refused (E0)."""
    if sentence.eventually is not None and sentence.form is tree.SentenceForm.ALWAYS:
        always = "that callers can bring something about in whatever circumstances is not modelled"
        message = f"`can always` takes no `eventually`: {always}"
        names.error(sentence.eventually, message, "write `no … can eventually` or `only … can eventually`")
    return sentence.eventually is not None and sentence.form is not tree.SentenceForm.ALWAYS


def _read_requests(
    sentence: tree.Sentence, callers: model.CallerSet, expectation: model.Expectation, names: DeclaredNames
) -> model.Invariant:
    what = sentence.what
    if what.creation is not None:
        return _read_creation(sentence, what.creation, callers, expectation, names)
    actions = read_actions(what.actions, names)
    excluded = read_actions(what.excluded, names)
    check_actions_left(what, actions, excluded, names)
    keys = read_keys(what.keys, names)
    when = _when(sentence.circumstance, sentence.form, names)
    return model.Invariant("", expectation, callers, actions, keys, when, excluded)


def _read_allowance(sentence: tree.Sentence, names: DeclaredNames) -> model.Invariant:
    """What may be gained, as the requests of an invariant. What callers may gain, their federated sessions may: they
    act with a part of their permissions."""
    callers = read_some_callers(sentence.callers, names)
    return _read_requests(
        sentence, model.CallersOr((callers, model.IssuedBy(callers))), model.Expectation.REFUSED, names
    )


def _read_creation(
    sentence: tree.Sentence,
    creation: tree.Creation,
    callers: model.CallerSet,
    expectation: model.Expectation,
    names: DeclaredNames,
) -> model.Invariant:
    """`can create a grant …`: an invariant about `kms:CreateGrant` and what its request says of the grant."""
    actions = (Text(_CREATE_GRANT, names.findings.source.span(creation.start, creation.end)),)
    keys = read_keys(sentence.what.keys, names)
    operations = read_creation_operations(creation, names)
    when = _when(sentence.circumstance, sentence.form, names)
    parts = tuple(part for part in (operations, when) if part != model.ALWAYS)
    grantees, retiring = read_grantees(creation.grantees, names), read_grantees(creation.retiring, names)
    joined = parts[0] if len(parts) == 1 else model.ConditionAnd(parts)
    return model.Invariant("", expectation, callers, actions, keys, joined, grantees=grantees, retiring=retiring)


def _expectation(sentence: tree.Sentence, names: DeclaredNames) -> model.Expectation:
    if sentence.form is tree.SentenceForm.CAN:
        hint = "write `can always`, `can … only when …`, or begin with `no` or `only`"
        message = "the sentence does not say what must hold: that they can, or only sometimes?"
        names.findings.error(sentence.start, sentence.end, message, hint=hint)
    return model.Expectation.ALLOWED if sentence.form is tree.SentenceForm.ALWAYS else model.Expectation.REFUSED


def _callers_in_question(sentence: tree.Sentence, names: DeclaredNames) -> model.CallerSet:
    """`only CALLERS can` is about all the others, service principals included, but for the federated sessions that
    those callers issue."""
    callers = read_callers(sentence.callers, names)
    others = model.CallersNot(model.CallersOr((callers, model.IssuedBy(callers))))
    in_question = others if sentence.form is tree.SentenceForm.ONLY else callers
    if is_empty(in_question):
        node = sentence.callers
        everyone = "these are all the callers there are, so nothing would be checked"
        message = everyone if sentence.form is tree.SentenceForm.ONLY else "there is no such caller"
        names.findings.error(node.start, node.end, message, rule="S3")
    return in_question


def _when(
    circumstance: tree.Circumstance | None, form: tree.SentenceForm, names: DeclaredNames
) -> model.ConditionExpression:
    if circumstance is None:
        return model.ALWAYS
    condition = read_condition(circumstance.condition, names)
    return model.ConditionNot(condition) if circumstance.unless or form is tree.SentenceForm.ONLY_WHEN else condition


def _read_use(use: tree.Use, names: DeclaredNames) -> AnyInvariant:
    arguments = tuple(_argument(word, names) for word in use.arguments)
    invariant: AnyInvariant
    try:
        invariant = instantiate(use.name.value, arguments)
    except BuiltinError as error:
        names.error(use.name if error.argument is None else use.arguments[error.argument], error.message, error.hint)
        invariant = model.Invariant("", model.Expectation.REFUSED, model.AnyCaller(), (), None)
    return replace(invariant, keys=read_keys(use.keys, names))


def _argument(word: tree.WrittenWord, names: DeclaredNames) -> str:
    """An argument; a declared account or organization is replaced by what it stands for."""
    meaning = None if word.quoted else names.scopes.get(word.value)
    match meaning:
        case model.InAccount():
            return meaning.account
        case model.InOrganization():
            return meaning.organization
        case _:
            return word.value
