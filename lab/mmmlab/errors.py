"""The two ways a lab operation can end badly. Both carry a sentence for a human."""


class LabError(Exception):
    """The operation was refused or failed; the text says what was tried, and what to do."""


class LabTimeout(LabError):
    """A condition did not come true before its deadline."""
