"""`ahoy listen` and what is said on it: labels, answers, commands, framings, forms of output."""
import contextlib
import fcntl
import json
import os
import pathlib
import re
import select
import socket
import struct
import subprocess
import tempfile
import threading
import unittest

from command import GUARD, Lines, Listener, json_events
from peers import Caller


def send_until_reset(caller):
    with contextlib.suppress(OSError):
        while True:
            caller.send(b"x" * 65536)


class Messages(unittest.TestCase):
    def test_a_message_is_led_by_who_said_it_and_shown_at_once(self):
        with Listener("127.0.0.1:0") as listener, Caller(listener.port) as caller:
            for text in ("hello", "", "zwei Wörter", "x" * 100_000):
                caller.send(text + "\n")
                self.assertEqual(listener.out.next_line().decode(), f"[{caller.label}] {text}")

    def test_stdout_carries_messages_alone(self):
        with Listener("127.0.0.1:0", "-v") as listener:
            with Caller(listener.port) as caller:
                caller.send("one\r\ntwo\n")
                caller.end()
                self.assertEqual(caller.rest(), b"")
            listener.err.until("left")
            listener.say("/who")
            listener.err.until("nobody")
            self.assertEqual(listener.end(), 0)
            self.assertEqual(listener.out.all().decode(), f"[{caller.label}] one\n[{caller.label}] two\n")

    def test_the_first_line_of_stderr_says_where_and_the_second_what_to_paste(self):
        with Listener("127.0.0.1:0") as listener:
            self.assertRegex(listener.urls[0], r"^tcp://127\.0\.0\.1:\d+$")
            self.assertEqual(listener.models, ["event"])
            pasted = listener.err.until("ahoy call (.*)")[1]
            self.assertEqual(pasted, listener.urls[0])
            answered = subprocess.Popen([os.environ["AHOY"], "call", pasted], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)
            answered.stdin.write(b"it works\n")
            answered.stdin.flush()
            listener.out.until("it works")
            listener.say("so it does")
            self.assertEqual(answered.stdout.readline(), b"so it does\n")
            answered.communicate(timeout=GUARD)

    def test_an_unfinished_greeting_is_shown_after_quiet_and_can_be_answered_while_its_sender_waits(self):
        with Listener("127.0.0.1:0") as listener, Caller(listener.port) as caller:
            caller.send("hello")
            self.assertEqual(listener.out.next_line().decode(), f"[{caller.label}] hello…")
            listener.say(f"@{caller.label} welcome")
            self.assertEqual(caller.line(), b"welcome")
            caller.send("\nnext\n")  # the newline ends what was shown: it is no empty message
            self.assertEqual(listener.out.next_line().decode(), f"[{caller.label}] next")

    def test_an_unterminated_last_line_is_a_line(self):
        with Listener("127.0.0.1:0") as listener, Caller(listener.port) as caller:
            caller.send("the last")
            caller.end()
            self.assertEqual(caller.rest(), b"")
            self.assertEqual(listener.out.next_line().decode(), f"[{caller.label}] the last")

    def test_a_hello_without_newline_from_nc_ncat_and_socat(self):
        commands = {"nc": ["nc", "-N", "127.0.0.1"], "ncat": ["ncat", "127.0.0.1"], "socat": ["socat", "-"]}
        for name, words in commands.items():
            with self.subTest(name), Listener("127.0.0.1:0") as listener:
                words = [*words, f"TCP:127.0.0.1:{listener.port}" if name == "socat" else str(listener.port)]
                with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as peer:
                    peer.stdin.write(b"hello")
                    label = listener.out.until(r"^\[([^ ]+)\] hello…$")[1]
                    listener.say(f"@{label} hello {name}")
                    self.assertEqual(peer.stdout.readline(), f"hello {name}\n".encode())
                    peer.stdin.write(b" again\n")
                    listener.out.until(" again$")
                    peer.stdin.close()
                    self.assertEqual(peer.wait(GUARD), 0)


