#include <ahoy/command/internet_option_rows.hpp>
#include <ahoy/command/option_table.hpp>

#include <algorithm>
#include <array>

namespace ahoy::inline v0 {
namespace {

constexpr std::array framings{
    choice{"line", "ended by LF; CR LF is accepted"},
    choice{"raw", "no borders: whatever arrives together"},
    choice{"length", "led by its length, 32 bits, big-endian"},
    choice{"nul", "ended by NUL"},
};
constexpr std::array ends{
    choice{"wait", "keep our half open until the peer has ended its own"},
    choice{"close", "leave as soon as what was sent is acknowledged"},
};
constexpr std::array handlers{
    choice{"talk", "callers talk with whoever runs the listener"},
    choice{"relay", "what one says goes to all others"},
    choice{"greet", "sends a greeting and closes"},
    choice{"echo", "sends back what comes"},
    choice{"discard", "reads, and says nothing"},
    choice{"time", "sends the time as one RFC 3339 line"},
};
constexpr std::array models{
    choice{"event", "all callers at once, on one thread"},
    choice{"iterative", "one caller at a time; the next ones wait"},
    choice{"process", "a process for each caller"},
    choice{"thread", "a thread for each caller"},
};
constexpr std::array engines{
    choice{"auto", "the best that this machine has"},
    choice{"epoll", "epoll(7)"},
    choice{"uring", "io_uring(7), where the kernel allows it"},
};
constexpr std::array slow_policies{
    choice{"disconnect", "the slow caller is cut"},
    choice{"drop-oldest", "it loses what waits longest"},
    choice{"drop-newest", "it loses what is new"},
    choice{"block", "everybody waits for it"},
};
constexpr std::array log_formats{
    choice{"text", "TIME EVENT NAME=VALUE..., a value in quotes where it is more than a word"},
    choice{"json", "an object"},
};
constexpr std::array confirmations{
    choice{"sent", "handed to our kernel"},
    choice{"acked", "the peer's system acknowledged every byte"},
    choice{"closed", "acked, and the peer ended its side without a reset"},
    choice{"delivered", "the peer's program acknowledged each message (ahoy: only)"},
};

constexpr std::string_view everywhere = "listen call send fetch bench";
constexpr std::string_view conversations = "listen call send";

constexpr std::array own_rows{
    option{
        "--framing", "", value_kind::choice, "FRAMING", "", conversations, section::messages,
        "how messages are cut from a stream",
        "The default is line for talk, relay and send's MESSAGEs, raw elsewhere. Under line and nul an "
        "unterminated last message is a message, and a MESSAGE that contains its delimiter is refused. talk "
        "and relay show an unfinished line after 300 ms of quiet, marked with an ellipsis, since many "
        "programs send no newline; --framing line given explicitly is strict. The other handlers and --exec "
        "know raw alone. With --no-commands too what is piped into listen is said "
        "as it is under raw, byte for byte, where no endpoint is one of datagrams. A datagram is one message "
        "whatever it contains: over "
        "UDP call and send write "
        "the bytes of each unchanged, so that two without a newline run together, unless it is a terminal or "
        "a FRAMING other than raw is given: then each that does not end in a newline gets one.",
        framings},
    option{"--max-message", "", value_kind::size, "SIZE", "1m", conversations, section::messages,
           "the longest message that is accepted",
           "A longer one is status 63; listen tells the caller that sent it so, and cuts it. Under raw "
           "framing more "
           "than this is handed on in pieces. From 1 byte to 4294967295."},
    option{
        "--confirm", "", value_kind::choice, "HOW", "", "send", section::messages,
        "what must be known for status 0",
        "The default is the strongest that the transport has: closed for tcp, tls and unix, sent for udp. "
        "After a "
        "FIN that the peer's system acknowledged, closed waits for the peer's own end. It is no proof that "
        "the program read: TCP has none, so delivered is refused on tcp, and udp knows sent alone. What is "
        "not confirmed is status 18 and a count of what is known; 28 where --timeout ended the wait.",
        confirmations},

    option{"--after-eof", "", value_kind::after_eof, "RULE", "", conversations, section::end,
           "what follows the end of the input",
           "On a stream the default is one rule: our half is closed (FIN), and we go on receiving until the "
           "peer ends its half, however long it takes. A DURATION, as in 2s, is the longest that is waited "
           "after our FIN. Datagrams have no end: call and send listen 1s more, or this long, under close "
           "not at all, under wait without an end; the first answer ends send. Under talk and relay a "
           "caller that ended its half has left, and is closed once what is queued for it is flushed; wait "
           "keeps it.",
           ends},
    option{"--timeout", "", value_kind::duration, "DURATION", "none", everywhere, section::end,
           "the longest that the whole run may take", "Then it ends with status 28."},
    option{"--connect-timeout",
           "",
           value_kind::duration,
           "DURATION",
           "10s",
           everywhere,
           section::end,
           "the longest that finding and connecting to a name may take",
           "It is for all addresses of the name together. Then the command ends with status 28. listen "
           "connects to nobody.",
           {},
           "listen"},

    option{"--source", "", value_kind::address, "ADDR", "the system's choice", everywhere, section::addresses,
           "the local address to use",
           "A host or host:port of this machine, or a port alone, 5000 or :5000, of whichever address the "
           "system chooses. It chooses the interface of broadcasts and of multicast groups. For listen it is "
           "the interface on which a group of udp is joined, and goes with udp alone."},
    option{"-4", "", value_kind::flag, "", "", everywhere, section::addresses, "IPv4 alone",
           "With -6, either."},
    option{"-6", "", value_kind::flag, "", "", everywhere, section::addresses, "IPv6 alone",
           "With -4, either."},

    option{"--hex", "", value_kind::flag, "", "", conversations, section::output,
           "show what comes in as hexdump -C does", "Not together with --json."},
    option{"--timestamps", "", value_kind::flag, "", "", conversations, section::output,
           "lead each message by its time", "RFC 3339 with milliseconds, in UTC."},
    option{
        "--json", "", value_kind::flag, "", "", everywhere, section::output,
        "one JSON object per line, out and in",
        "listen and call print {\"time\":...,\"event\":...,\"from\":...,\"text\":...} for each event "
        "(message, "
        "join, leave, drop, busy), where the text of a join is the transport, tcp, unix or udp, and of a "
        "leave "
        "done or what ended the conversation, with \"data\" in base64 where the text is not UTF-8, and read "
        "{\"to\":...,\"text\":...} from their input; without \"to\" it is for all. What one message is says "
        "--framing: call's own default is raw, whose texts are pieces of a stream, so that two may run "
        "together; with line each keeps its borders. A line that is none ends "
        "call, with status 26, since what it meant was not said; listen says so on standard error and goes "
        "on, for its callers' sake. send prints one object: "
        "{\"sent\":...,\"acknowledged\":...,\"confirm\":...,\"status\":...,\"reply\":...}, for words that "
        "make no "
        "sense too (status 2); bench too prints "
        "one. fetch prints lists so, a row an object: folders, menus, mailboxes, newsgroups, and the header "
        "that --head gets. "
        "Where nobody "
        "reads what "
        "listen prints, a message waits with its caller and a join for as long as its caller is here; how "
        "many "
        "came and left meanwhile, or were told busy, a drop event without a name says."},

    option{
        "--log", "", value_kind::text, "FILE", "none", "listen", section::output,
        "a line for each event: who came, who was refused, who left and why",
        "- is standard error. Each line has the time (UTC) and the event: listening, joined, left, "
        "refused, dropped, exhausted, and more, which is how many were refused and not named, since of "
        "those no more than some are told a second. left has the peer, the transport, the version and key "
        "of TLS where they are known, milliseconds, bytes received and sent, of TLS as they went over the "
        "network, and the reason. Bytes are left out where nobody counts them: of a Unix socket and a "
        "datagram that are served by a worker. What peers say in it is escaped. The file is appended to, "
        "and made "
        "with mode 0640, by whom --user says; SIGHUP opens it anew, so rename it first. Where it cannot be "
        "written any more, that is said once on standard error, and the server goes on."},
    option{"--log-format", "", value_kind::choice, "FORMAT", "text", "listen", section::output,
           "how the lines of --log are written", "It goes with --log.", log_formats},
    option{"--metrics", "", value_kind::text, "HOST:PORT", "none", "listen", section::output,
           "answer Prometheus at http://HOST:PORT/metrics",
           "On an address of its own, which strangers should not reach: it says how many are here. A port "
           "alone is every address. Callers that are here, that came, and left by reason, those who were "
           "refused by reason, bytes, drops, handshakes. One request a connection, within 5s, and 16 "
           "connections at a time."},
    option{"--handler", "", value_kind::choice, "NAME", "talk", "listen", section::server,
           "what is done for each caller", "", handlers},
    option{"--greeting", "", value_kind::text, "TEXT", "Thank you for connecting", "listen", section::server,
           "what --handler greet sends", "Exactly these bytes: no newline is added."},
    option{"--model", "", value_kind::choice, "MODEL", "event", "listen", section::server,
           "how callers are served", "See MODELS for what changes with it.", models},
    option{
        "--workers", "", value_kind::number, "N", "0", "listen", section::server, "how many serve",
        "So many processes, threads or loops are kept from the start. 0 is the model's own number: a process "
        "or a thread for each caller, and one loop for event."},
    option{"--engine", "", value_kind::choice, "ENGINE", "auto", "listen", section::server,
           "what carries out input and output", "", engines},
    option{
        "--once", "", value_kind::flag, "", "", "listen", section::server, "serve one caller, then end",
        "The end of the input then counts as it does for call: our half is closed, and the caller's end is "
        "awaited."},
    option{"--no-commands", "", value_kind::flag, "", "", "listen", section::server,
           "@NAME, /who, /kick and /quit are plain text", "For input that others write."},
    option{
        "--drain", "", value_kind::duration, "DURATION", "2s", "listen", section::server,
        "after SIGINT or SIGTERM, the longest that queues are flushed",
        "What callers had said by then is still heard, those that take what is queued for them get it, and "
        "programs of --exec see the end of their input and may write the rest; then all are closed and "
        "listen "
        "exits 0, or 23 where what was heard could not be written by then. Whoever takes longer is cut, and "
        "a "
        "second signal cuts all."},

    option{
        "--max-clients", "", value_kind::number, "N", "what descriptors allow, less 32", "listen",
        section::callers, "how many callers at once",
        "One more is told `busy` and closed. Nobody can know whether a UDP caller has left, so the one that "
        "has been silent for longest makes way for whoever connects, and for another over UDP once it has "
        "been "
        "silent for 1s, as long as one waits for an answer: more callers than places would else put each "
        "other out. A UDP caller is told busy where none makes way. Of many who are told busy, turned away "
        "or make way, the first are named one "
        "by one, and then a line a second says how many more there were. "
        "The soft limit of descriptors is raised to the hard one. The default is that limit, less 32 for "
        "everything else and 7 for each of --workers; half of that under event with more than one worker, "
        "whose loops have a copy of each. Where each caller has a process or a thread of its own it is a "
        "quarter, at most 1024, and at most half of what RLIMIT_NPROC, kernel.threads-max and "
        "kernel.pid_max allow."},
    option{"--backlog", "", value_kind::number, "N", "somaxconn", "listen", section::callers,
           "how many may wait to be accepted", "The system takes no more than net.core.somaxconn."},
    option{"--max-per-address", "", value_kind::number, "N", "none", "listen", section::callers,
           "how many callers at once from one address",
           "One more is told `busy` and closed, under every model; over TLS by the alert internal_error. An "
           "IPv4 host is one address, of IPv6 the /64 is, but for hosts on the same link and those behind a "
           "translator (64:ff9b::/96). TCP and TLS count together, UDP apart from them, since whoever "
           "sends datagrams may be forged: there the one from that address that has been silent for longest "
           "makes way, once it has been so for 1s. Callers of Unix sockets have no address, and no such "
           "limit. There is none by default, since no number suits both a room full of people behind one "
           "address, or a benchmark, and a stranger; but over UDP it is 32 under relay, where what one "
           "says goes to all, and would go to a victim as often as somebody has forged its address."},
    option{"--rate-per-address", "", value_kind::number, "N", "none", "listen", section::callers,
           "how many new callers a second from one address",
           "After the first --burst-per-address, which come at any rate (a token bucket). Over UDP what "
           "counts is a new conversation, or under process and thread each datagram. One more is told "
           "`busy`, as for --max-per-address; what an address is stands there, too. The server remembers "
           "65536 addresses whose callers have left, and beyond that forgets the one that was seen longest "
           "ago."},
    option{"--burst-per-address", "", value_kind::number, "N", "ten times --rate-per-address", "listen",
           section::callers, "how many new callers from one address may come together",
           "It goes with --rate-per-address."},
    option{
        "--allow", "", value_kind::network, "CIDR", "all", "listen", section::callers,
        "callers from there alone; may be repeated",
        "10.0.0.0/8, 2001:db8::/32, or one host. --deny wins where both hold. @FILE names a file of them, "
        "one "
        "a line, where # begins a comment; SIGHUP has it read again. One in which there is none is refused, "
        "since everybody could call."},
    option{"--deny", "", value_kind::network, "CIDR", "none", "listen", section::callers,
           "no callers from there; may be repeated", "Or @FILE, as for --allow; it may hold none."},
    option{"--idle-timeout", "", value_kind::duration, "DURATION", "none", "listen", section::callers,
           "cut a caller that sends nothing for so long", "By a reset: see THE END."},
    option{
        "--stall-timeout", "", value_kind::duration, "DURATION", "2m", "listen", section::callers,
        "cut a caller that takes nothing of what waits for it for so long",
        "By a reset, under every model and whoever serves it, a program of --exec too: one that never "
        "reads must not hold a place or a worker for ever. It has stalled when its system acknowledged no "
        "byte for that long, while there was one to acknowledge; that is looked at four times in each "
        "DURATION. Whoever reads, however slowly, is not cut. The handlers talk and relay have --slow-after "
        "and --slow instead. Over UDP nothing waits for a caller, and of a Unix socket at a worker "
        "nobody knows what was taken: neither is cut."},
    option{
        "--message-timeout", "", value_kind::duration, "DURATION", "none", "listen", section::callers,
        "the longest from a message's first byte to its end",
        "Of talk and relay: cut is whoever takes longer, by a reset. --idle-timeout begins anew with every "
        "byte, so that many callers who say one now and then would stay for ever. An unfinished line that "
        "is shown is not ended thereby, so this is not for callers whose programs send no newline. Raw "
        "framing and datagrams know no such message: there it is refused."},
    option{"--handshake-timeout", "", value_kind::duration, "DURATION", "10s", "listen", section::callers,
           "the longest that a TLS handshake may take",
           "Of a tls endpoint, from the moment when a caller was accepted; of one that had to wait for a "
           "worker, "
           "from its turn. One that takes longer is closed, and said. Whoever is silent holds no turn and no "
           "worker meanwhile."},
    option{"--queue", "", value_kind::size, "SIZE", "4m", "listen", section::callers,
           "what may wait for one caller",
           "Under talk and relay. A full queue first pauses reading from whoever fills it. From 1 byte."},
    option{"--slow-after", "", value_kind::duration, "DURATION", "2s", "listen", section::callers,
           "a caller is slow that took no byte for so long while its queue was full",
           "Under talk and relay. That it took some is known when its system acknowledges them, which it "
           "does in steps: once its "
           "buffers are full, on loopback only after some 64 kB have been read. One that reads less than "
           "that within the DURATION may be called slow."},
    option{"--slow", "", value_kind::choice, "POLICY", "disconnect", "listen", section::callers,
           "what is done about a slow caller",
           "Under talk and relay. It happens to that caller alone, and is counted and said, at the end once "
           "more in all; only block "
           "harms the others.",
           slow_policies},

    option{"--connections", "", value_kind::number, "N", "64; 10 for connect and models", "bench",
           section::load, "how many are open at once", "From 1. What descriptors allow is the limit."},
    option{"--size", "", value_kind::size, "SIZE", "64; 4000 for models", "bench", section::load,
           "how many bytes are sent, and expected back, each time",
           "From 1 byte; over UDP, from 8 to 65507."},
    option{"--depth", "", value_kind::number, "N", "1", "bench", section::load,
           "how many are sent on a connection before the first answer is awaited",
           "From 1 to 65536. connect and models send one on each connection."},
    option{"--duration", "", value_kind::duration, "DURATION", "5s, or none with --count", "bench",
           section::load, "how long is measured",
           "What is under way then is not counted. A connection on which nothing was answered by then is an "
           "error. models goes by --count alone."},
    option{"--count", "", value_kind::number, "N", "none; 5000 for models", "bench", section::load,
           "end after so many exchanges; under connect and models, connections",
           "Each connection gets its even share, from the start; no more than N are opened."},
    option{"--plot", "", value_kind::text, "FILE", "none", "bench", section::load,
           "draw the result into this file, as SVG", "A file of that name is written anew."},

    option{"--explain", "", value_kind::flag, "", "", everywhere, section::general,
           "say what this would do, and do nothing",
           "Every default is filled in. Nothing is opened or looked up."},
    option{"--verbose", "-v", value_kind::count, "", "", everywhere, section::general,
           "say more on standard error; twice, still more",
           "Who comes and goes, what send has confirmed, the fingerprint of the key that --cert of call and "
           "send shows; twice, also each datagram that is dropped or not answered."},
    option{"--version", "", value_kind::request, "", "", everywhere, section::general, "print the version",
           ""},
    option{"--help", "-h", value_kind::request, "", "", everywhere, section::general,
           "print a short help; `ahoy help VERB` is the long one", ""},
    // It takes all the words that follow, so it comes last.
    option{
        "--exec", "", value_kind::command, "CMD...", "", "listen", section::server,
        "a program per caller; comes last and takes the rest",
        "No shell is involved. The program's standard input and output are the connection, AHOY_PEER and "
        "AHOY_LOCAL in its environment are the caller's label and our address. It takes the place of "
        "--handler. Over UDP each of its reads is a datagram, and each of its writes sends one. A peer has "
        "no end there: under event and iterative, a program that reads to the end of its input before it "
        "answers (tr, sort) never answers; under process and thread each datagram is a request, and its "
        "end follows it. A program that is not there, or may not be executed, is status 2 before anything is "
        "listened on. When listen is to "
        "end, each program sees the end of its input once it has read what had come, and no other is "
        "started; "
        "one that still runs when --drain is over, at a second signal, or when its caller is cut, gets "
        "SIGTERM with all that it started in its process group, and 0.1s later SIGKILL. What a program "
        "leaves "
        "behind in its process group is killed when it has ended; setsid(1) takes it out. One that ends with "
        "another status than 0 is told as the reason why its caller left, and with --once is status 1."},
};

/// Those of the internet's protocols stand before --exec, which takes all that follows.
constexpr auto with_internet_rows() {
  std::array<option, own_rows.size() + internet_option_rows.size()> all{};
  const auto end = std::copy(own_rows.begin(), own_rows.end() - 1, all.begin());
  *std::copy(internet_option_rows.begin(), internet_option_rows.end(), end) = own_rows.back();
  return all;
}
constexpr auto table = with_internet_rows();

constexpr std::array<std::string_view, 12> titles{
    "Messages", "Ends and limits", "Addresses", "Output", "Server",  "Callers",
    "Load",     "Content",         "Mail",      "Login",  "General", "Accepted, without effect",
};

constexpr std::string_view listen_text =
    "Waits for callers and answers them. Each ENDPOINT is listened on: tcp://host:port, tls://host:port, "
    "udp://host:port, "
    "unix:///path, host:port, :port, or a port alone. Without any it is port 23456 of every address.\n"
    "Standard output carries messages alone, each led by who said it: `[127.0.0.1:40112] hello`. Standard "
    "error "
    "carries the rest, first, for each bound address, `listening on tcp://0.0.0.0:23456 (event)` with the "
    "real "
    "port where 0 was asked. Names are 127.0.0.1:40112, [::1]:40112, unix:1. Labelled lines are escaped: no "
    "caller can move the cursor or pretend to be another.\n"
    "Under talk a line from the terminal or a pipe goes to all callers, or does something:\n"
    "  @NAME text    says it to one caller\n"
    "  /who          lists the callers\n"
    "  /kick NAME    cuts one, by a reset\n"
    "  /quit         ends, as SIGTERM does\n"
    "  // and @@     begin a line with a plain / or @\n"
    "Over tls:// it shows --cert, or else a key of its own, whose fingerprint is in the line to paste: "
    "`ahoy call tls://HOST:PORT#sha256=...`. --allow-key, --require-client-cert and --token say who may "
    "call.\n"
    "The end of the input changes nothing, but with --once. SIGINT and SIGTERM drain: queues are flushed, "
    "callers closed, and the status is 0 (see --drain).\n"
    "SIGHUP has the files of --allow and --deny, --cert, --key, --cacert, --allow-key and --token read "
    "again: "
    "if all of them can be, they hold for callers to come; else nothing changes, and standard error says "
    "why. That of --log "
    "is opened anew. When the terminal goes, SIGHUP ends it.\n"
    "SIGUSR2 starts the program anew, as its file is by now, with the same words, and hands over what is "
    "listened on: no caller is refused meanwhile. Once the new one serves, the old one lets its callers "
    "finish "
    "for as long as --drain says, and exits 0; where the new one cannot serve, the old one goes on, and says "
    "why.\n"
    "Of sockets that systemd hands over (LISTEN_FDS) each serves the ENDPOINT that it is the same as; "
    "without "
    "any ENDPOINT all are served, as tls those that are named so (FileDescriptorName=tls). NOTIFY_SOCKET is "
    "told of readiness.\n";

constexpr std::string_view call_text =
    "Holds a conversation with one peer: standard input goes out, what comes in goes to standard output, "
    "byte "
    "for byte (on a terminal, control bytes are escaped).\n"
    "When the input ends, our half is closed and we go on receiving until the peer ends its half. When the "
    "peer "
    "ends first: status 0 if all that we sent was acknowledged, else 18; a reset is 56. Over UDP there is no "
    "end: 1s after the input has ended, it is over. SIGINT and SIGTERM end it as they end any program.\n"
    "Over tls:// the peer is verified: by the fingerprint that the URL ends with, "
    "tls://HOST:PORT#sha256=..., "
    "which is remembered; by the one remembered; or by its certificate. Who is not believed is status 60, "
    "with "
    "the line that would accept it. A peer that wants to know who we are is shown --cert, or proved --token. "
    "A peer that ends without close_notify was cut, for all one knows: 56.\n"
    "telnet://HOST speaks Telnet: at a terminal, where the server echoes, each key goes at once, and Ctrl-] "
    "leaves; "
    "-v shows what is negotiated. Some servers hang up as soon as our half is closed, telnetd is one: with "
    "--after-eof "
    "wait it stays open until they end.\n"
    "Over UDP each line of the input is a datagram. Of those that come, too, the bytes are written as they "
    "are: where one ends is seen on a terminal, with --framing line (each is a line of its own), and with "
    "--json (each is an event), and nowhere else.\n";

constexpr std::string_view send_text =
    "Delivers, prints the reply, and exits with the truth: 0 means that what --confirm asks was given; "
    "anything "
    "less has its own status and a count.\n"
    "Each MESSAGE is one message: a line, unless --framing says otherwise, or one datagram over UDP. Without "
    "any, "
    "standard input is sent as it is; over UDP each of its lines is a datagram. A MESSAGE that begins with - "
    "stands after --.\n"
    "To a URL of another scheme it sends to a server of the internet. 0 means that the server said that it "
    "has "
    "it; 18 that its last word was not heard; 22 that it refused, be it one recipient of several.\n"
    "  http://HOST/PATH      one MESSAGE, or standard input, as the content; https with TLS\n"
    "  ftp://HOST/FILE       the same as a file; ftps with TLS\n"
    "  smtp://HOST           a mail: --from, --to and --subject make its header, the MESSAGEs (or standard "
    "input) are its lines. Without --subject standard input is the whole mail; smtps with TLS\n"
    "  nntp://HOST/GROUP     an article: --from and --subject make its header, the MESSAGEs (or standard "
    "input) are its lines. nntp://HOST/ takes a whole article from standard input; nntps with TLS\n"
    "  imap://HOST/MAILBOX   a mail that is kept there: the same options make it, or standard input is all "
    "of "
    "it; imaps with TLS\n"
    "Every server is connected to directly: http_proxy and its like are not used.\n";

constexpr std::string_view fetch_text =
    "Gets what a server holds, in the words of the internet's protocols:\n"
    "  http://HOST/PATH      what is there; https with TLS\n"
    "  ftp://HOST/FILE       a file below the folder of the login; //FILE from the root\n"
    "  ftp://HOST/FOLDER/    what is in it; ftps with TLS\n"
    "  gopher://HOST/1PATH   a menu; 0 a text, 9 a file, 7 a search; gophers with TLS\n"
    "  pop3://HOST/          the mailbox: numbers, sizes, UIDLs; pop3://HOST/N is message N; pop3s with TLS\n"
    "  imap://HOST/          mailboxes, and their attributes; imaps with TLS\n"
    "  imap://HOST/MAILBOX   its messages: UID, date, from, subject, size, flags; MAILBOX?UNSEEN some of "
    "them\n"
    "  imap://HOST/MAILBOX/UID   a message; imap://HOST/MAILBOX;UID=5;SECTION=1.2 a part of one, as it is\n"
    "  nntp://HOST/          newsgroups: name, last and first number, y, n or m; nntp://HOST/comp.* some\n"
    "  nntp://HOST/GROUP     its articles: number, date, from, subject, message-id, lines; nntps with TLS\n"
    "  nntp://HOST/GROUP/NUMBER, nntp://HOST/<ID@HOST>   an article\n"
    "What comes is written as it is, but to a terminal, where control bytes are escaped. Every server is "
    "connected to directly: http_proxy and its like are not used.\n";

constexpr std::string_view bench_text =
    "Measures a server that sends back what it gets, as `ahoy listen --handler echo` does: --connections are "
    "opened, then on each of them --size bytes are sent and awaited again and again, with --depth of them "
    "under "
    "way. Every byte that comes back is compared with what was sent. Printed are the rate, the times that "
    "50%, "
    "99% and 99.9% of the answers took no longer than, and the errors; a connection that failed is not used "
    "any "
    "further, and the first failure is told and gives the status: 8 where something else came back, 56 where "
    "the "
    "peer ended early, 28 where nothing came back, 7 where it could not be connected to.\n"
    "Over UDP each of the --connections is a socket, and what is sent and comes back is a datagram of 8 "
    "bytes "
    "or more, led by its number: the order does not matter. One that does not come back within a second is "
    "an "
    "error, as one that was lost, and the next is sent in its place.\n"
    "bench connect ENDPOINT measures connections instead: each is connected, used for one exchange, and "
    "closed, "
    "and its time is that of all three.\n"
    "bench models starts `ahoy listen` on this machine under one model after another, on the load that "
    "Stevens "
    "used (UNIX Network Programming, volume 1, chapter 30): 5000 connections, 10 at once, 4000 bytes each; "
    "his "
    "server sent 4000 bytes when asked, ours sends back the 4000 that it got. Shown are the processor time, "
    "user "
    "and system, of the whole tree of the server's processes, and what of it the model costs: its time less "
    "that "
    "of the iterative server, which does nothing but serve. Beside it stand the seconds that the third "
    "edition of the book has "
    "for the same design. Those are of a machine of 2003: compare the order, not the seconds.\n"
    "  ours                  in the book\n"
    "  process               1, a fork for each client\n"
    "  process, N workers    5, preforked, the parent passes descriptors\n"
    "  thread                6, a thread for each client\n"
    "  thread, N workers     8, prethreaded, the main thread accepts\n"
    "  event                 it has none\n"
    "The rate and the times depend on the machine and on what else it does, and client and server share it "
    "here: "
    "what differs by a few percent from one run to the next is the same.\n";

constexpr std::array verbs{
    verb_row{verb::listen, "listen", "[ENDPOINT...]", "answers callers", listen_text},
    verb_row{verb::call, "call", "ENDPOINT", "holds a conversation", call_text},
    verb_row{verb::send, "send", "ENDPOINT [MESSAGE...]", "delivers, and tells the truth about it",
             send_text},
    verb_row{verb::fetch, "fetch", "URL", "gets what a server holds", fetch_text},
    verb_row{verb::bench, "bench", "[connect] ENDPOINT | models",
             "measures an endpoint, or the models side by side", bench_text},
};

constexpr std::array<std::string_view, 1> later_verbs{"watch"};

}  // namespace

const verb_row& row_of(verb which) noexcept { return verbs[static_cast<std::size_t>(which)]; }

std::optional<verb> find_verb(std::string_view name) noexcept {
  const auto* found = std::ranges::find(verbs, name, &verb_row::name);
  return found == verbs.end() ? std::nullopt : std::optional(found->verb);
}

std::vector<std::string_view> verb_names() {
  std::vector<std::string_view> names(verbs.size());
  std::ranges::transform(verbs, names.begin(), &verb_row::name);
  return names;
}

bool is_later_verb(std::string_view name) noexcept {
  return std::ranges::find(later_verbs, name) != later_verbs.end();
}

std::string_view title_of(section which) noexcept { return titles[static_cast<std::size_t>(which)]; }

bool option::is_of(verb which) const { return std::ranges::count(words_of(verbs), row_of(which).name) != 0; }

section option::section_in(verb which) const noexcept {
  return std::ranges::count(words_of(idle), row_of(which).name) != 0 ? section::without_effect : where;
}

bool option::has_value() const noexcept { return kind > value_kind::request; }

std::span<const option> option_table() noexcept { return table; }

std::vector<const option*> options_of(verb which) {
  std::vector<const option*> found;
  for (const auto& row : table)
    if (row.is_of(which)) found.push_back(&row);
  return found;
}

const option* find_option(std::string_view spelling) noexcept {
  if (spelling.empty()) return nullptr;
  const auto* found = std::ranges::find_if(
      table, [&](const option& row) { return row.name == spelling || row.letter == spelling; });
  return found == table.end() ? nullptr : found;
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const auto word = text.substr(0, text.find(' '));
    if (!word.empty()) words.push_back(word);
    text.remove_prefix(std::min(word.size() + 1, text.size()));
  }
  return words;
}

}  // namespace ahoy::inline v0
