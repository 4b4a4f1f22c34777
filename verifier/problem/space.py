"""The space of requests for one target: its attributes, and how condition keys are read off them.

In: the estate and a target (a key, an alias, or no resource). Out: `Space.view(key)` for condition keys; callers as predicates on one
attribute. Guarantee: keys that follow from the caller or the key (F1, F2, F8) are never attributes of their own, so that they
cannot disagree with it.
"""

from __future__ import annotations

from collections.abc import Callable, ItemsView, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from verifier.model.estate import Estate, Key
from verifier.model.policy import StatementRef
from verifier.model.reference import KeyFacts, actions, key_facts
from verifier.problem.domains import Attribute, action_names, context_attribute, issuers, principals, user_ids
from verifier.problem.expression import (
    FALSE,
    TRUE,
    Expression,
    Present,
    Some,
    Symbol,
    Test,
    both,
    constant,
    disjunction,
    either,
    negation,
)
from verifier.problem.predicates import (
    ANY,
    COLON,
    SLASH,
    Compares,
    Field,
    OneOf,
    Predicate,
    Token,
    Tokens,
    exactly,
    like_tokens,
    literal_tokens,
    split_tokens,
    within,
)
from verifier.problem.tables import Unsuitable, instant_text
from verifier.problem.values import Template


class TargetKind(Enum):
    """What a request is about (R4)."""

    KEY = "key"
    ALIAS = "alias"
    NONE = "operations without a key"


@dataclass(frozen=True)
class Target:
    """The resource of the requests in question. `account` and `region` are `None` where the request decides them (D9)."""

    kind: TargetKind
    partition: str
    account: str | None = None
    region: str | None = None
    resource: str | None = None
    key: Key | None = None


def key_target(key: Key) -> Target:
    """The requests on one key."""
    return Target(TargetKind.KEY, key.partition, key.account, key.region, key.arn, key)


Values = Mapping[str, str | tuple[str, ...] | None]
"""Concrete values of attributes; `None` is absent."""


@dataclass(frozen=True)
class View:
    """A single-valued condition key: its presence, tests on it, and its concrete value given those of the attributes `bases`."""

    name: str
    present: Expression
    test: Callable[[Predicate], Expression]
    value: Callable[[Values], str | None]
    bases: tuple[str, ...]
    fixed: str | None = None


@dataclass(frozen=True)
class SetView:
    """A multi-valued condition key. `some(predicates, inside)` is true iff some value is inside (outside) their union."""

    name: str
    present: Expression
    some: Callable[[frozenset[Predicate], bool], Expression]


@dataclass(frozen=True)
class Variants:
    """An encryption-context key whose pair may stand under several spellings of its name (F7): a condition holds iff it holds of one of
    the views whose guard is true. `merged` is the value where a single one is wanted."""

    name: str
    present: Expression
    alternatives: tuple[tuple[Expression, View], ...]
    merged: View


def fixed_view(name: str, value: str | None) -> View:
    """A key whose value is known: `None` for one that is known to be absent."""
    if value is None:
        return View(name, FALSE, lambda predicate: FALSE, lambda values: None, ())

    def test(predicate: Predicate) -> Expression:
        try:
            return constant(predicate.matches(value))
        except (ArithmeticError, ValueError) as error:
            raise Unsuitable(name) from error

    return View(name, TRUE, test, lambda values: value, (), value)


@dataclass
class Relation:
    """A comparison between attributes, by a policy variable: the symbol is true iff `holds` of the concrete values is.

    `pair` names two views when the comparison is their plain equality (without case if `fold`). `patterns` gives, for a comparison
    with one variable, the predicate on the subject for a value of it. `shape` holds every subject that can satisfy the comparison;
    `expected` gives the predicate on the subject for values of all variables.
    """

    symbol: str
    views: tuple[View, ...]
    holds: Callable[[Values, Mapping[str, bool]], bool]
    pair: tuple[View, View] | None = None
    fold: bool = False
    patterns: Callable[[str], Predicate | None] | None = None
    shape: Tokens | None = None
    like: Template | None = None
    """The template that the subject is compared with, for a comparison by `StringLike`."""
    expected: Callable[[Sequence[str]], Predicate | None] | None = None


