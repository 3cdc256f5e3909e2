"""Jurisdiction profiles: which limits, parameters and rules hold in a place, each with its citation.

A profile may extend another: its limits come before the inherited ones, its parameters replace them.
"""

import re
import tomllib
from collections.abc import Iterator
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from regaudit.content import projections_dir
from regaudit.errors import UsageError
from regaudit.warehouse.sqlfile import load_sql_files

Ending = Literal["book", "certify", "issue"]
_Days = Annotated[int, Meta(ge=0)]
_Hours = Annotated[int, Meta(ge=1)]
_Text = Annotated[str, Meta(min_length=1)]
_PATH = re.compile(r" - at `\$\.?(.*)`$")
_FIELD = re.compile(r"field `(.*?)`")
_HEADING = re.compile(r"\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(#.*)?")
_INHERITED = (
    *("dispatch", "ends_at", "on_supplement", "promise", "combined"),
    *("lawful_pauses", "pause_limits", "rules_off", "rules_on"),
)


class Limit(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, rename={"limit_class": "class"}):
    """A promised time for a class of cases, or of online prechecks; `None` matches every value.

    `days` are working days, 0 is the same day; `aim_days` is what the place strives for, and binds nobody.
    A precheck has `hours` by the clock on the wall.
    """

    limit_class: _Text
    title: str
    basis: _Text
    of: Literal["case", "precheck"] = "case"
    days: _Days | None = None
    aim_days: _Days | None = None
    hours: _Hours | None = None
    ends_at: Ending | None = None
    offices: list[str] | None = None
    registration_types: list[str] | None = None
    right_types: list[str] | None = None
    applicant_kinds: list[str] | None = None
    channels: list[str] | None = None
    valid_from: date | None = None
    valid_to: date | None = None

    def mistake(self) -> str:
        """What is wrong with it as a whole (Chinese); empty when nothing is."""
        if self.of == "case" and (self.days is None or self.hours is not None):
            return "办件时限以工作日计,写 days,不写 hours"
        if self.of == "precheck" and (
            self.hours is None or self.days is not None or self.aim_days is not None
        ):
            return "预审时限以小时计,写 hours,不写 days、aim_days"
        if self.days is not None and self.aim_days is not None and self.aim_days > self.days:
            return "争取时限 aim_days 长于时限 days"
        if self.valid_from and self.valid_to and self.valid_from > self.valid_to:
            return "valid_from 晚于 valid_to"
        return ""


class PauseLimit(Struct, frozen=True, forbid_unknown_fields=True):
    """The most working days that a pause of a kind may last."""

    days: _Days
    basis: _Text


