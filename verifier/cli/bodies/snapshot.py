"""The body of `verifier snapshot`: reads live accounts, and reports what was not read."""

from __future__ import annotations

import sys
from importlib.util import find_spec

from verifier.cli.progress import shown
from verifier.cli.run import emit
from verifier.model.results.collection import Wanted
from verifier.syntax.diagnostic import InputError


def snapshot_command(wanted: Wanted, json: bool) -> int:
    """Returns the exit code. Raises `InputError` where the collection cannot begin or go on."""
    if find_spec("boto3") is None:
        raise InputError.of("`verifier snapshot` needs boto3, which is not installed", hint="pip install 'kms-verifier[aws]'")
    from verifier.collect import CollectError, collect
    from verifier.report.collection import collection_exit_code, collection_to_json, render_collection
    from verifier.report.json_values import json_text

    with shown() as progress:
        try:
            collection = collect(wanted, progress)
        except CollectError as error:
            raise InputError.of(str(error)) from None
        except KeyboardInterrupt:
            print("stopped: the same command goes on from here", file=sys.stderr)
            raise
    emit(json_text(collection_to_json(collection)) if json else render_collection(collection))
    return collection_exit_code(collection)
