"""PDFs made for tests, by pikepdf and reportlab: good ones, and each kind of bad one."""

import io
import zlib
from collections.abc import Callable
from pathlib import Path

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from flows.wording import FONTS

A4 = (595.276, 841.89)
FONT = "LiberationSans-Regular"


def drawn(
    *pages: Callable[[Canvas], None], size: tuple[float, float] = A4, font: str = FONT
) -> bytes:
    """A PDF whose pages are drawn by functions; its font is in the file."""
    if FONT not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(TTFont(FONT, FONTS / f"{FONT}.ttf"))
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=size, invariant=1, initialFontName=font)
    for draw in pages or (at(30, 60),):
        canvas.setFont(font, 12)
        draw(canvas)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def at(
    x_mm: float, y_mm: float, text: str = "Vedtak", height_mm: float = 297
) -> Callable[[Canvas], None]:
    """Text at a place, from the top left corner."""
    return lambda canvas: canvas.drawString(x_mm * mm, (height_mm - y_mm) * mm, text)


def lines(*placed: tuple[float, float, str]) -> Callable[[Canvas], None]:
    def draw(canvas: Canvas) -> None:
        for x, y, text in placed:
            at(x, y, text)(canvas)

    return draw


def in_colour(canvas: Canvas) -> None:
    canvas.setFillColorRGB(0.8, 0.1, 0.1)
    canvas.rect(50 * mm, 150 * mm, 40 * mm, 10 * mm, fill=1, stroke=0)


def with_image(image: object) -> Callable[[Canvas], None]:
    return lambda canvas: canvas.drawImage(ImageReader(image), 50 * mm, 100 * mm, 60 * mm, 60 * mm)


def changed(content: bytes, change: Callable[[Pdf], None], **saving: object) -> bytes:
    """The same PDF with its objects changed."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(content)) as pdf:
        change(pdf)
        pdf.save(out, static_id=True, **saving)  # type: ignore[arg-type]
    return out.getvalue()


def turned(angle: int) -> Callable[[Pdf], None]:
    def change(pdf: Pdf) -> None:
        for page in pdf.pages:
            page.obj.Rotate = angle

    return change


def with_box(name: str, *corners: float, unit: float = 1) -> Callable[[Pdf], None]:
    def change(pdf: Pdf) -> None:
        for page in pdf.pages:
            page.obj[f"/{name}"] = Array(corners)
            if unit != 1:
                page.obj.UserUnit = unit

    return change


def with_form(pdf: Pdf) -> None:
    """A field with a value and no picture of its own."""
    font = pdf.make_indirect(
        Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    )
    field = a_note(pdf, "Widget", FT=Name.Tx, T="navn", V="Utfylt felt", DA="/Helv 18 Tf 0 g")
    pdf.Root.AcroForm = Dictionary(
        Fields=Array([field]), NeedAppearances=True, DA="/Helv 0 Tf 0 g",
        DR=Dictionary(Font=Dictionary(Helv=font)),
    )  # fmt: skip


def a_note(pdf: Pdf, subtype: str, **entries: object) -> pikepdf.Object:
    page = pdf.pages[0].obj
    note = pdf.make_indirect(
        Dictionary(
            Type=Name.Annot, Subtype=Name(f"/{subtype}"), Rect=Array([100, 400, 400, 440]), F=4,
            P=page, **entries,
        )
    )  # fmt: skip
    page.Annots = Array([*page.get("/Annots", []), note])
    return note


def with_action(kind: str, **entries: object) -> Callable[[Pdf], None]:
    def change(pdf: Pdf) -> None:
        pdf.Root.OpenAction = Dictionary(S=Name(f"/{kind}"), **entries)

    return change


def with_xfa_alone(pdf: Pdf) -> None:
    form = pdf.make_stream(b"<xdp/>")
    pdf.Root.AcroForm = Dictionary(Fields=Array([]), XFA=form)


def as_portfolio(pdf: Pdf) -> None:
    pdf.attachments["regnskap.xlsx"] = b"PK"
    pdf.Root.Collection = Dictionary(Type=Name.Collection)


def with_attachment(pdf: Pdf) -> None:
    pdf.attachments["regnskap.xlsx"] = b"PK"


def with_script(pdf: Pdf) -> None:
    with_action("JavaScript", JS="app.alert(1)")(pdf)


def with_film(pdf: Pdf) -> None:
    a_note(pdf, "RichMedia")


def without_font_files(pdf: Pdf) -> None:
    for each in pdf.objects:
        if isinstance(each, Dictionary) and "/FontFile2" in each:
            del each.FontFile2


def with_cut_jpeg(pdf: Pdf) -> None:
    for each in pdf.objects:
        if isinstance(each, pikepdf.Stream) and each.get("/Subtype") == Name.Image:
            raw = each.read_raw_bytes()
            each.write(raw[: len(raw) // 2], filter=Name.DCTDecode)


def with_short_image(pdf: Pdf) -> None:
    page = pdf.pages[0]
    image = pdf.make_stream(zlib.compress(bytes(100)))
    image.Type, image.Subtype, image.Filter = Name.XObject, Name.Image, Name.FlateDecode
    image.Width, image.Height, image.BitsPerComponent = 100, 100, 8
    image.ColorSpace = Name.DeviceGray
    page.obj.Resources.XObject = Dictionary(Short=image)
    page.contents_add(b"q 100 0 0 100 200 400 cm /Short Do Q")


def a_swelling(folder: Path, side: int = 30_000) -> Path:
    """An image of nothing that needs much memory and little room."""
    pdf = Pdf.new()
    pdf.add_blank_page(page_size=A4)
    packer = zlib.compressobj(1)
    row = bytes(side)
    data = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    image = pdf.make_stream(data)
    image.Type, image.Subtype, image.Filter = Name.XObject, Name.Image, Name.FlateDecode
    image.Width, image.Height, image.BitsPerComponent = side, side, 8
    image.ColorSpace = Name.DeviceGray
    pdf.pages[0].obj.Resources = Dictionary(XObject=Dictionary(Large=image))
    pdf.pages[0].obj.Contents = pdf.make_stream(b"q 400 0 0 400 100 200 cm /Large Do Q")
    pdf.save(folder / "swelling.pdf")
    return folder / "swelling.pdf"


def a_hanging(folder: Path) -> Path:
    """Drawings in drawings, each ten times: ten thousand million in all."""
    pdf = Pdf.new()
    pdf.add_blank_page(page_size=A4)
    inner = pdf.make_stream(b"0 0 1 1 re f")
    inner.Type, inner.Subtype, inner.BBox = Name.XObject, Name.Form, Array([0, 0, 600, 900])
    for _ in range(10):
        outer = pdf.make_stream(b"/X Do " * 10)
        outer.Type, outer.Subtype, outer.BBox = Name.XObject, Name.Form, Array([0, 0, 600, 900])
        outer.Resources = Dictionary(XObject=Dictionary(X=inner))
        inner = outer
    pdf.pages[0].obj.Resources = Dictionary(XObject=Dictionary(X=inner))
    pdf.pages[0].obj.Contents = pdf.make_stream(b"/X Do")
    pdf.save(folder / "hanging.pdf")
    return folder / "hanging.pdf"
