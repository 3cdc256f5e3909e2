"""Merkle tree hashing of RFC 6962 and RFC 9162: roots, inclusion and consistency proofs, and their checks.

Pure: what is hashed and where hashes are kept is the caller's. A tree over `size` leaves is described by
ranges `(first, stop)` of leaf indexes, from 0; a range that a proof names is a subtree of the whole.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence

from cryptography.hazmat.primitives import hashes
from msgspec import Struct

Range = tuple[int, int]
HASHES = ("sha256", "sm3")


class Hasher(Struct, frozen=True):
    """A hash function with the prefixes that keep a leaf from being taken for a node."""

    name: str
    digest: Callable[[bytes], bytes]
    digests: Callable[[Iterable[bytes]], list[bytes]]
    """`digest` of each of many, in one go."""

    def leaf(self, data: bytes) -> bytes:
        """The hash of a leaf's content."""
        return self.digest(b"\x00" + data)

    def node(self, left: bytes, right: bytes) -> bytes:
        """The hash of two subtrees side by side."""
        return self.digest(b"\x01" + left + right)

    def root(self, subtrees: Sequence[bytes]) -> bytes:
        """The root over leaves, or over complete subtrees of one size of which the last may be incomplete."""
        if not subtrees:
            return self.digest(b"")
        level = list(subtrees)
        while len(level) > 1:
            odd = level[-1:] if len(level) % 2 else []
            level = self.parents(level) + odd
        return level[0]

    def parents(self, subtrees: Sequence[bytes]) -> list[bytes]:
        """The nodes over each two of them, from the left; what is left over has none."""
        pairs = iter(subtrees)
        return self.digests([b"\x01" + left + right for left, right in zip(pairs, pairs, strict=False)])


def hasher(name: str) -> Hasher:
    """The hash function of that name, one of `HASHES`.

    Raises:
        ValueError: no such function.
    """
    if name == "sha256":
        sha256 = hashlib.sha256
        return Hasher(
            name,
            lambda data: sha256(data).digest(),
            # A call less for each event than `digest` would take.
            lambda contents: [sha256(content).digest() for content in contents],
        )
    if name != "sm3":
        raise ValueError(f"unknown hash: {name}")
    sm3 = _openssl_sm3 if "sm3" in hashlib.algorithms_available else _sm3
    return Hasher(name, sm3, lambda contents: [sm3(content) for content in contents])


def _openssl_sm3(data: bytes) -> bytes:
    return hashlib.new("sm3", data).digest()


def _sm3(data: bytes) -> bytes:
    state = hashes.Hash(hashes.SM3())
    state.update(data)
    return state.finalize()


def split(count: int) -> int:
    """The largest power of two smaller than `count`, which is at least 2: leaves of the left subtree."""
    return 1 << ((count - 1).bit_length() - 1)


def complete(whole: Range) -> Iterator[Range]:
    """The complete subtrees, from left to right, that a subtree of a tree consists of."""
    first, stop = whole
    while first < stop:
        count = 1 << ((stop - first).bit_length() - 1)
        yield first, first + count
        first += count


def join(hashing: Hasher, parts: Sequence[bytes]) -> bytes:
    """The hash of a subtree from those of its complete subtrees, as `complete` lists them."""
    *rest, result = parts
    for left in reversed(rest):
        result = hashing.node(left, result)
    return result


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """The subtrees whose hashes prove the leaf at `index` in a tree of `size`, from the leaf upwards.

    Raises:
        ValueError: no such leaf in that tree.
    """
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} in a tree of {size}")
    ranges, first, stop = [], 0, size
    while stop - first > 1:
        middle = first + split(stop - first)
        if index < middle:
            ranges.append((middle, stop))
            stop = middle
        else:
            ranges.append((first, middle))
            first = middle
    return ranges[::-1]


def consistency_ranges(old: int, new: int) -> list[Range]:
    """The subtrees whose hashes prove that a tree of `new` leaves begins with one of `old`.

    Raises:
        ValueError: `old` is not between 0 and `new`.
    """
    if not 0 <= old <= new:
        raise ValueError(f"no tree of {old} in one of {new}")
    if old in (0, new):
        return []
    ranges, first, stop = [], 0, new
    while stop != old:
        middle = first + split(stop - first)
        if old <= middle:
            ranges.append((middle, stop))
            stop = middle
        else:
            ranges.append((first, middle))
            first = middle
    # The old root itself is known to whoever checks; a part of it has to be given.
    return ([(first, stop)] if first else []) + ranges[::-1]


def root_from_inclusion(hashing: Hasher, leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes:
    """The root that a leaf's hash and its inclusion proof lead to (RFC 9162, 2.1.3.2).

    Raises:
        ValueError: the proof has a wrong length, or there is no such leaf in such a tree.
    """
    ranges = inclusion_ranges(index, size)
    if len(ranges) != len(proof):
        raise ValueError(f"proof of {len(proof)} hashes where {len(ranges)} belong")
    result = leaf
    for (first, _), sibling in zip(ranges, proof, strict=True):
        result = hashing.node(sibling, result) if first <= index else hashing.node(result, sibling)
    return result


def is_included(
    hashing: Hasher, leaf: bytes, index: int, size: int, proof: Sequence[bytes], *, root: bytes
) -> bool:
    """Whether a proof shows that a leaf's hash stands at `index` in the tree of `size` with that root."""
    try:
        return root_from_inclusion(hashing, leaf, index, size, proof) == root
    except ValueError:
        return False


def is_consistent(
    hashing: Hasher, old: int, new: int, proof: Sequence[bytes], *, old_root: bytes, new_root: bytes
) -> bool:
    """Whether a proof shows that the tree of `new` leaves begins with that of `old` (RFC 9162, 2.1.4.2)."""
    try:
        ranges = consistency_ranges(old, new)
    except ValueError:
        return False
    if len(ranges) != len(proof):
        return False
    if old == new:
        return old_root == new_root
    if old == 0:
        return old_root == hashing.root([])
    if ranges[0][1] == old:  # the last subtree of the old tree is given, unless it is the old tree itself
        (start, *ranges), (seed, *proof) = ranges, proof
        first = start[0]
    else:
        first, seed = 0, old_root
    was = now = seed
    for (left, _), sibling in zip(ranges, proof, strict=True):
        if left < first:
            was, now, first = hashing.node(sibling, was), hashing.node(sibling, now), left
        else:
            now = hashing.node(now, sibling)
    return was == old_root and now == new_root


def leaf_data(position: int, stream: bytes, version: int, topic: bytes, state: bytes) -> bytes:
    """What a stored event's leaf is the hash of: all of it, texts in UTF-8, and in no two ways the same."""
    return b"%d %d %d %d %b%b%b" % (position, version, len(stream), len(topic), stream, topic, state)
