"""The screening room as a web application, and the server that shows it.

Not here: what there is to see (``programme``), how it looks (``pages``), and starting Dagster beside it (the ``film``
command).
"""

import gzip
import socket
from collections.abc import Collection
from urllib.parse import urlsplit

import anyio
import uvicorn
from anyio import to_thread
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from film_pipeline.defs.progress import read_picture
from film_pipeline.errors import FilmPipelineError, SettingsError, UnknownFilmError
from film_pipeline.screening.addresses import MOMENTS, WIDTHS
from film_pipeline.screening.captions import captions_of
from film_pipeline.screening.guarding import EVERY_ADDRESS, LOOPBACK, SECURITY, Guard, host_name
from film_pipeline.screening.listing import Listing
from film_pipeline.screening.media import ASK_FIRST, FOREVER, stored
from film_pipeline.screening.pages import Pages
from film_pipeline.screening.programme import film_list, film_shown
from film_pipeline.screening.shown import Problem
from film_pipeline.screening.thumbnails import Thumbnails
from film_pipeline.screening.under_way import steps_under_way
from film_pipeline.settings import Settings
from film_pipeline.storage import keys
from film_pipeline.studio import Studio, open_studio

_PICTURES_AT_ONCE = 2  # decoding is heavy; pages and films must not wait behind it


