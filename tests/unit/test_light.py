"""The light is that of the worst reason, and each office hears of its own."""

import pytest
from digests import a_reason

from regaudit.audit.light import CODES, of_office, title_of, unit_of, worst


def test_the_worst_reason_decides() -> None:
    assert worst([]) == "green"
    assert worst([a_reason("missing")]) == "yellow"
    assert worst([a_reason("missing"), a_reason("new", "red"), a_reason("late")]) == "red"


@pytest.mark.parametrize(
    ("office", "codes"), [("1", ["new", "late", "missing"]), ("2", ["late"]), (None, None)]
)
def test_an_office_hears_of_its_own_and_of_what_concerns_all(
    office: str | None, codes: list[str] | None
) -> None:
    reasons = [
        a_reason("missing", office="1"),
        a_reason("late"),
        a_reason("new", "red", office="1"),
        a_reason("unread", office="3"),
    ]
    told = [reason.code for reason in of_office(reasons, office)]
    assert told == (codes or ["new", "late", "missing", "unread"])


def test_a_code_that_nobody_told_us_of_comes_last_under_its_own_name() -> None:
    told = of_office([a_reason("unheard-of"), *(a_reason(code) for code in reversed(CODES))], "1")
    assert [reason.code for reason in told] == [*CODES, "unheard-of"]
    assert (title_of("unheard-of"), title_of("late"), unit_of("nights")) == ("unheard-of", "事后补录", "晚")
