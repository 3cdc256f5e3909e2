"""One check of a lake: each log against its checkpoint, then all tables and rules, then what is published."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec import Struct
from msgspec.structs import replace

from regaudit.base.progress import Progress
from regaudit.lake.builds import Engine, Joint, Own, offices_in_common, settle_joint, settle_own
from regaudit.lake.errors import LakeError
from regaudit.lake.kept_settings import common_part, together
from regaudit.lake.layout import Lake
from regaudit.lake.province import publish_province
from regaudit.lake.province_rows import joint_name
from regaudit.lake.trust import Judged, LogRow, judge_logs, log_row, seen_of


class CheckedLake(Struct, frozen=True, kw_only=True):
    """What a check of a lake came to.

    Attributes:
        logs: the rows of `lake_logs`.
        notices: what is worth telling (Chinese).
        errors: rules that could not be run (Chinese).
        published: the database.
    """

    logs: list[LogRow]
    notices: list[str]
    errors: list[str]
    published: Path

    @property
    def left_out(self) -> list[LogRow]:
        """The logs that were not judged."""
        return [log for log in self.logs if log.state not in ("ok", "joint")]


def check_lake(
    lake: Lake,
    out: Path,
    engine: Engine,
    *,
    as_of: datetime,
    progress: Progress,
    forget: Sequence[str] = (),
) -> CheckedLake:
    """Verify, judge and publish all logs of a lake; what is wrong with one keeps that one out.

    Args:
        lake: the lake.
        out: the folder for what is published.
        engine: computes the tables.
        as_of: local time up to which actions count.
        progress: hears of long work.
        forget: ids of logs that are not missed any longer.

    Raises:
        LakeError: the lake cannot be read, or holds no log at all.
        DatabaseFileError: somebody has the published database open for writing.
    """
    seen = {log_id: one for log_id, one in lake.seen().items() if log_id not in forget}
    judged, rows = judge_logs(lake, seen, progress)
    if not judged and not rows:
        raise LakeError(f"湖 {lake.storage.place} 中没有日志:请先在各工作区运行 regaudit lake add")
    notices = [notice for one in judged for notice in one.notices]
    out.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".lake-", dir=out) as folder:
        owns = [*_own_builds(judged, engine, Path(folder), as_of, progress)]
        for office, shared in offices_in_common(owns).items():
            notices.append(f"登记机构 {office} 在日志 {'、'.join(shared)} 中都有:各按各的判断,不合并")
        is_shared = lake.settings().shared_person_ids
        joints = [*_joint_builds(owns, engine, Path(folder), as_of, progress)] if is_shared else []
        of_log = {own.number: joint_name(joint) for joint in joints for own in joint.members}
        for own in owns:
            rows[own.log.log_id] = log_row(
                own.log.log_id,
                own.log.head,
                state="ok",
                offices=own.offices,
                profile=own.inputs.profile_name,
                joint=of_log.get(own.number, ""),
            )
        listed = [rows[log_id] for log_id in sorted(rows)] + [_joint_row(joint) for joint in joints]
        published = publish_province(out, owns, joints, listed, progress)
    lake.put_seen(seen | {own.log.log_id: seen_of(own.log.head) for own in owns})
    errors = [
        f"{where}:规则 {run.rule} 运行出错:{run.error}"
        for where, runs in [
            *((own.log.log_id, own.runs) for own in owns),
            *((joint_name(joint), joint.runs) for joint in joints),
        ]
        for run in runs
        if run.status == "error"
    ]
    return CheckedLake(logs=listed, notices=notices, errors=errors, published=published)


def _own_builds(
    judged: Sequence[Judged], engine: Engine, folder: Path, as_of: datetime, progress: Progress
) -> Iterator[Own]:
    for number, one in enumerate(judged, start=1):
        build = Own(number=number, log=one.log, inputs=one.inputs, file=folder / f"own-{number}.duckdb")
        runs = engine.own(build, as_of, progress)
        yield replace(build, runs=runs, offices=settle_own(build, as_of))
        progress("日志", number, len(judged))


def _joint_builds(
    owns: Sequence[Own], engine: Engine, folder: Path, as_of: datetime, progress: Progress
) -> Iterator[Joint]:
    for number, members in enumerate(_groups(owns), start=1):
        build = Joint(number=number, members=members, file=folder / f"joint-{number}.duckdb")
        runs = engine.joint(build, together([own.inputs for own in members]), as_of, progress)
        settle_joint(build)
        yield replace(build, runs=runs)


def _groups(owns: Sequence[Own]) -> list[list[Own]]:
    """Logs that can be judged together: equal settings, no office in two of them; at least two a group."""
    groups: dict[str, list[list[Own]]] = {}
    for own in owns:
        with_equal = groups.setdefault(common_part(own.inputs), [])
        for group in with_equal:
            if not {office for one in group for office in one.offices} & set(own.offices):
                group.append(own)
                break
        else:
            with_equal.append([own])
    return [group for some in groups.values() for group in some if len(group) > 1]


def _joint_row(joint: Joint) -> LogRow:
    return LogRow(
        log_id=joint_name(joint),
        state="joint",
        offices=sorted(office for own in joint.members for office in own.offices),
        events=sum(own.log.head.size for own in joint.members),
        profile=joint.members[0].inputs.profile_name,
    )