class Profile(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What holds in one jurisdiction. The first limit that matches a case at its acceptance binds.

    Attributes:
        ends_at: the step that finishes a case, where its limit does not say otherwise.
        on_supplement: a completed supplement resumes the clock, or restarts it.
        promise: what binds: the profile's limit, the platform's own promised day, or the earlier of them.
        combined: of several businesses under one case number, the longer limit binds, or the first's.
        pause_limits: how long a pause of a kind may last.
        rules_off: rules that do not run here.
        rules_on: rules that run here though they are off by default.
    """

    title: _Text
    about: str = ""
    extends: str | None = None
    dispatch: Literal["pool", "assigned"] = "pool"
    ends_at: Ending = "book"
    on_supplement: Literal["pause", "restart"] = "pause"
    promise: Literal["profile", "platform", "earlier"] = "profile"
    combined: Literal["longer", "first"] = "longer"
    lawful_pauses: list[str] = []
    pause_limits: dict[str, PauseLimit] = {}
    rules_off: list[str] = []
    rules_on: list[str] = []
    limits: list[Limit] = []
    params: dict[str, dict[str, int]] = {}

    def fingerprint(self) -> str:
        """SHA-256 over the whole profile with all it inherits."""
        return sha256(msgspec.json.encode(self, order="sorted")).hexdigest()


def profile_names(home: Path | None = None) -> list[str]:
    """The profiles shipped, and those in the workspace's `profiles/`."""
    return sorted({path.stem for folder in _folders(home) for path in folder.glob("*.toml")})


def load_profile(name: str, home: Path | None = None) -> Profile:
    """A profile with everything it inherits.

    Raises:
        UsageError: there is no such profile, or it has a mistake; names file and line.
    """
    path = _path(name, home)
    if path is None:
        raise UsageError(f"没有名为 {name} 的规程。可用的有:{'、'.join(profile_names(home))}")
    return _load(path, home, ())


def _load(path: Path, home: Path | None, below: tuple[str, ...]) -> Profile:
    own, profile, text = _read(path)
    if profile.extends is None:
        return profile
    if path.stem in below:
        raise UsageError(f"规程互相继承成环:{' → '.join([*below, path.stem])}")
    parent = _path(profile.extends, home)
    if parent is None:
        known = "、".join(profile_names(home))
        raise _mistake(path, text, "extends", f"没有名为 {profile.extends} 的规程。可用的有:{known}")
    base = _load(parent, home, (*below, path.stem))
    inherited = {field: getattr(base, field) for field in _INHERITED if field not in own}
    params = {
        rule: base.params.get(rule, {}) | profile.params.get(rule, {})
        for rule in base.params | profile.params
    }
    return msgspec.structs.replace(
        profile, limits=[*profile.limits, *base.limits], params=params, **inherited
    )


def _read(path: Path) -> tuple[dict[str, Any], Profile, str]:
    """A profile's own file: as TOML, as a profile, as text."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        own: dict[str, Any] = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"规程文件 {path} 有误:{error}") from error
    try:
        profile = msgspec.convert(own, Profile)
    except msgspec.ValidationError as error:
        where = _PATH.search(str(error))
        field = _FIELD.search(str(error))
        place = ".".join(part for part in (where and where[1], field and field[1]) if part)
        raise _mistake(path, text, _named(own, place), _PATH.sub("", str(error))) from error
    for place, words in _mistakes(profile):
        raise _mistake(path, text, place, words)
    return own, profile, text


def _named(own: dict[str, Any], place: str) -> str:
    """A place with the keys that the reader leaves out: `params[...][...]` is `params.overdue.warn_days`."""
    table, unnamed, _ = place.partition("[...]")
    if not unnamed:
        return place
    for key, value in own[table].items():
        if not _fits({table: {key: value}}):
            inner = value.items() if isinstance(value, dict) and table == "params" else ()
            names = [name for name, given in inner if not _fits({table: {key: {name: given}}})]
            return ".".join([table, key, *names[:1]])
    return table


def _fits(part: dict[str, Any]) -> bool:
    try:
        msgspec.convert({"title": "-"} | part, Profile)
    except msgspec.ValidationError:
        return False
    return True


def _mistakes(profile: Profile) -> Iterator[tuple[str, str]]:
    """What the types cannot see: the place of each mistake, and what it is (Chinese)."""
    for number, limit in enumerate(profile.limits):
        if words := limit.mistake():
            yield f"limits[{number}]", words
    yield from _rule_mistakes(profile)


def _rule_mistakes(profile: Profile) -> Iterator[tuple[str, str]]:
    heads = {str(file.head["rule"]): file.head for file in load_sql_files() if file.layer == "findings"}
    named = {
        "rules_off": profile.rules_off,
        "rules_on": profile.rules_on,
        **{f"params.{rule}": [rule] for rule in profile.params},
    }
    for place, rules in named.items():
        for rule in rules:
            if rule not in heads:
                yield place, f"规程提到了不存在的规则:{rule}"
            elif place == "rules_on" and not heads[rule].get("off"):
                yield place, f"规则 {rule} 缺省即运行,rules_on 只写缺省停用的规则"
    for rule, given in profile.params.items():
        for name in given:
            if rule in heads and name not in heads[rule].get("params", {}):
                yield f"params.{rule}.{name}", f"规程为规则 {rule} 设了不存在的参数:{name}"


def _mistake(path: Path, text: str, place: str, words: str) -> UsageError:
    return UsageError(f"规程文件 {path} 第 {line_of(text, place)} 行有误:{words}(在 {place or '最外层'})")


def line_of(text: str, place: str) -> int:
    """The line, from 1, on which a value stands in a TOML text that can be read.

    Args:
        text: the TOML text.
        place: as `limits[1].days` or `params.overdue.statutory_days`; what is not written itself is looked
            for one level up, and in the end is line 1.
    """
    found = dict(_places(text))
    parts = place.split(".") if place else []
    while parts:
        if (line := found.get(".".join(parts))) is not None:
            return line
        parts[-1], bracket, _ = parts[-1].rpartition("[")
        if not bracket:
            parts.pop()
    return 1


def _places(text: str) -> Iterator[tuple[str, int]]:
    """Every heading and key with its line."""
    counts: dict[str, int] = {}
    table = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if heading := _HEADING.fullmatch(line):
            table = re.sub(r"[\s\"']", "", heading[2])
            if heading[1] == "[[":
                counts[table] = counts.get(table, -1) + 1
                table = f"{table}[{counts[table]}]"
            yield table, number
        elif key := re.match(r"\s*([\w.\"'-]+)\s*=", line):
            yield ".".join(filter(None, (table, key[1].replace('"', "")))), number


def _path(name: str, home: Path | None) -> Path | None:
    paths = (folder / f"{name}.toml" for folder in _folders(home))
    return next((path for path in paths if Path(name).name == name and path.is_file()), None)


def _folders(home: Path | None) -> list[Path]:
    shipped = projections_dir() / "profiles"
    return [home / "profiles", shipped] if home else [shipped]
