"""What a proof claims, held against its events: that they are all of the subject's, and the rows theirs.

Each function returns what does not hold (Chinese). That the events are in the log is checked elsewhere.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from regaudit.base.folded_text import fold
from regaudit.proof.proof_file import Proof, ProvenEvent, ReadProof

IMPORTS, RUNS, WITHDRAWALS = "imports", "runs", "withdrawals"
_CASE, _FINDING, _ENTRY = "case:", "finding:", "entry:"
_TITLES = {_FINDING: "问题", _ENTRY: "台账项"}
_ROW = ("import_no", "row_no")
_FILE = ("file_name", "file_sha256")
Contents = dict[int, dict[str, Any]]
"""The fields of events, by position."""


def prefix_of(subject: str) -> str:
    """What a subject's streams begin with: a case is OFFICE/CASE_NO, an entry a number, a finding an id."""
    return _CASE if "/" in subject else _ENTRY if "-" in subject else _FINDING


def about_claims(read: ReadProof) -> list[str]:
    """Everything that a proof claims about its events and that they do not bear out."""
    events = read.proof.events
    if not events:
        return ["证明中没有任何事件"]
    positions = [event.position for event in events]
    if positions != sorted(set(positions)):
        return ["证明中的事件没有按位置排列,或同一事件出现两次"]
    try:
        contents = {event.position: _content(event) for event in events}
    except ValueError as error:
        return [f"证明中有事件的内容不能读取:{error}"]
    try:
        return list(_problems(read, contents))
    except (KeyError, TypeError, AttributeError) as error:
        return [f"证明中有事件缺少应有的内容:{error}"]


def _problems(read: ReadProof, contents: Contents) -> Iterator[str]:
    proof = read.proof
    about_subject = _about_case if prefix_of(proof.subject) == _CASE else _about_life
    yield from _about_streams(proof)
    yield from _about_actions(proof.events, contents)
    yield from about_subject(read, contents)
    if not read.is_old:
        yield from _about_imports(proof.events, contents)
        yield from _about_rows(proof, contents)


def subject_streams(subject: str, events: Iterable[ProvenEvent]) -> list[str]:
    """The streams of a subject that a proof has events of; a case's number may be written in two ways."""
    prefix = prefix_of(subject)
    return sorted({event.originator_id for event in events if event.originator_id.startswith(prefix)})


def _content(event: ProvenEvent) -> dict[str, Any]:
    return msgspec.json.decode(event.state, type=dict[str, Any])


def _about_streams(proof: Proof) -> Iterator[str]:
    """The subject's streams count from 1 without a gap, in the order of the log."""
    for name in subject_streams(proof.subject, proof.events):
        versions = [event.originator_version for event in proof.events if event.originator_id == name]
        if versions != list(range(1, len(versions) + 1)):
            shown = "、".join(map(str, versions))
            yield f"{name} 的各版应从第 1 版起不缺不重,证明中却是第 {shown} 版:缺少其中的事件"


def _about_actions(events: Sequence[ProvenEvent], contents: Contents) -> Iterator[str]:
    """An action of a case stands in the stream of that case."""
    for event in events:
        action = contents[event.position].get("action")
        if not event.originator_id.startswith(_CASE) or not isinstance(action, dict):
            continue
        named = f"{_CASE}{action.get('office', '')}/{action.get('case_no', '')}"
        if fold(named) != fold(event.originator_id):
            yield f"位置 {event.position} 的事件写的是 {named},却在 {event.originator_id} 中"


def _about_case(read: ReadProof, _: Contents) -> Iterator[str]:
    proof = read.proof
    cases = subject_streams(proof.subject, proof.events)
    if {fold(case) for case in cases} != {fold(f"{_CASE}{proof.subject}")}:
        yield f"证明自称关于 {proof.subject},事件却属于 {'、'.join(cases) or '别的流'}"
    if not read.is_old:
        yield from _strangers(event for event in proof.events if event.originator_id not in (IMPORTS, *cases))


