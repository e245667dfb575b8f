"""Authors and editors: the things of the graph that printed names stand for."""

from __future__ import annotations

from dataclasses import dataclass

from publisher.intake.holdings import Holdings, Thing
from publisher.intake.mapping import Family
from publisher.intake.names import folded, may_be_one_person
from publisher.intake.record import Agent


@dataclass(frozen=True)
class Match:
    """The thing that a name stands for, if it is there already, and what to look at."""

    thing: Thing | None
    notes: tuple[str, ...] = ()


def match(agent: Agent, family: Family, holdings: Holdings) -> Match:
    """Find a person by ORCID, else a person or body by name.

    Somebody of the same name with another ORCID is somebody else.
    """
    orcid = agent.orcid
    if orcid:
        for thing in holdings.with_identifier(orcid.key):
            if thing.collection == family.collection:
                return Match(_in_use(thing, holdings))
    named = holdings.named(family.collection, folded(agent.name))
    same = [thing for thing in named if not (orcid and _orcids(thing))]
    if not same:
        others = [thing.iri for thing in named]
        if not agent.corporate:
            others += _alike(agent, family, holdings)
        return Match(None, tuple(f"{agent.name} may be {iri}" for iri in dict.fromkeys(others)))
    notes = [f"{agent.name} may also be {thing.iri}" for thing in same[1:]]
    thing = _in_use(same[0], holdings)
    if orcid:
        notes.append(f"{thing.iri} has no ORCID; if this is {agent.name}, add <{orcid.iri}>")
    return Match(thing, tuple(notes))


def _orcids(thing: Thing) -> bool:
    return any(key.startswith("orcid:") for key in thing.keys)


def _alike(agent: Agent, family: Family, holdings: Holdings) -> list[str]:
    name = folded(agent.name)
    found = holdings.names(family.collection)
    return [thing.iri for other, thing in found if may_be_one_person(name, other)]


def _in_use(thing: Thing, holdings: Holdings) -> Thing:
    """Return the thing, or what took its place if it was withdrawn."""
    successor = holdings.things.get(thing.successor or "")
    return successor if thing.withdrawn and successor else thing
