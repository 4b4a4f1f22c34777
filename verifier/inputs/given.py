"""Inputs that no file holds: texts and dictionaries.

In: what a file would hold. Out: `Estate`. Guarantee: no file is read, whatever the text names.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from verifier.inputs.estate import load_estate
from verifier.inputs.supplied import Supplied
from verifier.inputs.text.files import texts_given
from verifier.model.estate import Estate


def loads(
    *sources: str | Mapping[str, Any],
    key_arn: str | None = None,
    account: str | None = None,
    region: str | None = None,
    parameters: Mapping[str, str] | None = None,
) -> Estate:
    """Reads what `load` reads, from texts and dictionaries: key policies, snapshots, Terraform plans and states, CloudFormation templates.

    Text is JSON or YAML. Errors call a source `<text>`, or `<text 2>` where there are several. The others are as for `load`. Raises
    `InputError`.
    """
    texts = texts_given([source if isinstance(source, str) else json.dumps(source, indent=2) for source in sources])
    return load_estate(tuple(texts), key_arn=key_arn, supplied=Supplied(account, region, parameters or {}), texts=texts)
