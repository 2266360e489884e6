"""A stand-in for ComfyUI: real HTTP and WebSocket, real mp4 files, the same replies, the same traps.

Run it as a process of its own, so that it can be killed:
``python -m fakes.comfyui_server --port 8188 --directory DIR --set render_seconds=0.5`` (from ``tests/``).
What it imitates was measured on ComfyUI 0.33.0 and is recorded in ``tests/recordings``.
"""

import argparse
import asyncio
import contextlib
import dataclasses
import json
import os
import struct
import sys
import threading
import time
import uuid
from email import message_from_bytes
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from .comfyui_execution import Engine, now_ms
from .comfyui_settings import FakeSettings
from .comfyui_validation import BrokenGraphError, validate

RECORDED = Path(__file__).parents[1] / "recordings" / "object_info-0.33.0.json"
_STATUS = {"success": "completed", "error": "failed"}


class FakeServer:
    def __init__(self, settings: FakeSettings, directory: Path) -> None:
        self.settings = settings
        self.engine = Engine(settings, directory, self.say, self.say_binary)
        self.sockets: dict[str, asyncio.Queue[Any]] = {}
        self.loop: asyncio.AbstractEventLoop | None = None
        self.log: list[str] = []

    # --- sockets -----------------------------------------------------------------------------------------------
    def say(self, kind: str, data: dict[str, Any], client: str | None) -> None:
        self._send(json.dumps({"type": kind, "data": data}), client)

    def say_binary(self, image: bytes, about: dict[str, Any], client: str | None) -> None:
        header = json.dumps({**about, "image_type": "image/jpeg"}).encode()
        self._send(struct.pack(">II", 4, len(header)) + header + image, client)

    def _send(self, message: str | bytes, client: str | None) -> None:
        if self.loop is None or self.settings.mute_socket:
            return
        for name, queue in list(self.sockets.items()):
            if client is None or name == client:
                self.loop.call_soon_threadsafe(queue.put_nowait, message)

    async def socket(self, socket: WebSocket) -> None:
        await socket.accept()
        name = socket.query_params.get("clientId") or uuid.uuid4().hex
        self.log.append(f"socket {name}")
        queue: asyncio.Queue[Any] = asyncio.Queue()
        self.sockets.pop(name, None)
        self.sockets[name] = queue
        status = {"status": {"exec_info": {"queue_remaining": self.engine.remaining()}}, "sid": name}
        if not self.settings.mute_socket:
            await socket.send_text(json.dumps({"type": "status", "data": status}))
        sender = asyncio.create_task(_forward(queue, socket))
        try:
            while True:
                await socket.receive_text()
        except (WebSocketDisconnect, RuntimeError, KeyError):
            pass
        finally:
            sender.cancel()
            self.sockets.pop(name, None)  # also drops a newer socket of the same name: the real server's trap

    # --- prompts -----------------------------------------------------------------------------------------------
    def object_info(self) -> dict[str, Any]:
        info: dict[str, Any] = json.loads(RECORDED.read_text())
        for name in self.settings.missing_nodes:
            info.pop(name, None)
        gone = set(self.settings.missing_models)
        for node in info.values():
            for config in node["input"].get("required", {}).values():
                if isinstance(config[0], list):
                    config[0] = [choice for choice in config[0] if choice not in gone]
        return info

    async def post_prompt(self, request: Request) -> Response:
        body = json.loads(await request.body())
        if "prompt" not in body:
            return _refused("no_prompt", "No prompt provided", "No prompt provided")
        prompt_id = body.get("prompt_id", None)
        if prompt_id is None:
            prompt_id = str(uuid.uuid4())
        elif self.settings.version_tuple() >= (0, 25) and not _canonical(prompt_id):
            details = (
                "prompt_id must be a UUID string in canonical lowercase hyphenated form; "
                "omit it to let the server generate one"
            )
            return _refused("invalid_prompt_id", "prompt_id must be a valid UUID", details)
        error, outputs, faults = validate(body["prompt"], self.object_info())
        if error is not None:
            return JSONResponse({"error": error, "node_errors": faults}, 400)
        extra = {**body.get("extra_data", {}), "create_time": now_ms()}
        if "client_id" in body:
            extra["client_id"] = body["client_id"]
        number = self.engine.put(prompt_id, body["prompt"], extra, outputs, body.get("number"))
        if self.settings.take("swallow_posts"):
            await asyncio.sleep(3600)
        return JSONResponse({"prompt_id": prompt_id, "number": number, "node_errors": faults})

    async def get_prompt(self, _: Request) -> Response:
        return JSONResponse({"exec_info": {"queue_remaining": self.engine.remaining()}})

    async def get_queue(self, _: Request) -> Response:
        running, pending, _history = self.engine.snapshot()
        return JSONResponse({"queue_running": running, "queue_pending": pending})

    async def post_queue(self, request: Request) -> Response:
        body = json.loads(await request.body())
        if body.get("clear"):
            self.engine.clear()
        for prompt_id in body.get("delete", []):
            self.engine.delete(prompt_id)
        return Response()

    async def post_interrupt(self, request: Request) -> Response:
        try:
            prompt_id = json.loads(await request.body()).get("prompt_id")
        except ValueError:
            prompt_id = None
        self.log.append(f"interrupt {prompt_id}")
        self.engine.interrupt(prompt_id)
        return Response()

    async def post_free(self, request: Request) -> Response:
        body = json.loads(await request.body())
        self.engine.free(bool(body.get("free_memory")))
        return Response()

    async def get_history(self, request: Request) -> Response:
        history = self.engine.snapshot()[2]
        wanted = request.path_params.get("prompt_id")
        if wanted is not None:
            history = {key: value for key, value in history.items() if key == wanted}
        return JSONResponse(history)

    async def post_history(self, request: Request) -> Response:
        body = json.loads(await request.body())
        for prompt_id in list(self.engine.history) if body.get("clear") else body.get("delete", []):
            self.engine.history.pop(prompt_id, None)
        return Response()

    # --- jobs --------------------------------------------------------------------------------------------------
    def job(self, prompt_id: str) -> dict[str, Any] | None:
        running, pending, history = self.engine.snapshot()
        for items, status in ((running, "in_progress"), (pending, "pending")):
            for item in items:
                if item[1] == prompt_id:
                    return _job(item, status)
        if prompt_id in history:
            entry = history[prompt_id]
            status = _STATUS[entry["status"]["status_str"]]
            if entry["status"]["messages"][-1][0] == "execution_interrupted":
                status = "cancelled"
            finished = {"outputs": entry["outputs"], "execution_status": entry["status"]}
            return {**_job(entry["prompt"], status), **finished}
        return None

    async def get_job(self, request: Request) -> Response:
        if self.settings.version_tuple() < (0, 6):
            return PlainTextResponse("404: Not Found", 404)
        job = self.job(request.path_params["job_id"])
        return JSONResponse(job) if job else JSONResponse({"error": "Job not found"}, 404)

    async def get_jobs(self, _: Request) -> Response:
        if self.settings.version_tuple() < (0, 6):
            return PlainTextResponse("404: Not Found", 404)
        running, pending, history = self.engine.snapshot()
        ids = [item[1] for item in [*running, *pending]] + list(history)
        jobs = [self.job(prompt_id) for prompt_id in ids]
        page = {"offset": 0, "limit": None, "total": len(jobs), "has_more": False}
        return JSONResponse({"jobs": jobs, "pagination": page})

    async def cancel_job(self, request: Request) -> Response:
        if self.settings.version_tuple() < (0, 26):
            return PlainTextResponse("405: Method Not Allowed", 405)
        prompt_id = request.path_params["job_id"]
        self.log.append(f"cancel {prompt_id}")
        running = any(item[1] == prompt_id for item in self.engine.snapshot()[0])
        hit = self.engine.interrupt(prompt_id) if running else self.engine.delete(prompt_id)
        return JSONResponse({"cancelled": hit})

    # --- files, nodes, machine ---------------------------------------------------------------------------------
    async def view(self, request: Request) -> Response:
        query = request.query_params
        name, subfolder = query.get("filename", ""), query.get("subfolder", "")
        if (
            not name
            or name.startswith("/")
            or ".." in name
            or query.get("type", "output")
            not in (
                "input",
                "output",
                "temp",
            )
        ):
            return PlainTextResponse("400: Bad Request", 400)
        root = self.engine.directory / query.get("type", "output")
        if not (root / subfolder).resolve().is_relative_to(root.resolve()):
            return PlainTextResponse("403: Forbidden", 403)
        path = root / subfolder / name
        return FileResponse(path) if path.is_file() else PlainTextResponse("404: Not Found", 404)

    async def upload(self, request: Request) -> Response:
        fields = _multipart(request.headers["content-type"], await request.body())
        filename, data = fields["image"]
        name, subfolder = Path(filename).name, fields.get("subfolder", ("", b""))[1].decode()
        root = self.engine.directory / "input"
        folder = (root / subfolder).resolve()
        if not folder.is_relative_to(root.resolve()):
            return Response(status_code=400)
        folder.mkdir(parents=True, exist_ok=True)
        path, number = folder / name, 1
        while path.exists() and path.read_bytes() != data:
            path, number = folder / f"{Path(name).stem} ({number}){Path(name).suffix}", number + 1
        path.write_bytes(data)
        return JSONResponse({"name": path.name, "subfolder": subfolder, "type": "input"})

    async def get_object_info(self, request: Request) -> Response:
        info = self.object_info()
        wanted = request.path_params.get("name")
        if wanted is not None:
            info = {wanted: info[wanted]} if wanted in info else {}
        return JSONResponse(info)

    async def get_system(self, _: Request) -> Response:
        recorded = json.loads((RECORDED.parent / "system-0.33.0.json").read_text())["system_stats"]
        recorded["system"]["comfyui_version"] = self.settings.version
        recorded["system"]["ram_free"] = round(recorded["system"]["ram_total"] * self.settings.ram_free)
        recorded["devices"][0] |= {"name": "cuda:0 Fake GPU : cudaMallocAsync", "type": "cuda"}
        return JSONResponse(recorded)

    async def get_features(self, _: Request) -> Response:
        return JSONResponse(json.loads((RECORDED.parent / "system-0.33.0.json").read_text())["features"])

    # --- what tests ask ----------------------------------------------------------------------------------------
    async def fake(self, request: Request) -> Response:
        if request.method == "POST":
            self.settings.change(json.loads(await request.body()))
        return JSONResponse({"settings": dataclasses.asdict(self.settings), "log": self.log, "pid": os.getpid()})

    async def reset(self, request: Request) -> Response:
        """As freshly started with other settings, for the next test; refused while a job runs or waits."""
        if self.engine.remaining() or self.sockets:
            return Response(status_code=409)
        fresh = FakeSettings()
        fresh.change(json.loads(await request.body()))
        self.settings.change(dataclasses.asdict(fresh))
        self.engine.forget()
        self.log.clear()
        return Response()

    def routes(self) -> list[Any]:
        table = [
            ("/prompt", self.post_prompt, "POST"),
            ("/prompt", self.get_prompt, "GET"),
            ("/queue", self.get_queue, "GET"),
            ("/queue", self.post_queue, "POST"),
            ("/interrupt", self.post_interrupt, "POST"),
            ("/free", self.post_free, "POST"),
            ("/history", self.get_history, "GET"),
            ("/history", self.post_history, "POST"),
            ("/history/{prompt_id}", self.get_history, "GET"),
            ("/api/jobs", self.get_jobs, "GET"),
            ("/api/jobs/{job_id}", self.get_job, "GET"),
            ("/api/jobs/{job_id}/cancel", self.cancel_job, "POST"),
            ("/view", self.view, "GET"),
            ("/upload/image", self.upload, "POST"),
            ("/object_info", self.get_object_info, "GET"),
            ("/object_info/{name}", self.get_object_info, "GET"),
            ("/system_stats", self.get_system, "GET"),
            ("/features", self.get_features, "GET"),
        ]
        routes: list[Any] = []
        for path, handler, method in table:
            for prefix in ("", "/api") if not path.startswith("/api") else ("",):
                routes.append(Route(prefix + path, self._guarded(handler), methods=[method]))
        routes.append(Route("/fake", self.fake, methods=["GET", "POST"]))
        routes.append(Route("/fake/reset", self.reset, methods=["POST"]))
        return [*routes, WebSocketRoute("/ws", self.socket)]

    def _guarded(self, handler: Any) -> Any:
        async def answer(request: Request) -> Response:
            if self.settings.answers:
                return PlainTextResponse("Server got itself in trouble", self.settings.answers)
            try:
                return await handler(request)
            except (BrokenGraphError, TypeError, ValueError, AttributeError):
                text = "500 Internal Server Error\n\nServer got itself in trouble"
                return PlainTextResponse(text, 500)

        return answer

    @contextlib.asynccontextmanager
    async def lifespan(self, _: Starlette) -> Any:
        self.loop = asyncio.get_running_loop()
        threading.Thread(target=self.engine.work, daemon=True).start()
        yield


