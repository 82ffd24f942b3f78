"""A client of symbolon's sessions, written from PROTOCOL.md: one conversation over as many wires as it takes.

It speaks JSON and answers no calls. It needs websockets (Debian: python3-websockets).
"""

import asyncio
import inspect
import itertools
import json
import random
import secrets
import traceback
from contextlib import aclosing

import websockets
from websockets.exceptions import ConnectionClosed, WebSocketException

# What this half takes: events unfinished, and characters of them.
WINDOW = {"w": 256, "wb": 2**20}
# What may be sent in a stream before there is credit.
ITEMS, CHARACTERS = 16, 2**18
ASKING = ("request", "stream")


class Refused(Exception):
    """An event, a request or a stream has failed at the server."""

    def __init__(self, error):
        super().__init__(f"{error['code']}: {error['message']}")
        self.code, self.data = error["code"], error.get("data")


class OutcomeUnknown(Exception):
    """The session was reset or closed: it may have happened, or not."""


class Ended(Exception):
    """The wire is to be closed, or was, with this code."""

    def __init__(self, code):
        super().__init__(f"closed with {code}")
        self.code = code


def is_final(code):
    """Whether the client does not dial again (PROTOCOL.md, close codes)."""
    return (
        code in (1000, 1002, 1003, 1007, 1008, 1009, 4900)
        or 4400 <= code <= 4499
        and code not in (4408, 4429)
    )


class Message:
    """A frame of ours, until the server has finished it."""

    def __init__(self, frame):
        self.frame = frame
        self.is_event = frame["t"] == "event"
        self.size = len(json.dumps(frame)) + 64
        self.finished = asyncio.get_running_loop().create_future()
        self.finished.add_done_callback(lambda one: one.exception())  # it may be left alone


