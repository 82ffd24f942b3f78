"""Quart on hypercorn."""

import asyncio
import json
import sys

from hypercorn.asyncio import serve
from hypercorn.config import Config
from quart import Quart, websocket

app = Quart(__name__)


@app.websocket("/echo")
async def echo():
    while True:
        await websocket.send(await websocket.receive())


@app.websocket("/json")
async def echo_json():
    while True:
        value = json.loads(await websocket.receive())
        await websocket.send(json.dumps(value, separators=(",", ":")))


config = Config()
config.bind = [f"127.0.0.1:{sys.argv[1]}"]
config.loglevel = "CRITICAL"
asyncio.run(serve(app, config))
