"""How often somebody relapsed: strike-offs that another entry followed within twelve months."""

from datetime import date, timedelta

import pytest

from regaudit.catalogue.event_types import EntryOpened, EntryPerson
from regaudit.ledger.relapses import Relapses, keys_of

ON = date(2026, 9, 1)
KEY = ("inactive-account", "person:P1")


def opening(rule: str = "inactive-account", **fields: object) -> EntryOpened:
    told = {"persons": [EntryPerson(person_id="P1", role="acted", is_answerable=True)]} | fields
    return EntryOpened(
        "entry:1-2026-0009", 1, at="2026-09-01T23:59:59", recorded_at="2026-09-01T23:59:59", kind="finding",
        rule=rule, rule_version=1, title="t", severity="major", office="1", summary="s", door="night",
        **told,  # type: ignore[arg-type]
    )  # fmt: skip


def days_ago(number: int) -> date:
    return ON - timedelta(number)


@pytest.mark.parametrize(
    ("rows", "count"),
    [
        ([], 0),
        ([(*KEY, days_ago(30), None)], 0),
        ([(*KEY, days_ago(60), days_ago(30))], 1),
        ([(*KEY, days_ago(90), days_ago(60)), (*KEY, days_ago(50), days_ago(30))], 2),
        ([(*KEY, days_ago(500), days_ago(366))], 0),
        ([(*KEY, days_ago(500), days_ago(365))], 1),
        # Followed within twelve months, but that is longer ago than twelve.
        ([(*KEY, days_ago(900), days_ago(800)), (*KEY, days_ago(700), None)], 0),
        ([("other", KEY[1], days_ago(60), days_ago(30))], 0),
        ([(KEY[0], "person:P2", days_ago(60), days_ago(30))], 0),
    ],
)
def test_strike_offs_that_another_followed_are_counted(
    rows: list[tuple[str, str, date, date | None]], count: int
) -> None:
    assert Relapses(rows).count(opening(), ON) == count


def test_whoever_answers_counts_then_the_account_then_the_case_never_the_office() -> None:
    innocent = [EntryPerson(person_id="P2", role="booked")]
    assert list(keys_of(opening(persons=[*opening().persons, *innocent], account="a"))) == [KEY]
    assert list(keys_of(opening(persons=innocent, account="a"))) == [(KEY[0], "account:a")]
    assert list(keys_of(opening(persons=[], case_nos=["7"]))) == [(KEY[0], "case:1/7")]
    assert list(keys_of(opening(persons=[]))) == []
    assert list(keys_of(opening(rule=""))) == []