class Session:
    """`on` what the server says; `send`, `request` and `stream`; `close`."""

    def __init__(self, url, auth=None, wait=0.5):
        self.url, self.auth, self.wait = url, auth, wait
        self.cid, self.dials, self.key = secrets.token_urlsafe(16), 0, None
        self.states = []  # that of each welcome
        self.handlers, self.inbox = {}, asyncio.Queue()
        self.rooms = {}  # by name: the history, and our position in it
        self.waiting, self.numbers = [], itertools.count(1)
        self.held, self.calls = {}, {}
        self.out = self.ended = None
        self._begin()
        self.tasks = [asyncio.create_task(self._run()), asyncio.create_task(self._handle())]

    # What the application says

    def on(self, name, handler):
        """Handles an event; `reset` and `gap` tell of breaks."""
        self.handlers[name] = handler

    def send(self, name, data):
        """Says an event. The future is done when the server has finished it."""
        return self._say({"t": "event", "name": name, "data": data, "q": next(self.numbers)}).finished

    async def request(self, name, data=None):
        frame = {}
        async for frame, _ in self._ask("request", name, data):
            pass
        return frame.get("data")

    async def stream(self, name, data=None):
        items = size = 0
        granted = (ITEMS, CHARACTERS)
        async with aclosing(self._ask("stream", name, data)) as answers:
            async for frame, length in answers:
                if frame["t"] != "next":
                    return
                items, size = items + 1, size + length
                if items + ITEMS / 2 >= granted[0] or size + CHARACTERS / 2 >= granted[1]:
                    granted = (items + ITEMS, size + CHARACTERS)
                    self._say({"t": "credit", "q": frame["re"], "n": granted[0], "b": granted[1]})
                yield frame.get("data")

    async def close(self):
        """Ends the session."""
        if self.out:
            self.out.put_nowait({"t": "bye"})
        self.ended = Ended(1000)
        await asyncio.wait(self.tasks[:1])

    async def _ask(self, t, name, data):
        q, answers = next(self.numbers), asyncio.Queue()
        self.calls[q] = answers
        self._say({"t": t, "q": q, "name": name, "data": data})
        try:
            while True:
                frame, size = await answers.get()
                if isinstance(frame, Exception):
                    raise frame
                if frame["t"] != "next":
                    del self.calls[q]
                if frame["t"] == "error":
                    raise Refused(frame)
                yield frame, size
                if frame["t"] != "next":
                    return
        finally:
            if self.calls.pop(q, None):
                self._say({"t": "cancel", "q": q})

    # The sender

    def _begin(self):
        """A session begins, with what was never put on a wire."""
        for message in self.held.values():
            self._settle(message, OutcomeUnknown())
        self.waiting = [one for one in self.waiting if one.frame["t"] in ("event", *ASKING)]
        unasked = [one.frame["q"] for one in self.waiting]
        for q in [q for q in self.calls if q not in unasked]:
            self.calls.pop(q).put_nowait((OutcomeUnknown(), 0))
        self.last, self.held = 0, {}
        self.position, self.unfinished, self.owed = 0, set(), 0

    def _say(self, frame):
        message = Message(frame)
        if self.ended:
            message.finished.set_exception(self.ended)
        else:
            self.waiting.append(message)
            self._push()
        return message

    def _push(self):
        """Sends what may be sent now; answers do not wait for events."""
        blocked = False
        for message in list(self.waiting) if self.out else ():
            events = [one.size for one in self.held.values() if one.is_event]
            full = len(events) >= self.window["w"] or sum(events) >= self.window["wb"]
            blocked = blocked or (message.is_event and full)
            if blocked and message.frame["t"] in ("event", *ASKING):
                continue
            self.waiting.remove(message)
            self.last += 1
            self.held[self.last] = message
            self._transmit(self.last)

    def _transmit(self, s):
        numbers = {"s": s}
        if self.owed and not self.unfinished:
            numbers["a"], self.owed = self.position, 0
        self.out.put_nowait({**numbers, **self.held[s].frame})

    def _acked(self, a, but=()):
        if a > self.last:
            raise Ended(4400)
        for s in [s for s in self.held if s <= a and s not in but]:
            self._settle(self.held.pop(s))
        self._push()

    def _settle(self, message, error=None):
        if message.finished.done():
            return  # an error has come before its acknowledgement
        message.finished.set_exception(error) if error else message.finished.set_result(None)

    # The reader

    def _hear(self, frame, size):
        t = frame["t"]
        if t == "ack":
            self._acked(frame["a"], frame.get("but", ()))
        elif t == "ping":
            self._acknowledge()
            self.out.put_nowait({"t": "pong", "n": frame["n"]})
        elif t == "reauth":
            self.out.put_nowait({"t": "auth", "token": self.auth})
        elif t in ("bye", "goaway"):
            raise Ended(1000 if t == "bye" else 1001)
        elif t == "room":
            self.rooms[frame["room"]] = [frame["ep"], frame["off"]]
        elif t in ("said", "skip"):
            self._in_room(frame)
        elif t == "gap":
            if "room" in frame:
                self.rooms[frame["room"]][1] = frame["to"]
            else:
                self.position = frame["to"]
            self.inbox.put_nowait(({"name": "gap", "data": frame}, None))
        elif t != "pong":
            self._in_conversation(frame, size)

    def _in_conversation(self, frame, size):
        if "a" in frame:
            self._acked(frame["a"])
        s, t = frame.get("s"), frame["t"]
        if s:
            self.owed += 1
            if s <= self.position:
                return self._soon()  # we have had it
            if s > self.position + 1:
                raise Ended(4902)
            self.position = s
        if t == "event":
            if s:
                self.unfinished.add(s)
            self.inbox.put_nowait((frame, self.unfinished))
        elif t in ASKING:
            self._say({"t": "error", "re": frame["q"], "code": "NOT_FOUND", "message": "nobody answers"})
        elif frame.get("re") in self.calls:
            self.calls[frame["re"]].put_nowait((frame, size))
        elif t == "error":
            for message in self.held.values():
                if message.is_event and message.frame["q"] == frame["re"]:
                    self._settle(message, Refused(frame))
        if self.owed >= WINDOW["w"] / 4:
            self._soon()

    def _in_room(self, frame):
        place = self.rooms.get(frame["room"])
        if place is None or frame["o"] <= place[1]:
            return
        if frame["p"] != place[1]:
            raise Ended(4902)
        place[1] = frame["o"]
        if frame["t"] == "said":
            self.inbox.put_nowait((frame, None))

    async def _handle(self):
        """Handles events one after another; one is finished when its handler is."""
        while True:
            frame, unfinished = await self.inbox.get()
            handler, code = self.handlers.get(frame["name"]), None
            try:
                result = handler and handler(frame.get("data"))
                if inspect.isawaitable(result):
                    await result
            except Exception:
                traceback.print_exc()
                code = "INTERNAL"
            if (code or not handler) and unfinished is self.unfinished and "q" in frame:
                self._say({"t": "error", "re": frame["q"], "code": code or "NOT_FOUND", "message": "it failed"})
            if unfinished is self.unfinished and "s" in frame:
                unfinished.discard(frame["s"])
                self._soon()

    def _soon(self):
        asyncio.get_running_loop().call_soon(self._acknowledge)

    def _acknowledge(self):
        if not (self.out and self.owed and self.position):
            return
        self.owed = 0
        but = {"but": sorted(self.unfinished)} if self.unfinished else {}
        self.out.put_nowait({"t": "ack", "a": self.position, **but})

    # One wire after the other

    async def _run(self):
        waits = 0
        while not self.ended:
            since, code = asyncio.get_running_loop().time(), 1006
            try:
                code = await self._dial()
            except (OSError, WebSocketException, asyncio.TimeoutError):
                pass
            self.out = None
            if is_final(code):
                self.ended = Ended(code)
            elif not self.ended:
                waits = 0 if asyncio.get_running_loop().time() - since > 10 else waits + 1
                await asyncio.sleep(random.uniform(0, min(30, self.wait * 2**waits)))
        self._begin()
        for message in self.waiting:
            self._settle(message, self.ended)
        for answers in self.calls.values():
            answers.put_nowait((self.ended, 0))
        self.tasks[1].cancel()

    async def _dial(self):
        """Talks over one wire; gives the code with which it ended."""
        options = {"subprotocols": ["symbolon.v1.json"], "ping_interval": None, "max_size": None}
        wire = await websockets.connect(self.url, **options)
        writing = None
        try:
            await wire.send(json.dumps(self._hello()))
            welcome = json.loads(await asyncio.wait_for(wire.recv(), 15))
            self._welcomed(welcome)
            writing = asyncio.create_task(self._write(wire, self.out))
            silence = sum(welcome["heartbeat"].values()) / 1000
            while True:
                message = await asyncio.wait_for(wire.recv(), silence)
                self._hear(json.loads(message), len(message))
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 1006
        except Ended as ended:
            await wire.close(ended.code)
            return ended.code
        finally:
            if writing:
                writing.cancel()
            wire.transport.abort()

    async def _write(self, wire, out):
        while True:
            frame = await out.get()
            await wire.send(json.dumps(frame))
            if frame["t"] == "bye":
                await wire.close(1000)

    def _hello(self):
        self.dials += 1
        hello = {"t": "hello", "v": 1, "cid": self.cid, "att": self.dials, **WINDOW}
        if self.auth:
            hello["auth"] = self.auth
        if self.key:
            first = min(self.held, default=self.last + 1)
            hello["resume"] = {**self.key, "rx": self.position, "tx0": first}
        if self.rooms:
            hello["rooms"] = [[name, *place] for name, place in self.rooms.items()]
        return hello

    def _welcomed(self, welcome):
        state = welcome["state"]
        self.states.append(state)
        if state == "reset":
            self.inbox.put_nowait(({"name": "reset", "data": welcome.get("why")}, None))
        if state == "new" and self.key:
            raise Ended(4400)
        if state != "resumed":
            self._begin()
        self.key = {name: welcome[name] for name in ("sid", "rt", "ep")}
        self.window = {"w": welcome["w"], "wb": welcome["wb"]}
        self.out = asyncio.Queue()
        self.owed += 1
        self._acknowledge()
        for s in list(self.held):
            if s > welcome["rx"] or s in welcome.get("but", ()):
                self._transmit(s)
        self._push()
