"""Runs a session of session.py against the server of this folder, through a proxy that cuts connections.

python3 -B python-session.py [ws://localhost:3000]
"""

import asyncio
import secrets
import sys

from session import RemoteError, Session
from websockets.version import version

NUMBERS = list(range(1, 501))


async def main(url):
    print("a session over python3-websockets", version)
    session = Session(f"{url}/numbers/{secrets.token_hex(8)}", wait=0.001)
    breaks = []
    session.on("reset", breaks.append)
    session.on("gap", breaks.append)
    posted, posted_to_room = collect(session, "posted"), collect(session, "postedToRoom")

    # All at once, so that each cut hits messages of every type in both directions.
    sent = [session.send("post", n) for n in NUMBERS]
    counted = asyncio.create_task(items(session.stream("count", len(NUMBERS))))
    echoed = [asyncio.create_task(session.request("echo", n)) for n in NUMBERS[:50]]

    await asyncio.gather(*sent)
    assert await session.request("received") == NUMBERS
    print("ok sent")
    assert await posted == NUMBERS
    print("ok posted")
    assert await asyncio.gather(*echoed) == NUMBERS[:50]
    print("ok request")
    assert await counted == NUMBERS
    print("ok stream")
    assert await posted_to_room == NUMBERS
    [[_, offset, *_]] = session.rooms.values()
    assert offset == len(NUMBERS)
    print("ok room")
    assert session.states[0] == "new"
    assert set(session.states[1:]) == {"resumed"} and breaks == []
    assert await posted == await posted_to_room == NUMBERS  # and no duplicate has arrived
    print("ok resume")

    try:
        await session.send("post", "one")
        raise AssertionError("the server accepted a text where the contract has a number")
    except RemoteError as error:
        assert error.code == "INVALID"
    print("ok error")

    await session.close()
    assert session.ended.code == 1000
    print("ok close")


def collect(session, name):
    """Returns a future of the numbers of an event; it is done when the last number has arrived."""
    received, done = [], asyncio.get_running_loop().create_future()

    def receive(n):
        received.append(n)
        if n == NUMBERS[-1] and not done.done():
            done.set_result(received)

    session.on(name, receive)
    return done


async def items(stream):
    return [item async for item in stream]


asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "ws://localhost:3000"))
