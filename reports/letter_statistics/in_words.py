"""The tables as people read them: codes with their names, channels and months in words."""

from collections.abc import Mapping
from math import isnan

import pandas as pd

from flows.database.letter_history import OTHER_TYPES
from flows.wording import fill_sentence, sentences
from reports.deliverables import Language
from reports.letter_statistics.tables import Tables

Words = Mapping[str, str]


def words_of(language: Language) -> Words:
    """Return all words of a language: the workbook's, and each reason to reject as `code_...`."""
    reasons = sentences(f"rejections/{language}.toml")
    return {
        **sentences(f"statistics/{language}.toml"),
        **{f"code_{code}": text for code, text in reasons.items()},
    }


def in_words(tables: Tables, words: Words) -> dict[str, pd.DataFrame]:
    """Return the tables with the words of a language; what they count is the same."""
    found = {name: _said(frame, words) for name, frame in tables.items()}
    found["reading_hours"].insert(0, "hours_band", _bands(found["reading_hours"], words))
    return found


def _said(frame: pd.DataFrame, words: Words) -> pd.DataFrame:
    said = frame.copy()
    if "channel" in said:
        said["channel"] = [words[f"channel_{value}"] for value in said["channel"]]
    if "type" in said:
        names = {OTHER_TYPES: words["other_types"], "": words["no_type"]}
        said["type"] = [names.get(value, value) for value in said["type"]]
    if "figure" in said:
        said.insert(1, "figure_name", [words[value] for value in said["figure"]])
    for name in ("status", "code", "reason"):
        if name in said:
            named = [words.get(f"{name}_{value}", value) for value in said[name]]
            said.insert(list(said.columns).index(name) + 1, f"{name}_name", named)
    return said


def _bands(frame: pd.DataFrame, words: Words) -> list[str]:
    """Return each band of hours in words."""
    return [
        fill_sentence(words["between_hours"], fra=f"{begin:g}", til=f"{end:g}")
        if not isnan(end)
        else fill_sentence(words["from_hours"], fra=f"{begin:g}")
        for begin, end in zip(frame["hours_from"], frame["hours_to"], strict=True)
    ]
