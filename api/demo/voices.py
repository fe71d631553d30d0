"""What customers and strangers say: mentions on social networks and reviews, read by a sentiment model."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from api.demo.timeline import DAYS, Floats, Texts, between, days_to, identifiers, months, pick

_NETWORKS = {"instagram": 0.46, "linkedin": 0.24, "x": 0.18, "facebook": 0.12}
_SITES = {"maps": 0.55, "trustpilot": 0.45}
_TOPICS = {"taste": 0.40, "delivery": 0.22, "machine": 0.18, "price": 0.20}
# From this day on another model reads what people say.
_NEW_MODEL = date(2026, 2, 1)


@dataclass(frozen=True)
class Voices:
    """One element a mention or review; `rating` is NaN for a mention."""

    voice: Texts
    posted: Floats
    place: Texts
    sentiment: Texts
    topic: Texts
    rating: Floats
    model: Texts


def make_mentions(rng: np.random.Generator) -> Voices:
    """Post about eight mentions a day; Christmas parcels that come late are spoken of."""
    posted = _posts(rng, 4.6 + 1.4 * np.arange(DAYS) / DAYS)
    worse = np.where(months(posted) == 12, 0.05, 0.0)
    sentiment = _feelings(rng, between(posted, 0.40, 0.54) - worse, between(posted, 0.24, 0.14) + worse)
    return _voices(rng, "SM", posted, pick(rng, len(posted), _NETWORKS), sentiment, (0.03, 0.015), None)


def make_reviews(rng: np.random.Generator) -> Voices:
    """Write about two reviews a day, with stars."""
    posted = _posts(rng, 1.1 + 0.7 * np.arange(DAYS) / DAYS)
    sentiment = _feelings(rng, between(posted, 0.56, 0.70), between(posted, 0.27, 0.16))
    stars = {"positive": (4.0, 6.0), "neutral": (3.0, 4.0), "negative": (1.0, 3.0)}
    low, high = (np.array([stars[word][side] for word in sentiment]) for side in (0, 1))
    rating = np.floor(low + (high - low) * rng.random(len(posted)))
    return _voices(rng, "RV", posted, pick(rng, len(posted), _SITES), sentiment, (0.36, 0.20), rating)


def _posts(rng: np.random.Generator, rate: Floats) -> Floats:
    """Return times from early morning to late evening, by a rate for each day from the start."""
    days = np.repeat(np.arange(DAYS, dtype=np.float64), rng.poisson(rate))
    return np.sort(days + (6.5 + 16.0 * rng.beta(2.0, 1.6, len(days))) / 24.0)


def _feelings(rng: np.random.Generator, positive: Floats, negative: Floats) -> Texts:
    drawn = rng.random(len(positive))
    words = np.where(drawn < positive, "positive", np.where(drawn < 1.0 - negative, "neutral", "negative"))
    return words.astype(object)


def _voices(
    rng: np.random.Generator, prefix: str, posted: Floats, place: Texts, sentiment: Texts,
    unlike: tuple[float, float], rating: Floats | None,
) -> Voices:  # fmt: skip
    """Name topics: of what is said in anger, a share is that the goods are not as described."""
    size = len(posted)
    angry = sentiment == "negative"
    exaggerated = angry & (rng.random(size) < between(posted, *unlike))
    topic = np.where(exaggerated, "not as described", pick(rng, size, _TOPICS)).astype(object)
    model = np.where(posted < days_to(_NEW_MODEL), "tone-1", "tone-2").astype(object)
    stars = np.full(size, np.nan) if rating is None else rating
    return Voices(identifiers(prefix, size), posted, place, sentiment, topic, stars, model)
