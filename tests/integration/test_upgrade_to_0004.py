"""A database with receipts booked before corrections were known keeps them all."""

from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from flows.database import schema
from flows.database.session import open_database

pytestmark = pytest.mark.integration

ROWS = (
    (
        "INSERT INTO receipt_files (sha256, name, fetched_at, state, line_count) "
        "VALUES ('a', 'n', '2026-01-01', 'BOOKED', 1)"
    ),
    (
        "INSERT INTO senders (id, name, organisation_number, return_address, deadline_policy, "
        "digital) VALUES ('s', 's', '1', '[]', 'x', true)"
    ),
    (
        "INSERT INTO shipments (id, sender_id, reference, contents_sha256, status, status_at, "
        "received_at, digital_only, duplex, colour, account_code, shipment_type) VALUES "
        "('l', 's', 'r', 'c', 'PRINTET', '2026-01-01', '2026-01-01', false, false, false, '', '')"
    ),
    (
        "INSERT INTO receipt_lines (file_sha256, line, state, production_ore, postage_ore, "
        "shipment_id) VALUES ('a', 3, 'APPLIED', 263, 1990, 'l')"
    ),
    (
        "INSERT INTO charges (file_sha256, line, kind, shipment_id, sender_id, account_code, "
        "posted_on, net_ore, vat_ore) "
        "VALUES ('a', 3, 'POSTAGE', 'l', 's', '', '2026-01-02', 1990, 498), "
        "('a', 3, 'PRODUCTION', 'l', 's', '', '2026-01-02', 263, 66)"
    ),
)


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_what_was_booked_before_is_there_with_its_vat_and_days(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path / 'old.db'}"
    if kind == "postgres":
        url = request.getfixturevalue("postgres_server")
    with open_database(url) as database:
        with database.begin() as tx:
            if kind == "postgres":
                tx.exec_driver_sql("DROP SCHEMA public CASCADE")
                tx.exec_driver_sql("CREATE SCHEMA public")
            config = schema._config()
            config.attributes["connection"] = tx
            command.upgrade(config, "0003")
            for row in ROWS:
                tx.exec_driver_sql(row)

        schema.upgrade(database)

        with database.connect() as tx:
            line = tx.exec_driver_sql(
                "SELECT kind, state, production_vat_ore, postage_vat_ore, posted_on "
                "FROM receipt_lines"
            ).one()
            charged = tx.exec_driver_sql(
                "SELECT charge_class, kind, booked_on, net_ore, vat_ore FROM charges ORDER BY kind"
            ).all()
            differing = compare_metadata(MigrationContext.configure(tx), schema.METADATA)
    assert [str(one) for one in line] == ["RECEIPT", "APPLIED", "66", "498", "2026-01-02"]
    assert [[str(one) for one in charge] for charge in charged] == [
        ["CHARGE", "POSTAGE", "2026-01-02", "1990", "498"],
        ["CHARGE", "PRODUCTION", "2026-01-02", "263", "66"],
    ]
    assert differing == []
