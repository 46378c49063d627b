"""The floor: a bare Flask application under the desk's own gunicorn that renders the same rows and bytes from raw SQL.

It checks no session, knows no roles and translates nothing. What a page of the desk takes more than this is what the
desk adds. `python -m bench.floor sqlite|postgresql TARGET PORT`: TARGET is a file, or a connection string.
"""

from __future__ import annotations

import sqlite3
import sys
import threading
from typing import Any

import psycopg
from flask import Flask, render_template_string, request
from flask_socketio import SocketIO, emit

from desk.serving import Server

QUEUE = """
select id, customer_id, customer_name, reply_address, subject, status, priority, channel, level, frustration, urgency,
team_id, assignee_id, waiting_since, snoozed_until, last_at, last_author, preview, unread from conversations
where status = 'open' and (team_id is null or assignee_id = :staff or team_id in (:team1, :team2))
order by urgency desc, id desc limit 51
"""
TIMELINE = """
select e.id, e.customer_id, e.occurred_at, e.recorded_at, e.conversation_id, e.episode_id, e.identity_id, e.kind,
e.author, e.staff_id, e.channel, e.inbox_id, e.detail, c.subject, c.text, c.quoted, c.attachments, c.raw_sha256
from entries e left join contents c on c.id = e.content_id where e.customer_id = :customer
order by e.occurred_at desc, e.id desc limit 51
"""
REPORT = """
select r.score, count(*) from invitations i left join responses r on r.invitation_id = i.id
where i.kind = 'csat' and i.sent_at >= :first and i.sent_at < :last group by r.score
"""
TEMPLATE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Floor</title></head><body>
<ol>{% for r in rows %}<li id="c{{ r[0] }}"><a href="/{{ r[0] }}"><b>{{ r[2] }}</b><time>{{ r[15] }}</time>
<span>{{ r[4] }}</span><i>{{ r[5] }} {{ r[8] }} {{ r[18] }}</i>{{ pad }}</a></li>{% endfor %}</ol>
<main>{% for r in lines %}<article id="e{{ r[0] }}"><b>{{ r[8] }}</b><time>{{ r[2] }}</time>
<i>{{ r[7] }} {{ r[12] }}</i><p>{{ r[14] }}</p>{{ pad }}</article>{% endfor %}</main>
<table>{% for r in scores %}<tr><td>{{ r[0] }}</td><td>{{ r[1] }}</td></tr>{% endfor %}</table>{{ rest }}</body></html>
"""


class Raw:
    """Statements on a connection of this thread's own."""

    def __init__(self, kind: str, target: str) -> None:
        self._kind, self._target = kind, target
        self._here = threading.local()

    def __call__(self, statement: str, **values: Any) -> list[Any]:
        if not hasattr(self._here, "db"):
            self._here.db = self._connect()
        if self._kind == "postgresql":
            for name in values:
                statement = statement.replace(f":{name}", f"%({name})s")
        return list(self._here.db.execute(statement, values).fetchall())

    def _connect(self) -> Any:
        if self._kind == "postgresql":
            return psycopg.connect(self._target, autocommit=True)
        db = sqlite3.connect(self._target, isolation_level=None)
        db.executescript("pragma cache_size=-32000; pragma mmap_size=268435456; pragma busy_timeout=15000")
        return db


def create_app(kind: str, target: str, port: int) -> Flask:
    app = Flask(__name__)
    app.config.update(HOST="127.0.0.1", PORT=port, THREADS=216, LOG_LEVEL="WARNING", TRUSTED_PROXIES=0, WORKER="none")
    read = Raw(kind, target)
    missing: dict[tuple[str, int], int] = {}  # bytes that this page lacks, by page and wanted size
    template = app.jinja_env.from_string(TEMPLATE)

    def page(name: str, rows: Any = (), lines: Any = (), scores: Any = ()) -> str:
        wanted, many = int(request.args.get("bytes", 0)), len(rows) + len(lines)
        short = missing.get((name, wanted), 0)
        each = short // many if many else 0
        html = template.render(rows=rows, lines=lines, scores=scores, pad="x" * each, rest="x" * (short - each * many))
        if wanted and (name, wanted) not in missing:
            missing[name, wanted] = max(0, wanted - len(html.encode()))
        return html

    def queue_rows() -> list[Any]:
        return read(QUEUE, staff=int(request.args["staff"]), team1=int(request.args["team1"]), team2=int(request.args["team2"]))[:50]  # fmt: skip  # noqa: E501

    @app.get("/healthz")
    def health() -> str:
        return render_template_string("ok")

    @app.get("/queue")
    def queue() -> str:
        return page("queue", rows=queue_rows())

    @app.get("/timeline")
    def timeline() -> str:
        return page("timeline", lines=read(TIMELINE, customer=int(request.args["customer"]))[:50])

    @app.get("/conversation")
    def conversation() -> str:
        lines = read(TIMELINE, customer=int(request.args["customer"]))[:50]
        return page("conversation", rows=queue_rows(), lines=lines)

    @app.get("/report")
    def report() -> str:
        return page("report", scores=read(REPORT, first=request.args["first"], last=request.args["last"]))

    socketio = SocketIO(app, async_mode="threading")

    @socketio.on("echo")
    def echo(said: Any) -> None:
        emit("echo", said)

    return app


class Floor(Server):
    """The desk's server and its options, without the desk."""

    def after_fork(self, _worker: Any) -> None:
        return None


if __name__ == "__main__":
    Floor(create_app(sys.argv[1], sys.argv[2], int(sys.argv[3]))).run()
