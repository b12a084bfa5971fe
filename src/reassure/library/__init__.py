"""The bundled models: one folder each, with the model in ``NAME/NAME.yaml``."""

from __future__ import annotations

from reassure.model.bundled import names, path

__all__ = ["names", "path"]
