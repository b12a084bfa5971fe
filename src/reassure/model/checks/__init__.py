"""From what is written to what is meant: one concept a module, put together by
:mod:`reassure.model.load`.
"""
