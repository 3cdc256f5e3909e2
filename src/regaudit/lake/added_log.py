"""A log as the lake has it: its events in order, and what proves them."""

from collections.abc import Iterable, Iterator, Sequence

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from regaudit.base.errors import LogError
from regaudit.base.progress import Progress
from regaudit.eventlog.batches import EVENT_SCHEMA, LEAFED_SCHEMA, leaf_contents
from regaudit.eventlog.tree.covered import KEYS_STREAM, Cover
from regaudit.eventlog.tree.merkle import hasher
from regaudit.eventlog.tree.notes import parse_verifier_key
from regaudit.eventlog.tree.stored import Edge
from regaudit.lake.errors import BrokenLogError, LakeError
from regaudit.lake.kept_settings import KeptSettings, decode_settings
from regaudit.lake.layout import HEAD, Head, Lake, Part
from regaudit.lake.storage import FAILURES
from regaudit.lake.travel import hidden_digest

_BATCH = 100_000
_LEAF = "leaf"


class AddedLog:
    """The events of one log in a lake; the warehouse reads them as it reads a log."""

    def __init__(self, lake: Lake, log_id: str, head: Head) -> None:
        self._lake, self.log_id, self.head = lake, log_id, head
        self._keys: list[bytes] = []

    def position(self) -> int:
        """The last position."""
        return self.head.size

    def paths(self) -> list[str]:
        """The files of events in order, as other programs find them."""
        return [self._lake.storage.address(self._name(part)) for part in self.head.parts]

    def settings(self) -> KeptSettings:
        """What its last run was judged by.

        Raises:
            BrokenLogError: they are missing or damaged.
        """
        try:
            content = self._lake.storage.read(self._lake.name(self.log_id, self.head.settings))
        except LakeError as error:
            raise BrokenLogError("broken", f"随附的设置 {self.head.settings} 不在或不能读取") from error
        return decode_settings(content, self.head.settings)

    def read_held(self, *, after: int, upto: int) -> Iterator[pa.Table]:
        """Events with `after` < position ≤ `upto` in order, as `batches.LEAFED_SCHEMA`.

        They are what was signed once `verify` has found so. What is a leaf hash alone has empty texts: no
        event has an empty topic.
        """
        for part in self.head.parts:
            if part.last > after and part.first <= upto:
                for batch in self._batches(part):
                    events = _filled(pa.Table.from_batches([batch]))
                    place = events.column("position")
                    yield events.filter(pc.and_(pc.greater(place, after), pc.less_equal(place, upto)))

    def read_streams(self, ids: Iterable[str]) -> Iterator[pa.Table]:
        """All events of the given streams, as `batches.EVENT_SCHEMA`."""
        wanted = pa.array(sorted(ids), pa.string())
        for part in self.head.parts:
            for batch in self._batches(part):
                events = pa.Table.from_batches([batch])
                found = events.filter(pc.is_in(events.column("originator_id"), wanted))
                yield found.select(EVENT_SCHEMA.names)

    def verify(self, progress: Progress) -> None:
        """Compute leaves from events and the root from leaves, and hold that against the signed checkpoint.

        Raises:
            BrokenLogError: it is not what the checkpoint says.
        """
        head, hashing = self.head, hasher(self.head.hash)
        point = head.point()
        if (point.origin, point.hash, point.size) != (head.origin, head.hash, head.size):
            raise BrokenLogError("broken", "检查点不是这个日志的,或与各文件的条数不符")
        edge, self._keys = Edge(hashing, 0, []), []
        for part in head.parts:
            hidden: list[pa.RecordBatch] = []
            for batch in self._checked(part):
                self._grow(edge, pa.Table.from_batches([batch]), part)
                hidden.append(batch.select(["position", "topic"]))
                progress("核对湖中日志", edge.size, head.size)
            if hidden_digest(hidden) != part.hidden:
                raise _broken(part, "所隐去的事件不是送来时的那些")
            if edge.size != part.last:
                raise _broken(part, f"只到第 {edge.size} 条,应到第 {part.last} 条")
        if edge.root() != point.root:
            raise BrokenLogError("broken", "由各条散列算出的树根与检查点不符:有事件被改动、替换或删除")
        try:
            Cover(head.verifier(), self.log_id).last(self)
        except LogError as error:
            raise BrokenLogError("forged", "检查点的签名不成立:不是由本日志的密钥签的") from error
        if not head.is_signed_by([parse_verifier_key(self.key())]):
            raise BrokenLogError("forged", f"{HEAD} 的签名不成立:清单或随附的设置被换过")

    def root(self, size: int) -> bytes:
        """The root over the first `size` events of a log that was verified."""
        edge = Edge(hasher(self.head.hash), 0, [])
        for events in self.read_held(after=0, upto=size):
            edge.add(events.column(_LEAF).to_pylist())
        return edge.root()

    def last_checkpoint(self) -> tuple[int, str]:
        """Size and note of the checkpoint."""
        return self.head.size, self.head.checkpoint

    def key(self) -> str:
        """The key in force, of a log that was verified."""
        if not self._keys:
            return self.head.key
        return str(msgspec.json.decode(self._keys[-1])["verifier_key"])

    def states(self, stream: str, upto: int) -> Sequence[bytes]:  # noqa: ARG002 - as a cover asks
        """What the events of the keys' stream say, of a log whose leaves were verified."""
        return self._keys

    def _grow(self, edge: Edge, events: pa.Table, part: Part) -> None:
        first = edge.size + 1
        positions = events.column("position").to_pylist()
        if positions != list(range(first, first + len(positions))):
            raise _broken(part, f"第 {first} 条以后的位置不连续")
        leaves = events.column(_LEAF).to_pylist()
        whole = events.filter(pc.is_valid(events.column("topic")))
        hashing = hasher(self.head.hash)
        computed = [leaf for contents in leaf_contents(whole) for leaf in hashing.digests(contents)]
        if computed != whole.column(_LEAF).to_pylist():
            raise _broken(part, "有事件与其散列不符,已被改动")
        keys = whole.filter(pc.equal(whole.column("originator_id"), KEYS_STREAM))
        self._keys += [state.encode() for state in keys.column("state").to_pylist()]
        edge.add(leaves)

    def _checked(self, part: Part) -> Iterator[pa.RecordBatch]:
        """The batches of a part; what prevents it from being read is told with its name."""
        size = self._lake.storage.size(self._name(part))
        if size is None:
            raise _broken(part, "不在")
        if size != part.bytes:
            raise _broken(part, f"有 {size} 字节,应有 {part.bytes} 字节,被截断或改动")
        try:
            yield from self._batches(part)
        except FAILURES as error:
            raise _broken(part, "不能读取,已损坏") from error

    def _batches(self, part: Part) -> Iterator[pa.RecordBatch]:
        with self._lake.storage.open(self._name(part)) as file, pq.ParquetFile(file) as content:
            if content.schema_arrow != LEAFED_SCHEMA:
                raise _broken(part, "不是本程序所写的事件文件")
            yield from content.iter_batches(batch_size=_BATCH)

    def _name(self, part: Part) -> str:
        return self._lake.name(self.log_id, part.name)


def _filled(events: pa.Table) -> pa.Table:
    columns = [
        pc.fill_null(column, 0 if pa.types.is_integer(column.type) else "") if name != _LEAF else column
        for name, column in zip(events.column_names, events.columns, strict=True)
    ]
    return pa.table(columns, schema=LEAFED_SCHEMA)


def _broken(part: Part, what: str) -> BrokenLogError:
    return BrokenLogError("broken", f"文件 {part.name} {what}")
