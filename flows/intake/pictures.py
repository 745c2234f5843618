"""Pictures of rejected pages, beside the answer: the zones drawn in, what stands wrong marked.

A picture shows a letter, so it lies only where the answer lies.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from flows.domain.problem import Problem
from flows.intake.checking import Checked
from flows.intake.examining.examiner import Examiner
from flows.intake.problems import Code

MOST: Final = 3
"""Pictures of one package."""


@dataclass(frozen=True)
class Wanted:
    """A page to draw, and the boxes to mark: left, top, right, bottom in mm."""

    document: int
    """Its place in the letter, from 1."""
    file_name: str
    page: int
    boxes: tuple[tuple[int, int, int, int], ...]

    def name(self, package: str) -> str:
        """Return the picture's name: `<name>.side-2.png`; from the second document on its place."""
        place = f".dokument-{self.document}" if self.document > 1 else ""
        return f"{package}{place}.side-{self.page}.png"


def wanted(problems: Sequence[Problem], names: Sequence[str]) -> list[Wanted]:
    """Choose what to draw: of each document the first page that stands wrong, three at most.

    names: of the letter's documents, in order.
    """
    chosen = []
    for document, name in enumerate(names, start=1):
        wrong = [each for each in problems if each.field == name and _is_of_shape(each)]
        if wrong:
            page = min(each.page or 1 for each in wrong)
            boxes = tuple(box for each in wrong if each.page == page for box in _box(each))
            chosen.append(Wanted(document, name, page, boxes))
    return chosen[:MOST]


def draw(
    checked: Checked,
    problems: Sequence[Problem],
    examiner: Examiner,
    package_name: str,
    folders: Sequence[Path],
) -> None:
    """Draw the pages that a package was rejected for, in each of the folders."""
    names = [each.file_name or "" for each in checked.description.documents or []]
    for each in wanted(problems, names):
        if each.file_name in checked.copies:
            copy = checked.copies[each.file_name]
            drawn = copy.with_suffix(".png")
            if examiner.draw(copy, each.page, each.boxes, drawn):
                content, name = drawn.read_bytes(), each.name(package_name)
                for folder in folders:
                    temporary = folder / f".{name}.part"
                    temporary.write_bytes(content)
                    temporary.replace(folder / name)


def _is_of_shape(found: Problem) -> bool:
    return not found.note and (found.code == Code.PDF_NOT_A4 or bool(_box(found)))


def _box(found: Problem) -> list[tuple[int, int, int, int]]:
    """Return the box a problem names; none where it names only a size."""
    values = {name: each for name, each in found.values if isinstance(each, int)}
    if "x_mm" not in values:
        return []
    left, top = values["x_mm"], values["y_mm"]
    return [(left, top, left + values["bredde_mm"], top + values["hoyde_mm"])]
