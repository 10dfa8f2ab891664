"""Answers HEAD as HTTP wants it: as GET is answered, without the body."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.addresses import PAGE

OWN = f"{PAGE}/gradio_api/"  # of the page: what streams there has no end
TOLD = ("route", "kept")  # what those behind say of a request to whoever watches it


class Head:
    """Around all that answers GET."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD" or scope["path"].startswith(OWN):
            await self.app(scope, receive, send)
            return
        asked = {**scope, "method": "GET"}

        async def without_body(message: Message) -> None:
            if message["type"] != "http.response.body":
                await send(message)
            elif not message.get("more_body"):
                await send({"type": "http.response.body", "body": b""})

        await self.app(asked, receive, without_body)
        scope.update({name: asked[name] for name in TOLD if name in asked})
