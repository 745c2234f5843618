"""Alarms are told once, through real mail and web servers, whatever fails or is killed."""

import hashlib
import hmac
import json
import multiprocessing
import os
import re
import signal
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from builders import MONDAY
from certificates import certified_for_a_while
from listeners import MailServer, WebServer, mail_server, web_server
from pydantic import SecretStr

from flows.database import alarms
from flows.database.session import Database, open_database, reading, transaction
from flows.doctor import elsewhere
from flows.doctor.examination import look
from flows.domain.alarm import Alarm, Mute
from flows.settings import Settings
from flows.watch_settings import WatchSettings
from flows.watching import telling
from flows.watching.watching import Overview, WatchSummary, _keep, watch_once

pytestmark = pytest.mark.integration

SECRET = "a secret that only two know"
TEN_MINUTES = timedelta(minutes=10)
NO_ROOM = Alarm("DISK_LOW", "home", "1.0 GB are free")
LATE = Alarm("RECEIPTS_MISSING", "SVAR-1", "7 of 9 letters have no receipt", 7, MONDAY)


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def web() -> Iterator[WebServer]:
    with web_server() as server:
        yield server


def settings_for(
    folder: Path, mail: MailServer | None = None, web: WebServer | None = None, **more: Any
) -> Settings:
    values: dict[str, Any] = {"timeout_seconds": 5, "runbook_url": "https://runbook/", **more}
    if mail is not None:
        values |= {"mail_to": ("drift@example.com",), "smtp_port": mail.port}
    if web is not None:
        values |= {"webhook_url": f"{web.url}/hook", "webhook_secret": SECRET}
    return Settings(home=folder, watch=WatchSettings(**values))


def tell(
    database: Database, settings: Settings, found: list[Alarm], now: datetime
) -> tuple[int, int]:
    """What a watch does once it knows which alarms there are."""
    channels = telling.channels_of(settings)
    seen = Overview(None, found, ())  # type: ignore[arg-type]
    _keep(database, settings, seen, list(channels), now)
    return telling.send_messages(database, channels, now)


def said(server: WebServer) -> list[Any]:
    return [json.loads(body) for _, _, body in server.heard]


def news(server: WebServer) -> list[list[tuple[str, str]]]:
    return [[(one["news"], one["code"]) for one in each["alarms"]] for each in said(server)]


def test_an_alarm_is_told_once_and_once_more_when_it_ends(
    sqlite: Database, tmp_path: Path, mail: MailServer, web: WebServer
) -> None:
    settings = settings_for(tmp_path, mail, web)

    for minutes, found in enumerate([[NO_ROOM, LATE], [NO_ROOM, LATE], [LATE], [LATE]]):
        tell(sqlite, settings, found, MONDAY + timedelta(minutes=minutes))

    assert news(web) == [
        [("raised", "DISK_LOW"), ("raised", "RECEIPTS_MISSING")],
        [("ended", "DISK_LOW")],
    ]
    assert [letter["Subject"] for letter in mail.letters] == [
        "[svarut] 2 to see to: DISK_LOW, RECEIPTS_MISSING",
        "[svarut] 1 ended: DISK_LOW",
    ]


def test_a_message_says_what_whose_since_when_and_where_to_read(
    sqlite: Database, tmp_path: Path, mail: MailServer, web: WebServer
) -> None:
    tell(sqlite, settings_for(tmp_path, mail, web), [LATE], MONDAY)

    (posted,), (letter,) = said(web), mail.letters
    assert posted["alarms"] == [
        {
            "news": "raised",
            "code": "RECEIPTS_MISSING",
            "subject": "SVAR-1",
            "says": "7 of 9 letters have no receipt",
            "letters": 7,
            "owner": "vendor contact",
            "clock": "the vendor's working days after the acknowledgement, as its profile says",
            "since": "2026-11-23T08:00:00+00:00",
            "raised_at": "2026-11-23T08:00:00+00:00",
            "runbook": "https://runbook/#receipts_missing",
        }
    ]
    text = letter.get_content()
    for word in ("SVAR-1", "7 of 9 letters", "vendor contact", "#receipts_missing"):
        assert word in text
    assert letter["To"] == "drift@example.com"


