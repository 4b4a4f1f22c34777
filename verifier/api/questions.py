"""Questions about an estate, with plain arguments.

In: an estate, names, texts. Out: results. Guarantee: as of `verify`; what a name does not name raises `InputError`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from verifier.evaluate import answer, evaluate
from verifier.model.choices import Zone
from verifier.model.estate import Estate
from verifier.model.request import Decision, Request
from verifier.model.results.access import FindingsReport, WhoCan
from verifier.model.results.explanation import Explanation
from verifier.model.results.reach_report import ReachReport
from verifier.syntax.diagnostic import InputError
from verifier.verify.access.findings import external_access
from verifier.verify.access.who_can import list_who_can
from verifier.verify.explanation.explain import explain_request
from verifier.verify.named import caller_named, keys_named, request_named
from verifier.verify.reach.reach import reach_from, reach_to


def decide(
    estate: Estate, request: Request | Mapping[str, Any], assignment: Mapping[str, bool] | None = None
) -> Decision:
    """Decides one concrete request, given as a `Request` or as the JSON object that `verifier evaluate` takes;
    `resource` may name a key.

    `assignment` settles readings and free facts; without it each is tried both ways (S2). A request that the policies
    do not refuse, but that cannot be sent, or is always refused (R3, R6), is answered `IMPOSSIBLE`. Raises
    `InputError`.
    """
    return answer(evaluate(estate, request_named(estate, request), assignment))


def explain(
    estate: Estate,
    request: Request | Mapping[str, Any],
    *,
    readings: Mapping[str, bool] | None = None,
    timeout: float | None = None,
) -> Explanation:
    """Why a request, given as to `decide`, is allowed or refused, and the smallest changes of the request and of the
    key policy that decide it otherwise, each of them replayed.

    `readings` settles documented ambiguities; `timeout` is in seconds, for each query. Raises `InputError`.
    """
    return explain_request(estate, request_named(estate, request), readings=readings, timeout=timeout)


def who_can(
    estate: Estate,
    *actions: str,
    keys: Iterable[str] = (),
    caller: str | None = None,
    excluding: Iterable[str] = (),
    readings: Mapping[str, bool] | None = None,
    timeout: float | None = None,
    witnesses: bool = False,
) -> WhoCan:
    """Everybody who can do some actions (all, if none is given) with some keys (every key, if none is named), with the
    conditions and the statements that let them; proved to be complete where it says so.

    `keys` are names, aliases, ARNs or key IDs. `caller` asks about some callers alone, `excluding` leaves some out:
    written as in invariants (`role/reports`, `callers in 444455556666`). `timeout` is in seconds, for each key. With
    `witnesses` rows have a request each, replayed. Raises `InputError`.
    """
    return list_who_can(
        estate,
        actions,
        keys=tuple(keys),
        caller=caller,
        excluding=tuple(excluding),
        readings=readings,
        timeout=timeout,
        witnesses=witnesses,
    )


def reach(
    estate: Estate,
    caller: str | None = None,
    *,
    to: Iterable[str] = (),
    keys: Iterable[str] = (),
    steps: int | None = None,
    readings: Mapping[str, bool] | None = None,
    timeout: float | None = None,
) -> ReachReport:
    """What `caller` can bring about on some keys (every key, if none is named) by up to `steps` steps, by any number
    without it; or who can come to do one of the actions `to`: one of the two is asked. `caller` is an ARN, or
    `role/NAME` or `user/NAME` of the keys' account.

    Every chain was replayed, and what is not listed was proved to be out of reach where it says so. `timeout` is in
    seconds, for each key. Raises `InputError`.
    """
    actions, names = tuple(to), tuple(keys)
    if (caller is None) == (not actions):
        raise InputError.of("a question is about a caller or about actions, one of them")
    if caller is None:
        return reach_to(estate, actions, names, steps, readings, timeout)
    start = caller_named(estate, caller, keys_named(estate, names))
    return reach_from(estate, start, names, steps, readings, timeout)


def findings(
    estate: Estate,
    *,
    keys: Iterable[str] = (),
    zone: Literal["account", "organization"] = "account",
    trusted: Iterable[str] = (),
    services: bool = False,
    readings: Mapping[str, bool] | None = None,
    timeout: float | None = None,
) -> FindingsReport:
    """The access from outside a zone of trust that some keys (every key, if none is named) allow, as a minimal set of
    findings.

    `trusted` are accounts and organizations in the zone besides. Access of service principals is listed apart, and
    counts with `services`. `timeout` is in seconds, for each key. Raises `InputError`.
    """
    return external_access(
        estate,
        keys=tuple(keys),
        zone=Zone(zone),
        trusted=tuple(trusted),
        count_services=services,
        readings=readings,
        timeout=timeout,
    )
