"""Loopdesk: a support-and-feedback desk with one timeline for each customer."""

__version__ = "0.1.0"
