"""Tell by e-mail."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

from flows.database.alarms import Message
from flows.domain.alarm import News
from flows.watch_settings import WatchSettings
from flows.watching.outcome import NobodyKnows, NotTaken
from flows.wording import fill

SHOWN = 3
"""So many codes in the subject; the rest are in the letter."""


def send(watch: WatchSettings, message: Message) -> None:
    """Hand a message to the mail server.

    Raises NotTaken, or NobodyKnows when the line broke while the server had it.
    """
    letter = letter_of(message, sender=watch.mail_from, to=watch.mail_to)
    with reach(watch) as server:
        _hand_over(server, letter)


@contextmanager
def reach(watch: WatchSettings) -> Iterator[smtplib.SMTP]:
    """Open a line to the mail server, as ourselves; raises NotTaken when it will not have us."""
    try:
        server = smtplib.SMTP(watch.smtp_host, watch.smtp_port, timeout=watch.timeout_seconds)
    except (OSError, smtplib.SMTPException) as fault:
        raise NotTaken(f"the mail server does not answer ({type(fault).__name__})") from fault
    try:
        _greet(server, watch)
        yield server
    finally:
        server.close()


def letter_of(message: Message, *, sender: str, to: tuple[str, ...]) -> EmailMessage:
    """Return the e-mail of a message: its words are templates/alarm_mail.txt."""
    alarms: list[dict[str, Any]] = message.content["alarms"]
    letter = EmailMessage()
    letter["From"], letter["To"] = sender, ", ".join(to)
    letter["Subject"] = _subject(alarms, repeated=message.repeated)
    letter["Date"] = format_datetime(message.made_at)
    letter["Message-ID"] = f"<{message.id}@svarut.invalid>"
    letter["Auto-Submitted"] = "auto-generated"
    letter["X-Svarut-Message"] = message.id
    letter["X-Svarut-Repeated"] = "yes" if message.repeated else "no"
    letter.set_content(fill("alarm_mail.txt", alarms=alarms, repeated=message.repeated))
    return letter


def _subject(alarms: list[dict[str, Any]], *, repeated: bool) -> str:
    codes: dict[str, None] = {str(one["code"]): None for one in alarms}
    named = ", ".join([*list(codes)[:SHOWN], *["..."] * (len(codes) > SHOWN)])
    on = sum(one["news"] != News.ENDED for one in alarms)
    over = len(alarms) - on
    counts = [f"{count} {word}" for count, word in ((on, "to see to"), (over, "ended")) if count]
    again = "(may have come before) " if repeated else ""
    return f"[svarut] {again}{', '.join(counts)}: {named}"


def _greet(server: smtplib.SMTP, watch: WatchSettings) -> None:
    try:
        if watch.smtp_starttls:
            file = watch.smtp_ca_file
            server.starttls(context=ssl.create_default_context(cafile=str(file) if file else None))
        if watch.smtp_user:
            server.login(watch.smtp_user, watch.smtp_password.get_secret_value())
    except (OSError, smtplib.SMTPException) as fault:
        raise NotTaken(f"the mail server does not let us in ({type(fault).__name__})") from fault


def _hand_over(server: smtplib.SMTP, letter: EmailMessage) -> None:
    try:
        refused = server.send_message(letter)
    except (
        smtplib.SMTPResponseException,
        smtplib.SMTPRecipientsRefused,
        smtplib.SMTPNotSupportedError,
    ) as fault:
        raise NotTaken(f"the mail server refuses the message ({type(fault).__name__})") from fault
    except (OSError, smtplib.SMTPException) as fault:
        raise NobodyKnows(f"the mail server fell silent ({type(fault).__name__})") from fault
    if refused:
        raise NotTaken(f"the mail server refuses {len(refused)} of those who are told")
