"""What colleagues write, in a small Markdown: bold, italic, code, lists, quotes and links. Pure: no HTML is read, and
no tag outside a short list comes out.

`read` gives the pieces of a text, or nothing where it has no mark in it: then it is shown as it stands. `plain` says
the same without the marks, `html` and `tree` show it.
"""

from desk.formatting.reading import Node, read
from desk.formatting.shown import BARE, Dress, html, plain, tree, verbatim

__all__ = ["BARE", "Dress", "Node", "html", "plain", "read", "tree", "verbatim"]
