"""proftpd, FTP with TLS of both kinds, and pyftpdlib, plain FTP."""
import subprocess
import sys

from servers.server import Server


class Ftp(Server):
    """proftpd at `port`: the account alice with `secret`, whose home is `root`; AUTH TLS for who asks for it."""
    greetings = {"port": b"220"}
    tls_options = "NoSessionReuseRequired"

    def prepare(self):
        self.own(self.write("users", f"alice:{encrypted('secret')}:@user:@group::@root:/bin/false\n", 0o600))
        self.configuration = self.write("proftpd.conf", CONFIGURATION)

    def commands(self):
        return [[*self.program("proftpd"), "-n", "-c", self.configuration]]


class ImplicitFtp(Ftp):
    """TLS from the first byte on."""
    greetings = {"port": b""}
    tls_options = "NoSessionReuseRequired UseImplicitSSL"


class PlainFtp(Server):
    """pyftpdlib at `port`: the account alice with `secret`, and who is anonymous, who reads only; their home is `root`."""
    greetings = {"port": b"220"}

    def prepare(self):
        self.script = self.write("ftp.py", PYFTPDLIB)

    def commands(self):
        return [[*self.program(sys.executable), "-W", "ignore", self.script]]


def encrypted(password):
    return subprocess.run(["openssl", "passwd", "-6", password], check=True, capture_output=True, text=True).stdout.strip()


# Without DefaultRoot: nobody may not chroot(2), and login would fail.
CONFIGURATION = """
ServerType standalone
ServerName ahoy
DefaultServer on
Port @port
DefaultAddress 127.0.0.1
UseIPv6 on
User @user_name
Group @group_name
PidFile @folder/pid
ScoreboardFile @folder/score
DelayEngine off
SystemLog @logs/system
TransferLog none
WtmpLog off
AuthPAM off
AuthOrder mod_auth_file.c
AuthUserFile @folder/users
RequireValidShell off
UseReverseDNS off
AllowStoreRestart on
AllowRetrieveRestart on
AllowOverwrite on
ControlsEngine off
LoadModule mod_tls.c
TLSEngine on
TLSLog @logs/tls
TLSECCertificateFile @certificate
TLSECCertificateKeyFile @key
TLSOptions @tls_options
TLSRequired off
@more
"""

PYFTPDLIB = """
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.servers import FTPServer

authorizer = DummyAuthorizer()
authorizer.add_user("alice", "secret", "@root", perm="elradfmwMT")
authorizer.add_anonymous("@root")
FTPHandler.authorizer = authorizer
FTPHandler.auth_failed_timeout = 0
FTPServer(("127.0.0.1", @port), FTPHandler).serve_forever()
"""
