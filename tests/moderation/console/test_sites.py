"""Sites, their keys and lists in the console: who may what; it holds for the next verdict."""

from __future__ import annotations

import re

import pytest
from msgspec.structs import replace

from moderation.flow.akismet.keys import authorise_blog
from moderation.flow.authorise import authorise
from moderation.flow.comments import checking
from moderation.flow.people import auditing
from moderation.flow.people.links import By
from moderation.flow.runtime import now_ms
from moderation.flow.sites import choosing, first_run, founding, removing
from moderation.flow.vitals import Vitals
from moderation.store import sites
from tests.factories import SITE, submission
from tests.moderation.console.conftest import OTHER

PATH = f"/console/sites/{SITE}"
BY = By("ann")


@pytest.fixture
def admin(person):
    """Return the browser of an administrator."""
    return person("root", "administrator", ())


@pytest.fixture
def viewer(person):
    """Return the browser of a viewer of one site."""
    return person("vic", "viewer")


def form_of(page: str) -> dict[str, str]:
    """Return what the form of the settings holds as a browser would send it."""
    found = {}
    for tag in re.findall(r"<input\b[^>]*>", page):
        fields = dict(re.findall(r'([a-z-]+)="([^"]*)"', tag))
        is_off = fields.get("type") in ("radio", "checkbox") and " checked" not in tag
        if fields.get("form") == "settings" and not is_off:
            found[fields["name"]] = fields.get("value", "")
    return found | {
        "etag": re.search(r'name="etag" value="([^"]*)"', page)[1].replace("&#34;", '"')
    }


def verdict(runtime, content="A kiln for sale.", site=SITE):
    token = first_run.add_token(runtime.store, site, ("submit",), "t")
    grant = authorise(runtime, token, "submit")
    return checking.check(runtime, grant, submission(content)).comment.verdict


def acts(runtime):
    return [(act.who, act.what, act.site) for act in auditing.acts(runtime, "", "", "", 50)[0]
            if act.site]  # fmt: skip


@pytest.mark.parametrize("path", ["", "/lists"])
def test_a_person_sees_their_sites_and_no_other(ann, admin, path):
    assert ann.get(f"/console/sites/{SITE}{path}").status_code == 200
    assert ann.get(f"/console/sites/{OTHER}{path}").status_code == 404
    assert admin.get(f"/console/sites/{OTHER}{path}").status_code == 200
    page = ann.get("/console/sites").text
    assert SITE in page
    assert OTHER not in page


LIST = {"kind": "words", "values": "kiln", "action": "spam", "place": "last", "save": "1"}
CHANGES = [
    ("/settings", {"mode": "observe"}, "administrator"),
    ("/tokens", {"name": "x", "scope": "submit"}, "administrator"),
    ("/tokens/rotate", {"token": "x"}, "administrator"),
    ("/tokens/revoke", {"token": "x"}, "administrator"),
    ("/keys", {}, "administrator"),
    ("/keys/revoke", {"key": "x"}, "administrator"),
    ("/retire", {}, "administrator"),
    ("/remove", {"name": SITE}, "administrator"),
    ("/attack", {"hours": "1"}, "moderator"),
    ("/lists", LIST, "moderator"),
    ("/lists/change", {"what": "remove", "number": "1"}, "moderator"),
]


@pytest.mark.parametrize("path, data, role", CHANGES)
def test_who_may_not_change_something_changes_nothing(
    runtime, ann, viewer, admin, path, data, role
):
    assert viewer.post(f"{PATH}{path}", data).status_code == 403
    wanted = 403 if role == "administrator" else 404
    assert ann.post(f"/console/sites/{OTHER}{path}", data).status_code == wanted
    assert (ann.post(f"{PATH}{path}", data).status_code == 403) is (role == "administrator")
    bare = admin.client.post(f"{PATH}{path}", data=data)
    assert bare.status_code == 400, "a form without its token is refused"


