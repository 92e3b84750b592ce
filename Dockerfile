# A worker of the pool `stammis`: it runs the deployments of prefect.yaml.
#   docker build -t stammis .
#   docker run -e PREFECT_API_URL=http://prefect:4200/api -e STAMMIS_SECRET=... -v /srv/stammis:/data stammis
# Register the deployments once, from the same image: docker run ... stammis prefect --no-prompt deploy --all
FROM python:3.11-slim-bookworm

RUN apt-get update -q \
    && apt-get install -y -q --no-install-recommends make \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /stammis
COPY pyproject.toml requirements.lock Makefile README.md ./
COPY stammis/__init__.py stammis/
RUN make setup
COPY . .
RUN .venv/bin/python -m compileall -q stammis

# The whole data folder is one volume, and whoever runs it is not root.
RUN useradd --create-home --uid 1000 stammis && mkdir /data && chown stammis /data /stammis
USER stammis
ENV PATH=/stammis/.venv/bin:$PATH \
    DO_NOT_TRACK=1 \
    PREFECT_SERVER_ANALYTICS_ENABLED=false \
    STAMMIS_DATA=/data
VOLUME /data
CMD ["prefect", "worker", "start", "--pool", "stammis", "--type", "process"]
