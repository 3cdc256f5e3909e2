"""Copies a log from SQLite to PostgreSQL as it is: positions, leaves, tree, checkpoints and facts."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
from eventsourcing.persistence import PersistenceError
from msgspec import Struct

from regaudit.base.errors import LogError, UsageError
from regaudit.base.folders import LOG_FILE
from regaudit.base.settings import Store
from regaudit.eventlog.batches import STORED_SCHEMA
from regaudit.eventlog.held import Held
from regaudit.eventlog.log import EventLog
from regaudit.eventlog.stores import advice, open_store
from regaudit.eventlog.tree.growth import checked_edge
from regaudit.eventlog.tree.merkle import leaf_data
from regaudit.eventlog.tree.notes import parse_checkpoint, parse_note
from regaudit.eventlog.tree.stored import Edge, Node

_DAMAGED = "未复制任何记录。请对原日志运行 regaudit verify 查明"
Progress = Callable[[str, int, int], None]


class Copied(Struct, frozen=True):
    """What was copied, where to, and the root over all of it."""

    place: str
    events: int
    checkpoints: int
    root: bytes


def source_home(path: Path) -> Path:
    """The workspace of a log in SQLite, which may be given itself.

    Raises:
        UsageError: there is no log.
    """
    home = path if path.is_dir() else path.parent
    if not (home / LOG_FILE).is_file() or (path != home and path.name != LOG_FILE):
        raise UsageError(f"{path} 不是 SQLite 中的事件日志:请给出工作区文件夹,或其中的 {LOG_FILE}")
    return home


def copy_log(home: Path, store: Store, progress: Progress, held: Held) -> Copied:
    """Copy the log of a workspace to a server in one transaction; the caller holds all locks.

    Every leaf and node is computed anew, and the whole held against the last checkpoint, before it counts.

    Args:
        home: the workspace; its log in SQLite stays as it is.
        store: where to; the tables are made where there are none.
        progress: hears how many events are copied.
        held: the caller's locks, proven before the copy counts.

    Raises:
        LockLostError: another process may append to the log in SQLite; nothing is copied.
        LogError: the log is damaged, there is one in the store already, or the store refuses it.
    """
    application, place = open_store(home, store, is_new=True)
    try:
        target: Any = application.recorder
        with EventLog(home, Store()) as source, target.appending() as c:
            tree = target.tree_in(c)
            if target.facts_in(c) or tree.last_position() or tree.last_checkpoint():
                raise LogError(f"{place} 中已有事件日志,未作改动:请另取一个模式名(--schema)")
            facts, points, size = source.facts(), source.checkpoints(), source.position()
            target.add_facts(c, facts)
            copier = _Copier(source, size, progress)
            for rows, nodes in copier.batches():
                target.store(c, rows)
                tree.add_nodes(nodes)
            root = copier.check(points)
            for point in points:
                tree.add_checkpoint(*point)
            checked_edge(source.hashing, tree)
            held.prove()
    except PersistenceError as error:
        raise LogError(f"事件日志 {place} 未能复制,未写入任何记录:{error}。{advice(error)}") from error
    except pa.ArrowInvalid as error:
        raise LogError(f"原日志有不能读取的记录({error}):{_DAMAGED}") from error
    finally:
        application.close()
    return Copied(place, size, len(points), root)


class _Copier:
    def __init__(self, source: EventLog, size: int, progress: Progress) -> None:
        self._source, self._size, self._progress = source, size, progress
        self._edge = Edge(source.hashing, 0, [])

    def batches(self) -> Iterator[tuple[list[tuple[Any, ...]], list[Node]]]:
        """Events as they are stored, with the nodes that they complete."""
        hashing = self._source.hashing
        for table in self._source.read_stored(after=0, upto=self._size):
            columns = [table[name].to_pylist() for name in STORED_SCHEMA.names]
            rows = list(zip(*columns, strict=True))
            first = self._edge.size + 1
            for expected, (position, *event, leaf) in enumerate(rows, start=first):
                if position != expected:
                    raise LogError(f"原日志缺少第 {expected} 条记录:{_DAMAGED}")
                if hashing.leaf(leaf_data(position, *event)) != leaf:
                    raise LogError(f"原日志第 {position} 条记录与其散列不符:{_DAMAGED}")
            nodes = self._edge.add([row[-1] for row in rows])
            self._check_nodes(nodes)
            yield [_as_text(row) for row in rows], nodes
            self._progress("复制事件日志", self._edge.size, self._size)

    def check(self, points: list[tuple[int, str]]) -> bytes:
        """The root over all events, once it is that of the last checkpoint, which the key in force signed."""
        root = self._edge.root()
        try:
            checkpoint, note = parse_checkpoint(points[-1][1]), parse_note(points[-1][1])
        except (ValueError, IndexError):
            raise LogError(f"原日志的最后一个检查点缺失或已损坏:{_DAMAGED}") from None
        is_signed = bool(note.signed_by(self._source.verifier_keys()[-1:]))
        if (checkpoint.size, checkpoint.root) != (self._edge.size, root) or not is_signed:
            raise LogError(f"原日志与最后的检查点(第 {checkpoint.size} 条处)不符,或其签名不成立:{_DAMAGED}")
        return root

    def _check_nodes(self, nodes: list[Node]) -> None:
        for node in nodes:
            if list(self._source.stored_nodes(node.level, node.number, node.number + 1)) != [node.hash]:
                raise LogError(f"原日志第 {node.level} 层第 {node.number} 个树节点缺失或被改动:{_DAMAGED}")


def _as_text(row: tuple[Any, ...]) -> tuple[Any, ...]:
    position, stream, version, topic, state, leaf = row
    try:
        return position, stream.decode(), version, topic.decode(), state, leaf
    except UnicodeDecodeError:
        raise LogError(f"原日志第 {position} 条记录的名称不是文本:{_DAMAGED}") from None
