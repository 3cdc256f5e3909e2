"""Prints subject and text of the mails in the tutorial's outbox."""

import sys
from email import message_from_bytes
from email.policy import default
from pathlib import Path

for path in sorted(Path("centre/outbox").glob("*.eml")):
    message = message_from_bytes(path.read_bytes(), policy=default)
    body = message.get_body(("plain",))
    sys.stdout.write(f"{message['Subject']}\n\n{body.get_content() if body else ''}")
