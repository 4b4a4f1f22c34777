"""Types of resources that can change who may use a key: which are read, which decide nothing, and what those that are
unknown may change, but for what the user says is harmless (`--harmless`).

In: the name of a type; resources of unknown types, and an estate. Out: the family that an unknown type belongs to; an
`Unmodelled` for each such resource, and the estate with the statements in doubt that it could take away or put others
beside. Guarantee: a type of a family that is neither read nor in `data/resource_types.json` with a reason is unknown,
whether or not anybody has heard of it (S1). Polarity is kept: a Deny may go and an Allow may go, each by a symbol of
its own, and something that is not in the input may allow or refuse. Each verdict supposes what the user says, and says
so; nothing that is read is left out (U3). `tests/inputs/test_resource_types.py` holds the tables against the types that
the providers' schemas have.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from enum import Enum
from fnmatch import fnmatchcase
from importlib.resources import files

from verifier.frozen import Frozen
from verifier.inputs.policies import SHARED_POLICY, possible_by, with_statements
from verifier.inputs.remade import Remade, with_remade
from verifier.inputs.snapshot.parts import Parts
from verifier.inputs.text.definitions import Definitions
from verifier.model.estate import Estate
from verifier.model.policy import Policy, Statement
from verifier.model.unmodelled import ANY_ENDPOINT, Influence, Unmodelled
from verifier.syntax.diagnostic import Diagnostic, Severity
from verifier.syntax.source import Span
from verifier.syntax.text import first_few, printable


class Family(Enum):
    """What the resources of some types change. The value says it in a sentence's end."""

    IDENTITIES = "policies, boundaries or trust of users, groups and roles"
    KEYS = "keys, their policies or their grants"
    CONTROLS = "the organization or its control policies"
    SHARED = "with whom, and for what, keys are shared that are shared already"
    SHARES = "what is shared through AWS RAM"
    ENDPOINTS = "VPC endpoints or their policies"
    ANYTHING = "keys, identities, control policies, shares or VPC endpoints"


_BUDGET_ACTIONS = r"(?:aws|awscc)_budgets_budgets?_action|AWS::Budgets::BudgetsAction"
"""What attaches a policy past a threshold. [AWS Cost Management User Guide: budgets-controls]"""
_FAMILIES: Mapping[Family, re.Pattern[str]] = {
    Family.IDENTITIES: re.compile(
        rf"(?i)(?:aws|awscc)_(?:iam|identitystore)_\w+|AWS::(?:IAM|IdentityStore)::\w+|{_BUDGET_ACTIONS}"
    ),
    Family.KEYS: re.compile(r"(?i)(?:aws|awscc)_kms_\w+|AWS::KMS::\w+"),
    Family.CONTROLS: re.compile(
        r"(?i)(?:aws|awscc)_(?:controltower|organizations)_\w+|AWS::(?:ControlTower|Organizations)::\w+"
        rf"|{_BUDGET_ACTIONS}"
    ),
    Family.SHARED: re.compile(
        r"(?i)(?:aws|awscc)_ram_(?:principal|permission|source)\w*|AWS::RAM::(?:Principal|Permission|Source)\w*"
    ),
    Family.SHARES: re.compile(r"(?i)(?:aws|awscc)_ram_\w+|AWS::RAM::\w+"),
    Family.ENDPOINTS: re.compile(r"(?i)(?:aws|awscc_ec2)_vpc_endpoint\w*|AWS::EC2::VPCEndpoint\w*"),
}
"""Controls of Control Tower that prevent are service and resource control policies. IAM Identity Center
(`aws_ssoadmin_…`, `AWS::SSO::…`) is no family here: each of its types leaves the roles of permission sets open.
[AWS Control Tower Controls Reference: preventive-controls]"""

_TABLES = json.loads(files(__package__).joinpath("data", "resource_types.json").read_text(encoding="utf-8"))
READ: frozenset[str] = frozenset(_TABLES["read"])
"""What the readers look at, by whatever provider."""
HARMLESS: Mapping[str, Sequence[str]] = _TABLES["harmless"]
"""Types that change no decision, by the reason."""

_NO_CODE = re.compile(rf"(?:aws|awscc)_(?:{'|'.join(_TABLES['no_code'].values())})|(?:{_TABLES['utilities']})_")
"""Types that neither make, start nor tag code that runs as a role, and providers that do nothing in AWS."""


_OF_OTHERS = re.compile(rf"(?!(?:aws|awscc|{_TABLES['utilities']})_)([a-z][a-z0-9-]*)_?.*")


def other_provider(type_: str) -> str | None:
    """The provider of a type of Terraform, if not one of AWS's, nor one that does nothing in AWS."""
    found = _OF_OTHERS.fullmatch(type_)
    return None if found is None else found[1]


