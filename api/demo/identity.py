"""Who is who: one customer has accounts in the CRM, addresses at the help desk, contacts at the hub.

The crosswalk knows all accounts, most addresses and most contacts. Who writes from a private address, or
reads a letter without having signed in, stays unknown.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from api.demo.deals import Accounts
from api.demo.timeline import Floats, Integers, Texts, between, identifiers, pick

_SECOND_SITE = 0.08


@dataclass(frozen=True)
class Identities:
    """One element an account: its customer's place, and the two addresses that write to the help desk."""

    customer: Integers
    names: Texts
    office: Texts
    kitchen: Texts


def make_identities(rng: np.random.Generator, accounts: Accounts) -> Identities:
    """Give accounts their customers; a few hotels belong to the owner of an earlier one."""
    size = len(accounts.account)
    owner = np.arange(size)
    hotels = np.flatnonzero(accounts.segment == "hotel")
    places = np.flatnonzero(rng.random(len(hotels)) < _SECOND_SITE)
    places = places[places > 0]
    # An earlier hotel that is itself nobody's second house, so that no chain of owners arises.
    earlier = hotels[(rng.random(len(places)) * places).astype(np.int64)]
    owner[hotels[places]] = owner[earlier]
    _, customer = np.unique(owner, return_inverse=True)
    domains = [name.lower().replace(" ", "-") for name in accounts.name]
    return Identities(
        customer,
        identifiers("B", int(customer.max()) + 1),
        np.array([f"office@{domain}.example" for domain in domains], dtype=object),
        np.array([f"kitchen@{domain}.example" for domain in domains], dtype=object),
    )


def make_standing(rng: np.random.Generator, accounts: Accounts) -> Texts:
    """Return which accounts have closed down or want no more letters."""
    return pick(rng, len(accounts.account), {"open": 0.95, "closed down": 0.035, "opted out": 0.015})


def writers(rng: np.random.Generator, identities: Identities, number: Integers, when: Floats) -> Texts:
    """Return from which address an account's people write; fewer use a private one since help asks them."""
    size = len(number)
    private = rng.random(size) > between(when, 0.86, 0.95)
    usual = np.where(rng.random(size) < 0.7, identities.kitchen[number], identities.office[number])
    return np.where(private, np.array([f"guest{n}@mail.example" for n in number], dtype=object), usual)


def visitors(rng: np.random.Generator, contacts: Texts, when: Floats) -> Texts:
    """Return who reads a letter or visits: a contact, or a cookie that nobody can match."""
    size = len(contacts)
    signed_in = rng.random(size) < between(when, 0.62, 0.86)
    cookies = np.array([f"ck{n:08x}" for n in rng.integers(0, 2**32, size)], dtype=object)
    return np.where(signed_in, contacts, cookies)


def crosswalk(identities: Identities, accounts: Accounts, contacts: Texts) -> dict[str, Texts]:
    """Return a row for each id that is matched: its system, the id and the customer."""
    names = identities.names[identities.customer]
    ids = {
        "crm": (accounts.account,),
        "help_desk": (identities.office, identities.kitchen),
        "marketing_hub": (contacts,),
    }
    lists = [(system, each) for system, columns in ids.items() for each in columns]
    return {
        "system": np.concatenate([np.full(len(each), system, dtype=object) for system, each in lists]),
        "id": np.concatenate([each for _, each in lists]),
        "customer_id": np.concatenate([names for _ in lists]),
    }
