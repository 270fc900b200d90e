"""The hand-out's programs: ours against each other and against its own Python code.

Run with /usr/bin/python3; AHOY_BUILD names the build directory (default: build).
"""
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import unittest

from command import await_that
from peers import is_listening, port_to_listen_on

BUILD = pathlib.Path(os.environ.get("AHOY_BUILD", "build")) / "examples"

# The hand-out's code, word for word but for where it listens: argv instead of gethostname and 23456. The flush is
# ours: print to a pipe would keep the lines back.
PYTHON_SERVER = r'''
import functools
import sys
print = functools.partial(print, flush=True)

import socket
s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
print ("Socket is created successfully")
host = sys.argv[1]
port = int(sys.argv[2])
s.bind((host, port))
print ("Socket is binded to %s" %(s.getsockname()[1]))
s.listen(5)
print ("Socket is listening")
while True:
    c, addr = s.accept()
    print ('Got connection from', addr )
    c.send(b'Thank you for connecting')
    c.close()
'''
PYTHON_CLIENT = r'''
import sys

import socket
s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
host = sys.argv[1]
port = int(sys.argv[2])
s.connect((host, port))
msg = s.recv(1024)
print (msg)
s.close()
'''

OURS_SERVER = [str(BUILD / "handout_server")]
OURS_CLIENT = [str(BUILD / "handout_client")]
PYTHON = [sys.executable, "-c"]
GUARD = 60  # seconds after which a program that hangs is taken for hung; no result depends on it


def run(*command):
    return subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=GUARD)


class Server:
    """A server program that is running; its lines are read as they come."""

    def __init__(self, *command):
        self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def line(self):
        return self.process.stdout.readline().rstrip("\n")

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.process.terminate()
        self.process.communicate(timeout=GUARD)


