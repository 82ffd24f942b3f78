"""A client of symbolon's sessions, written from PROTOCOL.md. A session survives the loss of its wires.

The client uses JSON, and handles events but no requests and no streams of the server. It needs Python 3.10 and websockets (Debian: python3-websockets).
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

# The credit that the client grants: how many events, and how many characters, may be unacknowledged.
WINDOW = {"w": 256, "wb": 2**20}
# The initial credit of a stream.
CREDIT_ITEMS, CREDIT_CHARACTERS = 16, 2**18
# The frames that stay behind waiting events; replies do not.
ORDERED = ("event", "request", "stream")


class RemoteError(Exception):
    """The server reported an error of an event, a request or a stream."""

    def __init__(self, error):
        super().__init__(f"{error['code']}: {error['message']}")
        self.code, self.data = error["code"], error.get("data")


class OutcomeUnknown(Exception):
    """The session was reset or has ended: the server may or may not have handled the message."""


class Closed(Exception):
    """The close code of a wire, and its reason."""

    def __init__(self, code, reason=""):
        super().__init__(f"closed with {code} {reason}".strip())
        self.code = code
        # This client has no second credential, so it does not reconnect after 4401.
        refused = 4400 <= code <= 4499 and code not in (4408, 4429)
        self.final = refused or code in (1000, 1002, 1003, 1007, 1008, 1009, 4900)


class Message:
    """A frame to send, until the server has finished it."""

    def __init__(self, frame, on_first_send=None):
        """Calls `on_first_send` when it is written to a wire for the first time."""
        self.frame, self.t, self.on_first_send = frame, frame["t"], on_first_send
        self.size = len(json.dumps(frame)) + 64
        self.finished = asyncio.get_running_loop().create_future()
        self.finished.add_done_callback(lambda done: done.exception())  # no code has to await it

    def settle(self, error=None):
        if self.finished.done():
            return  # an `error` arrives before the acknowledgement
        self.finished.set_exception(error) if error else self.finished.set_result(None)


class Session:
    """Connects at once, and reconnects after each loss until it is closed."""

    def __init__(self, url, auth=None, wait=0.5):
        """`wait` is the longest wait before the first retry, in seconds."""
        self.url, self.auth, self.wait = url, auth, wait
        self.cid, self.key = secrets.token_urlsafe(16), secrets.token_urlsafe(32)
        self.attempts, self.resume_key = 0, None
        self.states = []  # the state of each `welcome`
        self.rooms = {}  # by name: the epoch, the offset that was received last, and the proof of the position
        self.handlers, self.inbox = {}, asyncio.Queue()
        self.call_numbers, self.calls = itertools.count(1), {}
        self.unsent, self.unacknowledged = [], {}
        self.outbox = self.ended = None
        self._start_session()
        self.run_task = asyncio.create_task(self._run())
        self.handle_task = asyncio.create_task(self._handle())

    def on(self, name, handler):
        """Sets the handler of an event, or of `reset` or `gap`, which report lost messages."""
        self.handlers[name] = handler

    def send(self, name, data):
        """Sends an event. The returned future is done when the server has finished it."""
        frame = {"t": "event", "name": name, "data": data, "q": next(self.call_numbers)}
        return self._send(frame).finished

    async def request(self, name, data=None):
        """Sends a request and returns its reply."""
        async with aclosing(self._call("request", name, data)) as frames:
            async for frame, _ in frames:
                return frame.get("data")

    async def stream(self, name, data=None):
        """Opens a stream and yields its items. The server sends only the items for which the reader has granted credit."""
        items, size, granted = 0, 0, (CREDIT_ITEMS, CREDIT_CHARACTERS)
        async with aclosing(self._call("stream", name, data)) as frames:
            async for frame, length in frames:
                if frame["t"] == "end":
                    return
                items, size = items + 1, size + length
                if items + CREDIT_ITEMS / 2 >= granted[0] or size + CREDIT_CHARACTERS / 2 >= granted[1]:
                    granted = (items + CREDIT_ITEMS, size + CREDIT_CHARACTERS)
                    self._send({"t": "credit", "q": frame["re"], "n": granted[0], "b": granted[1]})
                yield frame.get("data")

    async def close(self):
        """Ends the session."""
        self.ended = Closed(1000)
        if self.outbox:
            self.outbox.put_nowait({"t": "bye"})
        await self.run_task

    async def _call(self, t, name, data):
        q, frames = next(self.call_numbers), asyncio.Queue()
        self.calls[q] = frames
        self._send({"t": t, "q": q, "name": name, "data": data})
        try:
            while q in self.calls:
                frame, size = await frames.get()
                if isinstance(frame, Exception) or frame["t"] != "next":
                    self.calls.pop(q, None)
                if isinstance(frame, Exception):
                    raise frame
                if frame["t"] == "error":
                    raise RemoteError(frame)
                yield frame, size
        finally:
            if self.calls.pop(q, None):
                self._send({"t": "cancel", "q": q})

    # The sender

    def _start_session(self):
        """Starts a new session with the frames that were never written to a wire."""
        for message in self.unacknowledged.values():
            message.settle(OutcomeUnknown())
        self.unsent = [message for message in self.unsent if message.t in ORDERED]
        unsent_calls = [message.frame["q"] for message in self.unsent]
        for q in [q for q in self.calls if q not in unsent_calls]:
            self.calls[q].put_nowait((OutcomeUnknown(), 0))
        self.last_sent, self.unacknowledged = 0, {}
        self.last_received, self.pending, self.ack_due = 0, set(), 0

    def _send(self, frame, on_first_send=None):
        message = Message(frame, on_first_send)
        if self.ended:
            message.settle(self.ended)
        else:
            self.unsent.append(message)
            self._push()
        return message

    def _push(self):
        """Writes the frames for which the server has granted credit."""
        blocked = False
        for message in list(self.unsent) if self.outbox else ():
            events = [one.size for one in self.unacknowledged.values() if one.t == "event"]
            full = len(events) >= self.window["w"] or sum(events) >= self.window["wb"]
            blocked = blocked or (message.t == "event" and full)
            if blocked and message.t in ORDERED:
                continue
            self.unsent.remove(message)
            self.last_sent += 1
            self.unacknowledged[self.last_sent] = message
            numbers = {"s": self.last_sent}
            if self.ack_due and self.last_received and not self.pending:
                numbers["a"], self.ack_due = self.last_received, 0
            self.outbox.put_nowait({**numbers, **message.frame})
            if message.on_first_send:
                message.on_first_send()

    def _on_ack(self, a, but=()):
        if a > self.last_sent:
            raise Closed(4400)
        for s in [s for s in self.unacknowledged if s <= a and s not in but]:
            self.unacknowledged.pop(s).settle()
        self._push()

    # The reader

    def _receive(self, frame, size):
        match frame["t"]:
            case "ack":
                self._on_ack(frame["a"], frame.get("but", ()))
            case "ping":
                self._acknowledge()
                self.outbox.put_nowait({"t": "pong", "n": frame["n"]})
            case "reauth":
                self.outbox.put_nowait({"t": "auth", "token": self.auth})
            case "bye":
                raise Closed(1000)
            case "goaway":
                raise Closed(1001)
            case "room":
                self.rooms.pop(frame["room"], None)
                if "ep" in frame:
                    self.rooms[frame["room"]] = [frame[name] for name in ("ep", "off", "from", "proof")]
            case "said" | "skip":
                self._receive_room_message(frame)
            case "gap":
                if "room" in frame:
                    self.rooms[frame["room"]][1] = frame["to"]
                else:
                    self.last_received = frame["to"]
                self.inbox.put_nowait(({"name": "gap", "data": frame}, None))
            case t if t != "pong":
                self._receive_message(frame, size)

    def _receive_message(self, frame, size):
        t, s, re = frame["t"], frame.get("s"), frame.get("re")
        if "a" in frame:
            self._on_ack(frame["a"])
        if s:
            self.ack_due += 1
            if s <= self.last_received:
                return self._acknowledge_soon()  # a duplicate
            if s > self.last_received + 1:
                raise Closed(4902)
            self.last_received = s
        if t == "event":
            if s:
                self.pending.add(s)
            self.inbox.put_nowait((frame, self.pending))
        elif t in ORDERED:
            self._fail(frame, "NOT_FOUND")
        elif re in self.calls:
            self.calls[re].put_nowait((frame, size))
        elif t == "error":
            for message in self.unacknowledged.values():
                if message.t == "event" and message.frame["q"] == re:
                    message.settle(RemoteError(frame))
        if self.ack_due >= WINDOW["w"] / 4:
            self._acknowledge_soon()

    def _receive_room_message(self, frame):
        position = self.rooms.get(frame["room"])
        if not position or frame["o"] <= position[1]:
            return  # the client is not a member, or has received the message
        if frame["p"] != position[1]:
            raise Closed(4902)
        position[1] = frame["o"]
        if frame["t"] == "said":
            self.inbox.put_nowait((frame, None))

    async def _handle(self):
        """Handles events one after another. An event is finished when its handler has returned."""
        while True:
            frame, pending = await self.inbox.get()
            handler = self.handlers.get(frame["name"])
            failure = None if handler else "NOT_FOUND"
            try:
                result = handler and handler(frame.get("data"))
                if inspect.isawaitable(result):
                    await result
            except Exception:
                traceback.print_exc()
                failure = "INTERNAL"
            if pending is not self.pending:
                continue  # a room message, or an event of a session that was reset
            if failure and "q" in frame:
                self._fail(frame, failure)
            else:
                self._finish(frame)

    def _finish(self, frame):
        self.pending.discard(frame.get("s"))
        self._acknowledge_soon()

    def _fail(self, frame, code):
        error = {"t": "error", "re": frame["q"], "code": code, "message": "the client failed to handle it"}
        self._send(error, lambda: self._finish(frame))  # the server receives the error before the acknowledgement

    def _acknowledge_soon(self):
        asyncio.get_running_loop().call_soon(self._acknowledge)

    def _acknowledge(self):
        if self.outbox and self.ack_due and self.last_received:
            self.ack_due = 0
            but = {"but": sorted(self.pending)} if self.pending else {}
            self.outbox.put_nowait({"t": "ack", "a": self.last_received, **but})

    # One wire after another

    async def _run(self):
        waits, now = 0, asyncio.get_running_loop().time
        while not self.ended:
            since, end = now(), Closed(1006)
            with suppress(OSError, WebSocketException, asyncio.TimeoutError):
                end = await self._dial()
            self.outbox = None
            if end.final:
                self.ended = end
            elif not self.ended:
                await asyncio.sleep(random.uniform(0, min(30, self.wait * 2**waits)))
                waits = 0 if now() - since > 10 else waits + 1
        self._start_session()
        for message in self.unsent:
            message.settle(self.ended)
        for frames in self.calls.values():
            frames.put_nowait((self.ended, 0))
        self.handle_task.cancel()

    async def _dial(self):
        """Connects one wire, receives its frames, and returns how it closed."""
        options = {"subprotocols": ["symbolon.v1.json"], "ping_interval": None, "max_size": None}
        wire = await websockets.connect(self.url, **options)
        writing = None
        try:
            await wire.send(json.dumps(self._hello()))
            welcome = json.loads(await asyncio.wait_for(wire.recv(), 15))
            self._on_welcome(welcome)
            writing = asyncio.create_task(self._write(wire, self.outbox))
            silence = sum(welcome["heartbeat"].values()) / 1000
            while True:
                message = await asyncio.wait_for(wire.recv(), silence)
                self._receive(json.loads(message), len(message))
        except ConnectionClosed as closed:
            return Closed(closed.rcvd.code, closed.rcvd.reason) if closed.rcvd else Closed(1006)
        except Closed as end:
            await wire.close(end.code)
            return end
        finally:
            if writing:
                writing.cancel()
            wire.transport.abort()  # a close frame would end the session

    async def _write(self, wire, out):
        with suppress(ConnectionClosed):  # the reader handles it
            while True:
                frame = await out.get()
                await wire.send(json.dumps(frame))
                if frame["t"] == "bye":
                    await wire.close(1000)

    def _hello(self):
        self.attempts += 1
        hello = {"t": "hello", "v": 1, "cid": self.cid, "key": self.key, "att": self.attempts, **WINDOW}
        if self.auth:
            hello["auth"] = self.auth
        if self.resume_key:
            first = min(self.unacknowledged, default=self.last_sent + 1)
            hello["resume"] = {**self.resume_key, "rx": self.last_received, "tx0": first}
        if self.rooms:
            hello["rooms"] = [[name, *position] for name, position in self.rooms.items()]
        return hello

    def _on_welcome(self, welcome):
        self.states.append(welcome["state"])
        if self.resume_key and welcome["state"] != "resumed":
            self._start_session()
            self.inbox.put_nowait(({"name": "reset", "data": welcome.get("why")}, None))
        self.resume_key = {name: welcome[name] for name in ("sid", "rt", "ep")}
        self.window = {"w": welcome["w"], "wb": welcome["wb"]}
        self.outbox, self.ack_due = asyncio.Queue(), 1
        for s, message in self.unacknowledged.items():
            if s > welcome["rx"] or s in welcome.get("but", ()):
                self.outbox.put_nowait({"s": s, **message.frame})
        self._acknowledge()  # after the frames above, as one of them may be an `error`
        self._push()
