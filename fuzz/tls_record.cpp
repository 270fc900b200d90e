#include <ahoy/connection/tls_context.hpp>
#include <ahoy/connection/tls_identity.hpp>
#include <ahoy/connection/tls_session.hpp>
#include <ahoy/engine/buffer.hpp>

#include "target.hpp"
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <vector>

// Two sides that talk over TLS, and one in between. The first byte says what that one does: bytes of its own
// to a server or a client who waits for the first word, or, of a conversation between two, a record changed,
// left out, said twice or cut short. Whatever it does, nobody reads what was not said, and an end that was
// not said is none.

namespace {

constexpr std::string_view said = "what one side says to the other";

/// Made once; as a file that has no name.
const std::string& identity_file() {
  static const std::string name = [] {
    const std::string text = ahoy::make_identity("DNS:localhost,IP:127.0.0.1");
    const int file = ::memfd_create("identity", 0);
    fuzz::require(::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()),
                  "an identity is kept");
    return "/proc/self/fd/" + std::to_string(file);
  }();
  return name;
}

/// Who believes whom: by certificates; by keys, on both sides, who agree on what they speak; by a token that
/// both have. Or not: by a key that nobody has, by two tokens, by what the client lacks.
enum class trust : std::size_t {
  certificates,
  keys,
  token,
  wrong_key,
  wrong_token,
  no_certificate,
  no_token
};
constexpr std::array all_ways{trust::certificates, trust::keys,           trust::token,   trust::wrong_key,
                              trust::wrong_token,  trust::no_certificate, trust::no_token};

constexpr bool is_believed(trust how) { return how < trust::wrong_key; }

ahoy::tls_options options_for(trust how) {
  ahoy::tls_options made;
  made.authorities = identity_file();
  if (how == trust::keys) made.trusted_keys = {std::string(64, '0'), ahoy::key_fingerprint(identity_file())};
  if (how == trust::keys) made.protocols = {"ahoy/1", "other"};
  if (how == trust::token || how == trust::wrong_token || how == trust::no_token)
    made.token = "what both ends have";
  return made;
}

ahoy::tls_context new_server_side(trust how) {
  ahoy::tls_options made = options_for(how);
  made.certificate = identity_file();
  made.requires_certificate = how != trust::certificates;
  if (how == trust::wrong_key) made.trusted_keys = {std::string(64, '0')};
  return ahoy::tls_context::of_server(made);
}

ahoy::tls_context new_client_side(trust how) {
  ahoy::tls_options made = options_for(how);
  if (how != trust::no_certificate) made.certificate = identity_file();
  if (how == trust::wrong_token) made.token += ", or nearly so";
  if (how == trust::no_token) made.token.clear();
  return ahoy::tls_context::of_client(made);
}

const ahoy::tls_context& of_each_way(trust how, ahoy::tls_context make(trust),
                                     std::vector<ahoy::tls_context>& made) {
  if (made.empty()) std::ranges::transform(all_ways, std::back_inserter(made), make);
  return made.at(static_cast<std::size_t>(how));
}

const ahoy::tls_context& server_side(trust how) {
  static std::vector<ahoy::tls_context> made;
  return of_each_way(how, new_server_side, made);
}

const ahoy::tls_context& client_side(trust how) {
  static std::vector<ahoy::tls_context> made;
  return of_each_way(how, new_client_side, made);
}

/// One side, and what it has heard.
struct side {
  explicit side(ahoy::tls_session of) : session{std::move(of)} {}
  ahoy::tls_session session;
  std::string heard;
  bool greeted = false;  // the handshake is over, and it has said what it has to
  bool ended = false;    // the peer said that it ends
  bool broken = false;

