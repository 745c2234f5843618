"""Bring in a command's code when it is asked for: the rest of svarut takes two seconds to load."""

from importlib import import_module
from typing import Any, Final

import typer
from typer.core import TyperGroup

GROUPS: Final = {
    "senders": "senders:app",
    "price": "prices:app",
    "prices": "prices:app",
    "postcodes": "postcodes:app",
    "sandbox": "sandbox:app",
    "archive": "archive:app",
    "items": "items:app",
    "invoice": "invoice:app",
    "alarms": "watch:alarms_app",
    "manual": "manual:app",
    "batch": "packages:batch_app",
    "vendors": "vendors:vendors_app",
    "receipts": "receipts:receipts_app",
}
"""Words that have words of their own, and where they are: a module of flows/commands."""

COMMANDS: Final = {
    "drill": "archive:drill",
    "status": "status:status",
    "metrics": "status:metrics",
    "watch": "watch:watch",
    "send": "send:send",
    "list": "letters:list_letters",
    "show": "letters:show_letter",
    "hold": "handling:hold",
    "release": "handling:release",
    "handled": "handling:handled",
    "stop": "stopping:stop",
    "stops": "stopping:list_stops",
    "retry": "again:retry",
    "replay": "again:replay",
    "holds": "handling:list_holds",
    "events": "events:list_events",
}
"""Words that do something by themselves."""

HIDDEN: Final = frozenset({"prices"})
"""The first name of `price`."""


class OnDemand(TyperGroup):
    """The commands that are always there, and those above when somebody asks for one."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return every word, those on demand after the others."""
        return [*super().list_commands(ctx), *GROUPS, *COMMANDS]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return what stands behind a word, and import it if nobody has."""
        found = super().get_command(ctx, cmd_name)
        if found is None and cmd_name in GROUPS | COMMANDS:
            found = _brought_in(cmd_name)
            self.add_command(found, cmd_name)
        return found


def _brought_in(name: str) -> Any:
    module, _, attribute = (GROUPS | COMMANDS)[name].partition(":")
    thing: Any = getattr(import_module(f"flows.commands.{module}"), attribute)
    if name in GROUPS:
        command: Any = typer.main.get_group(thing)
    else:
        alone = typer.Typer(pretty_exceptions_show_locals=False)
        alone.command(name)(thing)
        command = typer.main.get_command(alone)
    command.name, command.hidden = name, name in HIDDEN
    return command
