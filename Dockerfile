# The assistant and its default documents; nothing but Python is needed at run time.
#   docker build -t lab-assistant .
#   docker run --read-only --tmpfs /tmp -v lab-data:/data -v /path/to/docs:/corpus:ro -p 8000:8000 lab-assistant
# Packages beside those that answer: --build-arg EXTRAS="psycopg[binary] redis<8 pymilvus==3.0.2 sentence-transformers"

FROM python:3.11-slim-bookworm AS environment
ARG EXTRAS=""
WORKDIR /app
COPY requirements.txt .
# torch and sentence-transformers (2 GB) serve only an embedding model other than the shipped one.
RUN grep --invert-match --extended-regexp '^(torch|sentence-transformers)==' requirements.txt > needed.txt \
    && python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --requirement needed.txt ${EXTRAS:+$EXTRAS}

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin assistant \
    && install --directory --owner=assistant /data
COPY --from=environment /venv /venv
COPY assistant /app/assistant
COPY web /app/web
COPY corpus /corpus
WORKDIR /app
# Everything that is written lies below /data and /tmp, so that the rest can be read-only.
ENV PATH=/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    XDG_CACHE_HOME=/data/cache \
    ASSISTANT_CORPUS__PATH=/corpus \
    ASSISTANT_INDEX__PATH=/data/index \
    ASSISTANT_JOURNAL__URL=sqlite:////data/journal.db \
    ASSISTANT_ADMIN__EVAL_FOLDER=/data/eval \
    ASSISTANT_SERVER__HOST=0.0.0.0 \
    ASSISTANT_LOG__FORMAT=json
USER 10001
VOLUME /data
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/ready', timeout=4)"]
ENTRYPOINT ["python", "-m", "assistant"]
CMD ["serve", "--watch"]
