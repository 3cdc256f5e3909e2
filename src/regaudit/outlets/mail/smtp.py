"""Sends mails over SMTP: encrypted and with the server's certificate checked unless the settings say not."""

import contextlib
import re
import smtplib
import socket
import ssl
from collections.abc import Sequence
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import getaddresses
from pathlib import Path
from types import TracebackType
from typing import Self

from regaudit.base.errors import RegauditError, reason_of
from regaudit.base.settings import Smtp
from regaudit.outlets.mail.errors import AllRefusedError, MailError
from regaudit.outlets.mail.smtp_errors import explain, timed_out
from regaudit.outlets.mail.smtp_replies import FOR_NOW
from regaudit.outlets.mail.smtp_transaction import (
    CLOSING,
    AnswerLostError,
    HungUpError,
    Reply,
    Taken,
    TlsRefusedError,
    is_permanent,
    transact,
)

DEFAULT_PORTS = {"starttls": 587, "tls": 465, "none": 25}
_ATTEMPTS = 2
_EPOCH = datetime(1970, 1, 1)
_HOST_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,61}[A-Za-z0-9])?")


class Sent(Taken, frozen=True, kw_only=True):
    """What became of a mail; `is_perhaps_double`: an earlier attempt may have brought it, too."""

    is_perhaps_double: bool = False


