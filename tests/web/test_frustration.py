"""The page of frustration: who sees it, what stands on it with its n, and the way back to an earlier layer."""

from __future__ import annotations

from collections.abc import Callable

from flask.testing import FlaskClient
from sqlalchemy import select

from desk import agents, sentiment
from desk.jobs.tables import Job
from desk.sentiment.tables import Layer
from desk.store import Store
from tests import factories
from tests.sentiment.test_levels import write
from tests.web.conftest import post

As = Callable[[str], FlaskClient]


def test_leads_see_it_and_agents_do_not(as_role: As) -> None:
    assert as_role("agent").get("/bot/frustration").status_code == 403
    page = as_role("supervisor").get("/bot/frustration").text
    assert "Nothing was flagged yet" in page
    assert "Learn now" not in page
    assert "/bot/frustration" not in as_role("agent").get("/bot/").text
    assert "/bot/frustration" in as_role("supervisor").get("/bot/").text
    assert as_role("supervisor").post("/bot/frustration/learn").status_code in (400, 403)


def test_figures_stand_with_their_n_and_lead_to_their_rows(as_role: As, store: Store) -> None:
    with store.transaction() as tx:
        viewer = agents.viewer(tx, factories.make_staff(tx, role="supervisor", name="Bea Bee").id)
        assert viewer is not None
        for number in range(2):
            conversation = factories.make_conversation(tx)
            entry_id = write(tx, conversation, "This is ridiculous, third mail and still no answer!!", later=False)
            if number:
                sentiment.correct(tx, entry_id, viewer, "calm")
    page = as_role("supervisor").get("/bot/frustration").text
    assert "1 of 2" in page
    assert "too few" in page  # of a language with two flags, no share is told
    assert "Bea Bee" in page
    assert f"/console/c/{conversation.id}?entry={entry_id}#e{entry_id}" in page


def test_an_admin_goes_back_to_an_earlier_layer_and_to_the_head_as_it_came(as_role: As, store: Store) -> None:
    with store.transaction() as tx:
        for corrections, how in ((20, "kept"), (40, "kept"), (60, "refused")):
            row = Layer(
                at=tx.now(), head="h", corrections=corrections, last_correction_id=corrections, weights=b"", how=how,
                held=20, loss_before=0.5, loss_after=0.25, right_before=11, right_after=17,
            )  # fmt: skip
            tx.add(row)
            tx.flush()
            if corrections == 20:
                first = row.id
    admin = as_role("admin")
    page = admin.get("/bot/frustration").text
    assert "right before 11, now 17 of 20; loss 0.500, now 0.250" in page
    assert "refused: it was worse" in page
    assert post(admin, "/bot/frustration/layer", layer=str(first)).status_code == 303
    assert "chosen by Admin" in admin.get("/bot/frustration").text
    assert post(admin, "/bot/frustration/layer", layer="").status_code == 303
    with store.reading() as tx:
        used = sentiment.in_use(tx)
        assert used is not None and used.how == "shipped"
    assert post(admin, "/bot/frustration/layer", layer="999").status_code == 404
    assert post(admin, "/bot/frustration/layer", layer="x").status_code == 400
    assert post(as_role("supervisor"), "/bot/frustration/layer", layer="").status_code == 403
    assert post(admin, "/bot/frustration/learn").status_code == 303
    with store.reading() as tx:
        assert [job.task for job in tx.scalars(select(Job))] == ["sentiment.learn"]