class Answers(unittest.TestCase):
    def test_a_line_goes_to_all_and_an_addressed_one_to_its_caller(self):
        with Listener("127.0.0.1:0", "-v") as listener:
            with Caller(listener.port) as one, Caller(listener.port) as other:
                for _ in range(2):
                    listener.err.until("joined")
                listener.say("for all")
                listener.say(f"@{other.label} for you alone")
                listener.say("for all again")
                self.assertEqual([one.line(), one.line()], [b"for all", b"for all again"])
                self.assertEqual([other.line() for _ in range(3)], [b"for all", b"for you alone", b"for all again"])

    def test_a_typed_line_over_the_limit(self):
        with Listener("127.0.0.1:0", "--max-message", "3") as listener:
            listener.say("hello")
            ended = listener.ended()
        self.assertEqual(ended.status, 63)
        self.assertTrue(ended.err.endswith("ahoy: read a line of standard input: too long\n"
                                           "no end of message within the limit of 3 bytes; --max-message changes it\n"), ended.err)

    def test_an_addressed_line_to_nobody_is_a_mistake_that_ends_nothing(self):
        with Listener("127.0.0.1:0") as listener:
            listener.say("@127.0.0.1:9 are you there?")
            listener.err.until(r"ahoy: nobody here is called 127\.0\.0\.1:9")
            listener.say("@\x1b[31m who?")
            self.assertRegex(listener.err.until("nobody here is called").string, r"\\x1b\[31m; /who shows who is$")
            with Caller(listener.port) as caller:
                caller.send("still here\n")
                listener.out.until("still here")

    def test_doubled_signs_are_literal(self):
        with Listener("127.0.0.1:0") as listener, Caller(listener.port) as caller:
            caller.send("hi\n")
            listener.out.until("hi")
            for line in ("//who", "@@home", "@", "", "a / b"):
                listener.say(line)
            listener.say("end")
            self.assertEqual([caller.line() for _ in range(5)], [b"/who", b"@home", b"", b"a / b", b"end"])

    def test_without_commands_every_line_is_text(self):
        with Listener("127.0.0.1:0", "--no-commands") as listener, Caller(listener.port) as caller:
            caller.send("hi\n")
            listener.out.until("hi")
            lines = ("/who", "/quit", f"@{caller.label} x", "//", "@@")
            for line in lines:
                listener.say(line)
            self.assertEqual([caller.line().decode() for _ in lines], list(lines))

    def test_an_unknown_command_is_told_what_was_meant(self):
        with Listener("127.0.0.1:0") as listener:
            for wrong, meant in (("/wo", "/who"), ("/kik x", "/kick"), ("/quti", "/quit")):
                listener.say(wrong)
                listener.err.until(f"ahoy: {wrong.split()[0]}: there is no such command")
                listener.err.until(f"did you mean {meant}\\?")
            listener.say("/\x07zzzzzzzz")
            listener.err.until(r"/\\x07zzzzzzzz: there is no such command")
            listener.err.until("//")

    def test_the_end_of_stdin_changes_nothing(self):
        with Listener("127.0.0.1:0", stdin=subprocess.DEVNULL) as listener:
            for text in ("one", "two"):
                with Caller(listener.port) as caller:
                    caller.send(text + "\n")
                    listener.out.until(text)

    def test_input_that_is_there_before_anybody_is_does_not_wait_for_them(self):
        """What is said to nobody is heard by nobody; commands work."""
        with Listener("127.0.0.1:0") as listener:
            listener.say("into the void")
            listener.say("/who")
            listener.err.until("nobody is here")
            with Caller(listener.port) as caller:
                caller.send("x\n")
                listener.out.until("x")
                listener.say("now")
                self.assertEqual(caller.line(), b"now")


