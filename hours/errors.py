"""Errors of the domain; each carries a sentence for people."""


class WorkflowError(Exception):
    """A change is refused; the text is a sentence for people."""
