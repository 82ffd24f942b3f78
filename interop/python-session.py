"""A session in Python, by session.py, with the server of this folder, over a network that fails.

python3 python-session.py [ws://localhost:3000]
"""

import asyncio
import sys

from session import Session, __doc__ as title

COUNT = 300


async def main(url):
    print("a session of Python's own")
    session = Session(f"{url}/tally", wait=0.001)
    told, said, breaks = [], [], []
    session.on("told", told.append)
    session.on("said", said.append)
    session.on("reset", breaks.append)
    session.on("gap", breaks.append)
    numbers = list(range(1, COUNT + 1))

    sent = [session.send("tell", n) for n in numbers]
    streamed = asyncio.create_task(collect(session.stream("count", COUNT)))
    replies = [session.request("echo", n) for n in numbers[:40]]
    assert await asyncio.gather(*replies) == numbers[:40]
    print("ok request")
    assert await streamed == numbers
    print("ok stream")
    await asyncio.gather(*sent)
    assert await session.request("heard") == numbers
    print("ok event")
    while len(told) < COUNT or len(said) < COUNT:
        await asyncio.sleep(0.01)
    assert told == numbers
    print("ok asked by the server")
    assert said == numbers
    print("ok room")
    assert not breaks
    print(session.states)
    await session.close()


async def collect(items):
    return [item async for item in items]


asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "ws://localhost:3000"))
