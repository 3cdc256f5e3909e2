"""What a run is computed from, and the computation: the same inputs give the same findings, byte for byte."""

from collections.abc import Mapping
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import polars as pl
from msgspec import Struct

from regaudit import __version__
from regaudit.audit.rule_runs import RuleRun, run_rules
from regaudit.base.calendar_settings import LocalDays
from regaudit.base.progress import Progress
from regaudit.base.settings import Hours, Season, Settings, Span, load_settings
from regaudit.base.source_settings import Weekday
from regaudit.catalogue.calendar import calendar_version, national_calendar
from regaudit.catalogue.profiles import Profile, load_profile
from regaudit.catalogue.rules import Rule, check_profile, load_rules, parameters, rules_of
from regaudit.catalogue.sqlfile import load_sql_files, result_texts
from regaudit.warehouse.build import Warehouse
from regaudit.warehouse.increments import Increment

OfficeHours = tuple[str, list[Span] | None, list[Season]]
Rhythm = tuple[str, str, list[Weekday]]


class LocalRules(Struct, frozen=True, array_like=True):
    """What a workspace decides beside its profile.

    Local days, office hours, each office's own, when sources deliver, and which offices act no longer.
    """

    calendar: LocalDays
    hours: Hours
    offices: list[OfficeHours]
    rhythms: list[Rhythm] = []
    ended: list[tuple[str, date]] = []


class Inputs(Struct, frozen=True, kw_only=True):
    """All that decides the findings besides the log and the as-of time.

    `profile_name` is the profile's name, `rules` those that run under it, `national` the working calendar
    with the workspace's own years or in its own form, `calendar` its version.
    """

    settings: Settings
    profile_name: str
    profile: Profile
    rules: dict[str, Rule]
    national: pl.DataFrame
    calendar: str

    def contents(self) -> dict[str, bytes]:
        """What people edit, as bytes, by the field of `run-completed` that holds its SHA-256."""
        settings = self.settings
        local = LocalRules(
            LocalDays(settings.calendar.days),
            settings.hours,
            [(o.office, o.hours, o.seasons) for o in settings.offices],
            [(s.label, s.due, s.nights) for s in settings.sources if s.due or s.nights],
            [(o.office, o.until) for o in settings.offices if o.until],
        )
        return {
            "profile_sha256": self.profile.content(),
            "local_sha256": msgspec.json.encode(local, order="sorted"),
            "calendar_sha256": self.national.write_csv().encode(),
        }

    def facts(self) -> "RunFacts":
        """What the log keeps of them with every run."""
        selects = {file.table: file.select for file in load_sql_files()} | result_texts()
        sql = "\0".join(f"{name}\0{select}" for name, select in selects.items())
        return RunFacts(
            profile=self.profile_name,
            **{name: sha256(content).hexdigest() for name, content in self.contents().items()},
            calendar=self.calendar,
            rules={rule.name: rule.version for rule in self.rules.values()},
            params={rule.name: parameters(rule, self.profile) for rule in load_rules().values()},
            sql_sha256=sha256(sql.encode()).hexdigest(),
            program=f"regaudit {__version__}, duckdb {duckdb.__version__}",
        )


class RunFacts(Struct, frozen=True, kw_only=True):
    """Names, versions and hashes of what a run is computed from; as in `RunCompleted`."""

    profile: str
    profile_sha256: str
    local_sha256: str
    calendar_sha256: str
    calendar: str
    rules: dict[str, int]
    params: dict[str, dict[str, int]]
    sql_sha256: str
    program: str


def make_inputs(home: Path, settings: Settings, profile_name: str, profile: Profile) -> Inputs:
    """The inputs of a run under a profile in the workspace `home`.

    Raises:
        UsageError: the profile names rules or parameters that do not exist.
        RefusedFileError: an imported notice of the calendar is damaged.
    """
    rules = load_rules()
    check_profile(profile, rules)
    return Inputs(
        settings=settings,
        profile_name=profile_name,
        profile=profile,
        rules=rules_of(profile, rules),
        national=national_calendar(home),
        calendar=calendar_version(home),
    )


def load_inputs(
    home: Path, profile_name: str | None = None, params: Mapping[str, Mapping[str, Any]] | None = None
) -> Inputs:
    """The inputs as the workspace has them now, or under another profile, or with other parameters.

    Args:
        home: the workspace.
        profile_name: None is the workspace's own.
        params: rule = {parameter = value}; they take the place of the profile's.

    Raises:
        RegauditError: no workspace there, or settings or profile are wrong.
        UsageError: no such profile, rule or parameter, or a value of a wrong type.
    """
    settings = load_settings(home)
    name = profile_name or settings.profile
    profile = load_profile(name, home)
    changed = {
        rule: {**profile.params.get(rule, {}), **(params or {}).get(rule, {})}
        for rule in {**profile.params, **(params or {})}
    }
    return make_inputs(home, settings, name, msgspec.structs.replace(profile, params=changed))


def compute(
    warehouse: Warehouse, inputs: Inputs, *, as_of: datetime, position: int, progress: Progress
) -> tuple[Increment, list[RuleRun]]:
    """Make the core tables and run the rules over the events mirrored; results in schema `results`."""
    increment = warehouse.build_core(
        as_of=as_of,
        position=position,
        settings=inputs.settings,
        national=inputs.national,
        profile=inputs.profile,
        rules=inputs.rules,
        progress=progress,
    )
    return increment, run_rules(warehouse.db, increment, warehouse.files, inputs.rules, progress)
