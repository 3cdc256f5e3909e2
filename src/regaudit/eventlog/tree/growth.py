"""How a log grows, whatever store holds it: leaves, nodes and a closing checkpoint in one transaction.

Every transaction that appends ends with a checkpoint over all events so far, and begins by holding the last
checkpoint against what is stored. So nothing is ever built upon, or signed, that was put there or taken away
by somebody else in between.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

import pyarrow as pa
from msgspec import Struct

from regaudit.base.errors import LogError
from regaudit.eventlog.batches import leaf_contents, placed, with_leaves
from regaudit.eventlog.tree.merkle import Hasher
from regaudit.eventlog.tree.notes import parse_checkpoint
from regaudit.eventlog.tree.stored import FANOUT_BITS, Edge, Node, TreeStore, load_edge

Row = tuple[str, int, str, bytes]
"""originator id, version, topic, state"""

Seal = Callable[[int, bytes], str]
"""The checkpoint's note for a size and a root."""


_SWALLOWED = (
    "事件日志没有原样收下所写的{what}:有触发器或规则在写入时动过手脚,未写入任何事件。"
    "请保留现场,运行 regaudit verify 查明,并查明谁能更改数据库的定义"
)


class Grown(Struct, frozen=True):
    """Events of `batches.GROWN_SCHEMA`, and the nodes that they complete: all of it is to be stored."""

    events: pa.Table
    nodes: list[Node]


class GrowingStore(TreeStore, Protocol):
    """What a log's growth needs of its store, within the transaction that appends."""

    def last_position(self) -> int:
        """The position of the last event; 0 without any."""

    def last_checkpoint(self) -> tuple[int, str] | None:
        """Size and note of the last checkpoint."""

    def states(self, stream: str, upto: int) -> list[bytes]:
        """The states of a stream's events up to a position, in order."""

    def count(self, level: int, first: int) -> int:
        """How many hashes of a level are stored with a number from `first` on; level 0 is the leaves."""

    def add_nodes(self, nodes: Sequence[Node]) -> None:
        """Store nodes."""

    def add_checkpoint(self, size: int, note: str) -> None:
        """Store a checkpoint."""


class Growth:
    """Keeps the right edge of the tree between transactions; one transaction at a time."""

    def __init__(self, hashing: Hasher, seal: Seal, check: Callable[[GrowingStore], None]) -> None:
        """`check` is called in each transaction before anything is added; it may refuse."""
        self._hashing, self._seal, self._check = hashing, seal, check
        self._edge: Edge | None = None
        self._before = 0

    def begin(self, store: GrowingStore) -> None:
        """Start a transaction.

        Raises:
            LogError: the log does not end as its last checkpoint says.
        """
        self._check(store)
        self._edge = checked_edge(self._hashing, store, self._edge)
        self._before = self._edge.size

    def extend(self, events: pa.Table) -> Grown:
        """Add events of `batches.NEW_SCHEMA` to the tree; needs no store, so that it may run beside one."""
        edge = self._edge
        if edge is None:
            raise RuntimeError("extend before begin")
        table = placed(events, edge.size + 1)
        leaves = [leaf for piece in leaf_contents(table) for leaf in self._hashing.digests(piece)]
        return Grown(with_leaves(table, leaves), edge.add(leaves))

    def close(self, store: GrowingStore) -> tuple[int, int]:
        """End a transaction with a checkpoint, unless it appended nothing.

        Returns:
            The log's size before and after.

        Raises:
            LogError: the store has not kept what it was given; nothing is signed then.
        """
        edge = self._edge
        if edge is None:
            raise RuntimeError("close before begin")
        if edge.size > self._before:
            self._check_kept(store, edge)
            note = self._seal(edge.size, edge.root())
            store.add_checkpoint(edge.size, note)
            if store.last_checkpoint() != (edge.size, note):
                raise LogError(_SWALLOWED.format(what="检查点"))
        return self._before, edge.size

    def _check_kept(self, store: GrowingStore, edge: Edge) -> None:
        """Count the rows in the store against those handed over: a trigger or a rule can let some vanish."""
        before, size, level = self._before, edge.size, 0
        while size > before:
            if (kept := store.count(level, before)) != size - before:
                what = f"{size - before} 条{'记录' if level == 0 else '树节点'},只收下 {kept} 条"
                raise LogError(_SWALLOWED.format(what=what))
            before, size, level = before >> FANOUT_BITS, size >> FANOUT_BITS, level + 1
        is_last = store.last_position() == edge.size
        if not is_last or load_edge(self._hashing, store, edge.size).root() != edge.root():
            raise LogError(_SWALLOWED.format(what="记录"))


def checked_edge(hashing: Hasher, store: GrowingStore, known: Edge | None = None) -> Edge:
    """The right edge of the stored tree, once it is what the last checkpoint says.

    Args:
        hashing: the log's hash function.
        store: where it is read from.
        known: the edge as it was left; taken where it is still that of the last checkpoint.

    Raises:
        LogError: events, leaves, nodes or checkpoints were added, removed or changed.
    """
    last = store.last_checkpoint()
    if last is None:
        raise LogError(
            "事件日志没有检查点:检查点被删除,或建立日志时中断。请保留现场,运行 regaudit verify 查明"
        )
    size, note = last
    position = store.last_position()
    if position != size:
        what = "末尾缺少记录" if position < size else "末尾有不属于任何检查点的记录"
        raise LogError(
            f"事件日志{what}:最后的检查点在第 {size} 条,日志到第 {position} 条,未写入任何事件。"
            "请保留现场,运行 regaudit verify 查明,从备份恢复"
        )
    try:
        root = parse_checkpoint(note).root
    except ValueError as error:
        raise LogError(
            f"事件日志的最后一个检查点(第 {size} 条处)已损坏,请运行 regaudit verify 查明"
        ) from error
    if known is not None and known.size == size and known.root() == root:
        return known
    edge = load_edge(hashing, store, size)
    if edge.root() != root:
        raise LogError(
            f"事件日志与最后的检查点(第 {size} 条处)不符:有记录被改动,未写入任何事件。"
            "请保留现场,运行 regaudit verify 查明,从备份恢复"
        )
    return edge
