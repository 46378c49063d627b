"""The text models: tokenise, embed, match; no database, no Flask."""

from desk.nlp.encoding import NoModel, Reading
from desk.nlp.models import Models, Status, Without

__all__ = ["Models", "NoModel", "Reading", "Status", "Without"]
