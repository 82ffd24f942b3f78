"""Tests websocket-client, Debian's python3-websocket, with the server of this folder.

python3 websocket-client.py [ws://localhost:3000]
"""

import json
import re
import sys
from pathlib import Path

import websocket

url = sys.argv[1] if len(sys.argv) > 1 else "ws://localhost:3000"

print("python3-websocket", websocket.__version__)

ws = websocket.create_connection(f"{url}/hello")
ws.send("Ada")
assert ws.recv() == "Hello Ada!"
print("ok text")

ws = websocket.create_connection(f"{url}/json")
ws.send(json.dumps({"name": "Łucja"}))
assert json.loads(ws.recv()) == {"greeting": "Hello Łucja!"}
print("ok JSON")

ws = websocket.create_connection(f"{url}/echo")
ws.send_binary(b"\x00\xff")
assert ws.recv() == b"\x00\xff"
print("ok binary")

ws.ping("still there?")
opcode, frame = ws.recv_data_frame(control_frame=True)
assert (opcode, frame.data) == (websocket.ABNF.OPCODE_PONG, b"still there?")
ws.close()
print("ok ping")

ws = websocket.create_connection(f"{url}/chat", subprotocols=["soap", "chat.v2"])
assert ws.getsubprotocol() == "chat.v2"
assert ws.recv() == "chat.v2"
print("ok subprotocol")

ws = websocket.create_connection(f"{url}/close")
opcode, data = ws.recv_data()
assert opcode == websocket.ABNF.OPCODE_CLOSE
assert (int.from_bytes(data[:2], "big"), data[2:]) == (4000, b"that is all")
print("ok close")

ws = websocket.create_connection(f"{url}/leave")
ws.close(status=4001, reason=b"see you")
ws = websocket.create_connection(f"{url}/left")
left = {"code": 4001, "reason": "see you", "wasClean": True}
assert json.loads(ws.recv()) == left
print("ok leave")

try:
    websocket.create_connection(f"{url}/secret")
    raise AssertionError("the server accepted a client without a password")
except websocket.WebSocketBadStatusException as error:
    assert error.status_code == 403
basic = "Authorization: Basic YWRhOmh1bnRlcjI="  # ada:hunter2
ws = websocket.create_connection(f"{url}/secret", header=[basic])
assert ws.recv() == "welcome, Ada"
print("ok refusal")

ws = websocket.create_connection(f"{url}/greetings/en")
ws.send(json.dumps({"t": "event", "name": "greet", "data": {"name": "Ada"}}))
greeting = {"t": "event", "name": "greeting", "data": "Hello Ada!"}
assert json.loads(ws.recv()) == greeting
ws.send(json.dumps({"t": "event", "q": 1, "name": "greet", "data": {"name": ""}}))
error = json.loads(ws.recv())
assert (error["t"], error["re"], error["code"]) == ("error", 1, "INVALID")
ws.close()
print("ok contract")

# The program of PROTOCOL.md.
program = re.search("```python\n(.*?)```", Path("../PROTOCOL.md").read_text(), re.S)[1]
exec(program.replace("ws://localhost:3000", url))
print("ok calls")