FACT_FIELDS = {
    "kms:keyspec": 0,
    "kms:customermasterkeyspec": 0,
    "kms:keyusage": 1,
    "kms:customermasterkeyusage": 1,
    "kms:keyorigin": 2,
    "kms:multiregionkeytype": 3,
    "kms:multiregion": 4,
}
"""Condition keys that are facts of the key (F8), by their place in a value of the attribute `facts`."""


PAIR_PREFIX = "kms:encryptioncontext:"
OTHER_SPELLING = "#other spelling"


def pair_attribute(spelling: str | None, name: str = "") -> str:
    """The attribute of the pair of the encryption context with exactly this spelling of its name, or with a spelling of `name` that no
    policy uses."""
    return PAIR_PREFIX + spelling[len(PAIR_PREFIX) :] if spelling is not None else name + OTHER_SPELLING


@dataclass
class Space:
    """The attributes of requests on one target. Attributes come into being when something asks for them.

    `asked` holds the predicates put to each view, `questions` those put to each attribute (see `problem.question`); `owners` are the
    statements, by number, and `owner_actions` the actions that they are about; `unsupported` says of a symbol which comparison it
    stands for; `notes` are condition keys that the data does not know; `pair_names` lists, by lower-case name, the spellings under
    which policies ask for pairs of the encryption context (F7).
    """

    estate: Estate
    target: Target
    attributes: dict[str, Attribute] = field(default_factory=dict)
    relations: dict[str, Relation] = field(default_factory=dict)
    owners: list[StatementRef] = field(default_factory=list)
    owner_actions: list[Expression] = field(default_factory=list)
    unsupported: dict[str, str] = field(default_factory=dict)
    asked: dict[str, dict[Predicate, None]] = field(default_factory=dict)
    questions: dict[str, dict[Predicate, None]] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)
    spellings: dict[str, str] = field(default_factory=dict)
    pair_names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    _views: dict[tuple[str, bool], View | SetView] = field(default_factory=dict)

    def __post_init__(self) -> None:
        known = [a.name for a in actions() if self._fits(a.resources)]
        for attribute in (principals(self.target.partition), action_names([name.lower() for name in known])):
            self.attributes[attribute.name] = attribute
        self.known_actions = frozenset(known)
        if self.target.key is not None:
            self.attributes["facts"] = Attribute("facts", values=tuple(facts_text(f) for f in consistent(self.target.key)), optional=False)

    def _fits(self, resources: frozenset[str]) -> bool:
        return {TargetKind.KEY: "key" in resources, TargetKind.ALIAS: "alias" in resources, TargetKind.NONE: not resources}[
            self.target.kind
        ]

    # -- callers --

    def principal(self, predicate: Predicate) -> Expression:
        """The callers whose `aws:PrincipalArn`, or service name, satisfies a predicate."""
        return Test("principal", predicate)

    def _arn(self, text: str) -> Expression:
        return self.principal(Tokens(like_tokens(text)))

    @property
    def is_service(self) -> Expression:
        """Service principals (R2)."""
        return negation(self._arn("arn:*"))

    @property
    def is_user(self) -> Expression:
        """IAM users."""
        return self._arn("arn:*:user/*")

    @property
    def is_role(self) -> Expression:
        """Role sessions."""
        return self._arn("arn:*:role/*")

    @property
    def is_service_linked(self) -> Expression:
        """Sessions of service-linked roles."""
        return self._arn("arn:*:role/aws-service-role/*")

    @property
    def is_root(self) -> Expression:
        """Root users."""
        return self._arn("arn:*:root")

    @property
    def is_federated(self) -> Expression:
        """Federated-user sessions."""
        return self._arn("arn:*:federated-user/*")

    def in_account(self, account: str) -> Expression:
        """The callers of an account: never a service principal."""
        return self._arn(f"arn:*:*::{account}:*")

    def one_of(self, arns: frozenset[str]) -> Expression:
        """The callers with one of these principal ARNs."""
        return self.principal(OneOf(arns)) if arns else FALSE

    def session_named(self, tokens: tuple[Token, ...]) -> Expression:
        """The role sessions whose session name matches."""
        return Test(self._known("userid"), Tokens((*literal_tokens("AROA"), (True, ANY.without(COLON)), *literal_tokens(":"), *tokens)))

    def role_named(self, account: tuple[Token, ...], name: tuple[Token, ...]) -> Expression:
        """The sessions of roles in a matching account whose name, without the path, matches."""
        return self._last_component("role/", account, name)

    def _last_component(self, kind: str, account: tuple[Token, ...], name: tuple[Token, ...]) -> Expression:
        narrow = within(name, SLASH)
        if narrow is None:
            return FALSE
        start = (*literal_tokens(f"arn:{self.target.partition}:iam::"), *account, *literal_tokens(f":{kind}"))
        return either(
            self.principal(Tokens((*start, *narrow))),
            self.principal(Tokens((*start, (True, ANY), *literal_tokens("/"), *narrow))),
        )

    def federated_by(self, user_arn: str) -> Expression:
        """The federated sessions that a user issued."""
        account, resource = user_arn.split(":", 5)[4:]
        return both(self.is_federated, self.in_account(account), self.issuer(exactly(resource)))

    def issuer(self, predicate: Predicate) -> Expression:
        """The federated sessions whose issuer satisfies a predicate: `root`, or `user/…`."""
        return Test(self._known("issuer"), predicate)

    @property
    def issued_by_user(self) -> Expression:
        """The federated sessions that some user issued, not the root user."""
        return both(self.is_federated, self.issuer(Tokens(like_tokens("user/*"))))

    def _known(self, name: str) -> str:
        if name not in self.attributes:
            if name == "userid":
                self.attributes[name] = user_ids()
            elif name == "issuer":
                self.attributes[name] = issuers()
            else:
                self.attributes[name] = context_attribute(name, self.target.partition, self.target.region)
        return name

    def has_service_value(self) -> Expression:
        """Where a service principal's request carries the keys of the reading F1-service."""
        return both(self.is_service, Symbol("F1-service"))

    # -- condition keys --

    def view(self, key: str, in_key_policy: bool = False) -> View | SetView:
        """A condition key, whatever its case (L3). In a key policy the keys of F8 may read as absent."""
        name = key.lower()
        self.spellings.setdefault(name, key)
        narrowed = in_key_policy and (name == "kms:resourcealiases" or name.startswith("aws:resourcetag/"))
        if (name, narrowed) not in self._views:
            found = self._build(name, key)
            self._views[name, narrowed] = _readable_under(found, Symbol("F8")) if narrowed else found
        return self._views[name, narrowed]

    def variants(self, key: str) -> Variants:
        """The pair of the encryption context that a condition key names (F7)."""
        name = key.lower()
        key = PAIR_PREFIX + key[len(PAIR_PREFIX) :]
        spellings = self.pair_names.get(name, (key,))
        exact = {spelling: self.attribute_view(pair_attribute(spelling)) for spelling in spellings}
        other = self.attribute_view(pair_attribute(None, name))
        views = [*exact.values(), other]
        own = exact.get(key, other)
        # Under the other reading a condition reads the pair that is spelled as it writes the name, if there is one.
        choose_any = either(Symbol("F7"), negation(own.present))
        alternatives = tuple((TRUE if view is own else choose_any, view) for view in views)

        def value(values: Values) -> str | None:
            return next((found for found in (own.value(values), *(view.value(values) for view in views)) if found is not None), None)

        def test(predicate: Predicate) -> Expression:
            return disjunction(both(guard, view.test(predicate)) for guard, view in alternatives)

        present = disjunction(view.present for view in views)
        merged = View(f"pair {key}", present, test, value, tuple(base for view in views for base in view.bases))
        return Variants(name, present, alternatives, merged)

    def views(self) -> ItemsView[tuple[str, bool], View | SetView]:
        """The views made so far, by name, and whether they are narrowed for a key policy."""
        return self._views.items()

    def ask(self, view: View, predicate: Predicate) -> Expression:
        """A test on a view, remembered for the relations that share it."""
        self.asked.setdefault(view.name, {})[predicate] = None
        return view.test(predicate)

    def single(self, key: str, in_key_policy: bool) -> View | None:
        """A condition key where a single value is wanted (L7); `None` for a multi-valued key."""
        if key.lower().startswith(PAIR_PREFIX):
            return self.variants(key).merged
        view = self.view(key, in_key_policy)
        return view if isinstance(view, View) else None

    def attribute_view(self, name: str) -> View:
        """A key that is an attribute of its own."""
        self._known(name)

        def value(values: Values) -> str | None:
            found = values.get(name)
            return found if isinstance(found, str) else None

        present = Present(name) if self.attributes[name].optional else TRUE
        return View(name, present, lambda predicate: Test(name, predicate), value, (name,))

    def set_view(self, name: str) -> SetView:
        """A multi-valued key that is an attribute of its own."""
        self._known(name)
        return SetView(name, Present(name), lambda predicates, inside: Some(name, predicates, inside))

    def _build(self, name: str, key: str) -> View | SetView:
        builder = _DERIVED.get(name)
        if builder is not None:
            return builder(self)
        if name in FACT_FIELDS:
            return self._fact(name)
        if name.startswith("aws:resourcetag/"):
            return self._resource_tag(name)
        if name == "kms:resourcealiases":
            return self._resource_aliases()
        self._known(name)
        return self.set_view(name) if self.attributes[name].multivalued else self.attribute_view(name)

    def _fact(self, name: str) -> View:
        if self.target.kind is TargetKind.ALIAS:
            return fixed_view(name, None)
        if "facts" not in self.attributes:
            self.attributes["facts"] = Attribute("facts", values=tuple(facts_text(f) for f in key_facts()))
        index = FACT_FIELDS[name]

        def value(values: Values) -> str | None:
            facts = values.get("facts")
            return (facts.split("|")[index] or None) if isinstance(facts, str) else None

        present = Test("facts", Field(index, Tokens(((True, ANY),))))
        return View(name, present, lambda predicate: Test("facts", Field(index, predicate)), value, ("facts",))

    def _resource_tag(self, name: str) -> View:
        key = self.target.key
        if key is None:
            return fixed_view(name, None)
        if key.tags is None:
            return self.attribute_view(name)
        wanted = name.removeprefix("aws:resourcetag/")
        return fixed_view(name, next((value for tag, value in key.tags if tag.lower() == wanted), None))

    def _resource_aliases(self) -> SetView:
        key = self.target.key
        if key is not None and key.aliases is None:
            return self.set_view("kms:resourcealiases")
        aliases = key.aliases if key is not None and key.aliases else ()

        def some(predicates: frozenset[Predicate], inside: bool) -> Expression:
            return constant(any(any(p.matches(a) for p in predicates) == inside for a in aliases))

        return SetView("kms:resourcealiases", constant(bool(aliases)), some)

    # -- keys about the caller --

    def _principal_arn(self) -> View:
        return self._caller_view("aws:principalarn", self.principal, lambda arn: arn)

    def _account(self, name: str) -> View:
        def test(predicate: Predicate) -> Expression:
            return disjunction(self.account_matching(tokens) for tokens in as_tokens(predicate, name))

        return self._caller_view(name, test, lambda arn: arn.split(":")[4])

    def account_matching(self, tokens: Tokens) -> Expression:
        """The callers whose account matches."""
        narrow = within(tokens.tokens, COLON)
        if narrow is None:
            return FALSE
        start = (*literal_tokens(f"arn:{self.target.partition}:"), (True, ANY.without(COLON)), *literal_tokens("::"))
        return self.principal(Tokens((*start, *narrow, *literal_tokens(":"), (True, ANY))))

    def _caller_view(self, name: str, test: Callable[[Predicate], Expression], read: Callable[[str], str]) -> View:
        """A key that every caller but a service principal carries, and a service principal by the reading F1-service."""
        service = self.attribute_view(name + "#service")

        def whole(predicate: Predicate) -> Expression:
            of_service = both(self.has_service_value(), service.test(predicate))
            return either(both(negation(self.is_service), test(predicate)), of_service)

        def value(values: Values) -> str | None:
            caller = values.get("principal")
            assert isinstance(caller, str)
            return read(caller) if caller.startswith("arn:") else service.value(values)

        present = either(negation(self.is_service), both(self.has_service_value(), service.present))
        return View(name, present, whole, value, ("principal", service.name))

    def _principal_type(self) -> View:
        kinds = {
            "Account": self.is_root,
            "User": self.is_user,
            "AssumedRole": self.is_role,
            "FederatedUser": self.is_federated,
        }

        def test(predicate: Predicate) -> Expression:
            return disjunction(kind for name, kind in kinds.items() if matches_text(predicate, name))

        return self._caller_view("aws:principaltype", test, principal_type)

    def _user_name(self) -> View:
        def test(predicate: Predicate) -> Expression:
            account = like_tokens("*", excluded=COLON)
            return disjunction(self._last_component("user/", account, tokens.tokens) for tokens in as_tokens(predicate, "aws:username"))

        def value(values: Values) -> str | None:
            caller = values.get("principal")
            assert isinstance(caller, str)
            return caller.rsplit("/", 1)[1] if ":user/" in caller else None

        return View("aws:username", self.is_user, test, value, ("principal",))

    def _user_id(self) -> View:
        own = self.attribute_view("userid")

        def test(predicate: Predicate) -> Expression:
            parts = [both(either(self.is_user, self.is_role), own.test(predicate))]
            for tokens in as_tokens(predicate, "aws:userid"):
                parts.append(both(self.is_root, self.account_matching(tokens)))
                parts += [self._federated_id(left, right) for left, right in split_tokens(tokens.tokens, ":")]
            return disjunction(parts)

        def read(values: Values) -> str:
            caller = values.get("principal")
            assert isinstance(caller, str)
            account = caller.split(":")[4]
            if caller.endswith(":root"):
                return account
            return f"{account}:{caller.rsplit('/', 1)[1]}" if ":federated-user/" in caller else own.value(values) or ""

        view = self._caller_view("aws:userid", test, lambda arn: arn)

        def value(values: Values) -> str | None:
            return read(values) if str(values.get("principal")).startswith("arn:") else view.value(values)

        return View("aws:userid", view.present, view.test, value, ("principal", "userid", *view.bases))

    def _federated_id(self, account: tuple[Token, ...], name: tuple[Token, ...]) -> Expression:
        start = literal_tokens(f"arn:{self.target.partition}:sts::")
        return self.principal(Tokens((*start, *account, *literal_tokens(":federated-user/"), *name)))

    def _is_aws_service(self) -> View:
        def test(predicate: Predicate) -> Expression:
            cases = (("true", self.is_service), ("false", negation(self.is_service)))
            return disjunction(kind for text, kind in cases if matches_text(predicate, text))

        def value(values: Values) -> str | None:
            return "false" if str(values.get("principal")).startswith("arn:") else "true"

        return View("aws:principalisawsservice", TRUE, test, value, ("principal",))

    def _service_name(self) -> View:
        def test(predicate: Predicate) -> Expression:
            return both(self.is_service, self.principal(predicate))

        def value(values: Values) -> str | None:
            caller = str(values.get("principal"))
            return None if caller.startswith("arn:") else caller

        return View("aws:principalservicename", self.is_service, test, value, ("principal",))

    def _caller_account_key(self) -> View:
        account = self._account("kms:calleraccount")
        if self.target.kind is TargetKind.KEY:
            return account
        return _carried(account, either(Symbol("F1-keyless"), acts(KEY_STORE_ACTIONS)))

    # -- keys about the target and the time --

    def _resource_account(self) -> View:
        if self.target.kind is TargetKind.KEY:
            return fixed_view("aws:resourceaccount", self.target.account)
        return _carried(self._account("aws:resourceaccount"), Symbol("F1-keyless"))

    def _requested_region(self) -> View:
        if self.target.region is not None:
            return fixed_view("aws:requestedregion", self.target.region)
        self.attributes.setdefault("region", _required(context_attribute("region", self.target.partition, None)))
        return self.attribute_view("region")

    def _time(self, name: str, text: Callable[[str], str]) -> View:
        self.attributes.setdefault("time", _required(context_attribute("aws:epochtime", self.target.partition, None), "time"))

        def test(predicate: Predicate) -> Expression:
            if not isinstance(predicate, Compares):
                raise Unsuitable(name)
            return Test("time", predicate)

        def value(values: Values) -> str | None:
            seconds = values.get("time")
            return text(seconds) if isinstance(seconds, str) else None

        return View(name, TRUE, test, value, ("time",))


