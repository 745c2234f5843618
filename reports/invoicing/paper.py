"""An invoice as a person reads it: PDF, A4, with what to pay and the sums by account code."""

import io
from collections import defaultdict
from datetime import date
from functools import cache
from typing import Any, Final

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle
from reportlab.platypus.flowables import Flowable

from flows.domain.invoicing import InvoiceKind
from flows.domain.money import kroner
from flows.wording import FONTS, fill_sentence, sentences
from reports.invoicing.articles import article_name
from reports.invoicing.invoice import Invoice, Party

WORDS: Final = "invoice.toml"
REGULAR: Final = "LiberationSans-Regular"
BOLD: Final = "LiberationSans-Bold"
INK: Final = colors.HexColor("#1F3B5C")
PALE: Final = colors.HexColor("#E8EEF5")
WIDTH: Final = 174 * mm


def to_pdf(invoice: Invoice) -> bytes:
    """Return the invoice as PDF, fonts embedded; equal invoices give equal bytes."""
    _register()
    said, target = sentences(WORDS), io.BytesIO()
    title = said[_name(invoice, "title_invoice", "title_credit_note")]
    document = SimpleDocTemplate(
        target,
        pagesize=A4,
        leftMargin=18 * mm,
        rightMargin=18 * mm,
        topMargin=18 * mm,
        bottomMargin=20 * mm,
        title=f"{title} {invoice.number}",
        author=invoice.seller.name,
        lang="nb",
        invariant=1,
    )
    story = [
        Paragraph(title, _style(20, bold=True, colour=INK)),
        Spacer(0, 6 * mm),
        _parties(invoice),
        Spacer(0, 7 * mm),
        _facts(invoice),
        Spacer(0, 7 * mm),
        _lines(invoice),
        Spacer(0, 4 * mm),
        _sums(invoice),
        Spacer(0, 8 * mm),
        *_by_account_code(invoice),
    ]
    document.build(story, canvasmaker=_Numbered)
    return target.getvalue()


def _parties(invoice: Invoice) -> Table:
    said = sentences(WORDS)
    sides = [(said["buyer"], invoice.buyer), (said["seller"], invoice.seller)]
    table = Table([[_party(label, party) for label, party in sides]], colWidths=[WIDTH / 2] * 2)
    table.setStyle(TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), _no_padding()]))
    return table


def _party(label: str, party: Party) -> list[Flowable]:
    said = sentences(WORDS)
    number = f"{said['organisation_number']} {_spaced(party.organisation_number)}"
    if party.in_business_register:
        number = f"{number} MVA, {said['business_register']}"
    lines = [party.name, party.street, f"{party.postcode} {party.city}".strip(), number]
    return [
        Paragraph(label, _style(8, colour=colors.grey)),
        *(Paragraph(_plain(line), _style(10)) for line in lines if line),
    ]


def _facts(invoice: Invoice) -> Table:
    """Show what a payer needs first: number, dates, reference, account, KID, amount."""
    said = sentences(WORDS)
    credit = invoice.kind is InvoiceKind.CREDIT_NOTE
    facts = [
        (said[_name(invoice, "number", "credit_number")], invoice.number),
        (said["issued_on"], _day(invoice.issued_on)),
        (said["period"], f"{_day(invoice.first_day)}–{_day(invoice.last_day)}"),
        (said["buyer_reference"], invoice.buyer_reference),
    ]
    if not credit:
        facts += [
            (said["due_on"], _day(invoice.due_on)),
            (said["bank_account"], _account(invoice.bank_account)),
            (said["kid"], invoice.kid),
        ]
    amount = said["to_receive" if credit else "to_pay"]
    facts.append((amount, f"{kroner(invoice.payable_ore)} kr"))
    if credit and invoice.credits_date:
        about = fill_sentence(
            said["credits"], nummer=invoice.credits_number, dato=_day(invoice.credits_date)
        )
        facts.append(("", about))
    cells = [
        [label, Paragraph(_plain(text), _style(10, bold=label == amount))] for label, text in facts
    ]
    table = Table(cells, colWidths=[45 * mm, WIDTH - 45 * mm])
    table.setStyle(
        TableStyle(
            [
                ("FONT", (0, 0), (0, -1), REGULAR, 10),
                ("BACKGROUND", (0, 0), (-1, -1), PALE),
                ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
                ("TOPPADDING", (0, 0), (-1, -1), 2),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
            ]
        )
    )
    return table


