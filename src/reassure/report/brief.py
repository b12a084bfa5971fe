"""The whole argument as one page: HTML that needs no network and prints, or Markdown."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reassure.model.checked import Model
from reassure.model.mistakes import UsageError
from reassure.report.brief_parts import Page, assemble
from reassure.study.design import Joint

if TYPE_CHECKING:
    from reassure.engine.causal import CausalGraph

FORMATS = ("html", "md")


@dataclass(frozen=True, slots=True)
class Brief:
    """A finished brief.

    Attributes:
        text: the page.
        format: 'html' or 'md'.
        headline: its finding in one line, for a terminal.
        complete: False when the work was stopped early.
        warning: what the page warns of at its top: that it was stopped early, or leaves something out; or ''.
    """

    text: str
    format: str
    headline: str
    complete: bool
    warning: str = ""

    def _repr_html_(self) -> str:
        from html import escape

        if self.format == "html":
            return f'<iframe srcdoc="{escape(self.text)}" style="width:100%;height:48rem"></iframe>'
        return f"<pre>{escape(self.text)}</pre>"


def write_brief(
    model: Model,
    graph: CausalGraph,
    *,
    format: str = "html",
    scenarios: int = 128,
    replications: int = 16,
    max_replications: int = 256,
    seed: int = 0,
    design: str | Joint = "sobol",
    policies: Sequence[str] | None = None,
    set: Mapping[str, float | str] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Brief:
    """Run the model, test its claims, and set the page.

    Raises:
        UsageError: an unknown format, policy or setting.
    """
    if format not in FORMATS:
        raise UsageError(f"{format!r} is no format of a brief", "use html or md")
    page = assemble(
        model,
        graph,
        scenarios=scenarios,
        replications=replications,
        max_replications=max_replications,
        seed=seed,
        design=design,
        policies=policies,
        settings=set,
        progress=progress,
        pictures=format == "html",
    )
    return Brief(_render(page, format), format, page.headline, page.complete, page.warning)


def _render(page: Page, format: str) -> str:
    from jinja2 import Environment, PackageLoader

    environment = Environment(
        loader=PackageLoader("reassure.report"),
        autoescape=format == "html",
        trim_blocks=False,
        keep_trailing_newline=True,
        finalize=_tame if format == "md" else None,
    )
    environment.filters["cell"] = _cell
    return environment.get_template(f"brief.{format}.j2").render(b=page)


def _tame(text: Any) -> Any:
    """Text of a model that Markdown takes neither for HTML nor for a link or a picture."""
    return (
        re.sub(r"<(?=[A-Za-z/!?])|(?<=\])\(", r"\\\g<0>", text) if isinstance(text, str) else text
    )


def _cell(text: Any) -> str:
    """Text that cannot break a Markdown table."""
    return " ".join(str(text).split()).replace("|", "\\|")