def code_of(type_: str) -> tuple[str, ...]:
    """The kinds of code that a type may make unread (E5), an empty one for any; its commands are told apart."""
    name = type_.replace("::", "_").lower()
    found = tuple(kind for kind, types in _TABLES["code"].items() if re.match(f"(?:aws|awscc)_(?:{types})", name))
    return () if _NO_CODE.match(name) else found or ("",)


def unknown_families(type_: str, *, read: bool = True) -> list[Family]:
    """Returns the families of a type iff it belongs to any, in whatever letters, and is neither harmless nor read; with
    `read` false nothing is. A resource that is shared (`SHARED`) matches the pattern of shares, too, and is none."""
    if (read and type_ in READ) or _own_name(type_) in _HARMLESS:
        return []
    found = [family for family, pattern in _FAMILIES.items() if pattern.fullmatch(type_.strip())]
    return found if Family.SHARED not in found else [Family.SHARED]


def unknown_family(type_: str, *, read: bool = True) -> Family | None:
    """The first of these, or none."""
    return next(iter(unknown_families(type_, read=read)), None)


def _own_name(type_: str) -> str:
    """What the provider awscc calls a type of CloudFormation is that type."""
    name = type_.removeprefix("awscc_") if type_.startswith("awscc_") else type_.removeprefix("AWS::")
    return type_ if name == type_ else re.sub(r"::|_", "", name).lower()


_HARMLESS = frozenset(_own_name(type_) for types in HARMLESS.values() for type_ in types)

_ADDS = {
    Family.CONTROLS: ("D7", Influence.MAY_REFUSE),
    Family.SHARED: ("L5a", Influence.MAY_ALLOW),
    Family.SHARES: ("L5a", Influence.MAY_ALLOW),
    Family.ENDPOINTS: ("V", Influence.MAY_REFUSE),
}
"""What more policies of a kind could do by themselves, and by what rule; the others may do either."""


class UnknownResource(Frozen):
    """A resource of an unknown type, or one that is not read, and why: its address, as reports call it, in a template
    its `logical_id`, and the account whose identities it could change, where known; `everywhere` says that so it could
    those of every account of the input. It could change any key, or only that of the ARN `key`. `said` is what it says,
    as far as that is read; `is_read` says that it is of a type that is read, and in doubt by itself, so that nobody may
    call it harmless."""

    family: Family
    address: str
    account: str | None
    span: Span
    key: str | None = None
    why: str = "is of a type that is not read"
    said: object = ""
    everywhere: bool = False
    is_read: bool = False
    logical_id: str | None = None

    @property
    def thing(self) -> Unmodelled:
        """What it may add."""
        label, influence = _ADDS.get(self.family, ("U3", Influence.EITHER))
        account = self.account if self.family is Family.IDENTITIES else None
        endpoint = ANY_ENDPOINT if self.family is Family.ENDPOINTS else None
        name, description = printable(self.address), self._said("change")
        of = self.family is Family.IDENTITIES
        return Unmodelled(
            name, label, influence, description, self.key, account, endpoint=endpoint, span=self.span, of_identities=of
        )

    def gone(self, thing: Unmodelled) -> Unmodelled:
        """What it may take away, beside what it may add."""
        name, description = f"{thing.name}, what it takes away", self._said("take away")
        return replace(
            thing, name=name, influence=Influence.EITHER, description=description, endpoint=None, of_statement=True
        )

    def _said(self, does: str) -> str:
        what = f"the policy or the grants of {self.key}" if self.key else self.family.value
        return printable(f"{self.address} {self.why}, and may {does} {what}")


def _together(
    definitions: Definitions, resources: Sequence[UnknownResource]
) -> Iterator[tuple[UnknownResource, str, str]]:
    """One for all that could change the same, the end of a sentence that names the others, and the name of all: a
    decision turns on whether any of them does, not on which. Of two versions of an input they have one name iff they
    are the same, and written alike."""
    alike: dict[tuple[Family, str | None, str | None, bool], dict[str, list[UnknownResource]]] = {}
    for one in resources:
        account = one.account if one.family is Family.IDENTITIES else None
        alike.setdefault((one.family, account, one.key, one.is_read), {}).setdefault(one.address, []).append(one)
    for found in alike.values():
        first, *others = (same[0] for same in found.values())
        so_may = printable(f"; so may {first_few([one.address for one in others])}") if others else ""
        if not first.is_read:
            so_may += f": `--harmless ADDRESS` says that {'they do' if others else 'it does'} not"
        said = [(one.address, one.why, one.said) for address in sorted(found) for one in found[address]]
        yield first, so_may, printable(f"{min(found)} ({definitions.digest(said)})")


