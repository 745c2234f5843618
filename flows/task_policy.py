"""Which failures a task tries again, and that nothing is ever taken from a cache."""

from typing import Any, Final

from prefect.cache_policies import NO_CACHE

from flows.errors import TryAgainLater


def worth_another_try(_task: object, _run: object, state: Any) -> bool:
    """Say whether the next try may go better: the network, a lock, a busy server."""
    return isinstance(state.result(raise_on_failure=False), TryAgainLater)


EACH_STEP: Final[dict[str, Any]] = {
    "retries": 2,
    "retry_delay_seconds": [5, 30],
    "retry_condition_fn": worth_another_try,
    # What is done is known from the project's own database; Prefect's memory decides nothing.
    "cache_policy": NO_CACHE,
    "persist_result": False,
}
"""How every task of every flow is made."""