async def _forward(queue: asyncio.Queue[Any], socket: WebSocket) -> None:
    while True:
        message = await queue.get()
        if isinstance(message, bytes):
            await socket.send_bytes(message)
        else:
            await socket.send_text(message)


def _multipart(content_type: str, body: bytes) -> dict[str, tuple[str, bytes]]:
    """File name and content of each field; the standard library reads it as a mail."""
    message = message_from_bytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body)
    fields = {}
    for part in message.walk():
        name = part.get_param("name", header="content-disposition")
        if name is not None:
            content = part.get_payload(decode=True)
            fields[str(name)] = (part.get_filename() or "", content if isinstance(content, bytes) else b"")
    return fields


def _canonical(prompt_id: Any) -> bool:
    try:
        return isinstance(prompt_id, str) and str(uuid.UUID(prompt_id)) == prompt_id
    except ValueError:
        return False


def _refused(kind: str, message: str, details: str) -> Response:
    error = {"type": kind, "message": message, "details": details, "extra_info": {}}
    return JSONResponse({"error": error, "node_errors": {}}, 400)


def _job(item: list[Any], status: str) -> dict[str, Any]:
    return {"id": item[1], "status": status, "priority": item[0], "create_time": item[3].get("create_time")}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listen", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--directory", type=Path, required=True)
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", dest="pairs")
    parser.add_argument("--parent", type=int, default=0, help="end when this process is no longer our parent")
    arguments = parser.parse_args()
    if arguments.parent:
        threading.Thread(target=_end_with, args=(arguments.parent,), daemon=True).start()
    settings = FakeSettings.from_pairs(arguments.pairs)
    if settings.dies_after:
        threading.Thread(target=_die, args=(settings.dies_after,), daemon=True).start()
    time.sleep(settings.slow_start)
    server = FakeServer(settings, arguments.directory)
    app = Starlette(routes=server.routes(), lifespan=server.lifespan)
    uvicorn.run(
        app, host=arguments.listen, port=arguments.port, log_level="warning", ws="websockets-sansio", lifespan="on"
    )


def _end_with(parent: int) -> None:
    """A test run that was killed leaves no server behind."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(0)


def _die(after: float) -> None:
    time.sleep(after)
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
