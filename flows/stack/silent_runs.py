"""Tells Prefect to mark a flow run as crashed when its process has died without a word: for some time no heartbeat
came. Otherwise the run would count as running and hold its deployment's only slot for ever. Where a worker dies that
this machine's stack has started, its successor closes the runs at once; this is for all others."""

import datetime as dt

from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import StateType
from prefect.events import Posture
from prefect.events.actions import ActionTypes, ChangeFlowRunState
from prefect.events.schemas.automations import AutomationCore, EventTrigger

NAME = "close runs whose process has vanished"
SILENCE = dt.timedelta(seconds=100)  # three heartbeats of 30 s that did not come
ENDS = ("Completed", "Refused", "Refitted", "Failed", "Crashed", "Cancelled", "TimedOut")


async def watch_heartbeats(client: PrefectClient, *, silence: dt.timedelta = SILENCE) -> None:
    """Put the automation in force, once, and in place of one that waits another time."""
    for known in await client.read_automations_by_name(NAME):
        if isinstance(known.trigger, EventTrigger) and known.trigger.within == silence:
            return
        await client.delete_automation(known.id)
    await client.create_automation(build_automation(silence))


def build_automation(silence: dt.timedelta) -> AutomationCore:
    """After a heartbeat, expect another or an end; where neither comes, the run is Crashed."""
    heartbeat = "prefect.flow-run.heartbeat"
    reason = f"no sign of life for {silence}"
    close: ActionTypes = ChangeFlowRunState(name=None, state=StateType.CRASHED, message=reason, force=False)
    return AutomationCore(
        name=NAME,
        trigger=EventTrigger(
            match={"prefect.resource.id": ["prefect.flow-run.*"]},
            for_each={"prefect.resource.id"},
            after={heartbeat},
            expect={heartbeat, *(f"prefect.flow-run.{state}" for state in ENDS)},
            posture=Posture.Proactive,
            threshold=1,
            within=silence,
        ),
        actions=[close],
    )
