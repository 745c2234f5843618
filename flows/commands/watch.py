"""Watch once: tell a person of what is new; and what people say to alarms."""

from datetime import datetime, timedelta
from typing import Annotated

import typer

from flows import clock, screen
from flows.commands.instants import instant
from flows.commands.opened import opened_database
from flows.commands.status import ON, show
from flows.database import alarms
from flows.database.session import reading, transaction
from flows.domain.alarm import Mute
from flows.recorded import recorded
from flows.settings import read_settings
from flows.watching.rules import RULE_OF
from flows.watching.watching import Overview, WatchSummary, watch_once

alarms_app = typer.Typer(help="Alarms: what is not as it should be.", no_args_is_help=True)


def watch(
    quiet: Annotated[bool, typer.Option("--quiet", help="Show nothing: for cron.")] = False,
    at: Annotated[
        str, typer.Option(help="The time it is to be, for example 2026-11-26T01:30 (Oslo). Now.")
    ] = "",
) -> None:
    """Look at everything, tell each new alarm once, and call the outer watcher.

    Exit code 3 while an alarm is on that nobody has muted. The same as the flow `watch`, without
    Prefect.
    """
    with opened_database():
        pass
    seen: list[Overview] = []

    @recorded("watch")
    def once(at: datetime) -> WatchSummary:
        with opened_database() as database:
            overview, summary = watch_once(database, read_settings(), at)
        seen.append(overview)
        return summary

    summary = once(instant(at) or clock.now())
    if not quiet:
        show(seen[0])
        screen.show_summary("watch", summary)
    if seen[0].needs_a_person:
        raise typer.Exit(ON)


@alarms_app.command("list")
def list_alarms(
    ended: Annotated[int, typer.Option(min=0, help="Also those ended in so many days.")] = 0,
) -> None:
    """List the alarms that were on at the last watch, and who has muted which."""
    now = clock.now()
    with opened_database() as database, reading(database) as tx:
        kept = alarms.since(tx, now - timedelta(days=ended)) if ended else alarms.live(tx)
        mutes = alarms.mutes(tx, now)
    headings = ("code", "about", "letters", "owner", "raised", "told", "ended", "muted", "says")
    screen.show_rows(
        headings,
        [
            (
                one.alarm.code,
                one.alarm.subject,
                one.alarm.letters or "",
                str(RULE_OF[one.alarm.code].owner) if one.alarm.code in RULE_OF else "",
                one.raised_at,
                one.told_at or "",
                one.ended_at or "",
                next((each.by for each in mutes if each.holds(one.alarm, now)), ""),
                one.alarm.what,
            )
            for one in kept
        ],
    )
    for each in mutes:
        about = each.subject or "all"
        until = screen.local(each.until)
        screen.console().print(
            f"muted until {until} by {each.by}: {each.code} {about}: {each.why}", markup=False
        )


@alarms_app.command()
def mute(
    code: Annotated[str, typer.Argument(help="The alarm's code.")],
    by: Annotated[str, typer.Option("--by", help="Your name or initials; kept.")],
    why: Annotated[str, typer.Option("--why", help="The reason; kept.")],
    until: Annotated[
        str, typer.Option("--until", help="A day or a time, for example 2026-12-01 (Oslo).")
    ],
    subject: Annotated[
        str, typer.Argument(help="What it is about, as the list has it; left out: all of them.")
    ] = "",
) -> None:
    """Tell nobody of an alarm until a day; it is shown all the same."""
    if code not in RULE_OF:
        raise typer.BadParameter(f"{code!r} is none of {', '.join(RULE_OF)}")
    now, end = clock.now(), instant(until)
    if end is None or end <= now:
        raise typer.BadParameter("that is past; svarut alarms unmute lets it be told")
    _say(Mute(code, subject, end, by, why), now)
    screen.console().print(f"{code} {subject or 'all'}: muted until {screen.local(end)}")


@alarms_app.command()
def unmute(
    code: Annotated[str, typer.Argument(help="The alarm's code.")],
    by: Annotated[str, typer.Option("--by", help="Your name or initials; kept.")],
    why: Annotated[str, typer.Option("--why", help="The reason; kept.")],
    subject: Annotated[str, typer.Argument(help="As it was muted.")] = "",
) -> None:
    """Let an alarm be told again."""
    now = clock.now()
    _say(Mute(code, subject, now, by, why), now)
    screen.console().print(f"{code} {subject or 'all'}: told again")


def _say(wanted: Mute, now: datetime) -> None:
    with opened_database() as database, transaction(database) as tx:
        alarms.mute(tx, wanted, now)
