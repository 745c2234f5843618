"""What a print shop writes: receipts, returned mail and invoices, in its own dialect.

`neutral` is docs/formats/; `nordtrykk` is templates/examples/vendors.toml's other vendor: Windows
letters, tabs, the control row last, kilograms, amounts with VAT, local time without an offset.
"""

import csv
import io
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

COLUMNS: Final = (
    "parti", "stykke", "forsendelse", "antall_sider_sh", "antall_sider_farge", "ark_maskin",
    "ekstra_ark_maskin", "ark_manuell", "ekstra_ark_manuell", "vekt_gram", "produksjonskostnad",
    "porto", "konteringskode", "postlagt", "omtrykk", "portoprodukt", "linjetype",
)  # fmt: skip

NORDTRYKK: Final = {
    "parti": "Ordre", "stykke": "Løpenr", "forsendelse": "BrevID", "antall_sider_sh": "Sider S/H",
    "antall_sider_farge": "Sider farge", "ark_maskin": "Ark mask.",
    "ekstra_ark_maskin": "Ekstra mask.", "ark_manuell": "Ark man.",
    "ekstra_ark_manuell": "Ekstra man.", "vekt_gram": "Vekt kg",
    "produksjonskostnad": "Produksjon inkl. mva", "porto": "Porto inkl. mva",
    "konteringskode": "Kontering", "postlagt": "Innlevert", "portoprodukt": "Produkt",
    "linjetype": "Type",
}  # fmt: skip
TYPES: Final = {"": "", "korreksjon": "KORR", "tilbakeføring": "KRED"}

DIALECTS: Final = ("neutral", "nordtrykk")


def receipts(
    dialect: str, customer: str, rows: list[dict[str, str]], extra_ore: int
) -> tuple[str, bytes]:
    """Return the ending of a receipt file's name, and the file; extra_ore makes its total wrong."""
    if dialect == "nordtrykk":
        rows = [_as_nordtrykk(row) for row in rows]
        names = ("Produksjon inkl. mva", "Porto inkl. mva")
    else:
        names = ("produksjonskostnad", "porto")
    totals = [sum((_amount(row[name]) for row in rows), Decimal(0)) for name in names]
    totals[1] += Decimal(extra_ore) / 100
    said = [str(len(rows)), *(_comma(total) for total in totals)]
    if dialect == "nordtrykk":
        return ".txt", _nordtrykk(["SUM", "3", customer, *said], rows)
    return ".csv", _neutral(["#svarut-kvittering", "1", customer, *said], rows)


def returns(dialect: str, customer: str, rows: list[dict[str, str]]) -> tuple[str, bytes]:
    """Return a file of returned mail; every dialect writes it alike but for the letters."""
    ending, content = ".csv", _neutral(["#svarut-retur", "1", customer, str(len(rows))], rows)
    return ending, content if dialect == "neutral" else content.decode().encode("cp1252")


def invoice(
    dialect: str, customer: str, number: str, days: tuple[str, str], rows: list[dict[str, str]]
) -> tuple[str, bytes]:
    """Return an invoice specification: production and postage of every letter, without VAT."""
    lines = [
        {
            "parti": row["parti"],
            "forsendelse": row["forsendelse"],
            "artikkel": article,
            "antall": "1",
            "enhetspris": row[name],
            "beløp": row[name],
        }
        for row in rows
        for article, name in (("PRODUKSJON", "produksjonskostnad"), ("PORTO-BREV", "porto"))
    ]
    net = sum((_amount(line["beløp"]) for line in lines), Decimal(0))
    vat = (net / 4).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    said = [customer, str(len(lines)), number, *days, _comma(net), _comma(vat)]
    content = _neutral(["#svarut-faktura", "1", *said], lines)
    return ".csv", content if dialect == "neutral" else content.decode().encode("cp1252")


def _as_nordtrykk(row: dict[str, str]) -> dict[str, str]:
    known = {
        **row,
        "vekt_gram": _kilograms(row["vekt_gram"]),
        "produksjonskostnad": _with_vat(row["produksjonskostnad"]),
        "porto": _with_vat(row["porto"]),
        "postlagt": f"{datetime.fromisoformat(row['postlagt']):%d.%m.%Y %H:%M}",
        "linjetype": TYPES[row["linjetype"]],
    }
    return {theirs: known[ours] for ours, theirs in NORDTRYKK.items()}


def _nordtrykk(control: list[str], rows: list[dict[str, str]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, delimiter="\t", lineterminator="\r\n")
    writer.writerow(NORDTRYKK.values())
    writer.writerows(row.values() for row in rows)
    writer.writerow(control)
    return text.getvalue().encode("cp1252")


def _neutral(control: list[str], rows: list[dict[str, str]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\n")
    writer.writerow(control)
    writer.writerow(rows[0] if rows else COLUMNS)
    writer.writerows(row.values() for row in rows)
    return text.getvalue().encode()


def _kilograms(grams: str) -> str:
    return f"{int(grams) / 1000:.3f}".replace(".", ",") if grams.isdigit() else grams


def _with_vat(net: str) -> str:
    gross = (_amount(net) * Decimal("1.25")).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    return _comma(gross)


def _amount(text: str) -> Decimal:
    return Decimal(text.replace(",", "."))


def _comma(amount: Decimal) -> str:
    return f"{amount:.2f}".replace(".", ",")
