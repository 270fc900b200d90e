"""gophernicus, behind socat, who accepts for it and speaks TLS, and pygopherd."""
import pathlib
import re

from servers.server import Server, path_of


class Gopher(Server):
    """gophernicus at `port`, and at `tls_port` with TLS: the folder `root`."""
    greetings = {"port": b"", "tls_port": b""}

    def prepare(self):
        """socat drops what has not gone out yet of a program that ends in failure, as this one does where an item is missing."""
        self.program_path = path_of("gophernicus")
        self.script = self.write("serve", '#!/bin/sh\n@program_path -h localhost -p "$1" -r @root -nf -nu -o UTF-8 || :\n', 0o755)

    def commands(self):
        common = "bind=127.0.0.1,reuseaddr,fork"
        return [[*self.program("socat"), f"TCP-LISTEN:{self.port},{common}", f"EXEC:{self.script} {self.port}"],
                [*self.program("socat"), f"OPENSSL-LISTEN:{self.tls_port},{common},cert={self.certificate},key={self.key},verify=0",
                 f"EXEC:{self.script} {self.tls_port}"]]


class Pygopherd(Server):
    """pygopherd at `port`: the folder `root`, with attributes and views (Gopher+)."""
    greetings = {"port": b""}

    def prepare(self):
        settings = {"servername": "localhost", "interface": "127.0.0.1", "port": "@port", "root": "@root", "pidfile": "@folder/pid",
                    "detach": "no", "usechroot": "no", "logmethod": "file", "cachetime": "0"}
        lines = [line for line in pathlib.Path("/etc/pygopherd/pygopherd.conf").read_text(encoding="utf-8").splitlines()
                 if not re.match(r"\s*(setuid|setgid)\b", line)]
        text = "\n".join(lines).replace("@", "@@") + "\n"
        for name, value in settings.items():
            text, times = re.subn(rf"(?m)^#?\s*{name} *=.*$", f"{name} = {value}", text, count=1)
            assert times == 1, f"pygopherd's configuration does not have {name}"
        self.configuration = self.write("pygopherd.conf", text)

    def commands(self):
        return [[*self.program("pygopherd"), self.configuration]]
