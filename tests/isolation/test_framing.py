import os
import socket
import struct
import threading
import time

import pytest

from provenance.errors import IsolationError
from provenance.isolation.framing import (
    MAX_FRAME,
    receive_frame,
    receive_frame_with_files,
    send_frame,
)
from provenance.isolation.reply import Reply


@pytest.fixture
def pair():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def soon():
    return time.monotonic() + 30


@pytest.mark.parametrize("size", [0, 1, 70_000, 1_000_000])
def test_a_frame_arrives_whole(pair, size):
    ours, theirs = pair
    sender = threading.Thread(target=send_frame, args=[ours, b"x" * size])
    sender.start()
    assert receive_frame(theirs, deadline=soon()) == b"x" * size
    sender.join()


def test_frames_keep_their_files(pair, tmp_path):
    ours, theirs = pair
    with (tmp_path / "file").open("wb") as file:
        send_frame(ours, b"one", [file.fileno()])
        send_frame(ours, b"two")
        payload, (received,) = receive_frame_with_files(theirs)
        assert os.fstat(received).st_ino == os.fstat(file.fileno()).st_ino
    os.close(received)
    assert payload == b"one"
    assert receive_frame_with_files(theirs) == (b"two", [])


def test_files_sent_to_one_who_asked_for_none_are_not_opened(pair, tmp_path, count_descriptors):
    ours, theirs = pair
    before = count_descriptors()
    with (tmp_path / "file").open("wb") as file:
        send_frame(ours, b"one", [file.fileno()])
        assert receive_frame(theirs, deadline=soon()) == b"one"
    assert count_descriptors() == before


def test_a_header_in_two_pieces_is_put_together(pair):
    ours, theirs = pair
    header = struct.pack(">I", 2)
    ours.sendall(header[:1])
    rest = threading.Timer(0.05, ours.sendall, [header[1:] + b"ab"])
    rest.start()
    assert receive_frame_with_files(theirs) == (b"ab", [])
    rest.join()


@pytest.mark.parametrize("receive", [receive_frame, receive_frame_with_files])
@pytest.mark.parametrize("sent", [b"", b"\0\0", b"\0\0\0\5abc"])
def test_an_end_in_the_middle_is_an_end(pair, receive, sent):
    ours, theirs = pair
    ours.sendall(sent)
    ours.close()
    with pytest.raises(EOFError):
        receive(theirs)


def test_a_length_beyond_the_largest_is_refused_before_anything_is_read(pair):
    ours, theirs = pair
    ours.sendall(struct.pack(">I", MAX_FRAME + 1))
    with pytest.raises(IsolationError, match="larger than"):
        receive_frame(theirs)


def test_a_payload_beyond_the_largest_is_not_sent(pair):
    with pytest.raises(IsolationError, match="too much"):
        send_frame(pair[0], bytes(MAX_FRAME + 1))


@pytest.mark.parametrize("wait", [-1, 0.05])
def test_a_frame_that_does_not_come_in_time_is_not_waited_for(pair, wait):
    with pytest.raises(TimeoutError):
        receive_frame(pair[1], deadline=time.monotonic() + wait)


def test_a_frame_that_nobody_takes_is_given_up(pair):
    with pytest.raises(TimeoutError):
        send_frame(pair[0], bytes(8 << 20), deadline=time.monotonic() + 0.1)


@pytest.mark.parametrize(
    "answer",
    [b"", b"nonsense", b"[]", b"null", b"{}", b'{"error": "x"}', b"[" * 100_000, b"\xff"],
)
def test_an_answer_that_is_no_reply_is_an_isolation_error(answer):
    with pytest.raises(IsolationError, match="no reply"):
        Reply.decode(answer)


@pytest.mark.parametrize("name", ["annotations", "__doc__", "SystemExit", "IsolationError", "0"])
def test_a_reply_can_only_raise_errors_of_our_tree(name):
    reply = Reply.decode(b'{"error": "%s", "text": "why"}' % name.encode())
    with pytest.raises(IsolationError, match=r"^a:b failed: why$"):
        reply.unwrap("a:b")
