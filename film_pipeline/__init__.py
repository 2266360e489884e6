"""Text in, film out: a script becomes a storyboard, scenes and a finished movie, as a Dagster asset graph."""

__version__ = "0.1.0"
