"""A third reading of the decision, for the tests alone: read off IAM's evaluation flow chart and the pages of the KMS
guide.

In: an estate, a request, values of symbols. Out: allowed, refused, or `None` where what is not given decides.
Guarantee: written without a look at the two rooms, and shares no helper with them.
Pages: IAM User Guide, reference_policies_* (the chart in -evaluation-logic), access_policies_boundaries,
id_session-tags; KMS Developer Guide, key-policies, grants, create-grant-overview, grant-manage, conditions-kms,
kms-vpc-endpoint.
"""

from __future__ import annotations

import base64
import ipaddress
import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal

from verifier.model import reference
from verifier.model.estate import Estate, Key
from verifier.model.grant import Grant, Pairs
from verifier.model.policy import Condition, Effect, Policy, PolicyKind, Principal, PrincipalType, Statement, Text
from verifier.model.readings import READINGS
from verifier.model.request import CallerKind, Request
from verifier.model.symbols import OUTSIDE_ALLOW, OUTSIDE_DENY, SESSION_ALLOW, NotResourceStatement
from verifier.model.unmodelled import Influence, Unmodelled

Truth = bool | None  # `None`: not known
Values = tuple[str, ...]
# what a condition key may hold, `()` where it is absent; `None` where nothing is known
Worlds = tuple[Values, ...] | None
# what a text may stand for, as regular expressions, `None` for a variable without a value
Patterns = tuple[str | None, ...] | None
ABSENT: Worlds = ((),)
FACTS_OF_KEYS = re.compile("kms:(key(spec|usage|origin)|customermasterkey(spec|usage)|multiregion(keytype)?)")
PAIR, SYMMETRIC = "kms:encryptioncontext:", "SYMMETRIC_DEFAULT"
FOR_EVERY_SPEC = {
    "kms:keyorigin": "AWS_KMS",
    "kms:multiregion": "false",
    "kms:messagetype": "RAW",
    "kms:policyname": "default",
}
DEFAULTS = {
    **FOR_EVERY_SPEC,
    "kms:keyspec": SYMMETRIC,
    "kms:keyusage": "ENCRYPT_DECRYPT",
    "kms:encryptionalgorithm": SYMMETRIC,
}
NAMING = {PolicyKind.KEY: "P6", PolicyKind.ENDPOINT: "P6-endpoint"}
FOR_IDENTITIES = (PolicyKind.IDENTITY, PolicyKind.BOUNDARY, PolicyKind.SESSION)
KEY_STORES = re.compile("kms:(Create|Delete|Update|Connect|Disconnect|Describe)CustomKeyStores?")
VARIABLE = re.compile(r"\$\{(?:([*?$])|([^,'}]+?)\s*(?:,\s*'([^']*)'\s*)?)\}")
# what nobody can do to AWS managed keys [concepts, enabling-keys, editing-keys, tagging-keys]
OF_CUSTOMERS = re.compile(
    "kms:(PutKeyPolicy|(Unt|T)agResource|(En|Dis)ableKey(Rotation)?|RotateKeyOnDemand|(ScheduleKey|CancelKey)Deletion|UpdateKeyDescription"
    "|(Create|Update)Alias|(Import|DeleteImported)KeyMaterial|ReplicateKey|UpdatePrimaryRegion)"
)
ORDERS: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "LessThanEquals": operator.le,
}
ORDERS |= {"GreaterThan": operator.gt, "GreaterThanEquals": operator.ge}
COUNTED = {
    "aws:epochtime",
    "kms:validto",
    *(k.name.lower() for k in reference.condition_keys() if k.type is reference.ValueType.NUMERIC),
}
DIRECT, LIMITED, EVERYBODY, ACCOUNT = EVERY_WAY = ("direct", "limited", "everybody", "account")
"""How a statement names a caller: itself; so that a boundary and a session policy limit it; with everybody; by its
account, or provider."""


def decide(estate: Estate, request: Request, symbols: Mapping[str, bool]) -> Truth:
    """Whether the request is allowed; `None` where it turns on a symbol that has no value, or on a fact that is not
    given."""
    return _Question(estate, request, symbols).allowed()


def decisions(estate: Estate, request: Request, symbols: Mapping[str, bool]) -> set[Truth]:
    """What is decided under every value of the symbols that have none and matter."""
    question = _Question(estate, request, symbols)
    found = question.allowed()
    if found is not None or not question.missed:
        return {found}
    tried = next(iter(question.missed))
    return decisions(estate, request, {**symbols, tried: True}) | decisions(estate, request, {**symbols, tried: False})


def _all(truths: Iterable[Truth]) -> Truth:
    result: Truth = True
    for truth in truths:
        if truth is False:
            return False
        result = None if truth is None else result
    return result


def _not(truth: Truth) -> Truth:
    return None if truth is None else not truth


def _any(truths: Iterable[Truth]) -> Truth:
    return _not(_all(map(_not, truths)))


def _same(truths: Iterable[Truth]) -> Truth:
    """What is true in every world alike."""
    return next(iter(found)) if len(found := set(truths)) == 1 else None


def _only(value: str | None) -> Worlds:
    return ABSENT if value is None else ((value,),)


def _pattern(text: str) -> str:
    return re.escape(text).replace(r"\*", ".*").replace(r"\?", ".")


def _fits(pattern: str, text: str) -> bool:
    return re.fullmatch(pattern, text, re.DOTALL) is not None


