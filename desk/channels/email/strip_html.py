"""Quotations in HTML replies found by the marks that mail programs leave in the document, not by their words.

The document is rewritten so that the reader of plain quotations understands it in any language: an attribution
becomes one canonical line, a quoted block gets "> " before its lines, and what cuts off everything below becomes an
"Original Message" line. Then `strip` decides, by the same rules as for plain mails.
"""

from __future__ import annotations

import re

import lxml.html
from lxml import etree

from desk.channels.email import sanitise
from desk.channels.email.parse import ParsedMail
from desk.channels.email.quoting import EMAIL, FORWARD_SUBJECT, FORWARDED, header
from desk.channels.email.strip import strip_reply, tidy_keeping

# The lines that stand for what was found; the number leads back to the words.
_ATTRIBUTION = "On 1 Jan 1970 at 00:00, <quoted-{}@quoted.invalid> wrote:"
_ATTRIBUTION_LINE = re.compile(r"^(?:> )?\s*On 1 Jan 1970 at 00:00, <quoted-(\d{1,4})@quoted\.invalid> wrote:$")
_CUT = "-----Original Message-----"
_MAX_CONVERTED = 200

# Elements whose text is the attribution above a quoted block.
_ATTRIBUTION_MARKS = (
    "//*[contains(concat(' ',@class,' '),' gmail_attr ') or contains(concat(' ',@class,' '),' moz-cite-prefix ')"
    " or contains(@class,'aolReplyHeader') or contains(@class,'yahoo-quoted-begin') or @id='reply-intro'"
    " or contains(@class,'OutlookMessageHeader') or @id='qt-reply-header' or @class='headline' and @id='reply']"
)
# Elements that hold the quotation and nothing of the writer's.
_CONTAINER_MARKS = (
    "//*[contains(concat(' ',@class,' '),' yahoo_quoted ') or starts-with(@id,'yahoo_quoted')"
    " or contains(concat(' ',@class,' '),' protonmail_quote ') or contains(@class,'zmail_extra')"
    " or contains(concat(' ',@class,' '),' tutanota_quote ') or @id='mail-editor-reference-message-container'"
    " or @id='ms-outlook-mobile-body-separator-line' or @id='isForwardContent' or @id='blockquote_zmail'"
    " or contains(@class,'gmx_quote') or @name='quote' or contains(@class,'quoted-mail') or @id='OLK_SRC_BODY_SECTION'"
    " or contains(@class,'x_gmail_quote') or contains(@class,'ydp-quoted') or contains(@class,'yahoo_quoted')"
    " or contains(@class,'sh-quoted-content') or contains(@class,'freshdesk_quote')"
    " or contains(@class,'front-blockquote') or @name='messageReplySection' or @id='zwchr'"
    " or @data-marker='__DIVIDER__' or @data-marker='__HEADERS__' or contains(@class,'ms-outlook-mobile-reference')]"
)
# Elements below which everything is quoted, to the end of the document.
_CUT_MARKS = (
    "//*[@id='divRplyFwdMsg' or @id='appendonsend' or @id='stopSpelling' or @id='divtagdefaultwrapper_quote'"
    " or @class='hmmessage_quote' or @id='SkyDrivePlaceholder' or @id='ecxdivRplyFwdMsg']"
)
# Elements that hold nothing but a signature.
_SIGNATURE_MARKS = (
    "(@class and (contains(concat(' ',@class,' '),' gmail_signature ') or contains(@class,'gmail_signature_prefix')"
    " or contains(concat(' ',@class,' '),' moz-signature ') or contains(@class,'protonmail_signature_block')"
    " or contains(concat(' ',@class,' '),' signature ')))"
    " or @data-smartmail='gmail_signature' or @id='Signature' or @id='ms-outlook-mobile-signature'"
    " or @name='messageSignatureSection' or @id='AppleMailSignature' or @data-signature-widget='container'"
)
_IS_SIGNATURE = etree.XPath(f"boolean(self::*[{_SIGNATURE_MARKS}])")
_QUOTES_INSIDE = etree.XPath("boolean(.//blockquote or .//*[contains(@class,'quote')])")
_OUTLOOK_LINE = re.compile(r"border-top:\s*solid\s*(?:#(?:E1E1E1|B5C4DF|B5C4E7)|windowtext)\s", re.IGNORECASE)
_INDENT = re.compile(r"border(?:-left)?\s*:\s*none", re.IGNORECASE)


def strip_mail(mail: ParsedMail) -> tuple[str, str]:
    """(new, quoted) of a mail: by its HTML where that carries a program's marks, else by its text."""
    if mail.raw_html.strip():
        marked = _marked_text(mail.raw_html, FORWARD_SUBJECT.match(mail.subject) is not None)
        if marked is not None:
            text, attributions = marked
            new = sanitise.tidy(_with_words(strip_reply(text, mail.subject)[0], attributions))
            if new or not mail.text.strip() or (attributions and not mail.plain.strip()):
                whole = sanitise.text_of(mail.raw_html)
                if "".join(new.split()) == "".join(whole.split()):
                    return new, ""
                return new, tidy_keeping(mail.text if mail.plain.strip() else whole)
    return strip_reply(mail.text, mail.subject)


def _with_words(new: str, attributions: list[str]) -> str:
    """What stays says again what the mail said: an attribution in a forwarded mail has its words back."""
    out = []
    for line in new.split("\n"):
        if line.strip() == _CUT:
            continue
        found = _ATTRIBUTION_LINE.match(line)
        out.append(attributions[int(found.group(1))] if found and int(found.group(1)) < len(attributions) else line)
    return "\n".join(out)


