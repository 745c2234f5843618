"""One sender's set-up is refused by Altinn: everything else is done, and it is said."""

import os
from pathlib import Path

import pytest
from builders import MONDAY, a_sender
from command_line import run_svarut
from dispatching import CONTENT, a_letter, open_codes, put_in, status
from stand_ins import running_altinn

from flows.archive import Archive
from flows.database import schema
from flows.database.senders import keep_senders
from flows.database.session import open_database, transaction
from flows.domain.status import Status

pytestmark = pytest.mark.end_to_end


def test_a_fault_in_one_set_up_is_exit_code_3_after_everybody_elses_letters_are_done(
    tmp_path: Path,
) -> None:
    with running_altinn() as altinn, open_database(f"sqlite:///{tmp_path}/svarut.db") as database:
        altinn.set_clock(MONDAY)
        altinn.order("resources", **{"svarut-post": {}})
        schema.upgrade(database)
        source = tmp_path / "brev.pdf"
        source.write_bytes(CONTENT)
        Archive(tmp_path / "archive").put(source)
        organisation = {"digital_id": "310000108"}
        stopped, organisation_s, person = put_in(
            database,
            a_letter(sender_id="broken", **organisation),
            a_letter(sender_id="sound", **organisation),
            a_letter(sender_id="sound"),
        )
        with transaction(database) as tx:
            keep_senders(tx, [a_sender("broken", altinn_resource="finnes-ikke")])
        environment = {
            **os.environ,
            "SVARUT_HOME": str(tmp_path),
            "SVARUT_ALTINN__URL": altinn.url,
            "SVARUT_ALTINN__TOKEN": "sandbox",
            "SVARUT_CONTACT_REGISTER__URL": altinn.url,
            "SVARUT_CONTACT_REGISTER__TOKEN": "sandbox",
            "PREFECT_HOME": str(tmp_path / ".prefect"),
        }

        ended = run_svarut("run", "dispatch", "--at", MONDAY.isoformat(), environment=environment)
        mail = {one["sendersReference"] for one in altinn.mail()}

        assert ended.returncode == 3, ended.stderr
        assert "finnes-ikke" in ended.stderr
        assert mail == {organisation_s, person}
        assert open_codes(database) == {"CHANNEL_STOPPED"}
        assert status(database, stopped) is Status.ACCEPTED