def _about_life(read: ReadProof, contents: Contents) -> Iterator[str]:
    """All events of a finding or an entry, their evidence, the runs that they name and nothing else."""
    proof = read.proof
    streams, prefix = subject_streams(proof.subject, proof.events), prefix_of(proof.subject)
    if read.is_old and not streams and prefix == _FINDING:
        return
    title = _TITLES[prefix]
    if {fold(stream) for stream in streams} != {fold(f"{prefix}{proof.subject}")}:
        yield f"证明自称关于{title} {proof.subject},台账事件却属于 {'、'.join(streams) or '别的流'}"
        return
    if read.is_old:
        return
    [stream] = streams
    life = [event for event in proof.events if event.originator_id == stream]
    opened = contents[life[0].position]
    has_evidence = prefix == _ENTRY or isinstance(opened.get("evidence"), list)
    if life[0].topic != f"{prefix.rstrip(':')}-opened" or not has_evidence:
        yield f"{title} {proof.subject} 的第 1 版不是立账:不能说明它是何时、凭什么查出的"
        return
    evidence = evidence_of(life, contents)
    if lacking := sorted(evidence - contents.keys()):
        yield f"立账所据的证据 {'、'.join(map(str, lacking))} 不在证明中"
    numbers = {contents[event.position].get("run_no", 0) for event in life} - {0}
    yield from _about_runs(proof.events, life, contents)
    yield from _strangers(
        event
        for event in proof.events
        if event.position not in evidence
        and event.originator_id not in (IMPORTS, stream)
        and not (event.originator_id == RUNS and event.originator_version in numbers)
        and not (event.originator_id == WITHDRAWALS and numbers & set(contents[event.position]["run_nos"]))
    )


def evidence_of(life: Iterable[ProvenEvent], contents: Contents) -> set[int]:
    """The positions of the evidence that a finding was opened by, or that an entry's events name."""
    found: set[int] = set()
    for event in life:
        if event.topic == "finding-opened":
            found |= set(contents[event.position]["evidence"])
        elif event.topic in ("entry-opened", "entry-noted"):
            found |= {one["position"] for one in contents[event.position].get("evidence", [])}
    return found


def _about_runs(
    events: Sequence[ProvenEvent], life: Sequence[ProvenEvent], contents: Contents
) -> Iterator[str]:
    """Each event of a night comes with the run that it names, which is of that night and ran the rule.

    A finding's events stand before their run.
    """
    runs = {event.originator_version: event for event in events if event.originator_id == RUNS}
    rule, is_entry = contents[life[0].position].get("rule"), life[0].originator_id.startswith(_ENTRY)
    for event in life:
        content = contents[event.position]
        number = content.get("run_no", 0)
        if is_entry and not number:
            continue
        as_of = content.get("at" if is_entry else "as_of")
        run = runs.get(number)
        if run is None:
            yield f"位置 {event.position} 的台账事件出自第 {number} 次运行,证明中没有这次运行"
        elif (run.position < event.position and not is_entry) or contents[run.position].get("as_of") != as_of:
            yield f"第 {run.originator_version} 次运行与位置 {event.position} 的台账事件不相符"
        elif event is life[0] and rule not in contents[run.position].get("rules", {}):
            yield f"第 {run.originator_version} 次运行没有运行规则 {rule}"


def _about_imports(events: Sequence[ProvenEvent], contents: Contents) -> Iterator[str]:
    """Each import that an event names is there, and no other but where it is evidence itself."""
    there = {event.originator_version for event in events if event.originator_id == IMPORTS}
    named = {
        contents[event.position]["import_no"] for event in events if "import_no" in contents[event.position]
    }
    if lacking := sorted(named - there):
        yield f"证明中没有第 {'、'.join(map(str, lacking))} 次导入的事件:不能说明事件来自哪个文件"
    evidence = evidence_of(events, contents)
    yield from _strangers(
        event
        for event in events
        if event.originator_id == IMPORTS
        and event.originator_version not in named
        and event.position not in evidence
    )


def _strangers(events: Iterable[ProvenEvent]) -> Iterator[str]:
    for event in events:
        yield f"位置 {event.position} 的事件({event.originator_id})与证明的对象无关"


def _about_rows(proof: Proof, contents: Contents) -> Iterator[str]:
    """Each row names the place that a proven event names, once, and the file of the proven import."""
    imports = {e.originator_version: contents[e.position] for e in proof.events if e.originator_id == IMPORTS}
    seen: set[int] = set()
    for row in proof.rows:
        position = row.get("position")
        if not isinstance(position, int) or position not in contents or position in seen:
            yield f"附带的原始行(位置 {position})不是证明中某一事件的"
            continue
        seen.add(position)
        content = contents[position]
        file = imports.get(content.get("import_no", 0), {})
        wanted = [content.get(name) for name in _ROW] + [file.get(name) for name in _FILE]
        if [row.get(name) for name in (*_ROW, *_FILE)] != wanted:
            yield f"附带的原始行(位置 {position})所写的文件或行号与事件不符"
