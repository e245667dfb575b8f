"""The drawing of a thing among its neighbours."""

from __future__ import annotations

import html
import re

from server.pages.diagrams import Edge, Label, neighbourhood
from tests.server.conftest import Site


def test_a_long_name_is_wrapped_before_it_is_cut() -> None:
    edges = [Edge((Label("part of"),), Label("Scientific and Research Outputs"))]
    edges += [Edge((Label("part of"),), Label("word " * 30))]
    whole, cut = neighbourhood(Label("here"), [], edges, "title", "words").boxes[1:]
    assert " ".join(whole.rows) == "Scientific and Research Outputs"
    assert not whole.cut
    assert len(cut.rows) == 4
    assert cut.rows[-1].endswith("…")
    assert cut.cut


def test_what_is_called_after_the_thing_says_the_rest(legacy: Site) -> None:
    """A claim's name begins with that of its subject, which stands in the middle already."""
    text = html.unescape(legacy.get("/doc/dataset/360-vsumm", "text/html").text)
    drawing = text.partition('class="surroundings"')[2].partition("</section>")[0]
    boxes = re.findall(r"<text>(.*?)</text>", drawing, re.DOTALL)
    said = [" ".join(re.sub(r"<title>.*?</title>|<[^>]*>", " ", box).split()) for box in boxes]
    assert "360-VSumm" in said
    assert any(each.startswith("organisation involved: Centre for") for each in said)
