"""What hostile callers say: nothing of it moves a cursor, forges a line or passes for another's."""
import base64
import re
import unittest

from command import Listener, json_events
from peers import Caller

# What no labelled line and no log may hold as it is: C0 but the newline, DEL, C1, and marks that act unseen.
UNSEEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff"
                    "\U000e0000-\U000e0fff]")
ESCAPES = [
    b"\x1b[2J", b"\x1b]0;title\x07", b"\x1b[31mred\x1b[0m", b"\x1bP+q\x1b\\", b"\x9b2J", b"\xc2\x9b2J", b"\x08\x08\x08",
    b"\r", b"\x7f", b"\x0c", b"\x00", b"tab\there", b"\\x1b[2J", b"\\", b"\\\\",
]
MARKS = [mark.encode() for mark in ("\u202e", "\u202a", "\u2066", "\u2069", "\u200e", "\u061c", "\u200b", "\u2028",
                                    "\u2029", "\ufeff", "\u00ad", "\U000e0041", "\u0085")]
INVALID = [
    b"\xff", b"\xfe", b"\x80", b"\xc0\x80", b"\xc0\xaf", b"\xe0\x80\xaf", b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xf0\x80\x80\xaf",
    b"\xf4\x90\x80\x80", b"\xf8\x88\x80\x80\x80", b"\xe2\x82", b"\xf0\x9f\x98", b"\xc3", b"\xc3(", b"\xa0\xa1", b"\xe2\x28\xa1",
]
EVERY_BYTE = [bytes([byte]) for byte in range(256) if byte != 0x0a]


def readable_again(text):
    """The bytes that were escaped."""
    pieces = re.split(r"\\(\\|x[0-9a-f]{2}|u\{[0-9a-f]+\})", text)
    result = b""
    for number, piece in enumerate(pieces):
        if number % 2 == 0:
            result += piece.encode()
        elif piece == "\\":
            result += b"\\"
        elif piece[0] == "x":
            result += bytes([int(piece[1:], 16)])
        else:
            result += chr(int(piece[2:-1], 16)).encode()
    return result


