"""What the structure of a PDF tells: pages and sizes, forms, active content, things attached."""

from collections.abc import Iterator
from typing import Final

from pikepdf import Array, Dictionary, Name, Object, Pdf

from flows.intake.examining.finding import Finding
from flows.intake.examining.limits import VendorLimits
from flows.intake.examining.settling import Shape, shape_of
from flows.intake.problems import Code

MEDIA: Final = frozenset({"/RichMedia", "/Screen", "/Movie", "/Sound", "/3D"})
"""Annotations that play something."""

NOT_SEEN: Final = frozenset({"/Link", "/Popup"})
"""Annotations that leave nothing on paper."""

_CHAIN: Final = 20
"""Actions that follow one another; a broken file may have a ring of them."""


def of_pages(pdf: Pdf, limits: VendorLimits) -> Iterator[Finding]:
    """Find pages that are too many, or not A4; name the lying ones, which are turned."""
    count = len(pdf.pages)
    if count > limits.max_pages:
        yield Finding.of(Code.PDF_TOO_MANY_PAGES, sider=count, grense=limits.max_pages)
    lying = []
    for number, page in enumerate(pdf.pages, start=1):
        shape = shape_of(page)
        if not is_a4(shape, limits):
            width, height = (round(each) for each in shape.shown_mm)
            yield Finding.of(Code.PDF_NOT_A4, number, bredde_mm=width, hoyde_mm=height)
        elif shape.lies:
            lying.append(number)
    if lying:
        yield Finding.of(Code.PDF_LYING, lying[0], sider=pages_in_words(lying))


def is_a4(shape: Shape, limits: VendorLimits) -> bool:
    """Say whether a page is A4, upright or lying."""
    short, long = sorted(shape.shown_mm)
    return (
        abs(short - limits.width_mm) <= limits.tolerance_mm
        and abs(long - limits.height_mm) <= limits.tolerance_mm
    )


def pages_in_words(numbers: list[int]) -> str:
    """Return page numbers, in order, as people write them: `1, 3-5`."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{run[0]}-{run[-1]}" if run[1:] else str(run[0]) for run in runs)


def of_reading(pdf: Pdf) -> Iterator[Finding]:
    """Find what matters on a screen as well: what starts programs, and what is only a wrapper."""
    if "/Collection" in pdf.Root:
        yield Finding.of(Code.PDF_PORTFOLIO)
    form = pdf.Root.get("/AcroForm")
    if isinstance(form, Dictionary) and "/XFA" in form and not len(form.get("/Fields", [])):
        yield Finding.of(Code.PDF_XFA)
    started = next((page for page, kind in _actions(pdf) if kind == Name.Launch), 0)
    if started:
        yield Finding.of(Code.PDF_LAUNCHES, started)


def of_paper(pdf: Pdf) -> Iterator[Finding]:
    """Find what does not come along to paper, and what is drawn in the pages for it."""
    if any(kind == Name.JavaScript for _, kind in _actions(pdf)) or "/JavaScript" in _names(pdf):
        yield Finding.of(Code.PDF_SCRIPT)
    kinds = {str(note.get("/Subtype")) for _, note in _notes(pdf)}
    if kinds & MEDIA:
        yield Finding.of(Code.PDF_MEDIA)
    if "/EmbeddedFiles" in _names(pdf) or "/FileAttachment" in kinds:
        yield Finding.of(Code.PDF_ATTACHMENTS)
    drawn = [page for page, note in _notes(pdf) if str(note.get("/Subtype")) not in NOT_SEEN]
    if drawn:
        yield Finding.of(Code.PDF_FORM, drawn[0], sider=pages_in_words(sorted(set(drawn))))


def _names(pdf: Pdf) -> Object:
    found = pdf.Root.get("/Names")
    return found if isinstance(found, Dictionary) else Dictionary()


def _notes(pdf: Pdf) -> Iterator[tuple[int, Object]]:
    for number, page in enumerate(pdf.pages, start=1):
        notes = page.obj.get("/Annots")
        if isinstance(notes, Array):
            yield from ((number, note) for note in notes if isinstance(note, Dictionary))


def _actions(pdf: Pdf) -> Iterator[tuple[int, Object | None]]:
    """Give the kind of every action, with its page; the document's own count as the first's."""
    yield from ((1, kind) for kind in _kinds(pdf.Root.get("/OpenAction")))
    yield from ((1, kind) for kind in _kinds_in(pdf.Root.get("/AA")))
    for number, page in enumerate(pdf.pages, start=1):
        yield from ((number, kind) for kind in _kinds_in(page.obj.get("/AA")))
    for number, note in _notes(pdf):
        yield from ((number, kind) for kind in _kinds(note.get("/A")))
        for owner in (note, note.get("/Parent")):
            if isinstance(owner, Dictionary):
                yield from ((number, kind) for kind in _kinds_in(owner.get("/AA")))


def _kinds_in(actions: Object | None) -> Iterator[Object | None]:
    if isinstance(actions, Dictionary):
        for action in actions.values():
            yield from _kinds(action)


def _kinds(action: Object | None, left: int = _CHAIN) -> Iterator[Object | None]:
    if isinstance(action, Dictionary) and left:
        yield action.get("/S")
        following = action.get("/Next")
        for each in following if isinstance(following, Array) else [following]:
            yield from _kinds(each, left - 1)