def test_a_site_is_made_retired_and_reopened(admin, runtime):
    assert admin.post("/console/sites", {"name": "New.example"}).location.endswith("/new.example")
    assert admin.post("/console/sites", {"name": "new.example"}).status_code == 409
    assert admin.post("/console/sites", {"name": "<b>"}).status_code == 422
    admin.post("/console/sites/new.example/retire")
    admin.post("/console/sites/new.example/retire")
    assert founding.shown(runtime.store, "new.example").retired_ms
    assert "Take new comments again" in admin.get("/console/sites/new.example").text
    admin.post("/console/sites/new.example/retire", {"reopen": "1"})
    assert not founding.shown(runtime.store, "new.example").retired_ms
    assert acts(runtime) == [
        ("root", "site_reopened", "new.example"), ("root", "site_retired", "new.example"),
        ("root", "site_made", "new.example"),
    ]  # fmt: skip
    assert "retired a site" in admin.get("/console/audit").text


def test_a_site_is_removed_where_its_name_was_typed(admin, runtime):
    admin.post("/console/sites", {"name": "new.example"})
    for typed in ("", "other.example", "NEW"):
        answer = admin.post("/console/sites/new.example/remove", {"name": typed})
        assert (answer.status_code, "Nothing was removed" in answer.text) == (422, True)
    assert removing.under_way(runtime, "new.example") is None
    assert (
        admin.post("/console/sites/new.example/remove", {"name": "new.example"}).status_code < 400
    )
    job = removing.under_way(runtime, "new.example")
    assert "It is being removed." in admin.get("/console/sites/new.example").text
    removing.work_on(runtime, job.id)
    assert admin.get("/console/sites/new.example").status_code == 404
    assert ("root", "site_removed", "new.example") in acts(runtime)


def test_what_the_form_shows_is_saved_as_it_is(admin, runtime):
    for changes in ({}, {"hold": 0.123456, "reject": 0.999999, "mode": "observe",
                         "shares_training": False, "trusted_roles": (), "warm_up": 7}):  # fmt: skip
        wanted = choosing.put_settings(
            runtime.store, SITE, lambda s, c=changes: replace(s, **c), BY
        )
        sent = form_of(admin.get(PATH).text)
        assert admin.post(f"{PATH}/settings", sent).status_code == 303
        assert choosing.settings(runtime.store, SITE) == wanted


def test_settings_are_changed_and_hold_for_the_next_verdict(admin, runtime):
    assert verdict(runtime).status == "approved"
    sent = form_of(admin.get(PATH).text) | {"hold": "0.0001", "reject": "99,5", "keep_spam": "9"}
    assert admin.post(f"{PATH}/settings", sent).location.endswith("?saved=1")
    assert verdict(runtime).status == "held"
    new = choosing.settings(runtime.store, SITE)
    assert (new.hold, new.reject, new.retention.spam) == (0.000001, 0.995, 9)


@pytest.mark.parametrize(
    "typed",
    [{"hold": "90", "reject": "50"}, {"hold": "lots"}, {"reject": "100"}, {"audit_share": "101"},
     {"audit_share": "nan"}, {"keep_spam": "-1"}, {"keep_spam": "99999"}, {"warm_up": "1.5"},
     {"mode": "off"}, {"trusted_roles": "x" * 65}],
)  # fmt: skip
def test_settings_that_cannot_be_are_refused_and_stay_typed(admin, runtime, typed):
    before = choosing.settings(runtime.store, SITE)
    answer = admin.post(f"{PATH}/settings", form_of(admin.get(PATH).text) | typed)
    assert answer.status_code == 422
    ((name, value),) = list(typed.items())[:1]
    assert name == "mode" or f'value="{value}"' in answer.text
    assert choosing.settings(runtime.store, SITE) == before


def test_settings_that_somebody_else_changed_are_not_overwritten_unseen(admin, person, runtime):
    other = person("pam", "administrator", ())
    mine = form_of(admin.get(PATH).text) | {"warm_up": "5"}
    theirs = form_of(other.get(PATH).text) | {"warm_up": "9"}
    assert other.post(f"{PATH}/settings", theirs).status_code == 303
    stale = admin.post(f"{PATH}/settings", mine)
    assert stale.status_code == 412
    assert "Saved now: 9" in stale.text
    assert 'value="5"' in stale.text
    assert choosing.settings(runtime.store, SITE).warm_up == 9
    again = form_of(stale.text)
    assert admin.post(f"{PATH}/settings", again).status_code == 303
    assert choosing.settings(runtime.store, SITE).warm_up == 5


