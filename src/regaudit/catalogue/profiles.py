"""Jurisdiction profiles: which limits, parameters and rules hold in a place, each with its citation.

A profile may extend another: its limits come before the inherited ones, its parameters replace them.
"""

import re
import tomllib
from collections.abc import Iterator
from datetime import date
from difflib import get_close_matches
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from regaudit.base.errors import UsageError
from regaudit.base.folders import Folders
from regaudit.base.tomltext import in_chinese, line_of
from regaudit.catalogue.content import projections_dir
from regaudit.catalogue.inspection_terms import InspectionTerms, inherited_inspection
from regaudit.catalogue.ledger_terms import LIMITS, LedgerTerms, inherited_terms
from regaudit.catalogue.sqlfile import load_rule_texts
from regaudit.catalogue.vocabulary import value_titles
from regaudit.catalogue.zero_terms import Ban

Ending = Literal["book", "certify", "issue"]
_Days = Annotated[int, Meta(ge=0)]
_Param = Annotated[int, Meta(ge=0)]
_Hours = Annotated[int, Meta(ge=1)]
_Text = Annotated[str, Meta(min_length=1)]
_PATH = re.compile(r" - at `\$\.?(.*)`$")
_FIELD = re.compile(r"field `(.*?)`")
_CODED = {
    "registration_types": "registration_type",
    "right_types": "right_type",
    "applicant_kinds": "applicant_kind",
    "channels": "channel",
}
_CLOSED = ("registration_type", "applicant_kind")
_INHERITED = (
    *("dispatch", "ends_at", "on_supplement", "promise", "combined"),
    *("lawful_pauses", "pause_limits", "steps", "nodes", "rules_off", "rules_on"),
    *("filler_reasons", "reason_codes", "expedite_grounds", "zero"),
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
        steps: the steps that a case may have, by our names or their Chinese titles; none listed: any.
        nodes: the nodes that a step may be done at, as the platform writes them; none listed: any.
        filler_reasons: what people write where a reason is asked for and they have none.
        reason_codes: reasons too short to say something by themselves, which the place knows.
        expedite_grounds: words that name who may use the green channel; none listed: nobody asks.
        rules_off: rules that do not run here.
        rules_on: rules that run here though they are off by default.
        ledger: what holds of the ledger here.
        inspection: what holds of the monthly inspection here.
        zero: by rule, which prohibition its entries contradict: nobody signs a zero over them.
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
    steps: list[_Text] = []
    nodes: list[_Text] = []
    filler_reasons: list[_Text] = []
    reason_codes: list[_Text] = []
    expedite_grounds: list[_Text] = []
    rules_off: list[str] = []
    rules_on: list[str] = []
    limits: list[Limit] = []
    params: dict[str, dict[str, _Param]] = {}
    ledger: LedgerTerms = LedgerTerms()
    inspection: InspectionTerms = InspectionTerms()
    zero: dict[str, Ban] = {}

    def content(self) -> bytes:
        """The whole profile with all it inherits, as canonical JSON."""
        return msgspec.json.encode(self, order="sorted")

    def fingerprint(self) -> str:
        """SHA-256 of its content."""
        return sha256(self.content()).hexdigest()


def profile_names(home: Path | None = None) -> list[str]:
    """The profiles shipped, and those in the workspace's `profiles/`."""
    return sorted({path.stem for folder in _folders(home) for path in folder.glob("*.toml")})


def load_profile(name: str, home: Path | None = None) -> Profile:
    """A profile with everything it inherits.

    Raises:
        UsageError: there is no such profile, or it has a mistake; names file and line.
    """
    path = profile_path(name, home)
    if path is None:
        raise UsageError(f"没有名为 {name} 的规程。可用的有:{'、'.join(profile_names(home))}")
    return _load(path, home, ())


def _load(path: Path, home: Path | None, below: tuple[str, ...]) -> Profile:
    own, profile, text = _read(path)
    if profile.extends is None:
        return profile
    if path.stem in below:
        raise UsageError(f"规程互相继承成环:{' → '.join([*below, path.stem])}")
    parent = profile_path(profile.extends, home)
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
        profile,
        limits=[*profile.limits, *base.limits],
        params=params,
        ledger=inherited_terms(own.get("ledger", {}), profile.ledger, base.ledger),
        inspection=inherited_inspection(own.get("inspection", {}), profile.inspection, base.inspection),
        **inherited,
    )


