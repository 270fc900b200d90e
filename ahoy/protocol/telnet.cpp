#include <ahoy/error/error.hpp>
#include <ahoy/error/escape.hpp>
#include <ahoy/protocol/telnet.hpp>

#include <fmt/format.h>
#include <libtelnet.h>

#include <algorithm>
#include <array>
#include <new>
#include <utility>

namespace ahoy::inline v0 {

namespace {

/// Of answers that wait to be sent: who asks for more does not listen.
constexpr std::size_t most_unsent = std::size_t{1024} * 1024;

constexpr std::array<telnet_telopt_t, 6> agreed_to{{
    {TELNET_TELOPT_BINARY, TELNET_WILL, TELNET_DO},
    {TELNET_TELOPT_ECHO, TELNET_WONT, TELNET_DO},
    {TELNET_TELOPT_SGA, TELNET_WILL, TELNET_DO},
    {TELNET_TELOPT_TTYPE, TELNET_WILL, TELNET_DONT},
    {TELNET_TELOPT_NAWS, TELNET_WILL, TELNET_DONT},
    {-1, 0, 0},
}};

struct named_number {
  unsigned char number;
  std::string_view name;
};
constexpr std::array commands{named_number{TELNET_WILL, "WILL"}, named_number{TELNET_WONT, "WONT"},
                              named_number{TELNET_DO, "DO"}, named_number{TELNET_DONT, "DONT"},
                              named_number{TELNET_SB, "SB"}};
constexpr std::array options{
    named_number{TELNET_TELOPT_BINARY, "BINARY"},
    named_number{TELNET_TELOPT_ECHO, "ECHO"},
    named_number{TELNET_TELOPT_SGA, "SUPPRESS-GO-AHEAD"},
    named_number{TELNET_TELOPT_STATUS, "STATUS"},
    named_number{TELNET_TELOPT_TTYPE, "TERMINAL-TYPE"},
    named_number{TELNET_TELOPT_NAWS, "WINDOW-SIZE"},
    named_number{TELNET_TELOPT_TSPEED, "TERMINAL-SPEED"},
    named_number{TELNET_TELOPT_LFLOW, "FLOW-CONTROL"},
    named_number{TELNET_TELOPT_LINEMODE, "LINEMODE"},
    named_number{TELNET_TELOPT_XDISPLOC, "X-DISPLAY-LOCATION"},
    named_number{TELNET_TELOPT_ENVIRON, "ENVIRON"},
    named_number{TELNET_TELOPT_AUTHENTICATION, "AUTHENTICATION"},
    named_number{TELNET_TELOPT_ENCRYPT, "ENCRYPT"},
    named_number{TELNET_TELOPT_NEW_ENVIRON, "NEW-ENVIRON"},
};

template <class Table>
std::string name_of(const Table& table, unsigned char number) {
  const auto* found = std::ranges::find(table, number, &named_number::number);
  return found == table.end() ? fmt::format("{}", number) : std::string{found->name};
}

/// "IAC DO TERMINAL-TYPE" for the three bytes of a negotiation, or the begin of a subnegotiation; else empty.
std::string words_of_negotiation(std::string_view bytes) {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(bytes[at]); };
  if (bytes.size() < 3 || byte(0) != TELNET_IAC || byte(1) < TELNET_SB) return {};
  return fmt::format("IAC {} {}", name_of(commands, byte(1)), name_of(options, byte(2)));
}

char high_byte(std::uint16_t number) { return static_cast<char>(number >> 8U); }
char low_byte(std::uint16_t number) { return static_cast<char>(number & 0xffU); }

}  // namespace

struct telnet_session::state {
  struct deleter {
    void operator()(telnet_t* ended) const noexcept { telnet_free(ended); }
  };

  state(telnet_terminal ours, dialogue_observer observer_of_it);
  static void on_event(telnet_t* session, telnet_event_t* event, void* self);
  void handle(const telnet_event_t& event);
  void note_offer(unsigned char option);
  void note_request(unsigned char option, bool granted);
  void hear(std::string_view text);
  void send_terminal_type();
  void send_window_size();
  void tell(said_by who, const std::string& words) const;

  telnet_terminal terminal;
  dialogue_observer observer;
  std::unique_ptr<telnet_t, deleter> session;
  std::string heard, outgoing;
  std::string failure;
  bool echoes = false;
  bool hears_binary = false;
  bool says_binary = false;
  bool sends_window_size = false;
  bool after_return = false;  // heard ends in a CR that a LF or NUL may follow: never in 8-bit text
};

telnet_session::state::state(telnet_terminal ours, dialogue_observer observer_of_it)
    : terminal{std::move(ours)},
      observer{std::move(observer_of_it)},
      session{telnet_init(agreed_to.data(), &state::on_event, 0, this)} {
  if (!session) throw std::bad_alloc{};
}

/// libtelnet is C: nothing may be thrown through it. What is thrown here, by the observer or for a lack of
/// memory, ends us.
void telnet_session::state::on_event(telnet_t*, telnet_event_t* event, void* self) {
  [self, event]() noexcept { static_cast<state*>(self)->handle(*event); }();
}

