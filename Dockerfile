# The mock and the suites: `docker build -t screentest .`, then `docker run -p 127.0.0.1:8080:8080 screentest`.
# From outside the container the control plane and its page need `--control-token`: see compose.yaml.
FROM python:3.13-slim AS build
WORKDIR /source
COPY . .
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir ".[redis]"

FROM python:3.13-slim
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin screentest
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER 10001
WORKDIR /work
EXPOSE 8080
# Any answer will do: with a control token this one is refused.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "from http.client import HTTPConnection as To; to = To('127.0.0.1', 8080, timeout=4); to.request('GET', '/_screentest/health'); to.getresponse()"]
ENTRYPOINT ["screentest"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8080"]
