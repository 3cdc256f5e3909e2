"""The ledger's pages: its state machine as a picture (SVG), its steps and limits as tables, as they run.

Where the states stand is said here; the arrows, and what they are called, come from the table of steps.
"""

from collections.abc import Iterator
from xml.sax.saxutils import escape

from docs_base import Tongue, wide

from regaudit.catalogue.ledger_terms import LIMITS
from regaudit.catalogue.profiles import load_profile
from regaudit.ledger.states import FINAL, OPEN, ROLES, STATES
from regaudit.ledger.steps import BY_SEVERITY, STEPS, SUBJECT, VOID, Step

_PLACES = {
    "listed": (2, 0),
    "assigned": (2, 1),
    "disputed": (0, 1),
    "answered": (2, 2),
    "unfounded": (0, 3),
    "upheld": (2, 3),
    "excused": (4, 3),
    "rectifying": (2, 4),
    "rectified": (2, 5),
    "passed": (2, 6),
    "struck": (2, 7),
    "quashed": (0, 6),
    "suspended": (4, 4),
    "referred": (4, 6),
    "voided": (4, 0),
}
_WIDTH, _HEIGHT, _BOX, _TALL = 150, 92, 132, 44
_MARGIN = 30
_TIP = (
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" '
    'orient="auto"><path d="M0 0L8 4L0 8z" fill="#666"/></marker></defs>'
)
_ANY = ("suspend", "refer", VOID)
_STYLE = (
    "text{font-family:'Noto Sans CJK SC','Source Han Sans SC','Microsoft YaHei',sans-serif;font-size:14px;"
    "text-anchor:middle;fill:#222}.on{font-size:12px;fill:#444}.box{fill:#fff;stroke:#333;stroke-width:1.4}"
    ".end{fill:#eee;stroke:#333;stroke-width:2.4}.way{fill:none;stroke:#666;stroke-width:1.3}"
)


def picture() -> str:
    """The SVG."""
    arrows = list(_arrows())
    width, height = _MARGIN * 2 + 4 * _WIDTH + _BOX + 30, _MARGIN * 2 + 7 * _HEIGHT + _TALL + 60
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
        f"<title>台账的状态与环节</title><style>{_STYLE}</style>",
        _TIP,
        *(_way(start, end, label) for start, end, label in arrows),
        *(_box(state) for state in STATES),
        *_remarks(height),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _arrows() -> Iterator[tuple[str, str, str]]:
    """From, to and name of each arrow; of several of one name to one state, that from the nearest above."""
    found: dict[tuple[str, str], list[str]] = {}
    for step in STEPS.values():
        if step.name in _ANY:
            continue
        for state in step.of:
            for verdict, target in step.to.items():
                if target != state and (state, target) != ("struck", "quashed"):
                    found.setdefault((state, target), []).append(_name(step, verdict))
    arrows = [(start, end, "、".join(dict.fromkeys(names))) for (start, end), names in found.items()]
    for start, end, label in arrows:
        same = [other for other, target, name in arrows if (target, name) == (end, label)]
        if end == "assigned" or start == min(
            same, key=lambda state: _PLACES[end][1] - _PLACES[state][1] or 0.5
        ):
            yield start, end, label


def _name(step: Step, verdict: str) -> str:
    return f"{step.title}:退回" if verdict == "return" else step.title


def _centre(state: str) -> tuple[int, int]:
    column, row = _PLACES[state]
    return _MARGIN + column * _WIDTH + _BOX // 2, _MARGIN + row * _HEIGHT + _TALL // 2


def _box(state: str) -> str:
    x, y = _centre(state)
    kind = "end" if state in FINAL else "box"
    return (
        f'<rect class="{kind}" x="{x - _BOX // 2}" y="{y - _TALL // 2}" width="{_BOX}" height="{_TALL}"/>'
        f'<text x="{x}" y="{y - 1}">{escape(STATES[state])}</text>'
        f'<text class="on" x="{x}" y="{y + 15}">{state}</text>'
    )