def test_what_is_posted_is_signed_with_its_time(
    sqlite: Database, tmp_path: Path, web: WebServer
) -> None:
    tell(sqlite, settings_for(tmp_path, web=web), [LATE], MONDAY)

    ((what, headers, body),) = web.heard
    seconds, given = re.fullmatch(r"t=(\d+),v1=(\w+)", headers["x-svarut-signature"]).groups()  # type: ignore[union-attr]
    reckoned = hmac.new(SECRET.encode(), f"{seconds}.".encode() + body, hashlib.sha256)
    assert what == "POST /hook"
    assert given == reckoned.hexdigest()
    assert headers["idempotency-key"] == json.loads(body)["id"]


def test_a_mail_server_is_talked_to_in_secret_and_by_name(sqlite: Database, tmp_path: Path) -> None:
    certificate = certified_for_a_while(tmp_path)
    secret = {"smtp_starttls": True, "smtp_user": "svarut", "smtp_password": SecretStr("word")}
    with mail_server(certificate) as server:
        trusted = {"smtp_host": "localhost", "smtp_ca_file": certificate[0], **secret}
        taken = tell(sqlite, settings_for(tmp_path, server, **trusted), [LATE], MONDAY)

    assert taken == (1, 0)
    assert server.encrypted == [True]
    assert len(server.logins) == 1


@pytest.mark.parametrize("vouched_for", [False, True], ids=["no certificate", "a stranger's"])
def test_a_mail_server_that_cannot_prove_itself_gets_nothing(
    sqlite: Database, tmp_path: Path, vouched_for: bool
) -> None:
    certificate = certified_for_a_while(tmp_path) if vouched_for else None
    secret = {"smtp_starttls": True, "smtp_user": "svarut", "smtp_password": SecretStr("word")}
    with mail_server(certificate) as server:
        settings = settings_for(tmp_path, server, smtp_host="localhost", **secret)
        taken = tell(sqlite, settings, [LATE], MONDAY)

    assert taken == (0, 1)
    assert (server.letters, server.logins) == ([], [])


@pytest.mark.parametrize("refuses", ["RCPT", "DATA", "MAIL"])
def test_a_channel_that_fails_stops_no_other_and_tries_again(
    sqlite: Database, tmp_path: Path, mail: MailServer, web: WebServer, refuses: str
) -> None:
    settings, mail.refuses = settings_for(tmp_path, mail, web), refuses
    first = tell(sqlite, settings, [LATE], MONDAY)
    mail.refuses = ""

    second = tell(sqlite, settings, [LATE], MONDAY + TEN_MINUTES)

    assert (first, second) == ((1, 1), (1, 0))
    assert len(web.heard) == 1
    assert [letter["X-Svarut-Repeated"] for letter in mail.letters] == ["no"]


def test_a_channel_that_fails_is_an_alarm_told_by_the_other(
    sqlite: Database, tmp_path: Path, web: WebServer
) -> None:
    with mail_server() as gone:
        settings = settings_for(tmp_path, gone, web, disk_free_gb=0)
    tell(sqlite, settings, [LATE], MONDAY)

    watch_once(sqlite, settings, MONDAY + TEN_MINUTES)

    failing = [
        one for each in said(web) for one in each["alarms"] if one["code"] == "CHANNEL_FAILS"
    ]
    assert [one["subject"] for one in failing] == ["mail"]
    assert "does not answer" in failing[0]["says"]