def test_thresholds_are_proposed_for_what_can_be_borne_and_not_saved(admin, runtime):
    sent = form_of(admin.get(PATH).text) | {"propose": "1", "held_in": "50", "rejected_in": "1000"}
    answer = admin.post(f"{PATH}/settings", sent)
    assert answer.status_code == 200
    proposed = form_of(answer.text)
    assert 0 < float(proposed["hold"]) < float(proposed["reject"]) < 100
    assert "nothing could be measured yet" in answer.text
    assert choosing.settings(runtime.store, SITE).hold is None
    for wrong in ({"held_in": "1000", "rejected_in": "50"}, {"held_in": "x"}):
        assert admin.post(f"{PATH}/settings", sent | wrong).status_code == 422


def test_a_token_is_shown_once_rotated_and_revoked(admin, runtime):
    made = admin.post(f"{PATH}/tokens", {"name": "plugin", "scope": ["submit", "moderate"]})
    (secret,) = re.findall(r"wnw_[\w-]+", made.text)
    grant = authorise(runtime, secret, "submit")
    assert secret not in admin.get(PATH).text
    assert "plugin" in admin.get(PATH).text
    assert admin.get(f"{PATH}/rotate?token={grant.token.id}").status_code == 200
    rotated = admin.post(f"{PATH}/tokens/rotate", {"token": grant.token.id, "overlap": "24"})
    (new,) = re.findall(r"wnw_[\w-]+", rotated.text)
    assert authorise(runtime, secret, "submit").token.expires_ms > now_ms()
    newer = authorise(runtime, new, "submit")
    admin.post(f"{PATH}/tokens/revoke", {"token": newer.token.id})
    admin.post(f"{PATH}/tokens/revoke", {"token": newer.token.id})
    with pytest.raises(Exception, match="revoked"):
        authorise(runtime, new, "submit")


def test_an_akismet_key_is_shown_once(admin, runtime):
    made = admin.post(f"{PATH}/keys").text
    (key,) = re.findall(r"<code data-secret>([0-9a-f]{12})</code>", made)
    page = admin.get(PATH).text
    assert key not in page
    (name,) = re.findall(r'name="key" value="([0-9a-f]{8})"', page)
    row = re.search(rf"<code>{name}</code>.*?</tr>", page, re.DOTALL)[0]
    assert '<td class="used">never</td>' in row
    authorise_blog(runtime, key, "blog.example")
    sites.note_uses(runtime.store, runtime.own(Vitals).uses(all_of_them=True))
    row = re.search(rf"<code>{name}</code>.*?</tr>", admin.get(PATH).text, re.DOTALL)[0]
    assert '<td class="used">' in row
    assert "never" not in row
    assert admin.post(f"{PATH}/keys", {"rotate": "1", "overlap": "0"}).status_code == 201
    assert name not in admin.get(PATH).text


def test_an_entry_is_tried_saved_moved_and_removed(ann, hold, runtime):
    held = hold("My kiln is fine.")
    ann.decide(held, "ham")
    draft = {k: v for k, v in LIST.items() if k != "save"} | {"values": "kiln, oven\ncheap glaze"}
    tried = ann.post(f"{PATH}/lists", draft)
    assert "1 of these was decided otherwise by a person" in tried.text
    assert "My kiln is fine." in tried.text
    assert "cheap glaze</textarea>" in tried.text
    assert "Approved by ann" in tried.text
    assert choosing.listed(runtime.store, SITE).entries == ()
    assert ann.post(f"{PATH}/lists", draft | {"save": "1"}).status_code == 303
    assert verdict(runtime).status == "spam"
    first = {"kind": "domain", "values": "shop.example", "action": "approve", "place": "first",
             "save": "1"}  # fmt: skip
    ann.post(f"{PATH}/lists", first)

    def values():
        return [entry.value for entry in choosing.listed(runtime.store, SITE).entries]

    assert values() == ["shop.example", "kiln", "oven", "cheap glaze"]
    ann.post(f"{PATH}/lists/change", {"what": "up", "number": "2"})
    assert values() == ["shop.example", "oven", "kiln", "cheap glaze"]
    ann.post(f"{PATH}/lists/change", {"what": "down", "number": "4"})
    ann.post(f"{PATH}/lists/change", {"what": "remove", "number": "1"})
    ann.post(f"{PATH}/lists/change", {"what": "remove", "number": "1"})
    assert sorted(values()) == ["cheap glaze", "oven", "shop.example"]
    assert verdict(runtime).status != "spam"
    assert {who for who, what, _ in acts(runtime) if what == "list_changed"} == {"ann"}


