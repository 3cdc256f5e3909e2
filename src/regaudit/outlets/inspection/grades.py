"""What is said of a case that was examined: the verdict on each item, and the grade that follows."""

from collections.abc import Mapping

from regaudit.catalogue.inspection_items import inspection_items
from regaudit.catalogue.inspection_terms import Grades

FAILED = "failed"


def grade_of(verdicts: Mapping[str, str], terms: Grades) -> str:
    """The grade of a case: any major fault fails it, minor ones count."""
    faults = [inspection_items()[item].severity for item, verdict in verdicts.items() if verdict == "fault"]
    if not faults:
        return "excellent"
    if "major" in faults or len(faults) > terms.fair:
        return FAILED
    return "good" if len(faults) <= terms.good else "fair"


def rule_text(terms: Grades) -> str:
    """The rule of grades (Chinese)."""
    return (
        f"没有问题为优质;仅有一般问题且不超过 {terms.good} 项为合格,不超过 {terms.fair} 项为基本合格;"
        "有重要问题或一般问题更多的为不合格"
    )
