# The one image of the film pipeline: code server, daemon, webserver, runs, steps and screening room.
# make image builds it and fixes the base by the digest it finds; every package is fixed by hash. Non-root, nothing is
# written outside of volumes (mount one at /tmp).
ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS packages
COPY requirements-cluster.txt /src/
RUN python -m venv /opt/film
RUN /opt/film/bin/pip install --no-cache-dir --no-compile --no-deps --require-hashes -r /src/requirements-cluster.txt
COPY pyproject.toml README.md LICENSE /src/
COPY film_pipeline /src/film_pipeline
RUN /opt/film/bin/pip install --no-cache-dir --no-compile --no-deps --no-build-isolation /src
# FFmpeg comes from Debian, where its faults are mended.
RUN rm /opt/film/lib/python3.11/site-packages/imageio_ffmpeg/binaries/ffmpeg-*
RUN /opt/film/bin/pip uninstall -y pip setuptools
# Compiled here once: a pod's start takes half the time. By content, not by date, so that builds are alike.
RUN python -m compileall -q --invalidation-mode unchecked-hash /opt/film/lib

FROM ${BASE}
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates ffmpeg tini \
 && rm -rf /var/lib/apt/lists/*
COPY --from=packages /opt/film /opt/film
COPY workflows /opt/film/workflows
RUN mkdir -p /opt/dagster/dagster_home
ENV PATH=/opt/film/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp \
    DAGSTER_HOME=/opt/dagster/dagster_home \
    FILM_HOME=/tmp/film \
    FILM_WORKFLOWS=/opt/film/workflows
USER 1000:1000
WORKDIR /tmp
ENTRYPOINT ["tini", "--"]
CMD ["film", "--help"]
