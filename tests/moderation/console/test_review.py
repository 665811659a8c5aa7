"""Review: the next comment, decided by a form, under a lease."""

from tests.factories import SITE


def test_pages(ann, hold):
    c = hold("Look at https://pills.example/buy \u202e now\n\n<script>alert(1)</script>")
    hold("another")
    for p in (
        "/console/review",
        "/console/queue",
        "/console/spam",
        "/console/decisions",
        "/console/account",
        f"/console/comments/{SITE}/{c.id}",
        "/console/review/counts",
        "/console/review/item",
    ):
        a = ann.get(p)
        print(p, a.status_code, len(a.text))
        assert a.status_code == 200, a.text
    a = ann.decide(c, "spam", **{"from": "review"})
    print(a.status_code, a.headers["Location"])
    a = ann.get(a.headers["Location"])
    print(a.text[-3000:])
    assert a.status_code == 200
    assert ann.get("/console/decisions").status_code == 200
    assert ann.get(f"/console/comments/{SITE}/{c.id}").status_code == 200
