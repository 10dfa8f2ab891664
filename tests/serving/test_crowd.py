"""More at once than can be answered soon: those who are there are answered, who comes beyond is told when to come
again, and as soon as there is room everybody is answered."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest
from fastapi import FastAPI, Request

from serving.door.crowd import TOLD, Crowd
from tests.serving.conftest import LOOPBACK


class Slow:
    """Answers questions when it is let."""

    def __init__(self) -> None:
        self.inside, self.let, self.app = 0, asyncio.Event(), FastAPI()
        self.app.add_api_route("/info", self.answer, methods=["GET", "POST"])
        self.app.add_api_route("/broken", self.break_off)
        self.app.add_api_route("/health", self.tell_health)

    async def answer(self, request: Request) -> str:
        await request.body()
        self.inside += 1
        await self.let.wait()
        return "told"

    async def break_off(self) -> str:
        self.inside += 1
        await self.let.wait()
        raise RuntimeError("broken")

    async def tell_health(self) -> str:
        return "well"


def crush(story: Callable[[Slow, httpx.AsyncClient], Awaitable[None]]) -> None:
    async def play() -> None:
        slow = Slow()
        door = httpx.ASGITransport(Crowd(at_once=3).around(slow.app), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=door, base_url=LOOPBACK) as visitor:
            await asyncio.wait_for(story(slow, visitor), 30)

    asyncio.run(play())


async def fill(slow: Slow, visitor: httpx.AsyncClient, path: str, verb: str = "GET") -> list[asyncio.Task]:
    body = b"{}" if verb == "POST" else None
    waiting = [asyncio.create_task(visitor.request(verb, path, content=body)) for _ in range(3)]
    while slow.inside < 3:
        await asyncio.sleep(0)
    return waiting


@pytest.mark.parametrize("verb", ["GET", "POST"])
def test_who_comes_beyond_is_told_when_to_come_again_and_those_inside_are_answered(verb) -> None:
    async def story(slow: Slow, visitor: httpx.AsyncClient) -> None:
        waiting = await fill(slow, visitor, "/info", verb)
        for refused in (await visitor.get("/info"), await visitor.post("/info", content=b"{}")):
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
            assert TOLD in refused.text
        assert (await visitor.get("/health")).status_code == 200
        slow.let.set()
        assert {one.status_code for one in await asyncio.gather(*waiting)} == {200}
        assert {(await visitor.get("/info")).status_code for _ in range(5)} == {200}

    crush(story)


def test_an_answer_that_breaks_off_makes_room_too() -> None:
    async def story(slow: Slow, visitor: httpx.AsyncClient) -> None:
        waiting = await fill(slow, visitor, "/broken")
        slow.let.set()
        assert {one.status_code for one in await asyncio.gather(*waiting)} == {500}
        assert {(await visitor.get("/info")).status_code for _ in range(5)} == {200}

    crush(story)


def test_many_who_send_slowly_keep_nobody_out() -> None:
    async def story(slow: Slow, visitor: httpx.AsyncClient) -> None:
        sent = asyncio.Event()

        async def slowly() -> AsyncIterator[bytes]:
            yield b"{"
            await sent.wait()
            yield b"}"

        slow.let.set()
        sending = [asyncio.create_task(visitor.post("/info", content=slowly())) for _ in range(10)]
        await asyncio.sleep(0.1)
        assert {(await visitor.post("/info", content=b"{}")).status_code for _ in range(5)} == {200}
        sent.set()
        assert 200 in {one.status_code for one in await asyncio.gather(*sending)}

    crush(story)