def _caseless(text: str) -> str:
    """Letters of ASCII in small ones; others as Unicode folds their case, where that is one other such letter (L3)."""
    folds = ((one, one.lower() if one.isascii() else one.casefold()) for one in text)
    return "".join(fold if len(fold) == 1 and fold.isascii() == one.isascii() else one for one, fold in folds)


def _arn_fits(pattern: str, text: str, fields: int = 6) -> bool:
    """Field by field; the sixth may hold colons."""
    wanted, found = pattern.split(":", 5), text.split(":", 5)
    return len(wanted) == 6 == len(found) and all(map(_fits, wanted[:fields], found[:fields]))


class _Question:
    """One request, with everything that is looked up for it."""

    def __init__(self, estate: Estate, request: Request, symbols: Mapping[str, bool]) -> None:
        self.estate, self.request, self.symbols = estate, request, symbols
        self.missed: dict[str, None] = {}
        self.caller, self.resource, self.action = request.caller, request.resource, request.action
        self.kind, self.account = self.caller.kind, self.caller.account
        self.service, self.federated, self.root = (self.kind.name == name for name in ("SERVICE", "FEDERATED", "ROOT"))
        self.known_action = known = reference.action(request.action)
        self.creates, self.grantable = (
            known is None or known.name == "kms:CreateKey",
            known is not None and known.grant_operation,
        )
        self.key = next((key for key in estate.keys if key.arn == self.resource), None)
        self.managed = self.key is not None and self.key.manager == "AWS"
        self.owner = self.resource.split(":")[4] if self.resource else None
        self.given: dict[str, Values] = {}
        self.pairs: dict[str, str] = {}
        for name, value in request.context:
            self.given[name.lower()] = values = (value,) if isinstance(value, str) else tuple(value)
            if name.lower().startswith(PAIR) and values:
                self.pairs[name[len(PAIR) :]] = values[0]
        signs = self.given.get("kms:keyusage", ("ENCRYPT_DECRYPT",)) != ("ENCRYPT_DECRYPT",)
        spec = (self.key and self.key.spec) or "".join(
            self.given.get("kms:keyspec", () if self.key or signs else (SYMMETRIC,))
        )
        defaults = (DEFAULTS if spec == SYMMETRIC else FOR_EVERY_SPEC).items()
        self.given = {
            name: (value,) for name, value in defaults if name in getattr(self.known_action, "condition_keys", ())
        } | self.given
        self.endpoint = self.given.get("aws:sourcevpce", ("",))[0]
        self.subject = self.caller.issuer if self.federated else self.caller.principal_arn  # whose permissions it has
        self.identity = next((identity for identity in estate.identities if identity.arn == self.subject), None)
        self.by_root = self.root or (self.federated and str(self.subject).endswith(":root"))
        inventory = next((account for account in estate.accounts if account.id == self.account), None)
        self.free = not (self.service or self.by_root or self.identity or (inventory and inventory.complete))
        self.for_caller = not self.service and self._one("aws:viaawsservice") == "true"

    def symbol(self, name: str) -> Truth:
        if name not in self.symbols:
            self.missed[name] = None
        return self.symbols.get(name)

    def reading(self, label: str) -> Truth:
        return self.symbol(label) if label in READINGS else False

    def _one(self, name: str) -> str | None:
        worlds = self.worlds(name)
        return worlds[0][0] if worlds and worlds[0] else None

    # -- what a request carries (conditions-kms, conditions-aws, reference_policies_condition-keys) --

    def worlds(self, name: str, kind: PolicyKind | None = None) -> Worlds:
        """What a condition key holds, as a policy of a kind sees it."""
        if (name := name.lower()).startswith(PAIR):
            values = [value for pair, value in self.pairs.items() if PAIR + pair.lower() == name]
            return self._readable("F7", _only(values[-1]), _only(values[0])) if values else ABSENT
        found = (self.given[name],) if name in self.given else self._derived(name)
        of = {"aws:resourcetag": "F8", "kms:resourcealiases": "F8-aliases", "lambda:sourcefunctionarn": "F3-lambda"}
        if (label := of.get(name.partition("/")[0])) and kind in (PolicyKind.KEY, PolicyKind.RCP, PolicyKind.ENDPOINT):
            of_endpoint = "" if label == "F3-lambda" else "-endpoint"
            suffix = {PolicyKind.KEY: "", PolicyKind.RCP: "-rcp", PolicyKind.ENDPOINT: of_endpoint}[kind]
            return self._readable(label + suffix, found)
        if self.action.lower() == "kms:retiregrant" and self.key is not None and FACTS_OF_KEYS.fullmatch(name):
            return self._readable("F8-retire", found)
        return found

    def _readable(self, label: str, found: Worlds, otherwise: Worlds = ABSENT) -> Worlds:
        """What is found if the reading holds, else what is otherwise."""
        reading = self.reading(label)
        return otherwise if reading is False else found if reading or found is None else (*found, *(otherwise or ()))

    def _derived(self, name: str) -> Worlds:
        prefix, _, rest = name.partition("/")
        if prefix == "aws:principaltag" and not self.service:
            # The tags of its role, or of the user that issued it, and over them its own. [id_session-tags]
            pairs = (*(self.identity.tags if self.identity else ()), *self.caller.session_tags)
            return _only({tag.lower(): value for tag, value in pairs}.get(rest))
        if prefix == "aws:resourcetag" and self.key is not None:
            return (
                None if self.key.tags is None else _only({tag.lower(): value for tag, value in self.key.tags}.get(rest))
            )
        if prefix == "aws:resourcetag" and self.creates and self.resource is None:
            given = self.given.get(f"aws:requesttag/{rest}")
            return self._readable("F8-create", (given,)) if given else ABSENT
        if name.endswith(("orgid", "orgpaths")):
            return self._organization(name)
        facts = self._facts() | (self._of_key(self.key) if self.key else {})
        if name not in facts and name == "aws:resourceaccount":
            return self._readable("F1-resource", _only(self.account))
        if name not in facts and name == "kms:calleraccount" and self.action.lower() != "kms:listretirablegrants":
            return self._readable("F1-keyless", _only(self.account))
        return self._moment(name) if name in ("aws:currenttime", "aws:epochtime") else facts.get(name, ABSENT)

    def _facts(self) -> dict[str, Worlds]:
        arn, name = self.caller.principal_arn, self.caller.principal_arn.rsplit("/", 1)[-1]
        called = self.given.get("aws:calledvia", ())
        mcp = self.given.get("aws:viaawsmcpservice") == ("true",) or bool(self.given.get("aws:calledviaawsmcp"))
        through = self.given.get("kms:grantisforawsresource") == ("true",) or self.given.get("kms:viaservice")
        via = mcp or ((called or through) and not self.service)
        end = next((end for end in self.estate.endpoints or () if end.id == self.endpoint), None)
        facts: dict[str, Worlds] = {
            "aws:securetransport": _only("true"),
            "aws:principalisawsservice": _only(str(self.service).lower()),
        }
        facts |= {"aws:calledviafirst": (called[:1],), "aws:calledvialast": (called[-1:],)}
        facts["aws:viaawsservice"] = _only(str(bool(via)).lower())
        facts |= {
            "aws:sourcevpc": _only(end.vpc if end else None),
            "aws:vpceaccount": _only(end.account if end else None),
        }
        facts |= {
            "kms:encryptioncontextkeys": (tuple(self.pairs),),
            "aws:viaawsmcpservice": _only("true" if mcp else None),
        }
        if self.resource:
            facts |= {
                "aws:requestedregion": _only(self.resource.split(":")[3]),
                "aws:resourceaccount": _only(self.owner),
            }
        if self.service:
            return facts | {"aws:principalservicename": _only(arn), "aws:principalservicenameslist": _only(arn)}
        types = {"USER": "User", "ROLE": "AssumedRole", "ROOT": "Account", "FEDERATED": "FederatedUser"}
        unique = self.identity.unique_id if self.identity else None
        by_name = "FEDERATED" if name.startswith("aws:") else self.kind.name
        unique = {"ROOT": self.account, "FEDERATED": f"{self.account}:{name}"}.get(by_name, unique)
        facts["aws:userid"] = _only(":".join(filter(None, (unique, self.caller.session)))) if unique else None
        if self.key or KEY_STORES.fullmatch(self.action):
            facts["kms:calleraccount"] = _only(self.account)
        facts |= {"aws:principalarn": _only(arn), "aws:principalaccount": _only(self.account)}
        facts["aws:principaltype"] = _only(types[self.kind.name])
        return facts | {"aws:username": _only(name if self.kind is CallerKind.USER else None)}

    def _moment(self, name: str) -> Worlds:
        other = self.given.get({"aws:currenttime": "aws:epochtime", "aws:epochtime": "aws:currenttime"}[name])
        if not other or (moment := _instant(other[0])) is None:
            return None
        written = datetime.fromtimestamp(float(moment), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return _only(str(moment).removesuffix(".0") if name == "aws:epochtime" else written)

    @staticmethod
    def _of_key(key: Key) -> dict[str, Worlds]:
        several = ":key/mrk-" in key.arn if key.multi_region is None else key.multi_region
        known = {
            "keyspec": key.spec,
            "customermasterkeyspec": key.spec,
            "keyusage": key.usage,
            "customermasterkeyusage": key.usage,
        }
        known |= {
            "keyorigin": key.origin,
            "multiregion": str(several).lower(),
            "multiregionkeytype": key.multi_region_type,
        }
        facts: dict[str, Worlds] = {
            f"kms:{name}": None if value is None else _only(value) for name, value in known.items()
        }
        facts["kms:resourcealiases"] = None if key.aliases is None else (key.aliases,)
        return facts if several else facts | {"kms:multiregionkeytype": ABSENT}

    def _organization(self, name: str) -> Worlds:
        accounts = {"principal": None if self.service else self.account, "resource": self.owner or self.account}
        accounts |= {"vpce": self._one("aws:vpceaccount")}  # what a service says of a source is given
        whose = name.removeprefix("aws:").removesuffix("orgid").removesuffix("orgpaths")
        organization = self.estate.organization
        members = dict(organization.accounts) if organization else {}
        if organization is None or accounts.get(whose) not in members:
            return ABSENT
        path = members[str(accounts[whose])]
        found = _only(organization.id) if name.endswith("orgid") else None if path is None else _only(path)
        label = "F1-resource-org" if name.endswith("orgid") else "F1-resource-paths"
        return found if self.owner or whose != "resource" else self._readable(label, found)

    def texts(self, text: str, policy: Policy, wildcards: str) -> Patterns:
        """What a listed text may stand for, and by which reading with wildcards. [reference_policies_variables]"""
        fixed = _pattern if wildcards else re.escape
        found: list[str | None] = [""]
        place = 0
        for variable in VARIABLE.finditer(text) if policy.variables else ():
            replaced = self._replaced(variable, policy, wildcards)
            if replaced is None:
                return None
            before, place = fixed(text[place : variable.start()]), variable.end()
            found = [None if old is None or new is None else old + before + new for old in found for new in replaced]
        return tuple(None if old is None else old + fixed(text[place:]) for old in found)

    def _replaced(self, variable: re.Match[str], policy: Policy, wildcards: str) -> Patterns:
        literal, name, default = variable.groups()
        if literal is not None:
            return (re.escape(literal),)
        if (worlds := self.worlds(name.strip(), policy.kind)) is None:
            return None
        found: list[str | None] = []
        for world in worlds:
            null = self.reading("L7-empty") if world and not world[0] else not world
            for value in (default,) * (null is not False) + world[:1] * (null is not True):
                special = self.reading(wildcards) if value and wildcards and re.search(r"[*?]", value) else False
                found += [None] if value is None else [re.escape(value)] if special is not True else []
                found += [_pattern(value)] if value and special is not False else []
        return tuple(found)

    def _void(self, statement: Statement, policy: Policy) -> Truth:
        """Whether a listed text that cannot be read makes the whole statement void, by the reading that says so."""
        listed = [
            (one.operator.base.replace("Not", "", 1), text.value) for one in statement.conditions for text in one.values
        ]
        late = {(_kind(base), label) for base, text in listed if (label := _late(base, text, policy.variables)) != ""}
        void = [_all((self.reading(f"C3-{kind}"), label is None or _not(self.reading(label)))) for kind, label in late]
        texts = [one.value for one in statement.resources or ()] + [text for base, text in listed if base[:1] in "SA"]
        named = policy.variables and any(re.search(r"(?i)\$\{\s*aws:username\s*\}", text) for text in texts)
        unnamed = named and self.caller.kind is not CallerKind.USER and self.reading("L7-username")
        return _any((statement.empty_condition and _not(self.reading("L4")), unnamed, *void))

    # -- conditions (reference_policies_elements_condition_operators, -multi-value-conditions) --

    def condition(self, condition: Condition, policy: Policy) -> Truth:
        worlds, operator = self.worlds(condition.key.value, policy.kind), condition.operator
        if worlds is None and not operator.set_operator and not operator.if_exists:
            base = operator.base.replace("Not", "", 1)
            read = [text.value for text in condition.values if _late(base, text.value, False) is not None]
            texts = [self.texts(one, policy, "") if base.startswith(("String", "Arn")) else None for one in read]
            return None if any(set(found or ()) != {None} for found in texts) else base != operator.base
        return None if worlds is None else _same(self._holds(condition, policy, world) for world in worlds)

    def _holds(self, condition: Condition, policy: Policy, values: Values) -> Truth:
        base, prefix, if_exists = condition.operator.base, condition.operator.set_operator, condition.operator.if_exists
        if base == "Null":
            # One page calls an empty string null, as the set operators do; another asks whether the key is there.
            null = self.reading("C1-null") if values == ("",) else not values
            return _any(null if text.value.lower() == "true" else _not(null) for text in condition.values)
        empty, values = values == ("",), tuple(value for value in values if value or not prefix)
        positive = base.replace("Not", "", 1)

        def satisfies(value: str) -> Truth:
            found = _any(self._matches(positive, text, value, policy, condition.key.value) for text in condition.values)
            return found if positive == base else _not(found)

        if not values:
            absent = prefix == "ForAllValues" or if_exists or positive != base
            missing = self.reading("C1-null") if empty else True
            return absent if prefix != "ForAnyValue" else _all((missing, self.reading("C1"))) if if_exists else False
        known = reference.condition_key(condition.key.value)
        if prefix is None and (known.multivalued if known else len(values) > 1):
            compared = self.reading("C2" if positive == base else "C2-not")
            some = _all((compared, _any(map(satisfies, values))))
            every = _any((_not(compared), _all(map(satisfies, values))))
            outside = self.reading("C2-negation") if positive != base and some is not every else False
            return some if some is every or outside is False else every if outside else None
        return (_all if prefix == "ForAllValues" else _any)(map(satisfies, values))

    def _matches(self, base: str, text: Text, value: str, policy: Policy, key: str) -> Truth:
        """Whether one listed text matches one value, by an operator that is not negated."""
        replaced = base == "Bool" and policy.variables and "${" in text.value
        if not replaced and not base.startswith(("String", "Arn")):
            other, by = _besides(base, text.value)
            reads = self.reading(by) if by else False
            listed = (other,) * (reads is not False) + (text.value,) * (reads is not True)
            found = _same(_compare(base, one, value, key.lower() in COUNTED) for one in listed)
            label = base.startswith("Date") and _late(base, text.value)
            return _all((found, not label or self.reading(label)))
        fold, arn = replaced or base.endswith("IgnoreCase"), base.startswith("Arn")
        wild = "L7-wildcards-arn" if arn else "L7-wildcards" if base == "StringLike" else ""

        def fit(listed: str) -> Truth:
            texts, fits = self.texts(listed, policy, wild), _arn_fits if arn else _fits
            return _same(
                one is not None and (fits(_caseless(one), _caseless(value)) if fold else fits(one, value))
                for one in texts or ()
            )

        found = _any((fit(text.value), arn and self._run_on(text.value, fit, "L6-arn")))
        return _all((self.reading("C3-bool"), found, value.lower() in ("true", "false"))) if replaced else found

    def statement(self, statement: Statement, policy: Policy, ways: tuple[str, ...]) -> Truth:
        named = policy.kind not in NAMING or _any(
            truth for way, truth in self.ways(statement, policy.kind) if way in ways
        )
        listed = any(_fits(_pattern(text.value.lower()), self.action.lower()) for text in statement.actions or ())
        if statement.actions is None or statement.resources is None or listed is statement.not_action or named is False:
            return False
        if policy.kind is PolicyKind.KEY and statement.not_resource:
            resource = self.symbol(NotResourceStatement(policy.identity, policy.listed(statement)))
        else:
            resource = _any(self._covers(text.value, policy) for text in statement.resources)
            resource = _not(resource) if statement.not_resource else resource
        deny = statement.effect is Effect.DENY
        hollow = [one for one in statement.conditions if one.operator.is_plain and not one.values]
        conditions = (self.condition(one, policy) for one in statement.conditions if one not in hollow)
        crowded = self.key is not None and (self.key.aliases is None or len(self.key.aliases) > 50)
        named_so = any(one.key.value.lower() == "kms:resourcealiases" for one in statement.conditions)
        within = _not(crowded and named_so and not deny and self.reading("F8-quota"))
        heeded = not hollow or self.reading("L4-list-deny" if deny else "L4-list")
        found = _all((named, resource, _all(conditions), within, heeded))
        found = found if statement.only_if is None else _all((found, self.symbol(statement.only_if)))
        return False if found is False else _all((found, _not(self._void(statement, policy))))

    def _covers(self, text: str, policy: Policy) -> Truth:
        filled = ":".join((*text.split(":", 5), *("*" * 6))[:6]) if policy.kind in FOR_IDENTITIES else text
        further = self._run_on(text, lambda one: self._fits_resource(one, text, policy), "L6")
        return _any((text == "*", self._fits_resource(filled, text, policy), further))

    def _run_on(self, text: str, fits: Callable[[str], Truth], label: str) -> Truth:
        missing, longer = 5 - VARIABLE.sub("", text).count(":"), {text}  # asterisks may run on past colons
        for _ in range(missing):
            longer = {
                f"{one[: end.end()]}:*{one[end.end() :]}" for one in longer for end in re.finditer(r"\*(?=:|$)", one)
            }
        further = missing > 0 and _any(map(fits, longer))
        return further is not False and _all((further, self.reading(label)))

    def _fits_resource(self, filled: str, text: str, policy: Policy) -> Truth:
        start, last = _pattern(filled), self.texts(filled.split(":", 5)[-1], policy, "L7-wildcards-resource")
        partition = "aws" if self.service else self.caller.principal_arn.split(":")[1]
        resource = self.resource or f"arn:{partition}:kms:{self._one('aws:requestedregion') or ''}:{self.account}:"
        resource = f"arn:{partition}:iam::{self.account}:" if self.action == "kms:ListRetirableGrants" else resource
        if not _arn_fits(start, resource, 5):
            return False
        if last is None:
            return None
        if self.resource is not None:
            return _same(one is not None and _fits(one, resource.split(":", 5)[5]) for one in last)
        # No key: all of the account in the Region; what names keys or aliases is open. [kms-api-permissions-reference]
        named = filled.split(":", 5)[5]
        fixed = re.split(r"[*?$]", named)[0]
        if not named.strip("*") or not any(kind[: len(fixed)] == fixed[: len(kind)] for kind in ("key/", "alias/")):
            return set(named) == {"*"}
        label = {"key/*": "D9", "alias/*": "D9-alias"}.get(named, f"D9:{text}")
        literal = "${" in named and not policy.variables
        return _same(one is not None and self.symbol(f"{label}{literal * ' as written'}") for one in last)

    # -- principals (reference_policies_elements_principal, -notprincipal) --

    def ways(self, statement: Statement, by: PolicyKind) -> Iterator[tuple[str, Truth]]:
        """How a statement of a policy with principals names the caller, each way with whether it does."""
        listed = [found for principal in statement.principals or () for found in self._names(principal, by)]
        if statement.not_principal:
            denies = statement.effect is Effect.DENY
            named = self._spared(listed) if denies else self._excepted(listed)
            yield EVERYBODY, False if named is True else _all((_not(named), denies or self.reading("P5-allow")))
            return
        # No boundary limits everybody with a condition on `aws:PrincipalArn`. [reference_policies_elements_principal,
        # IAM role principals]
        operators = [one.operator for one in statement.conditions if one.key.value.lower() == "aws:principalarn"]
        strong = statement.only_if is not None or any(
            one.base.startswith(("Arn", "String")) and "Not" not in one.base and not one.set_operator
            for one in operators
        )
        for way, truth in listed:
            if way is LIMITED and self.federated and truth and statement.effect is Effect.DENY:
                truth = self.reading("P3")
            yield DIRECT if way == "provider" or (way is EVERYBODY and strong) else way, truth

    def _names(self, principal: Principal, by: PolicyKind = PolicyKind.KEY) -> Iterator[tuple[str, Truth]]:
        caller, kind = self.caller, principal.type
        if kind is PrincipalType.ANYONE:
            yield EVERYBODY, True
        elif kind is PrincipalType.ANY_AWS:
            yield EVERYBODY, self.reading("P1") if self.service else True
        elif kind is PrincipalType.SERVICE:
            yield DIRECT, self.service and principal.value == caller.principal_arn
        elif self.service or principal.partition not in (None, caller.principal_arn.split(":")[1]):
            return
        elif kind is PrincipalType.ACCOUNT:
            yield DIRECT if self.kind is CallerKind.ROOT else ACCOUNT, principal.account == self.account
        elif kind is PrincipalType.FEDERATED and self.kind is CallerKind.ROLE:
            trust, names = self.identity and self.identity.trust, ("*", principal.value)
            if not trust or any(
                p.value in names and not p.account for one in trust.statements for p in one.principals or ()
            ):
                yield "provider", _all((self.reading(NAMING[by]), self.symbol(f"F6:provider:{principal.value}")))
        elif kind is PrincipalType.USER and self.federated:
            yield LIMITED, principal.value == caller.issuer
        elif kind is PrincipalType.ROLE and self.kind is CallerKind.ROLE:
            yield LIMITED, principal.value == caller.principal_arn
        elif kind in (PrincipalType.USER, PrincipalType.SESSION, PrincipalType.FEDERATED_USER):
            yield DIRECT, principal.value == caller.arn

    def _excepted(self, listed: list[tuple[str, Truth]]) -> Truth:
        """Whether an Allow with `NotPrincipal` names the caller: itself, or by another ARN (a reading)."""
        itself = _any([truth for way, truth in listed if way in (EVERYBODY, DIRECT, "provider")])
        others = () if itself is True else ((ACCOUNT, "P5-named"), (LIMITED, "P5-named-role"))
        return _any((itself, *(self.reading(label) for way, label in others if (way, True) in listed)))

    def _spared(self, listed: list[tuple[str, Truth]]) -> Truth:
        """Whether a Deny with `NotPrincipal` spares the caller: all of its ARNs are listed, or what is missing does not
        matter (readings)."""
        bounded = self.identity is not None and self.identity.bounded
        if bounded and not self.federated:
            return False
        # the root user's own ARN is the account's
        issued = (self.federated and not self.by_root) or self.kind is CallerKind.ROLE
        needed = {DIRECT: "P5"}
        needed |= {ACCOUNT: "P5-account"} if not self.service and self.kind is not CallerKind.ROOT else {}
        needed |= {LIMITED: "P5-role"} if issued else {}
        ways = [(DIRECT if way == "provider" else way, truth) for way, truth in listed]
        found = {one: _any([truth for way, truth in ways if way in (one, EVERYBODY)]) for one in needed}
        if (some := _any(found.values())) is False:
            return False
        lacking = [_any((truth, self.reading(needed[way]))) for way, truth in found.items() if truth is not True]
        return _all((some, *lacking, not bounded or self.reading("P5-boundary")))

    def applies(self, policies: Iterable[Policy | None], effect: Effect, ways: tuple[str, ...] = EVERY_WAY) -> Truth:
        """Whether some statement applies; where policies name principals, one that names the caller in one of these
        ways."""
        statements = [
            (statement, policy)
            for policy in policies
            if policy
            for statement in policy.statements
            if statement.effect is effect
        ]
        return _any(self.statement(statement, policy, ways) for statement, policy in statements)

    def frame(self) -> tuple[Truth, Truth]:
        """What the frame denies, and whether all of it allows."""
        organization = self.estate.organization
        given = organization.controls if organization and not self.caller.service_linked else ()
        controls = {
            control.account: control
            for control in given
            if organization and control.account != organization.management_account
        }
        above, over = controls.get(str(self.account)), controls.get(str(self.owner or self.account))
        services = (above.service or ()) if above else ()
        resources = (over.resource or ()) if over and self.action != "kms:RetireGrant" and not self.managed else ()
        opened = "R4" if ":alias/" in (self.resource or "") else "" if self.key else "D9-rcp"
        restricted = self.reading(opened) if opened and resources else True
        denied = [self.applies((policy for level in services for policy in level.policies), Effect.DENY)]
        denied.append(
            _all((restricted, self.applies((policy for level in resources for policy in level.policies), Effect.DENY)))
        )
        allows = [self.applies(level.policies, Effect.ALLOW) for level in services]
        endpoint = next((end.policy for end in self.estate.endpoints or () if end.id == self.endpoint), None)
        things = self._things(Influence.MAY_REFUSE)
        if self.for_caller and (endpoint is not None or any(thing.endpoint for thing in things)):
            # The keys contradict each other: a service that calls for somebody comes through no endpoint of the caller.
            return None, None
        if endpoint is not None:
            bound = self.reading("D6") if self.service else True
            by_account = self.applies([endpoint], Effect.ALLOW, (ACCOUNT,))
            by_account = False if by_account is False else _all((by_account, self.reading("V-account")))
            denied.append(_all((bound, self.applies([endpoint], Effect.DENY))))
            allows.append(
                _any((_not(bound), by_account, self.applies([endpoint], Effect.ALLOW, (DIRECT, LIMITED, EVERYBODY))))
            )
        for thing in things:
            restricted = self.reading(opened) if opened and thing.owner is not None else True
            denied.append(False if restricted is False else _all((restricted, self.symbol(thing.refuse_symbol))))
        return _any(denied), _all(allows)

    def _things(self, influence: Influence) -> list[Unmodelled]:
        """What is not modelled and bears on the request."""
        through = (None, self.endpoint, "vpce-*") if self.endpoint else (None,)
        return [
            thing
            for thing in self.estate.unmodelled
            if thing.influence in (influence, Influence.EITHER)
            and not (thing.of_statement or (thing.of_identities and self.root))
            if thing.key in (None, self.resource)
            and thing.account in (None, self.account)
            and thing.principal in (None, self.subject)
            if thing.endpoint in through and thing.owner in (None, not self.managed and (self.owner or self.account))
        ]

    def allowed(self) -> Truth:
        if self.resource is not None and ":key/" in self.resource and (self.key is None or self.key.policies is None):
            return None
        if self._never():
            return False
        denied, framed = self.frame()
        policies = self.key.policies or () if self.key else ()
        by_key = self.applies(policies, Effect.DENY)
        by_key = (
            _all((by_key, self.reading("G5"))) if self.action == "kms:RetireGrant" and by_key is not False else by_key
        )
        limits = (self.identity.boundary, *self.identity.policies) if self.identity else ()
        at_home = self.applies((*limits, *(self.request.session_policies or ())), Effect.DENY)
        at_home = _any((at_home, self.symbol(OUTSIDE_DENY))) if self.free and at_home is not True else at_home
        return _all((_not(_any((denied, by_key, at_home))), framed, self._given(policies)))

    def _never(self) -> bool:
        """What KMS refuses whatever policies say: operations across accounts that are documented for one, changes of
        AWS's own keys."""
        across = self.owner is not None and not self.service and self.account != self.owner
        documented = self.known_action is None or self.known_action.cross_account
        changed = self.managed and OF_CUSTOMERS.fullmatch(self.action) is not None
        return (across and not documented) or changed or ":alias/aws/" in (self.resource or "")

    def identity_allows(self) -> Truth:
        if self.service or self.by_root:
            return self.by_root
        attached: Truth = self.applies(self.identity.policies, Effect.ALLOW) if self.identity else False
        found = self.symbol(OUTSIDE_ALLOW) if self.free else attached
        missing = (t for t in self._things(Influence.MAY_ALLOW) if t.principal and t.influence is Influence.EITHER)
        return _any((found, *(self.symbol(thing.allow_symbol) for thing in missing)))

    def limits_allow(self, by_user: bool = False) -> Truth:
        """Whether boundary and session policy allow. `by_user`: for a key policy that names the user of a federated
        session."""
        boundary = self.identity.boundary if self.identity else None
        session: Truth = True
        if self.request.session_policies is not None:
            session = self.applies(self.request.session_policies, Effect.ALLOW)
        elif self.federated:
            session = self.symbols.get(SESSION_ALLOW, False)
            session = self.reading("U2") if by_user and not session else session
        return _all((session, True if boundary is None else self.applies([boundary], Effect.ALLOW)))

    def _given(self, policies: tuple[Policy, ...]) -> Truth:
        """Whether somebody gives the access: policies or grants."""
        limits = self.limits_allow()
        home, grant = _all((self.identity_allows(), limits)), Influence.MAY_ALLOW
        if self.key is None:
            return False if self.service else home
        missing = [thing for thing in self._things(grant) if thing.influence is grant or thing.principal is None]
        missing = [thing for thing in missing if (self.known_action is None if thing.label == "U4" else self.grantable)]
        by_grants = (self._grant(grant, home) for grant in self.key.grants or ())
        granted = _any((*by_grants, *(self.symbol(thing.allow_symbol) for thing in missing)))
        if self.action == "kms:RetireGrant":
            return _any((granted, _all((self.account == self.owner, home))))
        direct, limited, everybody, account = (self.applies(policies, Effect.ALLOW, (way,)) for way in EVERY_WAY)
        if self.service:
            return _any((direct, everybody, granted))
        if self.account != self.owner:
            return _any((_all((_any((direct, limited, everybody, account)), home)), granted))
        unlimited = True if limits is True or everybody is False else _any((limits, _not(self.reading("D4"))))
        by_role = False if limited is False else _all((limited, self.limits_allow(by_user=self.federated)))
        return _any((direct, by_role, _all((everybody, unlimited)), _all((_any((account, everybody)), home)), granted))

    def _grant(self, grant: Grant, home: Truth) -> Truth:
        use = self._is(grant.grantee, home, "G2-federated")
        if grant.grantee_hidden and not self.service:
            use = _any((use, _all((self.reading("G2"), self._unlimited("G4")))))
        listed = self.action in grant.operations and self.grantable
        if self.action != "kms:RetireGrant":
            return (
                _all((listed, use, self._context(grant), self._source(grant))) if listed and use is not False else False
            )
        retire = self._is(grant.retiring, home, "G5-federated") if grant.retiring else False
        whole = (
            grant.retiring is not None
            and grant.retiring.type is PrincipalType.ACCOUNT
            and grant.retiring.account == self.account
        )
        whole = whole or (self.account is not None and self.account == grant.issuing_account)
        return _any((_all((listed, use)), retire, _all((whole, home))))

    def _unlimited(self, label: str) -> Truth:
        limits = True if self.service else self.limits_allow()
        return limits if limits is True else _any((limits, _not(self.reading(label))))

    def _is(self, principal: Principal, home: Truth, issued: str) -> Truth:
        """Whether the caller acts as the principal of a grant. To a user it is for issued sessions by a reading."""
        ways = {way for way, truth in self._names(principal) if truth}
        whom = self.reading(issued) if LIMITED in ways and self.federated else LIMITED in ways
        by_role = whom if whom is False else _all((whom, self._unlimited("G4-role")))
        return _any((DIRECT in ways and self._unlimited("G4"), by_role, _all((ACCOUNT in ways, home))))

    def _context(self, grant: Grant) -> Truth:
        """The encryption context that a grant asks for; a grant made by a grant may do no more, and is as strict at
        least."""
        create, kind = self.action == "kms:CreateGrant", self.given.get("kms:grantconstrainttype", ())
        if not (self.known_action and self.known_action.encryption_context):
            return True
        if create and not {f"kms:{name}" for name in self.given.get("kms:grantoperations", ())} <= set(
            grant.operations
        ):
            return False
        if not create:
            wanted = grant.context_subset or () if grant.context_equals is None else grant.context_equals
            met = self._pairs(wanted, exactly=grant.context_equals is not None)
            bound = met is True or self.key is None or self.key.spec in (None, "SYMMETRIC_DEFAULT")
            return met if bound else _any((met, self.reading("G3-asymmetric")))
        if grant.context_equals is not None:
            same = self.reading("G6-type") if "SourceArn" in kind else "EncryptionContextEquals" in kind
            return _all((same, self._pairs(grant.context_equals, exactly=True)))
        return _all((bool(kind) or not grant.context_subset, self._pairs(grant.context_subset or (), exactly=False)))

    def _pairs(self, wanted: Pairs, exactly: bool) -> Truth:
        exact = dict(wanted).items() == self.pairs.items() if exactly else set(wanted) <= set(self.pairs.items())
        ours, theirs = ({(name.lower(), value) for name, value in pairs} for pairs in (wanted, self.pairs.items()))
        loose = ours == theirs if exactly else ours <= theirs
        return exact if exact == loose else self.reading("G3-names")

    def _source(self, grant: Grant) -> Truth:
        if grant.source_arn is None:
            return True
        pattern, values = _pattern(grant.source_arn), self.given.get("aws:sourcearn", ())
        found = any(_arn_fits(pattern, value) for value in values) if self.service else _not(self.reading("G3-source"))
        if self.action == "kms:DescribeKey" and found is not True:
            found = _any((found, _not(self.reading("G3-describe"))))
        if self.action == "kms:CreateGrant":
            child = self.given.get("kms:grantconstraintsourcearn", ("",))[0]
            as_strict = child == grant.source_arn or (self.reading("G6") if _arn_fits(pattern, child) else False)
            found = _all((found, as_strict))
        return found


def _instant(text: str) -> Decimal | None:
    """Seconds since 1970; `None` for a text that is no date."""
    if not re.fullmatch(r"\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?[0-5]\d)?)?)?)?", text):
        return _number(text)
    try:
        moment = datetime.fromisoformat(text + {4: "-01-01", 7: "-01"}.get(len(text), ""))
    except ValueError:
        return None
    return Decimal(str((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()))


def _number(text: str) -> Decimal | None:
    return Decimal(text) if re.fullmatch(r"[+-]?(\d+(\.\d*)?|\.\d+)", text, re.ASCII) else None


def _kind(base: str) -> str:
    """What the values are that an operator reads which is not about texts."""
    kinds = {"Numeric": "number", "Date": "date", "IpAddress": "address", "Bool": "truth", "Binary": "bytes"}
    return next((kind for start, kind in kinds.items() if base.startswith(start)), "")


def _besides(base: str, text: str) -> tuple[str, str]:
    """What a listed text may mean as well, and the reading by which it does; nothing, for most."""
    if base.startswith("Date") and re.fullmatch(r"\d{4}", text, re.ASCII):
        return "0" + text, "C3-year"
    return (text + "/32", "C3-prefix") if base == "IpAddress" and ":" in text and "/" not in text else (text, "")


def _late(base: str, text: str, variables: bool = True) -> str | None:
    """The reading by which an operator that is not negated can read a listed text, if not for certain: it equals itself
    then."""
    same = (
        re.sub(r"^(Date|Numeric).*", r"\1Equals", base),
        text,
        text.partition("/")[0] if base == "IpAddress" else text,
    )
    if base.startswith(("String", "Arn", "Null")) or _compare(*same):
        odd = re.fullmatch(r"[-\d]+T[\d:.]+([-+]\d{4})?", text) if base.startswith("Date") else None
        return "" if odd is None else "C3-offset" if odd[1] else "C3-zone"
    return "C3-bool" if variables and base == "Bool" and "${" in text else None


def _compare(base: str, text: str, value: str, counts: bool = False) -> bool:
    """Whether a listed text matches a value by an operator that is not about texts. With `counts` four digits of the
    value are no year."""
    try:
        if base == "Bool":
            return text.lower() in ("true", "false") and text.lower() == value.lower()
        if base == "BinaryEquals":
            return base64.b64decode(text, validate=True) == base64.b64decode(value, validate=True)
        if base == "IpAddress":
            return "." not in text.partition("/")[2] and ipaddress.ip_address(value) in ipaddress.ip_network(
                text, strict=False
            )
    except ValueError:
        return False
    read = _instant if base.startswith("Date") else _number
    listed, found = read(text), (_number if counts else read)(value)
    return listed is not None and found is not None and ORDERS[re.sub("^(Date|Numeric)", "", base)](found, listed)
