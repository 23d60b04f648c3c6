"""Four ways to mark where a message ends, each written from its definition and not from Zocalo's code."""


class Cut(Exception):
    """The stream ended inside a message."""


def encode(name, message):
    if name == "line":
        return message + b"\n"
    if name == "len:u32be":
        return len(message).to_bytes(4, "big") + message
    if name == "digits:5":
        return b"%05d" % len(message) + message
    if name == "netstring":
        return b"%d:%s," % (len(message), message)
    raise ValueError(name)


def decode(name, stream):
    """The messages of a binary file object, until its end."""
    while True:
        try:
            message = next_message(name, stream)
        except Cut as cut:
            if cut.args:
                raise
            return
        yield message


def next_message(name, stream):
    """Raises Cut, without a word between two messages, and with one inside."""
    if name == "line":
        line = until(stream, b"\n")
        return line
    if name == "len:u32be":
        return exactly(stream, int.from_bytes(exactly(stream, 4, begins=True), "big"))
    if name == "digits:5":
        return exactly(stream, int(exactly(stream, 5, begins=True)))
    if name == "netstring":
        message = exactly(stream, int(until(stream, b":")))
        if exactly(stream, 1) != b",":
            raise Cut("no comma")
        return message
    raise ValueError(name)


def exactly(stream, count, begins=False):
    data = stream.read(count)
    if len(data) < count:
        raise Cut(*([] if begins and not data else [f"{len(data)} of {count} bytes"]))
    return data


def until(stream, mark):
    data = bytearray()
    while byte := stream.read(1):
        if byte == mark:
            return bytes(data)
        data += byte
    raise Cut(*([f"no {mark!r}"] if data else []))
