"""Steps that were taken in somebody's name by others: typed on the command line, or by his deputy."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from regaudit.base.running_text import day_text
from regaudit.outlets.mail.audience import HANDLER, HEAD, Reader
from regaudit.outlets.mail.entry_facts import EntryStep
from regaudit.outlets.mail.person_digest import Typed
from regaudit.outlets.mail.step_texts import done_text, few
from regaudit.outlets.mail.watermarks import Mark

_UNITS = (HANDLER, HEAD)


def typed_for(
    reader: Reader, steps: Mapping[str, Sequence[EntryStep]], mark: Mark, night: date
) -> list[Typed]:
    """Of which steps in his name a reader hears: alike ones of one day, login and machine are one line."""
    found: dict[str, list[EntryStep]] = {}
    for step in (step for each in steps.values() for step in each):
        # What was referred to others is hidden from the unit.
        is_hidden = step.is_hidden and step.role in _UNITS
        if step.run_no or is_hidden or mark.knows(0, step.position):
            continue
        for how in _ways(reader, step):
            text = f"{day_text(step.recorded_at.date(), night)}{how}：{done_text(step, night)}"
            found.setdefault(text, []).append(step)
    return [
        Typed(text=_with_times(text, alike), entries=sorted({step.entry for step in alike}))
        for text, alike in sorted(found.items(), key=lambda item: min(s.recorded_at for s in item[1]))
    ]


def _ways(reader: Reader, step: EntryStep) -> Iterator[str]:
    """In which ways a step is in the reader's name."""
    where = f"（系统用户 {step.system_user}，机器 {step.machine}）" if step.machine else ""
    if step.for_login in reader.logins:
        yield f"代理人 {step.login} 代您（{step.for_login}）办理"
    elif step.signed_by == reader.person:
        yield f"{step.login} 按您签字的文件录入{where}"
    elif step.login in reader.logins and step.door == "command":
        yield f"以您的登录名 {step.login} 在命令行办理{where}"


def _with_times(text: str, steps: Iterable[EntryStep]) -> str:
    """The line with the hours at which it was done, how often, and the first entries."""
    alike = list(steps)
    hours = sorted({f"{step.recorded_at:%H:%M}" for step in alike})
    span = hours[0] if len(hours) == 1 else f"{hours[0]}至{hours[-1]}"
    numbers = sorted({step.entry for step in alike})
    return f"{text}，{span}，{few(numbers)}"
