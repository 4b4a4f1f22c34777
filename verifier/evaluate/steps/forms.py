"""Whether a move is well formed (E0).

In: a state, a move. Out: nothing, or an `InputError` that names the kind of step and what is wrong.
Guarantee: every kind of step is checked; a move of an unknown form never gets through.
"""

from __future__ import annotations

from collections.abc import Callable

from verifier.evaluate.steps import forms_code, forms_created, forms_identities, forms_keys
from verifier.evaluate.steps.move_requests import require
from verifier.model.steps.chains import Move, State
from verifier.model.steps.descriptions import StepKind

_FORMS: dict[StepKind, Callable[[State, Move], None]] = {
    StepKind.PUT_KEY_POLICY: forms_keys.check_put_key_policy,
    StepKind.CREATE_GRANT: forms_keys.check_create_grant,
    StepKind.TAG: forms_keys.check_tag_key,
    StepKind.UNTAG: forms_keys.check_tag_key,
    StepKind.CREATE_ALIAS: forms_keys.check_alias,
    StepKind.UPDATE_ALIAS: forms_keys.check_alias,
    StepKind.DELETE_ALIAS: forms_keys.check_alias,
    StepKind.REPLICATE: forms_keys.check_replicate,
    StepKind.RE_ENCRYPT: forms_keys.check_re_encrypt,
    StepKind.IMPORT_MATERIAL: forms_keys.check_import_material,
    StepKind.SHARE: forms_keys.check_share,
    StepKind.ASSUME_ROLE: forms_identities.check_assume_role,
    StepKind.FEDERATE: forms_identities.check_federate,
    StepKind.PUT_POLICY: forms_identities.check_put_policy,
    StepKind.ATTACH_POLICY: forms_identities.check_attach_policy,
    StepKind.NEW_VERSION: forms_identities.check_set_version,
    StepKind.SET_VERSION: forms_identities.check_set_version,
    StepKind.PUT_TRUST: forms_identities.check_put_trust,
    StepKind.CREATE: forms_created.check_create,
    StepKind.REMOVE_POLICY: forms_created.check_remove_policy,
    StepKind.TAG_IDENTITY: forms_created.check_tag,
    StepKind.UNTAG_IDENTITY: forms_created.check_tag,
    StepKind.PUT_BOUNDARY: forms_created.check_put_boundary,
    StepKind.DELETE_BOUNDARY: forms_created.check_put_boundary,
    StepKind.JOIN_GROUP: forms_identities.check_join_group,
    StepKind.LEAVE_GROUP: forms_created.check_leave_group,
    StepKind.BECOME_USER: forms_identities.check_become_user,
    StepKind.PROVIDER: forms_identities.check_govern_provider,
    StepKind.PASS_ROLE: forms_code.check_pass_role,
    StepKind.CHANGE_CODE: forms_code.check_change_code,
}


def check_move(state: State, move: Move) -> None:
    """Raises `InputError` where a move is not well formed: a request by somebody who is not held, one that is not part
    of such a step, or a change that the requests do not ask for."""
    if move.kind is StepKind.OWN_IDENTITY:
        forms_identities.check_own_identity(state, move)
        return
    require(bool(move.requests), move, "it takes a request")
    callers = list(dict.fromkeys(request.caller for request in move.requests))
    # What GetParametersForImport answers serves whoever has it.
    require(len(callers) == 1 or move.kind is StepKind.IMPORT_MATERIAL, move, "one caller makes all its requests")
    for caller in callers:
        require(caller in state.held, move, f"{caller.arn} is not held")
    _FORMS[move.kind](state, move)
