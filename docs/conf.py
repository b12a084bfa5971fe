"""Settings of the documentation site (Sphinx, Markdown through MyST)."""

import importlib.metadata

project = "reassure"
author = copyright = "The reassure developers"
release = importlib.metadata.version("reassure")
extensions = ["myst_parser"]
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = "reassure"
# The introduction of the language reference is part of the page that docs/generate.py writes.
exclude_patterns = ["_build", "language_intro.md"]
