"""The problems a submission can have: their codes, and the sentence each is said with."""

from enum import StrEnum
from typing import Final

from flows.domain.problem import Problem
from flows.wording import fill_sentence, sentences


class Code(StrEnum):
    """Faults found at intake; address and number faults have codes of their own in the domain."""

    UNKNOWN_SENDER = "UKJENT_AVSENDER"
    PACKAGE_KIND = "PAKKE_UKJENT_TYPE"
    PACKAGE_DAMAGED = "PAKKE_ODELAGT"
    PACKAGE_ENCRYPTED = "PAKKE_KRYPTERT"
    PACKAGE_PATH = "PAKKE_STI"
    PACKAGE_FILE_NAME = "PAKKE_FILNAVN"
    PACKAGE_METHOD = "PAKKE_PAKKEMETODE"
    PACKAGE_SQUEEZED = "PAKKE_KOMPRIMERT_FOR_MYE"
    PACKAGE_TWICE = "PAKKE_FILNAVN_TO_GANGER"
    PACKAGE_TOO_LARGE = "PAKKE_FOR_STOR"
    PACKAGE_MALWARE = "PAKKE_SKADEVARE"
    PACKAGE_TOO_MANY = "PAKKE_FOR_MANGE_FILER"
    SHEET_UNREADABLE = "REGNEARK_ULESELIG"
    SHEET_HEADING_MISSING = "REGNEARK_KOLONNE_MANGLER"
    SHEET_HEADING_UNKNOWN = "REGNEARK_KOLONNE_UKJENT"
    SHEET_HEADING_TWICE = "REGNEARK_KOLONNE_TO_GANGER"
    SHEET_EMPTY = "REGNEARK_TOMT"
    SHEET_TOO_LONG = "REGNEARK_FOR_LANGT"
    SHEET_REFERENCE_TWICE = "REGNEARK_REFERANSE_TO_GANGER"
    SHEET_PAGES = "REGNEARK_SIDER"
    SHEET_PAGES_BEYOND = "REGNEARK_SIDER_FINNES_IKKE"
    SHEET_YES_NO = "REGNEARK_JA_NEI"
    METADATA_MISSING = "METADATA_MANGLER"
    METADATA_TOO_LARGE = "METADATA_FOR_STOR"
    METADATA_NOT_JSON = "METADATA_IKKE_JSON"
    REFERENCE_USED = "REFERANSE_BRUKT"
    FIELD_MISSING = "FELT_MANGLER"
    FIELD_WRONG_TYPE = "FELT_FEIL_TYPE"
    FIELD_TOO_LONG = "FELT_FOR_LANGT"
    FIELD_INVALID = "FELT_UGYLDIG"
    FIELD_UNUSED = "FELT_BRUKES_IKKE"
    TOO_MANY = "FELT_FOR_MANGE"
    KEY_TWICE = "NOKKEL_IKKE_UNIK"
    LINK_INVALID = "LENKE_UGYLDIG"
    SIGNING = "SIGNERING_STOTTES_IKKE"
    ENCRYPTION = "KRYPTERING_STOTTES_IKKE"
    REPLY_LINK = "SVARLENKE_UTEN_ORGANISASJON"
    REPEATED = "GJENTATT_FORSENDELSE"
    POSTCODE_UNKNOWN = "POSTNUMMER_UKJENT"
    PLACE_DIFFERS = "POSTSTED_AVVIKER"
    COUNTRY_UNKNOWN = "LAND_UKJENT"
    HELD = "TIL_MANUELL_VURDERING"
    DIGITAL_ID_MISSING = "DIGITALID_MANGLER"
    FILE_MISSING = "FIL_MANGLER"
    FILE_NAME = "FILNAVN_UGYLDIG"
    FILE_NAME_TWICE = "FILNAVN_IKKE_UNIKT"
    FILE_NOT_PRINTABLE = "FIL_KAN_IKKE_SKRIVES_UT"
    NOTHING_TO_PRINT = "INGENTING_A_SKRIVE_UT"
    TOO_LARGE_TO_PRINT = "UTSKRIFT_FOR_STOR"
    GIRO_PAGE_UNKNOWN = "GIROSIDE_FINNES_IKKE"
    GIRO_PAGE_ON_BACK = "GIROSIDE_PA_BAKSIDE"
    PDF_UNREADABLE = "PDF_ULESELIG"
    PDF_PASSWORD = "PDF_PASSORD"  # noqa: S105  -- a code
    PDF_EMPTY = "PDF_TOM"
    PDF_NOT_A4 = "PDF_IKKE_A4"
    PDF_DEMANDING = "PDF_FOR_KREVENDE"
    PDF_TOO_MANY_PAGES = "PDF_FOR_MANGE_SIDER"
    TOO_MANY_SHEETS = "UTSKRIFT_FOR_MANGE_ARK"
    PDF_LYING = "PDF_LIGGENDE"
    PDF_FONT = "PDF_SKRIFT_MANGLER"
    PDF_STANDARD_FONT = "PDF_STANDARDSKRIFT"
    PDF_IN_MARKS = "PDF_INNHOLD_I_MERKESONE"
    PDF_IN_MARGIN = "PDF_INNHOLD_I_MARG"
    PDF_NO_ADDRESS = "PDF_ADRESSE_IKKE_I_VINDU"
    PDF_OTHER_ADDRESS = "PDF_ADRESSE_AVVIKER"
    PDF_IN_WINDOW = "PDF_INNHOLD_I_VINDUSSONE"
    PDF_IMAGE = "PDF_BILDE_ODELAGT"
    PDF_LAUNCHES = "PDF_STARTER_PROGRAM"
    PDF_SCRIPT = "PDF_SKRIPT"
    PDF_MEDIA = "PDF_LYD_ELLER_FILM"
    PDF_ATTACHMENTS = "PDF_VEDLEGG"
    PDF_PORTFOLIO = "PDF_PORTEFOLJE"
    PDF_XFA = "PDF_XFA"
    PDF_FORM = "PDF_SKJEMA"
    PDF_MENDED = "PDF_REPARERT"
    PDF_BLANK = "PDF_UTEN_INNHOLD"


NOTES: Final = frozenset(
    {
        Code.FIELD_UNUSED,
        Code.PLACE_DIFFERS,
        Code.COUNTRY_UNKNOWN,
        Code.HELD,
        Code.PDF_LYING,
        Code.PDF_STANDARD_FONT,
        Code.PDF_IN_MARGIN,
        Code.PDF_SCRIPT,
        Code.PDF_MEDIA,
        Code.PDF_ATTACHMENTS,
        Code.PDF_FORM,
        Code.PDF_MENDED,
        Code.PDF_BLANK,
    },
)
"""Worth knowing; the letter is accepted all the same."""


def problem(code: str, field: str, page: int | None = None, **values: str | int) -> Problem:
    """Return a problem; values are what its sentence needs beside the field and the page."""
    return Problem(str(code), field, page, tuple(sorted(values.items())), note=code in NOTES)


def say(found: Problem) -> str:
    """Return a problem as its sender reads it: what is wrong, and what to do."""
    sentence = sentences("problems.toml")[found.code]
    values = dict(found.values)
    if "ventet" in values:
        values["ventet"] = sentences("expected_values.toml")[str(values["ventet"])]
    return fill_sentence(sentence, felt=found.field, side=found.page, **values)
