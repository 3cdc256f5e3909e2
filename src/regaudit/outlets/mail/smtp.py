"""Sends mails over SMTP: encrypted and with the server's certificate checked unless the settings say not."""

import contextlib
import re
import smtplib
import socket
import ssl
from email.message import EmailMessage
from pathlib import Path
from types import TracebackType
from typing import Self

from regaudit.base.errors import RegauditError, reason_of
from regaudit.base.settings import Smtp
from regaudit.outlets.mail.errors import MailError, PartlyRefusedError
from regaudit.outlets.mail.smtp_errors import explain, reply_text, timed_out

DEFAULT_PORTS = {"starttls": 587, "tls": 465, "none": 25}
ATTEMPTS = 2
CLOSING = 421
_HOST_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,61}[A-Za-z0-9])?")


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

    def send(self, message: EmailMessage) -> None:
        """Send `message` to those in its `To`.

        A connection that drops is opened anew, once. Should it drop after the server took the mail but
        before it said so, the mail arrives twice, with one Message-ID.

        Raises:
            PartlyRefusedError: delivered, but not to everybody; the error names who was refused.
            MailError: not delivered; the message says why and what to do.
        """
        for attempt in range(1, ATTEMPTS + 1):
            try:
                refused = self._connected().send_message(message)
            except (OSError, ValueError) as error:
                self._drop()
                if attempt < ATTEMPTS and _dropped(error):
                    continue
                raise explain(error, self._smtp, self._port) from error
            if refused:
                raise PartlyRefusedError(
                    f"部分收件人被邮件服务器拒收:{reply_text(refused)}。"
                    "其余收件人已收到;请核对 regaudit.toml 中 mail.routes 的地址",
                    list(refused),
                )
            return

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
                connection.starttls(context=self._tls())
            if smtp.user:
                self._login(connection, password)
        except BaseException:
            connection.close()
            raise
        return connection

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
            raise MailError(
                f"邮件服务器 {self._smtp.host} 拒绝了用户 {self._smtp.user} 的登录({error.smtp_code}):"
                "请核对 mail.smtp 的 user 和密码(有的服务器要用授权码)"
            ) from None

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


def send(message: EmailMessage, smtp: Smtp, home: Path) -> None:
    """Send one mail over a connection of its own.

    Raises:
        MailError: as `Mailer.send` says.
    """
    with Mailer(smtp, home) as mailer:
        mailer.send(message)


def _dropped(error: Exception) -> bool:
    """The connection went away, and it was not because the server kept silent."""
    if timed_out(error):
        return False
    if isinstance(error, smtplib.SMTPResponseException):
        return error.smtp_code == CLOSING
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return any(code == CLOSING for code, _ in error.recipients.values())
    return isinstance(
        error, (smtplib.SMTPServerDisconnected, ConnectionResetError, BrokenPipeError, ssl.SSLEOFError)
    )


def _local_name() -> str:
    """The name to greet with, taken without asking any DNS server: on a closed network that would hang."""
    name = socket.gethostname()
    return name if _HOST_NAME.fullmatch(name) else "localhost"
