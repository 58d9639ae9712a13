# The web server of Pressmark. The worker is the same image with another command: see compose.yaml.
FROM python:3.11-slim

# Strict settings: HTTPS only, no demo accounts. manage.py would otherwise default to the demo.
ENV PRESSMARK_DEMO=0 \
    PRESSMARK_DATA=/var/lib/pressmark \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1

WORKDIR /app

COPY requirements.txt ./
RUN pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.txt

COPY . ./

RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/pressmark pressmark
USER pressmark

# Settings need a key to load. This one is never stored: each installation brings its own.
RUN SECRET_KEY=only-for-collectstatic python manage.py collectstatic --no-input --verbosity 0

EXPOSE 8000

# Any answer below 500 is healthy, a redirect to HTTPS too.
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD python -c "\
import http.client, os; \
host = os.environ.get('ALLOWED_HOSTS', 'localhost').split(',')[0]; \
server = http.client.HTTPConnection('127.0.0.1', 8000, timeout=4); \
server.request('GET', '/', headers={'Host': host, 'X-Forwarded-Proto': 'https'}); \
raise SystemExit(server.getresponse().status >= 500)"

# The options of `make run`. WEB_CONCURRENCY sets the number of processes.
CMD ["gunicorn", "config.wsgi", "--bind", "0.0.0.0:8000", "--threads", "8", \
    "--no-control-socket", "--log-level", "warning"]
