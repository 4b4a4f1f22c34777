"""What is kept in a file, with a digest by which every change of it is noticed.

In: data, and the name that it is kept under. Out: bytes, and from them the same data or nothing. Guarantee: what comes
back was kept under this name, byte by byte. It guards against damage, not against people: whoever can write the file
can make the digest too.
"""

from __future__ import annotations

from hashlib import sha256

_SIZE = 32


def sealed(name: bytes, data: bytes) -> bytes:
    """The data with its digest before it."""
    return _digest(name, data) + data


def unsealed(name: bytes, kept: bytes) -> bytes | None:
    """The data; `None` iff a byte of it, of its digest or of the name is another."""
    data = kept[_SIZE:]
    return data if _digest(name, data) == kept[:_SIZE] else None


def _digest(name: bytes, data: bytes) -> bytes:
    digest = sha256(b"%d:%s" % (len(name), name))
    digest.update(data)
    return digest.digest()