class Room:
    """The answers to each kind of request, for one studio."""

    def __init__(self, studio: Studio, dagster_url: str | None) -> None:
        self._studio = studio
        self._objects = studio.store.objects
        self._pages = Pages()
        self._dagster_url = dagster_url
        self._listing = Listing(studio.store)
        self._thumbnails = Thumbnails(self._objects)
        self._decoding: anyio.CapacityLimiter | None = None

    def routes(self) -> list[Route]:
        return [
            Route("/", self.films),
            Route("/films/{film}", self.film),
            Route("/films/{film}/movie", self.movie),
            Route("/films/{film}/rough", self.rough),
            Route("/films/{film}/captions.vtt", self.captions),
            Route("/films/{film}/report.json", self.report),
            Route("/films/{film}/storyboard.json", self.storyboard),
            Route("/films/{film}/takes/{scene}/{digest}.mp4", self.clip),
            Route("/films/{film}/thumb/{scene}/{digest}/{moment}-{size}.webp", self.picture),
            Route("/api/films", self.films_data),
            Route("/films/{film}/progress/{step}.jpg", self.preview),
            Route("/api/films/{film}", self.film_data),
            Route("/api/films/{film}/progress", self.progress),
            Route("/static/{name}", self.static),
            Route("/healthz", self.health),
        ]

    def films(self, request: Request) -> Response:
        shown = film_list(self._studio, self._listing, _page(request), _find(request))
        return _html(request, self._pages.films(shown, self._dagster(request)))

    def film(self, request: Request) -> Response:
        shown = film_shown(self._studio, _film(request), _page(request))
        return _html(request, self._pages.film(shown, self._dagster(request)))

    def films_data(self, request: Request) -> Response:
        return JSONResponse(
            film_list(self._studio, self._listing, _page(request), _find(request)).model_dump(mode="json")
        )

    def film_data(self, request: Request) -> Response:
        return JSONResponse(film_shown(self._studio, _film(request), _page(request)).model_dump(mode="json"))

    async def movie(self, request: Request) -> Response:
        return await self._stored(request, keys.movie(_film(request)), "video/mp4", ASK_FIRST)

    async def rough(self, request: Request) -> Response:
        return await self._stored(request, keys.rough_movie(_film(request)), "video/mp4", ASK_FIRST)

    async def report(self, request: Request) -> Response:
        return await self._stored(request, keys.report(_film(request)), "application/json", ASK_FIRST)

    async def storyboard(self, request: Request) -> Response:
        return await self._stored(request, keys.storyboard(_film(request)), "application/json", ASK_FIRST)

    async def clip(self, request: Request) -> Response:
        return await self._stored(request, _clip(request), "video/mp4", FOREVER)

    async def picture(self, request: Request) -> Response:
        clip, moment, size = _clip(request), request.path_params["moment"], request.path_params["size"]
        if moment not in MOMENTS or size not in WIDTHS:
            raise HTTPException(404)
        self._decoding = self._decoding or anyio.CapacityLimiter(_PICTURES_AT_ONCE)
        tag = f'"{request.path_params["digest"][:32]}-{request.query_params.get("v", "")[:20]}-{moment}-{size}"'
        headers = {"cache-control": FOREVER, "etag": tag.encode("ascii", "ignore").decode()}
        if request.headers.get("if-none-match") == headers["etag"]:
            return Response(status_code=304, headers=headers)
        picture = await to_thread.run_sync(self._thumbnails.picture, clip, moment, size, limiter=self._decoding)
        if picture is None:
            raise _no_such_file(clip)
        return Response(picture, media_type="image/webp", headers=headers)

    def progress(self, request: Request) -> Response:
        steps = steps_under_way(self._studio, _film(request))
        content = {"steps": [step.model_dump() for step in steps.values()]}
        return JSONResponse(content, headers={"cache-control": "no-store"})

    def preview(self, request: Request) -> Response:
        film = _film(request)
        step = keys.checked_scene(film, request.path_params["step"])
        picture = read_picture(self._studio.settings.home, film, step)
        if picture is None:
            raise HTTPException(404)
        return Response(picture, media_type="image/jpeg", headers={"cache-control": "no-store"})

    def captions(self, request: Request) -> Response:
        film = _film(request)
        report = self._studio.store.report(film)
        if report is None:
            raise _no_such_file(keys.movie(film))
        words = captions_of(self._studio.store.storyboard(film), report)
        return Response(words, media_type="text/vtt", headers={"cache-control": ASK_FIRST})

    def static(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in self._pages.files:
            raise HTTPException(404)
        content, media_type = self._pages.files[name]
        return Response(content, headers={"content-type": media_type, "cache-control": FOREVER})

    def health(self, request: Request) -> Response:
        return JSONResponse({"well": True}, headers={"cache-control": "no-store"})

    def _dagster(self, request: Request) -> str | None:
        """Dagster's address as this viewer reaches it: from a phone it is not the phone's own 127.0.0.1."""
        if self._dagster_url is None:
            return None
        parts, seen_as = urlsplit(self._dagster_url), host_name(request.headers["host"])
        if parts.hostname not in LOOPBACK or seen_as in LOOPBACK:
            return self._dagster_url
        name = f"[{seen_as}]" if ":" in seen_as else seen_as
        return f"{parts.scheme}://{name}:{parts.port}" if parts.port else f"{parts.scheme}://{name}"

    async def _stored(self, request: Request, key: str, media_type: str, keeping: str) -> Response:
        answer = await stored(request, self._objects, key, media_type, keeping)
        if answer is None:
            raise _no_such_file(key)
        return answer

    # Answers to what went wrong: the same words as page or as JSON.

    def mistake(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, FilmPipelineError)
        known = not isinstance(error, UnknownFilmError)
        return self._problem(request, 500 if known else 404, Problem.of(error))

    def refused(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        what = "There is no such page" if error.status_code == 404 else str(error.detail)
        return self._problem(request, error.status_code, Problem(what=what, remedy="Go back to the list of films."))

    def broken(self, request: Request, error: Exception) -> Response:
        problem = Problem(
            what="The screening room made a mistake",
            why=type(error).__name__,
            remedy="The terminal of `film ui` tells more; please report it.",
        )
        return self._problem(request, 500, problem)

    def _problem(self, request: Request, status: int, problem: Problem) -> Response:
        if request.url.path.startswith("/api/"):
            return JSONResponse({"error": problem.model_dump()}, status, headers=SECURITY)
        title = "Not found" if status == 404 else "Something went wrong"
        return _html(request, self._pages.problem(title, problem, self._dagster(request)), status)


def create_app(
    studio: Studio, *, dagster_url: str | None, hosts: Collection[str] = LOOPBACK, numeric_hosts: bool = False
) -> Starlette:
    """The screening room of one home; ``hosts`` are the names under which it answers.

    Raises:
        SettingsError: ``dagster_url`` is no web address.
    """
    room = Room(studio, _checked_url(dagster_url) if dagster_url else None)
    return Starlette(
        routes=room.routes(),
        middleware=[Middleware(Guard, hosts=hosts, numeric=numeric_hosts)],
        exception_handlers={
            FilmPipelineError: room.mistake,
            HTTPException: room.refused,
            Exception: room.broken,
        },
    )


def serve(studio: Studio, host: str, port: int, dagster_url: str | None, allowed: Collection[str] = ()) -> None:
    """Show the films until told to stop (SIGINT or SIGTERM); ``allowed`` are further names to answer to.

    Raises:
        SettingsError: the address cannot be listened on.
    """
    hosts = {*LOOPBACK, *allowed} | ({host} - EVERY_ADDRESS)
    app = create_app(studio, dagster_url=dagster_url, hosts=hosts, numeric_hosts=host in EVERY_ADDRESS)
    with _listening(host, port) as listener:
        config = uvicorn.Config(
            app,
            log_level="warning",
            log_config=None,  # logs go where this process sends all of its logs
            access_log=False,
            server_header=False,
            proxy_headers=False,
            lifespan="off",
            timeout_graceful_shutdown=2,  # a paused film holds its connection for as long as the page is open
        )
        uvicorn.Server(config).run(sockets=[listener])


def run_in_process(
    studio_settings: Settings, host: str, port: int, dagster_url: str | None, allowed: Collection[str] = ()
) -> None:
    """Open the studio and show its films; what the ``film`` command runs in a process of its own."""
    serve(open_studio(studio_settings), host, port, dagster_url, allowed)


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=128)
    except (OSError, OverflowError) as error:
        raise SettingsError(
            "The screening room cannot listen here",
            where=f"{host}:{port}",
            why=getattr(error, "strerror", None) or str(error),
            remedy="Choose another port with --screening-port.",
        ) from error


def _checked_url(url: str) -> str:
    if urlsplit(url).scheme not in ("http", "https"):
        raise SettingsError("Dagster's address is no web address", where=url, remedy="Begin it with http://.")
    return url.rstrip("/")


def _film(request: Request) -> str:
    return keys.checked_film(request.path_params["film"])


def _clip(request: Request) -> str:
    """The key of the clip that the address names, after checking each part of it."""
    film = _film(request)
    scene = keys.checked_scene(film, request.path_params["scene"])
    digest = request.path_params["digest"]
    if not keys.DIGEST.fullmatch(digest):
        raise HTTPException(404)
    return keys.clip(film, scene, digest)


def _no_such_file(key: str) -> UnknownFilmError:
    return UnknownFilmError("There is no such file", where=key, remedy="Load the film's page again.")


def _page(request: Request) -> int:
    number = request.query_params.get("page", "1")
    return int(number) if number.isascii() and number.isdigit() and len(number) < 7 else 1


def _find(request: Request) -> str:
    return request.query_params.get("find", "")[:100]


def _html(request: Request, text: str, status: int = 200) -> Response:
    """A page, packed where the browser unpacks: a long storyboard says much the same of every scene."""
    headers, content = {**SECURITY, "cache-control": ASK_FIRST, "vary": "accept-encoding"}, text.encode()
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["content-encoding"] = "gzip"
        content = gzip.compress(content, compresslevel=5, mtime=0)
    return Response(content, status, headers=headers, media_type="text/html; charset=utf-8")
