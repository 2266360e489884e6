"""Dagster: the film as an asset graph. Everything that knows Dagster is here; what an asset does is in ``studio``."""
