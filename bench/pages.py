"""Pages a second: the queue, the conversation, their fragments and the report, each in turn with its floor."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from sqlalchemy import event

from bench.databases import Database
from bench.fill import PASSWORD, Sample, folder_of
from bench.load import load, request_of, summary
from bench.rows import END, Size
from bench.served import Served, sign_in

AGENT, SUPERVISOR = "staff1@desk.example", "staff12@desk.example"
FIRST, LAST = (END - timedelta(days=90)).date(), END.date()


@dataclass(frozen=True)
class Page:
    """One page with the floor that stands beside it. `{c}` is a conversation, `{u}` its customer, `{q}` one of the
    texts that are looked for."""

    name: str
    path: str
    floor: str
    who: str = AGENT
    part: bool = False
    share: float = 1.0  # of the requests of a round: slow pages are asked less often
    texts: tuple[str, ...] = ()

    def paths(self, sample: Sample) -> list[str]:
        if self.texts:
            return [self.path.format(q=quote(text)) for text in self.texts]
        if "{c}" not in self.path:
            return [self.path]
        return [self.path.format(c=c) for c in sample.conversation_ids]

    def floors(self, sample: Sample, size: int, staff: int, teams: Sequence[int]) -> list[str]:
        given = {"size": size, "staff": staff, "team1": teams[0], "team2": teams[1]}
        common = "bytes={size}&staff={staff}&team1={team1}&team2={team2}".format(**given)
        if self.texts:
            return [f"{self.floor.format(q=quote(text.split()[0]))}{common}" for text in self.texts]
        if "{u}" not in self.floor:
            return [f"{self.floor}{common}"]
        return [f"{self.floor.format(u=u)}{common}" for u in sample.customer_ids]


PAGES = (
    Page("queue", "/console/all", "/queue?"),
    Page("queue, part", "/console/all", "/queue?", part=True),
    Page("conversation", "/console/c/{c}?view=all", "/conversation?customer={u}&"),
    Page("conversation, part", "/console/c/{c}?view=all", "/timeline?customer={u}&", part=True),
    Page("timeline, part", "/console/c/{c}/timeline", "/timeline?customer={u}&", part=True),
    Page(
        "report", f"/reports/csat?from={FIRST}&to={LAST}", f"/report?first={FIRST}&last={LAST}&", SUPERVISOR, share=0.1
    ),
)


def viewer_of(database: Database, name: str) -> tuple[int, list[int]]:
    """The agent's id and teams, which the floor asks for as the page does."""
    db = database.connect(name)
    staff = db.execute(f"select id from staff where email = '{AGENT}'").fetchall()[0][0]
    teams = [row[0] for row in db.execute(f"select team_id from team_members where staff_id = {staff}").fetchall()]
    db.close()
    return staff, teams


def measure(
    served: Served,
    floor: Served,
    sample: Sample,
    staff: int,
    teams: Sequence[int],
    *,
    rounds: int,
    count: int,
    pages: Sequence[Page] = PAGES,
) -> dict[str, Any]:
    """Floor and page in turn, so that whatever else the machine does falls on both."""
    cookies = {who: sign_in(served.port, who) for who in (AGENT, SUPERVISOR)}
    found: dict[str, Any] = {}
    for page in pages:
        number = max(8, int(count * page.share))
        part = {"HX_Request": "true"} if page.part else {}
        asked = [request_of(path, cookies[page.who], **part) for path in page.paths(sample)]
        size = load(served.port, asked, len(asked) + 8).size  # everything is read once before it counts
        beneath = [request_of(path) for path in page.floors(sample, size, staff, teams)]
        load(floor.port, beneath, len(beneath) + 8)
        rates, floors, times, ratios = [], [], [], []
        for _ in range(rounds):
            under = load(floor.port, beneath, number)
            over = load(served.port, asked, number)
            floors.append(under.rate)
            rates.append(over.rate)
            ratios.append(over.rate / under.rate)
            times += over.times
        alone = load(served.port, asked, max(8, number // 4), connections=1)
        found[page.name] = {
            "rate": round(statistics.median(rates), 1),
            "floor_rate": round(statistics.median(floors), 1),
            "ratio": round(statistics.median(ratios), 3),
            "bytes": size,
            **summary(times),
            "alone_p50_ms": summary(alone.times)["p50_ms"],
        }
    return found


def statements(database: Database, name: str, size: Size, sample: Sample) -> dict[str, int]:
    """How many statements each page sends, counted in this process."""
    from desk.app import create_app  # the whole application: only wanted here

    folder = folder_of(database, size)
    app = create_app(
        {"DATABASE_URL": database.url(name), "ENGINE_OPTIONS": {}, "DATA_DIR": folder, "KEYS_FILE": folder / "keys",
         "WORKER": "none", "TESTING": True, "WTF_CSRF_ENABLED": False}
    )  # fmt: skip
    seen: Counter[str] = Counter()
    engine = app.extensions["loopdesk"].store.engine
    event.listen(engine, "before_cursor_execute", lambda *a: seen.update(["one"]))
    found = {}
    for page in PAGES:
        client = app.test_client()
        client.post("/login", data={"email": page.who, "password": PASSWORD})
        headers = {"HX-Request": "true"} if page.part else {}
        path = page.paths(sample)[0]
        for _ in range(2):  # the second time, what is kept between requests is there
            seen.clear()
            assert client.get(path, headers=headers).status_code == 200, path
        found[page.name] = seen["one"]
    engine.dispose()
    return found