  void go_on() {
    if (broken) return;
    broken = !fuzz::accepts([&] {
      if (!greeted && session.shake_hands()) {
        greeted = true;
        session.write(said);
        session.write_end();
      }
      if (!greeted) return;
      char room[16];
      for (auto got = session.read(room); got; got = session.read(room)) {
        if (*got == 0) {
          ended = true;
          return;
        }
        heard.append(room, *got);
      }
    });
  }
  std::string take() {
    std::string wire;
    session.take_outgoing(wire);
    fuzz::require(session.outgoing_size() == 0, "all that has to go was taken");
    return wire;
  }
  void check() const {
    fuzz::require(said.starts_with(heard), "nobody reads what was not said");
    fuzz::require(!ended || heard == said, "an end comes after all that was said");
  }
};

side new_server(trust how) { return side{ahoy::tls_session::to_client(server_side(how), "a caller")}; }
side new_client(trust how) {
  const char* const name = how == trust::certificates ? "localhost."
                           : how == trust::keys       ? "127.0.0.1"
                                                      : "localhost";
  return side{ahoy::tls_session::to_server(client_side(how), ahoy::host{name}, "localhost:1")};
}

void say_nonsense(side to, std::string_view bytes, std::size_t size) {
  to.go_on();
  to.take();
  for (const std::string_view piece : fuzz::cut(bytes, size)) {
    to.session.take(piece);
    to.go_on();
    to.take();
  }
  to.session.end();
  to.go_on();
  fuzz::require(to.heard.empty() && !to.ended, "nonsense is never read, nor an end");
}

/// What is done to a record on its way: its number, what, and where.
struct change {
  std::size_t record, what, where, with;
};

void meddle(std::string& wire, const change& by) {
  const std::size_t at = wire.empty() ? 0 : by.where % wire.size();
  switch (by.what % 5) {
    case 0:
      if (!wire.empty()) wire[at] = static_cast<char>(wire[at] ^ static_cast<char>(by.with | 1U));
      return;
    case 1:
      return wire.clear();
    case 2:
      wire += wire;
      return;
    case 3:
      wire.resize(at);
      return;
    default:
      wire.insert(at, 1, static_cast<char>(by.with));
      return;
  }
}

void pass(side& from, side& to, std::size_t& turn, const std::optional<change>& by) {
  from.go_on();
  std::string wire = from.take();
  if (wire.empty()) return;
  if (by && turn++ == by->record) meddle(wire, *by);
  static ahoy::buffer_pool pool;
  if (wire.size() > ahoy::buffer_pool::block_size || wire.empty()) return to.session.take(wire);
  to.session.take(pool.copy(wire));
}

void talk(trust how, const std::optional<change>& by) {
  side client = new_client(how);
  side server = new_server(how);
  std::size_t turn = 0;
  for (int round = 0; round < 8; ++round) {
    pass(client, server, turn, by);
    pass(server, client, turn, by);
  }
  client.session.end();
  server.session.end();
  client.go_on();
  server.go_on();
  client.check();
  server.check();
  fuzz::require(is_believed(how) || (server.broken && server.heard.empty()),
                "who is not believed is not heard");
  if (by || !is_believed(how)) return;
  fuzz::require(client.ended && server.ended, "those who are left alone hear each other to the end");
  fuzz::require(client.session.is_resumed() == server.session.is_resumed(), "both remember, or neither");
  fuzz::require(client.session.version() == "TLSv1.3" && !client.session.peer_key().empty(),
                "each knows the other");
  fuzz::require(client.session.protocol() == (how == trust::keys ? "ahoy/1" : ""),
                "they agree on what they speak");
}

void read(std::string_view input) {
  const std::size_t begin = fuzz::take_byte(input);
  const std::size_t what = begin % 4;
  const auto how = all_ways.at(begin / 4 % all_ways.size());
  const std::size_t first = fuzz::take_byte(input);
  if (what == 0) return say_nonsense(new_server(how), input, first);
  if (what == 1) return say_nonsense(new_client(how), input, first);
  if (input.empty()) return talk(how, {});
  const std::size_t second = fuzz::take_byte(input);
  const std::size_t where = fuzz::take_byte(input) * 256 + fuzz::take_byte(input);
  talk(how, change{first % 8, second, where, fuzz::take_byte(input)});
}

const fuzz::target record{"tls_record", read};

}  // namespace
