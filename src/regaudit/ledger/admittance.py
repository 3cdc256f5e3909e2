"""Whether somebody is let in on the command line, where `--by` is all that says who he is."""

from regaudit.audit.workspace import Workspace
from regaudit.base.errors import RegauditError
from regaudit.base.settings import Settings
from regaudit.ledger.people import People, read_people
from regaudit.ledger.secrets import PASSWORD, Secrets


class NotAdmittedError(RegauditError):
    """Who is named by `--by` is not let in, and why (Chinese); nothing was written."""


def admit(workspace: Workspace, login: str, password: str | None) -> None:
    """Let somebody take a step of the ledger on the command line, as `ledger.commands` says.

    Whether there is such a user, and whether he is locked out, is for the step to say.

    Args:
        workspace: the workspace.
        login: who is named.
        password: what he gave; None: nothing.

    Raises:
        NotAdmittedError: the settings let nobody, or he has a password and did not give it.
        WrongSecretError: the password is wrong.
    """
    if workspace.settings.ledger.commands == "off":
        raise NotAdmittedError(
            'regaudit.toml 的 [ledger] commands = "off":台账不在命令行办理,请在监管台办理。未写入任何记录'
        )
    _check(workspace, login, password, option="--password-file")


def admit_clerk(workspace: Workspace, login: str, password: str | None) -> None:
    """Let somebody change users on the command line: also where no steps of the ledger are taken there.

    Raises:
        NotAdmittedError: he has a password and did not give it.
        WrongSecretError: the password is wrong.
    """
    _check(workspace, login, password, option="--by-password-file")


def needs_password(settings: Settings, people: People, login: str) -> bool:
    """Whether somebody who is named on the command line has to give a password."""
    return _record_of(settings, people, login) is not None


def _check(workspace: Workspace, login: str, password: str | None, *, option: str) -> None:
    record = _record_of(workspace.settings, read_people(workspace.log), login)
    if record is None:
        return
    if password is None:
        commands = workspace.settings.ledger.commands
        raise NotAdmittedError(
            f'用户 {login} 有口令,而 regaudit.toml 的 [ledger] commands = "{commands}":'
            f"请用 {option} 给出口令所在的文件。未写入任何记录"
        )
    Secrets(workspace.home).verify_password(login, record, password)


def _record_of(settings: Settings, people: People, login: str) -> str | None:
    """The hash of the record of a login's password; None where none is asked for."""
    if settings.ledger.commands == "trusted":
        return None
    user = people.get(login)
    return user.secrets.get(PASSWORD) if user else None
