"""More than one machine: scans and tagging as tasks of a queue in the PostgreSQL registry.

Whoever asks parts the work and puts the answers together; workers, on any host that sees the same
folders under the same paths, do it. The queue is procrastinate's; it brings locks, retries and
heartbeats, and what was asked and told lies beside it. Losing a worker loses nothing: its task is
done again by another, and writes the same row.
"""
