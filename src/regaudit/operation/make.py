"""Makes a workspace: a folder with a commented `regaudit.toml` and an empty event log."""

from pathlib import Path

import tomlkit

from regaudit.base.errors import RegauditError
from regaudit.base.folders import Folders
from regaudit.base.modes import narrow
from regaudit.base.settings import Store, check_store
from regaudit.catalogue.content import content_root
from regaudit.eventlog.make import make_log

TEMPLATE = "deploy/regaudit.toml"


def make_workspace(
    folder: Path,
    profile: str,
    *,
    origin: str = "",
    hash_name: str = "sha256",
    store: Store | None = None,
) -> None:
    """Make a workspace in `folder`, which is made when there is none.

    The settings are written last: a workspace that has them is complete.

    Args:
        folder: where to.
        profile: the profile's name.
        origin: the centre's name in checkpoints, see `make_log`.
        hash_name: the tree's hash function.
        store: where the log is to be; without one, in the workspace.

    Raises:
        RegauditError: there is a workspace already; it is not touched.
    """
    path = Folders(folder).settings
    if path.exists():
        raise RegauditError(f"{path} 已存在:这里已是工作区,未作改动")
    folder.mkdir(parents=True, exist_ok=True)
    template = (content_root() / TEMPLATE).read_text(encoding="utf-8")
    where = store or Store()
    check_store(where)
    make_log(folder, origin=origin, hash_name=hash_name, store=where)
    text = template.replace('profile = "default"', f'profile = "{profile}"')
    path.write_text(text + store_section(where), encoding="utf-8")
    narrow(folder, "")


def store_section(store: Store) -> str:
    """The lines of `regaudit.toml` that name a store; none for the workspace's own."""
    if not store.url:
        return ""
    default = Store()
    facts = {name: getattr(store, name) for name in Store.__struct_fields__}
    return "\n" + tomlkit.dumps({"store": {k: v for k, v in facts.items() if v != getattr(default, k)}})
