"""What the command says before it does anything: options, values and endpoints that cannot be, help, man pages, completions, --explain."""
import os
import pathlib
import pty
import re
import shlex
import signal
import socket
import subprocess
import tempfile
import unittest

AHOY = os.environ["AHOY"]

# The contract (DESIGN, section 3), written down a second time so that an option cannot vanish unseen.
EVERYWHERE = """--connect-timeout --timeout --source -4 -6 --explain -v --verbose --version --help -h --json""".split()
COMMON = EVERYWHERE + """--framing --hex --timestamps --after-eof --max-message""".split()
TO_SERVERS = """--resume --header --user --starttls --cacert --cert --key --insecure --active""".split()
OPTIONS = {
    "listen": COMMON + """--model --workers --backlog --max-clients --queue --slow-after --slow --idle-timeout --message-timeout --handshake-timeout --stall-timeout --max-per-address
        --rate-per-address --burst-per-address --log --log-format --metrics
        --drain --allow --deny --once --engine --handler --greeting --exec --no-commands --cacert --cert --key
        --require-client-cert --allow-key --token --alpn --user""".split(),
    "call": COMMON + "--cacert --cert --key --insecure --token --alpn".split(),
    "send": COMMON + TO_SERVERS + """--token --alpn --confirm --method --append --from --to --cc --bcc --subject --attach""".split(),
    "fetch": EVERYWHERE + TO_SERVERS + """--output --max-size --head --body --location --compressed --range --search --top --last
        --delete""".split(),
    "bench": EVERYWHERE + """--connections --size --depth --duration --count --plot --cacert --cert --key --insecure --token --alpn""".split(),
}
CHOICES = {
    "--framing": "line raw length nul", "--model": "event iterative process thread", "--engine": "auto epoll uring",
    "--log-format": "text json", "--handler": "talk relay greet echo discard time", "--slow": "disconnect drop-oldest drop-newest block",
    "--confirm": "sent acked closed delivered", "--after-eof": "wait close",
}
DURATIONS = """--connect-timeout --timeout --slow-after --idle-timeout --message-timeout --handshake-timeout --stall-timeout --drain --duration""".split()
NEVER_NOTHING = """--connect-timeout --timeout --idle-timeout --message-timeout --handshake-timeout --stall-timeout --duration""".split()
SIZES = ["--max-message", "--queue", "--size"]
TEXTS = """--log --output --search --cacert --cert --key --allow-key --token --alpn --plot --greeting --from --to --cc --bcc --subject --attach""".split()
NUMBERS = ["--workers", "--backlog", "--max-clients", "--max-per-address", "--rate-per-address", "--burst-per-address", "--connections", "--depth", "--count", "--top", "--last"]
NETWORKS = ["--allow", "--deny"]
FLAGS = """--resume --head --body --delete --location --compressed --active --append --starttls --insecure --require-client-cert
    -4 -6 --hex --timestamps --explain --json --once --no-commands -v --verbose""".split()
URLS = {**{name: "ftp://localhost/x" for name in ("--active", "--append", "--resume", "--starttls")}, "--top": "pop3://localhost/1",
        "--delete": "pop3://localhost/1", "--last": "nntp://localhost/x", "--body": "nntp://localhost/x/1"}  # where they go with these alone
# What an option of listen says more of, or where it has an effect.
BESIDE = {"--source": ["udp://239.1.2.3:9"], "--log-format": ["--log=x"], "--burst-per-address": ["--rate-per-address=1"], "--stall-timeout": ["--handler=echo"],
          "--require-client-cert": ["tls://:9", "--cacert=x"]}
STATUSES = {"listen": "0 1 2 6 23 26 28 45 63", "call": "0 1 2 6 7 8 18 23 26 28 35 45 55 56 60 63",
            "send": "0 1 2 6 7 8 18 22 23 26 28 35 45 55 56 60 63 67 78", "fetch": "0 1 2 6 7 8 22 23 28 35 45 55 56 60 63 67 78",
            "bench": "0 1 2 6 7 8 23 28 35 45 55 56 60 63"}
ENDPOINTS = {"listen": [], "call": ["localhost", "9"], "send": ["localhost", "9"], "fetch": ["http://localhost:9/"], "bench": ["localhost", "9"]}

