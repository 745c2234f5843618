"""A refused piece in words: what is wrong, on which page, where and how large."""

from collections.abc import Mapping
from typing import Any


def in_words(finding: Mapping[str, Any]) -> str:
    """Say what the vendor found, for a person; nothing the vendor wrote freely is in it."""
    said = str(finding["code"])
    if finding.get("page"):
        said += f" on page {finding['page']}"
    if finding.get("zone"):
        said += f", zone {finding['zone']}"
    if finding.get("x_mm") is not None:
        said += (
            f", {finding['width_mm']} x {finding['height_mm']} mm at {finding['x_mm']} mm from the "
            f"left and {finding['y_mm']} mm from the top"
        )
    return said
