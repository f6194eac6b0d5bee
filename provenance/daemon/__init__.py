"""How the watch says how it is: state file, health, metrics, systemd, logs, notifications.

Nothing here meets the watchers or decides over a file; the command hands in what it sees.
"""
