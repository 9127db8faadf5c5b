"""A disk that can be filled: a file system in memory, mounted where only the server and its children see it."""

import errno
import os

#: Room for a few dozen messages of 10 kB.
SIZE = 1 << 20


def mounted_at(folder, options=f"size={SIZE}"):
    """The command to run a server with (`within`). The mount ends with the server. Root is not needed where the system lets
    everybody have namespaces of their own.
    """
    folder.mkdir(parents=True)
    mount = 'mount -t tmpfs -o "$1" tmpfs "$2" && shift 2 && exec "$@"'
    return ["unshare", "--map-root-user", "--mount", "sh", "-c", mount, "sh", options, folder]


class Ballast:
    """Fills the disk that a folder is on, to the last page, until it is removed."""

    def __init__(self, folder):
        self._file = folder / "somebody-elses-file"
        descriptor = os.open(self._file, os.O_WRONLY | os.O_CREAT)
        try:
            while True:
                os.write(descriptor, bytes(4096))
        except OSError as error:
            assert error.errno == errno.ENOSPC, error
        finally:
            os.close(descriptor)

    def remove(self):
        self._file.unlink()
