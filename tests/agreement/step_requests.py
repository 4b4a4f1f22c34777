"""Generated requests of steps (E1–E3, E5): callers of every kind, on what steps change, on code that runs, and in
accounts.

In: a tape of choices, an estate, the keys that its policies test. Out: `Request`s, which could be sent.
"""

from __future__ import annotations

from tests.agreement.callers import of_account, user_id
from tests.agreement.contexts import MOMENTS
from tests.agreement.step_conditions import StepKey, value
from tests.agreement.step_worlds import CODE, PROVIDERS, arn, code
from tests.agreement.world import HOME, PARTNER, ROLES, STRANGER, USERS, Dice, World
from verifier.model.estate import Account, Estate
from verifier.model.request import Caller, CallerKind, Request, Value
from verifier.model.steps.actions import StepAction, StepResource, known_step_keys, step_actions

WORLD = World("aws", "us-east-1", ())
_ON = {
    StepResource.ROLE: (*ROLES, "role/Other"),
    StepResource.USER: (*USERS, "user/Zoe"),
    StepResource.GROUP: ("group/keys", "group/app/others"),
    StepResource.POLICY: ("policy/keys", "policy/shared"),
    StepResource.SAML_PROVIDER: ("saml-provider/corp", "saml-provider/app"),
    StepResource.INSTANCE_PROFILE: ("instance-profile/keys", "instance-profile/app/others"),
}
_MAKING = tuple(f"iam:Create{kind}" for kind in ("Role", "User", "Group", "Policy", "InstanceProfile", "SAMLProvider"))
_IN_A_REGION = (StepResource.ACCOUNT, StepResource.WORKLOAD)
_BY_PROVIDERS = ("sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML")
_KINDS = (CallerKind.USER,) * 4 + (CallerKind.ROLE,) * 5 + (CallerKind.ROOT, CallerKind.FEDERATED, CallerKind.SERVICE)
_COMMON = (
    "sts:AssumeRole",
    "sts:AssumeRole",
    "sts:AssumeRole",
    "sts:TagSession",
    "sts:SetSourceIdentity",
    "iam:PassRole",
    *_BY_PROVIDERS,
)


def a_request(dice: Dice, estate: Estate, keys: tuple[StepKey, ...], action: StepAction | None = None) -> Request:
    """One request; where no action is given, most are of the common ones."""
    if action is None:
        by_name = {one.name: one for one in step_actions()}
        action = by_name[dice.one(_COMMON)] if dice.chance(60) else dice.one(step_actions())
    who = _caller(dice, action)
    context = dict(_context(dice, who, action, keys))
    return Request(who, action.name, _resource(dice, estate, who, action), tuple(context.items()))


def _caller(dice: Dice, action: StepAction) -> Caller:
    if action.name == _BY_PROVIDERS[0]:
        return Caller(
            CallerKind.WEB,
            dice.one((arn(HOME, PROVIDERS[0]), arn(HOME, PROVIDERS[0]), "cognito-identity.amazonaws.com")),
        )
    if action.name == _BY_PROVIDERS[1]:
        return Caller(CallerKind.WEB, arn(HOME, PROVIDERS[1]))
    kinds = (
        _KINDS if action.name.startswith("sts:") else tuple(kind for kind in _KINDS if kind is not CallerKind.SERVICE)
    )
    return of_account(dice, WORLD, dice.one((HOME,) * 7 + (PARTNER, PARTNER, STRANGER)), dice.one(kinds))


def _resource(dice: Dice, estate: Estate, who: Caller, action: StepAction) -> str | None:
    if action.name in _MAKING:
        kind = _ON[action.on][0].split("/")[0]
        return arn(
            dice.one((estate.accounts[0],) * 8 + (estate.accounts[1],)).id, f"{kind}/{dice.one(('New', 'app/New'))}"
        )
    if action.on is StepResource.WORKLOAD:
        named = [code(who.account or HOME, name) for name in CODE]
        return dice.one(
            [*named, "arn:aws:ssm:us-east-1::document/AWS-RunShellScript"] if action.name.startswith("ssm:") else named
        )
    if action.on is not StepResource.ACCOUNT:
        return dice.one(_targets(dice.one((estate.accounts[0],) * 8 + (estate.accounts[1],)), action.on))
    if action.resource is None:
        return None
    _, _, service, _, _, last = action.resource.split(":", 5)
    return f"arn:aws:{service}:us-east-1:{who.account}:{last.removesuffix('*')}x"


def _targets(account: Account, on: StepResource) -> list[str]:
    """What there is of a kind in an account; where the inventory is complete, there is no other user or role."""
    listed = {identity.arn for identity in (*account.users, *account.roles)}
    everything = [arn(account.id, name) for name in _ON[on]]
    if on in (StepResource.ROLE, StepResource.USER) and account.complete:
        return [name for name in everything if name in listed]
    return everything


def _context(dice: Dice, who: Caller, action: StepAction, keys: tuple[StepKey, ...]) -> list[tuple[str, Value]]:
    """What the request says; keys that the rooms take for given are always there."""
    found: list[tuple[str, Value]] = [("aws:CurrentTime", MOMENTS[0][0]), ("aws:UserAgent", dice.one(("cli", "sdk")))]
    if (identifier := user_id(who)) is not None:
        found.append(("aws:userid", identifier))
    if not action.name.startswith("iam:"):
        found.append(
            ("aws:RequestedRegion", "us-east-1" if action.on in _IN_A_REGION else dice.one(("us-east-1", "eu-west-1")))
        )
    given = {key.name: value(dice, key) for key in keys if _may_give(who, action, key) and dice.chance(75)}
    if "sts:rolesessionname" in action.condition_keys:
        given.setdefault("sts:RoleSessionName", dice.one(("Alice", "nightly")))
    if action.name == "sts:SetSourceIdentity":
        given.setdefault("sts:SourceIdentity", "Alice")
    if "iam:policyarn" in action.condition_keys:
        given.setdefault("iam:PolicyARN", "arn:aws:iam::aws:policy/AdministratorAccess")
    tags = {name for name in given if name.startswith("aws:RequestTag/")}
    if tags or action.name == "sts:TagSession":
        others = given.get("aws:TagKeys", ())
        named = tuple(name for name in others if name.lower() != "team")
        given["aws:TagKeys"] = (*named, "team") if tags else named or ("other",)
    return [*found, *given.items()]


def _may_give(who: Caller, action: StepAction, key: StepKey) -> bool:
    """Whether the request can carry a key, and say so itself."""
    name = key.name.lower()
    listed = (
        name
        if name in known_step_keys(of_workloads=action.on is StepResource.WORKLOAD)
        else "aws:requesttag/"
        if name.startswith("aws:requesttag/")
        else None
    )
    if key.derived or (listed is not None and listed not in action.condition_keys):
        return False
    kind = {"web": CallerKind.WEB, "service": CallerKind.SERVICE}.get(key.where)
    return kind in (None, who.kind)
