"""What is kept of a person is found again under the same address or id, and under no other."""

from __future__ import annotations

import pytest

from moderation.flow.rows import personal_hash

SECRET = b"a secret of the test suite, long enough to sign"


@pytest.mark.parametrize(
    "kind, one, other, same",
    [
        ("email", "Ada@Mail.example", " ada@mail.example ", True),
        ("email", "ada@mail.example", "eve@mail.example", False),
        ("email", "Ada Byron <Ada@mail.example>", "ada@mail.example", True),
        ("email", "mailto:ada@mail.example", "ada@mail.example.", True),
        ("email", "ada+blog@mail.example", "ada@mail.example", False),
        ("email", "jo\u0308rg@m\u00fcller.example", "J\u00d6RG@mu\u0308ller.example", True),
        ("email", "a@xn--mller-kva.example", "a@m\u00fcller.example", True),
        ("email", "a@XN--MLLER-KVA.example", "a@xn--mller-kva.example", True),
        ("email", "a@xn--\u00fc.example", "a@xn--.example", False),
        ("email", "a@stra\u00dfe.example", "a@strasse.example", False),
        ("author", "u7Kq", "u7kQ", False),
        ("author", "u7Kq", "u7Kq", True),
        ("ip", "2001:DB8::0:1", "2001:db8::1", True),
        ("ip", "192.0.2.1", "192.0.2.11", False),
        ("ip", "::ffff:192.0.2.1", "192.0.2.1", True),
        ("ip", "[2001:db8::1]:4711", "2001:db8::1", True),
        ("ip", "No Address", "no address", False),
    ],
)
def test_only_what_means_the_same_person_has_the_same_hash(kind, one, other, same):
    assert (personal_hash(SECRET, kind, one) == personal_hash(SECRET, kind, other)) is same


def test_nothing_has_no_hash():
    assert personal_hash(SECRET, "ip", " ") == ""
    for empty in (" ", "<>", "Ada < >", "mailto:", "."):
        assert personal_hash(SECRET, "email", empty) == ""