def _read(path: Path) -> tuple[dict[str, Any], Profile, str]:
    """A profile's own file: as TOML, as a profile, as text."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        own: dict[str, Any] = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"规程文件 {path} 有误:{in_chinese(str(error))}") from error
    try:
        profile = msgspec.convert(own, Profile)
    except msgspec.ValidationError as error:
        where = _PATH.search(str(error))
        field = _FIELD.search(str(error))
        place = ".".join(part for part in (where and where[1], field and field[1]) if part)
        raise _mistake(path, text, _named(own, place), in_chinese(_PATH.sub("", str(error)))) from error
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
    codes = ((place, _unknown_code(column, value)) for place, column, value in _codes(profile))
    yield from ((place, words) for place, words in codes if words)
    yield from _rule_mistakes(profile)


def _rule_mistakes(profile: Profile) -> Iterator[tuple[str, str]]:
    heads = {str(file.head["rule"]): file.head for file in load_rule_texts()}
    named = {
        "rules_off": profile.rules_off,
        "rules_on": profile.rules_on,
        **{f"params.{rule}": [rule] for rule in profile.params},
        **{f"zero.{rule}": [rule] for rule in profile.zero},
    }
    for place, rules in named.items():
        for rule in rules:
            if rule not in heads:
                yield place, f"规程提到了不存在的规则:{rule}"
            elif place == "rules_on" and not heads[rule].get("off"):
                yield place, f"规则 {rule} 缺省即运行,rules_on 只写缺省停用的规则"
    for name in sorted(set(profile.ledger.limits) - set(LIMITS)):
        yield f"ledger.limits.{name}", f"没有名为 {name} 的台账时限,可用的有:{'、'.join(LIMITS)}"
    for rule, given in profile.params.items():
        for name in given:
            if rule in heads and name not in heads[rule].get("params", {}):
                yield f"params.{rule}.{name}", f"规程为规则 {rule} 设了不存在的参数:{name}"


def _codes(profile: Profile) -> Iterator[tuple[str, str, str]]:
    """Every code of the log's columns that it names: place, column, code."""
    for number, limit in enumerate(profile.limits):
        for key, column in _CODED.items():
            yield from ((f"limits[{number}].{key}", column, value) for value in getattr(limit, key) or [])
    yield from (("lawful_pauses", "pause_kind", kind) for kind in profile.lawful_pauses)
    yield from (("pause_limits", "pause_kind", kind) for kind in profile.pause_limits)


def _unknown_code(column: str, value: str) -> str:
    """Why a value can match no case (Chinese); empty where it may: places have codes of their own."""
    titles = value_titles(column)
    if value in titles:
        return ""
    if code := next((code for code, title in titles.items() if title == value), ""):
        return f"{value} 应写代码 {code}"
    is_slip = column != "right_type" and get_close_matches(value, titles, cutoff=0.8)
    if column in _CLOSED or is_slip:
        known = "、".join(f"{code} {title}" for code, title in titles.items())
        return f"没有 {value} 这一项,可用的有:{known}"
    return ""


def _mistake(path: Path, text: str, place: str, words: str) -> UsageError:
    return UsageError(f"规程文件 {path} 第 {line_of(text, place)} 行有误:{words}(在 {place or '最外层'})")


def profile_path(name: str, home: Path | None = None) -> Path | None:
    """The file of a profile: the workspace's before the shipped one; None without any."""
    paths = (folder / f"{name}.toml" for folder in _folders(home))
    return next((path for path in paths if Path(name).name == name and path.is_file()), None)


def _folders(home: Path | None) -> list[Path]:
    shipped = projections_dir() / "profiles"
    return [Folders(home).profiles, shipped] if home else [shipped]
