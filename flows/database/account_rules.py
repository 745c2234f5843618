"""Keep how organisations' account codes are read, with the day each reading begins."""

from collections.abc import Iterable
from datetime import date

import tomli_w
from sqlalchemy import delete, insert, select

from flows.database.ledger_tables import account_rules
from flows.database.session import Tx
from flows.domain.account_rules import AccountRules, parse_account_rules


def read_account_rules(tx: Tx, day: date) -> dict[str, AccountRules]:
    """Return the rules that hold on a day, by organisation number."""
    rows = tx.execute(
        select(account_rules.c.content)
        .where(account_rules.c.valid_from <= day)
        .order_by(account_rules.c.valid_from)
    )
    found = (parse_account_rules(row.content)[0] for row in rows)
    return {rules.organisation_number: rules for rules in found}


def keep_account_rules(tx: Tx, wanted: Iterable[AccountRules], valid_from: date) -> int:
    """Let rules hold from a day on; what held before that day stays. Return how many."""
    rows = [
        {
            "organisation_number": rules.organisation_number,
            "valid_from": valid_from,
            "content": tomli_w.dumps({"organisation": [dict(vars(rules))]}),
        }
        for rules in wanted
    ]
    for row in rows:
        tx.execute(
            delete(account_rules).where(
                account_rules.c.organisation_number == row["organisation_number"],
                account_rules.c.valid_from == valid_from,
            )
        )
    if rows:
        tx.execute(insert(account_rules), rows)
    return len(rows)
