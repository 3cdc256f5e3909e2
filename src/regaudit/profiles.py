"""Jurisdiction profiles: which limits, parameters and rules hold in a place, each with its citation.

A profile may extend another: its limits come before the inherited ones, its parameters replace them.
"""

import tomllib
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from regaudit.content import projections_dir
from regaudit.errors import UsageError


class Limit(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, rename={"limit_class": "class"}):
    """A promised time for a class of cases; `None` matches every value."""

    limit_class: Annotated[str, Meta(min_length=1)]
    title: str
    days: Annotated[int, Meta(ge=0)]
    basis: str
    registration_types: list[str] | None = None
    right_types: list[str] | None = None
    applicant_kinds: list[str] | None = None
    channels: list[str] | None = None
    valid_from: date | None = None
    valid_to: date | None = None


class Profile(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What holds in one jurisdiction. The first limit that matches a case at its acceptance binds."""

    title: str
    about: str = ""
    extends: str | None = None
    dispatch: Literal["pool", "assigned"] = "pool"
    lawful_pauses: list[str] = []
    rules_off: list[str] = []
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
        UsageError: there is no such profile, or it has a mistake; names file and key or line.
    """
    return _load(name, home, ())


def _load(name: str, home: Path | None, below: tuple[str, ...]) -> Profile:
    path = next((p for folder in _folders(home) if (p := folder / f"{name}.toml").is_file()), None)
    if path is None or Path(name).name != name:
        raise UsageError(f"没有名为 {name} 的规程。可用的有:{'、'.join(profile_names(home))}")
    if name in below:
        raise UsageError(f"规程互相继承成环:{' → '.join([*below, name])}")
    try:
        own: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8-sig"))
        profile = msgspec.convert(own, Profile)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise UsageError(f"规程文件 {path} 有误:{error}") from error
    if profile.extends is None:
        return profile
    base = _load(profile.extends, home, (*below, name))
    inherited = {
        field: getattr(base, field)
        for field in ("dispatch", "lawful_pauses", "rules_off")
        if field not in own
    }
    params = {
        rule: base.params.get(rule, {}) | profile.params.get(rule, {})
        for rule in base.params | profile.params
    }
    return msgspec.structs.replace(
        profile, limits=[*profile.limits, *base.limits], params=params, **inherited
    )


def _folders(home: Path | None) -> list[Path]:
    shipped = projections_dir() / "profiles"
    return [home / "profiles", shipped] if home else [shipped]
