"""The tree's root and proofs as RFC 6962 defines them, in a few lines."""

import hashlib
from collections.abc import Sequence


def h(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def defined_root(leaves: Sequence[bytes]) -> bytes:
    """RFC 6962, 2.1: MTH."""
    n = len(leaves)
    if n == 0:
        return h(b"")
    if n == 1:
        return leaves[0]
    k = 1
    while 2 * k < n:
        k *= 2
    return h(b"\x01" + defined_root(leaves[:k]) + defined_root(leaves[k:]))


def defined_path(m: int, leaves: Sequence[bytes]) -> list[bytes]:
    """RFC 6962, 2.1.1: PATH."""
    n = len(leaves)
    if n == 1:
        return []
    k = 1
    while 2 * k < n:
        k *= 2
    if m < k:
        return [*defined_path(m, leaves[:k]), defined_root(leaves[k:])]
    return [*defined_path(m - k, leaves[k:]), defined_root(leaves[:k])]


def defined_subproof(m: int, leaves: Sequence[bytes], *, is_whole: bool) -> list[bytes]:
    """RFC 6962, 2.1.2: SUBPROOF."""
    n = len(leaves)
    if m == n:
        return [] if is_whole else [defined_root(leaves)]
    k = 1
    while 2 * k < n:
        k *= 2
    if m <= k:
        return [*defined_subproof(m, leaves[:k], is_whole=is_whole), defined_root(leaves[k:])]
    return [*defined_subproof(m - k, leaves[k:], is_whole=False), defined_root(leaves[:k])]
