#pragma once
#include <ahoy/command/option_table.hpp>

#include <array>

namespace ahoy::inline v0 {

// The rows of option_table.cpp that belong to the internet's protocols.

inline constexpr std::string_view http_schemes = "http https";
inline constexpr std::string_view file_schemes = "http https ftp ftps";
inline constexpr std::string_view sending_schemes = "smtp smtps";
inline constexpr std::string_view mail_schemes = "smtp smtps imap imaps";
inline constexpr std::string_view article_schemes = "smtp smtps imap imaps nntp nntps";
inline constexpr std::string_view starttls_schemes = "ftp smtp pop3 imap nntp";
inline constexpr std::string_view login_schemes =
    "http https ftp ftps smtp smtps pop3 pop3s imap imaps nntp nntps";
inline constexpr std::string_view tls_schemes =
    "tls http https ftp ftps smtp smtps pop3 pop3s imap imaps nntp nntps gophers";

inline constexpr std::string_view every_url =
    "tls http https ftp ftps smtp smtps pop3 pop3s imap imaps nntp nntps gopher gophers telnet";

constexpr option internet_option(std::string_view name, value_kind kind, std::string_view value,
                                 std::string_view fallback, std::string_view verbs, section where,
                                 std::string_view summary, std::string_view details,
                                 std::string_view schemes) {
  return {name, "", kind, value, fallback, verbs, where, summary, details, {}, {}, schemes};
}

inline constexpr std::array internet_option_rows{
    internet_option(
        "--output", value_kind::text, "FILE", "standard output", "fetch", section::content,
        "where what is fetched goes",
        "It is written beside and gets its name at the end, so that no half of it is ever found "
        "under that name; a file that was there leaves its mode. What is no file, such as a pipe or "
        "/dev/null, is written to as it is.",
        ""),
    internet_option(
        "--resume", value_kind::flag, "", "", "fetch send", section::content,
        "go on where an earlier run was cut off",
        "fetch asks for what FILE.part of --output FILE lacks, where the server can tell that it is the same "
        "still, else for all of it. Begin with it, too: a run without --resume leaves no part. send, to FTP "
        "alone, sends what the server lacks of standard input, which must be a file.",
        file_schemes),
    internet_option("--max-size", value_kind::size, "SIZE", "none", "fetch", section::content,
                    "the most that is fetched", "More is status 63.", ""),
    internet_option("--head", value_kind::flag, "", "", "fetch", section::content, "the header alone", "",
                    "http https pop3 pop3s imap imaps nntp nntps"),
    internet_option("--body", value_kind::flag, "", "", "fetch", section::content, "the body alone", "",
                    "imap imaps nntp nntps"),
    internet_option(
        "--location", value_kind::flag, "", "", "fetch", section::content, "go where a redirect points",
        "At most ten times, and from https to https alone. A login goes to no other host.", http_schemes),
    internet_option("--compressed", value_kind::flag, "", "", "fetch", section::content,
                    "ask for compressed content, and decode it", "", http_schemes),
    internet_option("--range", value_kind::text, "RANGE", "all", "fetch", section::content,
                    "a part alone, in bytes",
                    "0-99 is the first hundred, 500- all from there on, -10 the last ten.", file_schemes),
    internet_option("--top", value_kind::number, "N", "all", "fetch", section::content,
                    "of a message the header and N lines", "", "pop3 pop3s"),
    internet_option("--last", value_kind::number, "N", "all", "fetch", section::content,
                    "of a list the last N", "", "imap imaps nntp nntps"),
    internet_option("--search", value_kind::text, "WORDS", "", "fetch", section::content,
                    "what to search for",
                    "Of IMAP, text that a message holds; what else its SEARCH knows is the URL's query: "
                    "imap://HOST/INBOX?UNSEEN%20FROM%20alice. Of Gopher, what a search server is asked.",
                    "imap imaps gopher gophers"),
    internet_option(
        "--delete", value_kind::flag, "", "", "fetch", section::content,
        "delete the message once it is written",
        "Of IMAP, only where the server can delete one alone (UIDPLUS); else it is status 22, and "
        "nothing is fetched.",
        "pop3 pop3s imap imaps"),
    internet_option("--header", value_kind::text, "HEADER", "", "fetch send", section::content,
                    "a header to send along, NAME: VALUE; may be repeated", "",
                    "http https smtp smtps imap imaps nntp nntps"),
    internet_option("--method", value_kind::text, "METHOD", "POST", "send", section::content,
                    "another than POST: PUT, PATCH", "", http_schemes),
    internet_option("--active", value_kind::flag, "", "", "fetch send", section::content,
                    "have the server connect to us for the data",
                    "As FTP did at first (PORT); else we connect to it (PASV), which passes more firewalls.",
                    "ftp ftps"),
    internet_option("--append", value_kind::flag, "", "", "send", section::content,
                    "to the end of the file there", "", "ftp ftps"),

    internet_option("--from", value_kind::text, "ADDRESS", "", "send", section::mail, "who it is from",
                    "alice@example.org, or 'Alice <alice@example.org>'.", article_schemes),
    internet_option("--to", value_kind::text, "ADDRESS", "", "send", section::mail,
                    "who it is for; may be repeated", "", mail_schemes),
    internet_option("--cc", value_kind::text, "ADDRESS", "", "send", section::mail,
                    "who gets a copy; may be repeated", "", mail_schemes),
    internet_option("--bcc", value_kind::text, "ADDRESS", "", "send", section::mail,
                    "who gets a copy that nobody is told of; may be repeated", "", sending_schemes),
    internet_option("--subject", value_kind::text, "TEXT", "", "send", section::mail, "what it is about",
                    "Without --subject and MESSAGEs standard input is the whole message, headers and all.",
                    article_schemes),
    internet_option("--attach", value_kind::text, "FILE", "", "send", section::mail,
                    "a file to go along; may be repeated", "", mail_schemes),

    internet_option(
        "--user", value_kind::text, "NAME[:...]", "what ~/.netrc has; of listen, who starts it",
        "listen fetch send", section::login, "who to log in as; of listen, who to be",
        "Of listen it is NAME[:GROUP], or numbers: started by root, it is that user from when its sockets "
        "are "
        "bound and its keys are read, before anybody is answered, and cannot gain anything back. A Unix "
        "socket's file is that user's. Of fetch and send: without a password it is asked for on the "
        "terminal. It is kept out of the process list, and of "
        "everything that is shown. Over a connection that is not encrypted it goes to this machine alone, "
        "unless --insecure allows it.",
        login_schemes),
    internet_option("--starttls", value_kind::flag, "", "", "fetch send", section::login,
                    "begin TLS before anything else, or end with status 35",
                    "So it is done, too, where a login goes to another machine.", starttls_schemes),
    internet_option(
        "--cacert", value_kind::text, "FILE", "the system's", "listen call send fetch bench", section::login,
        "certificates to believe, as PEM",
        "Of listen, those that callers' certificates are signed by: it goes with --require-client-cert.",
        tls_schemes),
    internet_option(
        "--cert", value_kind::text, "FILE", "none", "listen call send fetch bench", section::login,
        "our own certificate, as PEM",
        "With those that vouch for it, in their order. Without it listen makes a key of its own, once: "
        "identity.pem in $XDG_CONFIG_HOME/ahoy or ~/.config/ahoy.",
        tls_schemes),
    internet_option("--key", value_kind::text, "FILE", "in --cert", "listen call send fetch bench",
                    section::login, "its private key, as PEM", "", tls_schemes),
    internet_option(
        "--insecure", value_kind::flag, "", "", "call send fetch bench", section::login,
        "believe any certificate, and log in without encryption",
        "Whoever is on the way may then read and change everything: it is said on standard error.",
        every_url),
    internet_option("--require-client-cert", value_kind::flag, "", "", "listen", section::login,
                    "callers show a certificate that --cacert vouches for", "", "tls"),
    internet_option(
        "--allow-key", value_kind::text, "FILE", "all", "listen", section::login,
        "callers with these keys alone",
        "A fingerprint a line, sha256= and 64 digits; # begins a comment. A caller shows its key by a "
        "certificate (--cert), whoever signed it; --verbose tells it the fingerprint, and a refusal tells it "
        "to both ends.",
        "tls"),
    internet_option("--token", value_kind::text, "FILE", "none", "listen call send bench", section::login,
                    "a secret that both ends have, and prove to each other",
                    "16 to 4096 bytes, without the newline at the end; `openssl rand -hex 32` makes one that "
                    "nobody guesses. "
                    "It is proved inside TLS 1.3, and never sent. Of listen, nobody else is let in. The "
                    "server is verified "
                    "all the same; with --insecure its proof is all there is.",
                    "tls"),
    internet_option("--alpn", value_kind::text, "NAME", "none", "listen call send bench", section::login,
                    "what is spoken over TLS, as ALPN names it; may be repeated, the best first",
                    "Where both ends name protocols and have none in common, there is no conversation.",
                    "tls"),
};

}  // namespace ahoy::inline v0
