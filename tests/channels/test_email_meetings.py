"""Calendar parts: what they say is read, in whatever zone they were written."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.channels.base import Automatic
from desk.channels.email import translate
from desk.channels.email.meetings import read
from desk.messages import InboundMessage, Meeting
from tests.channels.mails import INBOX, NOON

ROME = """BEGIN:VTIMEZONE
TZID:Somewhere
BEGIN:DAYLIGHT
DTSTART:19810329T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:19961027T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
END:VTIMEZONE
"""


def calendar(*event: str, method: str = "REQUEST", before: str = "") -> bytes:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", f"METHOD:{method}", *before.splitlines(), "BEGIN:VEVENT"]
    return "\r\n".join([*lines, *event, "END:VEVENT", "END:VCALENDAR", ""]).encode()


def found(*event: str, **more: str) -> Meeting:
    meeting = read(calendar(*event, **more))
    assert meeting is not None
    return meeting


def test_an_invitation_says_what_when_where_and_by_whom() -> None:
    meeting = found(
        "UID:1",
        "SUMMARY:Kettle\\, the second look: why does it whis",
        " tle?",
        "DTSTART;TZID=Europe/Berlin:20260306T140000",
        "DTEND;TZID=Europe/Berlin:20260306T143000",
        "LOCATION:Room 4\\n2nd floor",
        'ORGANIZER;CN="Lindqvist, Mara":mailto:mara@customer.example',
        "RRULE:FREQ=WEEKLY",
        "BEGIN:VALARM",
        "SUMMARY:not this one",
        "END:VALARM",
    )
    assert meeting == Meeting(
        method="request",
        summary="Kettle, the second look: why does it whistle?",
        starts="2026-03-06T13:00:00+00:00",
        ends="2026-03-06T13:30:00+00:00",
        where="Room 4 2nd floor",
        organiser="Lindqvist, Mara",
        repeats=True,
    )


@pytest.mark.parametrize(
    ("line", "starts"),
    [
        pytest.param("DTSTART:20260706T120000Z", "2026-07-06T12:00:00+00:00", id="UTC"),
        pytest.param("DTSTART;TZID=America/New_York:20260706T120000", "2026-07-06T16:00:00+00:00", id="by name"),
        pytest.param(
            "DTSTART;TZID=W. Europe Standard Time:20260706T120000", "2026-07-06T10:00:00+00:00", id="of Windows"
        ),
        pytest.param(
            'DTSTART;TZID="/mozilla.org/20050126_1/America/Argentina/Ushuaia":20260706T120000',
            "2026-07-06T15:00:00+00:00",
            id="behind a prefix",
        ),
        pytest.param("DTSTART;TZID=Somewhere:20260706T120000", "2026-07-06T10:00:00+00:00", id="by rules, in summer"),
        pytest.param("DTSTART;TZID=Somewhere:20260106T120000", "2026-01-06T11:00:00+00:00", id="by rules, in winter"),
        pytest.param("DTSTART;TZID=Somewhere:20260329T015959", "2026-03-29T00:59:59+00:00", id="before the change"),
        pytest.param("DTSTART;TZID=Somewhere:20260329T030000", "2026-03-29T01:00:00+00:00", id="and after it"),
    ],
)
def test_a_time_is_read_in_its_zone(line: str, starts: str) -> None:
    meeting = found("SUMMARY:x", line, before=ROME)
    assert (meeting.starts, meeting.own_clock) == (starts, False)


def test_a_clock_that_nobody_knows_is_said_to_be_one() -> None:
    for line in ("DTSTART:20260706T120000", "DTSTART;TZID=Mars/Olympus:20260706T120000"):
        meeting = found(line)
        assert (meeting.starts, meeting.own_clock) == ("2026-07-06T12:00:00", True)


def test_days_lengths_and_answers() -> None:
    days = found("DTSTART;VALUE=DATE:20260706", "DTEND;VALUE=DATE:20260709")
    assert (days.starts, days.ends, days.whole_day) == ("2026-07-06", "2026-07-09", True)
    assert found("DTSTART:20260706T120000Z", "DURATION:PT1H30M").ends == "2026-07-06T13:30:00+00:00"
    answer = found("ATTENDEE;PARTSTAT=DECLINED;CN=Bo:mailto:bo@x.example", method="REPLY")
    assert (answer.method, answer.answer) == ("reply", "declined")
    assert found("STATUS:CANCELLED", method="PUBLISH").method == "cancel"
    assert found("SUMMARY:x", method="EVIL").method == ""


@pytest.mark.parametrize(
    "raw",
    [b"", b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", b"Dear all", b"\xff\xfe\x00", calendar("SUMMARY:x") * 20_000],
)
def test_what_is_no_calendar_says_nothing(raw: bytes) -> None:
    assert read(raw) is None


def test_rules_that_never_end_and_lines_without_end_take_no_time() -> None:
    bomb = ROME.replace("FREQ=YEARLY", "FREQ=SECONDLY").replace("1981", "0001")
    began = time.perf_counter()
    found("DTSTART;TZID=Somewhere:20260706T120000", before=bomb)
    read(b"BEGIN:VCALENDAR\n" + b"BEGIN:VTIMEZONE\nBEGIN:STANDARD\n" * 15_000)
    read(b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:x\n" + b" y\n" * 300_000)
    read(b"BEGIN:VCALENDAR\nX" + b";a=b" * 200_000)
    assert time.perf_counter() - began < 3


PIECES = ["DTSTART", "DTEND", "DURATION", ";TZID=Somewhere", ":", "20260706T120000", "P9999999D", "99991231T235959"]


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=20), max_size=30))
@settings(deadline=None)
def test_whatever_it_holds_it_is_read_or_it_is_not(pieces: list[str]) -> None:
    read(calendar("".join(pieces), before=ROME))
    read(calendar(before=ROME.replace("-1SU", "".join(pieces)[:10].replace("\n", ""))))
    read("\n".join(pieces).encode())
    read(calendar("DTSTART:99991231T235959", f"DURATION:{''.join(pieces)}"))


def mail(method: str, part: bytes) -> bytes:
    head = (
        "From: Mara <mara@customer.example>\r\nTo: support@shop.example\r\nSubject: Accepted: call\r\n"
        'Content-Type: multipart/alternative; boundary="c"\r\n\r\n--c\r\nContent-Type: text/plain\r\n\r\nYes\r\n--c\r\n'
        f"Content-Type: text/calendar; charset=utf-8; method={method}\r\n\r\n"
    )
    return head.encode() + part + b"\r\n--c--\r\n"


def test_the_file_carries_what_it_says_and_stays_a_file() -> None:
    part = calendar("SUMMARY:Anruf über alles")
    message = translate(mail("REQUEST", part), INBOX, {}, NOON)
    assert isinstance(message, InboundMessage)  # a person's: somebody wants to meet
    (file,) = message.attachments
    assert file.meeting == Meeting(method="request", summary="Anruf über alles")
    assert file.content is not None
    assert file.content.strip() == part.strip()


def test_a_calendar_s_answer_is_a_machine_s() -> None:
    part = calendar("ATTENDEE;PARTSTAT=ACCEPTED:mailto:mara@customer.example", method="REPLY")
    told = translate(mail("REPLY", part), INBOX, {}, NOON)
    assert isinstance(told, Automatic)
    assert told.reason == "calendar reply"
    assert told.message.attachments[0].meeting == Meeting(method="reply", answer="accepted")
