"""The web server: a small process that listens and restarts, and one beside it that holds the desk.

The first one imports nothing of the desk. What it had loaded it would keep for as long as the desk runs, beside the
same again in the process that serves: 80 MB and more after a first start that filled the sample desk.
"""
