"""Rows of a log's own tables that belong to no event: what a night can see of them without reading events."""

from collections.abc import Iterator

from regaudit.eventlog.log import EventLog
from regaudit.eventlog.tree.stored import FANOUT_BITS

_FACTS = {"format", "hash", "origin", "key"}


def fact_faults(log: EventLog) -> Iterator[str]:
    """What the log says of itself that no log says, and a highest position below the last (Chinese)."""
    if others := sorted(log.facts().keys() - _FACTS):
        yield f"log_facts 表多出 {'、'.join(others)}"
    given, last = log.inspection.given_positions(), log.stored_position()
    if given is not None and given < last:
        yield f"sqlite_sequence 表记着最高到第 {given} 条,而事件日志到第 {last} 条"


def row_faults(log: EventLog) -> Iterator[str]:
    """Records before the first, facts, checkpoints and nodes that should not be there, or are gone (Chinese).

    Raises:
        LogError: the last checkpoint is missing, or nobody who may has signed it.
    """
    inspection, size = log.inspection, log.position()
    if (position := inspection.before_first()) is not None:
        yield f"第 {position} 条记录在第 1 条之前:不是由本程序写入的,未当作记录读取"
    yield from fact_faults(log)
    least, _ = inspection.checkpoint_sizes()
    if least:
        yield f"checkpoints 表的第一个检查点在第 {least} 条处,而应在建立日志时(第 0 条处)"
    if inspection.node_counts() != _nodes_of(size):
        yield f"tree_nodes 表存放的树节点多于或少于 {size} 条记录应有的"
    given, last = inspection.given_positions(), log.stored_position()
    if given is not None and given > last:
        yield f"曾有第 {given} 条记录(sqlite_sequence 表),而只到第 {last} 条:末尾的记录被删除"


def _nodes_of(size: int) -> dict[int, tuple[int, int]]:
    """By level, how many nodes the tree of a size has, and the highest number among them."""
    counts, level = {}, 1
    while count := size >> level * FANOUT_BITS:
        counts[level] = (count, count - 1)
        level += 1
    return counts
