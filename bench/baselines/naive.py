"""The server that a first attempt in Python is: every chunk goes to a bytearray, nothing is stored, nothing is acknowledged."""
import json

from fastapi import FastAPI, WebSocket

app = FastAPI()


@app.get("/livez")
async def livez():
    return {"status": "ok"}


@app.websocket("/ws/audio")
async def audio(socket: WebSocket):
    await socket.accept()
    buffer = bytearray()
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            return
        if message.get("bytes") is not None:
            buffer.extend(message["bytes"])
            continue
        kind = json.loads(message["text"])["type"]
        if kind == "config":
            await socket.send_text('{"type":"config_ack","session_id":"s","resume_token":""}')
        elif kind == "ping":
            await socket.send_text('{"type":"pong"}')
        elif kind == "end_of_stream":
            await socket.send_text(json.dumps({"type": "count", "received_bytes": len(buffer)}))
