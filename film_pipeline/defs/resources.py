"""Resources: thin factories for plain classes. A resource holds configuration only; the class does the work."""

import dagster as dg

from film_pipeline.settings import load_settings
from film_pipeline.studio import Studio, open_studio


class StudioResource(dg.ConfigurableResource[Studio]):
    """The studio of one home; the settings of the running process choose director, renderer and composer."""

    home: str

    def create_resource(self, context: dg.InitResourceContext) -> Studio:
        return open_studio(load_settings(FILM_HOME=self.home))
