"""What has to be so that nobody can have chosen a draw: its plan, its population, what decides it."""

from base64 import b64encode

from regaudit.audit.inputs import load_inputs
from regaudit.audit.kept_inputs import restore_inputs
from regaudit.audit.workspace import Workspace
from regaudit.base.folded_text import fold_name
from regaudit.catalogue.event_types import RunCompleted
from regaudit.catalogue.events import LogEvent
from regaudit.ledger.people import People
from regaudit.ledger.request import Author
from regaudit.ledger.rights import RefusedStepError
from regaudit.outlets.inspection.inspections import Inspection
from regaudit.outlets.inspection.randomness import WITNESSES, Randomness
from regaudit.outlets.inspection.units import Month


def check_terms(workspace: Workspace) -> None:
    """Refuse a plan that no night has seen: one that is written for an hour would be told by nothing.

    Without a night the last run counts; without any run, or where its profile was lost, nothing.

    Raises:
        RefusedStepError: `[inspection]` of the profile is not what the last night had.
    """
    last = None
    for run in workspace.log.events("runs", RunCompleted):
        if last is None or run.kind == "nightly" or last.kind != "nightly":
            last = run
    if last is None or last.profile_sha256 == workspace.profile.fingerprint():
        return
    kept = restore_inputs(workspace.home, last, load_inputs(workspace.home)).inputs.profile
    if kept.inspection != workspace.profile.inspection:
        raise RefusedStepError(
            "规程的抽查部分([inspection])在最近一晚的夜间作业以后改动过:"
            "请恢复原样,或先运行 regaudit nightly,由当晚的邮件报告这一改动。未写入任何记录"
        )


def check_whole(found: Month, month: str, reason: str) -> None:
    """Refuse to fix a population before its month is over, unless there is a reason for it.

    Raises:
        RefusedStepError: what is closed in the rest of the month could never be drawn.
    """
    if not found.is_whole and not reason:
        raise RefusedStepError(
            f"数据只到 {found.as_of:%Y-%m-%d %H:%M},{month} 以后办结的将不在总体中,永远抽不到:"
            "请待该月终了后的夜间作业再冻结;确须现在冻结的,请用 --reason 写明原因。未写入任何记录"
        )


def check_witnesses(people: People, author: Author, chosen: Randomness) -> None:
    """Refuse who draws himself as a witness, and one person under his name and a login as two.

    Raises:
        RefusedStepError: there are not two others.
    """
    persons = {fold_name(user.person_name): user.person_id for user in people.users.values()}
    persons |= {fold_name(user.login): user.person_id for user in people.users.values()}
    user = people.get(author.login)
    own = {user.person_id} if user else {fold_name(author.login)}
    known = {name: persons.get(fold_name(name)) or fold_name(name) for name in chosen.witnesses}
    for name, person in known.items():
        if person in own:
            raise RefusedStepError(f"见证人 {name} 就是办理抽取的人:请由另外两人见证。未写入任何记录")
    if chosen.witnesses and len(set(known.values())) < WITNESSES:
        raise RefusedStepError(
            f"见证人 {'、'.join(chosen.witnesses)} 是同一自然人:请由两人见证。未写入任何记录"
        )


def decided_by(workspace: Workspace, inspection: Inspection, chosen: Randomness, reason: str) -> Randomness:
    """What decides a draw from the population that was frozen last.

    Raises:
        RefusedStepError: it can be told that it was known before, or it could be chosen.
    """
    base = inspection.frozen[-1].originator_version
    stored = workspace.log.events_at(inspection.stream, LogEvent)
    frozen_at = next(position for position, event in stored if event.originator_version == base)
    decided = chosen if chosen.way != "checkpoint" else _root(workspace, chosen, frozen_at, reason)
    if any(drawn.randomness == decided.text for drawn in inspection.drawn):
        raise RefusedStepError("这个数已用于本次抽查以前的抽取,冻结之前已为人所知:请另取。未写入任何记录")
    return decided


def _root(workspace: Workspace, chosen: Randomness, frozen_at: int, reason: str) -> Randomness:
    """The root of a checkpoint behind the freezing: of the one asked for, else of the next night."""
    log = workspace.log
    later = [size for size, _ in log.checkpoints() if size > frozen_at]
    nights = [at for at, run in log.events_at("runs", RunCompleted) if run.kind == "nightly"]
    next_night = next((at for at in nights if at > frozen_at), 0)
    size = chosen.root_size or next_night
    if not size:
        raise RefusedStepError(
            "冻结以后还没有夜间作业,没有可用的检查点:请掷骰子(--dice),"
            "用别处公布的数(--number),或在下一次 regaudit nightly 之后再抽取。未写入任何记录"
        )
    if size <= frozen_at:
        raise RefusedStepError(
            f"第 {size} 条处的检查点不晚于冻结(第 {frozen_at} 条),它的根在冻结之前已可知:"
            "请用冻结以后的检查点。未写入任何记录"
        )
    if chosen.root_size and size not in later:
        raise RefusedStepError(f"日志在第 {size} 条处没有检查点。未写入任何记录")
    if size != next_night and not reason:
        raise RefusedStepError(
            f"冻结以后已有 {len(later)} 个检查点,自选一个就是挑选结果:请不写 --checkpoint,"
            "用冻结后第一次夜间作业的;确须另用的,请用 --reason 写明原因。未写入任何记录"
        )
    return Randomness(way="checkpoint", text=b64encode(log.root(size)).decode(), root_size=size)
