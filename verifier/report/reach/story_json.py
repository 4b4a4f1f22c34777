"""Stories and bounds → JSON, as the schema of reports describes them.

In: values of the model. Out: JSON values. Guarantee: strings of the input are unchanged; `text` members say what the text report says.
"""

from __future__ import annotations

from collections.abc import Sequence

from verifier.model.estate import Group, Identity, ManagedPolicy
from verifier.model.policy import Policy
from verifier.model.policy_text import policy_document
from verifier.model.results.verdict import Bound, Story, StoryStep
from verifier.model.steps.chains import (
    AliasMoved,
    Became,
    BoundaryPut,
    Change,
    Created,
    GrantCreated,
    GroupJoined,
    GroupLeft,
    IdentityTagged,
    KeyPolicyPut,
    KeyReplicated,
    KeyShared,
    KeyTagged,
    MaterialImported,
    PolicyAdded,
    PolicyRemoved,
    ReEncrypted,
    TrustPut,
    VersionSet,
)
from verifier.report.json_values import Json, caller_to_json, counterexample_to_json, grant_to_json, pairs_to_json
from verifier.report.reach.changes import change_words
from verifier.report.reach.names import Names
from verifier.report.reach.story import bound_words, story_sentence
from verifier.witness.step_command import step_commands


def bound_to_json(bound: Bound) -> Json:
    """How far a verdict goes."""
    return {"steps": bound.steps, "every_length": bound.complete, "text": bound_words(bound)}


def story_to_json(story: Story, names: Names, target: str | None) -> Json:
    """All of a story."""
    return {
        "caller": caller_to_json(story.caller),
        "text": story_sentence(story, names, target),
        "steps": [_step(step, names) for step in story.steps],
        "access": counterexample_to_json(story.access) if story.access is not None else None,
        "readings": dict(story.readings),
        "free": dict(story.free),
    }


def _step(step: StoryStep, names: Names) -> Json:
    return {
        "kind": step.move.kind.value,
        "text": change_words(step.move.change, names),
        "requests": [counterexample_to_json(found) for found in step.requests],
        "change": _change(step.move.change),
        "commands": list(step_commands(step.move)),
    }


def _change(change: Change) -> Json:
    match change:
        case KeyPolicyPut(key, policy):
            return {"what": "key policy", "key": key, "document": _document(policy)}
        case GrantCreated(key, grant):
            return {"what": "grant", "key": key, "grant": grant_to_json(grant)}
        case KeyTagged(key, tags, removed):
            return {"what": "tags", "key": key, "tags": pairs_to_json(tags), "removed": list(removed)}
        case AliasMoved(alias, key):
            return {"what": "alias", "alias": alias, "key": key}
        case KeyReplicated(key, replica):
            return {"what": "replica", "key": key, "replica": replica.arn, "document": _first(replica.policies or ())}
        case ReEncrypted(key, onto):
            return {"what": "re-encryption", "key": key, "onto": onto}
        case MaterialImported(key):
            return {"what": "key material", "key": key}
        case KeyShared(key):
            return {"what": "resource share", "key": key}
        case _:
            return _of_identities(change)


def _of_identities(
    change: PolicyAdded | Created | IdentityTagged | PolicyRemoved | BoundaryPut | VersionSet | TrustPut | GroupJoined | GroupLeft | Became,
) -> Json:
    match change:
        case PolicyAdded(owner, policy, known):
            document = _document(policy) if known else None
            return {"what": "policy", "owner": owner, "policy": policy.identity, "known": known, "document": document}
        case VersionSet(arn, policy):
            return {"what": "policy version", "policy": arn, "document": _document(policy)}
        case TrustPut(role, policy):
            return {"what": "trust policy", "role": role, "document": _document(policy)}
        case Created(made):
            return _created(made)
        case IdentityTagged(owner, tags, removed):
            return {"what": "tags of an identity", "owner": owner, "tags": pairs_to_json(tags), "removed": list(removed)}
        case PolicyRemoved(owner, identity):
            return {"what": "policy taken away", "owner": owner, "policy": identity}
        case BoundaryPut(owner, boundary, known):
            name = boundary.identity.removesuffix("#boundary") if boundary is not None else None
            document = _document(boundary) if boundary is not None and known else None
            return {"what": "permissions boundary", "owner": owner, "policy": name, "known": known, "document": document}
        case GroupJoined(user, group):
            return {"what": "group", "user": user, "group": group}
        case GroupLeft(user, group):
            return {"what": "group left", "user": user, "group": group}
        case Became(caller):
            return {"what": "credentials", "caller": caller_to_json(caller)}


def _created(made: Identity | Group | ManagedPolicy) -> Json:
    kind = made.arn.split(":", 5)[5].split("/", 1)[0]
    found: Json = {"what": f"new {kind}", kind: made.arn}
    if isinstance(made, ManagedPolicy):
        return found | {"document": _document(made.versions[0][1])}
    if isinstance(made, Identity) and made.trust is not None:
        found |= {"document": _document(made.trust)}
    if isinstance(made, Identity) and made.boundary is not None:
        found |= {"boundary": made.boundary.identity.removesuffix("#boundary")}
    return found


def _first(policies: Sequence[Policy]) -> Json | None:
    return _document(policies[0]) if policies else None


def _document(policy: Policy) -> Json | None:
    """The document; `None` where parts of it are not known."""
    try:
        return policy_document(policy)
    except ValueError:
        return None
