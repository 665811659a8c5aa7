"""Parts of charts stand where their figures say."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from moderation.console.charts import Scale, apart, path, rising, series, spark, step_for


def test_values_stand_in_percent_and_beyond_stand_at_the_end():
    assert [Scale(0, 50).at(value) for value in (-1, 0, 25, 50, 99)] == [0, 0, 50, 100, 100]
    assert [Scale(0, 50, rises=True).at(value) for value in (0, 50)] == [100, 0]
    assert Scale(3, 3).at(3) == 0


@given(st.floats(0, 1e9, allow_nan=False))
def test_an_axis_has_room_for_its_value_and_few_round_ticks(most):
    scale, ticks = rising(most)
    assert scale.high >= most * 0.999
    assert 2 <= len(ticks) <= 5
    assert ticks[0].value == 0 and ticks[-1].at == 0


@given(st.floats(1e-6, 1e9), st.integers(2, 8))
def test_steps_are_one_two_or_five_times_a_power_of_ten(span, ticks):
    step = step_for(span, ticks)
    assert f"{step:e}"[0] in "125" and span / step <= ticks * 1.01


def test_a_line_is_broken_where_nothing_is_known_and_a_lone_point_is_a_dot():
    points = series([1, None, 3], Scale(0, 4, rises=True))
    assert path(points) == "M0.00 75.00h0M100.00 25.00h0"
    assert path([None]) == "" and spark([]) == "" and spark([0.0, 0.0]).startswith("M0.00 100.00")


def test_labels_keep_apart_and_within_the_plot():
    found = apart([95, 96, 97], 9)
    assert found == [82, 91, 100]
    assert apart([], 9) == []
