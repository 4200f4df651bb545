"""A small server that keeps the contract of the live wire: what a rig needs, over real sockets.

It has no database and no people: rigs enrol, upload and speak, viewers look. Tests break it.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import secrets
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import uvicorn
from fastapi import FastAPI, Request, WebSocket, WebSocketDisconnect
from fastapi.responses import JSONResponse, Response

from mr.errors import ProtocolError
from mr.review.live.hub import Hub
from mr.review.live.messages import Ack, Mark, Shock, Start, Stop
from mr.review.live.server_link import TIME_ANSWER
from mr.review.live.signing import (
    EMPTY_SHA256,
    MemoryNonces,
    SignatureError,
    require_enrolment,
    require_recording,
    require_request,
)

PART_MAX = 1 << 20


def wall_ms() -> float:
    return time.time() * 1000


@dataclass
class Upload:
    """One recording on its way."""

    rig_id: str
    sha256: str
    size: int
    recording_id: str
    course_id: str | None
    file: Path
    complete: bool = False

    @property
    def offset(self) -> int:
        return self.file.stat().st_size if self.file.exists() else 0

    def stand(self, upload_id: str) -> dict[str, Any]:
        return {"upload_id": upload_id, "offset": self.offset, "complete": self.complete}


@dataclass
class ClassServer:
    """The server; use it as a context manager. It may be left and entered again."""

    folder: Path
    port: int = 0
    codes: set[str] = field(default_factory=set)
    keys: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)
    part_answers: list[int] = field(default_factory=list)
    """Statuses that the next parts are answered with, instead of being taken."""
    refuse: str = ""
    """Why no recording is taken."""
    ahead_ms: int = 0
    """By how much its clock is ahead."""
    part_sizes: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.nonces = MemoryNonces(self.now_ms)
        self.hub = Hub(wall_ms)

    def now_ms(self) -> int:
        return round(wall_ms()) + self.ahead_ms

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self.hub = Hub(wall_ms)
        config = uvicorn.Config(
            self.app(), "127.0.0.1", self.port, log_level="error", ws="websockets-sansio",
            timeout_graceful_shutdown=1,
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        until_s = time.monotonic() + 20
        while not (self._server.started and self._server.servers):
            if time.monotonic() > until_s or not self._thread.is_alive():
                raise TimeoutError("the server does not start")
            time.sleep(0.01)
        self.port = self._server.servers[0].sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=20)

    def command(self, rig_id: str, command: Start | Stop | Shock | Mark) -> Ack:
        """Command a rig from the test's thread."""
        going = asyncio.run_coroutine_threadsafe(self.hub.command(rig_id, command), self._loop)
        return going.result(timeout=20)

    # --- routes -------------------------------------------------------------------------

    def app(self) -> FastAPI:
        @asynccontextmanager
        async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
            self._loop = asyncio.get_running_loop()
            ticking = asyncio.create_task(self.hub.run())
            yield
            ticking.cancel()

        app = FastAPI(lifespan=lifespan)
        app.add_api_route("/api/rigs/enrol", self.enrol, methods=["POST"])
        app.add_api_route("/api/uploads", self.begin, methods=["POST"])
        app.add_api_route("/api/uploads/{upload_id}", self.part, methods=["PATCH"])
        app.add_api_route("/api/uploads/{upload_id}", self.stand, methods=["HEAD"])
        app.add_api_websocket_route("/api/live/rig", self.rig)
        app.add_api_websocket_route("/api/live/wall", self.wall)
        return app

    def _rig_of(self, request: Request | WebSocket, body_sha256: str) -> str:
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        method = request.method if isinstance(request, Request) else "GET"
        return require_request(
            method,
            path,
            dict(request.headers),
            body_sha256,
            public_key_of=self.keys.get,
            now_ms=self.now_ms(),
            nonces=self.nonces,
        )

    def _no(self, status: int, code: str, error: str, **more: Any) -> Response:
        headers = {TIME_ANSWER: str(self.now_ms())} if status == 401 else None
        return JSONResponse({"error": error, "code": code, **more}, status, headers)

    async def enrol(self, request: Request) -> Response:
        asked = await request.json()
        if asked["code"] not in self.codes:
            return self._no(403, "code", "this code is not valid any more: ask for another one")
        require_enrolment(asked["public_key"], asked["code"], asked["proof"])
        self.codes.discard(asked["code"])
        rig_id = f"rig-{secrets.token_hex(4)}"
        self.keys[rig_id], self.names[rig_id] = asked["public_key"], asked["name"]
        return JSONResponse({"rig_id": rig_id}, 201)

    async def begin(self, request: Request) -> Response:
        body = await request.body()
        try:
            rig_id = self._rig_of(request, hashlib.sha256(body).hexdigest())
            asked = await request.json()
            require_recording(
                self.keys[rig_id], rig_id, asked["recording_id"], asked["sha256"],
                asked["signature"],
            )  # fmt: skip
        except SignatureError as error:
            return self._no(401, error.code, str(error))
        if self.refuse:
            return self._no(422, "recording", self.refuse)
        upload_id = asked["sha256"][:16]
        found = self.uploads.get(upload_id)
        if found is None:
            found = self.uploads[upload_id] = Upload(
                rig_id, asked["sha256"], asked["size"], asked["recording_id"], asked["course_id"],
                self.folder / upload_id,
            )  # fmt: skip
        return JSONResponse(found.stand(upload_id), 200)

    async def part(self, upload_id: str, request: Request) -> Response:
        body = await request.body()
        try:
            self._rig_of(request, hashlib.sha256(body).hexdigest())
        except SignatureError as error:
            return self._no(401, error.code, str(error))
        if self.part_answers:
            return self._no(self.part_answers.pop(0), "busy", "not now")
        found = self.uploads[upload_id]
        if len(body) > PART_MAX:
            return self._no(413, "part", "this part is too large")
        if int(request.headers["upload-offset"]) != found.offset:
            return self._no(409, "offset", "go on elsewhere", **found.stand(upload_id))
        self.part_sizes.append(len(body))
        with found.file.open("ab") as file:
            file.write(body)
        if found.offset == found.size:
            if hashlib.sha256(found.file.read_bytes()).hexdigest() != found.sha256:
                found.file.unlink()
                return self._no(422, "sha256", "what arrived is not what was signed")
            found.complete = True
        return JSONResponse(found.stand(upload_id))

    async def stand(self, upload_id: str, request: Request) -> Response:
        self._rig_of(request, EMPTY_SHA256)
        return Response(headers={"Upload-Offset": str(self.uploads[upload_id].offset)})

    async def rig(self, socket: WebSocket) -> None:
        try:
            rig_id = self._rig_of(socket, EMPTY_SHA256)
        except SignatureError as error:
            await socket.send_denial_response(self._no(401, error.code, str(error)))
            return
        await socket.accept()
        outgoing: asyncio.Queue[str] = asyncio.Queue(64)
        closing: list[asyncio.Task[None]] = []

        def close(why: str) -> None:
            closing.append(asyncio.ensure_future(socket.close(1012, why)))

        seat = self.hub.join(rig_id, outgoing.put_nowait, close)

        async def send() -> None:
            while True:
                await socket.send_text(await outgoing.get())

        sending = asyncio.create_task(send())
        try:
            while True:
                message = await socket.receive()
                if message["type"] == "websocket.disconnect":
                    return
                given = message.get("bytes")
                seat.hear(given if given is not None else message["text"])
        except ProtocolError as error:
            await socket.close(1008, str(error)[:120])
        finally:
            sending.cancel()
            seat.leave()

    async def wall(self, socket: WebSocket) -> None:
        await socket.accept()
        viewer = self.hub.subscribe(socket.query_params["rigs"].split(","))

        async def leave() -> None:
            while (await socket.receive())["type"] != "websocket.disconnect":
                pass
            self.hub.unsubscribe(viewer)

        leaving = asyncio.create_task(leave())
        try:
            async for message in self.hub.messages(viewer):
                if isinstance(message, bytes):
                    await socket.send_bytes(message)
                else:
                    await socket.send_text(message)
        except (WebSocketDisconnect, RuntimeError):
            return  # it left while it was sent something
        finally:
            leaving.cancel()


def main() -> None:
    """Serve in a process of its own; the folder and the port come from the environment."""
    folder = Path(os.environ["CLASS_SERVER_FOLDER"])
    keys = dict(pair.split("=") for pair in os.environ["CLASS_SERVER_KEYS"].split())
    with ClassServer(folder, keys=keys) as server:
        print(server.url, flush=True)
        with suppress(EOFError):
            input()


if __name__ == "__main__":
    main()
