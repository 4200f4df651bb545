"""The review as one ASGI app: the guard, the API under `/api`, and the page for everything else.

Takes a running `Review`, gives the app; leaves starting and stopping it to `mr.cli.review`.
"""

from __future__ import annotations

import asyncio
import mimetypes
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import PurePosixPath

from fastapi import APIRouter, FastAPI, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp

import mr
from mr.review.web import refusals
from mr.review.web.guard import Guard
from mr.review.web.noted import MINUTE_S
from mr.review.web.routes import (
    audits,
    classes,
    compare,
    corrections,
    desk,
    entry,
    exports,
    fleet,
    home,
    house,
    learners,
    live,
    marks,
    own,
    people,
    remarks,
    replay,
    rigs,
    sessions,
    uploads,
    wall,
)
from mr.review.web.state import Review

FOR_EVER = "public, max-age=31536000, immutable"
"""A built file's name has its hash in it."""
ROUTERS = (
    entry.router,
    home.router,
    own.router,
    people.router,
    classes.router,
    learners.router,
    wall.router,
    rigs.router,
    live.router,
    marks.router,
    desk.router,
    fleet.router,
    sessions.router,
    replay.router,
    corrections.router,
    remarks.router,
    compare.router,
    exports.router,
    uploads.router,
    house.router,
    audits.router,
)


def api_app(review: Review | None = None) -> FastAPI:
    """Make the API alone; without a review, to write down what it is like."""
    app = FastAPI(
        title="MR-CPR review",
        version=mr.__version__,
        openapi_url="/api/openapi.json",
        docs_url=None,  # it would load its scripts from elsewhere
        redoc_url=None,
        lifespan=_living,
        responses={"4XX": {"model": refusals.Problem}, "5XX": {"model": refusals.Problem}},
    )
    app.state.review = review
    refusals.install(app)
    api = APIRouter(prefix="/api")
    for router in ROUTERS:
        api.include_router(router)
    app.include_router(api)
    return app


@asynccontextmanager
async def _living(app: FastAPI) -> AsyncIterator[None]:
    """Let time pass in the hub, and for what was refused, while the server runs."""
    review: Review = app.state.review
    review.loop = asyncio.get_running_loop()
    ticking = [asyncio.ensure_future(each) for each in (review.hub.run(), _settling(review))]
    yield
    for task in ticking:
        task.cancel()
    review.hub.close()
    await run_in_threadpool(partial(review.noted.settle, all_of_them=True))


async def _settling(review: Review) -> None:
    while True:
        await asyncio.sleep(MINUTE_S)
        await run_in_threadpool(review.noted.settle)


def make_app(review: Review) -> ASGIApp:
    """Make the whole of it."""
    app = api_app(review)
    app.add_route("/{path:path}", page, methods=["GET"], include_in_schema=False)
    return Guard(app, review.names, review.noted, secure=review.secure)


async def page(request: Request) -> Response:
    """Give a built file; for any other path the page itself, which knows its own paths."""
    path = PurePosixPath(request.url.path.lstrip("/"))
    if path.parts[:1] == ("api",):
        raise refusals.NotThere(request.url.path)
    static = resources.files("mr.review").joinpath("static")
    found = _file(static, path)
    if found is None:
        if path.suffix:
            raise refusals.NotThere(request.url.path)
        found, path = static.joinpath("index.html"), PurePosixPath("index.html")
    hashed = path.parts[:1] == ("assets",)
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return Response(
        found.read_bytes(),
        media_type=kind,
        headers={"Cache-Control": FOR_EVER if hashed else "no-cache"},
    )


def _file(static: Traversable, path: PurePosixPath) -> Traversable | None:
    if not path.parts or any(part in {"..", "."} or "\\" in part for part in path.parts):
        return None
    found = static
    for part in path.parts:
        found = found.joinpath(part)
    return found if found.is_file() else None
