#include <ahoy/command/examples.hpp>

#include <array>

namespace ahoy::inline v0 {
namespace {

constexpr std::array table{
    example{verb::listen, "Answer whoever calls port 23456; lines typed here go to all callers",
            "ahoy listen\n"},
    example{verb::listen, "A room: what one caller says, all others are told",
            "ahoy listen 23456 --handler relay\n"
            "# each caller, with nc, or with ahoy:\n"
            "nc localhost 23456\n"
            "ahoy call localhost 23456\n"},
    example{verb::listen, "The hand-out's server, and a client in Python",
            "ahoy listen 23456 --handler greet\n"
            "# elsewhere:\n"
            "python3 -c 'import socket; s = socket.create_connection((\"localhost\", 23456)); "
            "print(s.recv(1024).decode()); s.close()'\n"},
    example{verb::listen, "Over IPv4, a Unix socket and UDP at once, for this machine alone",
            "ahoy listen 127.0.0.1:23456 unix:///tmp/ahoy.sock udp://127.0.0.1:23456\n"
            "# elsewhere:\n"
            "nc -U /tmp/ahoy.sock\n"
            "nc -u 127.0.0.1 23456\n"},
    example{verb::listen, "A program for each caller, without a shell",
            "ahoy listen 23456 --exec tr a-z A-Z\n"
            "# elsewhere: tr answers when it has read all, and send ends its half\n"
            "ahoy send localhost 23456 hello\n"},
    example{verb::listen, "Receive a file from one caller, byte for byte; listen alone would label its lines",
            "ahoy listen 23456 --once --exec sh -c 'cat > copy'\n"
            "# the sender:\n"
            "ahoy send localhost 23456 < file\n"},
    example{
        verb::listen, "An encrypted chat between two machines; the line that listen prints names its key",
        "ahoy listen tls://:23456\n"
        "# the other machine: that line, with the digits that it has\n"
        "ahoy call "
        "tls://"
        "chat.example.org:23456#sha256=12a3984a18599fce9db004d7135312c60e9c3c18ec079c3372ed1367e6e172c0\n"},
    example{verb::listen, "A public server with a certificate that an authority has signed",
            "ahoy listen tls://:23456 --cert server.pem --key server.key --no-commands --max-per-address 64\n"
            "# anybody:\n"
            "ahoy call tls://chat.example.org:23456\n"},
    example{verb::listen, "For those alone who have the same token, which is never sent",
            "# once, for both machines: (umask 077; openssl rand -hex 32 > token)\n"
            "ahoy listen tls://:23456 --token token\n"
            "# the other machine:\n"
            "ahoy call "
            "tls://"
            "chat.example.org:23456#sha256=12a3984a18599fce9db004d7135312c60e9c3c18ec079c3372ed1367e6e172c0 "
            "--token token\n"},
    example{verb::listen, "For those callers alone whose keys are in a file, a line each: sha256=DIGITS",
            "ahoy listen tls://:23456 --allow-key keys\n"
            "# a caller makes a key; the second command shows its DIGITS\n"
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj /CN=alice "
            "-keyout alice.key -out alice.pem\n"
            "openssl x509 -in alice.pem -noout -pubkey | openssl pkey -pubin -outform DER | sha256sum\n"
            "ahoy call "
            "tls://"
            "chat.example.org:23456#sha256=12a3984a18599fce9db004d7135312c60e9c3c18ec079c3372ed1367e6e172c0 "
            "--cert alice.pem --key alice.key\n"},
    example{verb::listen, "What happens, as JSON for another program; its lines are words to callers",
            "ahoy listen 23456 --json\n"},

    example{verb::call, "Talk with a server; ctrl-D ends our half",
            "# the server, with nc:\n"
            "nc -l 23456\n"
            "# the caller:\n"
            "ahoy call localhost 23456\n"},
    example{verb::call, "As one end of a pipe: what comes in is written as it is",
            "# the server:\n"
            "python3 -m http.server 8080\n"
            "# the caller:\n"
            "printf 'GET / HTTP/1.0\\r\\nHost: localhost\\r\\n\\r\\n' | ahoy call localhost 8080 > page\n"},
    example{verb::call, "Over UDP, and over a Unix socket",
            "# the server:\n"
            "ahoy listen udp://:23456 unix:///tmp/ahoy.sock\n"
            "# two callers:\n"
            "ahoy call udp://localhost:23456\n"
            "ahoy call unix:///tmp/ahoy.sock\n"},
    example{verb::call, "See every byte that comes in", "ahoy call localhost 23456 --hex\n"},

    example{verb::send, "Deliver a line, print the reply, and know what became of it",
            "# the receiver:\n"
            "ahoy listen 23456\n"
            "# the sender:\n"
            "ahoy send localhost 23456 'hello from here' -v\n"
            "echo $?\n"},
    example{verb::send,
            "Deliver a file whole: 0 means that the peer's system acknowledged every byte, and our end",
            "# the receiver, with nc:\n"
            "nc -l 23456 > copy\n"
            "# the sender:\n"
            "ahoy send localhost 23456 < file\n"},
    example{verb::send, "Two messages, each led by its length",
            "# the receiver:\n"
            "ahoy listen 23456 --framing length\n"
            "# the sender:\n"
            "ahoy send localhost:23456 first second --framing length\n"},
    example{verb::send, "A datagram to a Python server, waiting up to 2s for its answer",
            "# the server:\n"
            "python3 -c 'import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); "
            "s.bind((\"127.0.0.1\", 23456)); text, peer = s.recvfrom(1024); s.sendto(text.upper(), peer)'\n"
            "# the client:\n"
            "ahoy send udp://127.0.0.1:23456 hello --after-eof 2s\n"},
    example{verb::send, "Give up after 5s, and see what would be done without doing it",
            "ahoy send localhost 23456 hello --timeout 5s --explain\n"},
    example{verb::send, "Post JSON to a web server, and put a file there",
            "ahoy send http://localhost:8080/things '{\"name\": \"a\"}' --header 'Content-Type: "
            "application/json'\n"
            "ahoy send http://localhost:8080/file --method PUT < file\n"},
    example{verb::send, "A mail with a file attached, over TLS; the password is asked for",
            "ahoy send smtps://mail.example.org --user alice --from alice@example.org --to bob@example.org "
            "--subject report --attach report.pdf 'the figures are inside'\n"},
    example{verb::send, "A file to an FTP server",
            "ahoy send ftps://files.example.org/report.pdf --user alice < report.pdf\n"},
    example{verb::send, "Post an article",
            "ahoy send nntps://news.example.org/misc.test --from 'Alice <alice@example.org>' --subject test "
            "'hello, all'\n"},

    example{verb::fetch, "The newsgroups of comp.lang, and the last 20 articles of one of them",
            "ahoy fetch 'nntp://news.example.org/comp.lang.*' --starttls\n"
            "ahoy fetch nntp://news.example.org/comp.lang.c++ --last 20 --starttls\n"},

    example{verb::fetch, "A page, and a file that is written whole or not at all",
            "# the server:\n"
            "python3 -m http.server 8080\n"
            "# elsewhere:\n"
            "ahoy fetch http://localhost:8080/\n"
            "ahoy fetch http://localhost:8080/file --output file\n"},

    example{verb::fetch,
            "What a folder holds, and one of its files, going on where an earlier run was cut off",
            "ahoy fetch ftp://files.example.org/pub/\n"
            "ahoy fetch ftp://files.example.org/pub/image.iso --output image.iso --resume\n"},

    example{verb::fetch, "A menu of Gopher, and a text that it names",
            "ahoy fetch gopher://gopher.example.org/\n"
            "ahoy fetch gopher://gopher.example.org/0/about.txt\n"},

    example{verb::fetch, "Take a mail out of a mailbox, once it is written",
            "ahoy fetch pop3s://mail.example.org/1 --user alice --output 1.eml --delete\n"},

    example{verb::fetch, "What is new in a mailbox, and one of its messages",
            "ahoy fetch 'imaps://mail.example.org/INBOX?UNSEEN' --user alice\n"
            "ahoy fetch imaps://mail.example.org/INBOX/1042 --user alice --output message.eml\n"},

    example{verb::bench, "How many exchanges of 64 bytes a second a server does with 64 callers",
            "# the server:\n"
            "ahoy listen 23456 --handler echo\n"
            "# elsewhere:\n"
            "ahoy bench localhost 23456\n"},
    example{verb::bench, "16 at a time on each of 1000 connections, for 10s, as JSON",
            "ahoy bench localhost:23456 --connections 1000 --depth 16 --duration 10s --json\n"},
    example{verb::bench, "Datagrams, 64 under way, and how many were lost",
            "# the server:\n"
            "ahoy listen udp://127.0.0.1:23456 --handler echo\n"
            "# elsewhere:\n"
            "ahoy bench udp://127.0.0.1:23456 --connections 1 --depth 64\n"},
    example{verb::bench, "How many connections a second, each for one exchange",
            "ahoy bench connect localhost 23456\n"},
    example{verb::bench, "What each server model costs, beside the figures of Stevens",
            "ahoy bench models --plot models.svg\n"},
};

}  // namespace

std::span<const example> all_examples() noexcept { return table; }

}  // namespace ahoy::inline v0