def test_sixty_five_thousand_entries_are_pasted_and_loaded_once(ann, runtime, valkey):
    values = "\n".join(f"n{n}.shop.example" for n in range(65_000))
    pasted = {"kind": "domain", "values": values, "action": "hold", "save": "1"}
    assert ann.post(f"{PATH}/lists", pasted).status_code == 303
    assert verdict(runtime, "See http://n64999.shop.example/").reasons[0][0] == "listed_domain"
    assert "List: 65,000 entries" in ann.get(PATH).text
    with valkey.client() as client:
        sent = client.info("stats")["total_net_output_bytes"]
        for _ in range(5):
            assert verdict(runtime, "See http://n7.shop.example/").reasons[0][0] == "listed_domain"
            assert "n64999" in ann.get(f"{PATH}/lists?from=64950").text
        assert client.info("stats")["total_net_output_bytes"] - sent < 1_000_000
    moved = ann.post(f"{PATH}/lists/change", {"what": "top", "number": "65000"})
    assert moved.status_code == 303
    assert choosing.listed(runtime.store, SITE).entries[0].value == "n64999.shop.example"
    too_many = {**pasted, "values": "one.more.example"}
    assert ann.post(f"{PATH}/lists", too_many).status_code == 422


@pytest.mark.parametrize("page", ["lists", "keywords"])
def test_what_is_too_much_at_once_is_said_to_be(ann, runtime, page):
    fields = dict.fromkeys(("values", "disallowed"), "a" * (13 << 20))
    answer = ann.post(f"{PATH}/{page}", LIST | fields)
    assert answer.status_code == 413
    assert "This is more than can be sent at once. Nothing was saved." in answer.text
    assert choosing.listed(runtime.store, SITE).entries == ()


@pytest.mark.parametrize(
    "typed",
    [{"values": ""}, {"values": "!!"}, {"values": "kiln, kiln"}, {"kind": "regex"},
     {"action": "burn"}, {"values": "\n".join(map(str, range(65_001)))},
     {"kind": "address", "values": "<script>"}],
)  # fmt: skip
def test_entries_that_cannot_be_are_refused_and_stay_typed(ann, runtime, typed):
    answer = ann.post(f"{PATH}/lists", LIST | typed)
    assert answer.status_code == 422
    assert "Nothing was saved." in answer.text
    assert "<script>" not in answer.text
    assert choosing.listed(runtime.store, SITE).entries == ()


def test_an_attack_is_said_on_every_screen_of_the_site_until_it_ends(ann, person, runtime):
    elsewhere = person("oda", "moderator", (OTHER,))
    assert ann.post(f"{PATH}/attack", {"hours": "2"}).status_code == 303
    assert verdict(runtime).reasons[0][0] == "under_attack"
    assert verdict(runtime, site=OTHER).decided_by == "model"
    said = "Everything new on blog.example is held until"
    for path in ("/console/review", "/console/queue", "/console/decisions", "/console/account",
                 "/console/sites", PATH):  # fmt: skip
        assert said in ann.get(path).text
        assert said not in elsewhere.get(path if path != PATH else "/console/sites").text
    ann.post(f"{PATH}/attack", {"end": "1"})
    assert said not in ann.get("/console/review").text
    assert verdict(runtime).decided_by == "model"
    for wrong in ({"hours": "-1"}, {"hours": "9999"}, {"hours": "nan"}, {}):
        assert ann.post(f"{PATH}/attack", wrong).status_code == 422
    assert [what for _, what, _ in acts(runtime)] == ["attack_ended", "attack_begun"]