def _required(attribute: Attribute, name: str | None = None) -> Attribute:
    return Attribute(
        name or attribute.name, attribute.domain, attribute.values, attribute.line, attribute.address, False, attribute.multivalued
    )


KEY_STORE_ACTIONS = frozenset(
    f"kms:{verb}CustomKeyStore{plural}"
    for verb, plural in (("Connect", ""), ("Create", ""), ("Delete", ""), ("Describe", "s"), ("Disconnect", ""), ("Update", ""))
)
"""Operations on custom key stores, which carry `kms:CallerAccount` (F1)."""


def _carried(view: View, where: Expression) -> View:
    """A key that is there only in some requests."""
    return View(view.name, both(where, view.present), lambda p: both(where, view.test(p)), view.value, view.bases)


def _readable_under(view: View | SetView, reading: Expression) -> View | SetView:
    """A key that is there only under a reading (F8)."""
    if isinstance(view, SetView):
        some = view.some
        return SetView(view.name, both(reading, view.present), lambda predicates, inside: both(reading, some(predicates, inside)))
    test = view.test
    return View(view.name + "#F8", both(reading, view.present), lambda p: both(reading, test(p)), view.value, view.bases, None)


def matches_text(predicate: Predicate, text: str) -> bool:
    """Whether one text satisfies a predicate; raises `Unsuitable` for a predicate on other things than text."""
    if isinstance(predicate, Tokens | OneOf):
        return predicate.matches(text)
    raise Unsuitable(text)


