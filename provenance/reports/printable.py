"""Text that shows its control characters instead of having them obeyed."""


def printable(text: str) -> str:
    """Return text without control characters, so that a file name cannot steer a terminal."""
    return "".join(
        character if character.isprintable() else f"\\x{ord(character):02x}" for character in text
    )
