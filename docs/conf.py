"""Settings of the documentation site (Sphinx, Markdown through MyST)."""

from importlib.metadata import version

project = "reassure"
author = "The reassure developers"
release = version("reassure")
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
myst_enable_extensions = ["dollarmath", "deflist"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = "reassure"
exclude_patterns = ["_build"]
autodoc_typehints = "description"
