"""The report flow: writes an experiment's report of the week under the home, and shows it in Prefect."""

import datetime as dt

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.naming import begin_as, rename
from flows.order import FlowOrder, open_order
from flows.parameters import ExperimentName, HomeFolder, Overrides, explained
from ml_core.bulletin.page import ReportPage, write_page
from ml_core.bulletin.report import build_report
from ml_core.bulletin.subject import open_subject
from ml_core.home.spelling import spell

SECONDS = 1800


@task(name="write the report", cache_policy=NO_CACHE)
def write_report(order: FlowOrder, now: dt.datetime, name: str, overrides: tuple[str, ...]) -> ReportPage:
    """Of whoever answers, from what is stored; nothing is scored, fitted or moved for it. Its commands name the
    experiment as the run does."""
    subject = open_subject(
        order, None, now=now, spell=lambda verb: spell(verb, name, home=order.home, overrides=overrides)
    )
    return write_page(order, build_report(subject))


@flow(name="report", flow_run_name=begin_as("report"), timeout_seconds=SECONDS)
@explained
def report_experiment(
    experiment: ExperimentName, overrides: Overrides = None, home: HomeFolder = None
) -> State:
    """Write the report, and publish its text; its figures, and the same as one HTML file, lie beside the file that is
    named."""
    order, now = open_order(experiment, overrides, home), dt.datetime.now(dt.UTC)
    page = write_report(order, now, experiment, tuple(overrides or ()))
    rename(f"report {order.experiment.name} {now.date()}")
    told = f"written to {page.file}"
    create_markdown_artifact(
        page.text, key=order.artifact("report"), description=f"{told}; to hand on: {page.report}"
    )
    return Completed(message=told)
