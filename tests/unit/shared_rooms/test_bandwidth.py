"""How fast we send, by a clock of the test's own."""

from flows.bandwidth import Bandwidth


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.at = 0.0
        self.pauses: list[float] = []

    def now(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.at += seconds


def test_an_upload_takes_no_more_than_its_share_of_the_line() -> None:
    clock = Clock()
    bandwidth = Bandwidth(1000, clock.now, clock.sleep)

    for _ in range(100):
        bandwidth.take(100)

    assert round(clock.at, 6) == 9.0  # 10,000 bytes, the first thousand at once
    assert len(clock.pauses) == 90


def test_what_was_not_used_is_kept_for_one_second_only() -> None:
    clock = Clock()
    bandwidth = Bandwidth(1000, clock.now, clock.sleep)
    clock.at = 3600.0

    bandwidth.take(3000)

    assert clock.pauses == [2.0]


def test_without_a_limit_nothing_waits() -> None:
    clock = Clock()

    Bandwidth(0, clock.now, clock.sleep).take(10**9)

    assert clock.pauses == []
