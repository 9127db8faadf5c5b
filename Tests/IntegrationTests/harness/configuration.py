"""Configuration files, written the way a user writes them."""

import json
import os

#: Heartbeats so rare that none comes between, and that no silent client is cut, in the time a test takes.
QUIET = {"pingIntervalMs": 600_000, "pingTimeoutMs": 600_000}


def feed(**keys):
    """The namespace most tests use: `/feed` with the topic `snapshot`, and whatever keys the test is about."""
    return {"path": "/feed", "topics": ["snapshot"], **keys}


def acknowledged(**keys):
    """`feed` with acknowledged delivery, and no retry in the time a test takes unless it asks for one."""
    return feed(**{"deliveryMode": "AT_LEAST_ONCE", "maxRetries": 1, "ackTimeoutMs": 600_000, **keys})


def servers(**each):
    """The YAML of a file with these servers. A server is a dictionary of its keys; its port is the system's choice."""
    # Everything holds for the built-in plugins as a shared object, which is the default, and for those in the executable.
    builtin = os.environ.get("STREAMFENCE_BUILTIN")
    lines = [f"plugins: {{builtin: {builtin}}}"] if builtin else []
    lines.append("servers:")
    for name, keys in each.items():
        lines.append(f"  {name}:")
        keys = {"host": "127.0.0.1", "port": 0, **keys}
        namespaces = keys.pop("namespaces", [feed()])
        lines += [f"    {key}: {json.dumps(value)}" for key, value in keys.items()]
        lines.append("    namespaces:")
        for namespace in namespaces:
            for number, (key, value) in enumerate(namespace.items()):
                lines.append(f"      {'-' if number == 0 else ' '} {key}: {json.dumps(value)}")
    return "\n".join(lines) + "\n"