def _lines(invoice: Invoice) -> Table:
    said = sentences(WORDS)
    header = [said[name] for name in ("article", "account_code", "month", "quantity", "amount")]
    rows = [
        [
            Paragraph(_plain(article_name(line.sku)), _style(9)),
            line.account_code,
            line.month,
            f"{line.quantity:,}".replace(",", "\u00a0"),
            kroner(line.net_ore),
        ]
        for line in invoice.lines
    ]
    widths = [60 * mm, 48 * mm, 18 * mm, 20 * mm, 28 * mm]
    table = Table([header, *rows], colWidths=widths, repeatRows=1)
    table.setStyle(
        TableStyle(
            [
                ("FONT", (0, 0), (-1, 0), BOLD, 9),
                ("TEXTCOLOR", (0, 0), (-1, 0), colors.white),
                ("BACKGROUND", (0, 0), (-1, 0), INK),
                ("FONT", (0, 1), (-1, -1), REGULAR, 9),
                ("ALIGN", (3, 0), (-1, -1), "RIGHT"),
                ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
                ("LINEBELOW", (0, 1), (-1, -1), 0.25, colors.lightgrey),
            ]
        )
    )
    return table


def _sums(invoice: Invoice) -> Table:
    said = sentences(WORDS)
    rows = [
        [said["net"], kroner(invoice.net_ore)],
        [said["vat"], kroner(invoice.vat_ore)],
        [said["gross"], kroner(invoice.payable_ore)],
    ]
    table = Table(rows, colWidths=[40 * mm, 28 * mm], hAlign="RIGHT")
    table.setStyle(
        TableStyle(
            [
                ("FONT", (0, 0), (-1, 1), REGULAR, 10),
                ("FONT", (0, 2), (-1, 2), BOLD, 10),
                ("ALIGN", (1, 0), (1, -1), "RIGHT"),
                ("LINEABOVE", (0, 2), (-1, 2), 0.5, colors.black),
            ]
        )
    )
    return table


def _by_account_code(invoice: Invoice) -> list[Flowable]:
    """Show the sums by account code, where there are several."""
    said = sentences(WORDS)
    sums: dict[str, int] = defaultdict(int)
    for line in invoice.lines:
        sums[line.account_code] += line.net_ore
    if len(sums) < 2:  # noqa: PLR2004  -- the only one stands on every line
        return []
    rows = [[code or said["no_account_code"], kroner(ore)] for code, ore in sorted(sums.items())]
    table = Table(rows, colWidths=[60 * mm, 28 * mm], hAlign="LEFT")
    table.setStyle(
        TableStyle(
            [
                ("FONT", (0, 0), (-1, -1), REGULAR, 9),
                ("ALIGN", (1, 0), (1, -1), "RIGHT"),
                ("LINEBELOW", (0, 0), (-1, -1), 0.25, colors.lightgrey),
            ]
        )
    )
    return [Paragraph(said["by_account_code"], _style(11, bold=True, colour=INK)), table]


class _Numbered(Canvas):  # type: ignore[misc]  # reportlab has no types
    """A canvas that writes «Side 1 av 3» when it knows how many there are."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **{**options, "initialFontName": REGULAR})
        self._pages: list[dict[str, Any]] = []

    def showPage(self) -> None:  # noqa: N802  -- reportlab names it so
        self._pages.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        for number, page in enumerate(self._pages, start=1):
            self.__dict__.update(page)
            text = fill_sentence(sentences(WORDS)["page"], side=number, sider=len(self._pages))
            self.setFont(REGULAR, 8)
            self.drawRightString(A4[0] - 18 * mm, 10 * mm, text)
            super().showPage()
        super().save()


@cache
def _register() -> None:
    for name in (REGULAR, BOLD):
        pdfmetrics.registerFont(TTFont(name, str(FONTS / f"{name}.ttf")))


def _style(size: float, *, bold: bool = False, colour: Any = colors.black) -> ParagraphStyle:
    font = BOLD if bold else REGULAR
    return ParagraphStyle("", fontName=font, fontSize=size, leading=size * 1.3, textColor=colour)


def _no_padding() -> tuple[Any, ...]:
    return ("LEFTPADDING", (0, 0), (-1, -1), 0)


def _name(invoice: Invoice, own: str, credit: str) -> str:
    return credit if invoice.kind is InvoiceKind.CREDIT_NOTE else own


def _plain(text: str) -> str:
    """Return a text that a paragraph shows as it is: it would read `<` and `&` as its own."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _day(day: date) -> str:
    return f"{day:%d.%m.%Y}"


def _spaced(number: str) -> str:
    return "\u00a0".join(number[place : place + 3] for place in range(0, len(number), 3))


def _account(number: str) -> str:
    """Return an account number as banks write it: 1503.20.80119."""
    return f"{number[:4]}.{number[4:6]}.{number[6:]}"
