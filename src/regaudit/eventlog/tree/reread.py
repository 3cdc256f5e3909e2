"""Events that are read in order, held against the tree: what a checkpoint signed is what was read."""

from collections.abc import Iterable, Iterator

import pyarrow as pa
import pyarrow.compute as pc

from regaudit.base.errors import LogError
from regaudit.eventlog.batches import leaf_contents
from regaudit.eventlog.tree.merkle import Hasher
from regaudit.eventlog.tree.stored import Edge


def held(
    hashing: Hasher, edge: Edge, pages: Iterable[pa.Table], upto: int, root: bytes
) -> Iterator[pa.Table]:
    """Pass pages of events on, hashing them; who takes them all has read what `root` is the root of.

    Args:
        hashing: the log's hash function.
        edge: the right edge of the tree before the first event.
        pages: tables of `batches.LEAFED_SCHEMA`, in order of position.
        upto: the last position that is to be there.
        root: of the tree over the first `upto` events.

    Raises:
        LogError: an event, or the leaf beside it, is not the one that the tree is made of; at the latest when
            a page behind the last is asked for.
    """
    for page in pages:
        leaves = [leaf for piece in leaf_contents(page) for leaf in hashing.digests(piece)]
        same = pc.equal(pa.array(leaves, pa.binary()), page["leaf"].combine_chunks()).fill_null(
            fill_value=False
        )
        if same.true_count != len(same):
            place = page["position"][same.to_pylist().index(False)].as_py()
            raise LogError(_CHANGED.format(place=f"第 {place} 条记录与其哈希不符"))
        edge.add(leaves)
        yield page
    if (edge.size, edge.root()) != (upto, root):
        raise LogError(_CHANGED.format(place=f"前 {upto} 条记录与检查点不符"))


_CHANGED = "事件日志的{place}:有记录被改动或删除。请保留现场,运行 regaudit verify 查明,从备份恢复"