def as_tokens(predicate: Predicate, name: str) -> tuple[Tokens, ...]:
    """A predicate on text as a union of token sequences; raises `Unsuitable` for others. A number stands for an account."""
    if isinstance(predicate, Tokens):
        return (predicate,)
    if isinstance(predicate, OneOf):
        return tuple(exactly(value) for value in sorted(predicate.values))
    raise Unsuitable(name)


def acts(names: Iterable[str]) -> Expression:
    """The action is one of these. The attribute holds actions in lower case, since IAM compares them so (L3)."""
    return Test("action", OneOf(frozenset(name.lower() for name in names)))


def principal_type(arn: str) -> str:
    """The value of `aws:PrincipalType` for a principal ARN (F1)."""
    if arn.endswith(":root"):
        return "Account"
    return {"user": "User", "role": "AssumedRole", "federated-user": "FederatedUser"}[arn.split(":", 5)[5].split("/", 1)[0]]


def facts_text(facts: KeyFacts) -> str:
    """Key facts as one value of the attribute `facts` (see `FACT_FIELDS`)."""
    kind = facts.multi_region_type
    return "|".join((facts.spec, facts.usage, facts.origin, kind or "", "true" if kind else "false"))


def facts_of_text(text: str) -> KeyFacts:
    """The key facts that a value of the attribute `facts` stands for."""
    spec, usage, origin, kind, _ = text.split("|")
    return KeyFacts(spec, usage, origin, kind or None)


