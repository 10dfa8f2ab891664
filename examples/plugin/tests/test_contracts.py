"""The package tests itself by what candorcast ships: no future, the same again, opened as it was saved."""

import candorcast_example

from candorcast import testing


def test_it_is_the_installed_package_that_is_checked():
    assert candorcast_example.extra_trees.__module__ == "candorcast_example"


def test_all_that_it_registers_keeps_what_ours_keep():
    assert testing.check_everything() == [
        "provider waves",
        "model extra_trees",
        "model halves",
        "metric huber",
        "strategy best_alone",
        "feature below_high",
    ]
