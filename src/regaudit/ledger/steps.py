"""Every step that people can take on an entry, as one table: from where, to where, by whom, within what.

The state machine, the commands, the Excel drop-downs, the page's forms and the manual are made from it.
"""

from msgspec import Struct

from regaudit.ledger.states import FINAL, JUDGED, OPEN, STATES, Role

SUBJECT = "subject"
"""Stands among the roles of a step for the person whom the entry is about, or whom it was given to."""
BY_SEVERITY = "by severity"
"""Stands for who strikes off: by the highest severity of the entry."""


class Step(Struct, frozen=True, kw_only=True):
    """A step of the ledger.

    Attributes:
        name: the word of the command, and of the event.
        title: Chinese.
        about: what it does (Chinese).
        of: the states in which it can be taken.
        to: the state that follows, by verdict; with the empty verdict, whatever it is; none: it stays.
        roles: who takes it; beside roles, `SUBJECT` and `BY_SEVERITY`.
        limit: the limit of the profile within which it is to be taken; empty: none.
        verdicts: what it may say.
        takes: the words beside its text that it needs; those with `?` it may have.
        says: what its text must say (Chinese); empty: it needs none.
        barred: whose persons may not take it: `subject`, `reporter` (who rectified), `reviewer`, `asker`,
            `everyone` who took a step.
        climbs: where nobody may take it the next role above does.
    """

    name: str
    title: str
    about: str
    of: tuple[str, ...]
    to: dict[str, str] = {}
    roles: tuple[Role | str, ...]
    limit: str = ""
    verdicts: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    says: str = ""
    barred: tuple[str, ...] = ("subject",)
    climbs: bool = True


_JUDGED = tuple(state for state in STATES if state in JUDGED)
_TABLE = (
    Step(
        name="assign",
        title="交办",
        about="把挂账的事项交给科室或人员办理",
        of=("listed", "disputed"),
        to={"": "assigned"},
        roles=("post",),
        limit="assign",
        takes=("to", "kind", "due?"),
    ),
    Step(
        name="dispute",
        title="管辖异议",
        about="科室认为不属自己管辖",
        of=("assigned",),
        to={"": "disputed"},
        roles=("head",),
        limit="dispute",
        says="不属本科室管辖的理由",
        barred=(),
        climbs=False,
    ),
    Step(
        name="answer",
        title="说明",
        about="被交办人说明情况",
        of=("assigned",),
        to={"": "answered"},
        roles=(SUBJECT, "head"),
        limit="answer",
        says="对问题的说明",
        barred=(),
        climbs=False,
    ),
    Step(
        name="judge",
        title="认定",
        about="问题成立、说明采纳或不成立",
        of=("answered", "assigned"),
        to={"upheld": "upheld", "excused": "excused", "unfounded": "unfounded"},
        roles=("post", "leader"),
        limit="judge",
        verdicts=("upheld", "excused", "unfounded"),
        takes=("due?", "severity?"),
        says="认定的理由",
    ),
    Step(
        name="demand",
        title="责令整改",
        about="提出整改要求和期限",
        of=("upheld",),
        to={"": "rectifying"},
        roles=("post",),
        limit="demand",
        takes=("due?",),
        says="整改要求",
    ),
    Step(
        name="extend",
        title="延期",
        about="申请、批准或不批准延长整改期限",
        of=("rectifying",),
        roles=("head", "leader"),
        limit="report",
        verdicts=("ask", "grant", "refuse"),
        takes=("due?",),
        says="延期的理由或答复",
        barred=(),
    ),
    Step(
        name="report",
        title="整改报告",
        about="报告整改情况,附上证明材料",
        of=("rectifying",),
        to={"": "rectified"},
        roles=("head",),
        limit="report",
        says="整改情况及证明材料",
        barred=(),
    ),
    Step(
        name="review",
        title="复核",
        about="通过,或退回重新整改",
        of=("rectified",),
        to={"pass": "passed", "return": "rectifying"},
        roles=("post",),
        limit="review",
        verdicts=("pass", "return"),
        takes=("due?",),
        says="核查了什么、怎样核查",
        barred=("subject", "reporter"),
    ),
    Step(
        name="strike",
        title="销号",
        about="批准了结",
        of=("passed",),
        to={"": "struck"},
        roles=(BY_SEVERITY,),
        limit="strike",
        says="批准意见",
        barred=("subject", "reporter", "reviewer"),
    ),
    Step(
        name="appeal",
        title="申诉",
        about="对认定提出申诉",
        of=_JUDGED,
        roles=(SUBJECT, "head"),
        limit="appeal",
        says="申诉的理由",
        barred=(),
        climbs=False,
    ),
    Step(
        name="decide",
        title="申诉决定",
        about="维持、变更或撤销认定",
        of=_JUDGED,
        to={"quashed": "quashed"},
        roles=("leader", "superior"),
        limit="decide",
        verdicts=("upheld", "changed", "quashed"),
        takes=("severity?",),
        says="决定的理由",
        barred=("subject", "everyone"),
    ),
    Step(
        name="suspend",
        title="中止",
        about="等待外部结果,期限停止计算",
        of=tuple(state for state in OPEN if state != "suspended"),
        to={"": "suspended"},
        roles=("leader",),
        takes=("due",),
        says="等待什么",
    ),
    Step(
        name="resume",
        title="恢复",
        about="继续办理中止的事项",
        of=("suspended",),
        roles=("leader",),
        says="恢复的理由",
    ),
    Step(
        name="refer",
        title="移交",
        about="移交纪检、公安等机关",
        of=OPEN,
        to={"": "referred"},
        roles=("leader",),
        takes=("to",),
        says="移交的理由",
    ),
    Step(
        name="correct",
        title="更正",
        about="取消最近一次办理,由上一级作出",
        of=(*OPEN, *sorted(FINAL - {"voided"})),
        roles=("head", "post", "leader", "superior"),
        says="更正的理由",
    ),
    Step(
        name="serve",
        title="签收",
        about="确认已收到交办,每次交办签收一次",
        of=OPEN,
        roles=(SUBJECT, "head"),
        barred=(),
        climbs=False,
    ),
    Step(
        name="delay",
        title="迟延说明",
        about="为错过的期限写明正当理由,灯色不变,标注有因",
        of=OPEN,
        roles=(SUBJECT, "head", "post", "leader"),
        says="迟延的理由",
        barred=(),
        climbs=False,
    ),
)
STEPS: dict[str, Step] = {step.name: step for step in _TABLE}
VOID = "void"
"""What a withdrawn night does to an entry that nobody has touched; no person takes it."""
STRIKERS: dict[str, Role] = {"info": "post", "minor": "post", "major": "leader", "critical": "leader"}
"""Who strikes off, by the highest severity."""
CHAIN: dict[str, Role] = {"head": "post", "post": "leader", "leader": "superior"}
"""Who acts where nobody may: the next above."""