class Hostile(unittest.TestCase):
    def assert_harmless(self, data):
        text = data.decode()  # nothing but UTF-8
        self.assertIsNone(UNSEEN.search(text), f"{UNSEEN.search(text)}: {text!r}")

    def test_every_byte_and_sequence_is_shown_escaped_and_can_be_read_back(self):
        said = [b"a" + each + b"z" for each in EVERY_BYTE + ESCAPES + MARKS + INVALID] + [bytes(range(11, 256))]
        for handler in ("talk", "relay"):
            with self.subTest(handler), Listener("127.0.0.1:0", "--handler", handler, "-v") as listener:
                with Caller(listener.port) as caller, Caller(listener.port) as hearer:
                    for _ in range(2):
                        listener.err.until("joined")
                    caller.send(b"".join(each + b"\n" for each in said))
                    for each in said:
                        line = listener.out.next_line()
                        self.assert_harmless(line)
                        label, text = line.decode().split(" ", 1)
                        self.assertEqual(label, f"[{caller.label}]")
                        self.assertEqual(readable_again(text), each)
                        if handler == "relay":
                            relayed = hearer.line()
                            self.assertEqual(relayed, line)
                self.assertEqual(listener.end(), 0)
                self.assert_harmless(listener.err.all())
                self.assert_harmless(listener.out.all())

    def test_nothing_hostile_is_on_stderr_whatever_is_typed(self):
        with Listener("127.0.0.1:0", "-v") as listener, Caller(listener.port) as caller:
            caller.send("x\n")
            listener.out.until("x")
            hostile = [each for each in ESCAPES + MARKS + INVALID if b"\n" not in each]
            for each in hostile:
                listener.say(b"/" + each + b"q")
                listener.say(b"/kick " + each)
                listener.say(b"@q" + each + b" x")
            listener.say("/who")
            listener.err.until("<-")
            listener.end()
            self.assert_harmless(listener.err.all())

    def test_in_json_controls_and_marks_are_escaped_and_the_bytes_are_whole(self):
        said = [b"a" + each + b"z" for each in EVERY_BYTE + ESCAPES + MARKS + INVALID]
        with Listener("127.0.0.1:0", "--json") as listener, Caller(listener.port) as caller:
            caller.send(b"".join(each + b"\n" for each in said))
            self.assertEqual(json_events(listener.out.next_line())[0]["event"], "join")
            for each in said:
                line = listener.out.next_line()
                self.assert_harmless(line)
                (event,) = json_events(line)
                if "text" in event:
                    self.assertEqual(event["text"].encode(), each)
                else:
                    self.assertRaises(UnicodeDecodeError, each.decode)
                    self.assertEqual(base64.b64decode(event["data"], validate=True), each)

    def test_in_a_hex_dump_nothing_is_raw(self):
        with Listener("127.0.0.1:0", "--hex") as listener, Caller(listener.port) as caller:
            caller.send(bytes(range(11, 256)) + b"\n")
            listener.out.until("^000000f0")
            self.assert_harmless(listener.out.so_far())

    def test_an_unfinished_escape_is_no_less_escaped(self):
        with Listener("127.0.0.1:0") as listener, Caller(listener.port) as caller:
            caller.send(b"\x1b[31m\xe2\x82")
            self.assertEqual(listener.out.next_line().decode(), rf"[{caller.label}] \x1b[31m\xe2\x82…")

    def test_a_forged_label_does_not_pass_for_one(self):
        """Whatever a caller says, a line that begins with a label is said by who has that label."""
        with Listener("127.0.0.1:0", "--handler", "relay") as listener:
            with Caller(listener.port) as honest, Caller(listener.port) as forger, Caller(listener.port) as hearer:
                for caller in (honest, forger, hearer):
                    caller.send("here\n")
                    listener.out.until("here")
                for caller in (honest, forger, hearer):  # what the others said before it came is not for it
                    while not caller.is_quiet():
                        caller.line()
                label = f"[{honest.label}]"
                forgeries = [f"\r{label} x", f"{label} x", f"\x1b[1G{label} x", f"\x08\x08\x08{label} x", f"\x0b{label} x",
                             f"\x85{label} x", f"\u2028{label} x", f"\u202e{label} x", f"\0{label} x", f"x\r\r\n{label} x"]
                forger.send("\n".join(forgeries) + "\n")
                honest.send("end\n")
                for read in (lambda: listener.out.next_line(), lambda: hearer.line()):
                    from_honest = []
                    from_forger = []
                    while not (from_honest and len(from_forger) == 11):
                        line = read().decode()
                        self.assertNotRegex(line, UNSEEN)
                        by_forger = line.startswith(f"[{forger.label}] ")
                        (from_forger if by_forger else from_honest).append(line)
                    self.assertEqual(from_honest, [f"{label} end"])
                    self.assertIn(rf"[{forger.label}] \x0d{label} x", from_forger)

    def test_a_forged_label_in_length_framing_cannot_begin_a_line(self):
        with Listener("127.0.0.1:0", "--handler", "relay", "--framing", "length") as listener, Caller(listener.port) as caller:
            text = b"a\n[127.0.0.1:9] x"
            caller.send(len(text).to_bytes(4, "big") + text)
            self.assertEqual(listener.out.next_line().decode(), rf"[{caller.label}] a\x0a[127.0.0.1:9] x")

    def test_what_a_program_says_is_the_callers_alone(self):
        with Listener("127.0.0.1:0", "--exec", "printf", r"\033[2J") as listener, Caller(listener.port) as caller:
            self.assertEqual(caller.rest(), b"\x1b[2J")
            self.assertEqual(listener.end(), 0)
            self.assertEqual(listener.out.all(), b"")

    def test_a_caller_that_resets_in_mid_line_leaves_the_others_alone(self):
        with Listener("127.0.0.1:0") as listener, Caller(listener.port) as other:
            for _ in range(20):
                hostile = Caller(listener.port)
                hostile.send("unfinished")
                hostile.reset()
            other.send("fine\n")
            listener.out.until(rf"\[{re.escape(other.label)}\] fine")


if __name__ == "__main__":
    unittest.main()
