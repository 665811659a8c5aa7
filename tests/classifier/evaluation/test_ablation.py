import numpy as np
import pytest

from classifier import Model, tally
from classifier.evaluation.ablation import FAMILIES, dropped, left_out
from classifier.evaluation.generated import generated_rows
from classifier.features import groups


@pytest.fixture(scope="module")
def model():
    return Model.load()


@pytest.mark.parametrize("family", FAMILIES)
def test_dropping_a_family_scores_like_giving_it_no_weight(model, family):
    batch = model.features(generated_rows(50))
    members = FAMILIES[family]
    with left_out(members):
        expected = model.score(batch).probability
    found = model.score(dropped(batch, members)).probability
    assert found == pytest.approx(expected, abs=2e-6)


def test_families_are_all_groups_and_share_none(model):
    batch = model.features(generated_rows(200))
    members = [group for family in FAMILIES.values() for group in family]
    assert len(set(members)) == len(members)
    assert set(np.unique(batch.codes >> groups.GROUP_SHIFT).tolist()) <= set(members)
    assert len(dropped(batch, members).codes) == 0


def test_weights_come_back_even_after_an_error():
    before = [*groups.SITE_WEIGHTS, *groups.BASE_WEIGHTS, *tally.GROUP_WEIGHTS]

    def fail():
        with left_out(FAMILIES["words"]):
            assert groups.SITE_WEIGHTS[groups.WORDS] == tally.GROUP_WEIGHTS[groups.WORDS] == 0
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert [*groups.SITE_WEIGHTS, *groups.BASE_WEIGHTS, *tally.GROUP_WEIGHTS] == before


def test_a_dropped_family_leaves_the_other_rows_features_in_place(model):
    batch = model.features(generated_rows(20))
    part = dropped(batch, FAMILIES["words"])
    assert len(part) == len(batch)
    for i in range(len(batch)):
        codes = batch.row(i)
        assert (part.row(i) == codes[codes >> groups.GROUP_SHIFT != groups.WORDS]).all()