def _way(start: str, end: str, label: str) -> str:
    (x1, y1), (x2, y2) = _centre(start), _centre(end)
    if x1 == x2 and y2 > y1 and y2 - y1 == _HEIGHT:
        path, at = f"M{x1} {y1 + _TALL // 2}L{x2} {y2 - _TALL // 2}", (x1 + 34, (y1 + y2) // 2 + 4)
    elif x1 == x2:
        out = x1 + _BOX // 2
        path = f"M{out} {y1}C{out + 46} {y1} {out + 46} {y2} {out} {y2}"
        at = (out + 62, (y1 + y2) // 2 + 4)
    else:
        side = 1 if x2 > x1 else -1
        lift = 10 if (start, end) == ("disputed", "assigned") else -10 if end == "disputed" else 0
        path = f"M{x1 + side * _BOX // 2} {y1 + lift}L{x2 - side * _BOX // 2} {y2 + lift}"
        at = ((x1 + x2) // 2, (y1 + y2) // 2 + lift + (14 if lift > 0 else -6))
    return (
        f'<path class="way" d="{path}" marker-end="url(#tip)"/>'
        f'<text class="on" x="{at[0]}" y="{at[1]}">{escape(wide(label))}</text>'
    )


def _remarks(height: int) -> Iterator[str]:
    words = (
        "说明期满未说明的,也可认定。未终结的任一状态:可中止(恢复后回到原状态)、移交",
        "成立以后任一状态(含销号)可申诉,申诉期间原状态与时限不变;决定撤销的,终结",
        "粗框为终结;无人办理过的,随所在之夜撤销。延期、签收、迟延说明、系统提示不改变状态;更正取消最后一次办理",
    )
    for number, text in enumerate(words):
        yield f'<text class="on" x="50%" y="{height - 58 + 20 * number}">{escape(wide(text))}</text>'


def blocks(tongue: Tongue) -> dict[str, str]:
    """The generated blocks of a page, by name."""
    return {"steps": _steps(tongue), "limits": _limits(tongue)}


def _steps(tongue: Tongue) -> str:
    heads = ["环节", "命令", "自", "至", "何人", "须写明"]
    if not tongue.is_chinese:
        heads = ["step", "command", "from", "to", "who", "must say"]
    rows = [
        [
            step.title,
            f"`{step.name}`",
            _states(step.of, tongue),
            _states(tuple(step.to.values()), tongue) or "—",
            _who(step, tongue),
            step.says or "—",
        ]
        for step in STEPS.values()
    ]
    return tongue.table(heads, rows)


def _states(states: tuple[str, ...], tongue: Tongue) -> str:
    names = {state: STATES[state] if tongue.is_chinese else f"`{state}`" for state in states}
    if set(OPEN) - {"suspended"} <= set(states):
        return "未终结的任一状态" if tongue.is_chinese else "any that is not final"
    return tongue.listed(names.values())


def _who(step: Step, tongue: Tongue) -> str:
    special = {
        SUBJECT: ("所涉的人", "the subject"),
        BY_SEVERITY: ("一般:另一质量监管岗;重要、严重:中心负责人", "minor: a second `post`; else `leader`"),
    }
    if step.name == "correct":
        return "原办理人的上一级" if tongue.is_chinese else "one role above its actor"
    names: dict[str, str] = {role: tongue.say(f"`{role}`", title) for role, title in ROLES.items()}
    names |= {role: words[not tongue.is_chinese] for role, words in special.items()}
    return tongue.listed(names[role] for role in step.roles)


def _limits(tongue: Tongue) -> str:
    limits = load_profile("default").ledger.limits
    heads = ["时限", "`[ledger.limits]`", "工作日", "依据"]
    if not tongue.is_chinese:
        heads = ["limit", "`[ledger.limits]`", "working days", "basis"]
    rows = [
        [title, f"`{name}`", str(limits[name].days), limits[name].basis] for name, title in LIMITS.items()
    ]
    return tongue.table(heads, rows)
