"""Hold an invoice against the published rule files: UBL's schema and EN 16931's rules.

The files lie outside the project; a setting names their folder. docs/invoices.md says where they
are from.
"""

import threading
from pathlib import Path
from typing import Any, Final

from lxml import etree

from flows.errors import NeedsAPerson
from reports.invoicing.ehf_reading import Finding, is_credit_note, parsed

SCHEMAS: Final = "ubl-2.1/maindoc/UBL-{name}-2.1.xsd"
RULES: Final = "en16931/EN16931-UBL-validation.xslt"

_SVRL: Final = "{http://purl.oclc.org/dsdl/svrl}"


class PublishedRules:
    """The rule files of a folder, read once. One document at a time."""

    def __init__(self, folder: Path) -> None:
        """Read and compile them; raises NeedsAPerson when they or the engine are not there."""
        try:
            import saxonche  # noqa: PLC0415  -- an extra: the own rules need nothing
        except ModuleNotFoundError as fault:
            raise NeedsAPerson(
                "the engine for the published rules is not installed",
                where="invoice.rules_folder",
                do="install svarut with the extra `ehf`, or leave the setting empty",
            ) from fault
        missing = [each for each in (RULES, _schema("Invoice")) if not (folder / each).is_file()]
        if missing:
            raise NeedsAPerson(
                f"rule files are missing: {', '.join(missing)}",
                where=str(folder),
                do="put them there (docs/invoices.md), or leave invoice.rules_folder empty",
            )
        self._schemas = {
            name: etree.XMLSchema(etree.parse(folder / _schema(name)))
            for name in ("Invoice", "CreditNote")
        }
        self._saxon: Any = saxonche.PySaxonProcessor(license=False)
        self._rules: Any = self._saxon.new_xslt30_processor().compile_stylesheet(
            stylesheet_file=str(folder / RULES)
        )
        self._turn = threading.Lock()

    def findings(self, xml: bytes) -> list[Finding]:
        """Return what the published rules say; only the schema's where that is broken."""
        root = parsed(xml)
        schema = self._schemas["CreditNote" if is_credit_note(root) else "Invoice"]
        if not schema.validate(root):
            fault = schema.error_log.last_error  # type: ignore[attr-defined]
            return [Finding("XSD", fault.message, f"line {fault.line}")]
        with self._turn:
            report = self._rules.transform_to_string(
                xdm_node=self._saxon.parse_xml(xml_text=xml.decode())
            )
        return [
            Finding(str(fault.get("id")), " ".join(str(fault.xpath("string()")).split()))
            for fault in etree.fromstring(report.encode()).iter(f"{_SVRL}failed-assert")
        ]


def _schema(name: str) -> str:
    return SCHEMAS.format(name=name)
