"""The floor: a bare Flask application under the desk's own gunicorn that renders the same rows and bytes from raw SQL.

It checks no session, knows no roles and translates nothing. What a page of the desk takes more than this is what the
desk adds. `python -m bench.floor sqlite|postgresql TARGET PORT`: TARGET is a file, or a connection string.
"""

from __future__ import annotations

import re
import sqlite3
import sys
import threading
from collections import namedtuple
from functools import lru_cache
from typing import Any

import psycopg
from flask import Flask, render_template_string, request
from flask_socketio import SocketIO, emit
from psycopg.rows import namedtuple_row

import config
from desk.serving.master import Server

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
CUSTOMERS = """
select c.id, c.id customer_id, c.name customer_name, c.locale, c.created_at last_at, i.value reply_address, i.evidence,
'' subject, 'open' status, 0 priority, 'email' channel, 'calm' level, null waiting_since, 'customer' last_author,
i.value preview, 0 unread from customers c left join identities i on i.customer_id = c.id
where c.merged_into is null order by c.id desc limit 25
"""
FOUND = {
    "sqlite": """
select e.id, e.customer_id, e.occurred_at, e.kind, e.author, e.channel, e.detail, c.subject, c.text, c.quoted
from search_lines_fts f join search_lines l on l.id = f.rowid join entries e on e.id = l.entry_id
join contents c on c.id = e.content_id where search_lines_fts match :word order by f.rowid desc limit 12
""",
    "postgresql": """
select e.id, e.customer_id, e.occurred_at, e.kind, e.author, e.channel, e.detail, c.subject, c.text, c.quoted
from (select id, entry_id from search_lines where words @@ cast(:word as tsquery) order by id desc limit 12) l
join entries e on e.id = l.entry_id join contents c on c.id = e.content_id order by l.id desc
""",
}
# The same markup as the desk's rows and lines, as a bare application would write it: one plain template, raw rows.
TEMPLATE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Floor</title></head><body>
<ol>{% for r in rows %}
<li id="c{{ r.id }}" data-k="{{ r.urgency }}"><a class="convo{% if r.unread %} unread{% endif %}" href="/console/c/{{ r.id }}">
<span class="av tone-{{ r.customer_id % 8 }}" aria-hidden="true">{{ r.customer_name[:1] }}<span class="badge ch-{{ r.channel }}">
<svg class="ic"><use href="#{{ r.channel }}"/></svg></span></span>
<span class="row-flex"><span class="who" dir="auto">{{ r.customer_name or r.reply_address }}</span>
<time class="when" datetime="{{ r.last_at }}">{{ r.last_at }}</time></span>
<span class="line" dir="auto">{% if r.last_author != "customer" %}<span class="muted">We:</span> {% endif %}{{ r.preview or r.subject }}</span>
<span class="marks">{% if r.waiting_since %}<span class="chip due"><svg class="ic"><use href="#clock"/></svg>
<time class="waits" datetime="{{ r.waiting_since }}">{{ r.waiting_since }}</time></span>{% endif %}
{% if r.level != "calm" %}<span class="chip {{ r.level }}"><svg class="ic"><use href="#{{ r.level }}"/></svg>{{ r.level }}</span>{% endif %}
{% if r.priority > 0 %}<span class="chip warn"><svg class="ic"><use href="#flag"/></svg>High</span>{% endif %}
{% if r.unread %}<span class="count end" aria-label="{{ r.unread }} unread">{{ r.unread }}</span>{% endif %}</span></a></li>{{ pad }}
{% endfor %}</ol>
<main>{% for r in lines %}{% if r.kind in ("message", "reply", "note") %}
<article class="entry {{ r.kind }}" id="e{{ r.id }}" data-at="{{ r.occurred_at }}" data-kind="{{ r.kind }}">
<span class="av tone-{{ r.customer_id % 8 }}" aria-hidden="true">{{ r.author[:1] }}<span class="badge ch-{{ r.channel }}">
<svg class="ic"><use href="#{{ r.channel }}"/></svg></span></span><div><div class="by"><b dir="auto">{{ r.author }}</b>
<span class="chip {{ r.channel }}"><svg class="ic"><use href="#{{ r.channel }}"/></svg>{{ r.channel }}</span>
<time datetime="{{ r.occurred_at }}" title="{{ r.occurred_at }}">{{ r.occurred_at }}</time>
{% if sent[r.id] %}<span class="row-flex delivery" data-state="{{ sent[r.id].state }}" title="{{ sent[r.id].detail }}">
<svg class="ic ic-s"><use href="#checks"/></svg>{{ sent[r.id].state }}</span>{% endif %}</div>
<div class="msg" dir="auto">{% if r.subject %}<span class="subject">{{ r.subject }}</span>{% endif %}
{% for part in (r.text or "").split("\n\n") %}<p>{{ part }}</p>{% endfor %}
{% if r.quoted %}<details class="quoted"><summary>•••</summary><p class="mt-2 pre">{{ r.quoted }}</p></details>{% endif %}</div></div></article>
{% else %}<div class="entry happened" id="e{{ r.id }}" data-at="{{ r.occurred_at }}" data-kind="{{ r.kind }}"><span class="node">
<svg class="ic"><use href="#{{ r.kind }}"/></svg></span><p class="what">{{ r.kind }} {{ r.detail }}
<time class="muted" datetime="{{ r.occurred_at }}" title="{{ r.occurred_at }}">{{ r.occurred_at }}</time></p></div>{% endif %}{{ pad }}
{% endfor %}</main>
<table>{% for r in scores %}<tr><td>{{ r[0] }}</td><td>{{ r[1] }}</td></tr>{% endfor %}</table>{{ rest }}</body></html>
"""  # noqa: E501
SENT = "select entry_id, state, detail from deliveries where entry_id in ({places})"


def _named(cursor: sqlite3.Cursor, row: tuple[Any, ...]) -> Any:
    return _shape(tuple(column[0] for column in cursor.description))._make(row)


@lru_cache(maxsize=32)
def _shape(names: tuple[str, ...]) -> Any:
    return namedtuple("Row", [name if name.isidentifier() else f"c{n}" for n, name in enumerate(names)])


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
                statement = re.sub(rf":{name}\b", f"%({name})s", statement)
        return list(self._here.db.execute(statement, values).fetchall())

    def _connect(self) -> Any:
        if self._kind == "postgresql":
            return psycopg.connect(self._target, autocommit=True, row_factory=namedtuple_row)
        db = sqlite3.connect(self._target, isolation_level=None)
        db.row_factory = _named
        db.executescript("pragma cache_size=-32000; pragma mmap_size=268435456; pragma busy_timeout=15000")
        return db


def create_app(kind: str, target: str) -> Flask:
    app = Flask(__name__)
    read = Raw(kind, target)
    missing: dict[tuple[str, int], int] = {}  # bytes that this page lacks, by page and wanted size
    template = app.jinja_env.from_string(TEMPLATE)

    def page(name: str, rows: Any = (), lines: Any = (), scores: Any = (), sent: Any = None) -> str:
        wanted, many = int(request.args.get("bytes", 0)), len(rows) + len(lines)
        short = missing.get((name, wanted), 0)
        each = short // many if many else 0
        html = template.render(
            rows=rows, lines=lines, scores=scores, sent=sent or {}, pad="x" * each, rest="x" * (short - each * many)
        )
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

    def lines() -> dict[str, Any]:
        found = read(TIMELINE, customer=int(request.args["customer"]))[:50]
        ids = {f"e{n}": row.id for n, row in enumerate(found)}
        sent = read(SENT.format(places=", ".join(f":{name} " for name in ids)), **ids) if ids else []
        return {"lines": found, "sent": {row.entry_id: row for row in sent}}

    @app.get("/timeline")
    def timeline() -> str:
        return page("timeline", **lines())

    @app.get("/conversation")
    def conversation() -> str:
        return page("conversation", rows=queue_rows(), **lines())

    @app.get("/customers")
    def customers() -> str:
        return page("customers", rows=read(CUSTOMERS))

    @app.get("/found")
    def found() -> str:
        return page("found", lines=read(FOUND[kind], word=request.args["q"]))

    @app.get("/report")
    def report() -> str:
        return page("report", scores=read(REPORT, first=request.args["first"], last=request.args["last"]))

    socketio = SocketIO(app, async_mode="threading")

    @socketio.on("echo")  # type: ignore[untyped-decorator]
    def echo(said: Any) -> None:
        emit("echo", said)

    return app


class Floor(Server):
    """The desk's server and its options, without the desk."""

    def __init__(self, kind: str, target: str, port: int) -> None:
        self._kind, self._target = kind, target
        super().__init__(config.read({"PORT": str(port), "LOG_LEVEL": "warning"}))

    def load(self) -> Flask:
        return create_app(self._kind, self._target)


if __name__ == "__main__":
    Floor(sys.argv[1], sys.argv[2], int(sys.argv[3])).run()
