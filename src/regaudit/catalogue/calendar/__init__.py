"""The national working calendar: weekends, public holidays and make-up workdays (调休).

Years come from the table shipped (`projections/reference/calendar_days.csv`) and from the notices imported
into a workspace (`calendar/2027.csv`). A year is *published* when it is in one of them. A workspace may have
a calendar of its own in its place, or for the days before it (`own.py`).
"""

from regaudit.catalogue.calendar.table import (
    DAY_KINDS,
    calendar_notices,
    calendar_version,
    exceptions,
    national_calendar,
    own_calendar,
    published_years,
)
from regaudit.catalogue.calendar.years import ImportedYear, import_notice

__all__ = [
    "DAY_KINDS",
    "ImportedYear",
    "calendar_notices",
    "calendar_version",
    "exceptions",
    "import_notice",
    "national_calendar",
    "own_calendar",
    "published_years",
]
