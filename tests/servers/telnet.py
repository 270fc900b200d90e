"""inetutils' telnetd, behind socat, who accepts for it."""
from servers.server import Server, path_of


class Telnet(Server):
    """telnetd at `port`: options negotiated, and a program on a terminal; by default one that says what it is told."""
    greetings = {"port": b"\xff"}

    def __init__(self, program='echo "ready $TERM"; while read -r line; do echo "said $line"; done'):
        self.script = program
        super().__init__()

    def prepare(self):
        self.login = self.write("login", "#!/bin/sh\n@script\n", 0o755)

    def commands(self):
        telnetd = path_of("telnetd")
        return [[*self.program("socat"), f"TCP-LISTEN:{self.port},bind=127.0.0.1,reuseaddr,fork",
                 f"EXEC:{telnetd} -h -E {self.login}"]]
