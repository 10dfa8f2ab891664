"""Says when the deployments of an experiment run: so long after each close of its own exchange, by the clocks of that
exchange. `python -m flows.timetable EXPERIMENT` prints it as the variables that `prefect.yaml` asks for."""

import datetime as dt
import shlex
import sys

from ml_core.data.calendar import week_of
from ml_core.data.hours import Week
from ml_core.data.order import place_order
from ml_core.home.settings import Home, Settings, open_home
from ml_core.spec.experiment import Experiment
from ml_core.spec.file import read_experiment

# Bars are corrected for a while after the close; what follows a refresh by event has an hour before the next one looks.
# Score and predict look once more by the clock: an event that was lost would else cost a session its forecast.
AFTER_CLOSE = {
    "REFRESH": dt.timedelta(hours=2, minutes=30),
    "REFIT": dt.timedelta(hours=3, minutes=30),
    "SCORE": dt.timedelta(hours=4),
    "PREDICT": dt.timedelta(hours=4, minutes=15),
    "MONITOR": dt.timedelta(hours=4, minutes=30),
}
MINUTES_A_DAY = 24 * 60


def variables(found: str, experiment: Experiment, home: Home, *, now: dt.datetime) -> dict[str, str]:
    """Of `prefect.yaml`, for this experiment: how its file is found, its name, and when each deployment runs."""
    almanac = place_order(experiment, home).store.almanac
    week = week_of(experiment.universe.calendar, now, almanac=almanac)
    own = {"EXPERIMENT": found, "NAME": experiment.name, "ZONE": week.zone}
    own |= {what: cron(week, after) for what, after in AFTER_CLOSE.items()}
    return {f"CANDORCAST_{name}": value for name, value in own.items()}


def cron(week: Week, after: dt.timedelta) -> str:
    """At one time of the day, so long after the latest close; of a session that ends at midnight, on the day after."""
    days, minute = divmod(week.close // 60 + int(after.total_seconds()) // 60, MINUTES_A_DAY)
    weekdays = sorted((day + 1 + days) % 7 for day in week.weekdays)  # cron counts from Sunday
    told = "*" if len(weekdays) == 7 else ",".join(map(str, weekdays))
    return f"{minute % 60} {minute // 60} * * {told}"


if __name__ == "__main__":
    _, named = sys.argv
    settings = Settings()
    home = open_home(settings.home, settings.tracking_uri, settings.tables)
    for key, text in variables(named, read_experiment(named), home, now=dt.datetime.now(dt.UTC)).items():
        sys.stdout.write(f"export {key}={shlex.quote(text)}\n")
