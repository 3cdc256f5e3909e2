"""Charts of the figures as they are ordered, and how they are drawn: by a process that ends with it.

What draws takes more memory than all else of the pages, and is wanted once a night.
"""

import re
import subprocess
import sys
import threading
from collections.abc import Sequence
from xml.sax.saxutils import escape

import msgspec
from msgspec import Struct

from regaudit.base.errors import RegauditError
from regaudit.outlets.desk.pictures.picture import Picture, name_of

_HEAD_END = ">"
# Vega names each group of marks as a graphic of its own; the picture is read aloud as one.
_READ_ALOUD = re.compile(r' (?:role="graphics-[a-z]+"|aria-roledescription="[^"]*")')
_DRAWER = "regaudit.outlets.desk.charts"
_SECONDS = 300
_ONE = threading.Lock()
"""Many who wait need no more memory than one."""


class Bar(Struct, frozen=True, kw_only=True):
    """A bar: what it is of, how long it is, what stands beside it, and of which of two kinds it is."""

    name: str
    value: float
    words: str = ""
    kind: str = ""


class Chart(Struct, frozen=True, kw_only=True):
    """A chart that is to be drawn.

    Attributes:
        bars: in the order given; of two kinds, those of the first are dark.
        key: tells it apart from others of its page.
        title: what it is of.
        axes: titles of what lies along and of what stands up; of lying bars the other way round.
        is_share: values are shares of 1, told in per cent.
        is_lying: the bars lie, for names too long to stand side by side.
    """

    bars: list[Bar]
    key: str
    title: str
    axes: tuple[str, str]
    is_share: bool = False
    is_lying: bool = False


def drawn(charts: Sequence[Chart]) -> list[Picture]:
    """Charts as pictures.

    Raises:
        RegauditError: they cannot be drawn.
    """
    asked = msgspec.json.encode(charts)
    with _ONE:
        try:
            # What lies in the folder where we were started is none of our modules.
            made = subprocess.run(  # noqa: S603 - our own module
                [sys.executable, "-P", "-m", _DRAWER],
                input=asked,
                capture_output=True,
                timeout=_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise RegauditError(f"统计图没有画成({error}):请稍后再试") from error
    if made.returncode:
        said = made.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or [f"{made.returncode}"]
        raise RegauditError(f"统计图没有画成({said[0]}):请系统管理员运行 regaudit doctor")
    found = msgspec.json.decode(made.stdout, type=list[str])
    return [_picture(chart, svg) for chart, svg in zip(charts, found, strict=True)]


def _picture(chart: Chart, svg: str) -> Picture:
    own, bars, axes = name_of(chart.key), chart.bars, chart.axes
    told = _told(bars, chart.title)
    head, _, rest = svg.partition(_HEAD_END)
    named = (
        f'{head} role="img" aria-labelledby="{own}-title {own}-told">'
        f'<title id="{own}-title">{escape(chart.title)}</title><desc id="{own}-told">{escape(told)}</desc>'
    )
    has_kinds = any(bar.kind for bar in bars)
    return Picture(
        svg=(named + _READ_ALOUD.sub("", rest)).replace('class="marks"', 'class="picture"', 1),
        title=chart.title,
        told=told,
        columns=(axes[0], *(("类别",) if has_kinds else ()), axes[1]),
        rows=[[bar.name, *([bar.kind] if has_kinds else []), bar.words or f"{bar.value:g}"] for bar in bars],
    )


def _told(bars: Sequence[Bar], title: str) -> str:
    if not bars:
        return f"{title}：没有数据。"
    words = (
        f"{bar.name}{f'（{bar.kind}）' if bar.kind else ''} {bar.words or f'{bar.value:g}'}" for bar in bars
    )
    return f"{title}：{'；'.join(words)}。"
