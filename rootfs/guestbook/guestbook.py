"""A guestbook: entries in PostgreSQL, the number of visits in Redis.

GET / shows both as text, POST / with a line of text writes an entry. GET /live answers as long as this program runs; GET /ready only while
the database and the cache answer it.
"""
import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psycopg2
import redis

LONGEST = 500


def database():
    connection = psycopg2.connect(host="db", dbname="guestbook", user="postgres", password=os.environ["DB_PASSWORD"], connect_timeout=2)
    connection.autocommit = True
    return connection


cache = redis.Redis(host="cache", socket_timeout=2, socket_connect_timeout=2)


class Guestbook(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/live":
            self.answer(200, "alive\n")
        elif self.path == "/ready":
            self.tried(lambda cursor: (cursor.execute("SELECT 1"), cache.ping(), "ready\n")[-1])
        else:
            self.tried(self.page)

    def do_POST(self):
        text = self.rfile.read(min(int(self.headers.get("Content-Length", 0)), LONGEST)).decode(errors="replace").strip()
        self.tried(lambda cursor: cursor.execute("INSERT INTO entries (text) VALUES (%s)", (text,)) or "written\n")

    @staticmethod
    def page(cursor):
        cursor.execute("SELECT text FROM entries ORDER BY id DESC LIMIT 20")
        entries = "".join(f"- {text}\n" for (text,) in cursor.fetchall())
        return f"visits: {cache.incr('visits')}\n{entries}"

    def tried(self, work):
        try:
            connection = database()
            try:
                with connection.cursor() as cursor:
                    cursor.execute("CREATE TABLE IF NOT EXISTS entries (id serial PRIMARY KEY, text text NOT NULL)")
                    self.answer(200, work(cursor))
            finally:
                connection.close()
        except (psycopg2.Error, redis.RedisError) as error:
            self.answer(503, f"not now: {error}\n")

    def answer(self, code, text):
        body = text.encode()
        self.send_response(code)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, form, *words):
        if self.path not in ("/live", "/ready"):
            print(form % words)


signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
ThreadingHTTPServer(("", 8080), Guestbook).serve_forever()
