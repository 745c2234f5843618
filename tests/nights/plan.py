"""What goes wrong in a night: decided by its seed alone, so that it can be had again."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from cut_line import Towards

STEPS = ("print", "answers", "receipts", "reconcile")
"""Of our side, in their order; the vendor works in between."""


class Kind(StrEnum):
    """How a run of a step is struck."""

    POINT = "killed at a commit point"
    MOMENT = "killed at a moment"
    LINE = "the line breaks"
    DISK_HERE = "our disk is full"
    DISK_THERE = "the vendor's disk is full"


class Conduct(StrEnum):
    """How the vendor answers; the odd ones about one package, or in one receipt file."""

    PROMPT = "prompt"
    LATE = "takes a package in late"
    TWICE = "answers twice"
    OTHER_HASH = "has another hash"
    OTHER_COUNTS = "counts other letters"
    MENDED = "counts other letters, and answers again, rightly"
    GARBAGE = "answers with garbage"
    STRANGER = "answers about a package of nobody"
    REFUSED = "refuses a package"
    NEVER_TAKEN = "never takes a package in"
    NEVER_ANSWERED = "prints a package and never answers"
    FILE_TWICE = "sends its receipts twice"
    FILE_WRONG = "sends receipts whose totals are wrong, and then right ones"
    LINE_TWICE = "has a receipt line twice"


CONDUCTS = (*Conduct, *[Conduct.PROMPT] * 4)
"""By turns; a quarter of the nights the vendor does all well, and only we are struck."""

SHIP_ONLY = (Kind.LINE, Kind.DISK_THERE)
"""What cannot strike a step that calls nobody."""


@dataclass(frozen=True)
class Blow:
    """One run of a step, struck once."""

    kind: Kind
    point: int = 0
    """Which commit point, from 1."""
    share: float = 0
    """How far into the step: of its time, of the bytes on the line, of the largest file."""
    towards: Towards = Towards.SERVER
    silent: bool = False
    """The line falls silent, and nobody is told."""

    def __str__(self) -> str:
        if self.kind is Kind.POINT:
            return f"{self.kind} {self.point}"
        how = ", silently," if self.silent else ""
        line = f" towards the {self.towards}{how}" if self.kind is Kind.LINE else ""
        return f"{self.kind}{line} {self.share:.2f}"


@dataclass(frozen=True)
class Plan:
    """A night's misfortunes."""

    seed: int
    database: str
    conduct: Conduct
    victim: float
    """Which package the vendor is odd about: 0 the first, 1 the last."""
    vendor_watches: bool
    """The vendor looks for packages while we send them, not only afterwards."""
    vendor_moves: bool
    """The vendor moves what it takes in out of the folder, and leaves the `.ok`."""
    blows: Mapping[str, tuple[Blow, ...]]
    """By step: runs that are struck, before one that is not."""

    def __str__(self) -> str:
        blows = "; ".join(f"{step}: {blow}" for step, blows in self.blows.items() for blow in blows)
        return f"seed {self.seed}, {self.database}, the vendor {self.conduct}; {blows}"


def plan_of(seed: int, points: Mapping[str, int]) -> Plan:
    """Return what goes wrong in the night of a seed (from 1).

    points: how many commit points each step has. The first seeds strike a step first of all at
    the point of their number, so that as many seeds as there are points strike at every one.
    """
    random = Random(seed)
    blows = {}
    for step in STEPS:
        kinds = [kind for kind in Kind if step != "reconcile" or kind not in SHIP_ONLY]
        struck = [_blow(random, kinds, points[step]) for _ in range(random.randint(1, 3))]
        if seed <= points[step]:
            struck[0] = Blow(Kind.POINT, point=seed)
        blows[step] = tuple(struck)
    return Plan(
        seed=seed,
        database=("sqlite", "postgres")[seed % 2],
        conduct=CONDUCTS[seed // 2 % len(CONDUCTS)],
        victim=random.random(),
        vendor_watches=random.random() < 0.5,
        vendor_moves=random.random() < 0.5,
        blows=blows,
    )


def _blow(random: Random, kinds: list[Kind], points: int) -> Blow:
    kind, share = random.choice(kinds), random.random()
    return Blow(
        kind,
        point=1 + int(share * points) if kind is Kind.POINT else 0,
        share=share,
        towards=random.choice(list(Towards)),
        silent=random.random() < 0.1,  # each silence costs the whole timeout
    )
