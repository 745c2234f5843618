"""Pages that look like a municipality's letters."""

import io
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Final

from reportlab import rl_config
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from flows.sandbox.people import Person, kid

FONTS: Final = Path(__file__).parents[2] / "templates" / "fonts"
REGULAR, BOLD = "LiberationSans-Regular", "LiberationSans-Bold"
LEFT: Final = 25 * mm
TOP: Final = A4[1] - 30 * mm

PARAGRAPHS: Final = (
    "Vi viser til søknaden din og til opplysningene du har gitt oss. Kommunen har vurdert saken etter de reglene som gjaldt da vi mottok søknaden, og etter lokale retningslinjer.",
    "Vedtaket gjelder fra den datoen som står øverst i brevet. Dersom forholdene dine endrer seg, må du melde fra til kommunen så snart som mulig.",
    "Du kan klage på vedtaket innen tre uker etter at du mottok dette brevet. Klagen skal være skriftlig og sendes til den enheten som har gjort vedtaket. Vi hjelper deg gjerne med å skrive den.",
    "Kommunen viser til telefonsamtalen vår. Vi stadfestar at du har rett til skyss frå heimen og fram til skulen, og at ruta blir sett opp slik at ventetida ikkje blir lenger enn femten minutt.",
    "Gielda lea meannudan du ohcamuša ja addá dasa mieđáhusa. Don sáhtát váidit mearrádusa golmma vahku siste. Čájet dán reivve go válddát oktavuođa gielddain.",
    "Har du spørsmål, kan du ringe oss på hverdager mellom klokka 9 og 15. Oppgi gjerne saksnummeret, så finner vi raskt fram til saken din.",
    "Opplysningene er behandlet etter personopplysningsloven. Du har rett til innsyn i saken, og du kan be om at feil blir rettet.",
)


@dataclass(frozen=True)
class Kind:
    """A kind of letter."""

    code: str
    """Its forsendelsestype."""
    title: str
    colour: bool = False


KINDS: Final = (
    Kind("vedtak", "Vedtak i saken din"),
    Kind("skoleskyss", "Skoleskyss for skoleåret 2026/2027"),
    Kind("parkering", "Parkeringstillatelse for forflytningshemmede", colour=True),
    Kind("faktura", "Faktura for kommunale avgifter"),
)


def letter_pdf(kind: Kind, person: Person, case: str, pages: int, random: Random) -> bytes:
    """Return a PDF of so many pages; the same arguments give the same bytes.

    An invoice's last page is a giro.
    """
    _know_fonts()
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=1, initialFontName=REGULAR)
    canvas.setTitle(kind.title)
    for number in range(1, pages + 1):
        if kind.code == "faktura" and number == pages:
            _draw_giro(canvas, person, random)
        else:
            _draw_page(canvas, kind, person, case, number, pages, random)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def giro_page(kind: Kind, pages: int) -> list[int]:
    """Return the page numbers, from 1, that go on giro paper."""
    return [pages] if kind.code == "faktura" else []


@cache
def _know_fonts() -> None:
    rl_config.useA85 = 0  # binary streams, as most producers write them
    for name in (REGULAR, BOLD):
        pdfmetrics.registerFont(TTFont(name, FONTS / f"{name}.ttf"))


def _draw_page(
    canvas: Canvas,
    kind: Kind,
    person: Person,
    case: str,
    number: int,
    pages: int,
    random: Random,
) -> None:
    if kind.colour:
        canvas.setFillColorRGB(0.0, 0.28, 0.55)
        canvas.rect(LEFT, TOP + 6 * mm, 160 * mm, 3 * mm, stroke=0, fill=1)
    canvas.setFillColorRGB(0, 0, 0)
    y = TOP
    if number == 1:
        canvas.setFont(REGULAR, 10)
        for line in (person.name, *person.lines, f"{person.postcode} {person.place}"):
            canvas.drawString(LEFT, y, line)
            y -= 5 * mm
        canvas.drawRightString(A4[0] - 25 * mm, TOP, f"Saksnummer {case}")
        y -= 15 * mm
        canvas.setFont(BOLD, 14)
        canvas.drawString(LEFT, y, kind.title)
        y -= 10 * mm
    canvas.setFont(REGULAR, 10.5)
    while y > 60 * mm:
        for line in simpleSplit(random.choice(PARAGRAPHS), REGULAR, 10.5, 160 * mm):
            canvas.drawString(LEFT, y, line)
            y -= 5.2 * mm
        y -= 4 * mm
    canvas.setFont(REGULAR, 8)
    canvas.drawString(LEFT, 18 * mm, f"Side {number} av {pages}")


def _draw_giro(canvas: Canvas, person: Person, random: Random) -> None:
    canvas.setFillColorRGB(0, 0, 0)
    canvas.setFont(BOLD, 14)
    canvas.drawString(LEFT, TOP, "Innbetaling")
    canvas.setFont(REGULAR, 10.5)
    amount = random.randint(20_000, 1_500_000)
    rows = (
        ("Betales av", person.name),
        ("KID", kid(random)),
        ("Beløp", f"{amount // 100} kr {amount % 100:02d} øre"),
        ("Til konto", "1503 00 00000"),
        ("Forfall", "15.12.2026"),
    )
    for place, (label, text) in enumerate(rows):
        canvas.drawString(LEFT, 95 * mm - place * 8 * mm, label)
        canvas.drawString(LEFT + 40 * mm, 95 * mm - place * 8 * mm, text)
    canvas.rect(LEFT - 3 * mm, 55 * mm, 163 * mm, 48 * mm)
