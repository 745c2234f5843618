"""The night's reconciliation as finance reads it: three tables for a Norwegian spreadsheet."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

from flows.clock import oslo_date
from flows.database.item_history import ListedItem
from flows.domain.inert import inert
from flows.domain.money import plain_kroner
from flows.domain.reconciliation import Found, Unchecked
from flows.receipts.reconciliation import RULES, Identity, RuleResult
from flows.receipts.today import Today, age_group
from flows.wording import fill_sentence, sentences

WORDS: Final = "reconciliation.toml"
ITEM_COLUMNS: Final = (
    "regel",
    "hva",
    "gjelder",
    "belop",
    "forst_sett",
    "alder",
    "aldersgruppe",
    "eier",
    "tatt_av",
    "merknad",
    "tiltak",
)


def summary(
    identity: Identity, results: Sequence[RuleResult], items: Sequence[ListedItem]
) -> bytes:
    """Return a row for the headline and one for each rule."""
    open_of = {
        result.rule.code: [one for one in items if one.kept.code in result.rule.item_codes]
        for result in results
    }
    rows = [
        [
            "",
            say("identitet"),
            say("stemmer") if identity.holds else say("stemmer_ikke"),
            str(identity.taken_in),
            "",
            headline(identity),
        ],
        *(
            [
                result.rule.code,
                say(f"regel_{result.rule.code}"),
                verdict(result, len(open_of[result.rule.code])),
                str(len(open_of[result.rule.code])),
                _kroner(_sum(open_of[result.rule.code])),
                "; ".join(not_checked(result)),
            ]
            for result in results
        ),
    ]
    return _csv(["regel", "hva", "resultat", "antall", "belop", "merknad"], rows)


def items(listed: Sequence[ListedItem], today: Today) -> bytes:
    """Return a row for each open item, the oldest first."""
    return _csv(ITEM_COLUMNS, [_item(one, today) for one in listed])


def letters(results: Sequence[RuleResult]) -> bytes:
    """Return a row for each letter, line or file that was found."""
    return _csv(
        ["regel", "hva", "gjelder", "forsendelse", "belop"],
        [_found(result.rule.code, one) for result in results for one in result.found],
    )


def headline(identity: Identity) -> str:
    """Return the identity in figures, in bokmål."""
    parts = " + ".join(
        f"{say(f'status_{status}')} {count}" for status, count in identity.parts.items()
    )
    returned = f" ({say('herav_retur')} {identity.returned})" if identity.returned else ""
    all_of_them = f"{say('alle')} {identity.taken_in}"
    return f"{parts} + {say('apne')} {identity.open} = {all_of_them}{returned}"


def verdict(result: RuleResult, items_open: int) -> str:
    """Return in a word how a rule went."""
    if items_open or result.found:
        return say("avvik")
    return say("ikke_kontrollert") if result.whole_unchecked else say("stemmer")


def not_checked(result: RuleResult) -> list[str]:
    """Return what a rule could not look at, and why."""
    return [_unchecked(one, count) for one, count in result.unchecked]


def say(name: str, **values: object) -> str:
    """Return a sentence of the report in bokmål."""
    return fill_sentence(sentences(WORDS)[name], **values)


def _unchecked(one: Unchecked, count: int) -> str:
    return say(f"ikke_{one.kind}", antall=count, detalj=one.detail)


def _item(one: ListedItem, today: Today) -> list[str]:
    kept = one.kept
    age = today.working_days_since(kept.first_seen_at)
    rule = next((rule for rule in RULES if kept.code in rule.item_codes), None)
    what = "; ".join(say(f"avvik_{kind}", antall=count) for kind, count in kept.counts.items())
    return [
        rule.code if rule else "",
        what or say("annet", kode=kept.code),
        kept.subject,
        _kroner(kept.ore),
        f"{oslo_date(kept.first_seen_at):%d.%m.%Y}",
        str(age),
        age_group(age),
        say(f"eier_{one.owner}") if one.owner else say("eier_OPERATIONS"),
        kept.taken_by,
        one.comment,
        say(f"tiltak_{rule.code}") if rule else "",
    ]


def _found(code: str, one: Found) -> list[str]:
    what = say(f"avvik_{one.kind}", antall=1)
    return [code, what, one.subject, one.letter, _kroner(one.ore)]


def _sum(listed: Iterable[ListedItem]) -> int | None:
    known = [one.kept.ore for one in listed if one.kept.ore is not None]
    return sum(known) if known else None


def _kroner(ore: int | None) -> str:
    return "" if ore is None else plain_kroner(ore)


def _csv(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Write a table as Norwegian spreadsheets read it: BOM, `;`, decimal comma."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow([say(f"kolonne_{column}") for column in columns])
    for row in rows:
        writer.writerow([_inert(value) for value in row])
    return text.getvalue().encode("utf-8-sig")


def _inert(value: str) -> str:
    """Keep what a person has written from being run as a formula; an amount is left alone."""
    amount = value.removeprefix("-").replace(",", "").isdigit()
    return value if amount else inert(value)
