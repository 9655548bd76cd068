"""Refusals of the domain, each with a sentence for people."""


class WorkflowError(Exception):
    """A change that is not possible; the text is a sentence for people."""
