"""Certificates, made by openssl as anybody makes them."""

import ssl
import subprocess


class Authority:
    """Signs certificates for 127.0.0.1 and localhost."""

    def __init__(self, folder):
        self._folder = folder
        self.certificate = folder / "ca.pem"
        self._key = folder / "ca.key"
        openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj", "/CN=Test Authority", "-keyout", self._key, "-out", self.certificate,
        )

    def issue(self, name="server", subject="/CN=localhost", days=2, password=None, kind=("ec", "ec_paramgen_curve:prime256v1")):
        """The chain and the key of a new certificate, as files of that name."""
        chain, key, request = (self._folder / f"{name}.{ending}" for ending in ("pem", "key", "csr"))
        encryption = ["-passout", f"pass:{password}"] if password else ["-nodes"]
        openssl(
            "req", "-utf8", "-newkey", kind[0], "-pkeyopt", kind[1], *encryption, "-subj", subject, "-keyout", key, "-out", request
        )
        extensions = self._folder / "extensions"
        extensions.write_text("subjectAltName=DNS:localhost,IP:127.0.0.1")
        openssl(
            "x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self._key, "-CAcreateserial",
            "-days", str(days), "-extfile", extensions, "-out", chain,
        )
        return chain, key

    @property
    def trust(self):
        """What a client needs that trusts this authority and nobody else."""
        return ssl.create_default_context(cafile=self.certificate)


def openssl(*arguments):
    result = subprocess.run(["openssl", *arguments], capture_output=True, text=True)
    assert result.returncode == 0, f"openssl {arguments[0]}: {result.stderr}"
    return result.stdout


def handshake(port, *arguments):
    """What `openssl s_client` says of a handshake with a server, and whether there was one."""
    result = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", *arguments],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
    )
    return result.stdout + result.stderr, result.returncode == 0


def serial(certificate):
    return openssl("x509", "-in", certificate, "-noout", "-serial").strip().removeprefix("serial=")


def secure(chain, key, **tls):
    """The keys of a server with this certificate."""
    return {"transport": "WSS", "tls": {"certChainPemPath": str(chain), "privateKeyPemPath": str(key), **tls}}


def shown(server):
    """The serial number of the certificate that a new connection gets."""
    said, _ = handshake(server.port, "-showcerts")
    pem = said[said.index("-----BEGIN CERTIFICATE-----"):said.index("-----END CERTIFICATE-----") + 26]
    result = subprocess.run(["openssl", "x509", "-noout", "-serial"], input=pem, capture_output=True, text=True, check=True)
    return result.stdout.strip().removeprefix("serial=")


def replace(files, others):
    for file, other in zip(files, others):
        other.replace(file)
