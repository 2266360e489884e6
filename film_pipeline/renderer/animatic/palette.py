"""The colours of a scene: one palette for a time of day, bent by weather, place and mood. Colours are RGB, 0 to 255."""

import colorsys
from dataclasses import dataclass, replace

import numpy as np

from film_pipeline.renderer.animatic.reading import Reading

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Palette:
    """``far`` to ``near`` are silhouettes by distance, ``haze`` what distance fades to, ``accents`` the lights."""

    zenith: Colour
    sky: Colour
    horizon: Colour
    haze: Colour
    far: Colour
    near: Colour
    ground: Colour
    key: Colour
    window: Colour
    accents: tuple[Colour, ...]
    lightness: float


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """``share`` 0 is the first colour, 1 the second."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(first, second, strict=True))
    return red, green, blue


def scaled(colour: Colour, factor: float) -> Colour:
    red, green, blue = (max(0, min(255, round(channel * factor))) for channel in colour)
    return red, green, blue


_NEON: tuple[Colour, ...] = ((255, 45, 140), (30, 220, 255), (255, 170, 50), (160, 80, 255), (60, 255, 170))
_LAMPS: tuple[Colour, ...] = ((255, 190, 110), (255, 160, 80), (255, 214, 150))
_WARM_WINDOW: Colour = (255, 196, 110)

_BY_TIME = {
    "night": Palette(
        (12, 18, 44), (24, 36, 76), (58, 74, 120), (50, 66, 108), (34, 46, 82), (6, 9, 20), (22, 28, 48),
        (190, 210, 255), _WARM_WINDOW, _LAMPS, 0.25,
    ),
    "dawn": Palette(
        (70, 92, 150), (190, 150, 170), (255, 205, 160), (226, 178, 166), (140, 118, 146), (28, 26, 44), (92, 84, 98),
        (255, 214, 160), _WARM_WINDOW, _LAMPS, 0.7,
    ),
    "day": Palette(
        (74, 136, 206), (138, 186, 230), (214, 232, 242), (188, 210, 226), (118, 146, 170), (28, 40, 50),
        (120, 128, 126), (255, 246, 220), (160, 190, 210), ((214, 90, 70), (60, 120, 160), (226, 180, 80)), 1.0,
    ),
    "golden": Palette(
        (86, 112, 168), (236, 176, 120), (255, 220, 150), (240, 182, 120), (166, 112, 92), (36, 22, 26), (128, 90, 66),
        (255, 214, 130), _WARM_WINDOW, ((255, 150, 70), (255, 204, 110), (220, 90, 70)), 0.8,
    ),
    "dusk": Palette(
        (32, 34, 84), (122, 68, 124), (255, 138, 92), (176, 92, 112), (92, 54, 96), (16, 12, 30), (58, 40, 66),
        (255, 160, 110), _WARM_WINDOW, _LAMPS, 0.5,
    ),
}  # fmt: skip


def palette_for(reading: Reading, rng: np.random.Generator) -> Palette:
    """Choose and bend; ``rng`` only shifts hues a little, except where nothing was recognised."""
    palette = _BY_TIME[reading.time]
    if not reading.recognised:
        return _turned(palette, float(rng.random()))
    palette = _of_place(palette, reading)
    if reading.cyber or "neon" in reading.lights:
        palette = _cyber(palette, reading)
    palette = _of_weather(palette, reading)
    palette = _named_colours(palette, reading.colours)
    if reading.mood == "warm":
        palette = _tinted(palette, (255, 170, 90), 0.10)
    if reading.mood == "cold":
        palette = _tinted(palette, (40, 90, 130), 0.12)
    return palette


_NAMED: dict[str, Colour] = {
    "red": (255, 50, 46), "green": (60, 235, 120), "blue": (60, 130, 255), "purple": (160, 80, 255),
    "pink": (255, 90, 170), "orange": (255, 140, 50), "gold": (255, 200, 80), "teal": (40, 220, 220),
    "white": (230, 240, 255),
}  # fmt: skip


def _named_colours(palette: Palette, names: tuple[str, ...]) -> Palette:
    """Colours that the words name lead the lights."""
    if not names:
        return palette
    named = tuple(_NAMED[name] for name in names[:2])
    accents = (named[0], named[-1] if len(named) > 1 else mix(named[0], palette.accents[1], 0.35), *palette.accents)
    horizon, haze = mix(palette.horizon, scaled(named[0], 0.7), 0.22), mix(palette.haze, scaled(named[0], 0.6), 0.14)
    return replace(palette, accents=accents[: max(3, len(palette.accents))], horizon=horizon, haze=haze)


def _cyber(palette: Palette, reading: Reading) -> Palette:
    if reading.time not in ("night", "dusk"):
        return replace(palette, accents=_NEON)
    if reading.place in ("forest", "desert", "sea", "mountain", "field", "space"):
        return replace(palette, accents=_NEON, key=(120, 220, 255))
    return replace(
        palette, zenith=(14, 13, 42), sky=(40, 26, 84), horizon=(128, 54, 122), haze=(74, 52, 118), far=(44, 34, 86),
        near=(7, 6, 18), ground=(26, 22, 50), key=(120, 220, 255), window=(255, 196, 120), accents=_NEON, lightness=0.3,
    )  # fmt: skip


def _of_place(palette: Palette, reading: Reading) -> Palette:
    bright = palette.lightness
    if reading.place == "forest":
        return _tinted(palette, (46, 92, 62), 0.25 if bright > 0.6 else 0.15)
    if reading.place == "desert":
        sand: Colour = (214, 160, 100)
        return replace(
            palette,
            haze=mix(palette.haze, sand, 0.45),
            far=mix(palette.far, scaled(sand, 0.7), 0.5),
            ground=mix(palette.ground, scaled(sand, 0.25 + 0.65 * bright), 0.8),
            near=mix(palette.near, (60, 34, 22), 0.5),
        )
    if reading.place == "sea":
        return replace(palette, ground=mix(palette.ground, scaled((30, 92, 112), 0.3 + 0.7 * bright), 0.7))
    if reading.place == "space":
        return replace(
            palette, zenith=(8, 8, 24), sky=(18, 16, 48), horizon=(40, 28, 84), haze=(52, 44, 104), far=(30, 34, 66),
            near=(8, 9, 18), key=(210, 226, 255), lightness=0.2,
            accents=((214, 70, 150), (60, 170, 230), (240, 150, 70), (120, 90, 240)),
        )  # fmt: skip
    return palette


def _of_weather(palette: Palette, reading: Reading) -> Palette:
    night = palette.lightness < 0.4
    if "storm" in reading.weather:
        return _tinted(palette, (30, 42, 52) if night else (70, 84, 92), 0.5, accents=False)
    if "snow" in reading.weather:
        palette = _tinted(palette, (96, 116, 150) if night else (214, 224, 236), 0.35, accents=False)
        return replace(palette, ground=mix(palette.ground, (120, 136, 168) if night else (228, 234, 242), 0.7))
    if "fog" in reading.weather:
        return _tinted(palette, palette.haze, 0.4, accents=False)
    if "rain" in reading.weather and not night:
        return _tinted(palette, (96, 110, 124), 0.45, accents=False)
    return palette


def _tinted(palette: Palette, colour: Colour, share: float, accents: bool = True) -> Palette:
    return replace(
        palette,
        zenith=mix(palette.zenith, colour, share * 0.8),
        sky=mix(palette.sky, colour, share),
        horizon=mix(palette.horizon, colour, share * 0.8),
        haze=mix(palette.haze, colour, share),
        far=mix(palette.far, colour, share * 0.7),
        near=mix(palette.near, colour, share * 0.15),
        ground=mix(palette.ground, colour, share * 0.7),
        key=mix(palette.key, colour, share * 0.2) if accents else palette.key,
    )


def _turned(palette: Palette, turn: float) -> Palette:
    """The same lights and darks with every hue turned, for words that name no colour we know."""

    def turned(colour: Colour) -> Colour:
        hue, light, saturation = colorsys.rgb_to_hls(*(channel / 255 for channel in colour))
        red, green, blue = colorsys.hls_to_rgb((hue + turn) % 1, light, min(1, saturation * 1.15))
        return round(red * 255), round(green * 255), round(blue * 255)

    return Palette(
        turned(palette.zenith), turned(palette.sky), turned(palette.horizon), turned(palette.haze),
        turned(palette.far), turned(palette.near), turned(palette.ground), turned(palette.key),
        turned(palette.window), tuple(turned(colour) for colour in _NEON), palette.lightness,
    )  # fmt: skip