def _marked_text(html: str, is_forward: bool) -> tuple[str, list[str]] | None:
    """The document as text with canonical quotation marks, and the attributions that they stand for; None where no
    program left a mark in it."""
    root = sanitise.tree(html)
    if root is None:
        return None
    attributions: list[str] = []
    found = _drop_signatures(root)
    for element in root.xpath(_ATTRIBUTION_MARKS)[:_MAX_CONVERTED]:
        if not _is_forward_note(element) and not _inside_quote(element):
            attributions.append(_text(element))
            _replace(element, _ATTRIBUTION.format(len(attributions) - 1))
            found += 1
    if not is_forward:
        cuts = [e for e in root.xpath(_CONTAINER_MARKS) if not _is_forward_note(e)]
        cuts += [e for e in root.xpath(_CUT_MARKS) if e.get("id") != "appendonsend" or _follows(e)]
        cuts += [e for e in root.xpath("//div[@style]") if _is_outlook_header(e)]
        for element in cuts[:_MAX_CONVERTED]:
            found += _insert_before(element, _CUT)
    for element in root.xpath("//blockquote[not(ancestor::blockquote)]")[:_MAX_CONVERTED]:
        if _is_quote(element):
            quoted = sanitise.text_of_tree(_copy(element))
            _replace(element, "\n".join(f"> {x}".rstrip() for x in quoted.split("\n")))
            found += 1
    _open_blank_lines(root)
    return (sanitise.text_of_tree(root), attributions) if found else None


def _drop_signatures(root: lxml.html.HtmlElement) -> int:
    """Takes out what the program marks as the writer's signature, above whatever is quoted or forwarded, where other
    words stay. Returns how many."""
    signatures = []
    for element in root.iter():
        if not isinstance(element.tag, str):
            continue
        if element.get("id") == "divRplyFwdMsg" or element.tag == "blockquote" or _is_outlook_header(element):
            break
        if any(FORWARDED.match(x.strip()) or x.strip().startswith("------") for x in (element.text, element.tail) if x):
            break
        if _IS_SIGNATURE(element) and not _QUOTES_INSIDE(element):
            signatures.append(element)
    if not signatures or sum(map(_letters, signatures)) >= _letters(root):
        return 0
    for element in signatures:
        if element.getparent() is not None:
            element.drop_tree()
    return len(signatures)


def _open_blank_lines(root: lxml.html.HtmlElement) -> None:
    """A block that holds nothing but a space is how editors write an empty line."""
    for element in root.xpath("//div[not(*)] | //p[not(*)]"):
        if element.text and not element.text.strip(" \xa0\r\n\t") and "\xa0" in element.text:
            element.text = None
            element.append(lxml.html.Element("br"))


def _text(element: lxml.html.HtmlElement) -> str:
    return " ".join(t.strip() for t in element.itertext() if t.strip())


def _letters(element: lxml.html.HtmlElement) -> int:
    return sum(len("".join(t.split())) for t in element.itertext())


def _is_forward_note(element: lxml.html.HtmlElement) -> bool:
    """Whether the text says that this is forwarded: "---------- Forwarded message" in any language."""
    start = [t.strip() for t in element.itertext() if t.strip()][:2]
    return any(FORWARDED.match(line) or line.startswith("------") for line in start)


def _inside_quote(element: lxml.html.HtmlElement) -> bool:
    return any(a.tag == "blockquote" and _is_quote(a) for a in element.iterancestors())


def _is_quote(element: lxml.html.HtmlElement) -> bool:
    """A quotation, not an indented paragraph (which editors write as a blockquote too)."""
    if element.get("type") == "cite" or element.get("cite"):
        return True
    style = element.get("style") or ""
    classes = element.get("class") or ""
    if "gmail_quote" in classes or "protonmail_quote" in classes or "cite" in classes or "iosQuote" in classes:
        return not _INDENT.search(style)
    before = element.getprevious()
    if before is not None and before.tag == "pre" and _ATTRIBUTION_LINE.match(before.text or ""):
        return True
    return "border-left" in style and not _INDENT.search(style)


def _is_outlook_header(element: lxml.html.HtmlElement) -> bool:
    """The ruled block "From: Sent: To: Subject:" of desktop Outlook."""
    if not _OUTLOOK_LINE.search(element.get("style") or ""):
        return False
    words = _text(element)[:400]
    return bool(header(words) or EMAIL.search(words))


def _follows(element: lxml.html.HtmlElement) -> bool:
    """Whether anything is written after an element."""
    return any(_text(e) for e in element.itersiblings())


def _copy(element: lxml.html.HtmlElement) -> lxml.html.HtmlElement:
    document = lxml.html.document_fromstring("<html><body></body></html>")
    source = etree.tostring(element, encoding="unicode", method="html", with_tail=False)
    document.body.append(lxml.html.fragment_fromstring(source, create_parent="div"))
    return document


def _pre(text: str) -> lxml.html.HtmlElement:
    block = lxml.html.Element("pre")
    block.text = text
    return block


def _replace(element: lxml.html.HtmlElement, text: str) -> None:
    parent = element.getparent()
    if parent is None:
        return
    block = _pre(text)
    block.tail = element.tail
    parent.replace(element, block)


def _insert_before(element: lxml.html.HtmlElement, text: str) -> bool:
    parent = element.getparent()
    if parent is None:
        return False
    parent.insert(parent.index(element), _pre(text))
    return True
