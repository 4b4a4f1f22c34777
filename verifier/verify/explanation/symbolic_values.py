"""What a request says of each attribute of a problem (F1–F8): given, following from something else, absent, or open.

In: a question and a request. Out: concrete values by attribute. Guarantee: what the request gives is never replaced; an
attribute that is missing from the result is open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from verifier.frozen import Frozen
from verifier.model.estate import Identity
from verifier.model.reference import action
from verifier.model.request import Caller, CallerKind, Request, Value
from verifier.model.steps.actions import IAM_REGION
from verifier.problem.classes.attributes import WEB_PREFIX, Attribute
from verifier.problem.classes.domains import EPOCH_VALUED, is_date
from verifier.problem.classes.readable import parse_instant, parse_number
from verifier.problem.classes.tables import number_text
from verifier.problem.facts.organizations import ORGANIZATIONS
from verifier.problem.question import Question
from verifier.problem.semantics.keyless import LIST_RETIRABLE, RETIRING, service_of
from verifier.problem.semantics.targets import FACT_FIELDS, TargetKind
from verifier.problem.space import EXACT_NAME, MADE, OTHER_NAME, PAIR_PREFIX
from verifier.witness.request import pair_key
from verifier.witness.untabled import Concrete


class Undetermined(Exception):
    """The request has a value that the problem cannot represent, or the solver gave up."""


OPEN = object()
"""The value of an attribute that the request leaves open."""

ORGANIZATION_KEYS = {
    name: owner
    for identifier, paths, owner in ORGANIZATIONS
    if owner != "aws:sourceaccount"
    for name in (identifier, paths)
}
"""Whose account each key of an organization is about that follows from it: what a service says of a source is given."""


def concrete_values(question: Question, request: Request) -> Concrete:
    """The value of each attribute in a request; attributes that the request leaves open are missing."""
    context = lowered(request)
    reading = _Reading(question, request, dict(_left_out(question, request, context)) | context)
    values: Concrete = {}
    for name, attribute in question.space.attributes.items():
        found = reading.value(name, attribute)
        if found is not OPEN:
            values[name] = found  # type: ignore[assignment]
    return values


_LEFT_OUT = (
    # the parameter, its default, whether another spec of the key has none, what rules the default out
    ("kms:keyspec", "SYMMETRIC_DEFAULT", True, "kms:customermasterkeyspec"),
    ("kms:keyusage", "ENCRYPT_DECRYPT", True, "kms:customermasterkeyusage"),
    ("kms:encryptionalgorithm", "SYMMETRIC_DEFAULT", True, ""),
    ("kms:keyorigin", "AWS_KMS", False, ""),
    ("kms:multiregion", "false", False, "kms:multiregionkeytype"),
    ("kms:messagetype", "RAW", False, ""),
    ("kms:policyname", "default", False, ""),
)


def _left_out(question: Question, request: Request, context: Mapping[str, Value]) -> Iterator[tuple[str, str]]:
    """F6: the defaults of parameters of the operation that the request may leave out. [conditions-kms; API: CreateKey,
    Encrypt, Sign, GetKeyPolicy]"""
    operation, key = action(request.action), question.space.target.key
    names = ("keyspec", "keyusage")
    said, usage = (context.get(f"kms:{name}", context.get(f"kms:customermaster{name}")) for name in names)
    if key is None and said is None and usage in (None, "ENCRYPT_DECRYPT"):
        said = "SYMMETRIC_DEFAULT"  # the one spec that CreateKey may leave out
    spec = key.spec if key is not None and key.spec is not None else said
    for name, default, of_symmetric, other in _LEFT_OUT:
        carried = operation is not None and name in operation.condition_keys and other not in context
        if carried and (spec == "SYMMETRIC_DEFAULT" or not of_symmetric):
            yield name, default


def lowered(request: Request) -> dict[str, Value]:
    """The context by lower-case key; of pairs of the encryption context whose names differ in case alone, the last."""
    return {name.lower(): value for name, value in request.context}


def _pairs_of(request: Request) -> dict[str, dict[str, str]]:
    """The pairs of the encryption context by name, in the order of the request, by condition key in lower case."""
    found: dict[str, dict[str, str]] = {}
    for key, value in request.context:
        if key.lower().startswith(PAIR_PREFIX) and value != ():
            found.setdefault(key.lower(), {})[key[len(PAIR_PREFIX) :]] = value if isinstance(value, str) else value[0]
    return found


def open_pairs(question: Question, request: Request) -> dict[str, tuple[str, ...]]:
    """The values that conditions may read where it is open which pair they read (F7), by attribute, in order."""
    known = question.space.attributes
    found = {key: tuple(pairs.values()) for key, pairs in _pairs_of(request).items() if key in known}
    return {key: values for key, values in found.items() if len(set(values)) > 1}


class _Reading(Frozen):
    """A request as a problem reads it. `context` is by lower-case key (see `lowered`)."""

    question: Question
    request: Request
    context: Mapping[str, Value]

    @property
    def caller(self) -> Caller:
        return self.request.caller

    def value(self, name: str, attribute: Attribute) -> object:
        """The value of an attribute, `None` if it is absent, or `OPEN`."""
        special: dict[str, Callable[[], object]] = {
            "principal": lambda: (WEB_PREFIX if self.caller.kind is CallerKind.WEB else "") + self.caller.principal_arn,
            "action": lambda: self.request.action.lower(),
            "issuer": self._issuer,
            "userid": self._user_id,
            "session": lambda: self.caller.session,
            "facts": self._facts,
            "time": self._time,
            "region": self._region,
            MADE: lambda: self._resource_field(5),
            RETIRING: self._retiring,
        }
        if name in special:
            return special[name]()
        if name.endswith("#service"):
            return self.context.get(name.removesuffix("#service")) if self.caller.kind is CallerKind.SERVICE else None
        if name.startswith(PAIR_PREFIX):
            return self._pair(name)
        given = self.context.get(name)
        found = self._following(name) if given is None else given
        if attribute.multivalued and found is not OPEN:
            return (found,) if isinstance(found, str) else found or None
        return _seconds(name, found) if isinstance(found, str) and is_date(name) else found

    def _following(self, name: str) -> object:
        """The value of a condition key that the request does not give, from what it does give."""
        if name == "kms:encryptioncontextkeys":
            keys = (key for key, _ in self.request.context if key.lower().startswith(PAIR_PREFIX))
            return tuple(key[len(PAIR_PREFIX) :] for key in keys)
        if name == "aws:principalservicenameslist" and self.caller.kind is CallerKind.SERVICE:
            return (self.caller.principal_arn,)
        if name in ORGANIZATION_KEYS:
            return self._organization(name)
        if name in ("aws:sourcevpc", "aws:vpceaccount"):
            return self._of_endpoint(name)
        if name in ("aws:calledviafirst", "aws:calledvialast"):
            chain = self.context.get("aws:calledvia")
            return chain[0 if name.endswith("first") else -1] if isinstance(chain, tuple) and chain else chain
        if name == "aws:viaawsmcpservice":
            return "true" if "aws:calledviaawsmcp" in self.context else None
        if name == "aws:viaawsservice":
            return "true" if self.caller.kind is not CallerKind.SERVICE and self._called_by_service() else "false"
        if name.startswith("aws:principaltag/"):
            return self._tag(name.removeprefix("aws:principaltag/"))
        return OPEN if self._is_unknown_fact(name) else None

    # -- the caller --

    def _issuer(self) -> object:
        if self.caller.kind is not CallerKind.FEDERATED:
            return None
        return self.caller.issuer.split(":", 5)[5] if self.caller.issuer is not None else OPEN

    def _user_id(self) -> object:
        given, caller = self.context.get("aws:userid"), self.caller
        if caller.kind not in (CallerKind.USER, CallerKind.ROLE):
            return None
        if isinstance(given, str):
            identity, _, session = given.rpartition(":")
            if caller.kind is CallerKind.ROLE and session != caller.session:
                raise Undetermined(f"aws:userid = {given!r} of the session {caller.session}")
            if not caller.principal_arn.rsplit("/", 1)[-1].startswith("aws:"):  # whose ID is its name (F1)
                return given if caller.kind is CallerKind.USER else identity
        known = self._identity()
        return (known and known.unique_id) or ("AIDA" if caller.kind is CallerKind.USER else "AROA") + "NOTGIVEN"

    def _identity(self) -> Identity | None:
        """The caller's own entry in the inventory."""
        return self.question.space.estate.identity(self.caller.principal_arn)

    def _tag(self, wanted: str) -> object:
        """A session tag, or the tag of the user or role; a federated session has its user's (F3)."""
        federated = self.caller.kind is CallerKind.FEDERATED
        arn = self.caller.issuer if federated else self.caller.principal_arn
        known = self.question.space.estate.identity(arn)
        tags = (*self.caller.session_tags, *(known.tags if known is not None else ()))
        found = next((value for key, value in tags if key.lower() == wanted), None)
        return OPEN if found is None and arn is None else found

    def _called_by_service(self) -> bool:
        """True iff the context has what only a service that calls on the caller's behalf sends (F5)."""
        through = any(name in self.context for name in ("kms:viaservice", "aws:calledviafirst", "aws:calledvialast"))
        through = through or bool(self.context.get("aws:calledvia")) or "aws:calledviaawsmcp" in self.context
        flags = (self.context.get(name) for name in ("kms:grantisforawsresource", "aws:viaawsmcpservice"))
        return through or "true" in flags

    # -- accounts and organizations --

    def _organization(self, name: str) -> object:
        """F2: a function of the account, where the organization is given."""
        organization = self.question.space.estate.organization
        account = self._owner(ORGANIZATION_KEYS[name])
        paths = dict(organization.accounts) if organization is not None else {}
        if organization is None or account not in paths:
            return None
        if name.endswith("id"):
            return organization.id
        path = paths[str(account)]
        return (path,) if path is not None else OPEN

    def _owner(self, owner: str) -> object:
        """The account; that of the resource is, without a key, the caller's."""
        target = self.question.space.target
        if owner == "principal" or (owner == "resource" and target.kind is TargetKind.NONE):
            return self.caller.account
        if owner == "resource":
            return target.account
        return self.context.get(owner, self._of_endpoint(owner))

    def _of_endpoint(self, name: str) -> str | None:
        """F4: a listed endpoint that the request comes through stands in its VPC and account."""
        came = self.context.get("aws:sourcevpce")
        for endpoint in self.question.space.estate.endpoints or ():
            if endpoint.id == came:
                return {"aws:sourcevpc": endpoint.vpc, "aws:vpceaccount": endpoint.account}.get(name)
        return None

    # -- the request and the key --

    def _retiring(self) -> object:
        """D9: whom a ListRetirableGrants request is about."""
        if self.request.action.lower() != LIST_RETIRABLE.lower():
            return None
        if self.request.resource is None:
            return OPEN
        _, partition, service, _, account, last = self.request.resource.split(":", 5)
        expected = self.question.space.target.partition, self.caller.account, service_of(last)
        if (partition, account, service) != expected:
            raise Undetermined(f"{self.request.resource} is not a principal of the caller's account")
        return last

    def _region(self) -> object:
        """Where it is asked: of IAM in one Region of the partition (E1)."""
        of_iam = self.question.space.target.of_step and self.request.action.lower().startswith("iam:")
        supposed = IAM_REGION.get(self.question.space.target.partition, OPEN) if of_iam else OPEN
        if self.question.space.target.kind is TargetKind.ACCOUNT:
            supposed = self._resource_field(3) or OPEN
        given = self.context.get("aws:requestedregion", supposed)
        if not of_iam and given != supposed and OPEN not in (given, supposed):
            raise Undetermined(f"aws:RequestedRegion = {given!r}, but what it is about lies in {supposed!r}")
        return given

    def _resource_field(self, number: int) -> str | None:
        """A field of the ARN of what the request names or makes in an account (E4)."""
        resource = self.request.resource
        return None if resource is None else resource.split(":", 5)[number]

    def _time(self) -> object:
        name = "aws:epochtime" if "aws:epochtime" in self.context else "aws:currenttime"
        moment = self.context.get(name)
        return _seconds(name, moment) if isinstance(moment, str) else OPEN

    def _pair(self, name: str) -> object:
        """The value of the pair with one name; those of the pairs that no grant lists; what is read (F7)."""
        key = pair_key(name)
        pairs = _pairs_of(self.request).get(key, {})
        if name.endswith(EXACT_NAME):
            return pairs.get(name.removesuffix(EXACT_NAME)[len(PAIR_PREFIX) :])
        if name.endswith(OTHER_NAME):
            listed = self.question.space.pair_names[key]
            return tuple(value for own, value in pairs.items() if own not in listed) or None
        return OPEN if key in open_pairs(self.question, self.request) else next(iter(pairs.values()), None)

    def _is_unknown_fact(self, name: str) -> bool:
        """True iff this is about tags or aliases of the key, a role or a user that the input does not give (U3)."""
        key, target = self.question.space.target.key, self.question.space.target
        if target.of_step and target.identity is None:
            return name.startswith("aws:resourcetag/")
        if key is None:
            return False
        of_tags, of_aliases = name.startswith("aws:resourcetag/"), name == "kms:resourcealiases"
        return (of_tags and key.tags is None) or (of_aliases and key.aliases is None)

    def _facts(self) -> object:
        keyless = self.question.space.target.kind is not TargetKind.KEY
        if keyless and not any(name in self.context for name in FACT_FIELDS):
            return None
        fitting = fact_combinations(self.question, self.context)
        if keyless:
            return fitting[0] if fitting else None
        return fitting[0] if len(fitting) == 1 else OPEN


def _seconds(name: str, text: str) -> str:
    """The seconds since 1970 of a date. Raises `Undetermined` for what is none (C5)."""
    number = parse_number(text)
    instant = number if name in EPOCH_VALUED else None if number is not None else parse_instant(text)
    if instant is None:
        raise Undetermined(f"{name} = {text!r} is no date")
    return number_text(instant)


def fact_combinations(question: Question, context: Mapping[str, Value]) -> list[str]:
    """The combinations of key facts that have what the request says of them (U3)."""
    given = {index: context[name] for name, index in FACT_FIELDS.items() if name in context}
    listed = question.space.attributes["facts"].values or ()
    return [text for text in listed if all(text.split("|")[index] == value for index, value in given.items())]
