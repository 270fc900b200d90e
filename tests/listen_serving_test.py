"""Whom `ahoy listen` answers and with what: handlers, programs, endpoints, limits."""
import contextlib
import json
import os
import pathlib
import re
import select
import signal
import socket
import subprocess
import tempfile
import unittest

from command import AHOY, GUARD, Listener, await_that, is_running, port_of, run
from peers import Caller, is_listening, port_to_listen_on

HERE = "127.0.0.1:0"


def has_ipv6():
    """A kernel may know IPv6 and have no address of it, as in many containers."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET6) as probe:
        probe.bind(("::1", 0))
        return True
    return False


class Handlers(unittest.TestCase):
    def test_greet_sends_exactly_the_greeting_and_closes(self):
        for words, expected in (((), b"Thank you for connecting"), (("--greeting", "Grüß Gott\n"), "Grüß Gott\n".encode())):
            with self.subTest(expected), Listener(HERE, "--handler", "greet", *words) as listener:
                with Caller(listener.port) as caller:
                    self.assertEqual(caller.rest(), expected)

    def test_greet_loses_nothing_to_a_reset_though_its_caller_sent_what_nobody_reads(self):
        with Listener(HERE, "--handler", "greet") as listener:
            for size in (1, 100_000, 2_000_000):
                with Caller(listener.port) as caller:
                    caller.send(b"x" * size)
                    caller.end()
                    self.assertEqual(caller.rest(), b"Thank you for connecting")

    def test_greet_to_the_programs_of_the_field(self):
        with Listener(HERE, "--handler", "greet") as listener:
            port = str(listener.port)
            for words in (["nc", "-N", "127.0.0.1", port], ["ncat", "127.0.0.1", port], ["socat", "-", f"TCP:127.0.0.1:{port}"]):
                with self.subTest(words[0]):
                    done = subprocess.run(words, input=b"ignored\n", capture_output=True, timeout=GUARD)
                    self.assertEqual((done.stdout, done.returncode), (b"Thank you for connecting", 0))

    def test_echo(self):
        with Listener(HERE, "--handler", "echo") as listener, Caller(listener.port) as caller:
            data = bytes(range(256)) * 400
            caller.send(data)
            caller.end()
            self.assertEqual(caller.rest(), data)
            listener.end()
            self.assertEqual(listener.out.all(), b"")

    def test_discard_reads_and_says_nothing(self):
        with Listener(HERE, "--handler", "discard") as listener, Caller(listener.port) as caller:
            for _ in range(100):
                caller.send(b"x" * 100_000)
            caller.end()
            self.assertEqual(caller.rest(), b"")

    def test_time_is_one_line(self):
        with Listener(HERE, "--handler", "time") as listener, Caller(listener.port) as caller:
            self.assertRegex(caller.rest(), rb"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z\n$")

    def test_relay_passes_on_to_all_but_the_sender_and_to_stdout(self):
        with Listener(HERE, "--handler", "relay", "-v") as listener:
            with Caller(listener.port) as one, Caller(listener.port) as two, Caller(listener.port) as three:
                for _ in range(3):
                    listener.err.until("joined")
                one.send("hello\n")
                line = f"[{one.label}] hello"
                self.assertEqual([caller.line().decode() for caller in (two, three)], [line, line])
                self.assertEqual(listener.out.next_line().decode(), line)
                two.send("unfinished")
                self.assertEqual(one.line().decode(), f"[{two.label}] unfinished…")
                listener.say("from the terminal")
                self.assertEqual(one.line(), b"from the terminal")

    def test_what_is_typed_to_a_handler_that_passes_nothing_on_is_said_to_be_lost(self):
        with Listener(HERE, "--handler", "echo") as listener, Caller(listener.port) as caller:
            caller.send("x")
            caller.socket.recv(1)
            listener.say("hello")
            listener.err.until("nobody hears that")
            listener.say("/who")
            listener.err.until(rf"^\[{re.escape(caller.label)}\] tcp")
            listener.say(f"/kick {caller.label}")
            self.assertEqual(caller.until_reset(), b"")

    def test_each_handler_under_iterative(self):
        for handler, expected in (("greet", b"Thank you for connecting"), ("echo", b"abc"), ("discard", b""),
                                  ("talk", b""), ("relay", b"")):
            with self.subTest(handler), Listener(HERE, "--handler", handler, "--model", "iterative") as listener:
                for _ in range(2):
                    with Caller(listener.port) as caller:
                        caller.send("abc")
                        caller.end()
                        self.assertEqual(caller.rest(), expected)


class Programs(unittest.TestCase):
    def test_a_program_has_the_connection_as_its_input_and_output(self):
        for model in ("event", "iterative"):
            with self.subTest(model), Listener(HERE, "--model", model, "--exec", "cat") as listener:
                for _ in range(2):
                    with Caller(listener.port) as caller:
                        data = os.urandom(300_000)
                        caller.send(data)
                        caller.end()
                        self.assertEqual(caller.rest(), data)
                await_that(lambda: not listener.children(), "every program to be reaped")

    def test_the_status_of_the_only_one_is_told(self):
        for words in ([], ["--model", "process"], ["--model", "iterative"]):
            for program, status in (("exit 0", 0), ("exit 3", 1), ("kill -9 $$", 1)):
                with self.subTest(program, words=words), Listener(HERE, *words, "--once", "--exec", "sh", "-c", program) as listener:
                    Caller(listener.port).close()
                    self.assertEqual(listener.wait(), status)
        with Listener(HERE, "--exec", "sh", "-c", "exit 3") as listener:  # of several, none is ours
            for _ in range(2):
                with Caller(listener.port) as caller:
                    caller.until_reset()
            self.assertEqual(listener.end(), 0)

    def test_one_that_we_end_has_not_failed(self):
        for how in ("kick", "quit", "end"):
            with self.subTest(how), Listener(HERE, "--drain", "100ms", "--once", "--exec", "sh", "-c", "echo; exec sleep 1000") as listener:
                with Caller(listener.port) as caller:
                    caller.line()
                    listener.send_signal() if how == "end" else listener.say(f"/kick {caller.label}" if how == "kick" else "/quit")
                    self.assertEqual(listener.wait(), 0)

    def test_its_environment_says_who_speaks_with_whom(self):
        os.environ["AHOY_PEER"] = "an older one"
        self.addCleanup(os.environ.pop, "AHOY_PEER")
        with Listener(HERE, "--exec", "env") as listener, Caller(listener.port) as caller:
            lines = caller.rest().decode().splitlines()
            self.assertEqual([line for line in lines if line.startswith("AHOY_PEER")], [f"AHOY_PEER={caller.label}"])
            self.assertIn(f"AHOY_LOCAL=127.0.0.1:{listener.port}", lines)

    def test_its_environment_names_a_caller_on_a_unix_socket_too(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "socket"
            with Listener(f"unix://{path}", "--exec", "sh", "-c", 'echo "$AHOY_PEER and $AHOY_LOCAL"') as listener:
                for number in (1, 2):
                    with Caller(path, socket.AF_UNIX) as caller:
                        self.assertEqual(caller.rest().decode(), f"unix:{number} and {listener.urls[0]}\n")
                self.assertEqual(listener.urls, [f"unix://{path}"])

    def test_no_shell_reads_its_words(self):
        with Listener(HERE, "--exec", "printf", "%s|", "$HOME", "a b", "*", "; id", "-v", "--once") as listener:
            with Caller(listener.port) as caller:
                self.assertEqual(caller.rest(), b"$HOME|a b|*|; id|-v|--once|")

    def test_a_program_that_is_not_there_is_said_before_anybody_can_call(self):
        for name, cause in (("no-such-program-here", "no such file or directory"), ("/etc/passwd", "permission denied"),
                            ("/usr", "permission denied")):
            with self.subTest(name):
                ended = run("listen", HERE, "--exec", name)
                self.assertEqual((ended.status, ended.out), (2, b""))
                said = ended.err.splitlines()
                self.assertEqual(said, [f"ahoy: run {name}: {cause}", "is it installed, and executable?"])

    def test_a_program_that_has_gone_is_said_and_harms_nobody(self):
        with tempfile.TemporaryDirectory() as folder:
            program = pathlib.Path(folder) / "program"
            program.write_text("#!/bin/sh\necho hello\n")
            program.chmod(0o755)
            with Listener(HERE, "--exec", str(program)) as listener:
                with Caller(listener.port) as caller:
                    self.assertEqual(caller.rest(), b"hello\n")
                program.unlink()
                for _ in range(2):
                    # The reset may come before connect(2) has returned.
                    with contextlib.suppress(ConnectionResetError), Caller(listener.port) as caller:
                        self.assertEqual(caller.until_reset(), b"")
                    listener.err.until(f"left: run {re.escape(str(program))}: no such file")
                self.assertEqual(listener.children(), [])

    def test_a_command_line_in_one_word(self):
        for word, rest, hint in (("tr a-z A-Z", [], "the program and its arguments are words of their own: --exec tr a-z A-Z"),
                                 ("tr a-z", ["x y"], "the program and its arguments are words of their own: --exec tr a-z 'x y'"),
                                 ("date | cat", [], "no shell is involved unless it is asked for: --exec sh -c 'date | cat'"),
                                 ("nowhere", [], "is it installed, and executable?")):
            with self.subTest(word):
                ended = run("listen", HERE, "--exec", word, *rest)
                self.assertEqual((ended.status, ended.err), (2, f"ahoy: run {word}: no such file or directory\n{hint}\n"))
        with tempfile.TemporaryDirectory() as folder:
            program = pathlib.Path(folder, "a program")  # such a name may be one
            program.write_text("#!/bin/sh\necho hello\n")
            program.chmod(0o755)
            with Listener(HERE, "--exec", program) as listener, Caller(listener.port) as caller:
                self.assertEqual(caller.rest(), b"hello\n")

    def test_how_a_program_failed_is_told_as_the_reason_of_the_end(self):
        for words in ([], ["-v"], ["--json"]):
            for program, how in (("exit 3", "ended with status 3"), ("kill -9 $$", "was ended by SIGKILL (killed)"), ("exit 0", None)):
                with self.subTest(program, words=words), Listener(HERE, *words, "--exec", "sh", "-c", f"read go; {program}") as listener:
                    with Caller(listener.port) as caller:
                        caller.send("go\n")
                        self.assertEqual(caller.until_reset() if how else caller.rest(), b"")
                    reason = f"its program {how}" if how else "done"
                    if "--json" in words:
                        event = json.loads(listener.out.until('"leave"').string)
                        self.assertEqual((event["from"], event["text"]), (caller.label, reason))
                    if how:
                        listener.err.until(rf"^\[{re.escape(caller.label)}\] left: {re.escape(reason)}$")
                    listener.end()
                    told = listener.err.all().decode().count("its program")
                    self.assertEqual(told, 1 if how else 0)

    def test_one_that_takes_no_hint_is_killed_at_the_cut(self):
        program = "trap 'echo no' TERM; echo $$; while :; do read line < /dev/null; done"
        for drain, signals in (("10m", 2), ("100ms", 1)):
            with self.subTest(drain), Listener(HERE, "--drain", drain, "--exec", "sh", "-c", program) as listener:
                with Caller(listener.port) as caller:
                    pid = int(caller.line())
                    os.kill(listener.pid, signal.SIGTERM)
                    if signals == 2:
                        await_that(lambda port=listener.port: not is_listening(port), "the first signal to be heard")
                        self.assertTrue(is_running(pid))
                        self.assertTrue(caller.is_quiet())
                        os.kill(listener.pid, signal.SIGTERM)
                    self.assertEqual(caller.until_reset(), b"no\n")
                    self.assertEqual(listener.wait(), 0)
                    self.assertFalse(is_running(pid))

    def test_what_a_program_leaves_behind_ends_with_the_conversation(self):
        program = "(trap '' TERM; exec sleep 1000) & echo $!"
        for words in ([], ["--idle-timeout", "10m"], ["--model", "process"]):
            with self.subTest(words), Listener(HERE, *words, "--exec", "sh", "-c", program) as listener:
                with Caller(listener.port) as caller:
                    pid = int(caller.line())
                    await_that(lambda pid=pid: not is_running(pid), "the end of what was left behind")
                    self.assertEqual(caller.rest(), b"")

    def test_limits_and_signals_are_those_that_we_were_given(self):
        shell = ["sh", "-c", 'ulimit -Sn 1024; exec "$@"', "sh"]
        program = 'ulimit -Sn; grep -E "^Sig(Blk|Ign)" /proc/self/status; ls /proc/self/fd | wc -l'
        with Listener(HERE, "--exec", "sh", "-c", program, before=shell) as listener:
            with Caller(listener.port) as caller:
                limit, blocked, ignored, files = caller.rest().decode().split("\n")[:4]
            self.assertEqual(limit, "1024")
            self.assertEqual(int(blocked.split()[1], 16), 0)
            self.assertEqual(int(ignored.split()[1], 16) & 1 << 12, 0)  # SIGPIPE
            self.assertLessEqual(int(files), 4)  # its three, and the folder that ls reads
            inherited = re.search(r"Max open files +(\d+) +(\d+)", pathlib.Path(f"/proc/{listener.pid}/limits").read_text())
            self.assertEqual(inherited[1], inherited[2])  # ours was raised

    def test_it_ends_with_its_caller_or_with_us(self):
        program = 'echo $$; exec sleep 1000'
        for how in ("kick", "quit"):
            with self.subTest(how), Listener(HERE, "--drain", "100ms", "--exec", "sh", "-c", program) as listener:
                with Caller(listener.port) as caller:
                    pid = int(caller.line())
                    self.assertTrue(is_running(pid))
                    listener.say(f"/kick {caller.label}" if how == "kick" else "/quit")
                    self.assertEqual(caller.until_reset(), b"")
                    await_that(lambda: not is_running(pid), "the program to end")
                    if how == "quit":
                        self.assertEqual(listener.wait(), 0)

    def test_one_that_takes_no_hint_is_killed_with_all_that_it_started(self):
        program = 'trap "" TERM; sleep 1000 & echo $$ $!; wait; wait'
        with Listener(HERE, "--exec", "sh", "-c", program) as listener:
            with Caller(listener.port) as caller:
                pids = [int(word) for word in caller.line().split()]
                listener.say(f"/kick {caller.label}")
                self.assertEqual(caller.until_reset(), b"")
                for pid in pids:
                    await_that(lambda pid=pid: not is_running(pid), "the programs to end")

    def test_many_programs_leave_no_zombie(self):
        with Listener(HERE, "--exec", "true") as listener:
            for _ in range(50):
                with Caller(listener.port) as caller:
                    self.assertEqual(caller.rest(), b"")
            await_that(lambda: not listener.children(), "every program to be reaped")


class Endpoints(unittest.TestCase):
    def test_several_at_once(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "socket"
            with Listener(HERE, f"tcp://{HERE}", f"unix://{path}", endpoints=3) as listener:
                self.assertEqual(len(set(listener.urls)), 3)
                for number, to in enumerate((port_of(listener.urls[0]), port_of(listener.urls[1]), path)):
                    family = socket.AF_UNIX if to is path else socket.AF_INET
                    with Caller(to, family) as caller:
                        caller.send(f"{number}\n")
                        listener.out.until(rf"\] {number}$")
                        listener.say("yes")
                        self.assertEqual(caller.line(), b"yes")

    def test_a_folder_that_somebody_has_locked_is_not_waited_for(self):
        with tempfile.TemporaryDirectory() as folder:
            with subprocess.Popen(["flock", folder, "sh", "-c", "echo locked; read line"],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
                self.assertEqual(holder.stdout.readline(), b"locked\n")
                ended = run("listen", f"unix://{folder}/socket")
                holder.stdin.close()
            self.assertEqual(ended.status, 45)
            said = ended.err.splitlines()
            self.assertEqual(said[0], f"ahoy: listen on unix://{folder}/socket: device or resource busy")
            self.assertIn(f"process {holder.pid} (flock) has locked the folder {folder}", said[1])
            self.assertEqual(os.listdir(folder), [])
            with Listener(f"unix://{folder}/socket", "--handler", "greet"), Caller(f"{folder}/socket", socket.AF_UNIX) as caller:
                self.assertEqual(caller.rest(), b"Thank you for connecting")

    def test_a_number_and_a_colon_with_a_number_are_ports(self):
        port = port_to_listen_on()
        with Listener(port) as listener, Caller(port) as caller:
            caller.send("x\n")
            listener.out.until("x")
        with Listener(f":{port}") as listener, Caller(port) as caller:
            caller.send("y\n")
            listener.out.until("y")

    @unittest.skipUnless(has_ipv6(), "this machine has no IPv6")
    def test_any_address_hears_both_families_and_labels_each_as_it_is(self):
        with Listener(":0") as listener:
            with Caller(listener.port) as four, Caller(listener.port, socket.AF_INET6) as six:
                four.send("4\n")
                self.assertEqual(listener.out.next_line().decode(), f"[{four.label}] 4")
                six.send("6\n")
                self.assertEqual(listener.out.next_line().decode(), f"[{six.label}] 6")
                self.assertRegex(six.label, r"^\[::1\]:\d+$")
                for caller in (four, six):
                    listener.say(f"@{caller.label} hello {caller.label}")
                    self.assertEqual(caller.line().decode(), f"hello {caller.label}")

    @unittest.skipUnless(has_ipv6(), "this machine has no IPv6")
    def test_one_family_alone(self):
        for option, heard, unheard in (("-4", socket.AF_INET, socket.AF_INET6), ("-6", socket.AF_INET6, socket.AF_INET)):
            with self.subTest(option), Listener(":0", option) as listener:
                with Caller(listener.port, heard) as caller:
                    caller.send("x\n")
                    listener.out.until("x")
                pasted = listener.err.until("ahoy call tcp://(.*)")[1]
                self.assertEqual(pasted.startswith("["), option == "-6", pasted)
                with self.assertRaises(ConnectionRefusedError):
                    Caller(listener.port, unheard)

    def test_a_port_in_use_is_45_with_the_next_step(self):
        with Listener(HERE) as listener:
            refused = run("listen", f"127.0.0.1:{listener.port}")
            first, hint = refused.err.splitlines()
            self.assertEqual(refused.status, 45)
            self.assertEqual(first, f"ahoy: listen on 127.0.0.1:{listener.port}: address already in use")
            self.assertTrue(hint)
            self.assertEqual(refused.out, b"")

    def test_one_endpoint_that_fails_takes_all_with_it(self):
        with tempfile.TemporaryDirectory() as folder, Listener(HERE) as listener:
            path = pathlib.Path(folder) / "socket"
            refused = run("listen", f"unix://{path}", f"127.0.0.1:{listener.port}")
            self.assertEqual(refused.status, 45)
            self.assertFalse(path.exists())

    def test_an_address_that_is_not_ours_is_45(self):
        refused = run("listen", "192.0.2.77:0")
        self.assertEqual(refused.status, 45)
        self.assertIn("192.0.2.77", refused.err)


class Limits(unittest.TestCase):
    def test_deny_turns_away_and_allow_turns_away_all_others(self):
        for words, admitted in ((["--deny", "127.0.0.2"], "127.0.0.1"), (["--allow", "127.0.0.1/32"], "127.0.0.1"),
                                (["--allow", "127.0.0.0/8", "--deny", "127.0.0.2"], "127.0.0.3")):
            with self.subTest(words), Listener("0.0.0.0:0", *words) as listener:
                with socket.socket() as unwelcome:
                    unwelcome.settimeout(GUARD)
                    unwelcome.bind(("127.0.0.2", 0))
                    unwelcome.connect(("127.0.0.1", listener.port))
                    try:
                        self.assertEqual(unwelcome.recv(100), b"")
                    except ConnectionResetError:
                        pass
                listener.err.until(r"^\[127\.0\.0\.2:\d+\] was turned away")
                with socket.socket() as welcome:
                    welcome.bind((admitted, 0))
                    welcome.connect(("127.0.0.1", listener.port))
                    welcome.sendall(b"x\n")
                    listener.out.until(rf"^\[{re.escape(admitted)}:\d+\] x")

    def test_whom_it_turns_away_cannot_stop_it_where_nobody_reads_of_it(self):
        ours, theirs = os.pipe()
        self.addCleanup(os.close, ours)
        listener = subprocess.Popen([AHOY, "listen", HERE, "--deny", "127.0.0.2"], stderr=theirs,
                                    stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
        self.addCleanup(listener.communicate)
        self.addCleanup(listener.kill)
        os.close(theirs)
        port = int(re.search(rb"listening on tcp://127\.0\.0\.1:(\d+)", os.read(ours, 1000))[1])
        said = b"[127.0.0.2:40000] was turned away (--allow, --deny)\n"
        for _ in range(2 * (1 << 16) // len(said)):  # twice what a pipe holds
            socket.create_connection(("127.0.0.1", port), GUARD, ("127.0.0.2", 0)).close()
        with Caller(port) as caller:
            caller.send("hello\n")
            self.assertTrue(select.select([listener.stdout], [], [], GUARD)[0], "it hears nobody any more")
            self.assertEqual(listener.stdout.readline(), f"[{caller.label}] hello\n".encode())

    @unittest.skipUnless(has_ipv6(), "this machine has no IPv6")
    def test_a_rule_for_ipv4_holds_on_a_socket_of_both_families(self):
        with Listener(":0", "--deny", "127.0.0.0/8") as listener:
            with Caller(listener.port):
                listener.err.until(r"^\[127\.0\.0\.1:\d+\] was turned away")
            with Caller(listener.port, socket.AF_INET6) as caller:
                caller.send("x\n")
                listener.out.until("x")

    def test_backlog_is_what_the_kernel_was_told(self):
        """What ss shows as Send-Q of a socket that listens (ss(8))."""
        most = pathlib.Path("/proc/sys/net/core/somaxconn").read_text().strip()
        for words, expected in ((["--backlog", "7"], "7"), (["--backlog", "0"], "0"), ([], most)):
            with self.subTest(words), tempfile.TemporaryDirectory() as folder:
                path = pathlib.Path(folder) / "socket"
                with Listener(HERE, f"unix://{path}", *words, endpoints=2) as listener:
                    for sockets in (["--tcp", f"sport = :{listener.port}"], ["--unix", f"src unix:{path}"]):
                        shown = subprocess.run(["ss", "--no-header", "--listening", "--numeric", *sockets], check=True,
                                               stdout=subprocess.PIPE, timeout=GUARD, text=True).stdout.splitlines()
                        self.assertEqual(len(shown), 1, shown)
                        columns = shown[0].split()
                        self.assertEqual(columns[columns.index("LISTEN") + 2], expected, shown)

    def test_idle_timeout_cuts_who_says_nothing(self):
        for model in ("event", "iterative"):
            with self.subTest(model), Listener(HERE, "--idle-timeout", "100ms", "--model", model) as listener:
                with Caller(listener.port) as caller:
                    self.assertEqual(caller.until_reset(), b"")
                    listener.err.until(rf"\[{re.escape(caller.label)}\] left: timed out: it said nothing for too long \(--idle-timeout\)$")

    def test_idle_timeout_holds_for_programs_too(self):
        with Listener(HERE, "--idle-timeout", "300ms", "--exec", "cat") as listener, Caller(listener.port) as caller:
            caller.send("hello\n")
            self.assertEqual(caller.until_reset(), b"hello\n")
            self.assertIn("timed out", listener.err.until("left: ").string)
            await_that(lambda: not listener.children(), "the program to end")

    def test_one_more_is_told_busy_and_loses_no_word_of_it(self):
        with Listener(HERE, "--max-clients", "2") as listener:
            callers = [Caller(listener.port) for _ in range(2)]
            for caller in callers:
                caller.send("x\n")
                listener.out.until("x")
            for _ in range(20):
                with Caller(listener.port) as refused:
                    refused.send(b"what nobody reads" * 10_000)
                    refused.end()
                    self.assertEqual(refused.rest(), b"busy\n")
                    listener.err.until(rf"^\[{re.escape(refused.label)}\] was told busy")
            callers[0].end()
            self.assertEqual(callers[0].rest(), b"")  # it has left: there is a place again
            with Caller(listener.port) as third:
                third.send("third\n")
                listener.out.until("third")
            for caller in callers:
                caller.close()

    def test_explain_opens_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "socket"
            self.assertEqual(run("listen", f"unix://{path}", "--explain").status, 0)
            self.assertFalse(path.exists())


if __name__ == "__main__":
    unittest.main()
