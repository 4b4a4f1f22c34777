"""A live account → a snapshot folder.

In: credentials, Regions, roles to assume, a folder. Out: the folder, as `verifier.inputs` reads it, and a `Collection`
that says what was not read. Guarantee: only the operations of `reading.ALLOWED` are called, which read; nothing of
the environment or of credentials is written; what was not read is recorded in `not-read.json`, and until the collection
is complete that file refuses to be loaded (S1).

The only room that opens a connection, and the only one that imports boto3 and botocore.
"""

from __future__ import annotations

from verifier.collect.collecting import collect
from verifier.collect.reading import ALLOWED, CollectError

__all__ = ["ALLOWED", "CollectError", "collect"]
