"""Ctrl-C ends what it is pressed in, whatever becomes of the exception that it raises; so does SIGTERM."""

import contextlib
import signal

import pytest

from ml_core.errors import Terminated
from tuning.interrupt import Interrupt


def press() -> None:
    signal.raise_signal(signal.SIGINT)


def swallow() -> None:
    """As Python does in whatever is called back while an object is freed."""
    with contextlib.suppress(KeyboardInterrupt):
        press()


def test_an_interrupt_that_a_library_swallowed_is_raised_at_the_next_look_and_at_the_end():
    with pytest.raises(KeyboardInterrupt), Interrupt() as interrupt:
        swallow()
        with pytest.raises(KeyboardInterrupt):
            interrupt.check()


def test_what_fails_while_it_ends_does_not_hide_it():
    with pytest.raises(KeyboardInterrupt), Interrupt():
        try:
            press()
        finally:
            raise RuntimeError("the cluster is gone")


def test_whoever_is_not_to_be_interrupted_is_not():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with Interrupt() as interrupt:
            press()
            interrupt.check()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_machine_that_goes_down_ends_it_too():
    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)  # Ray may have run in this process
    try:
        with pytest.raises(Terminated), Interrupt() as interrupt:
            with contextlib.suppress(Terminated):
                signal.raise_signal(signal.SIGTERM)
            interrupt.check()
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGTERM, before)


def test_who_handles_the_signal_himself_goes_on_doing_so():
    heard: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: heard.append(number))
    try:
        with Interrupt():
            signal.raise_signal(signal.SIGTERM)
        assert heard == [signal.SIGTERM]
    finally:
        signal.signal(signal.SIGTERM, before)


def test_where_nobody_pressed_it_nothing_changes():
    before = signal.getsignal(signal.SIGINT)
    with Interrupt() as interrupt:
        interrupt.check()
    with pytest.raises(RuntimeError, match="its own"), Interrupt():
        raise RuntimeError("its own")
    assert signal.getsignal(signal.SIGINT) is before
