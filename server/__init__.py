"""The server: answers over HTTP from a release, whatever graph it holds."""

from __future__ import annotations

from server.app import create_app

__all__ = ["create_app"]
