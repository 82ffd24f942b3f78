"""A client of symbolon's sessions, written from PROTOCOL.md: one conversation, over as many wires as it takes.

It speaks JSON and answers no calls. It needs Python 3.10 and websockets (Debian: python3-websockets).
"""

import asyncio
import inspect
import itertools
import json
import random
import secrets
import traceback
from contextlib import aclosing, suppress

import websockets
from websockets.exceptions import ConnectionClosed, WebSocketException

# What this half takes: so many events, of so many characters, that are not finished.
WINDOW = {"w": 256, "wb": 2**20}
# What may be sent in a stream before there is credit.
ITEMS, CHARACTERS = 16, 2**18
# What waits for events that wait: answers do not.
IN_ORDER = ("event", "request", "stream")


class Refused(Exception):
    """An event, a request or a stream has failed at the server."""

    def __init__(self, error):
        super().__init__(f"{error['code']}: {error['message']}")
        self.code, self.data = error["code"], error.get("data")


class OutcomeUnknown(Exception):
    """The session was reset, or has ended: it may have happened, or not."""


class Ended(Exception):
    """How a wire ended, or is to end."""

    def __init__(self, code, reason=""):
        super().__init__(f"closed with {code} {reason}".strip())
        self.code = code
        # Without a fresh credential, 4401 is final as well.
        refused = 4400 <= code <= 4499 and code not in (4408, 4429)
        self.final = refused or code in (1000, 1002, 1003, 1007, 1008, 1009, 4900)


class Message:
    """A frame of ours, until the server has finished it."""

    def __init__(self, frame, left=None):
        """`left` is called when it is put on a wire for the first time."""
        self.frame, self.t, self.left = frame, frame["t"], left
        self.size = len(json.dumps(frame)) + 64
        self.finished = asyncio.get_running_loop().create_future()
        self.finished.add_done_callback(lambda done: done.exception())  # it may be left alone

    def settle(self, error=None):
        if self.finished.done():
            return  # `error` comes before the acknowledgement
        self.finished.set_exception(error) if error else self.finished.set_result(None)


