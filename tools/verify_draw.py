"""Computes a draw of an inspection again, with nothing but Python: it shares no code with regaudit."""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from hashlib import sha256
from math import ceil
from pathlib import Path
from typing import Any

WITNESSES = USAGE = 2
HOW = """用法:python3 verify_draw.py 抽取文件.json
把一次抽查的抽取重算一遍,只需要 Python,不用 regaudit 的任何代码。
退出码:0 全部由总体和掷出的数推得出;1 有推不出的,并说明是哪一项;2 文件不能读取。"""


def check_draw(draw: dict[str, Any]) -> Iterator[str]:
    """What does not follow from the population and the randomness (Chinese)."""
    population = [(unit, stratum) for unit, stratum in draw["population"]]
    lines = [f"{unit}\t{stratum}\n".encode() for unit, stratum in population]
    if lines != sorted(lines) or len({unit for unit, _ in population}) != len(population):
        yield "总体没有按字节排序,或有重复的单位"
    if (digest := sha256(b"".join(sorted(lines))).hexdigest()) != draw["population_sha256"]:
        yield f"总体的散列应为 {digest}"
    text = f"regaudit draw 1\n{draw['population_sha256']}\n{draw['randomness']}\n"
    seed = sha256(text.encode()).hexdigest()
    if seed != draw["seed"]:
        yield f"种子应为 {seed}"
    wanted = sizes_of(Counter(stratum for _, stratum in population), draw["plan"])
    if wanted is None:
        yield f"应抽总数 {draw['plan']['total']} 与比例 {draw['plan']['share']} 不符"
    elif wanted != draw["sizes"]:
        yield f"各层应抽数应为 {wanted}"
    if picks_of(population, draw["seed"], draw["sizes"]) != draw["picks"]:
        yield "抽中的单位与重算所得不同"
    mandatory = [one["unit"] for one in draw["mandatory"]]
    if mandatory != sorted(set(mandatory), key=str.encode) or {u for u, _ in population} & set(mandatory):
        yield "必查的单位没有按字节排序、有重复,或在总体中"


def check_randomness(draw: dict[str, Any]) -> Iterator[str]:
    """What is wrong with how the randomness came about (Chinese)."""
    way, text = draw["way"], draw["randomness"]
    if way == "dice" and (len(set(draw["witnesses"])) < WITNESSES or not (text.isascii() and text.isdigit())):
        yield "掷骰子应有两名见证人,所得应为数字"
    elif way == "number" and not draw["source"]:
        yield "公布的数没有出处"
    elif way == "checkpoint" and draw["root_size"] <= draw["checkpoint"]["size"]:
        yield "所用的检查点不晚于冻结"
    elif way not in ("dice", "number", "checkpoint"):
        yield f"不知道的办法 {way}"


def sizes_of(counts: Counter[str], plan: dict[str, Any]) -> dict[str, int] | None:
    """The total by largest remainder, ties by bytes; then the least number of each stratum."""
    count, total = sum(counts.values()), plan["total"]
    if not ceil(count * Fraction(plan["share"])) <= total <= count:
        return None
    parts = {stratum: total * counts[stratum] // count for stratum in counts}
    order = sorted(sorted(counts, key=str.encode), key=lambda stratum: -(total * counts[stratum] % count))
    for stratum in order[: total - sum(parts.values())]:
        parts[stratum] += 1
    return {stratum: max(part, min(plan["at_least"], counts[stratum])) for stratum, part in parts.items()}


def picks_of(population: list[tuple[str, str]], seed: str, sizes: dict[str, int]) -> list[dict[str, str]]:
    """The smallest tickets of each stratum."""
    tickets: dict[str, list[tuple[str, bytes]]] = {}
    for unit, stratum in population:
        ticket = sha256(f"{seed}\n{unit}".encode()).hexdigest()
        tickets.setdefault(stratum, []).append((ticket, unit.encode()))
    return [
        {"unit": unit.decode(), "stratum": stratum, "ticket": ticket}
        for stratum in sorted(tickets, key=str.encode)
        for ticket, unit in sorted(tickets[stratum])[: sizes.get(stratum, 0)]
    ]


def main(path: str) -> int:
    """Checks a file, and says so."""
    try:
        draw = json.loads(Path(path).read_text(encoding="utf-8"))
        faults = [*check_draw(draw), *check_randomness(draw)]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        print(f"{path} 不能读取,或不是抽取文件:{error!r}")
        return USAGE
    held = f"重算结果一致。总体 {len(draw['population'])} 件,抽中 {len(draw['picks'])} 件"
    for fault in faults or [held, "未与日志比较:散列、必查的单位和见证人须与日志所记相同"]:
        print(f"{path}:{fault}")
    return 1 if faults else 0


if __name__ == "__main__":
    if len(sys.argv) == USAGE and sys.argv[1] not in ("-h", "--help"):
        sys.exit(main(sys.argv[1]))
    print(HOW)
    sys.exit(USAGE * (len(sys.argv) != USAGE))
