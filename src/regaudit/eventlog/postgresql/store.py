"""Opens the log on a server. Imported only when a workspace names one."""

from pathlib import Path
from typing import Any

from eventsourcing.persistence import ApplicationRecorder, InfrastructureFactory, PersistenceError
from eventsourcing.postgres import PostgresFactory
from eventsourcing.utils import Environment

from regaudit.base.errors import LogError
from regaudit.base.settings import Store
from regaudit.base.store_failures import store_failure
from regaudit.eventlog.application import LogApplication
from regaudit.eventlog.postgresql.recorder import PostgresqlRecorder
from regaudit.eventlog.postgresql.server import LogDatastore, server_lock, server_of, try_server

__all__ = ["PostgresqlRecorder", "ServerApplication", "open_server", "server_lock"]


class _ServerFactory(PostgresFactory):
    """Makes a `PostgresqlRecorder` on a datastore that is given."""

    def __init__(self, env: Environment, datastore: LogDatastore) -> None:
        names = ("DBNAME", "HOST", "USER", "PASSWORD")
        super().__init__(Environment(env.name, {f"POSTGRES_{name}": "" for name in names}))
        self.datastore = datastore

    def application_recorder(self) -> ApplicationRecorder:
        return PostgresqlRecorder(self.datastore)  # type: ignore[arg-type]


class ServerApplication(LogApplication):
    """The log on a server."""

    def __init__(self, datastore: LogDatastore) -> None:
        self._datastore = datastore
        super().__init__()

    def construct_factory(self, env: Environment) -> InfrastructureFactory[Any]:
        """Makes our recorder."""
        return _ServerFactory(env, self._datastore)


def open_server(store: Store, home: Path, *, is_new: bool, patience: int) -> ServerApplication:
    """Open the log on the server that settings name.

    Args:
        store: the settings.
        home: the workspace, for its password's file.
        is_new: make the tables where there are none.
        patience: for how many seconds an append waits for another.

    Raises:
        LogError: the server does not answer or does not let us in, there is no log, or it cannot be made.
    """
    server = server_of(store, home)
    try_server(server)
    application = ServerApplication(LogDatastore(server, patience))
    if not is_new:
        return application
    recorder = application.recorder
    try:
        if isinstance(recorder, PostgresqlRecorder):
            recorder.create_table()
    except PersistenceError as error:
        application.close()
        raise LogError(f"事件日志 {server.place} 无法建立:{error}。{store_failure(error).advice}") from error
    except LogError:
        application.close()
        raise
    return application
