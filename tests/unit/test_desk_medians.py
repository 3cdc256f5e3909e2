"""A person beside the middle of his office: never a rate of too little, never a middle of too few."""

from typing import Any

import pytest

from regaudit.outlets.desk.person_work import PersonWork, median, work_tables
from regaudit.outlets.desk.table_page import Paging
from regaudit.outlets.rates import per_thousand, percentile, share


def row(acts: int, findings: int = 0, reviews: int = 0) -> dict[str, Any]:
    return {"acts": acts, "accepts": 0, "reviews": reviews, "books": 0, "findings": findings}


def told(work: dict[str, dict[str, Any]], person: str = "A") -> dict[str, list[str]]:
    [table] = work_tables(
        PersonWork({"150602": work}), person, ["150602", "150603"], {"150602": work[person]["findings"]}
    )
    return {cells[0].partition("（")[0]: list(cells[1:]) for cells in table.rows}


def test_the_middle_is_that_of_those_who_do_it() -> None:
    work = {"A": row(100, 2, 30), "B": row(50, 0, 10), "C": row(80, 1, 20), "D": row(9)}
    rows = told(work)
    assert rows["操作"] == ["100", "65", "4"]
    assert rows["审核"] == ["30", "20", "3"]
    assert rows["应负责的现存问题"] == ["2", "0.5", "4"]
    # Of nine acts no rate is told, and it is not in the middle of the others'.
    assert rows["每千次操作的问题"] == ["20.0", "12.5", "3"]
    assert told(work, "D")["每千次操作的问题"][0] == "—"


def test_of_two_persons_none_is_held_against_the_other() -> None:
    rows = told({"A": row(100, 2), "B": row(50)})
    assert {cells[1] for cells in rows.values()} == {"—"}


def test_what_is_hidden_from_the_viewer_is_not_counted() -> None:
    work = {"A": row(100, 2), "B": row(50), "C": row(80, 1)}
    [table] = work_tables(PersonWork({"150602": work}), "A", ["150602"], {"150602": 1})
    assert [list(cells)[1] for cells in table.rows][-2:] == ["1", "10.0"]


def test_acts_of_other_offices_are_not_counted() -> None:
    work = PersonWork({"150602": {"A": row(100)}, "150603": {"A": row(7)}})
    assert (work.acts("A", ["150602"]), work.acts("B", ["150602"])) == (100, 0)


def test_who_did_nothing_at_an_office_is_not_compared_there() -> None:
    assert work_tables(PersonWork({"150602": {"B": row(50)}}), "A", ["150602"], {}) == []


@pytest.mark.parametrize(("values", "middle"), [([3], 3), ([4, 1], 2.5), ([9, 1, 2], 2), ([0, 0, 5, 7], 2.5)])
def test_the_middle_of_an_even_number_is_between_two(values: list[float], middle: float) -> None:
    assert median(values) == middle


@pytest.mark.parametrize(
    ("counts", "middle", "ninth"),
    [([(1, 9), (7, 1)], 1, 1), ([(1, 8), (7, 2)], 1, 7), ([(3, 1)], 3, 3), ([(2, 1), (1, 1)], 1, 2)],
)
def test_percentiles_are_values_that_there_are(
    counts: list[tuple[int, int]], middle: int, ninth: int
) -> None:
    assert (percentile(counts, 5), percentile(counts, 9)) == (middle, ninth)


def test_nothing_has_no_percentile() -> None:
    assert percentile([], 5) is None


def test_of_fewer_than_ten_there_is_no_rate() -> None:
    assert (share(9, 9), share(9, 10)) == ("—", "90.0%")
    assert (per_thousand(1, 9), per_thousand(1, 10)) == ("—", "100.0")


def test_a_table_has_at_least_one_page() -> None:
    assert Paging.of(1, 0, 50).pages == 1
    assert Paging.of(2, 51, 50).pages == 2
    assert Paging.of(2, 100, 50).pages == 2
