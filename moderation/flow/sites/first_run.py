"""The first run: an administrator, a demo site, its keys; the shipped snapshot put to use."""

from __future__ import annotations

import secrets
from hashlib import sha256

from msgspec import Struct
from ulid import ULID

from classifier import Model
from moderation.domain.accounts import Scope, Token, new_token, token_digest
from moderation.domain.errors import InvalidInput
from moderation.domain.models import Promotion, Snapshot
from moderation.domain.sites import site_name
from moderation.flow import secret
from moderation.flow.akismet import accounts
from moderation.flow.runtime import Runtime, now_ms
from moderation.flow.sites.administering import put_user
from moderation.settings import Settings
from moderation.store import Store, migrations, models, sites

DEMO_SITE = "demo"
ADMINISTRATOR = "admin"


class Console(Struct, frozen=True):
    """Who may log in to the console."""

    user: str
    password: str


class Credentials(Struct, frozen=True):
    """What the first run made, as it is written to `credentials.json`."""

    url: str
    console: Console
    site: str
    api_token: str
    admin_token: str
    akismet_key: str


def new_credentials(settings: Settings) -> Credentials:
    """Return credentials that open nothing yet."""
    return Credentials(
        url=settings.public_url,
        console=Console(ADMINISTRATOR, secrets.token_urlsafe(12)),
        site=DEMO_SITE,
        api_token=new_token(),
        admin_token=new_token(),
        akismet_key=accounts.new_key(),
    )


def first_run(store: Store, settings: Settings, made: Credentials) -> None:
    """Prepare an empty store for these credentials, which are kept nowhere else.

    It may be cut short anywhere and run again with the same credentials. The administrator,
    who says that it was completed, comes last.
    """
    migrations.migrate(store, lambda line: None)
    secret.note(store, settings.secret_key)
    use_shipped(store, settings)
    sites.create(store, made.site, now_ms())
    _put_token(store, made.api_token, made.site, ("submit", "moderate"), "demo")
    _put_token(store, made.admin_token, "", ("admin",), "admin")
    account = accounts.find_account(store, made.site) or accounts.put_account(store, made.site)
    accounts.put_key(store, settings.secret_key, account, made.akismet_key)
    put_user(store, made.console.user, made.console.password, "administrator")


def was_run(store: Store) -> bool:
    """Say whether a first run was completed on this store."""
    return bool(sites.users(store))


def is_untouched(runtime: Runtime) -> bool:
    """Say whether nobody has done anything yet but run it: one site, taught nothing."""
    return (
        sites.names(runtime.store) == [DEMO_SITE]
        and not sites.read(runtime.store, DEMO_SITE).labels
    )


def use_shipped(store: Store, settings: Settings) -> str:
    """Put the shipped snapshot to use unless people chose another, and return the one in use."""
    model, now = Model.load(settings.model), now_ms()
    models.copy_pointer(store, now)
    blob = model.to_bytes()
    known = Snapshot(model.name, "shipped", now, "start", len(blob), sha256(blob).hexdigest())
    models.put(store, known, blob)
    current = models.in_use(store)
    if current.name == model.name or _chosen_by_people(store):
        return current.name
    models.use(store, Promotion("start", model.name, current.name, now, "start"), current)
    return models.in_use(store).name


def _chosen_by_people(store: Store) -> bool:
    newest = models.changes(store, 1)
    return bool(newest) and newest[0].kind != "start"


def add_site(store: Store, name: str) -> None:
    """Make a site.

    Raises:
        InvalidInput: the name cannot be one, or is taken.
    """
    if not sites.create(store, site_name(name), now_ms()):
        raise InvalidInput("there is a site of this name already")


def add_token(
    store: Store, site: str, scopes: tuple[Scope, ...], name: str, per_minute: int = 0
) -> str:
    """Make a token and return it; it cannot be shown again.

    Raises:
        InvalidInput: there is no such site.
    """
    if site and site not in sites.names(store):
        raise InvalidInput("there is no site of this name")
    token = new_token()
    _put_token(store, token, site, scopes, name, per_minute)
    return token


def _put_token(
    store: Store, token: str, site: str, scopes: tuple[Scope, ...], name: str, per_minute: int = 0
) -> None:
    made = Token(str(ULID()), site, scopes, name, now_ms(), per_minute)
    sites.put_token(store, token_digest(token), made)
