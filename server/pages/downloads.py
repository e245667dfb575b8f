"""The files of a release as its page of downloads arranges them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from publisher.formats import RDF_FORMS, RdfForm, form_by_suffix
from publisher.packing import GZIP, PACKINGS, packing_of, plain_name
from server.documents.downloads import Download


@dataclass(frozen=True)
class Offer:
    """A file and the packed forms of it, each with the suffix of its packing."""

    file: Download
    packed: tuple[tuple[str, Download], ...]

    @property
    def handiest(self) -> Download:
        """What most people take: the gzip file, which every system unpacks, where there is one."""
        return dict(self.packed).get(GZIP.suffix, self.file)


@dataclass(frozen=True)
class Part:
    """A graph or the shapes, in the forms that there are: one for each form, or None."""

    title: str
    triples: int | None
    offers: tuple[Offer | None, ...]


@dataclass(frozen=True)
class Shelf:
    """All files: the whole dataset, its parts, links to others, and what is said of the release."""

    whole: list[Offer]
    parts: list[Part]
    forms: tuple[RdfForm, ...]
    links: list[Offer]
    about: list[Offer]


def shelf(files: Iterable[Download], name: str, linksets: Iterable[str]) -> Shelf:
    """Arrange files. `name` is that of the dataset, `linksets` names the files with links."""
    by_name = {file.name: file for file in files}
    offers = [
        Offer(file, tuple(_packed(file.name, by_name)))
        for file in by_name.values()
        if not packing_of(file.name) or plain_name(file.name) not in by_name
    ]
    links = set(linksets)
    found = Shelf([], [], RDF_FORMS, [], [])
    parts: dict[str, dict[RdfForm, Offer]] = {}
    for offer in offers:
        stem, _, suffix = offer.file.name.rpartition(".")
        form = form_by_suffix(suffix)
        if offer.file.name in links:
            found.links.append(offer)
        elif stem == name and form:
            found.whole.append(offer)
        elif stem.startswith(f"{name}-") and form:
            parts.setdefault(stem, {})[form] = offer
        else:
            found.about.append(offer)
    found.parts.extend(_part(forms) for forms in parts.values())
    return found


def _packed(name: str, files: dict[str, Download]) -> Iterable[tuple[str, Download]]:
    for packing in PACKINGS:
        if (file := files.get(name + packing.suffix)) is not None:
            yield packing.suffix, file


def _part(offers: dict[RdfForm, Offer]) -> Part:
    # Turtle comes first and has the bare title.
    file = next(iter(offers.values())).file
    return Part(file.title, file.triples, tuple(offers.get(form) for form in RDF_FORMS))


def shown_checksums(lines: str, offers: Sequence[Offer]) -> str:
    """Return those lines of SHA256SUMS that are about some files and their packed forms."""
    names = {file.name for offer in offers for file in (offer.file, *dict(offer.packed).values())}
    return "".join(
        line for line in lines.splitlines(keepends=True) if line.rstrip().split("  ")[-1] in names
    )
