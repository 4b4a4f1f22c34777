"""The documented ambiguities (◇) that a decision may rest on (S2).

In: nothing. Out: `READINGS`, the symbol of each ◇ of docs/semantics.md that is modelled, with the question, its answers
and its source from `data/readings.json`.
Guarantee: `evaluate` and `problem` use the same labels with the meanings stated there, and no others.
"""

from __future__ import annotations

import json
from importlib.resources import files

from verifier.model.policy import PolicyKind
from verifier.model.reference import ValueType
from verifier.model.symbols import Reading

_TEXT = (files("verifier.model") / "data" / "readings.json").read_text(encoding="utf-8")
READINGS: tuple[Reading, ...] = tuple(Reading(**row) for row in json.loads(_TEXT))
"""Every ◇ that the verifier models, in the order in which they are listed to people."""

_BY_LABEL = {one.label: one for one in READINGS}

R4 = _BY_LABEL["R4"]
L4, L4_LIST, L4_LIST_DENY = _BY_LABEL["L4"], _BY_LABEL["L4-list"], _BY_LABEL["L4-list-deny"]
L6, L6_ARN = _BY_LABEL["L6"], _BY_LABEL["L6-arn"]
WILDCARDS = _BY_LABEL["L7-wildcards"]
WILDCARDS_ARN = _BY_LABEL["L7-wildcards-arn"]
WILDCARDS_RESOURCE = _BY_LABEL["L7-wildcards-resource"]
OF_WILDCARDS = (WILDCARDS, WILDCARDS_ARN, WILDCARDS_RESOURCE)
"""Whether those in the text that replaces a variable count: under a String or Arn operator, in a `Resource`."""
EMPTY = _BY_LABEL["L7-empty"]
L7_USERNAME = _BY_LABEL["L7-username"]
P1 = _BY_LABEL["P1"]
P3 = _BY_LABEL["P3"]
P5 = _BY_LABEL["P5"]
P5_ACCOUNT = _BY_LABEL["P5-account"]
P5_ROLE = _BY_LABEL["P5-role"]
P5_BOUNDARY = _BY_LABEL["P5-boundary"]
P5_ALLOW = _BY_LABEL["P5-allow"]
P5_NAMED, P5_NAMED_ROLE = _BY_LABEL["P5-named"], _BY_LABEL["P5-named-role"]
P6 = {PolicyKind.KEY: _BY_LABEL["P6"], PolicyKind.ENDPOINT: _BY_LABEL["P6-endpoint"]}
C1, C1_NULL = _BY_LABEL["C1"], _BY_LABEL["C1-null"]
C2 = _BY_LABEL["C2"]
C2_NOT = _BY_LABEL["C2-not"]
C2_NEGATION = _BY_LABEL["C2-negation"]
C3: dict[ValueType | None, Reading] = {
    ValueType.NUMERIC: _BY_LABEL["C3-number"],
    ValueType.DATE: _BY_LABEL["C3-date"],
    ValueType.IP: _BY_LABEL["C3-address"],
    ValueType.BOOL: _BY_LABEL["C3-truth"],
    ValueType.BINARY: _BY_LABEL["C3-bytes"],
}
"""What a listed value does that its operator cannot read."""
C3_YEAR = _BY_LABEL["C3-year"]
C3_ZONE = _BY_LABEL["C3-zone"]
C3_OFFSET = _BY_LABEL["C3-offset"]
C3_PREFIX = _BY_LABEL["C3-prefix"]
C3_BOOL = _BY_LABEL["C3-bool"]
D4 = _BY_LABEL["D4"]
D6 = _BY_LABEL["D6"]
V_ACCOUNT = _BY_LABEL["V-account"]
D9, D9_ALIAS, D9_RCP = _BY_LABEL["D9"], _BY_LABEL["D9-alias"], _BY_LABEL["D9-rcp"]
U2 = _BY_LABEL["U2"]
G2 = _BY_LABEL["G2"]
G2_FEDERATED, G5_FEDERATED = _BY_LABEL["G2-federated"], _BY_LABEL["G5-federated"]
G3_NAMES = _BY_LABEL["G3-names"]
G3_SOURCE = _BY_LABEL["G3-source"]
G3_DESCRIBE = _BY_LABEL["G3-describe"]
G3_ASYMMETRIC = _BY_LABEL["G3-asymmetric"]
G4, G4_ROLE = _BY_LABEL["G4"], _BY_LABEL["G4-role"]
G5 = _BY_LABEL["G5"]
G6, G6_TYPE = _BY_LABEL["G6"], _BY_LABEL["G6-type"]
F1_KEYLESS = _BY_LABEL["F1-keyless"]
F1_RESOURCE = _BY_LABEL["F1-resource"]
F1_ORGANIZATION, F1_PATHS = _BY_LABEL["F1-resource-org"], _BY_LABEL["F1-resource-paths"]
F1_SERVICE = _BY_LABEL["F1-service"]
F3, F3_LAMBDA = _BY_LABEL["F3"], _BY_LABEL["F3-lambda"]
F4, F4_CONSOLE = _BY_LABEL["F4"], _BY_LABEL["F4-console"]
F5, F5_ROLE, F5_VIA = _BY_LABEL["F5"], _BY_LABEL["F5-role"], _BY_LABEL["F5-via"]
F6, F6_UNTAG = _BY_LABEL["F6"], _BY_LABEL["F6-untag"]
F6_REPLICATE, F6_REPLICATE_KEYS = _BY_LABEL["F6-replicate"], _BY_LABEL["F6-replicate-keys"]
WHICH_PAIR = _BY_LABEL["F7"]
F8, F8_ALIASES = _BY_LABEL["F8"], _BY_LABEL["F8-aliases"]
F8_CREATE = _BY_LABEL["F8-create"]
F8_RETIRE = _BY_LABEL["F8-retire"]
F8_QUOTA = _BY_LABEL["F8-quota"]
E4, E4_IAM = _BY_LABEL["E4"], _BY_LABEL["E4-iam"]
E2, E2_TRANSITIVE = _BY_LABEL["E2"], _BY_LABEL["E2-transitive"]
READ_BY = {
    PolicyKind.KEY: (F8, F8_ALIASES, F3_LAMBDA),
    PolicyKind.RCP: (_BY_LABEL["F8-rcp"], _BY_LABEL["F8-aliases-rcp"], _BY_LABEL["F3-lambda-rcp"]),
    PolicyKind.ENDPOINT: (_BY_LABEL["F8-endpoint"], _BY_LABEL["F8-aliases-endpoint"], F3_LAMBDA),
    PolicyKind.TRUST: (E2, E2, F3_LAMBDA),
}
"""How policies that are not of identities read tags of the resource, aliases of a key, and the function that calls."""
TO_BE_SENT = (
    *(F1_ORGANIZATION, F1_PATHS, F1_SERVICE, F3, F4, F4_CONSOLE, F5, F5_ROLE, F5_VIA),
    *(F6, F6_REPLICATE, F6_REPLICATE_KEYS, F6_UNTAG, G3_ASYMMETRIC),
)
"""The readings that facts about requests depend on."""