def with_unknown(
    estate: Estate, definitions: Definitions, resources: Sequence[UnknownResource], remade: Sequence[Remade] = ()
) -> Estate:
    """The estate with what the resources could change, and with those that a plan makes again. Where resources of
    several families could change a policy, the first one is named."""
    estate, listed = with_remade(estate, remade), [account.id for account in estate.accounts]
    of = [(one, dict.fromkeys((one.account, *(listed if one.everywhere else ())))) for one in resources]
    resources = [replace(one, account=account) for one, accounts in of for account in accounts]
    shared = [key.arn for key in estate.keys if any(policy.name == SHARED_POLICY for policy in key.policies or ())]
    things: list[Unmodelled] = []
    for resource, others, name in _together(definitions, resources):
        for key in shared if resource.family is Family.SHARED else (resource.key,):
            thing = replace(resource.thing, name=name, key=key, description=resource.thing.description + others)
            names = (other.name for other in (*estate.unmodelled, *things))
            same = sum(other == thing.name or other.startswith(f"{thing.name} #") for other in names)
            thing = replace(thing, name=f"{thing.name} #{same + 1}" if same else thing.name)
            gone = resource.gone(thing)
            gone = replace(gone, description=gone.description + others)
            changed = _in_doubt(estate, resource, gone)
            things += [thing, gone] if changed != estate else [thing]
            estate = changed
    return replace(estate, unmodelled=(*estate.unmodelled, *things))


def _in_doubt(estate: Estate, resource: UnknownResource, thing: Unmodelled) -> Estate:
    """The estate, of which what the resource could change may be gone; what is in doubt already may go anyway."""

    def change(policy: Policy, statement: Statement) -> Statement:
        kept = resource.family in (Family.SHARED, Family.SHARES) and policy.name != SHARED_POLICY
        return statement if kept else possible_by(statement, thing)

    match resource.family:
        case Family.IDENTITIES:
            accounts = tuple(
                with_statements(a, change) if resource.account in (None, a.id) else a for a in estate.accounts
            )
            return replace(estate, accounts=accounts)
        case Family.KEYS | Family.SHARED | Family.SHARES:
            keys = (with_statements(key, change) if resource.key in (None, key.arn) else key for key in estate.keys)
            return replace(estate, keys=tuple(keys))
        case Family.CONTROLS:
            return replace(estate, organization=with_statements(estate.organization, change))
        case Family.ENDPOINTS:
            return replace(estate, endpoints=with_statements(estate.endpoints, change))
        case Family.ANYTHING:
            for family in (Family.IDENTITIES, Family.KEYS, Family.CONTROLS, Family.ENDPOINTS):
                estate = _in_doubt(estate, replace(resource, family=family), thing)
            return estate


def with_harmful(
    estate: Estate, definitions: Definitions, parts: Parts, patterns: Sequence[str], *, of_two_versions: bool
) -> Estate:
    """The estate with what the resources could change that no pattern matches, a sentence for the others, and a warning
    for a pattern that matches none; in one `of_two_versions` it may be meant for the other."""
    harmful, found = [], dict[str, dict[str, None]]()
    for resource in parts.unknown:
        meant = () if resource.is_read else patterns
        names = [resource.address, *filter(None, [resource.logical_id])]
        by = next((pattern for pattern in meant if any(_matches(name, pattern) for name in names)), None)
        if by is None:
            harmful.append(resource)
        else:
            found.setdefault(by, {})[resource.address] = None
    idle = () if of_two_versions else [pattern for pattern in dict.fromkeys(patterns) if pattern not in found]
    estate = replace(
        estate,
        concluded=(*estate.concluded, *(_sentence(pattern, [*which]) for pattern, which in found.items())),
        warnings=(*estate.warnings, *map(_warning, idle)),
    )
    return with_unknown(estate, definitions, harmful, parts.remade)


def _sentence(pattern: str, addresses: Sequence[str]) -> str:
    which = (f"{len(addresses)} of them, " if len(addresses) > 1 else "") + first_few(addresses)
    said = f"nothing that `--harmless {pattern}` names changes anybody's access to a key, though it is not read"
    return printable(f"{said} ({which})")


def _warning(pattern: str) -> Diagnostic:
    hint = "it takes the address or logical ID of what a verdict says is not read; `*` is any text"
    return Diagnostic(Severity.WARNING, printable(f"`--harmless {pattern}` matches nothing"), hint=hint)


def _matches(address: str, pattern: str) -> bool:
    """True iff a pattern names an address: `*` is any text, all else is itself (addresses have brackets)."""
    return fnmatchcase(address, pattern.replace("[", "[[]").replace("?", "[?]"))
