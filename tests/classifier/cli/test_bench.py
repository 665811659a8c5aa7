import json

import pytest


@pytest.mark.timeout(300)  # a first run compiles the kernels
def test_one_object_with_the_rates_of_the_budgets(run_process):
    ran = run_process("bench")
    assert ran.status == 0
    (found,) = [json.loads(line) for line in ran.out.splitlines()]
    assert set(found["comments_per_second"]) == {"1", "32", "256"}
    rates = [
        *found["comments_per_second"].values(),
        found["sklearn_per_second"],
        found["single_us"],
        found["update_us"],
        found["site_bytes"],
        found["sbclassifier_per_second"],
    ]
    assert all(isinstance(rate, int | float) and rate > 0 for rate in rates)
    ratio = found["comments_per_second"]["256"] / found["sklearn_per_second"]
    assert found["ratio"] == pytest.approx(ratio, abs=0.06)
    assert 180 <= found["characters"] <= 240
    # Without a checkpoint's table a learner would weigh nothing; with a leak it would weigh more.
    assert 100_000 < found["site_bytes"] <= 768 * 1024
