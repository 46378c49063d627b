"""For search engines and readers of feeds: where every public article stands, and what is new."""

from __future__ import annotations

from xml.etree import ElementTree as Xml

from flask import Response, url_for
from flask.typing import ResponseReturnValue

from desk import knowledge
from desk.knowledge import Address
from desk.web.base import allow, limiter, the_desk
from desk.web.help.describing import summary
from desk.web.help.pages import LOOKS, blueprint, visit

NEWEST = 30
LARGEST = 50_000  # addresses of one sitemap, by the protocol of sitemaps.org
_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
_XHTML = "http://www.w3.org/1999/xhtml"
_ATOM = "http://www.w3.org/2005/Atom"


@blueprint.get("/sitemap.xml")
@limiter.limit(LOOKS)
@allow("public")
def sitemap() -> ResponseReturnValue:
    """Every public article with the day of its last version and its translations; of all brands, or of `brand`."""
    with the_desk().store.reading() as tx:
        scene = visit(tx)
        rows = knowledge.addresses(tx, scene.brand_id if scene.asked_brand else None, limit=LARGEST)
        base = tx.public_url
    families: dict[int, list[Address]] = {}
    for row in rows:
        families.setdefault(row.family_id, []).append(row)
    root = Xml.Element("urlset", {"xmlns": _SITEMAP, "xmlns:xhtml": _XHTML})
    for row in rows:
        entry = Xml.SubElement(root, "url")
        Xml.SubElement(entry, "loc").text = f"{base}/help/{row.slug}"
        Xml.SubElement(entry, "lastmod").text = row.published_at.date().isoformat()
        if len(families[row.family_id]) > 1:
            for other in families[row.family_id]:
                attributes = {"rel": "alternate", "hreflang": other.locale, "href": f"{base}/help/{other.slug}"}
                Xml.SubElement(entry, "xhtml:link", attributes)
    return _xml(root, "application/xml")


@blueprint.get("/feed.xml")
@limiter.limit(LOOKS)
@allow("public")
def feed() -> ResponseReturnValue:
    """What was published last in a language, as Atom (RFC 4287): title, address and day, the first words as summary."""
    with the_desk().store.reading() as tx:
        scene = visit(tx)
        found = knowledge.newest(tx, scene.lang, NEWEST, brand_id=scene.brand_id)
        base = tx.public_url
        now = tx.now()
    here = base + url_for("help.feed", lang=scene.lang, brand=scene.asked_brand or None)
    root = Xml.Element("feed", {"xmlns": _ATOM, "xml:lang": scene.lang})
    _add(root, "id", here)
    _add(root, "title", scene.brand)
    _add(root, "updated", (found[0].published_at if found else now).isoformat())
    Xml.SubElement(root, "link", {"rel": "self", "href": here})
    Xml.SubElement(Xml.SubElement(root, "author"), "name").text = scene.brand
    for article in found:
        entry = Xml.SubElement(root, "entry")
        address = f"{base}/help/{article.slug}"
        _add(entry, "id", address)
        _add(entry, "title", article.title)
        _add(entry, "updated", article.published_at.isoformat())
        Xml.SubElement(entry, "link", {"rel": "alternate", "href": address})
        _add(entry, "summary", summary(article))
    return _xml(root, "application/atom+xml")


def _add(parent: Xml.Element, name: str, text: str) -> None:
    Xml.SubElement(parent, name).text = text


def _xml(root: Xml.Element, kind: str) -> Response:
    body = Xml.tostring(root, encoding="utf-8", xml_declaration=True)
    response = Response(body, content_type=f"{kind}; charset=utf-8")
    response.headers["Cache-Control"] = "public, max-age=600"
    return response
