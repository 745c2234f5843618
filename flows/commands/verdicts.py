"""What would be said of a package's letters, shown before it is sent."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.markup import escape
from rich.progress import track
from rich.table import Table

from flows import screen
from flows.domain.problem import Problem, faults
from flows.intake.answer import RowAnswer
from flows.intake.checking import Looks, begin, finish
from flows.intake.opening import open_at
from flows.intake.problems import say
from flows.intake.registration import Desk, register_all
from flows.intake.spreadsheet_run import check_run, is_run

_LINES: Final = 200
"""A sheet with more faults than this has one thing wrong with most rows: said a code at a time."""


@dataclass(frozen=True)
class Verdicts:
    """What each letter would be told, and what is wrong with the package as a whole."""

    of_all: Sequence[Problem]
    rows: Sequence[RowAnswer]
    sent_before: int
    """Letters that would get their first answer again."""
    is_run: bool

    @property
    def faulty(self) -> int:
        """How many letters would be rejected; 1 when the whole package would."""
        return sum(bool(faults(each.problems)) for each in self.rows) + bool(self.of_all)

    @property
    def good(self) -> int:
        """How many letters would be accepted."""
        return sum(not faults(each.problems) for each in self.rows)

    def show(self) -> None:
        """Show every problem, and how many letters have any."""
        lines = list(self._lines())
        if len(lines) <= _LINES:
            _show_each(lines, of_rows=self.is_run)
        else:
            _show_by_code(lines)
        letters = len(self.rows)
        counts = [f"{letters} letter{'s' * (letters != 1)}", f"{self.faulty} faulty"]
        if self.sent_before:
            counts.append(f"{self.sent_before} sent before, which get their first answer again")
        screen.console().print(", ".join(counts))

    def _lines(self) -> Iterator[tuple[int, Problem]]:
        yield from ((0, found) for found in self.of_all)
        for each in self.rows:
            yield from ((each.row, found) for found in each.problems)


def verdicts_on(package: Path, desk: Desk, work: Path) -> Verdicts:
    """Check a package as intake will, and keep nothing.

    desk: opened for a dry run. work: an empty folder.
    """
    unpacked = work / "unpacked"
    unpacked.mkdir()
    out = screen.console()
    if is_run(package):
        of_all, answers = check_run(package, desk, unpacked)
        rows = list(
            track(answers, "rows", console=out, transient=True, disable=not out.is_terminal)
        )
        return Verdicts(of_all, rows, desk.tally["answered_again"], is_run=True)
    submission = open_at(desk, package, unpacked)
    begun = begin(package, submission, desk.standard, Looks(desk.examiner, unpacked))
    [verdict] = register_all([finish(begun, desk.standard)], desk)
    row = RowAnswer(1, verdict.checked.given_reference, None, tuple(verdict.problems))
    return Verdicts([], [row], desk.tally["answered_again"], is_run=False)


def _show_each(lines: Sequence[tuple[int, Problem]], *, of_rows: bool) -> None:
    table = Table("row" if of_rows else "", "", "where", "what, and what to do")
    for row, found in lines:
        number = str(row) if of_rows and row else ""
        table.add_row(number, _code(found), escape(found.field), escape(say(found)))
    if lines:
        screen.console().print(table)


def _show_by_code(lines: Sequence[tuple[int, Problem]]) -> None:
    """Show each code once, with every row it is said of."""
    of_code: dict[str, list[tuple[int, Problem]]] = {}
    for row, found in lines:
        of_code.setdefault(_code(found), []).append((row, found))
    table = Table("", "rows", "what, and what to do; of the first")
    for code, some in of_code.items():
        rows = ", ".join(ranges(row for row, _ in some))
        table.add_row(code, rows, escape(say(some[0][1])))
    screen.console().print(table)


def ranges(numbers: Iterator[int]) -> list[str]:
    """Return numbers as people write them: `2-5`, `9`."""
    found: list[list[int]] = []
    for number in sorted(set(numbers)):
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return [str(first) if first == last else f"{first}-{last}" for first, last in found]


def _code(found: Problem) -> str:
    return f"{found.code} (note)" if found.note else found.code
