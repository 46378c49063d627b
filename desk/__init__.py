"""Loopdesk: a support-and-feedback desk with one timeline for each customer."""

import os

# Before numpy is first imported, which reads it then: the sums of one message are too small to share, and the library's
# idle threads would spin on cores that the web server's own threads need (three times the work a message, measured).
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

__version__ = "0.2.0"
