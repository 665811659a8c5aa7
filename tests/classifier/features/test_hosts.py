"""Hosts are split as tldextract splits them."""

from __future__ import annotations

import numpy as np
import pytest
import tldextract

from classifier.features.characters import folding_tables
from classifier.features.links import split_host
from classifier.features.normalise import BLANK, FRONT, normalise_text
from classifier.features.suffixes import suffix_table

EXTRACT = tldextract.TLDExtract(
    suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True
)


@pytest.mark.parametrize(
    "host",
    [
        "example.com",
        "www.example.co.uk",
        "deep.sub.shop.example.com.au",
        "someone.blogspot.com",
        "someone.github.io",
        "www.ck",
        "shop.something.ck",
        "a.b.kobe.jp",
        "city.kobe.jp",
        "xn--e1afmkfd.xn--p1ai",
        "пример.рф",
        "localhost",
        "nothing.invalid",
        "com",
    ],
)
def test_suffix_and_registrable_domain(host: str) -> None:
    raw = np.frombuffer(host.encode("utf-32-le"), np.uint32)
    out, at = np.full(400, BLANK), np.zeros(400, np.int32)
    n, _, _, _ = normalise_text(raw, 0, len(raw), out, at, folding_tables())
    suffix, site = split_host(out[FRONT:], 0, n, suffix_table())
    found = EXTRACT(host)
    assert host[suffix:] == found.suffix
    assert host[site:] == found.top_domain_under_public_suffix
