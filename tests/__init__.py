"""Tests of the desk; the folders mirror desk/."""