@pytest.mark.parametrize("channel", ["mail", "webhook"])
def test_a_message_whose_end_nobody_knows_is_repeated_once_and_says_so(
    sqlite: Database, tmp_path: Path, mail: MailServer, web: WebServer, channel: str
) -> None:
    server: MailServer | WebServer = mail if channel == "mail" else web
    server.hangs_up = True
    only = {"mail": mail} if channel == "mail" else {"web": web}
    settings = settings_for(tmp_path, **only)  # type: ignore[arg-type]

    for tries in range(4):
        tell(sqlite, settings, [LATE], MONDAY + tries * TEN_MINUTES)

    if channel == "mail":
        repeated = [letter["X-Svarut-Repeated"] == "yes" for letter in mail.letters]
        ids = {letter["Message-ID"] for letter in mail.letters}
        assert "may have come before" in mail.letters[1]["Subject"]
    else:
        repeated = [one["repeated"] for one in said(web)]
        ids = {one["id"] for one in said(web)}
    assert repeated == [False, True]
    assert len(ids) == 1


def _killed_when_heard(url: str, folder: Path, mail_port: int) -> None:
    """Tell in a process that dies when the webhook has heard, before it is written down."""
    web, mail = WebServer(url), MailServer(mail_port)
    settings = settings_for(folder, None if not mail_port else mail, web)
    with open_database(f"sqlite:///{folder / 'svarut.db'}") as database:
        record = alarms.record_sent

        def die(*_: object) -> None:
            os.kill(os.getpid(), signal.SIGKILL)

        alarms.record_sent = die  # type: ignore[assignment]
        tell(database, settings, [LATE], MONDAY)
        alarms.record_sent = record


def test_killed_between_sending_and_writing_down_it_is_told_again_once_and_marked(
    sqlite: Database, tmp_path: Path, web: WebServer
) -> None:
    context = multiprocessing.get_context("fork")
    process = context.Process(target=_killed_when_heard, args=(web.url, tmp_path, 0))
    process.start()
    process.join(30)
    settings = settings_for(tmp_path, web=web)

    at_once = tell(sqlite, settings, [LATE], MONDAY + timedelta(minutes=1))
    later = [tell(sqlite, settings, [LATE], MONDAY + n * TEN_MINUTES) for n in (1, 2, 3)]

    assert process.exitcode == -signal.SIGKILL
    assert at_once == (0, 1), "another watch may be sending it"
    assert later == [(1, 0), (0, 0), (0, 0)]
    assert [one["repeated"] for one in said(web)] == [False, True]
    assert len({one["id"] for one in said(web)}) == 1


def test_two_watches_at_once_send_a_message_once(
    database: Database, tmp_path: Path, web: WebServer
) -> None:
    settings = settings_for(tmp_path, web=web)
    others: list[tuple[int, int]] = []
    web.then = lambda: others.append(tell(database, settings, [LATE], MONDAY))

    tell(database, settings, [LATE], MONDAY)

    assert len(web.heard) == 1
    assert others == [(0, 1)]


def test_what_is_still_so_is_told_again_after_a_day(
    sqlite: Database, tmp_path: Path, web: WebServer
) -> None:
    settings = settings_for(tmp_path, web=web)

    for hours in (0, 23, 24, 25, 48):
        tell(sqlite, settings, [LATE], MONDAY + timedelta(hours=hours))

    assert [each[0][0] for each in news(web)] == ["raised", "still so", "still so"]


def test_a_muted_alarm_is_told_when_the_mute_is_over(
    database: Database, tmp_path: Path, web: WebServer
) -> None:
    settings = settings_for(tmp_path, web=web)
    with transaction(database) as tx:
        until = MONDAY + timedelta(hours=2)
        alarms.mute(tx, Mute("RECEIPTS_MISSING", "SVAR-1", until, "KN", "they work on it"), MONDAY)

    for hours in (0, 1, 2, 3):
        tell(database, settings, [LATE, NO_ROOM], MONDAY + timedelta(hours=hours))

    assert news(web) == [[("raised", "DISK_LOW")], [("raised", "RECEIPTS_MISSING")]]


def test_the_last_word_about_a_mute_holds(sqlite: Database) -> None:
    with transaction(sqlite) as tx:
        for until in (MONDAY + timedelta(days=9), MONDAY):
            alarms.mute(tx, Mute("DISK_LOW", "", until, "KN", "x"), MONDAY)
        alarms.mute(tx, Mute("DISK_LOW", "home", MONDAY + timedelta(days=1), "KN", "x"), MONDAY)

    with reading(sqlite) as tx:
        holding = alarms.mutes(tx, MONDAY)

    assert [one.subject for one in holding] == ["home"]