def consistent(key: Key) -> tuple[KeyFacts, ...]:
    """The combinations of facts that agree with what is given of a key (U3). A key ID tells whether the key is multi-Region (L9)."""
    multi_region = key.multi_region if key.multi_region is not None else ":key/mrk-" in key.arn
    return tuple(
        facts
        for facts in key_facts()
        if key.spec in (None, facts.spec)
        and key.usage in (None, facts.usage)
        and key.origin in (None, facts.origin)
        and multi_region == (facts.multi_region_type is not None)
        and key.multi_region_type in (None, facts.multi_region_type)
    )


_DERIVED: dict[str, Callable[[Space], View | SetView]] = {
    "aws:principalarn": Space._principal_arn,
    "aws:principalaccount": lambda space: space._account("aws:principalaccount"),
    "kms:calleraccount": Space._caller_account_key,
    "aws:principaltype": Space._principal_type,
    "aws:username": Space._user_name,
    "aws:userid": Space._user_id,
    "aws:principalisawsservice": Space._is_aws_service,
    "aws:principalservicename": Space._service_name,
    "aws:resourceaccount": Space._resource_account,
    "aws:requestedregion": Space._requested_region,
    "aws:securetransport": lambda space: fixed_view("aws:securetransport", "true"),
    "aws:currenttime": lambda space: space._time("aws:currenttime", instant_text),
    "aws:epochtime": lambda space: space._time("aws:epochtime", lambda seconds: seconds),
}
"""The condition keys that follow from the caller, the key or the moment (F1, F2, F5)."""
