"""A process in which a validator's file of keys is replaced by one that cannot be read for a while. Prints what the plugin has logged.

The argument, JSON: the plugin's file, the component, its options, the file of keys, the one that replaces it, a token for that."""

import ctypes
import json
import os
import sys
import time

import host
from contract import ACCEPTED

library, component, options, file, newer, token = json.loads(sys.argv[1])
process = ctypes.CDLL(None)
unreadable = (ctypes.c_char * 4096).in_dll(process, "unreadable")
refused = ctypes.c_int.in_dll(process, "refused")


def wait_until(condition):
    while not condition():
        time.sleep(0.005)


checked = host.load(library).create(component, options)
unreadable.value = file.encode()
os.rename(newer, file)
wait_until(lambda: refused.value >= 3)
unreadable.value = b""
wait_until(lambda: checked.validate(token).verdict == ACCEPTED and (1, "the keys were read again") in host.log)
checked.destroy()
print(json.dumps(host.log))
