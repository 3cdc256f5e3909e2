"""Text as it is compared: what folds together, what stays apart, and that folding twice is folding once."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regaudit.base.duck import connect
from regaudit.base.folded_text import (
    ODD,
    fold,
    fold_login,
    fold_name,
    folded,
    folded_logins,
    folded_names,
    visible,
)

DB = connect()


@pytest.mark.parametrize(
    "text",
    ["K1\u200b", "\ufeffK1", "K\u00ad1", "K1\ufe0f", "\u202eK1\u202c", "K\u31641", "Ｋ１", "\u00a0K1 "],
)
def test_one_number_however_it_came(text: str) -> None:
    assert fold(text) == "K1"


@pytest.mark.parametrize(("one", "other"), [("k1", "K1"), ("0K1", "K1"), ("K 1", "K1"), ("K-1", "K1")])
def test_what_differs_stays_apart(one: str, other: str) -> None:
    assert fold(one) != fold(other)


def test_logins_and_names() -> None:
    assert fold_login("ZHANGWEI\u200b") == fold_login("zhangwei") != fold_login("zhangwei2")
    for name in ("阿迪力•买买提", "阿迪力 ・ 买买提", "阿迪力‧买买提"):
        assert fold_name(name) == "阿迪力·买买提"


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    for of in (fold, fold_login, fold_name):
        assert of(of(text)) == of(text)


@given(st.lists(st.text() | st.none()))
def test_columns_fold_as_texts(texts: list[str | None]) -> None:
    column = pl.Series(texts, dtype=pl.String)
    assert folded(column).to_list() == [None if text is None else fold(text) for text in texts]


def test_logins_and_names_fold_in_columns() -> None:
    logins = pl.Series(["ZhangWei", "ZHANG\u200bWEI", None, "Ｌi"])
    assert folded_logins(logins).to_list() == ["zhangwei", "zhangwei", None, "li"]
    names = pl.Series(["张 伟", "阿•买", None])
    assert folded_names(names).to_list() == ["张伟", "阿·买", None]


@given(st.lists(st.text().filter(lambda text: "\0" not in text)))
def test_duckdb_sees_every_odd_text(texts: list[str]) -> None:
    seen = DB.execute("SELECT list_transform(?::VARCHAR[], lambda t: regexp_matches(t, ?))", [texts, ODD])
    for text, is_odd in zip(texts, seen.fetchall()[0][0], strict=True):
        assert is_odd or fold(text) == text


def test_the_invisible_is_shown_by_its_code() -> None:
    assert visible("K1\u200b\u202e张伟") == "K1⟨U+200B⟩⟨U+202E⟩张伟"
