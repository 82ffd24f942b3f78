"""A session in Python, by session.py, with the server of this folder, through a proxy that cuts connections.

python3 -B python-session.py [ws://localhost:3000]
"""

import asyncio
import secrets
import sys

from session import Refused, Session
from websockets.version import version

NUMBERS = list(range(1, 501))


async def main(url):
    print("a session over python3-websockets", version)
    session = Session(f"{url}/tally/{secrets.token_hex(8)}", wait=0.001)
    breaks = []
    session.on("reset", breaks.append)
    session.on("gap", breaks.append)
    told, said = collect(session, "told"), collect(session, "said")

    # All at once, so that each cut hits something of everything, both ways.
    sent = [session.send("tell", n) for n in NUMBERS]
    counting = asyncio.create_task(items(session.stream("count", len(NUMBERS))))
    asked = [asyncio.create_task(session.request("echo", n)) for n in NUMBERS[:50]]

    await asyncio.gather(*sent)
    assert await session.request("heard") == NUMBERS
    print("ok sent")
    assert await told == NUMBERS
    print("ok told")
    assert await asyncio.gather(*asked) == NUMBERS[:50]
    print("ok request")
    assert await counting == NUMBERS
    print("ok stream")
    assert await said == NUMBERS
    [[_, position]] = session.rooms.values()
    assert position == len(NUMBERS)
    print("ok room")
    assert session.states[0] == "new"
    assert set(session.states[1:]) == {"resumed"} and breaks == []
    assert await told == await said == NUMBERS  # and nothing came since
    print("ok resume")

    try:
        await session.send("tell", "one")
        raise AssertionError("what is no number was taken")
    except Refused as refusal:
        assert refusal.code == "INVALID"
    print("ok refusal")

    await session.close()
    assert session.ended.code == 1000
    print("ok close")


def collect(session, name):
    """Resolves with what was said by a name, when the last number has been."""
    heard, done = [], asyncio.get_running_loop().create_future()

    def hear(n):
        heard.append(n)
        if n == NUMBERS[-1] and not done.done():
            done.set_result(heard)

    session.on(name, hear)
    return done


async def items(stream):
    return [item async for item in stream]


asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "ws://localhost:3000"))
