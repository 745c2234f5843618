"""Cut one letter's pages from a large PDF of a run; the large one is opened once."""

from pathlib import Path
from typing import Any

import pikepdf

from flows.intake.problems import Code


class Knife:
    """Holds the last large PDF open: the rows of a run come one after the other."""

    def __init__(self) -> None:
        self._file: Path | None = None
        self._whole: pikepdf.Pdf | None = None

    def cut(self, source: Path, first: int, last: int, target: Path) -> dict[str, Any]:
        """Write pages (from 1) of a file to `target`; or say what is wrong, and its pages."""
        try:
            whole = self._opened(source)
            if last > len(whole.pages):
                return {"code": Code.SHEET_PAGES_BEYOND, "pages": len(whole.pages)}
            with pikepdf.new() as part:
                part.pages.extend(whole.pages[first - 1 : last])
                part.save(target, deterministic_id=True)
        except pikepdf.PasswordError:
            return {"code": Code.PDF_PASSWORD, "pages": 0}
        except (pikepdf.PdfError, RuntimeError, TypeError, ValueError, LookupError):
            return {"code": Code.PDF_UNREADABLE, "pages": 0}
        return {"code": "", "pages": last - first + 1}

    def _opened(self, source: Path) -> pikepdf.Pdf:
        if self._whole is None or self._file != source:
            self._file, self._whole = None, None
            whole = pikepdf.open(source)
            if "/AcroForm" in whole.Root:
                # What was filled in belongs to the page; copied pages leave forms behind.
                whole.generate_appearance_streams()
                whole.flatten_annotations("print")
            self._file, self._whole = source, whole
        return self._whole
