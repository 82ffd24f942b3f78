"""FastAPI on uvicorn."""

import json
import sys

import uvicorn
from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()


@app.websocket("/echo")
async def echo(socket: WebSocket):
    await socket.accept()
    try:
        while True:
            await socket.send_text(await socket.receive_text())
    except WebSocketDisconnect:
        pass


@app.websocket("/json")
async def echo_json(socket: WebSocket):
    await socket.accept()
    try:
        while True:
            value = json.loads(await socket.receive_text())
            await socket.send_text(json.dumps(value, separators=(",", ":")))
    except WebSocketDisconnect:
        pass


# No heartbeat, as the others.
uvicorn.run(
    app,
    host="127.0.0.1",
    port=int(sys.argv[1]),
    log_level="critical",
    ws_per_message_deflate=False,
    ws_ping_interval=None,
)
