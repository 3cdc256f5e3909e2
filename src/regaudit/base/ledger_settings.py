"""How the steps of the ledger are taken on the command line."""

from typing import Literal

from msgspec import Struct

Commands = Literal["trusted", "password", "off"]
COMMANDS: dict[Commands, str] = {
    "trusted": "trusted 凭 --by 办理",
    "password": "password 有口令的须给出口令",
    "off": "off 不在命令行办理",
}
"""What each setting of `ledger.commands` means, for people."""


class Ledger(Struct, frozen=True, forbid_unknown_fields=True):
    """The ledger's settings.

    Attributes:
        commands: whether a login named by `--by` is believed, has to give its password where it has one, or
            takes no steps there.
    """

    commands: Commands = "trusted"
