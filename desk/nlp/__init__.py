"""The text models: tokenise, embed, match; no database, no Flask."""

from desk.nlp.encoding import NoModel, Reading
from desk.nlp.models import WITHOUT, Models, Status, Without

__all__ = ["WITHOUT", "Models", "NoModel", "Reading", "Status", "Without"]
