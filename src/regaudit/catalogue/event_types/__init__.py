"""The events of our log as classes: made by `make docs` from events/*.toml, edits here are lost.

What each of them and its fields say is in docs/events.md.
"""

from regaudit.catalogue.event_types.access_events import AccessLine, AccessRecorded
from regaudit.catalogue.event_types.deputy_events import DeputyNamed
from regaudit.catalogue.event_types.entry_events import (
    Attachment,
    DocumentLimit,
    EntryDocumented,
    EntryEvidence,
    EntryNoted,
    EntryOpened,
    EntryPerson,
    EntryStepped,
    NotedEvidence,
)
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
from regaudit.catalogue.event_types.inspection_events import (
    InspectedItem,
    InspectionDrawn,
    InspectionExamined,
    InspectionFrozen,
    InspectionPick,
    InspectionStratum,
    MandatoryUnit,
)
from regaudit.catalogue.event_types.key_events import KeyIntroduced
from regaudit.catalogue.event_types.ledger_events import LedgerBegun
from regaudit.catalogue.event_types.mail_events import MailKept, MailSent
from regaudit.catalogue.event_types.mismatch_events import MismatchAcknowledged
from regaudit.catalogue.event_types.night_events import Because, NightJudged, NightWithdrawn, Undecided
from regaudit.catalogue.event_types.office_events import OfficeSilent
from regaudit.catalogue.event_types.original_events import OriginalShown
from regaudit.catalogue.event_types.quarantine_events import QuarantineDismissed
from regaudit.catalogue.event_types.report_events import ReportMade
from regaudit.catalogue.event_types.role_events import RoleEnded, RoleGranted
from regaudit.catalogue.event_types.roster_events import RosterEntryRecorded
from regaudit.catalogue.event_types.rows_events import RowsRejected
from regaudit.catalogue.event_types.run_events import RuleCounts, RunCompleted
from regaudit.catalogue.event_types.secret_events import SecretChanged
from regaudit.catalogue.event_types.settings_events import SettingChange, SettingsChanged
from regaudit.catalogue.event_types.step_events import StepAltered, StepExtended, StepRecorded, StepVanished
from regaudit.catalogue.event_types.user_events import UserAdded, UserLocked

__all__ = [
    "AccessLine",
    "AccessRecorded",
    "Attachment",
    "Because",
    "DeputyNamed",
    "DocumentLimit",
    "EntryDocumented",
    "EntryEvidence",
    "EntryNoted",
    "EntryOpened",
    "EntryPerson",
    "EntryStepped",
    "ExportDelivered",
    "ExportMissed",
    "FindingChanged",
    "FindingGone",
    "FindingOpened",
    "FindingReopened",
    "ImportRecorded",
    "InspectedItem",
    "InspectionDrawn",
    "InspectionExamined",
    "InspectionFrozen",
    "InspectionPick",
    "InspectionStratum",
    "KeyIntroduced",
    "LedgerBegun",
    "LeftOut",
    "MailKept",
    "MailSent",
    "MandatoryUnit",
    "MismatchAcknowledged",
    "NightJudged",
    "NightWithdrawn",
    "NotedEvidence",
    "OfficeSilent",
    "OriginalShown",
    "Part",
    "QuarantineDismissed",
    "ReportMade",
    "ResubmittedRows",
    "RoleEnded",
    "RoleGranted",
    "RosterEntryRecorded",
    "RowsRejected",
    "RuleCounts",
    "RunCompleted",
    "SecretChanged",
    "SettingChange",
    "SettingsChanged",
    "StepAltered",
    "StepExtended",
    "StepRecorded",
    "StepVanished",
    "Undecided",
    "UnknownValues",
    "UnreadTable",
    "UserAdded",
    "UserLocked",
]
