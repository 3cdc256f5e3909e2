"""What a log's last run was judged by, as it travels with the log: profile, calendar, hours, offices."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import msgspec
import polars as pl
from msgspec import Struct
from msgspec.structs import replace

from regaudit.audit.inputs import Inputs, LocalRules, load_inputs
from regaudit.audit.kept_inputs import CALENDAR, restore_inputs, with_local
from regaudit.base.calendar_settings import Calendar
from regaudit.base.settings import Office, Settings
from regaudit.catalogue.event_types import RunCompleted
from regaudit.catalogue.profiles import Profile
from regaudit.catalogue.rules import load_rules
from regaudit.eventlog.log import EventLog
from regaudit.lake.errors import BrokenLogError


class KeptSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that decides a log's findings beside its events and the as-of time.

    Attributes:
        profile_name: the profile's name, for people.
        profile: its content, with the parameters of the run.
        local: `LocalRules`.
        national: the working calendar as CSV.
        calendar: its version.
        rules: the versions of the rules that ran, by name.
        names: what offices are called.
    """

    profile_name: str
    profile: msgspec.Raw
    local: msgspec.Raw
    national: str
    calendar: str
    rules: dict[str, int]
    names: dict[str, str]

    def encode(self) -> bytes:
        """As it is stored."""
        return msgspec.json.encode(self)

    def inputs(self) -> Inputs:
        """The inputs of a run that judges by them, with the rules as this program has them.

        Raises:
            BrokenLogError: they are of another version of the program.
        """
        named = [Office(office=office, name=name) for office, name in self.names.items()]
        settings = Settings(profile=self.profile_name, offices=named)
        try:
            settings = with_local(settings, bytes(self.local))
            profile = msgspec.json.decode(self.profile, type=Profile)
            national = pl.read_csv(BytesIO(self.national.encode()), schema=CALENDAR)
        except (msgspec.MsgspecError, pl.exceptions.PolarsError) as error:
            raise BrokenLogError(
                "broken", f"随附的设置不能读取({error}):由不同版本的程序所写,请先升级"
            ) from error
        rules = {name: rule for name, rule in load_rules().items() if name in self.rules}
        return Inputs(
            settings=settings,
            profile_name=self.profile_name,
            profile=profile,
            rules=rules,
            national=national,
            calendar=self.calendar,
        )

    def unknown_rules(self) -> list[str]:
        """Rules that ran in the workspace and that this program does not have."""
        return sorted(self.rules.keys() - load_rules().keys())


def settings_file(content: bytes) -> str:
    """What the file with kept settings is called."""
    return f"settings-{sha256(content).hexdigest()}.json"


def decode_settings(content: bytes, name: str) -> KeptSettings:
    """What `KeptSettings.encode` gave, from the file of that name.

    Raises:
        BrokenLogError: it is not.
    """
    if settings_file(content) != name:
        raise BrokenLogError("broken", "随附的设置与其名称中的散列不符,已被改动")
    try:
        return msgspec.json.decode(content, type=KeptSettings)
    except msgspec.MsgspecError as error:
        raise BrokenLogError("broken", f"随附的设置已损坏({error})") from error


def last_settings(home: Path, log: EventLog) -> KeptSettings:
    """What the log's last run was judged by; before any run, what the workspace would be judged by now.

    Raises:
        RegauditError: the settings of the workspace have a mistake.
    """
    present = load_inputs(home)
    run = log.last_event("runs", RunCompleted)
    inputs = present if run is None else restore_inputs(home, run, present).inputs
    contents = inputs.contents()
    return KeptSettings(
        profile_name=inputs.profile_name,
        profile=msgspec.Raw(contents["profile_sha256"]),
        local=msgspec.Raw(contents["local_sha256"]),
        national=contents["calendar_sha256"].decode(),
        calendar=inputs.calendar,
        rules={rule.name: rule.version for rule in inputs.rules.values()},
        names={office.office: office.name for office in present.settings.offices if office.name},
    )


def common_part(inputs: Inputs) -> str:
    """What logs must have in common to be judged together: all but what is said of single offices."""
    settings = inputs.settings
    everywhere = [day for day in settings.calendar.days if not day.offices]
    local = LocalRules(Calendar(everywhere), settings.hours, [])
    parts = (
        inputs.profile.content(),
        msgspec.json.encode(local, order="sorted"),
        inputs.contents()["calendar_sha256"],
        repr(sorted(inputs.rules)).encode(),
    )
    return sha256(b"\0".join(parts)).hexdigest()


def together(members: Sequence[Inputs]) -> Inputs:
    """The inputs of logs with one `common_part` and no office in two of them, with what each office has."""
    first = members[0]
    offices: Mapping[str, Office] = {o.office: o for one in members for o in one.settings.offices}
    days = [day for one in members for day in one.settings.calendar.days if day.offices]
    everywhere = [day for day in first.settings.calendar.days if not day.offices]
    settings = replace(
        first.settings,
        offices=list(offices.values()),
        calendar=Calendar([*everywhere, *days]),
        sources=[source for one in members for source in one.settings.sources],
    )
    return replace(first, settings=settings)
