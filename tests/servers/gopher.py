"""gophernicus, behind socat, who accepts for it and speaks TLS, and pygopherd."""
import pathlib
import re

from servers.server import Server, path_of


class Gopher(Server):
    """gophernicus at `port`, and at `tls_port` with TLS: the folder `root`."""
    greetings = {"port": b"", "tls_port": b""}

    def serving(self, port):
        return f"EXEC:{path_of('gophernicus')} -h localhost -p {port} -r {self.root} -nf -nu -o UTF-8"

    def commands(self):
        tls = f"OPENSSL-LISTEN:{self.tls_port},bind=127.0.0.1,reuseaddr,fork,cert={self.certificate},key={self.key},verify=0"
        return [[*self.program("socat"), f"TCP-LISTEN:{self.port},bind=127.0.0.1,reuseaddr,fork", self.serving(self.port)],
                [*self.program("socat"), tls, self.serving(self.tls_port)]]


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
