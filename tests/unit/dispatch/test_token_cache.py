"""Tokens are fetched by one caller at a time, early, and not again and again after a failure."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest

from flows.dispatch.token_cache import EARLY_SECONDS, FAILURE_SECONDS, Token, TokenCache
from flows.errors import NeedsAPerson, TryAgainLater

LIFE = 600.0


class Issuer:
    """Gives numbered tokens, by a clock the test moves."""

    def __init__(self, life: float = LIFE) -> None:
        self.now, self.asked, self.life = 1000.0, 0, life
        self.fault: TryAgainLater | NeedsAPerson | None = None
        self.before: Callable[[], object] = lambda: None

    def fetch(self, key: str) -> Token:
        self.asked += 1
        self.before()
        if self.fault:
            raise self.fault
        return Token(f"{key}-{self.asked}", self.life)

    def cache(self) -> TokenCache[str]:
        return TokenCache(self.fetch, lambda: self.now)


def test_a_token_is_kept_and_another_purpose_has_another() -> None:
    issuer = Issuer()
    cache = issuer.cache()

    got = [cache.get("a"), cache.get("a"), cache.get("b")]

    assert got == ["a-1", "a-1", "b-2"]


def test_a_token_is_renewed_after_four_fifths_of_its_life() -> None:
    issuer = Issuer()
    cache = issuer.cache()
    cache.get("a")

    issuer.now += LIFE * 0.8 - 1
    before = cache.get("a")
    issuer.now += 1
    after = cache.get("a")

    assert (before, after) == ("a-1", "a-2")


def test_sixteen_callers_without_a_token_fetch_one() -> None:
    issuer, start = Issuer(), Barrier(16)
    cache = issuer.cache()

    def call(_: int) -> str:
        start.wait()
        return cache.get("a")

    with ThreadPoolExecutor(16) as pool:
        got = set(pool.map(call, range(16)))

    assert (got, issuer.asked) == ({"a-1"}, 1)


def test_nobody_waits_for_a_renewal_while_the_old_token_lives() -> None:
    issuer, renewing, go_on = Issuer(), Event(), Event()
    cache = issuer.cache()
    cache.get("a")
    issuer.now += LIFE * 0.85

    def renew_slowly() -> None:
        renewing.set()
        go_on.wait(10)

    issuer.before = renew_slowly
    with ThreadPoolExecutor(1) as pool:
        renewal = pool.submit(cache.get, "a")
        renewing.wait(10)
        meanwhile = [cache.get("a") for _ in range(15)]
        go_on.set()
        renewed = renewal.result()

    assert (set(meanwhile), renewed, issuer.asked) == ({"a-1"}, "a-2", 2)


def test_a_failed_renewal_is_nobodys_trouble_while_the_old_token_lives() -> None:
    issuer = Issuer()
    cache = issuer.cache()
    cache.get("a")
    issuer.now += LIFE * 0.85
    issuer.fault = TryAgainLater("down")

    got = [cache.get("a") for _ in range(10)]

    assert (set(got), issuer.asked) == ({"a-1"}, 2)


def test_a_token_is_dead_a_minute_early() -> None:
    issuer = Issuer()
    cache = issuer.cache()
    cache.get("a")
    issuer.fault = TryAgainLater("down")

    issuer.now += LIFE - EARLY_SECONDS - 1
    living = cache.get("a")
    issuer.now += FAILURE_SECONDS

    assert living == "a-1"
    with pytest.raises(TryAgainLater):
        cache.get("a")


def test_a_short_token_is_used_for_half_its_life() -> None:
    issuer = Issuer(life=20)
    cache = issuer.cache()
    cache.get("a")

    issuer.now += 9
    early = cache.get("a")
    issuer.now += 2
    late = cache.get("a")

    assert (early, late) == ("a-1", "a-2")


@pytest.mark.parametrize("kind", [TryAgainLater, NeedsAPerson])
def test_a_failure_is_told_to_everybody_and_tried_again_after_a_while(
    kind: type[TryAgainLater] | type[NeedsAPerson],
) -> None:
    issuer = Issuer()
    cache = issuer.cache()
    issuer.fault = kind("no", where="there", do="this")

    for _ in range(5):
        with pytest.raises(kind, match="there"):
            cache.get("a")
    asked = issuer.asked
    issuer.now, issuer.fault = issuer.now + FAILURE_SECONDS, None

    assert (asked, cache.get("a")) == (1, "a-2")


def test_a_token_that_was_not_accepted_is_dropped_once() -> None:
    issuer = Issuer()
    cache = issuer.cache()
    refused = cache.get("a")

    cache.drop("a", refused)
    fresh = cache.get("a")
    cache.drop("a", refused)

    assert (refused, fresh, cache.get("a")) == ("a-1", "a-2", "a-2")


def test_a_token_is_not_shown() -> None:
    assert "secret" not in repr(Token("secret", 1))
