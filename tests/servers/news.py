"""InterNetNews: innd, which takes articles, and nnrpd, which readers speak to (NNTP)."""
import os
import pwd
import subprocess

from servers.ftp import encrypted
from servers.server import Server

BINARIES = "/usr/lib/news/bin"
FOLDERS = ["etc", "db", "tmp", "run", "spool", "spool/articles", "spool/overview", "spool/incoming", "spool/outgoing", "spool/archive"]


class News(Server):
    """innd at `port`, with STARTTLS, and nnrpd at `tls_port`, with TLS from the first byte on.

    Everybody reads test.* and posts to test.a and test.b (test.closed takes nothing, test.moderated has a moderator);
    alice with `secret` (AUTHINFO) has private.a besides.
    """
    greetings = {"port": b"200", "tls_port": b""}
    user_name = "news"
    ends_at_once = True  # innd notices at the next event only that it was asked to end

    def prepare(self):
        for name in FOLDERS:
            self.make_folder(*name.split("/"))
        self.own(self.write("etc/users", f"alice:{encrypted('secret')}\n", 0o600))
        for name, text in FILES.items():
            self.own(self.write(name, text))
        made = subprocess.run([*self.news("makedbz"), "-i", "-o", "-s", "1000", "-f", self.folder / "db/history"],
                              capture_output=True, text=True, check=False)
        assert made.returncode == 0, made.stdout + made.stderr

    def news(self, program):
        """innd starts for the user news alone: who is not root and may not become that one, becomes it in a namespace."""
        news = pwd.getpwnam("news")
        as_news = [] if os.geteuid() == 0 else ["unshare", "--user", f"--map-user={news.pw_uid}", f"--map-group={news.pw_gid}"]
        return [*as_news, *self.program("env"), f"INNCONF={self.folder}/etc/inn.conf", f"{BINARIES}/{program}"]

    def commands(self):
        return [[*self.news("innd"), "-f"], [*self.news("nnrpd"), "-D", "-f", "-S", "-p", self.tls_port, "-I", "127.0.0.1"]]


FILES = {
    "etc/inn.conf": """
mta: /bin/true
organization: ahoy
pathhost: t.invalid
domain: t.invalid
server: localhost
ovmethod: tradindexed
hismethod: hisv6
enableoverview: true
port: @port
bindaddress: 127.0.0.1
tlscertfile: @certificate
tlskeyfile: @key
maxartsize: 100000000
localmaxartsize: 100000000
pathnews: /usr/lib/news
pathbin: /usr/lib/news/bin
pathcontrol: /usr/lib/news/bin/control
pathfilter: @folder/etc
pathetc: @folder/etc
pathdb: @folder/db
pathrun: @folder/run
pathlog: @logs
pathhttp: @logs
pathtmp: @folder/tmp
pathspool: @folder/spool
patharticles: @folder/spool/articles
pathoverview: @folder/spool/overview
pathincoming: @folder/spool/incoming
pathoutgoing: @folder/spool/outgoing
patharchive: @folder/spool/archive
@more
""",
    "etc/storage.conf": "method tradspool {\n  newsgroups: *\n  class: 0\n}\n",
    "etc/readers.conf": """
auth "all" {
  hosts: "*"
  default: "anonymous"
  auth: "ckpasswd -f @folder/etc/users"
}
access "everybody" {
  users: "*"
  newsgroups: "test.*"
  access: "RPA"
}
access "members" {
  users: "alice"
  newsgroups: "*"
  access: "RPA"
}
""",
    "etc/newsfeeds": "ME:!*/!local::\n",
    "etc/incoming.conf": "peer nobody {\n  hostname: 192.0.2.1\n}\n",
    "etc/expire.ctl": "/remember/:11\n*:A:never:never:never\n",
    "etc/control.ctl": "",
    "etc/control.ctl.local": "",
    "etc/moderators": "*:%s@@t.invalid\n",
    "db/active": "".join(f"{group} 0000000000 0000000001 {mode}\n" for group, mode in [
        ("control", "n"), ("control.cancel", "n"), ("junk", "n"), ("test.a", "y"), ("test.b", "y"),
        ("test.closed", "n"), ("test.moderated", "m"), ("private.a", "y")]),
    "db/newsgroups": "test.a\tWhat is tried\ntest.b\tWas noch versucht wird: äöü\ntest.closed\tNobody writes here\n"
                     "test.moderated\tA moderator reads first (Moderated)\nprivate.a\tAlice's own\n",
    "db/active.times": "",
    "db/history": "",
}
