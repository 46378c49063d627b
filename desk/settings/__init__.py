"""What an admin changes: typed settings with a history, brands and inboxes."""

from desk.settings import grants
from desk.settings.changing import change_inbox, replace_secret
from desk.settings.service import (
    all_values,
    brand,
    brands,
    changes,
    create_brand,
    create_inbox,
    get,
    inbox,
    inbox_by_key,
    inbox_for_address,
    inboxes,
    keep_cursor,
    note_check,
    note_trouble,
    opened,
    plain,
    sealed,
    set,
)
from desk.settings.specs import SPECS, BadSetting, Spec
from desk.settings.tables import Brand, Inbox, SettingChange

__all__ = [
    "SPECS",
    "BadSetting",
    "Brand",
    "Inbox",
    "SettingChange",
    "Spec",
    "all_values",
    "brand",
    "brands",
    "change_inbox",
    "changes",
    "create_brand",
    "create_inbox",
    "get",
    "grants",
    "inbox",
    "inbox_by_key",
    "inbox_for_address",
    "inboxes",
    "keep_cursor",
    "note_check",
    "note_trouble",
    "opened",
    "plain",
    "replace_secret",
    "sealed",
    "set",
]
