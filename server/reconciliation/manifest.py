"""The service manifest (0.2, section 3.2): what the service offers, and where."""

from __future__ import annotations

from typing import Any, Final

from publisher.limits import BATCH_QUERIES
from publisher.release import Release
from server.reconciliation import draft
from server.reconciliation.extension import SETTINGS
from server.reconciliation.identifiers import type_object
from server.search.index import current_index

VERSIONS: Final = ("0.2",)
#: Size of the frame that a preview fits, in pixels.
WIDTH, HEIGHT = 420, 260
_DEFAULT_TYPES: Final = 12


def manifest(release: Release) -> dict[str, Any]:
    """Return the manifest. Addresses are those for the world, never from the request."""
    service = release.publication.address("/reconcile")
    document: dict[str, Any] = {
        "versions": list(VERSIONS),
        "name": release.publication.title,
        "identifierSpace": release.iris.things,
        "schemaSpace": f"{release.iris.ontology}#",
        "documentation": release.publication.address("/link#reconcile"),
        "logo": release.publication.address("/mark.svg"),
        "serviceVersion": release.version,
        "defaultTypes": [type_object(iri) for iri in _commonest()],
        "view": {"url": f"{release.publication.address('/id/')}{{{{id}}}}"},
        "preview": {"url": f"{service}/preview?id={{{{id}}}}", "width": WIDTH, "height": HEIGHT},
        "suggest": {
            kind: {
                "service_url": service,
                "service_path": f"/suggest/{kind}",
                "flyout_service_url": service,
                "flyout_service_path": f"/flyout/{kind}?id=${{id}}",
            }
            for kind in ("entity", "type", "property")
        },
        "extend": {
            "propose_properties": {"service_url": service, "service_path": "/extend/propose"},
            "property_settings": SETTINGS,
            **draft.extension_settings(SETTINGS),
        },
        "batchSize": BATCH_QUERIES,
    }
    return document


def _commonest() -> list[str]:
    rows = current_index().rows(
        "SELECT class, count(*) AS things FROM kind JOIN thing ON thing.id = kind.thing"
        " WHERE direct AND NOT behind GROUP BY class ORDER BY things DESC, class LIMIT ?",
        (_DEFAULT_TYPES,),
    )
    return [row["class"] for row in rows]
