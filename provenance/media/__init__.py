"""Containers: recognise a file, walk it with bounded reads, plan its rewriting."""
