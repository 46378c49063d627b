"""Which domain may speak for which."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.channels.email.domains import aligned, domain_of, organization


def test_domains_are_compared_as_dns_has_them() -> None:
    assert domain_of("Mara@Bücher.EXAMPLE.") == domain_of("x@xn--bcher-kva.example") == "xn--bcher-kva.example"


@pytest.mark.parametrize(
    ("domain", "sender"),
    [
        ("customer.example", "mail.customer.example"),
        ("mail.customer.example", "customer.example"),
        ("bounce.customer.co.uk", "news.customer.co.uk"),
        ("s1.customer.com.au", "customer.com.au"),
        ("xn--bcher-kva.example", "shop.xn--bcher-kva.example"),
        ("uk.com", "uk.com"),
    ],
)
def test_one_owner_speaks_for_all_of_theirs(domain: str, sender: str) -> None:
    assert aligned(domain, sender)


@pytest.mark.parametrize(
    ("domain", "sender"),
    [
        pytest.param("evil.uk.com", "uk.com", id="anybody can have a name under it"),
        pytest.param("evil.uk.com", "customer.uk.com", id="two of its customers"),
        pytest.param("evil.co.uk", "customer.co.uk", id="a country's second level"),
        pytest.param("uk.com", "customer.uk.com", id="who registers is not who is registered"),
        pytest.param("evil.github.io", "customer.github.io", id="pages of a host"),
        pytest.param("co.uk", "customer.co.uk", id="no domain of anybody's"),
        pytest.param("tomer.example", "customer.example", id="the same end"),
        pytest.param("example", "customer.example", id="a whole zone"),
        pytest.param("", "customer.example", id="nothing"),
        pytest.param("", "", id="nothing twice"),
    ],
)
def test_who_only_shares_an_ending_speaks_for_nobody(domain: str, sender: str) -> None:
    assert not aligned(domain, sender)


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_two_texts_are_compared_without_an_error(one: str, other: str) -> None:
    assert aligned(domain_of(one), domain_of(other)) in (True, False)
    assert organization(domain_of(one)) in ("", *_endings(domain_of(one)))


def _endings(domain: str) -> list[str]:
    labels = domain.split(".")
    return [".".join(labels[i:]) for i in range(len(labels))]
