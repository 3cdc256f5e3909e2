"""Makes a workspace: a folder with a commented `regaudit.toml` and an empty event log."""

from pathlib import Path

from regaudit.content import content_root
from regaudit.errors import RegauditError
from regaudit.eventlog.making import make_log
from regaudit.settings import SETTINGS_FILE

TEMPLATE = "deploy/regaudit.toml"


def make_workspace(folder: Path, profile: str, *, origin: str = "", hash_name: str = "sha256") -> None:
    """Make a workspace in `folder`, which is made when there is none.

    The settings are written last: a workspace that has them is complete.

    Args:
        folder: where to.
        profile: the profile's name.
        origin: the centre's name in checkpoints, see `make_log`.
        hash_name: the tree's hash function.

    Raises:
        RegauditError: there is a workspace already; it is not touched.
    """
    path = folder / SETTINGS_FILE
    if path.exists():
        raise RegauditError(f"{path} 已存在:这里已是工作区,未作改动")
    folder.mkdir(parents=True, exist_ok=True)
    template = (content_root() / TEMPLATE).read_text(encoding="utf-8")
    make_log(folder, origin=origin, hash_name=hash_name)
    path.write_text(template.replace('profile = "default"', f'profile = "{profile}"'), encoding="utf-8")
