"""The events of our log as classes: made by `make docs` from events/*.toml, edits here are lost.

What each of them and its fields say is in docs/events.md.
"""

from regaudit.catalogue.event_types.export_events import ExportDelivered, ExportMissed
from regaudit.catalogue.event_types.finding_events import (
    FindingChanged,
    FindingGone,
    FindingOpened,
    FindingReopened,
)
from regaudit.catalogue.event_types.import_events import (
    ImportRecorded,
    LeftOut,
    Part,
    ResubmittedRows,
    UnknownValues,
    UnreadTable,
)
from regaudit.catalogue.event_types.key_events import KeyIntroduced
from regaudit.catalogue.event_types.mail_events import MailKept, MailSent
from regaudit.catalogue.event_types.mismatch_events import MismatchAcknowledged
from regaudit.catalogue.event_types.night_events import Because, NightJudged, NightWithdrawn, Undecided
from regaudit.catalogue.event_types.office_events import OfficeSilent
from regaudit.catalogue.event_types.original_events import OriginalShown
from regaudit.catalogue.event_types.quarantine_events import QuarantineDismissed
from regaudit.catalogue.event_types.roster_events import RosterEntryRecorded
from regaudit.catalogue.event_types.rows_events import RowsRejected
from regaudit.catalogue.event_types.run_events import RuleCounts, RunCompleted
from regaudit.catalogue.event_types.settings_events import SettingChange, SettingsChanged
from regaudit.catalogue.event_types.step_events import StepAltered, StepRecorded, StepVanished

__all__ = [
    "Because",
    "ExportDelivered",
    "ExportMissed",
    "FindingChanged",
    "FindingGone",
    "FindingOpened",
    "FindingReopened",
    "ImportRecorded",
    "KeyIntroduced",
    "LeftOut",
    "MailKept",
    "MailSent",
    "MismatchAcknowledged",
    "NightJudged",
    "NightWithdrawn",
    "OfficeSilent",
    "OriginalShown",
    "Part",
    "QuarantineDismissed",
    "ResubmittedRows",
    "RosterEntryRecorded",
    "RowsRejected",
    "RuleCounts",
    "RunCompleted",
    "SettingChange",
    "SettingsChanged",
    "StepAltered",
    "StepRecorded",
    "StepVanished",
    "Undecided",
    "UnknownValues",
    "UnreadTable",
]
