"""An ASGI application that sends back what it receives, text by the way that events take."""

from typing import Any

import django

django.setup()

from chats.consumers import FRAMES  # noqa: E402
from chats.outlet import Burst, Outlet  # noqa: E402


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] != "websocket":
        return
    outlet = Outlet(send, 0, scope.get("extensions", {}).get(FRAMES))
    while (message := await receive())["type"] != "websocket.disconnect":
        if message["type"] == "websocket.connect":
            await send({"type": "websocket.accept"})
        elif (text := message.get("text")) is not None:
            outlet.write(Burst([text.encode()]))
        else:
            await send({"type": "websocket.send", "bytes": message["bytes"]})
