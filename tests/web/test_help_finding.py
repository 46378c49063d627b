"""What search engines and feed readers get of the help centre: what is public, where it stands, well formed."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree as Xml

import pytest
from flask.testing import FlaskClient

from desk import knowledge
from desk.parts import Desk

MAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
ATOM = "{http://www.w3.org/2005/Atom}"
XHTML = "{http://www.w3.org/1999/xhtml}"


@pytest.fixture
def shelf(desk: Desk) -> dict[str, str]:
    """Slugs by what they are."""
    out = {}
    with desk.store.transaction() as tx:
        wash = knowledge.create(tx, None, title="Wash <it> & dry", body="By **hand**. " + "Slowly. " * 60, locale="en")
        german = knowledge.create(tx, None, title="Abwaschen", body="Von Hand.", locale="de", family_id=wash.family_id)
        inside = knowledge.create(tx, None, title="Discounts", body="At most 5 %.", locale="en", visibility="internal")
        knowledge.create(tx, None, title="Not yet", body="…", locale="en")
        for name, row in (("wash", wash), ("german", german), ("inside", inside)):
            knowledge.publish(tx, row.id, None)
            out[name] = row.slug
    return out


def test_the_sitemap_has_what_is_public_and_its_translations(client: FlaskClient, shelf: dict[str, str]) -> None:
    answer = client.get("/help/sitemap.xml")
    assert answer.content_type == "application/xml; charset=utf-8"
    root = Xml.fromstring(answer.data)
    found = {entry.findtext(f"{MAP}loc"): entry for entry in root.iterfind(f"{MAP}url")}
    assert [address.rpartition("/")[2] for address in found if address] == [shelf["wash"], shelf["german"]]
    for entry in found.values():
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", entry.findtext(f"{MAP}lastmod") or "")
        assert [link.get("hreflang") for link in entry.iterfind(f"{XHTML}link")] == ["en", "de"]
    assert client.get("/help/sitemap.xml?brand=nobody").status_code == 200


def test_the_feed_has_what_is_new_in_one_language(client: FlaskClient, shelf: dict[str, str]) -> None:
    answer = client.get("/help/feed.xml?lang=en")
    assert answer.content_type == "application/atom+xml; charset=utf-8"
    root = Xml.fromstring(answer.data)
    (entry,) = root.iterfind(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}title") == "Wash <it> & dry"
    summary = entry.findtext(f"{ATOM}summary") or ""
    assert summary.startswith("By hand. Slowly.") and summary.endswith("…") and len(summary) <= 201
    assert (entry.findtext(f"{ATOM}id") or "").endswith(f"/help/{shelf['wash']}")
    assert root.findtext(f"{ATOM}updated") == entry.findtext(f"{ATOM}updated")
    german = Xml.fromstring(client.get("/help/feed.xml?lang=de").data)
    assert [one.findtext(f"{ATOM}title") for one in german.iterfind(f"{ATOM}entry")] == ["Abwaschen"]


def test_a_page_says_what_it_is_and_an_internal_one_stays_out(
    client: FlaskClient, admin: FlaskClient, shelf: dict[str, str]
) -> None:
    page = client.get(f"/help/{shelf['wash']}").text
    said = re.search(r'<script type="application/ld\+json"[^>]*>(.*?)</script>', page, re.DOTALL)
    assert said is not None
    told = json.loads(said[1])
    assert (told["@type"], told["headline"], told["inLanguage"]) == ("Article", "Wash <it> & dry", "en")
    assert f'<link rel="canonical" href="{told["mainEntityOfPage"]}">' in page
    assert f'hreflang="de" href="{told["mainEntityOfPage"].rpartition("/")[0]}/{shelf["german"]}"' in page
    assert '<meta name="description" content="By hand. Slowly.' in page
    assert 'rel="alternate" type="application/atom+xml"' in page
    inside = admin.get(f"/help/{shelf['inside']}").text
    assert '<meta name="robots" content="noindex">' in inside and "ld+json" not in inside


def test_an_empty_desk_has_both(client: FlaskClient) -> None:
    assert len(Xml.fromstring(client.get("/help/sitemap.xml").data)) == 0
    assert Xml.fromstring(client.get("/help/feed.xml").data).find(f"{ATOM}entry") is None