class Session:
    """Dials at once, and whenever it is cut off, until it is closed."""

    def __init__(self, url, auth=None, wait=0.5):
        """`wait`, in seconds, is the first of the waits between dials."""
        self.url, self.auth, self.wait = url, auth, wait
        self.cid, self.dials, self.key = secrets.token_urlsafe(16), 0, None
        self.states = []  # what each `welcome` said
        self.rooms = {}  # by name: its history, and our position
        self.handlers, self.inbox = {}, asyncio.Queue()
        self.numbers, self.calls = itertools.count(1), {}
        self.waiting, self.held = [], {}
        self.out = self.ended = None
        self._begin()
        self.running = asyncio.create_task(self._run())
        self.handling = asyncio.create_task(self._handle())

    def on(self, name, handler):
        """Handles an event, or a break: `reset` and `gap`."""
        self.handlers[name] = handler

    def send(self, name, data):
        """Says an event. What it returns is done when the server has finished it."""
        frame = {"t": "event", "name": name, "data": data, "q": next(self.numbers)}
        return self._say(frame).finished

    async def request(self, name, data=None):
        """Asks for one answer."""
        async with aclosing(self._ask("request", name, data)) as answers:
            async for frame, _ in answers:
                return frame.get("data")

    async def stream(self, name, data=None):
        """Asks for many; what is not read is not sent."""
        items, size, granted = 0, 0, (ITEMS, CHARACTERS)
        async with aclosing(self._ask("stream", name, data)) as answers:
            async for frame, length in answers:
                if frame["t"] == "end":
                    return
                items, size = items + 1, size + length
                if items + ITEMS / 2 >= granted[0] or size + CHARACTERS / 2 >= granted[1]:
                    granted = (items + ITEMS, size + CHARACTERS)
                    self._say({"t": "credit", "q": frame["re"], "n": granted[0], "b": granted[1]})
                yield frame.get("data")

    async def close(self):
        """Ends the session."""
        self.ended = Ended(1000)
        if self.out:
            self.out.put_nowait({"t": "bye"})
        await self.running

    async def _ask(self, t, name, data):
        q, answers = next(self.numbers), asyncio.Queue()
        self.calls[q] = answers
        self._say({"t": t, "q": q, "name": name, "data": data})
        try:
            while q in self.calls:
                frame, size = await answers.get()
                if isinstance(frame, Exception) or frame["t"] != "next":
                    self.calls.pop(q, None)
                if isinstance(frame, Exception):
                    raise frame
                if frame["t"] == "error":
                    raise Refused(frame)
                yield frame, size
        finally:
            if self.calls.pop(q, None):
                self._say({"t": "cancel", "q": q})

    # The sender

    def _begin(self):
        """A session begins, with what was never put on a wire."""
        for message in self.held.values():
            message.settle(OutcomeUnknown())
        self.waiting = [message for message in self.waiting if message.t in IN_ORDER]
        unasked = [message.frame["q"] for message in self.waiting]
        for q in [q for q in self.calls if q not in unasked]:
            self.calls[q].put_nowait((OutcomeUnknown(), 0))
        self.last, self.held = 0, {}
        self.position, self.unfinished, self.owed = 0, set(), 0

    def _say(self, frame, left=None):
        message = Message(frame, left)
        if self.ended:
            message.settle(self.ended)
        else:
            self.waiting.append(message)
            self._push()
        return message

    def _push(self):
        """Sends what may be sent now."""
        blocked = False
        for message in list(self.waiting) if self.out else ():
            events = [one.size for one in self.held.values() if one.t == "event"]
            full = len(events) >= self.window["w"] or sum(events) >= self.window["wb"]
            blocked = blocked or (message.t == "event" and full)
            if blocked and message.t in IN_ORDER:
                continue
            self.waiting.remove(message)
            self.last += 1
            self.held[self.last] = message
            numbers = {"s": self.last}
            if self.owed and self.position and not self.unfinished:
                numbers["a"], self.owed = self.position, 0
            self.out.put_nowait({**numbers, **message.frame})
            if message.left:
                message.left()

    def _acked(self, a, but=()):
        if a > self.last:
            raise Ended(4400)
        for s in [s for s in self.held if s <= a and s not in but]:
            self.held.pop(s).settle()
        self._push()

    # The reader

    def _hear(self, frame, size):
        match frame["t"]:
            case "ack":
                self._acked(frame["a"], frame.get("but", ()))
            case "ping":
                self._acknowledge()
                self.out.put_nowait({"t": "pong", "n": frame["n"]})
            case "reauth":
                self.out.put_nowait({"t": "auth", "token": self.auth})
            case "bye":
                raise Ended(1000)
            case "goaway":
                raise Ended(1001)
            case "room":
                self.rooms.pop(frame["room"], None)
                if "ep" in frame:
                    self.rooms[frame["room"]] = [frame["ep"], frame["off"]]
            case "said" | "skip":
                self._in_room(frame)
            case "gap":
                if "room" in frame:
                    self.rooms[frame["room"]][1] = frame["to"]
                else:
                    self.position = frame["to"]
                self.inbox.put_nowait(({"name": "gap", "data": frame}, None))
            case t if t != "pong":
                self._in_conversation(frame, size)

    def _in_conversation(self, frame, size):
        t, s, re = frame["t"], frame.get("s"), frame.get("re")
        if "a" in frame:
            self._acked(frame["a"])
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
        elif t in IN_ORDER:
            self._fail(frame, "NOT_FOUND")
        elif re in self.calls:
            self.calls[re].put_nowait((frame, size))
        elif t == "error":
            for message in self.held.values():
                if message.t == "event" and message.frame["q"] == re:
                    message.settle(Refused(frame))
        if self.owed >= WINDOW["w"] / 4:
            self._soon()

    def _in_room(self, frame):
        place = self.rooms.get(frame["room"])
        if place is None or frame["o"] <= place[1]:
            return  # we are no member, or have had it
        if frame["p"] != place[1]:
            raise Ended(4902)
        place[1] = frame["o"]
        if frame["t"] == "said":
            self.inbox.put_nowait((frame, None))

    async def _handle(self):
        """Handles events one after another; one is finished when its handler is."""
        while True:
            frame, unfinished = await self.inbox.get()
            handler = self.handlers.get(frame["name"])
            failure = None if handler else "NOT_FOUND"
            try:
                result = handler and handler(frame.get("data"))
                if inspect.isawaitable(result):
                    await result
            except Exception:
                traceback.print_exc()
                failure = "INTERNAL"
            if unfinished is not self.unfinished:
                continue  # it is of a room, or of a session that was reset
            if failure and "q" in frame:
                self._fail(frame, failure)
            else:
                self._finish(frame)

    def _finish(self, frame):
        self.unfinished.discard(frame.get("s"))
        self._soon()

    def _fail(self, frame, code):
        error = {"t": "error", "re": frame["q"], "code": code, "message": "it failed"}
        self._say(error, lambda: self._finish(frame))  # whoever is told that it is finished knows how

    def _soon(self):
        asyncio.get_running_loop().call_soon(self._acknowledge)

    def _acknowledge(self):
        if self.out and self.owed and self.position:
            self.owed = 0
            but = {"but": sorted(self.unfinished)} if self.unfinished else {}
            self.out.put_nowait({"t": "ack", "a": self.position, **but})

    # One wire after another

    async def _run(self):
        waits, now = 0, asyncio.get_running_loop().time
        while not self.ended:
            since, end = now(), Ended(1006)
            with suppress(OSError, WebSocketException, asyncio.TimeoutError):
                end = await self._dial()
            self.out = None
            if end.final:
                self.ended = end
            elif not self.ended:
                await asyncio.sleep(random.uniform(0, min(30, self.wait * 2**waits)))
                waits = 0 if now() - since > 10 else waits + 1
        self._begin()
        for message in self.waiting:
            message.settle(self.ended)
        for answers in self.calls.values():
            answers.put_nowait((self.ended, 0))
        self.handling.cancel()

    async def _dial(self):
        """Talks over one wire, and says how it ended."""
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
            return Ended(closed.rcvd.code, closed.rcvd.reason) if closed.rcvd else Ended(1006)
        except Ended as end:
            await wire.close(end.code)
            return end
        finally:
            if writing:
                writing.cancel()
            wire.transport.abort()  # a close frame would say that the session is over

    async def _write(self, wire, out):
        with suppress(ConnectionClosed):  # who reads will know
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
        self.states.append(welcome["state"])
        if self.key and welcome["state"] != "resumed":
            self._begin()
            self.inbox.put_nowait(({"name": "reset", "data": welcome.get("why")}, None))
        self.key = {name: welcome[name] for name in ("sid", "rt", "ep")}
        self.window = {"w": welcome["w"], "wb": welcome["wb"]}
        self.out, self.owed = asyncio.Queue(), 1
        for s, message in self.held.items():
            if s > welcome["rx"] or s in welcome.get("but", ()):
                self.out.put_nowait({"s": s, **message.frame})
        self._acknowledge()  # not before: an error may be among these
        self._push()
