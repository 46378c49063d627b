"""An article drafted out of what colleagues answered: their sentences, with where they are from, and nobody's own."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from desk import knowledge, questions, timeline
from desk.audit.tables import Change
from desk.parts import Desk
from desk.questions.tables import DraftSource
from tests.questions.conftest import KILN, Shop

PUT_ASIDE = "I have put order KK-10442 aside for you."
SOCKET = "You need a socket with 16 amperes."
BACK = "Bring it back on Monday before ten."
ANSWERS = [
    [f"Hi Noor,\n\nWe rent out small kilns by the weekend, for 60 euros. {PUT_ASIDE}\n\nBest regards\nAda"],
    [f"Hello,\n\nYou can rent a small kiln for a weekend, it costs 60 euros. {SOCKET}\n\nCheers"],
    [f"Dear Marta, a weekend with a small kiln costs 60 euros. {BACK}"],
    ["The kiln needs a socket with 16 amperes. Please bring it back on Monday before ten. Write to ada@kiln.example."],
]


def drafted(shop: Shop) -> questions.QuestionGroup:
    for n, (text, answers) in enumerate(zip(KILN, ANSWERS, strict=True)):
        shop.ask(text, answers, name="Marta Lindqvist" if n == 2 else "")
    shop.work()
    [group] = shop.groups()
    with shop.desk.store.transaction() as tx:
        questions.ask_draft(tx, group.id, shop.lead)
    shop.work()
    [group] = shop.groups()
    return group


def test_the_draft_says_what_they_agree_on_and_names_nobody(shop: Shop, desk: Desk) -> None:
    group = drafted(shop)
    assert group.draft == "done" and group.article_id is not None
    with desk.store.reading() as tx:
        article = knowledge.article(tx, group.article_id)
        sources = questions.sources(tx, article.id)
        words = timeline.texts(tx, [one.entry_id for one in sources])
        made = tx.scalars(select(Change).where(Change.kind == "article")).all()
    assert (article.live_version, article.locale, article.updated_by) == (0, "en", shop.lead.id)
    assert article.title in KILN
    for said in ("60 euros", "16 amperes", "Monday before ten"):
        assert said in article.body
    for private in ("Noor", "Marta", "KK-10442", "ada@", "Best regards", "Cheers"):
        assert private not in article.body
    parts = [one for one in sources if one.kind == "passage"]
    assert "\n\n".join(one.text for one in parts) == article.body
    for one in sources:
        assert one.text in words[one.entry_id], "each piece stands in the line that it says it is from"
    assert article.examples == [one.text for one in sources if one.kind == "example"] and article.examples
    assert made == [], "what erasing must still reach is not written into the log"
    with desk.store.transaction() as tx:
        knowledge.publish(tx, group.article_id, shop.lead.id)
        tx.flush()
        assert [one.what for one in tx.scalars(select(Change).where(Change.kind == "article"))] == ["made"]


def test_erasing_takes_its_pieces_out_of_a_draft_and_leaves_what_was_published(shop: Shop, desk: Desk) -> None:
    group = drafted(shop)
    assert group.article_id is not None
    with desk.store.reading() as tx:
        sources = questions.sources(tx, group.article_id)
    gone, example = sources[0], next(one for one in sources if one.kind == "example")
    with desk.store.transaction() as tx:
        timeline.erase_lines(tx, [gone.entry_id, example.entry_id])
    with desk.store.reading() as tx:
        article = knowledge.article(tx, group.article_id)
        assert gone.text not in article.body and article.body and "\n\n\n" not in article.body
        assert example.text not in article.examples and article.title != example.text
        left = questions.sources(tx, group.article_id)
        assert not {gone.entry_id, example.entry_id} & {one.entry_id for one in left}
    with desk.store.transaction() as tx:
        knowledge.publish(tx, group.article_id, shop.lead.id)
    with desk.store.transaction() as tx:
        body = knowledge.article(tx, group.article_id).body
        timeline.erase_lines(tx, [one.entry_id for one in left])
    with desk.store.reading() as tx:
        assert knowledge.article(tx, group.article_id).body == body
        assert tx.scalars(select(DraftSource)).all() == []


def test_where_nothing_can_be_taken_it_says_so(shop: Shop, desk: Desk) -> None:
    for text in KILN[:3]:
        shop.ask(text, ["Hi!"])
    shop.work()
    [group] = shop.groups()
    with desk.store.transaction() as tx:
        questions.ask_draft(tx, group.id, shop.lead)
    shop.work()
    [group] = shop.groups()
    assert (group.draft, group.article_id) == ("nothing", None)


def test_there_is_one_draft_for_a_group(shop: Shop, desk: Desk) -> None:
    group = drafted(shop)
    with desk.store.transaction() as tx, pytest.raises(questions.BadGroup, match="article"):
        questions.ask_draft(tx, group.id, shop.lead)
