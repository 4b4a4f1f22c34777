"""Stories and bounds → JSON, as the schema of reports describes them; `text` members say what the text report says."""

from __future__ import annotations

from verifier.model.policy import Policy, arn_kind
from verifier.model.policy_text import policy_document
from verifier.model.results.verdict import Bound, Story, StoryStep
from verifier.model.steps import chains
from verifier.report.naming import Names
from verifier.report.reach.shown_steps import step_words
from verifier.report.reach.story import bound_words, story_sentence
from verifier.report.wire.values import SHAPES, Json, Shape, Shapes, as_mapping, json_shape
from verifier.witness.command import step_commands


def story_shapes(names: Names, target: str | None) -> Shapes:
    return {
        **_CHANGES,
        Story: json_shape(
            "caller text steps access readings free",
            text=lambda story: story_sentence(story, names, target),
            readings=as_mapping("readings"),
            free=as_mapping("free"),
        ),
        StoryStep: json_shape(
            "kind=move.kind text requests change=move.change commands",
            text=lambda step: step_words(step.move, names),
            commands=lambda step: step_commands(step.move),
        ),
    }


def _change(what: str, members: str) -> Shape:
    return json_shape(f"what {members}", what=lambda _: what)


def _created(change: chains.Created) -> Json:
    kind = arn_kind(change.arn)
    document = change.document or change.trust
    found = {"what": f"new {kind}", kind: change.arn, "document": document, "boundary": change.boundary}
    return {name: value for name, value in found.items() if value is not None}


def _document(policy: Policy) -> Json | None:
    """The document; `None` where parts of it are not known."""
    try:
        return policy_document(policy)
    except ValueError:
        return None


BOUND_SHAPE = json_shape("steps every_length=complete text", text=bound_words)
_CHANGES: Shapes = {
    **SHAPES,
    Bound: BOUND_SHAPE,
    Policy: _document,
    chains.AliasMoved: _change("alias", "alias=alias_arn key"),
    chains.Became: _change("credentials", "caller"),
    chains.BoundaryPut: _change("permissions boundary", "owner policy=managed known document"),
    chains.Created: _created,
    chains.GrantCreated: _change("grant", "key grant"),
    chains.GroupJoined: _change("group", "user group"),
    chains.GroupLeft: _change("group left", "user group"),
    chains.IdentityTagged: _change("tags of an identity", "owner tags removed"),
    chains.KeyPolicyPut: _change("key policy", "key document=policy"),
    chains.KeyReplicated: _change("replica", "key replica=replica.arn document=policy"),
    chains.KeyShared: _change("resource share", "key"),
    chains.KeyTagged: _change("tags", "key tags removed"),
    chains.MaterialImported: _change("key material", "key"),
    chains.PolicyAdded: _change("policy", "owner policy=policy.identity known document"),
    chains.PolicyRemoved: _change("policy taken away", "owner policy=identity"),
    chains.ReEncrypted: _change("re-encryption", "key onto"),
    chains.TrustPut: _change("trust policy", "role document=policy"),
    chains.VersionSet: _change("policy version", "policy=arn document=policy"),
}
