"""A click on a ticker opens its forecast, and one on anything else opens nothing."""

import gradio as gr
import pytest
from gradio import EventData

from serving.ui._opening import open_tickers
from serving.ui._tab import Parts


@pytest.fixture(scope="module")
def opened():
    """What is done at a click, on a page of one tab."""
    with gr.Blocks() as page, gr.Tabs() as tabs, gr.Tab("Forecast"):
        ticker, board = gr.Textbox(), gr.HTML()
    with page:
        open_tickers(tabs, {"forecast": Parts({"ticker": ticker}), "today": Parts(opens=board)})
    [click] = [one.fn for one in page.fns.values()]
    return click


def test_the_forecast_of_the_ticker_is_opened(opened):
    shown, ticker = opened(EventData(None, {"ticker": "ECHO"}))
    assert (shown["selected"], ticker) == ("forecast", "ECHO")


@pytest.mark.parametrize("carried", [None, {}, {"index": 3}])
def test_what_names_no_ticker_opens_nothing(opened, carried):
    assert opened(EventData(None, carried)) == (gr.skip(), gr.skip())
