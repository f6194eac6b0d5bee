"""Exif blocks, IIM datasets, Photoshop resources and Samsung trailers, made by hand."""

import struct

ASCII, LONG, UNDEFINED = 2, 4, 7
EXIF_POINTER = 0x8769
SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 7: 1, 8: 2, 9: 4, 16: 8, 129: 1}
DESCRIPTION, MAKE, MODEL, SOFTWARE, ARTIST = 0x010E, 0x010F, 0x0110, 0x0131, 0x013B
USER_COMMENT, MAKER_NOTE = 0x9286, 0x927C


def text(tag, value, kind=ASCII):
    """Return an entry whose value are these bytes."""
    return tag, kind, value


def directory(order, offset, entries, following=0):
    """Return a directory that stands at this offset, its values behind it."""
    values = offset + 2 + 12 * len(entries) + 4
    head, rest = bytearray(struct.pack(order + "H", len(entries))), bytearray()
    for tag, kind, value in entries:
        number = len(value) // SIZES[kind]
        head += struct.pack(order + "HHI", tag, kind, number)
        if len(value) <= 4:
            head += value.ljust(4, b"\0")
        else:
            head += struct.pack(order + "I", values + len(rest))
            rest += value
    return bytes(head + struct.pack(order + "I", following) + rest)


def exif(*entries, beneath=(), order=">"):
    """Return an Exif block with these entries in IFD0 and those in the Exif directory."""
    magic = b"MM\0*" if order == ">" else b"II*\0"
    header = magic + struct.pack(order + "I", 8)
    if not beneath:
        return header + directory(order, 8, entries)
    pointed = (*entries, (EXIF_POINTER, LONG, bytes(4)))
    at = 8 + len(directory(order, 8, pointed))
    first = (*entries, (EXIF_POINTER, LONG, struct.pack(order + "I", at)))
    return header + directory(order, 8, first) + directory(order, at, beneath)


def dataset(record, number, value):
    """Return one IIM dataset."""
    return struct.pack(">BBBH", 0x1C, record, number, len(value)) + value


def resource(kind, data, name=b""):
    """Return one Photoshop resource."""
    pascal = bytes((len(name),)) + name
    pascal += bytes(len(pascal) % 2)
    return (
        b"8BIM" + struct.pack(">H", kind) + pascal + struct.pack(">I", len(data)) + data
    ) + bytes(len(data) % 2)


def sef(*blocks):
    """Return Samsung's trailer with these blocks of kind, name and content."""
    body, entries = b"", []
    for kind, name, content in blocks:
        block = struct.pack("<HHI", 0, kind, len(name)) + name + content
        entries.append((kind, len(body), len(block)))
        body += block
    directory = b"SEFH" + struct.pack("<II", 106, len(entries))
    for kind, begin, size in entries:
        directory += struct.pack("<HHII", 0, kind, len(body) - begin, size)
    return body + directory + struct.pack("<I", len(directory)) + b"SEFT"
