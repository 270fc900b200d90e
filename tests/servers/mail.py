"""exim, which takes mail (SMTP), and dovecot, which has it read (POP3, IMAP)."""
import itertools
import shutil

from command import await_that
from servers.server import Server, path_of


class Mail(Server):
    """exim at `port`, with STARTTLS, and at `tls_port`, with TLS from the first byte on.

    It delivers to alice and to bob at t.invalid, refuses others there (550), and relays for alice alone, once she is logged in.
    """
    greetings = {"port": b"220", "tls_port": b""}

    def prepare(self):
        self.exim = self.folder / "exim"
        shutil.copyfile(path_of("exim4"), self.exim)  # one that is not setuid: it stays who it is
        self.exim.chmod(0o755)
        self.configuration = self.write("exim.conf", EXIM)

    def commands(self):
        return [[*self.program(self.exim), "-C", self.configuration, "-bdf"]]

    def messages(self, name, least=0):
        """What was delivered to `name`, in order, as bytes with lines that end in \\n; waits for `least`: exim says 250 before."""
        folder = self.folder / "mail" / name / "new"
        await_that(lambda: least == 0 or (folder.exists() and len(list(folder.iterdir())) >= least), f"{least} mails for {name}")
        return [path.read_bytes() for path in sorted(folder.glob("*"), key=lambda path: path.stat().st_mtime_ns)]


class Mailboxes(Server):
    """dovecot: the account alice with `secret`; `pop3_port` with STLS, `imap_port` with STARTTLS, and both with TLS."""
    greetings = {"pop3_port": b"+OK", "pop3s_port": b"", "imap_port": b"* OK", "imaps_port": b""}

    def prepare(self):
        self.numbers = itertools.count(1)
        self.own(self.write("users", "alice:{PLAIN}secret\nbob:{PLAIN}secret\n"))
        self.state = self.make_folder("run")
        self.configuration = self.write("dovecot.conf", DOVECOT)

    def commands(self):
        return [[*self.program("dovecot"), "-F", "-c", self.configuration]]

    def put(self, message, mailbox=""):
        """A message into alice's inbox, or another mailbox of hers, as if it had just been delivered: maildir(5)."""
        below = [f".{mailbox}"] if mailbox else []
        made = {name: self.make_folder("mail", "alice", *below, name) for name in ("cur", "new", "tmp")}
        name = f"{next(self.numbers):08}.ahoy"
        path = made["tmp"] / name
        path.write_bytes(message)
        self.own(path).rename(made["new"] / name)


EXIM = """
exim_path = @exim
exim_user = @user
exim_group = @group
never_users =
deliver_drop_privilege = true
primary_hostname = t.invalid
domainlist local_domains = t.invalid
daemon_smtp_ports = @port : @tls_port
tls_on_connect_ports = @tls_port
local_interfaces = 127.0.0.1
tls_advertise_hosts = *
tls_certificate = @certificate
tls_privatekey = @key
spool_directory = @folder/spool
log_file_path = @logs/%slog
pid_file_path = @folder/pid
acl_smtp_rcpt = recipient
acl_smtp_data = accept
host_lookup =
message_size_limit = 100M
keep_environment =
@more
begin acl
recipient:
  accept domains = +local_domains
         endpass
         message = unknown user
         verify = recipient
  accept authenticated = *
  deny message = relay denied
begin routers
local:
  driver = accept
  domains = +local_domains
  local_parts = alice : bob
  transport = maildir
begin transports
maildir:
  driver = appendfile
  directory = @folder/mail/$local_part_data
  create_directory
  maildir_format
  user = @user
  group = @group
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${if and{{eq{$auth2}{alice}}{eq{$auth3}{secret}}}}
  server_set_id = $auth2
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = Username:: : Password::
  server_condition = ${if and{{eq{$auth1}{alice}}{eq{$auth2}{secret}}}}
  server_set_id = $auth1
"""

# One setting and one brace a line; no wait after a wrong password.
DOVECOT = """
base_dir = @state
state_dir = @state
log_path = @logs/dovecot
instance_name = ahoy
protocols = imap pop3
listen = 127.0.0.1
default_internal_user = @user_name
default_internal_group = @group_name
default_login_user = @user_name
first_valid_uid = 1
mail_location = maildir:@folder/mail/%u
mail_max_userip_connections = 100
ssl = yes
ssl_cert = <@certificate
ssl_key = <@key
disable_plaintext_auth = no
auth_mechanisms = plain login cram-md5
auth_failure_delay = 0
passdb {
  driver = passwd-file
  args = @folder/users
}
userdb {
  driver = static
  args = uid=@user gid=@group home=@folder/mail/%u
}
namespace inbox {
  inbox = yes
}
service anvil {
  chroot =
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service stats {
  chroot =
}
service imap-login {
  chroot =
  inet_listener imap {
    port = @imap_port
  }
  inet_listener imaps {
    port = @imaps_port
    ssl = yes
  }
}
service pop3-login {
  chroot =
  inet_listener pop3 {
    port = @pop3_port
  }
  inet_listener pop3s {
    port = @pop3s_port
    ssl = yes
  }
}
@more
"""
