"""What a night adds to the lake that its settings name, once the posts have heard of it."""

from regaudit.audit.workspace import Workspace
from regaudit.base.errors import LockLostError, LockUnprovenError
from regaudit.base.failures import explain
from regaudit.base.modes import for_others
from regaudit.lake.add import add_log
from regaudit.lake.layout import Lake


def add_to_lake(workspace: Workspace) -> list[str]:
    """Add to the lake what it lacks of the log; returns what was wrong (Chinese).

    The night itself is over and told: what is wrong with the lake changes nothing of it, and the next
    addition brings what is missing.

    Raises:
        LockLostError: another process may be at work in the workspace.
        LockUnprovenError: whether one may, nobody can say at the moment.
    """
    place = workspace.settings.lake.path
    if not place:
        return []
    try:
        with for_others():
            add_log(workspace, Lake(place if "://" in place else str(workspace.home / place)))
    except (LockLostError, LockUnprovenError):
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, the night has passed
        return [f"没有送入湖 {place}:{explain(error)}。本夜的结果不受影响;下一晚或 regaudit lake add 会补送"]
    return []
