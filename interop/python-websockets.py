"""Tests websockets, Debian's python3-websockets, with the server of this folder.

python3 python-websockets.py [ws://localhost:3000]
"""

import asyncio
import json
import sys

import websockets
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.version import version


async def main(url):
    print("python3-websockets", version)

    async with websockets.connect(f"{url}/hello") as ws:
        await ws.send("Ada")
        assert await ws.recv() == "Hello Ada!"
    print("ok text")

    async with websockets.connect(f"{url}/json") as ws:
        await ws.send(json.dumps({"name": "Łucja"}))
        assert json.loads(await ws.recv()) == {"greeting": "Hello Łucja!"}
    print("ok JSON")

    async with websockets.connect(f"{url}/echo") as ws:
        await ws.send(b"\x00\xff")
        assert await ws.recv() == b"\x00\xff"
        print("ok binary")
        await (await ws.ping("still there?"))
        print("ok ping")

    async with websockets.connect(
        f"{url}/chat", subprotocols=["soap", "chat.v2"]
    ) as ws:
        assert ws.subprotocol == "chat.v2"
        assert await ws.recv() == "chat.v2"
    print("ok subprotocol")

    async with websockets.connect(f"{url}/close") as ws:
        try:
            await ws.recv()
            raise AssertionError("the server did not close")
        except ConnectionClosed as closed:
            assert (closed.rcvd.code, closed.rcvd.reason) == (4000, "that is all")
    print("ok close")

    async with websockets.connect(f"{url}/leave") as ws:
        await ws.close(4001, "see you")
    async with websockets.connect(f"{url}/left") as ws:
        left = {"code": 4001, "reason": "see you", "wasClean": True}
        assert json.loads(await ws.recv()) == left
    print("ok leave")

    try:
        await websockets.connect(f"{url}/secret")
        raise AssertionError("the server accepted a client without a password")
    except InvalidHandshake as error:
        assert "HTTP 403" in str(error)
    members = url.replace("://", "://ada:hunter2@")
    async with websockets.connect(f"{members}/secret") as ws:
        assert await ws.recv() == "welcome, Ada"
    print("ok refusal")

    async with websockets.connect(f"{url}/greetings/en") as ws:
        await ws.send('{"t":"event","name":"greet","data":{"name":"Ada"}}')
        greeting = {"t": "event", "name": "greeting", "data": "Hello Ada!"}
        assert json.loads(await ws.recv()) == greeting
        await ws.send('{"t":"event","q":1,"name":"greet","data":{"name":""}}')
        error = json.loads(await ws.recv())
        assert (error["t"], error["re"], error["code"]) == ("error", 1, "INVALID")
    print("ok contract")


asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "ws://localhost:3000"))
