"""Why a colleague held a survey back, in words: for the console and for the log of changes."""

from __future__ import annotations

from desk.i18n import N_

WHY_HELD = {
    "sensitive": N_("a sensitive matter"),
    "legal": N_("a legal matter"),
    "goes_on": N_("not over yet, and goes on elsewhere"),
    "asked": N_("asked already in another way"),
    "test": N_("a test or a mistake"),
}
# What surveys.suppress refuses with. The words stand here because colleagues read them, and no customer.
REFUSED = (N_("It was decided already whether to ask."), N_("Pick one of the reasons."))