def test_news_that_nobody_took_for_two_days_is_given_up(
    sqlite: Database, tmp_path: Path, web: WebServer
) -> None:
    settings, web.answers = settings_for(tmp_path, web=web), 503
    tell(sqlite, settings, [LATE], MONDAY)

    web.answers = 200
    tell(sqlite, settings, [LATE], MONDAY + timedelta(days=3))

    assert [each[0][0] for each in news(web)] == ["raised", "still so"]


def test_without_a_channel_alarms_are_kept_and_told_when_there_is_one(
    sqlite: Database, tmp_path: Path, web: WebServer
) -> None:
    tell(sqlite, settings_for(tmp_path), [LATE], MONDAY)

    tell(sqlite, settings_for(tmp_path, web=web), [LATE], MONDAY + TEN_MINUTES)

    assert news(web) == [[("raised", "RECEIPTS_MISSING")]]


def watched(database: Database, settings: Settings, now: datetime) -> WatchSummary:
    _, summary = watch_once(database, settings, now)
    return summary


def test_the_outer_watcher_hears_that_the_watch_ran(
    sqlite: Database, tmp_path: Path, web: WebServer
) -> None:
    settings = settings_for(tmp_path, heartbeat_url=f"{web.url}/alive")

    summary = watched(sqlite, settings, MONDAY)

    assert [what for what, _, _ in web.heard] == ["GET /alive"]
    assert summary.heartbeat_not_heard == 0


def test_a_heartbeat_nobody_hears_is_counted(sqlite: Database, tmp_path: Path) -> None:
    with web_server() as gone:
        settings = settings_for(tmp_path, heartbeat_url=f"{gone.url}/alive")

    assert watched(sqlite, settings, MONDAY).heartbeat_not_heard == 1


def test_the_doctor_says_who_is_told_and_that_a_mail_server_is_silent(
    tmp_path: Path, mail: MailServer, web: WebServer
) -> None:
    with mail_server() as gone:
        pass

    found = [
        look("alarms", elsewhere.alarms, settings_for(tmp_path, server, web))
        for server in (mail, gone)
    ]

    assert [one.well for one in found] == [True, False]
    assert found[0].says == "webhook to 127.0.0.1, e-mail to 1; nobody outside watches us"
    assert "alarms reach nobody by e-mail" in found[1].says
    assert look("alarms", elsewhere.alarms, settings_for(tmp_path)).says.startswith(
        "nobody is told"
    )


def test_secrets_are_in_no_text_of_the_settings(tmp_path: Path, web: WebServer) -> None:
    settings = settings_for(tmp_path, web=web, heartbeat_url="https://ping/my-own-token")

    assert SECRET not in repr(settings)
    assert "my-own-token" not in repr(settings)


def test_news_of_the_same_moment_are_messages_of_their_own(
    sqlite: Database, tmp_path: Path, web: WebServer
) -> None:
    settings = settings_for(tmp_path, web=web)

    for found in ([LATE], [LATE, NO_ROOM]):
        tell(sqlite, settings, found, MONDAY)

    assert news(web) == [[("raised", "RECEIPTS_MISSING")], [("raised", "DISK_LOW")]]
    assert len({one["id"] for one in said(web)}) == 2


def test_an_address_that_is_none_is_said_and_nothing_is_lost(
    sqlite: Database, tmp_path: Path, web: WebServer
) -> None:
    broken = settings_for(tmp_path, webhook_url="ftp://nowhere", webhook_secret=SECRET)

    assert tell(sqlite, broken, [LATE], MONDAY) == (0, 1)
    assert tell(sqlite, settings_for(tmp_path, web=web), [LATE], MONDAY + TEN_MINUTES) == (1, 0)
    assert [one["repeated"] for one in said(web)] == [False]
