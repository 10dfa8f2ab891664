# One image runs every service of deploy/compose.yaml.
#   docker build -t candorcast .                                   torch as the package index builds it
#   docker build -t candorcast --build-arg TORCH_INDEX=… .         torch from the index of CPU (or CUDA) wheels
#                                                                   that PyTorch's install page names: far smaller
#   docker run -e CANDORCAST_API_KEY=… -p 127.0.0.1:8000:8000 -v candorcast:/data candorcast
FROM python:3.11-slim AS build
ARG TORCH_INDEX=""
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
WORKDIR /app
# Dependencies before the code: a change of the code does not install them again.
COPY pyproject.toml hatch_build.py constraints.txt README.md ./
COPY deploy/requirements.txt deploy/requirements.txt
RUN version="$(sed -n 's/^torch==//p' constraints.txt)" \
    && pip install --no-deps ${TORCH_INDEX:+--index-url "$TORCH_INDEX"} "torch==${version}" \
    && pip install -c constraints.txt -e .[report] -r deploy/requirements.txt
COPY . .
RUN pip install --no-deps -e .

FROM python:3.11-slim
RUN useradd --uid 10001 --create-home candorcast \
    && mkdir /data && chown candorcast:candorcast /data
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PORT=8000 \
    CANDORCAST_HOME=/data \
    CANDORCAST_PROJECT=/app \
    CANDORCAST_EXPERIMENT=demo \
    DO_NOT_TRACK=1 \
    PREFECT_SERVER_ANALYTICS_ENABLED=false \
    MLFLOW_DISABLE_TELEMETRY=true \
    GRADIO_ANALYTICS_ENABLED=False \
    RAY_USAGE_STATS_ENABLED=0
USER candorcast
WORKDIR /app
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f\"http://127.0.0.1:{os.environ['PORT']}/health\", timeout=4)"]
CMD ["sh", "-c", "exec candorcast serve $(echo \"$CANDORCAST_EXPERIMENT\" | tr , ' ') --host 0.0.0.0 --port \"$PORT\""]
