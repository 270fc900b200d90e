"""Certificates for servers on this machine: made once in a test's process, and gone with it."""
import functools
import pathlib
import subprocess
import tempfile
import typing
import weakref


class Certificate(typing.NamedTuple):
    """It signed itself, so whoever trusts the file trusts the server that shows it."""
    file: pathlib.Path
    key: pathlib.Path


class Certificates(typing.NamedTuple):
    good: Certificate
    expired: Certificate  # for the right names
    elsewhere: Certificate  # for elsewhere.invalid


HERE = "DNS:localhost,IP:127.0.0.1,IP:::1"


def make(folder, name, names, days):
    made = Certificate(folder / f"{name}.pem", folder / f"{name}.key")
    request = folder / f"{name}.request"
    for command in (["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=ahoy test",
                     "-addext", f"subjectAltName={names}", "-addext", "basicConstraints=CA:TRUE", "-keyout", made.key, "-out", request],
                    ["openssl", "x509", "-req", "-in", request, "-signkey", made.key, "-days", str(days), "-copy_extensions", "copy",
                     "-out", made.file]):
        subprocess.run(command, check=True, capture_output=True)
    return made


@functools.cache
def certificates():
    temporary = tempfile.TemporaryDirectory(prefix="ahoy-certificates-")
    weakref.finalize(certificates, temporary.cleanup)  # when the process ends
    folder = pathlib.Path(temporary.name)
    return Certificates(make(folder, "good", HERE, 30), make(folder, "expired", HERE, -1), make(folder, "elsewhere", "DNS:elsewhere.invalid", 30))
