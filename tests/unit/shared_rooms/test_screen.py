"""What a terminal shows: the identity of all letters, also when it does not hold."""

import pytest

from flows import screen
from flows.database.follow import Tally
from flows.domain.status import Status


@pytest.mark.parametrize(("came", "sign"), [(3, "="), (4, "≠")])
def test_the_parts_add_up_to_all_that_came_or_it_is_shown(
    capsys: pytest.CaptureFixture[str], came: int, sign: str
) -> None:
    screen.show_tally(Tally({Status.READ: 2, Status.ACCEPTED: 1}, came))

    said = capsys.readouterr().out
    assert said.rstrip().endswith(f"1 {sign} {came}")
