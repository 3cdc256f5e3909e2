"""The shipped samples: `sample_logs/`, made anew by `python -m regaudit.simulate.samples`."""

from datetime import date
from pathlib import Path

from regaudit.simulate.generate import Simulation, simulate
from regaudit.simulate.losses import NOTHING, losses_in_words
from regaudit.simulate.shapes import SHAPES

SAMPLE_CASES = 400
SAMPLE_SEED = 8
SHAPES_FOLDER = "shapes"
SHAPES_CASES = 16
SHAPES_SEED = 11
_SHAPES_START, _SHAPES_DAYS = date(2026, 3, 2), 25

_README = """\
# Sample logs: an invented platform, nobody in it exists

[简体中文](README.zh-CN.md)

Made by `python -m regaudit.simulate.samples sample_logs`: {cases} cases, seed {seed}; never edited by hand.
`steps.csv` is the step log (rows shuffled, some repeated), `roster.csv` its accounts, as of {as_of}.
`truth.csv` lists every violation under the profile {profile}: rule, subject, office; `truth_off.csv` those of
rules that the profile leaves off. `reexport/` is a second export with rewritten and missing rows.
`simulation.json` holds the counts. A test compares this folder with a new run, byte for byte.
`shapes/` has a smaller log in every shape that `regaudit simulate --shape` writes.
"""
_README_ZH = """\
# 样本日志：虚构的平台，其中的人都不存在

[English](README.md)

由 `python -m regaudit.simulate.samples sample_logs` 生成：{cases} 件业务，种子 {seed}；从不手工修改。
`steps.csv` 是环节日志（各行打乱次序，有的重复），`roster.csv` 是其账号，截至 {as_of}。
`truth.csv` 列出按规程 {profile} 的全部违规：规则、对象、机构；`truth_off.csv` 是该规程没有启用的规则的。
`reexport/` 是第二次导出，有的行改写了，有的行不见了。`simulation.json` 是各项计数。
`shapes/` 是一份较小的日志，`regaudit simulate --shape` 能写的每种样式各一份。
"""
_SHAPES_README = """\
# One log in every shape

[简体中文](README.zh-CN.md)

Made by `python -m regaudit.simulate.samples sample_logs`, never edited by hand: the same {cases} invented
cases (seed {seed}), as of {as_of}, each file as some platform would export them. `roster.csv` belongs to
all of them. `regaudit simulate --cases N --seed S --out DIR --shape NAME` makes larger ones. In so few
cases no violation is planted, so `truth.csv` is empty.

| `--shape` | file | what it is | carries |
| --- | --- | --- | --- |
"""
_SHAPES_README_ZH = """\
# 同一份日志的每种样式

[English](README.md)

由 `python -m regaudit.simulate.samples sample_logs` 生成，从不手工修改：同样的 {cases} 件虚构业务
（种子 {seed}），截至 {as_of}，每个文件像是某个平台的导出。`roster.csv` 与它们都配套。要更大的，用
`regaudit simulate --cases 件数 --seed 种子 --out 文件夹 --shape 样式`。件数这样少，没有埋入违规，所以
`truth.csv` 是空的。

| `--shape` | 文件 | 是什么 | 承载 |
| --- | --- | --- | --- |
"""
_NAMES = {False: "README.md", True: "README.zh-CN.md"}
"""The pages beside the logs, by whether they are in Chinese."""


def write_sample(out: Path) -> Simulation:
    """Writes the sample and its pages into `out`, the shapes into a folder of their own below."""
    simulation = simulate(SAMPLE_CASES, SAMPLE_SEED, out)
    for in_chinese, name in _NAMES.items():
        _write(out / name, _about(_README_ZH if in_chinese else _README, simulation))
    write_shapes(out / SHAPES_FOLDER)
    return simulation


def write_shapes(out: Path) -> Simulation:
    """Writes one small log in every shape, and the pages that list them."""
    simulation = simulate(
        SHAPES_CASES, SHAPES_SEED, out, start=_SHAPES_START, days=_SHAPES_DAYS, shapes=list(SHAPES)
    )
    for in_chinese, name in _NAMES.items():
        about = _about(_SHAPES_README_ZH if in_chinese else _SHAPES_README, simulation)
        _write(out / name, about + _shapes_table(in_chinese=in_chinese) + _lost(in_chinese=in_chinese))
    return simulation


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def _about(text: str, simulation: Simulation) -> str:
    return text.format(
        cases=simulation.cases, seed=simulation.seed, as_of=simulation.as_of, profile=simulation.profile
    )


def _shapes_table(*, in_chinese: bool) -> str:
    read_with, whole, part = (
        ("，读入时用 `--mapping {}`", "全部", "不是全部，见下")
        if in_chinese
        else (", read with `--mapping {}`", "all", "not all, see below")
    )
    lines = []
    for name, shape in SHAPES.items():
        mapping = read_with.format(shape.mapping) if shape.mapping else ""
        share = whole if shape.loses == NOTHING else part
        title = shape.zh if in_chinese else shape.title
        lines.append(f"| `{name}` | `{shape.file}` | {title}{mapping} | {share} |\n")
    return "".join(lines)


def _lost(*, in_chinese: bool) -> str:
    """For each sort of loss, the shapes that suffer it and what it is."""
    lossy = [shape.loses for shape in SHAPES.values() if shape.loses != NOTHING]
    heading, comma, colon = (
        ("承载不了的", "、", "：") if in_chinese else ("What does not go through", ", ", ":")
    )
    parts = [f"\n## {heading}\n"]
    for losses in (each for n, each in enumerate(lossy) if each not in lossy[:n]):
        names = comma.join(f"`{name}`" for name, shape in SHAPES.items() if shape.loses == losses)
        told = losses_in_words(losses, in_chinese=in_chinese)
        parts.append(f"\n{names}{colon}\n\n" + "".join(f"- {words}\n" for words in told))
    return "".join(parts)


if __name__ == "__main__":
    import sys

    write_sample(Path(sys.argv[1] if len(sys.argv) > 1 else "sample_logs"))
