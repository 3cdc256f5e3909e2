"""The words of documents: what each kind is called, and people's parts in an entry."""

from typing import Literal

Kind = Literal["assign", "demand", "urge", "strike"]
KINDS: dict[Kind, str] = {"assign": "交办单", "demand": "整改通知书", "urge": "督办单", "strike": "销号单"}
"""The kinds of documents, by the step that they come with; an urge comes with a light."""
SERIES: dict[Kind, str] = {"assign": "交办", "demand": "整改", "urge": "督办", "strike": "销号"}
"""What stands in their numbers."""
SEVERITIES = {"critical": "严重", "major": "重要", "minor": "一般", "info": "提示"}
PARTS = {
    "accepted": "受理",
    "reviewed": "审核",
    "booked": "登簿",
    "held_when_due": "到期日经手",
    "acted": "经办",
    "subject": "所涉的人",
}
"""What a person had to do with the matter."""
NUMERALS = "一二三四五六七八九十"
