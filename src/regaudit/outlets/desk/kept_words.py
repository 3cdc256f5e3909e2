"""A kept form as its sender reads it: what it was sent for and what was typed, in words of its page."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Final

from msgspec import Struct

from regaudit.catalogue.rules import SEVERITIES
from regaudit.ledger.documents.wording import KINDS as DOCUMENTS
from regaudit.ledger.people import People
from regaudit.ledger.states import KINDS, ROLES
from regaudit.ledger.steps import STEPS, Step
from regaudit.outlets.desk.sessions import KeptForm
from regaudit.outlets.desk.step_forms import Field, form_of, late_field, signer_field

_TITLES: Final = {
    "title": "事项名称",
    "severity": "级别",
    "office": "登记机构",
    "case_no": "所涉业务号",
    "account": "所涉账号",
    "person_id": "人员编号",
    "finding_id": "问题编号",
    "text": "情况",
    "at": "发现的时间",
    "login": "登录名",
    "person_name": "姓名",
    "mail": "邮箱",
    "role": "角色",
    "section": "科室",
    "for_login": "代理谁",
    "until": "到哪一天（含）",
}
_VALUES: Final[dict[str, dict[str, str]]] = {
    "severity": {**SEVERITIES},
    "role": {str(role): title for role, title in ROLES.items()},
}
_CHANGES: Final = {
    "correct": "更正",
    "grant": "授予角色",
    "end": "收回角色",
    "lock": "锁定",
    "unlock": "解锁",
    "deputy": "指定代理",
    "password": "重设口令",
    "factor": "重置第二因素",
    "forgive": "允许重新登录",
}
_OWN: Final = ("step", "seen", "do", "view", "scope", "entry", "what")
"""Fields that nobody typed."""
_OTHER: Final = "其他"


class ToldForm(Struct, frozen=True, kw_only=True):
    """A kept form in words (Chinese).

    Attributes:
        title: what it was sent for.
        facts: title and text of each field that was filled in.
        files: name and bytes of each file.
    """

    form_id: str
    path: str
    title: str
    kept_at: datetime
    facts: list[tuple[str, str]]
    files: list[tuple[str, int]]


def told_form(kept: KeptForm, people: People, on: date) -> ToldForm:
    """A kept form in words."""
    given = dict(kept.fields)
    step = STEPS.get(given.get("step", ""))
    facts = _of_step(step, kept, people, on) if step else _of_fields(kept)
    return ToldForm(
        form_id=kept.form_id,
        path=kept.path,
        title=_title(kept, given, step),
        kept_at=kept.kept_at,
        facts=[(title, text) for title, text in facts if text],
        files=[(file.name, len(file.content)) for file in kept.files],
    )


def _title(kept: KeptForm, given: dict[str, str], step: Step | None) -> str:
    room, _, place = kept.path.strip("/").partition("/")
    if room == "users":
        change = _CHANGES.get(given.get("what", ""), "变更")
        return f"用户 {place}：{change}" if place else "添加用户"
    if step and place == "steps":
        chosen = sum(name == "entry" for name, _ in kept.fields)
        many = "筛选出的全部" if given.get("scope") == "view" else f"{chosen} 项"
        return f"台账：{step.title}{many}"
    if step:
        return f"台账项 {place}：{step.title}"
    if place.endswith("/documents"):
        title = DOCUMENTS.get(given.get("kind", ""), "文书")  # type: ignore[call-overload]
        return f"台账项 {place.removesuffix('/documents')}：制作{title}"
    return "登记挂账" if kept.path == "/ledger/open" else f"提交到 {kept.path} 的内容"


def _of_step(step: Step, kept: KeptForm, people: People, on: date) -> Iterator[tuple[str, str]]:
    fields = {
        field.name: field for field in (*form_of(step, people, (), on=on), late_field(), signer_field())
    }
    numbers = [value.rpartition("@")[0] for name, value in kept.fields if name == "entry"]
    yield "事项", "、".join(numbers)
    for name, value in kept.fields:
        if name not in _OWN:
            field = fields.get(name)
            yield (field.title, _choice(field, value)) if field else (_OTHER, value)


def _choice(field: Field, value: str) -> str:
    """A value as the form offered it."""
    offered = dict(field.choices)
    for options in field.groups.values():
        offered |= dict(options)
    return "" if not value else offered.get(value, value)


def _of_fields(kept: KeptForm) -> Iterator[tuple[str, str]]:
    for name, value in kept.fields:
        if name == "kind":
            yield ("来源", KINDS.get(value, "")) if kept.path == "/ledger/open" else ("", "")
        elif name not in _OWN:
            yield _TITLES.get(name, _OTHER), _VALUES.get(name, {}).get(value, value)
