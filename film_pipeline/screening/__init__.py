"""The screening room: a small read-only web page where films are watched.

``programme`` reads what there is to see, ``pages`` shows it, ``media`` serves the films, ``guarding`` keeps the door.
Not here: anything that changes a film, and anything of Dagster but a link to it.
"""
