"""PDFs that are odd in many ways at once, drawn by chance: what senders' programs may write."""

import io
from collections.abc import Callable
from random import Random
from typing import Any

import pikepdf
from made_pdfs import FONT, a_note, changed, drawn, with_attachment, with_form
from pikepdf import Array, Dictionary, Name, Pdf
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

Change = Callable[[Pdf, Random], None]

SIZES = ((595.276, 841.89), (841.89, 595.276), (595, 842), (420, 595), (612, 792), (700, 1000))
WORDS = ("Vedtak", "endobj", "12 0 R", "xref", "stream", "(paa) \\vent\\", "Áŋŧ", ">>", "%%EOF")


def an_odd_pdf(random: Random) -> bytes:
    """A readable PDF of up to five pages; the same random numbers give the same one."""
    pages = [_a_page(random) for _ in range(random.randint(1, 5))]
    plain = drawn(*pages, size=random.choice(SIZES), font=random.choice((FONT, FONT, "Helvetica")))
    changes = random.sample(CHANGES, random.randint(0, 4))

    def change(pdf: Pdf) -> None:
        for each in changes:
            each(pdf, random)

    return _saved(changed(plain, change), random)


def _a_page(random: Random) -> Callable[[Canvas], None]:
    lines = [
        (random.randint(60, 400), random.randint(60, 560), random.choice(WORDS))
        for _ in range(random.randint(1, 12))
    ]
    picture = random.choice((None, None, _a_picture(random)))
    colour = random.random()

    def draw(canvas: Canvas) -> None:
        for x, y, text in lines:
            canvas.drawString(x, y, text)
        canvas.setFillColorRGB(colour, 0.2, 0.6)
        canvas.rect(100 + 200 * colour, 300, 60, 40, fill=1)
        if picture:
            canvas.drawImage(ImageReader(picture), 300, 200, 90, 90)

    return draw


def _a_picture(random: Random) -> Image.Image:
    mode, channels = random.choice((("L", 1), ("RGB", 3), ("RGBA", 4)))
    side = random.choice((8, 40))
    return Image.frombytes(mode, (side, side), random.randbytes(side * side * channels))


def _turned(pdf: Pdf, random: Random) -> None:
    for page in pdf.pages:
        page.obj.Rotate = random.choice((0, 90, 180, 270, -90, 450))


def _boxes(pdf: Pdf, random: Random) -> None:
    for page in pdf.pages:
        x, y, to_x, to_y = map(float, page.mediabox)
        more = random.choice((-20, 0, 15, 60))
        page.obj.MediaBox = Array([x - more, y - more, to_x + more, to_y + more])
        page.obj[random.choice(("/CropBox", "/TrimBox", "/ArtBox"))] = Array([x, y, to_x, to_y])


def _inherited(pdf: Pdf, random: Random) -> None:
    first = pdf.pages[0].obj
    pdf.Root.Pages.MediaBox = first.MediaBox
    pdf.Root.Pages.Rotate = random.choice((0, 180))
    for page in pdf.pages:
        for name in ("/MediaBox", "/Rotate"):
            if name in page.obj:
                del page.obj[name]


def _form(pdf: Pdf, _: Random) -> None:
    with_form(pdf)


def _notes(pdf: Pdf, random: Random) -> None:
    corners = Array([100, 440, 400, 440, 100, 400, 400, 400])
    kind = random.choice(("Highlight", "Square", "FreeText", "Text", "Stamp"))
    a_note(pdf, kind, C=Array([1, 1, 0]), QuadPoints=corners, Contents="(12 0 R) \\( endobj")


def _layers(pdf: Pdf, random: Random) -> None:
    groups = [
        pdf.make_indirect(Dictionary(Type=Name.OCG, Name=f"Lag ({number}) 3 0 R"))
        for number in range(2)
    ]
    hidden = Array(random.sample(groups, random.randint(0, 2)))
    pdf.Root.OCProperties = Dictionary(OCGs=Array(groups), D=Dictionary(OFF=hidden))
    page = random.choice(list(pdf.pages))
    page.obj.Resources = Dictionary(dict(page.resources.items()))
    page.obj.Resources.Properties = Dictionary(A=groups[0], B=groups[1])
    page.contents_add(b"/OC /A BDC 0 g 80 500 90 90 re f EMC /OC /B BDC 240 500 90 90 re f EMC")


def _same_page_twice(pdf: Pdf, random: Random) -> None:
    pdf.pages.append(random.choice(list(pdf.pages)))


def _shared_contents(pdf: Pdf, _: Random) -> None:
    first, last = pdf.pages[0], pdf.pages[-1]
    if isinstance(first.obj.get("/Contents"), pikepdf.Stream):
        last.obj.Contents = Array([first.obj.Contents, first.obj.Contents])
    last.obj.Resources = first.obj.Resources


def _odd_entries(pdf: Pdf, random: Random) -> None:
    page = random.choice(list(pdf.pages)).obj
    page.PieceInfo = Dictionary(
        {"/A B(1": pikepdf.String("4 0 R ) ( \\"), "/C": pikepdf.String(random.randbytes(20))}
    )
    page.Tabs = Name("/S#12 0 R")
    page.Gone = pdf.make_indirect(Dictionary(Nothing=None, Real=1.5, No=False))


def _nested_drawing(pdf: Pdf, _: Random) -> None:
    page = pdf.pages[0]
    inner = pdf.make_stream(b"0 0.5 0 rg 0 0 50 50 re f")
    inner.Type, inner.Subtype, inner.BBox = Name.XObject, Name.Form, Array([0, 0, 50, 50])
    outer = pdf.make_stream(b"q 2 0 0 2 100 100 cm /In Do Q /In Do")
    outer.Type, outer.Subtype, outer.BBox = Name.XObject, Name.Form, Array([0, 0, 400, 400])
    outer.Resources = Dictionary(XObject=Dictionary(In=inner))
    name = page.add_resource(outer, Name.XObject)
    page.contents_add(f"q {name} Do Q".encode())


def _attached(pdf: Pdf, _: Random) -> None:
    with_attachment(pdf)


CHANGES: tuple[Change, ...] = (
    _turned, _boxes, _inherited, _form, _notes, _layers, _same_page_twice, _shared_contents,
    _odd_entries, _nested_drawing, _attached,
)  # fmt: skip


def _saved(content: bytes, random: Random) -> bytes:
    """The same PDF written in one of the ways that programs write."""
    none = pikepdf.ObjectStreamMode.disable
    packed = pikepdf.ObjectStreamMode.generate
    revision = random.choice((3, 4, 6))
    locked = pikepdf.Encryption(
        owner="eier",
        user="",
        R=revision,
        metadata=revision > 3,
        aes=revision > 3,  # type: ignore[arg-type]
    )
    ways: tuple[dict[str, Any], ...] = (
        {"object_stream_mode": none},
        {"object_stream_mode": packed},
        {"object_stream_mode": packed, "linearize": True},
        {"object_stream_mode": none, "encryption": locked},
        {"object_stream_mode": none, "qdf": True, "compress_streams": False},
    )
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(content)) as pdf:
        pdf.save(out, **random.choice(ways))
    return out.getvalue()
