"""Receipt files, written by the tests' own few lines from docs/formats/receipt_file.md."""

from collections.abc import Iterable, Mapping

COLUMNS = [
    "parti",
    "stykke",
    "forsendelse",
    "antall_sider_sh",
    "antall_sider_farge",
    "ark_maskin",
    "ekstra_ark_maskin",
    "ark_manuell",
    "ekstra_ark_manuell",
    "vekt_gram",
    "produksjonskostnad",
    "porto",
    "konteringskode",
    "postlagt",
]

BATCH = "SVAR-20261124-01-C5SHS"


def a_line(**changes: object) -> dict[str, str]:
    """A good line; every value as it stands in the file."""
    line: dict[str, object] = {
        "parti": BATCH,
        "stykke": 1,
        "forsendelse": "00000000-0000-4000-8000-000000000001",
        "antall_sider_sh": 3,
        "antall_sider_farge": 0,
        "ark_maskin": 3,
        "ekstra_ark_maskin": 2,
        "ark_manuell": 0,
        "ekstra_ark_manuell": 0,
        "vekt_gram": 22,
        "produksjonskostnad": "2,61",
        "porto": "19,90",
        "konteringskode": "0410",
        "postlagt": "2026-11-25T10:00:00+01:00",
        **changes,
    }
    return {name: str(value) for name, value in line.items()}


def a_file(
    *lines: Mapping[str, str],
    customer: str = "SVAR",
    totals: tuple[object, object, object] | None = None,
    columns: Iterable[str] = COLUMNS,
) -> bytes:
    """A receipt file with these lines and, unless given, the right control totals."""
    production, postage = (
        f"{sum(ore(line[name]) for line in lines) / 100:.2f}".replace(".", ",")
        for name in ("produksjonskostnad", "porto")
    )
    count, net, post = totals or (len(lines), production, postage)
    rows = [";".join(line.values()) for line in lines]
    header = f"#svarut-kvittering;1;{customer};{count};{net};{post}"
    return ("\n".join([header, ";".join(columns), *rows]) + "\n").encode()


def ore(text: str) -> int:
    return int(text.replace(",", "")) if text.replace(",", "").isdigit() else 0