class Mailer:
    """Sends any number of mails over one connection, opened with the first and renewed when it drops.

    Use it as a context manager. A mail that fails leaves the mailer fit for the next one.
    """

    def __init__(self, smtp: Smtp, home: Path) -> None:
        self._smtp = smtp
        self._home = home
        self._port = smtp.port or DEFAULT_PORTS[smtp.security]
        self._connection: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Say goodbye to the server; a server that is gone already is no error."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(OSError):
                connection.quit()
            connection.close()

    def greet(self) -> datetime | None:
        """Connect and log in, and send nothing.

        Returns:
            When the server's certificate ends, in UTC; None where the connection is not encrypted.

        Raises:
            MailError: the server cannot be reached, or lets nobody in; the message says why and what to do.
        """
        try:
            connection = self._connected()
            connection.noop()
        except (OSError, ValueError) as error:
            self._drop()
            raise explain(error, self._smtp, self._port) from error
        secured = connection.sock
        shown = secured.getpeercert() if isinstance(secured, ssl.SSLSocket) else None
        if not shown:
            return None
        return _EPOCH + timedelta(seconds=ssl.cert_time_to_seconds(str(shown["notAfter"])))

    def send(self, message: EmailMessage, to: Sequence[str] = ()) -> Sent:
        """Send `message` to the addresses `to`, else to those in its `To`.

        A connection that drops is opened anew, once. Should it drop after the server took the mail but
        before it said so, the mail arrives twice, with one Message-ID. A recipient over whom the server hangs
        up twice is put off, and the others are served.

        Raises:
            MailError: the server took it for nobody; the message says why and what to do.
        """
        left = list(to) or addresses_of(message)
        put_off: dict[str, Reply] = {}
        dropped: list[Exception] = []
        while True:
            try:
                answer = self._transact(message, left)
            except (OSError, ValueError) as error:
                self._drop()
                again, dropped = _dropped(error) and len(dropped) + 1 < _ATTEMPTS, [*dropped, error]
                if not again and isinstance(error, HungUpError) and len(left) > 1:
                    left.remove(error.address)
                    put_off[error.address] = error.reply
                    dropped, again = dropped[:-1], True
                if again:
                    continue
                told = explain(error, self._smtp, self._port)
                if isinstance(told, AllRefusedError):
                    told.put_off |= put_off
                raise told from error
            return Sent(
                taken=answer.taken,
                put_off=put_off | answer.put_off,
                refused=answer.refused,
                is_perhaps_double=any(isinstance(error, AnswerLostError) for error in dropped),
            )

    def _transact(self, message: EmailMessage, to: Sequence[str]) -> Taken:
        [(_, sender), *_] = getaddresses([str(message["From"])])
        return transact(self._connected(), sender, to, message.as_bytes(policy=SMTP))

    def _connected(self) -> smtplib.SMTP:
        if self._connection is None:
            self._connection = self._connect()
        return self._connection

    def _drop(self) -> None:
        """Forget the connection without a word to the server."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _connect(self) -> smtplib.SMTP:
        """A connection that is encrypted and logged in as the settings say."""
        smtp = self._smtp
        if not smtp.host:
            raise MailError("没有设置邮件服务器:请在 regaudit.toml 的 mail.smtp 里填写 host")
        if smtp.timeout_seconds <= 0:
            raise MailError("regaudit.toml 的 mail.smtp.timeout_seconds 应大于 0")
        password = self._password()
        name, timeout = _local_name(), smtp.timeout_seconds
        if smtp.security == "tls":
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                smtp.host, self._port, local_hostname=name, timeout=timeout, context=self._tls()
            )
        else:
            connection = smtplib.SMTP(smtp.host, self._port, local_hostname=name, timeout=timeout)
        try:
            if smtp.security == "starttls":
                self._encrypt(connection)
            if smtp.user:
                self._login(connection, password)
        except BaseException:
            connection.close()
            raise
        return connection

    def _encrypt(self, connection: smtplib.SMTP) -> None:
        try:
            connection.starttls(context=self._tls())
        except smtplib.SMTPHeloError:
            raise
        except smtplib.SMTPResponseException as error:
            raise TlsRefusedError(error.smtp_code, error.smtp_error) from error

    def _login(self, connection: smtplib.SMTP, password: str) -> None:
        try:
            connection.login(self._smtp.user, password)
        except UnicodeEncodeError:
            # Its text holds the password, so it must not be the cause of ours.
            raise MailError(
                "mail.smtp 的用户名或密码含有中文等非 ASCII 字符,无法登录邮件服务器:请改用 ASCII 的授权码"
            ) from None
        except smtplib.SMTPAuthenticationError as error:
            # A server may repeat in its reply what it was sent.
            is_for_good = is_permanent((error.smtp_code, b""))
            advice = "请核对 mail.smtp 的 user 和密码(有的服务器要用授权码)" if is_for_good else FOR_NOW
            where = f"邮件服务器 {self._smtp.host} 拒绝了用户 {self._smtp.user} 的登录"
            raise MailError(f"{where}({error.smtp_code}):{advice}") from None

    def _password(self) -> str:
        """The password, asked for only when somebody is to log in."""
        if not self._smtp.user:
            return ""
        try:
            password = self._smtp.password(self._home)
        except RegauditError as error:
            raise MailError(str(error)) from error
        if not password:
            raise MailError(
                f"邮件用户 {self._smtp.user} 没有密码:请设置 mail.smtp 的 password_env 或 password_file"
            )
        return password

    def _tls(self) -> ssl.SSLContext:
        """Certificates are checked against `ca_file` alone if it is set, else against the system's."""
        if not self._smtp.ca_file:
            return ssl.create_default_context()
        path = self._home / self._smtp.ca_file
        try:
            return ssl.create_default_context(cafile=path)
        except OSError as error:
            raise MailError(
                f"邮件服务器的根证书 {path} 无法使用:{reason_of(error)}。"
                "请核对 mail.smtp.ca_file,它应是 PEM 文件"
            ) from error


def send(message: EmailMessage, smtp: Smtp, home: Path) -> Sent:
    """Send one mail over a connection of its own.

    Raises:
        MailError: as `Mailer.send` says.
    """
    with Mailer(smtp, home) as mailer:
        return mailer.send(message)


def addresses_of(message: EmailMessage) -> list[str]:
    """Those in its `To`, each once."""
    return list(dict.fromkeys(address for _, address in getaddresses([str(message["To"])]) if address))


def _dropped(error: Exception) -> bool:
    """The connection went away, and it was not because the server kept silent."""
    if timed_out(error):
        return False
    if isinstance(error, smtplib.SMTPResponseException):
        return error.smtp_code == CLOSING
    return isinstance(
        error, (smtplib.SMTPServerDisconnected, ConnectionResetError, BrokenPipeError, ssl.SSLEOFError)
    )


def _local_name() -> str:
    """The name to greet with, taken without asking any DNS server: on a closed network that would hang."""
    name = socket.gethostname()
    return name if _HOST_NAME.fullmatch(name) else "localhost"
