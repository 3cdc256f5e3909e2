"""When something was decided that is typed now."""

from datetime import datetime

import pytest

from regaudit.base.errors import UsageError
from regaudit.base.typed_times import parse_decided

NOW = datetime(2026, 3, 31, 10, 15)
NIGHT = datetime(2026, 4, 2, 18, 0)


@pytest.mark.parametrize(
    ("text", "latest", "decided"),
    [
        (None, NOW, None),
        ("2026-03-31", NOW, None),
        ("2026-03-31", NIGHT, None),
        ("2026-03-30", NOW, datetime(2026, 3, 30, 23, 59, 59, 999999)),
        ("2026-04-02", NIGHT, NIGHT),
        ("2026-04-01", NIGHT, datetime(2026, 4, 1, 23, 59, 59, 999999)),
        ("2026-03-31 09:00", NOW, datetime(2026, 3, 31, 9, 0)),
        ("2026-04-02 09:00", NIGHT, datetime(2026, 4, 2, 9, 0)),
    ],
)
def test_a_day_is_its_end_or_now_if_it_is_today(
    text: str | None, latest: datetime, decided: datetime | None
) -> None:
    assert parse_decided(text, NOW, latest) == decided


def test_what_is_no_time_is_told() -> None:
    with pytest.raises(UsageError, match="昨天"):
        parse_decided("昨天", NOW, NOW)
