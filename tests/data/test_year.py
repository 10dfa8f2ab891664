"""How many trading days a year has, by the exchange's calendar."""

from ml_core.data.calendar import days_in_year


def test_a_year_of_an_exchange_has_252_days_and_one_without_a_pause_365():
    assert days_in_year("XNYS") == days_in_year("XTKS") == days_in_year("data") == 252.0
    assert days_in_year("24/7") == 365.0
