"""The stored tree: as the standard defines it at every size, grown in one go or in any steps."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from merkle_law import defined_path, defined_root, defined_subproof
from stores import BOTH_STORES, opened_log

from regaudit.base.errors import LogError
from regaudit.catalogue.event_types import FindingGone
from regaudit.eventlog.log import EventLog
from regaudit.eventlog.make import make_log
from regaudit.eventlog.tree.merkle import hasher, is_consistent, is_included, leaf_data
from regaudit.eventlog.tree.notes import parse_checkpoint, parse_note
from regaudit.eventlog.tree.stored import Edge, Node, StoredTree, load_edge

SHA256 = hasher("sha256")
STORED = """
SELECT position, CAST(originator_id AS BLOB), originator_version, CAST(topic AS BLOB), state, leaf
FROM stored_events ORDER BY position
"""
LEAVES = [SHA256.leaf(b"%d" % number) for number in range(256 * 256 + 700)]


class Shelf:
    """Leaves and nodes in lists."""

    def __init__(self, leaves: Sequence[bytes], nodes: Sequence[Node]) -> None:
        self.levels: dict[int, list[bytes]] = {0: list(leaves)}
        for node in sorted(nodes):
            held = self.levels.setdefault(node.level, [])
            assert node.number == len(held)
            held.append(node.hash)

    def hashes(self, level: int, first: int, stop: int) -> Sequence[bytes]:
        return self.levels.get(level, [])[first:stop]


def grown(size: int, steps: Sequence[int] = ()) -> tuple[Shelf, Edge]:
    """A tree of the first `size` leaves, appended up to each step in turn."""
    edge, nodes = Edge(SHA256, 0, []), []
    for step in [*sorted(steps), size]:
        nodes += edge.add(LEAVES[edge.size : step])
    return Shelf(LEAVES[:size], nodes), edge


@pytest.fixture(scope="module")
def large() -> tuple[Shelf, bytes]:
    shelf, edge = grown(len(LEAVES))
    assert len(shelf.levels[1]) == 258
    assert len(shelf.levels[2]) == 1
    return shelf, edge.root()


@given(st.integers(0, 1100), st.lists(st.integers(0, 1100), max_size=4))
def test_grown_in_any_steps_and_taken_up_again_it_is_the_same(size: int, steps: list[int]) -> None:
    shelf, edge = grown(size, [step for step in steps if step < size])
    root = defined_root(LEAVES[:size])
    assert edge.size == size
    assert (
        edge.root() == load_edge(SHA256, shelf, size).root() == StoredTree(SHA256, shelf).root(size) == root
    )


def test_a_large_trees_root_and_that_of_every_size_before(large: tuple[Shelf, bytes]) -> None:
    shelf, root = large
    assert root == defined_root(LEAVES)
    tree = StoredTree(SHA256, shelf)
    for size in (1, 255, 256, 257, 65_535, 65_536, 65_537, len(LEAVES)):
        assert tree.root(size) == defined_root(LEAVES[:size])


def test_a_large_trees_proofs(large: tuple[Shelf, bytes]) -> None:
    shelf, _ = large
    tree = StoredTree(SHA256, shelf)
    for index, size in ((0, 1), (5, 700), (65_535, 65_536), (65_536, len(LEAVES)), (300, len(LEAVES))):
        proof = tree.inclusion(index, size)
        assert proof == defined_path(index, LEAVES[:size])
        assert is_included(SHA256, LEAVES[index], index, size, proof, root=tree.root(size))
    for old, new in ((0, 5), (255, 257), (256, 65_536), (65_000, len(LEAVES)), (65_537, len(LEAVES))):
        proof = tree.consistency(old, new)
        assert proof == (defined_subproof(old, LEAVES[:new], is_whole=True) if old else [])
        assert is_consistent(SHA256, old, new, proof, old_root=tree.root(old), new_root=tree.root(new))


def test_missing_leaves_and_nodes_are_told(large: tuple[Shelf, bytes]) -> None:
    shelf, _ = large
    without_leaf = Shelf(shelf.levels[0][:-1], [])
    with pytest.raises(LogError, match="缺少事件"):
        load_edge(SHA256, without_leaf, len(LEAVES))
    with pytest.raises(LogError, match="缺少第 1 层树节点"):
        StoredTree(SHA256, Shelf(LEAVES, [])).root(512)


def example(stream: str, version: int) -> FindingGone:
    return FindingGone(stream, version, as_of="2026-03-31", run_no=1)


@BOTH_STORES
@pytest.mark.parametrize("hash_name", ["sha256", "sm3"])
def test_both_ways_into_the_log_grow_one_tree_that_its_checkpoints_sign(folder: Path, hash_name: str) -> None:
    make_log(folder, origin="dongsheng.example", hash_name=hash_name)
    sizes = [0]
    for opening in range(3):
        with EventLog(folder) as log:
            single = [example(f"single-{opening}", number) for number in (1, 2)]
            batches = [
                log.stored(example(f"bulk-{opening}-{batch}", number) for number in range(1, 200))
                for batch in range(2)
            ]
            log.append_all(single)
            sizes.append(log.position())
            log.append_batches(batches)
            sizes.append(log.position())
    hashing = hasher(hash_name)
    with opened_log(folder) as db:
        rows = db.execute(STORED).fetchall()
        nodes = db.execute("SELECT level, number, hash FROM tree_nodes ORDER BY 1, 2").fetchall()
    assert [row[0] for row in rows] == list(range(1, 1201))
    leaves = [hashing.leaf(leaf_data(*row[:5])) for row in rows]
    assert [row[5] for row in rows] == leaves
    assert nodes == [(1, n, hashing.root(leaves[256 * n : 256 * n + 256])) for n in range(4)]
    with EventLog(folder) as log:
        assert [size for size, _ in log.checkpoints()] == sizes
        assert log.last_checkpoint() == log.checkpoints()[-1]
        for size, text in log.checkpoints():
            checkpoint = parse_checkpoint(text)
            assert checkpoint.text() == parse_note(text).text
            assert (checkpoint.origin, checkpoint.size) == ("dongsheng.example", size)
            assert checkpoint.hash == hash_name
            assert checkpoint.root == log.root(size) == hashing.root(leaves[:size])
            assert parse_note(text).signed_by(log.verifier_keys()) == log.verifier_keys()
        size, proof = 1200, log.inclusion_proof(700, 1200)
        assert is_included(hashing, leaves[699], 699, size, proof, root=log.root(size))
        proof = log.consistency_proof(401, 1200)
        assert is_consistent(hashing, 401, 1200, proof, old_root=log.root(401), new_root=log.root(1200))
        assert log.checkpoint_covering(3) == log.checkpoints()[2]
        assert log.checkpoint_covering(1201) is None


@BOTH_STORES
def test_a_failed_append_leaves_the_tree_as_it_was(folder: Path) -> None:
    make_log(folder)
    with EventLog(folder) as log:
        log.append_all([example("a", number) for number in range(1, 300)])
        before = log.checkpoints()
        rows = log.stored(example("b", number) for number in range(1, 300))
        with pytest.raises(LogError):
            log.append_batches([rows, log.stored([example("a", 1)])])
        assert log.checkpoints() == before
        log.append_batches([rows])
        assert parse_checkpoint(log.last_checkpoint()[1]).root == log.root(598)
        log.check_writable()
