"""A news server with one newsgroup, a.b, of so many articles, whose overview is made once and sent from memory.

It says how it listens as a contender does, and serves one caller after the other until SIGTERM ends it.
usage: overview_server.py ARTICLES
"""
import socket
import sys


def line(number):
    return (f"{number}\tRe: article {number} of a thread that goes on\tSomebody Else <somebody{number % 100}@example.org>\t"
            f"Mon, 23 Nov 2026 09:30:{number % 60:02} +0000\t<{number:032x}@example.org>\t<{number + 1:032x}@example.org> <{number + 2:032x}@example.org>\t"
            f"{2000 + number % 1000}\t{number % 100}\tXref: news.example.org a.b:{number}\r\n")


FORMAT = "Subject: From: Date: Message-ID: References: :bytes :lines Xref:full"


def serve(caller, answers):
    caller.sendall(b"200 ready\r\n")
    for command in caller.makefile("rb"):
        caller.sendall(answers.get(command.split()[0].upper(), b"500 what?\r\n"))
        if command.upper().startswith(b"QUIT"):
            return


def main():
    count = int(sys.argv[1])
    overview = b"224 here\r\n" + "".join(map(line, range(1, count + 1))).encode() + b".\r\n"
    answers = {b"CAPABILITIES": b"101 here\r\nVERSION 2\r\nREADER\r\nOVER\r\n.\r\n", b"GROUP": f"211 {count} 1 {count} a.b\r\n".encode(),
               b"LIST": b"215 order\r\n" + b"".join(name.encode() + b"\r\n" for name in FORMAT.split()) + b".\r\n",
               b"OVER": overview, b"XOVER": overview, b"QUIT": b"205 bye\r\n"}
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(f"listening on tcp://127.0.0.1:{listener.getsockname()[1]} (contender)", file=sys.stderr, flush=True)
        while True:
            caller, _ = listener.accept()
            with caller:
                serve(caller, answers)


main()
