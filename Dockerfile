# One image runs every service of deploy/compose.yaml and deploy/kubernetes. How it is deployed: docs/deploy.md.
#   docker build -t candorcast .                                     for processors
#   docker build -t candorcast:cuda --build-arg VARIANT=cuda .       for NVIDIA's cards: some gigabytes more
#   docker run --read-only --tmpfs /tmp -e CANDORCAST_API_KEY=… -p 127.0.0.1:8000:8000 -v candorcast:/data candorcast
# Only /data (the home, to be kept) and /tmp (what may be lost) are written, so the root may be read-only.
ARG PYTHON=3.11
FROM python:${PYTHON}-slim AS build
ARG VARIANT=cpu
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
WORKDIR /app
# Dependencies before the code: a change of the code does not install them again. On Linux torch from the package index
# is the one with CUDA, so that for processors it comes from TORCH_INDEX; where that is empty, from the package index.
COPY pyproject.toml hatch_build.py constraints.txt README.md ./
COPY deploy/requirements.txt deploy/requirements.txt
RUN case "$VARIANT" in \
      cpu) from="${TORCH_INDEX:+--index-url $TORCH_INDEX}" ;; \
      cuda) from="" ;; \
      *) echo "VARIANT=$VARIANT: expected cpu or cuda" >&2; exit 2 ;; \
    esac \
    && version="$(sed -n 's/^torch==//p' constraints.txt)" \
    && pip install --no-deps $from "torch==${version}" \
    && pip install -c constraints.txt -e .[report] -r deploy/requirements.txt
COPY . .
# Compiled here, because nothing can be where the root is read-only.
RUN pip install --no-deps -e . && python -m compileall -q candorcast cli flows ml_core serving tuning && pip uninstall -y pip

FROM python:${PYTHON}-slim
ARG VERSION=0.0.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="candorcast" \
      org.opencontainers.image.description="From market data to a served forecast that has earned its place." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# KubeRay may start Ray in a login shell, which forgets PATH.
RUN useradd --uid 10001 --create-home candorcast \
    && mkdir /data && chown candorcast:candorcast /data \
    && echo 'PATH=/opt/venv/bin:$PATH' > /etc/profile.d/candorcast.sh
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
# NVIDIA's two say what its container runtime lends, where there is one. HOME is where libraries keep what may be lost.
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp \
    PORT=8000 \
    CANDORCAST_HOME=/data \
    CANDORCAST_PROJECT=/app \
    CANDORCAST_EXPERIMENT=demo \
    NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility \
    DO_NOT_TRACK=1 \
    PREFECT_SERVER_ANALYTICS_ENABLED=false \
    MLFLOW_DISABLE_TELEMETRY=true \
    GRADIO_ANALYTICS_ENABLED=False \
    RAY_USAGE_STATS_ENABLED=0
# By number: a cluster that admits no root has to see that it is none.
USER 10001:10001
WORKDIR /app
VOLUME ["/data", "/tmp"]
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f\"http://127.0.0.1:{os.environ['PORT']}/health\", timeout=4)"]
CMD ["sh", "-c", "exec candorcast serve $(echo \"$CANDORCAST_EXPERIMENT\" | tr , ' ') --host 0.0.0.0 --port \"$PORT\""]