# Values that cannot be: each option's own.
BAD = {
    **{name: ["", "5", "-5s", "s", "5x", "1 s", "5S", "1e3s", "999999999999h", "0x5s"] for name in DURATIONS},
    **{name: ["", "-1", "k", "1x", "1 k", "1.5m", "0", "99999999999999999999"] for name in SIZES},
    **{name: ["", "-1", "x", "1k", "1.5", "99999999999999999999", "0x1", "+1"] for name in NUMBERS},
    **{name: ["", "x", "10/8", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/-1", "localhost"] for name in NETWORKS},
    **{name: ["", "x", words.split()[0] + "x", words, words.split()[0].upper()] for name, words in CHOICES.items()},
    "--source": ["", "tcp://127.0.0.1", "unix:/x", "127.0.0.1:99999", "127.1", "[::1", "65536", ":65536"],
    **{name: [""] for name in TEXTS},
    "--max-size": ["", "-1", "k", "1x", "1 k", "1.5m", "99999999999999999999"],
    "--header": ["", "x", ": x", "a: b\nc: d"],
    "--method": ["", "P T", "GET\r"],
    "--metrics": ["", "udp://:1", "unix:/x", "tls://:1", "127.0.0.1:99999", "[::1"],
    "--range": ["", "x", "1", "-"],
    "--user": [""],
}
BAD["--max-message"] += ["4g", "4294967296"]
BAD["--after-eof"] += ["none", "5", "-1s", "999999999999h"]
BAD["--framing"] += ["datagram"]
BAD["--size"] += ["4g", "4294967296"]
BAD["--max-clients"] += ["0", "2147483648"]
BAD["--connections"] += ["0", "2147483648"]
BAD["--depth"] += ["0", "65537"]
BAD["--count"] += ["0", "9223372036854775808"]
BAD["--backlog"] += ["2147483648"]
BAD["--workers"] += ["1025"]
for each in NEVER_NOTHING:
    BAD[each] += ["0s", "0ms"]

MISTYPED_VALUES = {"--framing": {"lnie": "line", "lenght": "length"}, "--model": {"iteratve": "iterative", "evnet": "event"},
                   "--handler": {"rely": "relay", "great": "greet"}, "--slow": {"drop-oldets": "drop-oldest", "blok": "block"},
                   "--confirm": {"aked": "acked", "deliverd": "delivered"}, "--after-eof": {"wiat": "wait", "clsoe": "close"},
                   "--engine": {"epol": "epoll"}}


def ahoy(*words, **more):
    return subprocess.run([AHOY, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, **more)


class Case(unittest.TestCase):
    def refused(self, *words):
        """The two lines of an error of usage."""
        run = ahoy(*words)
        text = run.stderr.decode("utf-8")
        self.assertEqual(run.returncode, 2, (words, text))
        self.assertEqual(run.stdout, b"")
        lines = text.split("\n")
        self.assertEqual(lines.pop(), "")
        self.assertIn(len(lines), (1, 2), text)
        self.assertTrue(lines[0].startswith("ahoy: "), text)
        self.assertIsNone(re.search(r"[\x00-\x1f\x7f]", "".join(lines)), text)
        return lines + [""] if len(lines) == 1 else lines

    def printed(self, *words):
        run = ahoy(*words)
        self.assertEqual((run.returncode, run.stderr), (0, b""), words)
        return run.stdout.decode("ascii")


class Values(Case):
    def test_every_option_with_a_value_is_in_this_test(self):
        with_value = {name for names in OPTIONS.values() for name in names} - set(FLAGS) - {"--help", "-h", "--version", "--exec"}
        self.assertEqual(set(BAD), with_value)

    def test_that_cannot_be(self):
        for verb, names in OPTIONS.items():
            for name in names:
                for value in BAD.get(name, []):
                    with self.subTest(verb=verb, name=name, value=value):
                        first, hint = self.refused(verb, *ENDPOINTS[verb], f"{name}={value}")
                        self.assertTrue(hint, first)
                        apart = self.refused(verb, name, value, *ENDPOINTS[verb])
                        self.assertEqual(apart, [first, hint])

    def test_that_are_mistyped(self):
        for name, values in MISTYPED_VALUES.items():
            verb = "send" if name == "--confirm" else "listen"
            for value, meant in values.items():
                with self.subTest(name=name, value=value):
                    self.assertIn(f"did you mean {meant}?", self.refused(verb, *ENDPOINTS[verb], name, value)[1])

    def test_that_are_missing(self):
        for verb, names in OPTIONS.items():
            for name in names:
                if name in BAD or name == "--exec":
                    with self.subTest(verb=verb, name=name):
                        self.assertIn("its value is missing", self.refused(verb, *ENDPOINTS[verb], name)[0])
                        if name != "--exec":
                            self.assertIn("its value is missing", self.refused(verb, *ENDPOINTS[verb], name, "--hex")[0])

    def test_that_are_unwanted(self):
        for verb, names in OPTIONS.items():
            for name in names:
                if name in FLAGS and name.startswith("--"):
                    with self.subTest(verb=verb, name=name):
                        self.assertIn("takes no value", self.refused(verb, *ENDPOINTS[verb], name + "=yes")[0])

    def test_that_can_be(self):
        good = {**{name: ["500ms", "1.5s", "2m", "1h", "none"] for name in DURATIONS}, **{name: ["1", "64k", "1m"] for name in SIZES},
                **{name: ["1"] for name in NUMBERS}, **{name: ["10.0.0.0/8", "::1", "2001:db8::/32"] for name in NETWORKS},
                **{name: words.split() for name, words in CHOICES.items()}, "--source": ["127.0.0.1", "[::1]:5000"]}
        good["--after-eof"] += ["0s", "2s"]
        good["--confirm"].remove("delivered")
        good["--duration"].remove("none")  # without --count it would never end
        for verb, names in OPTIONS.items():
            for name in names:
                for value in good.get(name, [None] if name in FLAGS else []):
                    with self.subTest(verb=verb, name=name, value=value):
                        words = [URLS[name]] if name in URLS else ENDPOINTS[verb]
                        words = ["tls://localhost:9"] if name == "--insecure" and verb != "fetch" else words
                        words = BESIDE.get(name, words) if verb == "listen" else words
                        words += ["--output=x"] if (verb, name) == ("fetch", "--resume") else []
                        self.printed(verb, "--explain", name, *([] if value is None else [value]), *words)


class Options(Case):
    def test_mistyped(self):
        for verb, names in OPTIONS.items():
            for name in (n for n in names if n.startswith("--")):
                for typed in {name[:3] + name[4:], name[:-2] + name[-1] + name[-2], name.upper()} - {*names, "--bc"}:  # as near to --cc
                    with self.subTest(verb=verb, typed=typed):
                        first, hint = self.refused(verb, typed, *ENDPOINTS[verb])
                        self.assertEqual(first, f'ahoy: option "{typed}": unknown')
                        self.assertIn(f"did you mean {name}?", hint)

    def test_unknown(self):
        for verb in OPTIONS:
            for word in ["--nonsense", "-x", "-4x", "--", "---", "--=", "-5", "--\x1b[2J", "--\u202e"]:
                if word != "--":
                    with self.subTest(verb=verb, word=word):
                        self.assertIn("unknown", self.refused(verb, word, *ENDPOINTS[verb])[0])

    def test_of_other_programs(self):
        listen = {word: "ahoy listen udp://:8080" if "u" in word else "ahoy listen :8080" for word in ("-p", "--port", "-l", "-lu", "-u", "--udp")}
        called = {word: "{} udp://localhost:8080" if "u" in word else "{} localhost 8080" for word in ("-p", "--port", "-u", "--udp")}
        for words, line in [*(([*verb, word, "8080"], line) for word, line in listen.items() for verb in ([], ["listen"])),
                            *((["call", word, "localhost", "8080"], line.format("ahoy call")) for word, line in called.items()),
                            *((["send", "localhost", word, "8080"], line.format("ahoy send")) for word, line in called.items()),
                            (["call", "-l", "8080"], "ahoy listen :8080"), (["-p8080"], "ahoy listen :8080"),
                            (["listen", "--chat", "9000"], "ahoy listen :9000 --handler relay"),
                            (["listen", "-km", "5", "9000"], "ahoy listen :9000 --max-clients 5"),
                            (["call", "-p", "4000", "localhost", "80"], "ahoy call localhost 80 --source :4000"),
                            (["listen", "-e", "/bin/cat", "8080"], "ahoy listen :8080 --exec /bin/cat"),
                            (["listen", "-c", "echo a b", "8080"], "ahoy listen :8080 --exec sh -c 'echo a b'"),
                            (["send", "-w5", "localhost", "80", "a b"], "ahoy send localhost 80 --connect-timeout 5s 'a b'")]:
            with self.subTest(words):
                word = next(each for each in words if each.startswith("-"))
                first, hint = self.refused(*words)
                self.assertEqual(first, f'ahoy: option "{word}": unknown')
                self.assertEqual(hint.split(": ", 1)[1], line)
                verb, *rest = shlex.split(line)[1:]
                self.printed(verb, "--explain", *rest)  # the step can be taken

    def test_what_a_hint_says_for_a_shell(self):
        """The lines that are more than words, as bash runs them."""
        with socket.create_server(("127.0.0.1", 0)) as peer, tempfile.TemporaryDirectory() as folder:
            os.symlink(AHOY, pathlib.Path(folder, "ahoy"))
            port = peer.getsockname()[1]
            peer.settimeout(60)

            def typed(*words):
                line = self.refused(*words)[1].split(": ", 1)[1]
                return subprocess.Popen(["bash", "-c", line], env={**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}, stdin=subprocess.DEVNULL,
                                        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

            with typed("call", "-z", "127.0.0.1", f"{port}") as probe:
                self.assertEqual((probe.communicate(timeout=60)[0], probe.returncode), (b"", 0))
            peer.accept()[0].close()
            for words in (["call", "127.0.0.1", f"{port}-{port}"], ["call", "-z", "127.0.0.1", f"{port}-{port}"], ["nc", "-z", "127.0.0.1", f"{port}-{port}"]):
                with self.subTest(words), typed(*words) as loop:
                    self.assertEqual(loop.communicate(timeout=60)[0], f"{port}\n".encode())
                    peer.accept()[0].close()
            with typed("call", "-c", "read word; echo $word $word", "127.0.0.1", f"{port}") as program:
                caller, _ = peer.accept()
                with caller:
                    caller.sendall(b"hello\n")
                    self.assertEqual(caller.makefile("rb").read(), b"hello hello\n")
                program.wait(60)

    def test_of_another_verb(self):
        for verb, names in OPTIONS.items():
            for name in {name for other in OPTIONS.values() for name in other} - set(names):
                with self.subTest(verb=verb, name=name):
                    first, hint = self.refused(verb, name, *ENDPOINTS[verb])
                    self.assertEqual(first, f'ahoy: option "{name}": not an option of this verb')
                    self.assertIn("it is an option of", hint)

    def test_before_the_verb(self):
        self.assertEqual("options follow the verb: ahoy call localhost --hex", self.refused("--hex", "call", "localhost")[1])
        self.assertEqual("options follow the verb: ahoy call localhost 80 -4", self.refused("-4", "localhost", "80")[1])
        self.assertEqual("options follow the verb: ahoy listen ... --hex", self.refused("--hex")[1])
        self.assertIn("did you mean --version?", self.refused("--vresion")[1])

    def test_that_exclude_each_other(self):
        for words in [["listen", "--hex", "--json"], ["listen", "--greeting", "x"], ["listen", "--handler", "echo", "--exec", "cat"],
                      ["call", "-6", "127.0.0.1:9"], ["call", "-4", "[::1]:9"]]:
            with self.subTest(words):
                self.assertIn("contradictory", self.refused(*words)[0])

    def test_that_would_have_no_effect(self):
        """Each is refused with what it goes with."""
        relay, echo = ["--handler", "relay"], ["--handler", "echo"]
        rows = [(["--message-timeout", "1s", *echo], "talk and relay"), (["--message-timeout", "1s", "--framing", "raw"], "another framing than raw"),
                (["--message-timeout", "1s", "udp://:9"], "cut from a stream"), (["--stall-timeout", "1s", *relay], "--slow-after"),
                (["--log-format", "json"], "--log FILE"), (["--source", "127.0.0.1", ":9"], "ahoy listen 127.0.0.1:23456"), (["--burst-per-address", "9"], "before the rate")]
        for words, hint in rows:
            with self.subTest(words):
                first, said = self.refused("listen", "--explain", *words)  # which would end, if it were taken
                self.assertIn(words[0], first)
                self.assertIn(hint, said)

    def test_schemes_that_an_option_goes_with_are_the_verbs(self):
        for verb, words, taken in (("listen", ["--cert", "x", "9"], "tls"), ("bench", ["--cacert", "x", "localhost:9"], "tls"),
                                   ("call", ["--insecure", "localhost:9"], "tls telnet")):
            self.assertEqual(self.refused(verb, *words)[1], f"it goes with {taken}")
        self.assertTrue(self.refused("send", "--cacert", "x", "localhost:9")[1].startswith("it goes with tls http https "))
        self.assertIn("did you mean tls?", self.refused("call", "ssl://localhost")[1])

    def test_framing_goes_with_what_reads_messages(self):
        for handler in (["--exec", "cat"], *(["--handler", name] for name in ("echo", "discard", "greet", "time"))):
            for framing in ("line", "length", "nul"):
                with self.subTest(handler=handler, framing=framing):
                    first, hint = self.refused("listen", "--explain", "--framing", framing, *handler)
                    self.assertEqual(first, "ahoy: option --framing: contradictory")
                    self.assertIn("talk and relay", hint)
            self.assertIn("raw framing", self.printed("listen", "--explain", "--framing", "raw", *handler))
        for handler in ("talk", "relay"):
            self.assertIn("nul framing", self.printed("listen", "--explain", "--framing", "nul", "--handler", handler))

    def test_confirm_is_what_the_transport_has(self):
        self.assertIn("acknowledges each message", self.refused("send", "localhost:9", "--confirm", "delivered")[1])
        for how in ("acked", "closed", "delivered"):
            self.assertIn("it knows sent alone", self.refused("send", "udp://localhost:9", "--confirm", how)[1])

    def test_exec_takes_the_rest(self):
        text = self.printed("listen", "--explain", "--exec", "sh", "-c", "--", "--nonsense", "--help", "a b")
        self.assertIn("the program sh -c -- --nonsense --help 'a b'\n", text)


class Words(Case):
    def test_verbs(self):
        self.assertIn("did you mean call?", self.refused("cal", "localhost")[1])
        self.assertIn("did you mean listen?", self.refused("LISTEN")[1])
        self.assertIn("unknown", self.refused("")[0])
        self.assertIn("unknown", self.refused("\x1b[2J")[0])
        self.assertIn("not in this version yet", self.refused("watch", "http://localhost/")[0])

    def test_no_verb_of_ours(self):
        for words, hint in ((["localhost", "80"], "a verb comes first: ahoy call localhost 80"), (["localhost:80"], "a verb comes first: ahoy call localhost 80"),
                            (["localhost", "80", "hi"], "a verb comes first: ahoy send localhost 80 hi"),
                            (["80"], "a verb comes first: ahoy listen 80, or ahoy call HOST 80"), (["nc", "-l", "80"], "that is here: ahoy listen :80"),
                            (["connect", "localhost", "80"], "the verb is call: ahoy call localhost 80"), (["server", "80"], "the verb is listen: ahoy listen :80"),
                            (["TCP-LISTEN:9000,fork"], "that is here: ahoy listen :9000"), (["-", "TCP:localhost:80"], "that is here: ahoy call localhost 80")):
            with self.subTest(words):
                first, found = self.refused(*words)
                self.assertEqual((first, found), (f'ahoy: verb "{words[0]}": unknown', hint))

    def test_endpoints_of_socat(self):
        for verb in OPTIONS:
            for word, line in (("TCP-LISTEN:9000,fork", "ahoy listen :9000"), ("UNIX-CONNECT:/tmp/x", "ahoy call unix:///tmp/x"),
                               ("TCP4:localhost:80", "ahoy call localhost 80 -4"), ("UDP-RECVFROM:9000", "ahoy listen udp://:9000")):
                with self.subTest(verb=verb, word=word):
                    self.assertEqual(self.refused(verb, word), [f'ahoy: read endpoint "{word}": malformed', f"that is here: {line}"])

    def test_a_range_of_ports(self):
        self.assertIn("one port at a time: for port in $(seq 20 30); do ahoy call localhost $port ", self.refused("call", "localhost", "20-30")[1])

    def test_a_host_and_a_port_to_listen_on_are_two_endpoints_which_is_said(self):
        for words, said in ((["127.0.0.1", "9"], "one is 127.0.0.1:9"), (["::1", "9"], r"one is \[::1\]:9"), (["localhost", "9"], "one is localhost:9"),
                            (["8", "9"], None), (["127.0.0.1:8", "9"], None), ([":8", "9"], None), (["127.0.0.1"], None), (["127.0.0.1", ":9"], None)):
            with self.subTest(words):
                done = ahoy("listen", "--explain", *words)
                self.assertEqual(done.returncode, 0)
                if said:
                    self.assertRegex(done.stderr.decode(), rf"\Aahoy: .* are two endpoints, and the second is on every address; {said}\n\Z")
                else:
                    self.assertEqual(done.stderr, b"")

    def test_no_mistake_shows_a_password(self):
        url = "https://bob:s3cr3t@localhost/"
        with tempfile.TemporaryDirectory(prefix="ahoy-usage-") as folder:
            token = pathlib.Path(folder) / "token"
            token.write_text("s3cr3ts3cr3ts3cr3t\n")
            for words in (["fetch", url, url], ["call", "tcp://a:1", url], ["help", url], ["help", "fetch", url], ["examples", url], ["--version", url],
                          [url], ["call", url], ["fetch", "https:/bob:s3cr3t@localhost/"], ["fetch", "https:bob:s3cr3t@localhost/"],
                          ["fetch", "bob:s3cr3t@localhost:1"], ["send", "bob:s3cr3t@localhost:1", "x"],
                          ["fetch", "--header", "Authorization: Bearer s3cr3t\r", "http://localhost/"], ["fetch", "--header", "Bearer s3cr3t", "http://localhost/"],
                          ["listen", "tcp://127.0.0.1:0", "--allow", f"@{token}"], ["listen", "tls://127.0.0.1:0", "--allow-key", str(token)]):
                with self.subTest(words):
                    done = subprocess.run([AHOY, *words], capture_output=True, text=True)
                    self.assertEqual(done.returncode, 2, done)
                    self.assertNotIn("s3cr3ts" if token.name in words[-1] else "s3cr3t", done.stdout + done.stderr)

    def test_the_version_is_an_option(self):
        self.assertIn("did you mean --version?", self.refused("version")[1])
        self.assertIn("ahoy --version", self.refused("-V")[1])
        self.assertIn("ahoy --version", self.refused("call", "-V")[1])

    def test_no_verb(self):
        run = ahoy()
        self.assertEqual((run.returncode, run.stdout), (2, b""))
        self.assertTrue(run.stderr.startswith(b"usage: ahoy "))

    def test_endpoints(self):
        for words, said in [
            (["call"], "missing"), (["send"], "missing"), (["call", ""], "malformed"), (["listen", ""], "malformed"),
            (["call", "localhost", "99999"], "out of range"), (["call", "localhost", "-1"], "unknown"), (["call", "localhost", "0"], "out of range"),
            (["call", "localhost:"], "malformed"), (["call", "localhost", ""], "malformed"), (["call", "8080"], "malformed"),
            (["call", "::1:80"], "malformed"), (["call", "[::1"], "malformed"), (["call", "127.1", "80"], "malformed"),
            (["call", "localhost", "80", "90"], "one word too many"), (["call", "localhost:80", "90"], "one word too many"),
            (["send", "localhost", "no-service"], "service not found"), (["call", "/tmp/x"], "malformed"), (["call", "unix:"], "malformed"),
            (["call", "unix:/" + "x" * 200], "malformed"), (["call", "a b", "80"], "malformed"), (["listen", "99999"], "out of range"),
            (["listen", "tcp://localhost:80/path"], "malformed"), (["listen", "\x1b[2J"], "malformed"),
        ]:
            with self.subTest(words):
                self.assertIn(said, self.refused(*words)[0])

    def test_the_word_after_an_inet6_address(self):
        for host in ("::1", "[::1]"):
            text = self.printed("send", "--explain", host, "20999", "x")
            self.assertIn("tcp://[::1]:20999", text)
            self.assertIn("1 message of 1 byte ", text)
            hint = self.refused("send", host, "hello")[1]
            self.assertIn(f"write {host} 23456 hello, or [::1]:23456 hello", hint)
        self.assertIn("tcp://[::1]:23456", self.printed("send", "--explain", "::1"))
        first, hint = self.refused("send", "fe80::1:80", "20999", "x")
        self.assertEqual((first, hint), ('ahoy: read endpoint "fe80::1:80": malformed', "write [fe80::1]:80 or [fe80::1:80], whichever is meant"))

    def test_a_scheme_without_its_slashes(self):
        for verb in OPTIONS:
            for word, meant in (("udp:localhost:53", "udp://localhost:53"), ("tcp:[::1]:80", "tcp://[::1]:80"), ("udp:/localhost:53", "udp://localhost:53"),
                                ("HTTP:localhost:80", "http://localhost:80"), ("udp:localhost", "udp://localhost"), ("udp:53", "udp://HOST:53")):
                with self.subTest(verb=verb, word=word):
                    first, hint = self.refused(verb, word)
                    self.assertIn("malformed", first)
                    self.assertIn(f"two slashes follow a scheme: {meant}", hint)
        self.assertIn("or to listen udp://:53", self.refused("listen", "udp:53")[1])
        self.assertIn("imap:143", self.printed("call", "--explain", "imap:143"))  # a host may be called so

    def test_schemes_of_later_versions(self):
        for verb in OPTIONS:
            for scheme in ("ahoy", "ahoy+tcp"):
                with self.subTest(verb=verb, scheme=scheme):
                    self.assertIn("not in this version yet", self.refused(verb, scheme + "://localhost")[0])
            self.assertIn("did you mean tcp?", self.refused(verb, "tpc://localhost")[1])

    def test_a_message_holds_no_delimiter(self):
        self.assertIn("malformed", self.refused("send", "localhost:9", "a\nb")[0])
        self.assertIn("1 message of 3 bytes", self.printed("send", "--explain", "localhost:9", "a\nb", "--framing=length"))
        self.assertIn("1 message of 3 bytes", self.printed("send", "--explain", "udp://localhost:9", "a\nb"))

    def test_after_two_dashes_nothing_is_an_option(self):
        self.assertIn("2 messages of 7 bytes", self.printed("send", "--explain", "localhost:9", "--", "-v", "--hex"))


class Help(Case):
    def listed(self, text):
        """The options that begin a line."""
        lines = re.findall(r"(?m)^ {2}(-[^\n]*?)(?: {2,}.*)?$", text)
        return {word for line in lines for word in re.findall(r"(?<!\S)(--?[a-z0-9][\w-]*)", line)}

    def test_lists_exactly_the_options(self):
        for verb, names in OPTIONS.items():
            with self.subTest(verb):
                self.assertEqual(self.listed(self.printed(verb, "--help")), set(names))
                self.assertEqual(self.listed(self.printed("help", verb)), set(names))
                self.assertEqual(self.printed(verb, "-h"), self.printed(verb, "--help"))

    def test_what_has_no_effect_stands_apart(self):
        """The contract gives it to the verb, so it is taken; nobody should think that it does something."""
        idle = {"listen": {"--connect-timeout"}}
        for verb in OPTIONS:
            shown = [self.printed(verb, "--help"), self.printed("help", verb)]
            for text in shown:
                apart = re.search(r"(?ms)^ *Accepted, without effect:$(.*?)^(?:THE END|EXIT STATUS|`|\Z)", text)
                self.assertEqual(self.listed(apart[1]) if apart else set(), idle.get(verb, set()), verb)

    def test_fits_the_terminal(self):
        for words in [["help"], *([verb, "--help"] for verb in OPTIONS)]:
            for line in self.printed(*words).split("\n"):
                self.assertLessEqual(len(line), 80, line)
                self.assertEqual(line, line.rstrip())

    def test_names_choices_and_statuses(self):
        for verb, names in OPTIONS.items():
            text = re.sub(r"\s+", " ", self.printed("help", verb))
            for name in set(names) & set(CHOICES):
                for word in CHOICES[name].split():
                    self.assertIn(f" {word}: ", text)
            self.assertEqual(self.statuses(self.printed("help", verb)), STATUSES[verb])
            self.assertIn(f"one of {STATUSES[verb]}: see `ahoy help {verb}`\n", self.printed(verb, "--explain", *ENDPOINTS[verb]))
        self.assertEqual(self.statuses(self.printed("help")), "0 1 2 6 7 8 18 22 23 26 28 35 45 55 56 60 63 67 78")

    def statuses(self, text):
        """Those that a manual lists."""
        return " ".join(re.findall(r"(?m)^  (\d+)$", text.split("EXIT STATUS")[1]))

    def status_text(self, verb, status):
        """What the manual says of one."""
        found = re.search(rf"(?ms)^EXIT STATUS$.*?^  {status}\n(.*?)^(?:  \d|\n)", self.printed("help", verb))
        return re.sub(r"\s+", " ", found[1])

    def test_after_eof_says_what_its_values_do(self):
        for verb in ("listen", "call", "send"):
            self.assertRegex(re.sub(r"\s+", " ", self.printed(verb, "--help")), r"end of the input: wait, close, or a DURATION")
            text = re.sub(r"\s+", " ", self.printed("help", verb))
            self.assertIn("wait: keep our half open until the peer has ended its own.", text)

    def test_statuses_are_the_verbs_own(self):
        self.assertRegex(re.sub(r"\s+", " ", self.printed("help")), r"confirmed; for send, .* When --timeout ends it, it is 28\.")
        for verb in ("call", "send"):
            self.assertIn("--timeout, whatever was sent by then", self.status_text(verb, 28))
            self.assertIn("ICMP said that nobody is there", self.status_text(verb, 7))
        self.assertIn("something was sent: the connection failed, whatever the system calls the cause", self.status_text("send", 18))
        self.assertIn("--after-eof close or its DURATION was over", self.status_text("send", 18))
        self.assertIn("The peer ended its side and did not take all", self.status_text("call", 18))
        self.assertNotIn("ICMP", self.status_text("bench", 7))

    def test_general(self):
        self.assertEqual(self.printed("help"), self.printed("--help"))
        self.assertEqual(self.printed("-h"), self.printed("--help"))
        self.assertIn("ahoy --version", self.printed("help"))
        self.assertRegex(self.printed("--version"), r"^ahoy \d+\.\d+\.\d+\n$")
        self.assertEqual(self.printed("call", "--version"), self.printed("--version"))
        for words in [["help", "cal"], ["examples", "cal"]]:
            self.assertIn("did you mean call?", self.refused(*words)[1])
        self.assertIn("not in this version yet", self.refused("help", "watch")[0])
        for words in [["help", "call", "send"], ["examples", "call", "x"], ["--version", "x"], ["--help", "x"]]:
            self.assertIn("one word too many", self.refused(*words)[0])

    def test_endpoints_are_all_that_are_taken(self):
        pages = {"help": self.printed("help"), "man": self.printed("help", "--man").replace("\\-", "-"),
                 **{verb: self.printed("help", verb) for verb in ("listen", "call", "send", "bench")}}
        for name, text in pages.items():
            part = re.search(r"(?ms)^(?:\.SH )?ENDPOINTS$(.*?)^(?:\.SH )?[A-Z]{2}", text)[1]
            for form in ("tcp://host:port", "tls://host:port", "tls://host:port#sha256=FINGERPRINT", "udp://host:port", "unix:///path"):
                with self.subTest(page=name, form=form):
                    self.assertIn(form, part)
        for verb, wrong in (("fetch", "telnet"), ("send", "telnet"), ("call", "http")):
            taken = re.search(rf"{verb} (?:has|takes) (.*)", self.refused(verb, f"{wrong}://localhost/")[1])[1]
            with self.subTest(verb):
                self.assertEqual(re.search(rf"(?m)^ +{verb} {{3,}}(.*)$", pages["help"])[1], taken)

    def test_does_not_depend_on_the_locale(self):
        for locale in ("C", "C.UTF-8", "tr_TR.UTF-8"):
            run = ahoy("help", "listen", env={**os.environ, "LC_ALL": locale})
            self.assertEqual(run.stdout, ahoy("help", "listen").stdout)


class Output(Case):
    words = [["help"], ["help", "listen"], ["call", "--help"], ["--version"], ["examples"], ["call", "localhost", "--explain"]]

    def test_that_cannot_be_written(self):
        for words in self.words:
            with self.subTest(words), open("/dev/full", "wb") as full:
                run = subprocess.run([AHOY, *words], stdout=full, stderr=subprocess.PIPE, check=False)
                self.assertEqual((run.returncode, run.stderr), (23, b"ahoy: write to standard output: no space left on device\n"))

    def test_that_is_closed(self):
        for words in self.words:
            with self.subTest(words):
                run = subprocess.run([AHOY, *words], stderr=subprocess.PIPE, preexec_fn=lambda: os.close(1), check=False)
                self.assertEqual((run.returncode, run.stderr), (23, b"ahoy: write to standard output: bad file descriptor\n"))

    def test_that_nobody_reads(self):
        for words in self.words:
            reading, writing = os.pipe()
            os.close(reading)
            with self.subTest(words), os.fdopen(writing, "wb") as pipe:
                run = subprocess.run([AHOY, *words], stdout=pipe, stderr=subprocess.PIPE, check=False)
                self.assertEqual((run.returncode, run.stderr), (-signal.SIGPIPE, b""))

    def test_with_every_standard_stream_closed(self):
        run = subprocess.run([AHOY, "--version"], preexec_fn=lambda: os.closerange(0, 3), check=False)
        self.assertEqual(run.returncode, 23)
        run = subprocess.run([AHOY, "cal"], preexec_fn=lambda: os.closerange(0, 3), check=False)
        self.assertEqual(run.returncode, 2)


class Examples(Case):
    def commands(self):
        """The words of each ahoy in the examples, redirections cut off."""
        for line in self.printed("examples").split("\n"):
            for part in line.split(" | ") if not line.startswith("#") else []:
                words = shlex.split(part)
                if words[:1] == ["ahoy"]:
                    ends = [words.index(mark) for mark in ("<", ">") if mark in words]
                    yield words[1:min(ends, default=len(words))]

    def test_can_be_pasted(self):
        commands = list(self.commands())
        self.assertEqual({words[0] for words in commands}, set(OPTIONS))
        for words in commands:
            with self.subTest(words):
                self.printed(words[0], "--explain", *words[1:])

    def test_lines_of_the_documents_can_be(self):
        """Each ahoy in their blocks of code, with digits for what is left open."""
        source = pathlib.Path(os.environ["AHOY_SOURCE"])
        seen = 0
        for page in (source / "README.md", *sorted((source / "docs").glob("*.md"))):
            for block in re.findall(r"(?ms)^ *```\w*\n(.*?)^ *```$", page.read_text()):
                for line in re.findall(r"(?m)^ *(?:\$ )?ahoy (.*)$", block.replace("\\\n", " ")):
                    words = shlex.split(re.sub(r" +# .*", "", line).replace("#sha256=…", "#sha256=" + "0" * 64))
                    words = words[:min([words.index(mark) for mark in ("<", ">", "|", "&") if mark in words], default=len(words))]
                    if words[0] in OPTIONS:
                        seen += 1
                        with self.subTest(page=page.name, line=line):
                            self.printed(words[0], "--explain", *words[1:])
        self.assertGreater(seen, 12)

    def test_examples_of_tls(self):
        text = self.printed("examples", "listen")
        for words in ("", " --cert server.pem --key server.key --no-commands --max-per-address 64", " --token token", " --allow-key keys"):
            self.assertIn(f"\nahoy listen tls://:23456{words}\n", text)
        self.assertEqual(len(re.findall(r"(?m)^ahoy call tls://.*#sha256=[0-9a-f]{64}( --token token| --cert alice.pem --key alice.key)?$", text)), 3)

    def test_python_peers_compile(self):
        codes = [shlex.split(line)[2] for line in self.printed("examples").split("\n") if line.startswith("python3 -c ")]
        self.assertTrue(codes)
        for code in codes:
            compile(code, "example", "exec")

    def test_who_answers_comes_first(self):
        for example in self.printed("examples").split("\n\n"):
            lines = [line for line in example.split("\n") if line and not line.startswith("#")]
            answers = [re.match(r"ahoy listen|nc -l |python3 -m http|python3 -c .*\.bind\(", line) is not None for line in lines]
            if any(answers):
                self.assertTrue(answers[0], example)

    def test_of_a_verb(self):
        for verb in OPTIONS:
            self.assertIn(f"ahoy {verb} ", self.printed("examples", verb))
            self.assertIn(self.printed("examples", verb), self.printed("examples"))


class Explain(Case):
    def test_opens_nothing(self):
        for words in [["listen", "0", "udp://:0", "unix:/nowhere/x"], ["call", "host.invalid"], ["send", "udp://host.invalid:9", "x"],
                      ["bench", "host.invalid:9"], ["bench", "models"]]:
            with self.subTest(words), tempfile.NamedTemporaryFile("r") as trace:
                run = subprocess.run(["strace", "-f", "-o", trace.name, "-e", "trace=network,openat", AHOY, *words, "--explain"],
                                     env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
                self.assertEqual((run.returncode, run.stderr), (0, b""))
                self.assertTrue(run.stdout.startswith(f"ahoy {words[0]} would".encode()))
                calls = trace.read()
                self.assertIn("openat(", calls)
                self.assertIsNone(re.search(r"\b(socket|connect|bind|listen|resolv\.conf|nsswitch)\b", calls), calls)

    def test_fills_in_defaults(self):
        text = self.printed("listen", "--explain")
        for part in ("tcp://:23456", "talk", "model event", "4m", "2s", "disconnect", "line framing", "at most 1m", "--timeout is none"):
            self.assertIn(part, text)
        self.assertIn("closed: ", self.printed("send", "localhost", "--explain"))
        self.assertIn("sent: ", self.printed("send", "udp://localhost", "--explain"))

    def test_errors_come_first(self):
        self.refused("call", "--explain", "localhost", "99999")


class ManPages(Case):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def page(self, *verb):
        path = pathlib.Path(self.folder.name, "-".join(["ahoy", *verb]) + ".1")
        path.write_text(self.printed("help", "--man", *verb), encoding="ascii")
        return path

    def shown(self, path):
        run = subprocess.run(["man", "--warnings", "-l", path], env={**os.environ, "MANWIDTH": "200", "LC_ALL": "C", "MAN_KEEP_FORMATTING": ""},
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        self.assertEqual((run.returncode, run.stderr), (0, b""))
        return re.sub(".\b", "", run.stdout.decode("ascii"))

    def test_have_no_warnings(self):
        for verb in [[], *([name] for name in OPTIONS)]:
            run = subprocess.run(["groff", "-man", "-ww", "-z", "-Tascii", "-rLL=200n", self.page(*verb)], stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, check=False)
            self.assertEqual((run.returncode, run.stdout), (0, b""), verb)

    def test_list_exactly_the_options(self):
        for verb, names in OPTIONS.items():
            text = self.shown(self.page(verb))
            section = re.search(r"(?ms)^OPTIONS$(.*?)^(?:THE END|EXIT STATUS)$", text).group(1)
            terms = re.findall(r"(?m)^ {7}(-[^\s,]+(?:, --\S+)?)", section)
            self.assertEqual({word for term in terms for word in term.split(", ")}, set(names), verb)

    def test_have_their_sections(self):
        for verb in [[], *([name] for name in OPTIONS)]:
            text = self.shown(self.page(*verb))
            for title in ("NAME", "SYNOPSIS", "DESCRIPTION", "ENDPOINTS", "THE END", "EXIT STATUS", "SEE ALSO"):
                if (title, verb) in (("THE END", ["bench"]), ("THE END", ["fetch"]), ("ENDPOINTS", ["fetch"])):  # no input, no endpoint
                    continue
                self.assertRegex(text, rf"(?m)^{title}$")
        self.assertIn("ahoy listen 23456 --exec tr a-z A-Z", text if verb == ["listen"] else self.shown(self.page("listen")))


class Completion(Case):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def script(self, shell):
        path = pathlib.Path(self.folder.name, "_ahoy" if shell == "zsh" else f"ahoy.{shell}")
        path.write_text(self.printed("help", "--completion", shell), encoding="ascii")
        return path

    def typed(self, command, lines, expected):
        """Types into a shell on a terminal until it shows the expected."""
        child, terminal = pty.fork()
        if child == 0:
            os.environ.update({"TERM": "dumb", "PS1": "$ ", "HOME": self.folder.name, "ZDOTDIR": self.folder.name})
            os.execvp(command[0], command)
        shown = b""
        os.write(terminal, lines.encode())
        try:
            while expected.encode() not in shown:
                shown += os.read(terminal, 4096)
        except OSError:  # the shell has ended
            self.fail(f"{expected!r} was not shown: {shown!r}")
        finally:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            os.close(terminal)

    def bash(self, *words):
        """What bash would offer for the last word, as a set. It gives = a word of its own."""
        call = 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _ahoy 2>/dev/null; printf "%s\\n" "${COMPREPLY[@]}"'
        run = subprocess.run(["bash", "--norc", "-c", call, "bash", self.script("bash"), "ahoy", *words], stdout=subprocess.PIPE, check=True)
        return set(run.stdout.decode().split())

    def test_bash_offers_exactly_the_options(self):
        for verb, names in OPTIONS.items():
            self.assertEqual(self.bash(verb, "-"), set(names), verb)

    def test_bash_offers_verbs_and_values(self):
        self.assertEqual(self.bash(""), {*OPTIONS, "help", "examples", "--help", "--version"})
        self.assertEqual(self.bash("help", ""), set(OPTIONS))
        for name, words in CHOICES.items():
            verb = "send" if name == "--confirm" else "listen"
            self.assertEqual(self.bash(verb, name, ""), set(words.split()))
            self.assertEqual(self.bash(verb, name, "=", words[:3]), {word for word in words.split() if word.startswith(words[:3])})
            self.assertEqual(self.bash(verb, name, "="), set(words.split()))
        self.assertEqual(self.bash("listen", "--timeout", ""), set())
        self.assertEqual(self.bash("bench", "--depth", ""), set())
        self.assertEqual(self.bash("send", "localhost", "--", "--"), set())
        self.assertIn("cat", self.bash("listen", "--exec", "ca"))
        self.assertEqual(self.bash("listen", "--exec", "cat", "--"), set())

    def test_bash_on_a_terminal(self):
        self.typed(["bash", "--norc", "--noprofile", "-i"], f"source {self.script('bash')}\nahoy listen --handl\tec\t", "--handler echo ")

    def test_bash_script_passes_shellcheck(self):
        run = subprocess.run(["shellcheck", "-s", "bash", self.script("bash")], stdout=subprocess.PIPE, check=False)
        self.assertEqual((run.returncode, run.stdout), (0, b""))

    def test_zsh_lists_exactly_the_options(self):
        text = self.script("zsh").read_text(encoding="ascii")
        for verb, names in OPTIONS.items():
            block = re.search(rf"(?ms)^    {verb}\)$(.*?);;", text).group(1)
            self.assertEqual(set(re.findall(r"(?m)^ +'\*?(--?[a-z0-9][\w-]*)=?\[", block)), set(names), verb)
        subprocess.run(["zsh", "-n", self.script("zsh")], check=True)

    def test_zsh_on_a_terminal(self):
        start = f"fpath=({self.folder.name} $fpath)\nautoload -Uz compinit; compinit -u -D\n"
        self.script("zsh")
        self.typed(["zsh", "-f", "-i"], start + "ahoy lis\t--handl\tech\t", "=echo ")

    def fish(self, line):
        run = subprocess.run(["fish", "--no-config", "-c", 'source $argv[1]; complete -C "$argv[2]"', self.script("fish"), line],
                             env={**os.environ, "HOME": self.folder.name}, stdout=subprocess.PIPE, check=True)
        return {row.split("\t")[0] for row in run.stdout.decode().splitlines()}

    def test_fish_offers_exactly_the_options(self):
        for verb, names in OPTIONS.items():
            offered = self.fish(f"ahoy {verb} -") | self.fish(f"ahoy {verb} --")
            self.assertEqual({word.rstrip("=") for word in offered}, set(names), verb)

    def test_fish_offers_verbs_and_values(self):
        self.assertEqual(self.fish("ahoy "), {*OPTIONS, "help", "examples"})
        self.assertEqual(self.fish("ahoy help "), set(OPTIONS))
        for name, words in CHOICES.items():
            verb = "send" if name == "--confirm" else "listen"
            self.assertEqual(self.fish(f"ahoy {verb} {name} "), set(words.split()))


if __name__ == "__main__":
    unittest.main()
