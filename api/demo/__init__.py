"""The demo company: three years of seeded data in the systems of three departments."""

from api.demo.generate import SEED, Summary, generate
from api.demo.timeline import MILESTONE, NOW, REPLAYS, START

__all__ = ["MILESTONE", "NOW", "REPLAYS", "SEED", "START", "Summary", "generate"]
