"""Every feature has words that a person knows."""

import re

import pytest

from ml_core.features.spoken import SPOKEN, speak
from ml_core.features.table import known_features

NAMES = list(known_features(("context_VIX",)))


@pytest.mark.parametrize("name", NAMES)
def test_a_feature_is_spoken_of_without_signs_of_a_name(name):
    assert "_" not in speak(name)
    assert speak(name).strip() == speak(name) != ""


def test_no_two_features_share_their_words():
    told = [speak(name) for name in NAMES]
    assert sorted(one for one in set(told) if told.count(one) > 1) == []


def test_no_word_is_of_a_feature_that_is_gone():
    stems = {re.sub(r"_\d+$", "", name) for name in NAMES}
    assert set(SPOKEN) - stems == set()


def test_the_sessions_that_it_looks_at_stand_in_front():
    assert speak("sector_strength_20") == "20-session momentum of its sector"
    assert speak("momentum_5") == "5-session momentum"
    assert speak("context_VIX_change_5") == "5-session change of VIX"
    assert speak("context_eps") == "eps"
