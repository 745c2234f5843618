"""The model reckons as people do, and the same words are the spreadsheet's formulas."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.errors import NeedsAPerson
from reports.cost_benefit.assumptions import read_assumptions, with_measured
from reports.cost_benefit.expressions import evaluate, expanded, names_in, with_names
from reports.cost_benefit.model import (
    AS_PRINTED,
    SUMS,
    YEARS,
    cash_flow,
    changed,
    in_assumptions,
    results,
    years_until_paid,
)

DAY = date(2026, 11, 25)
SAID = read_assumptions(DAY)


def test_a_letter_by_hand_is_pay_and_paper_and_postage() -> None:
    found = results({**SAID.values(), "aarskostnad": 600_000, "timer": 1750, "minutter_uten": 4.2})

    assert found["lonn_uten"] == pytest.approx(24)
    assert found["brev_uten"] == pytest.approx(24 + 2.5 + 13)


def test_the_figures_that_the_presentation_prints_are_the_defaults() -> None:
    values = SAID.values()

    assert values["andel_digital"] == 0.25
    assert (values["materiell_med"], values["porto_uten"], values["porto_med"]) == (5.7, 13, 7.5)
    assert {one.status for one in SAID.figures if one.id.startswith("porto")} == {"stated"}
    assert {one.id for one in SAID.figures if one.status == "estimate"} >= {
        "aarskostnad",
        "timer",
        "volum",
        "minutter_uten",
        "materiell_uten",
    }


def test_postage_a_dispatch_counts_digital_ones_as_nothing_in_the_printed_reckoning() -> None:
    values = {**SAID.values(), "minutter_uten": 0, "materiell_uten": 0, "materiell_med": 0}
    known = {**values, **results(values)}

    saved = evaluate(AS_PRINTED, known) / values["volum"]

    assert 13 - saved == pytest.approx(7.5 * 0.75)


@given(
    st.fixed_dictionaries(
        {
            one.id: st.floats(min(one.low, one.high) + 0.001, max(one.low, one.high) + 0.002)
            for one in SAID.figures
        }
    )
)
def test_a_result_in_assumptions_alone_is_the_same_result(values: dict[str, float]) -> None:
    found = results(values)

    for name in SUMS:
        assert evaluate(in_assumptions(name), values) == pytest.approx(found[name])
        assert names_in(in_assumptions(name)) <= values.keys()


def test_at_the_break_even_share_nothing_is_saved() -> None:
    values = SAID.values()
    share = results(values)["nullpunkt_digital"]

    assert results({**values, "andel_digital": share})["sparing_aar"] == pytest.approx(0, abs=1e-6)


def test_one_percentage_point_more_is_worth_what_the_saving_grows_by() -> None:
    values = SAID.values()
    more = results({**values, "andel_digital": values["andel_digital"] + 0.01})

    found = results(values)

    grows = more["sparing_aar"] - found["sparing_aar"]
    assert found["ett_prosentpoeng"] == pytest.approx(grows)


def test_all_on_paper_by_hand_saves_nothing() -> None:
    manual = next(one for one in SAID.scenarios if one.id == "manuell")

    assert evaluate(changed("sparing_aar", manual.changes), SAID.values()) == pytest.approx(0)


def test_every_scenario_changes_assumptions_that_there_are() -> None:
    names = SAID.values().keys()

    for scenario in SAID.scenarios:
        assert scenario.changes.keys() <= names
        assert all(names_in(text) <= names for text in scenario.changes.values())


def test_the_cash_flow_discounts_and_is_paid_back() -> None:
    values = {**SAID.values(), "investering": 1000.0, "volumvekst": 0.0}
    values |= {"volum": 100.0, "fast_kostnad": 0.0}
    yearly = results(values)["sparing_aar"]

    flow = cash_flow(values, 0.04)

    assert len(flow) == YEARS + 1
    assert flow[0].accumulated == -1000
    assert flow[2].discounted == pytest.approx(yearly / 1.04**2)
    paid = years_until_paid(flow)
    assert paid is not None
    assert 0 < paid < 1 + 1000 / yearly * 1.1


def test_what_never_pays_for_itself_is_said_so() -> None:
    assert years_until_paid(cash_flow({**SAID.values(), "investering": 1e12}, 0.04)) is None


def test_what_was_measured_takes_the_place_of_an_estimate() -> None:
    found = with_measured(SAID.figures, {"porto_med": 21.5})

    porto = next(one for one in found if one.id == "porto_med")
    assert (porto.expected, porto.status) == (21.5, "measured")
    assert porto.high / porto.expected == pytest.approx(20 / 7.5)
    assert sum(one.status == "measured" for one in found) == 1


def test_a_day_before_every_discount_rate_is_told() -> None:
    with pytest.raises(NeedsAPerson, match="no discount rate holds"):
        read_assumptions(date(2000, 1, 1))


def test_an_expression_is_a_spreadsheets_formula_as_it_stands() -> None:
    assert expanded("a + b", {"b": "c * 2 ^ 3"}) == "a+c*2^3"
    assert with_names("(1 - a) * b", {"a": "$A5", "b": "(b*1.3)"}) == "(1-$A5)*(b*1.3)"
    assert expanded("a * b", {"b": "c + 1"}) == "a*(c+1)"


@pytest.mark.parametrize("text", ["open('x')", "a.b", "'text'", "a if b else c", "[1]"])
def test_what_is_no_sum_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a sum"):
        evaluate(text, {"a": 1, "b": 1, "c": 1})
