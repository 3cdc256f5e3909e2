"""What people edit is kept with each run: profile, local days and hours, calendar, in the archive by SHA-256.

So a run can be computed again with what was in force then, whatever the files say now.
"""

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import polars as pl
from msgspec import Struct

from regaudit.audit.inputs import Inputs, LocalRules, RunFacts
from regaudit.base.archive import archive_content, restore
from regaudit.base.errors import RefusedFileError
from regaudit.base.folders import Folders
from regaudit.base.settings import Office, Settings
from regaudit.base.source_settings import Source
from regaudit.catalogue.event_types import RunCompleted
from regaudit.catalogue.profiles import Profile
from regaudit.catalogue.rules import load_rules

_TITLES = {"profile_sha256": "规程", "local_sha256": "本地安排与办公时间", "calendar_sha256": "工作日历"}
CALENDAR = {"on_date": pl.Date, "kind": pl.String, "name": pl.String, "is_workday": pl.Boolean}


class Restored(Struct, frozen=True, kw_only=True):
    """A run's inputs as they were.

    `facts` are those of the inputs; `lacking` names (Chinese) what is not in the
    archive and is taken as it is now.
    """

    inputs: Inputs
    facts: RunFacts
    lacking: list[str]


def keep(home: Path, inputs: Inputs) -> None:
    """Put into the archive what a run is computed from; what is there already is not written again."""
    for content in inputs.contents().values():
        archive_content(content, Folders(home).archive, by="run-")


def restore_inputs(home: Path, recorded: RunCompleted, present: Inputs) -> Restored:
    """The inputs of a recorded run: the rules that ran then, as they are written now, with their parameters.

    Args:
        home: the workspace.
        recorded: the run.
        present: the inputs of today; what is not kept is taken from here.
    """
    kept = {name: _kept(home, getattr(recorded, name)) for name in _TITLES}
    profile, settings, national = present.profile, present.settings, present.national
    lacking = [title for name, title in _TITLES.items() if kept[name] is None]
    if content := kept["profile_sha256"]:
        try:
            profile = msgspec.json.decode(content, type=Profile)
        except msgspec.ValidationError:  # of another version of the program
            lacking.append(_TITLES["profile_sha256"])
    if content := kept["local_sha256"]:
        settings = with_local(settings, content)
    if content := kept["calendar_sha256"]:
        national = pl.read_csv(BytesIO(content), schema=CALENDAR)
    inputs = msgspec.structs.replace(
        present,
        settings=settings,
        profile_name=recorded.profile,
        profile=msgspec.structs.replace(profile, params=known_params(recorded.params or profile.params)),
        rules={name: rule for name, rule in load_rules().items() if name in recorded.rules},
        national=national,
        calendar=recorded.calendar if kept["calendar_sha256"] else present.calendar,
    )
    facts = msgspec.structs.replace(inputs.facts(), profile_sha256=profile.fingerprint())
    return Restored(inputs=inputs, facts=facts, lacking=lacking)


def known_params(params: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, int]]:
    """Without what today's rules do not have."""
    return {
        name: {key: value for key, value in params.get(name, {}).items() if key in rule.params}
        for name, rule in load_rules().items()
    }


def _kept(home: Path, digest: str) -> bytes | None:
    if not digest:
        return None
    with TemporaryDirectory() as folder:
        path = Path(folder) / "kept"
        try:
            restore(Folders(home).archive, digest, path)
        except RefusedFileError:
            return None
        return path.read_bytes()


def with_local(settings: Settings, content: bytes) -> Settings:
    """Settings with the local days, hours, rhythms and offices of a kept `LocalRules`.

    Raises:
        msgspec.MsgspecError: it is none that this program knows.
    """
    local = msgspec.json.decode(content, type=LocalRules)
    names = {office.office: office.name for office in settings.offices}
    ended = dict(local.ended)
    return msgspec.structs.replace(
        settings,
        calendar=msgspec.structs.replace(settings.calendar, days=local.calendar.days),
        hours=local.hours,
        offices=[
            Office(
                office=office, name=names.get(office, ""), hours=own, seasons=seasons, until=ended.get(office)
            )
            for office, own, seasons in local.offices
        ],
        sources=[
            Source(name=label, path=label, due=due, nights=nights) for label, due, nights in local.rhythms
        ],
    )
