"""The tree's hashing: known roots, and every proof held against a definition of a few lines."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from merkle_law import defined_path, defined_root, defined_subproof, h

from regaudit.eventlog.tree import merkle
from regaudit.eventlog.tree.merkle import hasher

SHA256 = hasher("sha256")

# The eight leaves and the roots that implementations of RFC 6962 are commonly held against.
INPUTS = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
SIZES = st.integers(0, 70)
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=3)


def leaves(count: int) -> list[bytes]:
    return [SHA256.leaf(b"%d" % number) for number in range(count)]


def part(all_leaves: Sequence[bytes], ranges: Sequence[merkle.Range]) -> list[bytes]:
    return [defined_root(all_leaves[first:stop]) for first, stop in ranges]


def test_known_roots() -> None:
    hashes = [SHA256.leaf(data) for data in INPUTS]
    for size, root in enumerate(ROOTS):
        assert defined_root(hashes[:size]).hex() == root
        assert SHA256.root(hashes[:size]).hex() == root


def test_known_proofs() -> None:
    hashes = [SHA256.leaf(data) for data in INPUTS]
    proof = part(hashes, merkle.inclusion_ranges(5, 8))
    assert [item.hex() for item in proof] == [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]
    proof = part(hashes, merkle.consistency_ranges(6, 8))
    assert [item.hex() for item in proof] == [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]


@given(SIZES, st.data())
def test_inclusion_is_as_the_standard_defines_it(size: int, data: st.DataObject) -> None:
    all_leaves = leaves(size + 1)
    index = data.draw(st.integers(0, size))
    proof = part(all_leaves, merkle.inclusion_ranges(index, size + 1))
    assert proof == defined_path(index, all_leaves)
    root = defined_root(all_leaves)
    assert merkle.is_included(SHA256, all_leaves[index], index, size + 1, proof, root=root)
    assert not merkle.is_included(SHA256, all_leaves[index - 1] + b"x", index, size + 1, proof, root=root)
    assert not merkle.is_included(SHA256, all_leaves[index], index, size + 1, [*proof, root], root=root)
    for wrong in {*range(size + 1)} - {index}:
        assert not merkle.is_included(SHA256, all_leaves[index], wrong, size + 1, proof, root=root)
    for at in range(len(proof)):
        changed = [*proof[:at], h(proof[at]), *proof[at + 1 :]]
        assert not merkle.is_included(SHA256, all_leaves[index], index, size + 1, changed, root=root)


@given(SIZES, st.data())
def test_consistency_is_as_the_standard_defines_it(new: int, data: st.DataObject) -> None:
    all_leaves = leaves(new)
    old = data.draw(st.integers(0, new))
    proof = part(all_leaves, merkle.consistency_ranges(old, new))
    assert proof == (defined_subproof(old, all_leaves, is_whole=True) if 0 < old < new else [])
    before, after = defined_root(all_leaves[:old]), defined_root(all_leaves)
    assert merkle.is_consistent(SHA256, old, new, proof, old_root=before, new_root=after)
    assert not merkle.is_consistent(SHA256, old, new, proof, old_root=h(before), new_root=after)
    assert not merkle.is_consistent(SHA256, old, new, [*proof, after], old_root=before, new_root=after)
    if old:
        assert not merkle.is_consistent(SHA256, old, new, proof, old_root=before, new_root=h(after))
    for at in range(len(proof)):
        changed = [*proof[:at], h(proof[at]), *proof[at + 1 :]]
        assert not merkle.is_consistent(SHA256, old, new, changed, old_root=before, new_root=after)


def test_no_leaf_and_no_tree_outside() -> None:
    for index, size in ((-1, 1), (0, 0), (3, 3)):
        with pytest.raises(ValueError, match="no leaf"):
            merkle.inclusion_ranges(index, size)
        assert not merkle.is_included(SHA256, b"", index, size, [], root=b"")
    for old, new in ((-1, 1), (4, 3)):
        with pytest.raises(ValueError, match="no tree"):
            merkle.consistency_ranges(old, new)
        assert not merkle.is_consistent(SHA256, old, new, [], old_root=b"", new_root=b"")


def test_sm3_is_the_standards_and_the_same_from_both_libraries() -> None:
    """GB/T 32905-2016, A.1: the message abc."""
    expected = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert hasher("sm3").digest(b"abc").hex() == merkle._sm3(b"abc").hex() == expected
    with pytest.raises(ValueError, match="md5"):
        hasher("md5")


@given(
    st.lists(
        st.tuples(words, st.integers(1, 300), words, st.binary(max_size=4)),
        min_size=2,
        max_size=2,
        unique=True,
    )
)
def test_no_two_events_have_the_same_leaf_data(
    rows: list[tuple[str, int, str, bytes]],
) -> None:
    one, other = ((stream.encode(), version, topic.encode(), state) for stream, version, topic, state in rows)
    assert merkle.leaf_data(7, *one) != merkle.leaf_data(7, *other)
    assert merkle.leaf_data(7, *one) != merkle.leaf_data(8, *one)
