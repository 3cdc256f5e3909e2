"""The stored tree: roots at any size and proofs, read from the leaves and from some of the nodes.

Stored are every leaf, beside its event, and the roots of complete subtrees of 256, 256², 256³ … events:
level 1, 2, 3 …, each numbered from 0. They are written once and never changed. Whatever else a root or a
proof needs is computed from at most 256 hashes a level.
"""

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct

from regaudit.base.errors import LogError
from regaudit.eventlog.tree.merkle import (
    Hasher,
    Range,
    complete,
    consistency_ranges,
    inclusion_ranges,
    join,
)

FANOUT_BITS = 8
FANOUT = 1 << FANOUT_BITS


class Node(Struct, frozen=True, order=True):
    """The root of a complete subtree of 256^`level` events, the `number`-th of its level from 0."""

    level: int
    number: int
    hash: bytes


class TreeStore(Protocol):
    """Where hashes are read from, within one transaction."""

    def hashes(self, level: int, first: int, stop: int) -> Sequence[bytes]:
        """The hashes of a level with `first` ≤ number < `stop`, in order; level 0 is the leaves.

        Fewer where some are missing.
        """


class StoredTree:
    """Roots and proofs of the tree in a store."""

    def __init__(self, hashing: Hasher, store: TreeStore) -> None:
        self._hashing, self._store = hashing, store

    def root(self, size: int) -> bytes:
        """The root over the first `size` events.

        Raises:
            LogError: leaves or nodes are missing.
        """
        return self._hash((0, size)) if size else self._hashing.root([])

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """The inclusion proof of the leaf at `index`, from 0, in the tree of the first `size` events.

        Raises:
            ValueError: no such leaf in that tree.
            LogError: leaves or nodes are missing.
        """
        return [self._hash(part) for part in inclusion_ranges(index, size)]

    def consistency(self, old: int, new: int) -> list[bytes]:
        """The proof that the tree of the first `new` events begins with that of the first `old`.

        Raises:
            ValueError: `old` is not between 0 and `new`.
            LogError: leaves or nodes are missing.
        """
        return [self._hash(part) for part in consistency_ranges(old, new)]

    def _hash(self, whole: Range) -> bytes:
        return join(self._hashing, [self._complete(part) for part in complete(whole)])

    def _complete(self, part: Range) -> bytes:
        first, stop = part
        level = (stop - first).bit_length() - 1
        stored, inside = divmod(level, FANOUT_BITS)
        shift = stored * FANOUT_BITS
        return self._hashing.root(read(self._store, stored, first >> shift, (first >> shift) + (1 << inside)))


class Edge:
    """The right edge of a growing tree: the hashes that no stored node covers yet, level by level."""

    def __init__(self, hashing: Hasher, size: int, levels: list[list[bytes]]) -> None:
        self._hashing, self.size, self.levels = hashing, size, levels

    def add(self, leaves: Sequence[bytes]) -> list[Node]:
        """Append leaves; returns the nodes that became complete, to be stored."""
        made: list[Node] = []
        level, count, new = 0, self.size, list(leaves)
        self.size += len(new)
        while new:
            if level == len(self.levels):
                self.levels.append([])
            open_, count = self.levels[level] + new, count >> FANOUT_BITS
            whole = len(open_) - len(open_) % FANOUT
            new = above(self._hashing, open_[:whole])
            self.levels[level] = open_[whole:]
            level += 1
            made += [Node(level, number, node) for number, node in enumerate(new, start=count)]
        return made

    def root(self) -> bytes:
        """The root of the whole tree."""
        carried: list[bytes] = []
        for level in self.levels:
            if below := level + carried:
                carried = [self._hashing.root(below)]
        return self._hashing.root(carried)


def above(hashing: Hasher, hashes: Sequence[bytes]) -> list[bytes]:
    """The nodes of the level above, from hashes that fill them all."""
    nodes = list(hashes)
    for _ in range(FANOUT_BITS):
        nodes = hashing.parents(nodes)
    return nodes


def load_edge(hashing: Hasher, store: TreeStore, size: int) -> Edge:
    """The right edge of the tree of `size` events in a store.

    Raises:
        LogError: leaves or nodes are missing.
    """
    levels, count, level = [], size, 0
    while count:
        levels.append(list(read(store, level, count - count % FANOUT, count)))
        count, level = count >> FANOUT_BITS, level + 1
    return Edge(hashing, size, levels)


def read(store: TreeStore, level: int, first: int, stop: int) -> Sequence[bytes]:
    """Hashes of a level, all of them.

    Raises:
        LogError: some are missing.
    """
    found = store.hashes(level, first, stop) if first < stop else []
    if len(found) != stop - first:
        what = "事件" if level == 0 else f"第 {level} 层树节点"
        raise LogError(
            f"事件日志缺少{what}(第 {first + 1} 至 {stop} 个中只有 {len(found)} 个):日志已损坏。"
            "请保留现场,运行 regaudit verify 查明"
        )
    return found