class Handout(unittest.TestCase):
    def opening_lines(self, server):
        """Checks the first three of the four lines, and returns the port."""
        self.assertEqual(server.line(), "Socket is created successfully")
        bound = server.line()
        self.assertRegex(bound, r"^Socket is binded to [1-9][0-9]*$")
        self.assertEqual(server.line(), "Socket is listening")
        return int(bound.rsplit(" ", 1)[1])

    def conversation(self, server_command, client_command, host, greeting):
        with Server(*server_command, host, 0) as server:
            port = self.opening_lines(server)
            for _ in range(3):
                client = run(*client_command, host, port)
                self.assertEqual((client.stdout, client.stderr, client.returncode), (greeting + "\n", "", 0))
                self.assertRegex(server.line(), r"^Got connection from (127\.0\.0\.1:\d+|\('127\.0\.0\.1', \d+\))$")

    def test_ours_with_ours(self):
        self.conversation(OURS_SERVER, OURS_CLIENT, "localhost", "Thank you for connecting")

    def test_our_server_with_the_python_client(self):
        self.conversation(OURS_SERVER, PYTHON + [PYTHON_CLIENT], "localhost", "b'Thank you for connecting'")

    def test_the_python_server_with_our_client(self):
        self.conversation(PYTHON + [PYTHON_SERVER], OURS_CLIENT, "127.0.0.1", "Thank you for connecting")

    def test_the_caller_is_named_as_it_names_itself(self):
        with Server(*OURS_SERVER, "127.0.0.1", 0) as server:
            port = self.opening_lines(server)
            with socket.create_connection(("127.0.0.1", port)) as client:
                self.assertEqual(server.line(), "Got connection from %s:%d" % client.getsockname())
                self.assertEqual(client.recv(1024), b"Thank you for connecting")
                self.assertEqual(client.recv(1024), b"")

    def test_gethostname_is_the_host(self):
        """Without arguments: the machine's name and 23456; where that does not do, an error that helps."""
        with Server(*OURS_SERVER) as server:
            self.assertEqual(server.line(), "Socket is created successfully")
            bound = server.line()
            if bound:
                self.assertEqual(bound, "Socket is binded to 23456")
                self.assertEqual(server.line(), "Socket is listening")
                client = run(*OURS_CLIENT)
                self.assertEqual((client.stdout, client.returncode), ("Thank you for connecting\n", 0))
            else:
                out, err = server.process.communicate(timeout=GUARD)
                self.assertEqual(server.process.returncode, 1)
                self.assertRegex(err, r"^(look up \S+: .*|bind \S+:23456: .*)\n.+\n$")

    def test_a_name_that_does_not_resolve(self):
        """The machine's own name, in a namespace where it is one that nobody knows."""
        command = ["unshare", "--user", "--map-root-user", "--uts", "--net", "sh", "-c",
                   'hostname no-such-machine.invalid && exec "$@"', "sh"]
        server = run(*command, *OURS_SERVER)
        self.assertEqual(server.returncode, 1, server.stderr)
        self.assertEqual(server.stdout, "Socket is created successfully\n")
        self.assertRegex(server.stderr, r"^look up no-such-machine.invalid: (host not found|the name servers did not answer)\n")
        self.assertIn("/etc/hosts", server.stderr)
        self.assertIn("localhost", server.stderr)

    def test_every_address_of_a_name_is_tried_and_names_may_be_international(self):
        """In a mount namespace with an /etc/hosts of our own; under the C locale, which knows no umlaut."""
        program = r"""
import os, socket, subprocess, sys
for name in ("two.example", "b\u00fccher.example"):
    for host in ("127.0.0.1", "127.0.0.2"):
        with socket.create_server((host, 0)) as server:
            client = subprocess.Popen([sys.argv[1], name.encode(), str(server.getsockname()[1])], stdout=subprocess.PIPE,
                                      env={**os.environ, "LC_ALL": "C"})
            server.settimeout(30)
            peer, _ = server.accept()
            peer.sendall(host.encode())
            peer.close()
            print(client.communicate()[0].decode().strip())
"""
        with tempfile.NamedTemporaryFile("w") as hosts:
            for name in ("two.example", "xn--bcher-kva.example"):
                hosts.write("127.0.0.1 %s\n127.0.0.2 %s\n" % (name, name))
            hosts.flush()
            result = run("unshare", "--user", "--map-root-user", "--mount", "sh", "-c",
                         'mount --bind "$1" /etc/hosts && shift && exec "$@"', "sh", hosts.name, sys.executable, "-c",
                         program, *OURS_CLIENT)
        self.assertEqual((result.stdout, result.stderr), ("127.0.0.1\n127.0.0.2\n" * 2, ""))

    def test_it_can_be_started_again_at_once(self):
        """The former server closed first, so its connection lingers in TIME_WAIT."""
        with Server(*OURS_SERVER, "localhost", 0) as server:
            port = self.opening_lines(server)
            self.assertEqual(run(*OURS_CLIENT, "localhost", port).returncode, 0)
        with Server(*OURS_SERVER, "localhost", port) as server:
            self.assertEqual(self.opening_lines(server), port)
            self.assertEqual(run(*OURS_CLIENT, "localhost", port).stdout, "Thank you for connecting\n")

    def test_a_second_server_is_told_that_the_port_is_taken(self):
        with Server(*OURS_SERVER, "localhost", 0) as server:
            port = self.opening_lines(server)
            second = run(*OURS_SERVER, "localhost", port)
            self.assertEqual(second.returncode, 1)
            self.assertTrue(second.stderr.startswith("bind 127.0.0.1:%d: address already in use\n" % port))

    def test_no_server(self):
        with socket.create_server(("127.0.0.1", 0)) as gone:
            port = gone.getsockname()[1]
        client = run(*OURS_CLIENT, "localhost", port)
        self.assertEqual(client.returncode, 1)
        self.assertTrue(client.stderr.startswith("connect to 127.0.0.1:%d (localhost): connection refused\n" % port))
        self.assertIn("start the server first", client.stderr)

    def test_bad_arguments(self):
        for program in (OURS_SERVER, OURS_CLIENT):
            for port in ("99999", "-1", "", "5x"):
                with self.subTest(program=program, port=port):
                    result = run(*program, "localhost", port)
                    self.assertEqual(result.returncode, 1)
                    self.assertRegex(result.stderr, r'^read port ".*": .+\n.+\n$')

    def test_the_greeting_cannot_move_a_terminals_cursor(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            client = subprocess.Popen([*OURS_CLIENT, "127.0.0.1", str(port)], stdout=subprocess.PIPE)
            peer, _ = server.accept()
            with peer:
                peer.sendall(b"a\x1b[2Jb\xff")
            out, _ = client.communicate(timeout=GUARD)
            self.assertEqual(out, b"a\\x1b[2Jb\\xff\n")


class Assignment(unittest.TestCase):
    def listening_port(self, server):
        line = server.line()
        match = re.fullmatch(r"Listening: \(tcp, \S+:(\d+), -\)", line)
        self.assertTrue(match, line)
        return int(match.group(1))

    def test_a_message_each_way(self):
        for host in ("127.0.0.1", "::1", "localhost"):
            with self.subTest(host=host), Server(BUILD / "assignment_server", host, 0, "and back") as server:
                port = self.listening_port(server)
                for message in ("there", "grüße", "x" * 30000):
                    client = run(BUILD / "assignment_client", host, port, message)
                    self.assertEqual((client.returncode, client.stderr), (0, ""))
                    self.assertTrue(client.stdout.endswith(" says: and back\n"), client.stdout)
                    self.assertTrue(server.line().endswith(" says: " + message))

    def test_every_address_of_both_families(self):
        with Server(BUILD / "assignment_server", "", 0) as server:
            port = self.listening_port(server)
            for host in ("127.0.0.1", "::1"):
                client = run(BUILD / "assignment_client", host, port)
                self.assertTrue(client.stdout.endswith("Hello from the server machine\n"), client.stderr)
                self.assertRegex(server.line(), r"^(127\.0\.0\.1|\[::1\]):\d+ says: Hello from the client machine$")

    def test_with_python_peers(self):
        with Server(BUILD / "assignment_server", "127.0.0.1", 0, "and back") as server:
            with socket.create_connection(("127.0.0.1", self.listening_port(server))) as client:
                client.sendall(b"a\x1bb")
                client.shutdown(socket.SHUT_WR)
                self.assertEqual(client.makefile("rb").read(), b"and back")
                self.assertTrue(server.line().endswith(r" says: a\x1bb"))
        with socket.create_server(("127.0.0.1", 0)) as listener:
            client = subprocess.Popen([str(BUILD / "assignment_client"), "127.0.0.1", str(listener.getsockname()[1]), "there"],
                                      stdout=subprocess.PIPE)
            peer, _ = listener.accept()
            with peer:
                self.assertEqual(peer.makefile("rb").read(), b"there")
                for byte in "grüße\x1b".encode():  # one by one: characters come in pieces
                    peer.sendall(bytes([byte]))
            out, _ = client.communicate(timeout=GUARD)
            self.assertTrue(out.decode().endswith(" says: grüße\\x1b\n"), out)

    def test_a_client_that_resets_does_not_stop_the_server(self):
        with Server(BUILD / "assignment_server", "127.0.0.1", 0) as server:
            port = self.listening_port(server)
            with socket.create_connection(("127.0.0.1", port)) as client:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                client.sendall(b"x")
            self.assertEqual(run(BUILD / "assignment_client", "127.0.0.1", port).returncode, 0)

    def test_usage(self):
        for program in ("assignment_server", "assignment_client"):
            result = run(BUILD / program, "localhost")
            self.assertEqual(result.returncode, 2)
            self.assertIn("usage: %s HOST PORT" % program, result.stderr)


class Room(unittest.TestCase):
    def test_a_signal_lets_callers_finish(self):
        """What the README says of server::stop()."""
        for number in (signal.SIGTERM, signal.SIGINT):
            port = port_to_listen_on()
            with self.subTest(number), Server(BUILD / "room_server", f"tcp://127.0.0.1:{port}") as server:
                await_that(lambda listens=port: is_listening(listens), "the server to listen")
                with socket.create_connection(("127.0.0.1", port)) as caller:
                    caller.settimeout(GUARD)
                    caller.sendall(b"hello\n")
                    self.assertRegex(server.line(), r"^127\.0\.0\.1:\d+ says: hello$")
                    server.process.send_signal(number)
                    self.assertEqual(caller.recv(100), b"")  # an end, and no reset
                self.assertEqual(server.process.wait(GUARD), 0)


class Readme(unittest.TestCase):
    def test_every_program_in_it_compiles(self):
        """With the compiler and the warnings of the build."""
        source = pathlib.Path(os.environ["AHOY_SOURCE"])
        compiler = re.search(r"(?m)^CMAKE_CXX_COMPILER:\w+=(.+)$", (BUILD.parent / "CMakeCache.txt").read_text())[1]
        pages = [source / "README.md", *source.glob("docs/*.md"), source / "CONTRIBUTING.md"]
        blocks = [block for page in pages for block in re.findall(r"(?ms)^```(?:cpp|c\+\+)\n(.*?)^```$", page.read_text(encoding="utf-8"))]
        self.assertGreaterEqual(len(blocks), 2)
        for block in blocks:
            done = subprocess.run([compiler, "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-I", source, "-x", "c++", "-"],
                                  input=block, capture_output=True, text=True, check=False)
            self.assertEqual((done.returncode, done.stderr), (0, ""))


class Errors(unittest.TestCase):
    def test_a_port_that_is_taken(self):
        """The README's server, where somebody else has its port."""
        taken = "import socket, subprocess, sys; s = socket.create_server(('', 23456), family=socket.AF_INET6, dualstack_ipv6=True); " \
                "sys.exit(subprocess.run(sys.argv[1:]).returncode)"
        server = run("unshare", "--user", "--map-root-user", "--net", sys.executable, "-c", taken, BUILD / "echo_server")
        self.assertEqual(server.returncode, 1, server.stderr)
        self.assertRegex(server.stderr, r"\Alisten on \S+:23456: address already in use\n\Z")

    def test_what_and_the_next_step(self):
        """The README's client, where nobody can be reached."""
        client = run("unshare", "--user", "--map-root-user", "--net", BUILD / "echo_client")
        self.assertEqual((client.returncode, client.stdout), (1, ""))
        self.assertRegex(client.stderr, r"\Aconnect to \S+:23456 \(localhost\): .+\n.+\n\Z")

    def test_one_without_a_next_step_is_one_line(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            client = run(BUILD / "patient_client", f"tcp://127.0.0.1:{silent.getsockname()[1]}")
        self.assertEqual(client.returncode, 1)
        self.assertRegex(client.stderr, r"\A(waiting\n)+receive from \S+: timed out\n\Z")


if __name__ == "__main__":
    unittest.main()