class Who(unittest.TestCase):
    ROW = r"^\[(\S+)\] (\w+) (\S+) <- (\S+) since (\S+), (\d+) bytes received, (\d+) sent"

    def test_who_tells_protocol_halves_time_and_bytes(self):
        with Listener("127.0.0.1:0") as listener, Caller(listener.port) as caller:
            caller.send("12345\n")
            listener.out.until("12345")
            listener.say("four")
            self.assertEqual(caller.line(), b"four")
            listener.say("/who")
            label, protocol, local, remote, since, received, sent = listener.err.until(self.ROW).groups()
            self.assertEqual((label, protocol, local, remote),
                             (caller.label, "tcp", f"127.0.0.1:{listener.port}", caller.label))
            self.assertRegex(since, r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
            self.assertEqual((received, sent), ("6", "5"))

    def test_who_tells_the_process_behind_a_unix_socket(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "socket"
            with Listener(f"unix://{path}") as listener:
                with Caller(path, socket.AF_UNIX) as one, Caller(path, socket.AF_UNIX) as two:
                    one.send("a\n")
                    two.send("b\n")
                    labels = {listener.out.until(r"^\[(unix:\d)\]")[1] for _ in range(2)}
                    self.assertEqual(labels, {"unix:1", "unix:2"})
                    listener.say("/who")
                    row = listener.err.until(r"^\[unix:1\] unix ").string
                    self.assertIn(f"pid {os.getpid()} uid {os.getuid()}", row)
                    self.assertIn(str(path), row)
                    listener.say("@unix:1 one")
                    listener.say("@unix:2 two")
                    self.assertEqual((one.line(), two.line()), (b"one", b"two"))

    def test_under_iterative_the_next_ones_wait_in_the_order_in_which_they_came(self):
        with Listener("127.0.0.1:0", "--model", "iterative", "-v") as listener:
            self.assertEqual(listener.models, ["iterative"])
            callers = []
            for ahead in range(4):
                caller = Caller(listener.port)
                callers.append(caller)
                caller.send(f"caller {ahead}\n")
                if ahead:
                    listener.err.until(rf"\[{re.escape(caller.label)}\] waits, {ahead} before it")
                else:
                    listener.out.until("caller 0")
            listener.say("/who")
            rows = [listener.err.until("<-").string for _ in range(4)]
            self.assertEqual([row.endswith(", waiting") for row in rows], [False, True, True, True])
            self.assertTrue(all(caller.is_quiet() for caller in callers))
            for number, caller in enumerate(callers):
                listener.out.until(f"caller {number}$") if number else None
                listener.say(f"@{caller.label} your turn")
                self.assertEqual(caller.line(), b"your turn")
                self.assertEqual(len(listener.out.so_far().splitlines()), number + 1)
                caller.close()

    def test_under_event_both_are_answered_at_once(self):
        with Listener("127.0.0.1:0") as listener, Caller(listener.port) as one, Caller(listener.port) as two:
            for caller in (two, one):
                caller.send("x\n")
                listener.out.until("x")
                listener.say(f"@{caller.label} y")
                self.assertEqual(caller.line(), b"y")

    def test_kick_ends_one_caller_with_nothing_lost(self):
        for model in ("event", "iterative"):
            with self.subTest(model), Listener("127.0.0.1:0", "--model", model) as listener:
                with Caller(listener.port) as one:
                    one.send("x\n")
                    listener.out.until("x")
                    two = Caller(listener.port)
                    listener.say(f"@{one.label} last words")
                    self.assertEqual(one.line(), b"last words")
                    listener.say("/kick 127.0.0.1:1")
                    listener.err.until("nobody here is called 127.0.0.1:1")
                    listener.say(f"/kick @{one.label}" if model == "event" else f"/kick {one.label}")
                    self.assertEqual(one.until_reset(), b"")
                    self.assertIn("kicked", listener.err.until(rf"\[{re.escape(one.label)}\] left").string)
                    two.send("y\n")
                    listener.out.until("y")
                    two.close()

    def test_what_a_command_lacks_is_said(self):
        with Listener("127.0.0.1:0") as listener, Caller(listener.port) as caller:
            caller.send("x\n")
            listener.out.until("x")
            for line, said in (("/kick", "^usage: /kick NAME"), ("/kick  ", "^usage: /kick NAME"), ("@", "^usage: @NAME text$"),
                               (f"@{caller.label}", "^usage: @NAME text$"), (f"@{caller.label} ", "^usage: @NAME text$"),
                               ("/help", "^the commands are /who, /kick NAME and /quit")):
                listener.say(line)
                listener.err.until(said)
            listener.say(f"@{caller.label} y")
            self.assertEqual(caller.line(), b"y")  # and none of those before

    def test_a_waiting_caller_can_be_kicked(self):
        with Listener("127.0.0.1:0", "--model", "iterative", "-v") as listener:
            with Caller(listener.port) as one, Caller(listener.port) as two, Caller(listener.port) as three:
                for _ in range(2):
                    listener.err.until("waits")
                listener.say(f"/kick {two.label}")
                self.assertEqual(two.until_reset(), b"")
                one.close()
                three.send("mine\n")
                listener.out.until("mine")

    def test_quit_drains_and_ends(self):
        with Listener("127.0.0.1:0") as listener, Caller(listener.port) as caller:
            caller.send("x\n")
            listener.out.until("x")
            listener.say("good-bye")
            listener.say("/quit")
            self.assertEqual(caller.rest(), b"good-bye\n")
            self.assertEqual(listener.wait(), 0)


class Framings(unittest.TestCase):
    def test_line_framing_asked_for_is_strict(self):
        with Listener("127.0.0.1:0", "--framing", "line") as listener:
            with Caller(listener.port) as strict, Caller(listener.port) as other:
                strict.send("half")
                other.send("whole\n")
                listener.out.until("whole")
                # Far more quiet than the 300 ms of the default: another caller's lines tell that time passes.
                with Listener("127.0.0.1:0") as clock, Caller(clock.port) as ticks:
                    for _ in range(2):
                        ticks.send("tick")
                        clock.out.until("tick…")
                strict.send(" and half\n")
                self.assertEqual(listener.out.next_line().decode(), f"[{strict.label}] half and half")

    def test_nul_framing(self):
        with Listener("127.0.0.1:0", "--framing", "nul") as listener, Caller(listener.port) as caller:
            caller.send(b"one\ntwo\0three\0")
            self.assertEqual(listener.out.next_line().decode(), rf"[{caller.label}] one\x0atwo")
            listener.out.until("three")
            listener.say("answer")
            self.assertEqual(caller.socket.recv(100), b"answer\0")

    def test_length_framing(self):
        with Listener("127.0.0.1:0", "--framing", "length") as listener, Caller(listener.port) as caller:
            caller.send(struct.pack(">I", 5) + b"ab\0\nc" + struct.pack(">I", 0) + struct.pack(">I", 1) + b"z")
            lines = [listener.out.next_line().decode() for _ in range(3)]
            self.assertEqual(lines, [f"[{caller.label}] {text}" for text in (r"ab\x00\x0ac", "", "z")])
            listener.say("answer")
            self.assertEqual(caller.socket.recv(100), struct.pack(">I", 6) + b"answer")

    def test_a_length_that_no_message_may_have_cuts_its_caller_alone(self):
        with Listener("127.0.0.1:0", "--framing", "length") as listener:
            with Caller(listener.port) as hostile, Caller(listener.port) as other:
                hostile.send(b"\xff\xff\xff\xff")
                self.assertIn(b"too long", hostile.until_reset())
                listener.err.until(r"left: .*too long|left: .*limit")
                other.send(struct.pack(">I", 2) + b"ok")
                listener.out.until("ok")

    def test_raw_framing(self):
        with Listener("127.0.0.1:0", "--framing", "raw") as listener, Caller(listener.port) as caller:
            caller.send("no newline")
            self.assertEqual(listener.out.next_line().decode(), f"[{caller.label}] no newline")
            listener.say("answer")
            self.assertEqual(caller.socket.recv(100), b"answer")

    def test_an_endless_line_cuts_its_caller_with_the_reason_and_costs_no_memory(self):
        with Listener("127.0.0.1:0", "--max-message", "64k") as listener, Caller(listener.port) as other:
            with Caller(listener.port) as endless:
                label = endless.label
                with self.assertRaises(OSError):
                    while True:
                        endless.send(b"x" * 65536)
            listener.err.until(rf"^\[{re.escape(label)}\] left: .*(too long|limit)")
            other.send("still here\n")
            listener.out.until("still here")
            self.assertTrue(listener.has_stayed_within(64 << 20))

    def test_whoever_floods_while_it_is_seen_off_keeps_nobody_from_being_heard(self):
        with Listener("127.0.0.1:0", "--max-message", "1k", "--drain", "1m") as listener:
            with Caller(listener.port) as endless, Caller(listener.port) as other:
                flood = threading.Thread(target=send_until_reset, args=(endless,))
                flood.start()
                listener.err.until("left: .*(too long|limit)")
                for text in ("one", "two"):
                    other.send(text + "\n")
                    listener.out.until(text)
                flood.join(GUARD)
                self.assertFalse(flood.is_alive(), "it was not told that nobody reads")

    def test_a_line_that_is_too_long_is_told_to_its_caller(self):
        with Listener("127.0.0.1:0", "--max-message", "10") as listener, Caller(listener.port) as caller:
            caller.send("0123456789\n0123456789A\nnever\n")
            self.assertEqual(caller.until_reset(), b"that message was too long, the limit is 10 bytes: good-bye\n")
            listener.err.until(r"left: too long: .*limit of 10 bytes \(--max-message\)$")
            listener.end()
            self.assertEqual(listener.out.all().decode(), f"[{caller.label}] 0123456789\n")


class Forms(unittest.TestCase):
    def test_json_tells_events_and_reads_requests(self):
        with Listener("127.0.0.1:0", "--json") as listener:
            with Caller(listener.port) as caller:
                caller.send(b"text\n\xff\xfe\n")
                join = json_events(listener.out.next_line())[0]
                self.assertEqual((join["event"], join["from"], join["text"]), ("join", caller.label, "tcp"))
                said, data = [json_events(listener.out.next_line())[0] for _ in range(2)]
                self.assertEqual((said["event"], said["from"], said["text"]), ("message", caller.label, "text"))
                self.assertEqual(data["data"], "//4=")
                self.assertNotIn("text", data)
                self.assertRegex(said["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
                listener.say('{"text":"to all"}')
                listener.say('{"to":"%s","text":"/who is not a command"}' % caller.label)
                listener.say('{"data":"//4="}')
                self.assertEqual([caller.line() for _ in range(3)], [b"to all", b"/who is not a command", b"\xff\xfe"])
                for wrong in ("plain", "[]", '{"too":"x","text":"y"}', '{"text":"a\\nb"}'):
                    listener.say(wrong)
                    listener.err.until("^ahoy: ")
                self.assertIn("holds a line feed, which ends a message under line framing", listener.err.next_line().decode())
                listener.say('{"to":"nobody","text":"x"}')
                told = listener.err.until("nobody here is called nobody").string
                self.assertTrue(told.endswith("; the events join and leave tell who is"), told)  # there is no /who
                caller.send("after\n")
                listener.out.until("after")
            listener.end()
            events = json_events(listener.out.all())
            self.assertEqual([event["event"] for event in events], ["join", "message", "message", "message", "leave"])

    def test_json_tells_who_was_busy(self):
        with Listener("127.0.0.1:0", "--json", "--max-clients", "1") as listener:
            with Caller(listener.port) as one:
                one.send("x\n")
                listener.out.until("message")
                with Caller(listener.port) as two:
                    self.assertEqual(two.rest(), b"busy\n")
                self.assertEqual(json_events(listener.out.until("busy").string)[0]["from"], two.label)

    def test_json_of_a_crowd_while_nobody_reads(self):
        """What waits is bounded, who is here is told, and so is the number of those who came and left unheard."""
        crowd = 4000
        ours, theirs = os.pipe()
        fcntl.fcntl(theirs, fcntl.F_SETPIPE_SZ, 4096)
        with Listener("127.0.0.1:0", "--json", stdout=theirs) as listener, Caller(listener.port) as first:
            os.close(theirs)
            first.send("x\n")
            self.assertTrue(select.select([ours], [], [], GUARD)[0])
            for _ in range(crowd):
                with Caller(listener.port) as caller:
                    caller.end()
                    self.assertEqual(caller.rest(), b"")  # it is closed after it was said to have left
            first.end()
            self.assertEqual(first.rest(), b"")
            with Caller(listener.port) as late, open(ours, "rb") as pipe:
                late.send("late\n")
                out = Lines(pipe)
                out.until('"late"')
                listener.say('{"text":"heard"}')
                self.assertEqual(late.line(), b"heard")
                self.assertEqual(listener.end(), 0)
                data = out.all()
        self.assertLess(len(data), 3 * 64 * 1024)
        events = json_events(data)
        heard_of = {kind: [event["from"] for event in events if event["event"] == kind] for kind in ("join", "leave", "message")}
        self.assertEqual(sorted(heard_of["join"]), sorted(heard_of["leave"]))
        self.assertEqual((heard_of["join"][0], heard_of["join"][-1]), (first.label, late.label))
        self.assertLess(events.index(next(event for event in events if event["event"] == "join" and event["from"] == late.label)),
                        events.index(next(event for event in events if event.get("text") == "late")))
        missed = [event["text"] for event in events if event["event"] == "drop" and event["from"] == ""]
        self.assertEqual(missed, [f"not told, since nobody read: {crowd + 2 - len(heard_of['join'])} callers that came and left"])

    def test_json_tells_what_was_dropped(self):
        for policy in ("drop-oldest", "drop-newest"):
            words = ("--json", "--queue", "64k", "--slow-after", "100ms", "--slow", policy)
            with self.subTest(policy), Listener("127.0.0.1:0", *words) as listener, Caller(listener.port, receive_buffer=4096) as slow:
                self.assertEqual(json_events(listener.out.next_line())[0]["event"], "join")
                said = 0
                while b'"event":"drop"' not in listener.out.so_far():
                    listener.say(json.dumps({"text": f"{said} " + "x" * 10_000}))
                    said += 1
                listener.say("no JSON")
                listener.err.until("^ahoy: ")  # all that was said before has been passed on
                slow.end()  # what is queued for it is flushed, then it is closed
                heard = slow.rest().count(b"\n")
                self.assertEqual(listener.end(), 0)
                drops = [event for event in json_events(listener.out.all()) if event["event"] == "drop"]
                self.assertEqual({event["from"] for event in drops}, {slow.label})
                self.assertEqual(drops[0]["text"], "1 message dropped")
                dropped = sum(int(re.fullmatch(r"(\d+) messages? dropped", event["text"])[1]) for event in drops)
                self.assertEqual(dropped, said - heard)
                listener.err.until(rf"^in all, {dropped} messages? for slow callers w\w+ dropped \(--slow {policy}\)$")

    def test_hex(self):
        with Listener("127.0.0.1:0", "--hex") as listener, Caller(listener.port) as caller:
            caller.send(b"0123456789abcdef\x00\xff\n")
            self.assertEqual(listener.out.next_line().decode(), f"[{caller.label}] 18 bytes")
            self.assertEqual(listener.out.next_line(),
                             b"00000000  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  |0123456789abcdef|")
            self.assertRegex(listener.out.next_line(), rb"^00000010  00 ff +\|\.\.\|$")

    def test_timestamps(self):
        with Listener("127.0.0.1:0", "--timestamps") as listener, Caller(listener.port) as caller:
            caller.send("x\n")
            self.assertRegex(listener.out.next_line().decode(),
                             r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z \[127\.0\.0\.1:\d+\] x$")


if __name__ == "__main__":
    unittest.main()
