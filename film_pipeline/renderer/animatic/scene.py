"""From a reading to a dressed stage: which place, which people and things, which weather, in the right order."""

from film_pipeline.renderer.animatic import outer, urban
from film_pipeline.renderer.animatic.backdrop import add_fog
from film_pipeline.renderer.animatic.closeups import build_closeup
from film_pipeline.renderer.animatic.corridor import build_corridor
from film_pipeline.renderer.animatic.effects import Finish, Flakes, Lightning, Rain, Splashes
from film_pipeline.renderer.animatic.face import add_bust
from film_pipeline.renderer.animatic.inside import build_room
from film_pipeline.renderer.animatic.nature import build_field, build_forest
from film_pipeline.renderer.animatic.people import add_companion, add_hero, add_shoulder
from film_pipeline.renderer.animatic.sea import build_sea
from film_pipeline.renderer.animatic.stage import Stage
from film_pipeline.renderer.animatic.vehicles import add_drone
from film_pipeline.renderer.animatic.wilds import build_desert, build_mountain

_PLACES = {
    "city": urban.build_city,
    "canal": urban.build_canal,
    "rooftop": urban.build_rooftop,
    "market": urban.build_market,
    "station": urban.build_station,
    "forest": build_forest,
    "desert": build_desert,
    "sea": build_sea,
    "mountain": build_mountain,
    "field": build_field,
    "room": build_room,
    "kitchen": build_room,
    "bar": build_room,
    "office": build_room,
    "lab": build_room,
    "corridor": build_corridor,
    "space": outer.build_space,
    "abstract": outer.build_abstract,
}


def dress(stage: Stage) -> None:
    """Set everything on the stage, back to front."""
    reading = stage.reading
    if reading.shot in ("close", "extreme") and build_closeup(stage):
        _weather(stage, near=False)
    else:
        vista = reading.shot in ("aerial", "establishing") and reading.place in ("city", "rooftop", "market", "station")
        foot = urban.build_vista(stage) if vista else _PLACES[reading.place](stage)
        _people(stage, foot)
        if "drone" in reading.subjects:
            add_drone(stage)
        stage.add(*stage.front)
        _weather(stage, near=not reading.indoors)
    stage.add(Finish(stage))


def _people(stage: Stage, foot: float) -> None:
    reading = stage.reading
    wanted = bool(reading.people) or reading.shot in ("medium", "shoulder")
    if reading.place in ("space", "abstract") and not reading.people:
        return
    if reading.shot == "shoulder":
        side = -1 if stage.chance(0.6) else 1
        seen = (*reading.people, "person", "person")[1]
        add_hero(stage, foot, 0.42, x=-0.12 * side * stage.aspect, depth=0.15, kind=seen)
        add_shoulder(stage, side)
    elif reading.shot in ("medium", "close", "extreme") and wanted:
        add_bust(stage, min(0.27, stage.aspect * 0.26), 0.47)
    elif wanted:
        height = {"aerial": 0.13, "establishing": 0.17}.get(reading.shot, 0.40)
        height = min(height, stage.aspect * 0.6)
        place = stage.between(-0.16, 0.16) * stage.aspect
        add_hero(stage, foot, height, x=place)
        if len(reading.people) > 1 and reading.shot == "wide":
            add_companion(stage, reading.people[1], foot, height, place)


def _weather(stage: Stage, *, near: bool) -> None:
    weather = stage.reading.weather
    if stage.reading.indoors or stage.reading.place == "space":
        return
    if "fog" in weather:
        add_fog(stage, 0.35, 1.0, 0.55, 0.05, 0.8)
    if weather & {"rain", "storm"}:
        heavy = 1.5 if "storm" in weather else 1.0
        stage.add(Rain(stage, 0.0, heavy), Rain(stage, 0.5, heavy))
        if near:
            stage.add(Splashes(stage, 0.80, 1.0, 60))
        stage.add(Rain(stage, 1.0, heavy))
    if "storm" in weather:
        stage.add(Lightning(stage))
    if "snow" in weather:
        light = 150 if stage.palette.lightness < 0.5 else 120
        stage.add(Flakes(stage, 130, 0.0045, 0.10, light, wind=0.03), Flakes(stage, 34, 0.011, 0.19, light, wind=0.06))