void telnet_session::state::handle(const telnet_event_t& event) {
  switch (event.type) {
    case TELNET_EV_DATA:
      return hear({event.data.buffer, event.data.size});
    case TELNET_EV_SEND: {
      const std::string_view bytes{event.data.buffer, event.data.size};
      outgoing += bytes;
      return tell(said_by::us, words_of_negotiation(bytes));
    }
    case TELNET_EV_WILL:
      return note_offer(event.neg.telopt);
    case TELNET_EV_WONT:
      tell(said_by::server, "IAC WONT " + name_of(options, event.neg.telopt));
      echoes = echoes && event.neg.telopt != TELNET_TELOPT_ECHO;
      hears_binary = hears_binary && event.neg.telopt != TELNET_TELOPT_BINARY;
      return;
    case TELNET_EV_DO:
      return note_request(event.neg.telopt, true);
    case TELNET_EV_DONT:
      return note_request(event.neg.telopt, false);
    case TELNET_EV_TTYPE:
      if (event.ttype.cmd == TELNET_TTYPE_SEND) send_terminal_type();
      return;
    case TELNET_EV_COMPRESS:  // libtelnet begins it whenever it is told to
      failure = "it compresses, which was not agreed on";
      return;
    case TELNET_EV_WARNING:
      // It would go on as if nothing were, and has no code for it but these words.
      if (std::string_view{event.error.msg}.ends_with("limit reached")) failure = event.error.msg;
      return;
    case TELNET_EV_ERROR:
      failure = event.error.msg;
      return;
    default:
      return;
  }
}

void telnet_session::state::note_offer(unsigned char option) {
  tell(said_by::server, "IAC WILL " + name_of(options, option));
  echoes = echoes || option == TELNET_TELOPT_ECHO;
  if (option != TELNET_TELOPT_BINARY) return;
  hears_binary = true;
  after_return = false;
}

void telnet_session::state::note_request(unsigned char option, bool granted) {
  tell(said_by::server, (granted ? "IAC DO " : "IAC DONT ") + name_of(options, option));
  if (option == TELNET_TELOPT_BINARY) says_binary = granted;
  if (option != TELNET_TELOPT_NAWS) return;
  sends_window_size = granted;
  if (granted) send_window_size();
}

void telnet_session::state::hear(std::string_view text) {
  if (!failure.empty()) return;
  for (const char each : text) {
    const bool completes = std::exchange(after_return, false);
    if (completes && each == '\n') heard.back() = '\n';
    if (completes && (each == '\n' || each == '\0')) continue;
    heard += each;
    after_return = each == '\r' && !hears_binary;
  }
}

/// As telnet_ttype_is does, which lets an IAC in the name pass.
void telnet_session::state::send_terminal_type() {
  const std::string is = static_cast<char>(TELNET_TTYPE_IS) + terminal.type;
  telnet_begin_sb(session.get(), TELNET_TELOPT_TTYPE);
  telnet_send(session.get(), is.data(), is.size());
  telnet_finish_sb(session.get());
}

void telnet_session::state::send_window_size() {
  const std::array size{high_byte(terminal.columns), low_byte(terminal.columns), high_byte(terminal.rows),
                        low_byte(terminal.rows)};
  telnet_begin_sb(session.get(), TELNET_TELOPT_NAWS);
  telnet_send(session.get(), size.data(), size.size());
  telnet_finish_sb(session.get());
}

void telnet_session::state::tell(said_by who, const std::string& words) const {
  if (observer && !words.empty()) observer(who, words);
}

telnet_session::telnet_session(telnet_terminal ours, dialogue_observer observer)
    : state_{std::make_unique<state>(std::move(ours), std::move(observer))} {}

telnet_session::~telnet_session() = default;

std::string telnet_session::take(std::string_view bytes) {
  state& own = *state_;
  telnet_recv(own.session.get(), bytes.data(), bytes.size());
  if (own.outgoing.size() > most_unsent)
    own.failure = "it asks again and again, and does not hear the answers";
  if (!own.failure.empty())
    throw error{make_error_code(errc::protocol_broken), "negotiate with", "the Telnet server",
                escape(own.failure)};
  // A CR at the end may be that of a CR LF whose second half is still to come.
  std::string text = std::exchange(own.heard, {});
  if (own.after_return) {
    own.heard = text.substr(text.size() - 1);
    text.pop_back();
  }
  return text;
}

void telnet_session::say(std::string_view text) {
  state& own = *state_;
  std::string wire;
  for (const char each : text) {
    if (each == '\n' && !own.says_binary) wire += '\r';
    wire += each;
    if (each == '\r' && !own.says_binary) wire += '\0';
  }
  telnet_send(own.session.get(), wire.data(), wire.size());
}

void telnet_session::resize(std::uint16_t columns, std::uint16_t rows) {
  state_->terminal.columns = columns;
  state_->terminal.rows = rows;
  if (state_->sends_window_size) state_->send_window_size();
}

std::string telnet_session::outgoing() { return std::exchange(state_->outgoing, {}); }

bool telnet_session::server_echoes() const noexcept { return state_->echoes; }

}  // namespace ahoy::inline v0
