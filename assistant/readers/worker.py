"""The child process of `workers`: reads the files it is sent, within limits."""

import resource
from multiprocessing.connection import Connection

from assistant.readers.site import Site
from assistant.readers.workers import read_one


def serve(descriptor: int, max_memory_bytes: int) -> None:
    """Read a Site from the socket, then sources until it closes; answer each with its Outcome."""
    resource.setrlimit(resource.RLIMIT_AS, (max_memory_bytes, max_memory_bytes))
    connection = Connection(descriptor)
    site = connection.recv()
    if not isinstance(site, Site):
        return
    while True:
        try:
            source = connection.recv()
        except EOFError:
            return
        connection.send(read_one(site, source))
