#include <ahoy/address/ascii.hpp>
#include <ahoy/protocol/dialogue.hpp>
#include <ahoy/protocol/transfer.hpp>
#include <ahoy/protocol/transfer_error.hpp>
#include <ahoy/protocol/transfer_sockets.hpp>

#include <curl/curl.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <exception>
#include <map>

namespace ahoy::inline v0 {

namespace {

/// What is kept of the content before libcurl is told to wait.
constexpr std::size_t most_waiting = std::size_t{256} * 1024;

/// What a piece of gzip is decoded to in the meantime libcurl keeps: so pieces are small, and become 4 MiB at
/// most. Nothing bounds what others become, or one within the other: that cannot wait, and is bounded.
constexpr std::string_view codings = "gzip, deflate";
constexpr long piece_to_decode = 4L * 1024;
constexpr std::size_t most_waiting_decoded = std::size_t{1024} * 1024;
constexpr std::size_t most_decoded = std::size_t{24} * 1024 * 1024;

struct easy_deleter {
  void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
};
struct list_deleter {
  void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};
using list = std::unique_ptr<curl_slist, list_deleter>;

std::string_view without_line_end(std::string_view line) {
  const auto end = line.find_last_not_of("\r\n");
  return line.substr(0, end == line.npos ? 0 : end + 1);
}

/// FTP and mail would read a line end as that of a command, and libcurl lets it pass.
void check_login(const credentials& login) {
  if ((login.user + login.password).find_first_of(std::string_view{"\r\n\0", 3}) != std::string::npos)
    throw error{make_error_code(errc::malformed), "log in", "",
                "neither name nor password has a line end or a NUL"};
}

CURLoption option_of(int number) { return static_cast<CURLoption>(number); }

}  // namespace

struct transfer::state {
  state(ahoy::engine& by, const transfer_options& how) : sockets{by}, observer{how.observer} {}

  // As libcurl calls them.
  static std::size_t take_content(const char* data, std::size_t one, std::size_t count, void* self);
  static std::size_t take_line(const char* data, std::size_t one, std::size_t count, void* self);
  static std::size_t give_content(char* into, std::size_t one, std::size_t count, void* self);
  static int leave_out(void* self, curl_off_t offset, int origin);
  static int end_in_time(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t);
  static CURLcode begin_tls(CURL*, void* context, void* self);
  static void note_alert(const SSL* session, int where, int alert);
  static int tell(CURL*, curl_infotype kind, char* data, std::size_t size, void* self);
  template <class Work>
  static auto kept(void* self, decltype(std::declval<Work>()(std::declval<state&>())) failed,
                   const Work& work);

  void set_up(const std::string& url, const transfer_options& how);
  void set_up_tls(const transfer_options& how);
  template <class Value>
  void set(CURLoption which, Value value) {
    check((curl_easy_setopt)(easy.get(), which, value));
  }
  void check(CURLcode result) const;
  /// Lets libcurl do what it can, and then waits for what it wants.
  task<> go_on();
  void note_end() noexcept;
  [[nodiscard]] error failure(CURLcode result) const;
  [[nodiscard]] std::string text(CURLINFO info) const;
  [[nodiscard]] const std::string& server() const;
  [[nodiscard]] error too_long(const char* verb, std::uint64_t limit) const;
  void throw_if_failed() const;
  void hear_no_farewell() noexcept;
  void note_coding(std::string_view line);
  void resume();

  transfer_sockets sockets;
  dialogue_observer observer;
  secrets_filter filter;
  std::function<void(std::string_view)> replies;
  std::map<int, list> lists;        // libcurl keeps pointers to them
  mutable std::string last_server;  // see server()
  std::array<char, CURL_ERROR_SIZE> words{};
  std::string last_reply;
  std::string arrived;
  std::string_view leaving;
  std::uint64_t max_size = UINT64_MAX;
  std::uint64_t taken = 0;
  std::uint64_t given = 0;
  std::uint64_t to_leave_out = 0;
  time_point deadline = no_deadline;  // of whoever awaits us
  bool is_added = false;
  bool speaks_http = false;
  bool uploads = false;
  bool decodes = false;
  bool can_wait = true;  // what comes: see codings
  bool is_coded = false;
  bool is_under_tls = false;  // the connection that was made last
  bool end_is_announced = false;
  bool is_over = true;
  bool sending_ended = false;
  bool receiving_paused = false;
  bool sending_paused = false;
  std::exception_ptr thrown;  // by what was told of something
  CURLcode result = CURLE_OK;
  // The last one, to go first: what libcurl calls as it goes finds all others alive.
  std::unique_ptr<CURL, easy_deleter> easy{curl_easy_init()};
};

/// libcurl is C: nothing may be thrown through it. What was thrown is kept, and `failed` makes libcurl end.
template <class Work>
auto transfer::state::kept(void* self, decltype(std::declval<Work>()(std::declval<state&>())) failed,
                           const Work& work) {
  auto& own = *static_cast<state*>(self);
  try {
    return work(own);
  } catch (...) {
    own.thrown = std::current_exception();
    return failed;
  }
}

std::size_t transfer::state::take_content(const char* data, std::size_t one, std::size_t count, void* self) {
  return kept(self, std::size_t{CURL_WRITEFUNC_ERROR}, [&](state& own) -> std::size_t {
    const std::size_t most = own.decodes ? most_waiting_decoded : most_waiting;
    own.receiving_paused = own.can_wait && own.arrived.size() >= most;
    if (own.receiving_paused) return CURL_WRITEFUNC_PAUSE;
    own.taken += one * count;
    if (own.taken > own.max_size)
      throw own.too_long(own.uploads ? "receive from" : "fetch from", own.max_size);
    if (own.arrived.size() + one * count > most_decoded)
      throw own.too_long("decode content of", most_decoded);
    own.arrived.append(data, one * count);
    return one * count;
  });
}

std::size_t transfer::state::take_line(const char* data, std::size_t one, std::size_t count, void* self) {
  return kept(self, std::size_t{0}, [&](state& own) {
    const std::string_view line = without_line_end({data, one * count});
    if (!line.empty() && !own.speaks_http) own.last_reply = line;
    if (own.decodes) own.note_coding(line);
    if (own.replies) own.replies(line);
    return one * count;
  });
}

/// Of each header again, of which redirects have several.
void transfer::state::note_coding(std::string_view line) {
  if (line.starts_with("HTTP/")) {
    can_wait = true;
    is_coded = false;
  }
  const std::string field = lower(line);
  constexpr std::string_view name = "content-encoding:";
  if (!field.starts_with(name)) return;
  const std::string_view rest = std::string_view{field}.substr(name.size());
  const std::string_view value = rest.substr(std::min(rest.find_first_not_of(" \t"), rest.size()));
  can_wait =
      !is_coded && !value.empty() && value.find(',') == value.npos && codings.find(value) != codings.npos;
  is_coded = true;
}

std::size_t transfer::state::give_content(char* into, std::size_t one, std::size_t count, void* self) {
  auto& own = *static_cast<state*>(self);
  const auto left_out = std::min<std::uint64_t>(own.leaving.size(), own.to_leave_out);
  own.leaving.remove_prefix(left_out);
  own.to_leave_out -= left_out;
  const std::size_t size = std::min(own.leaving.size(), one * count);
  own.given += size;
  own.sending_paused = size == 0 && !own.sending_ended;
  if (own.sending_paused) return CURL_READFUNC_PAUSE;
  std::ranges::copy(own.leaving.substr(0, size), into);
  own.leaving.remove_prefix(size);
  return size;
}

/// What the server has already is left out (an upload that is resumed). What was given cannot be had again.
int transfer::state::leave_out(void* self, curl_off_t offset, int origin) {
  auto& own = *static_cast<state*>(self);
  if (origin != SEEK_SET || own.given > 0) return CURL_SEEKFUNC_FAIL;
  own.to_leave_out = static_cast<std::uint64_t>(offset);
  return CURL_SEEKFUNC_OK;
}

/// libcurl waits by itself for FTP's last reply, up to a minute, and asks here once a second whether to go
/// on. The engine stands still then: so it is the clock that is asked.
int transfer::state::end_in_time(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  const auto& own = *static_cast<state*>(self);
  return clock::now() < own.deadline ? 0 : 1;
}

/// For each connection, before its handshake.
CURLcode transfer::state::begin_tls(CURL*, void* context, void* self) {
  auto& own = *static_cast<state*>(self);
  own.is_under_tls = true;
  own.end_is_announced = false;
  SSL_CTX_set_app_data(static_cast<SSL_CTX*>(context), self);
  SSL_CTX_set_info_callback(static_cast<SSL_CTX*>(context), &state::note_alert);
  return CURLE_OK;
}

void transfer::state::note_alert(const SSL* session, int where, int alert) {
  if (where != SSL_CB_READ_ALERT || (alert & 0xff) != SSL_AD_CLOSE_NOTIFY) return;
  static_cast<state*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(session)))->end_is_announced = true;
}

int transfer::state::tell(CURL*, curl_infotype kind, char* data, std::size_t size, void* self) {
  if (kind != CURLINFO_HEADER_IN && kind != CURLINFO_HEADER_OUT) return 0;
  return kept(self, 0, [&](state& own) {
    const said_by who = kind == CURLINFO_HEADER_OUT ? said_by::us : said_by::server;
    own.filter.each_line({data, size}, who, own.observer);
    return 0;
  });
}

void transfer::state::check(CURLcode result_of_call) const {
  if (result_of_call != CURLE_OK) throw failure(result_of_call);
}

void transfer::state::set_up(const std::string& to, const transfer_options& how) {
  last_server = server_of(to);
  max_size = how.max_size;
  set(CURLOPT_URL, to.c_str());
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_ERRORBUFFER, words.data());
  set(CURLOPT_PRIVATE, this);
  set(CURLOPT_WRITEFUNCTION, &state::take_content);
  set(CURLOPT_WRITEDATA, this);
  set(CURLOPT_HEADERFUNCTION, &state::take_line);
  set(CURLOPT_HEADERDATA, this);
  set(CURLOPT_READFUNCTION, &state::give_content);
  set(CURLOPT_READDATA, this);
  set(CURLOPT_SEEKFUNCTION, &state::leave_out);
  set(CURLOPT_SEEKDATA, this);
  set(CURLOPT_BUFFERSIZE, 64L * 1024);
  set(CURLOPT_NOPROGRESS, 0L);
  set(CURLOPT_XFERINFOFUNCTION, &state::end_in_time);
  set(CURLOPT_XFERINFODATA, this);
  // Else libcurl would use what http_proxy and the like name.
  set(CURLOPT_PROXY, "");
  set(CURLOPT_NOPROXY, "*");
  // A redirect may lead into TLS, and nowhere else; out of it least of all.
  const std::string scheme = scheme_of(to);
  speaks_http = scheme.starts_with("http");
  set(CURLOPT_PROTOCOLS_STR, scheme == "http" ? "http,https" : scheme.c_str());
  set(CURLOPT_CONNECTTIMEOUT_MS, curl_milliseconds(how.connect_timeout));
  set(CURLOPT_IPRESOLVE, curl_family(how.wanted));
  if (!how.source.empty()) set(CURLOPT_INTERFACE, how.source.c_str());
  if (!how.login.empty()) {
    check_login(how.login);
    set(CURLOPT_USERNAME, how.login.user.c_str());
    set(CURLOPT_PASSWORD, how.login.password.c_str());
  }
  set_up_tls(how);
  if (!observer) return;
  set(CURLOPT_VERBOSE, 1L);
  set(CURLOPT_DEBUGFUNCTION, &state::tell);
  set(CURLOPT_DEBUGDATA, this);
}

void transfer::state::set_up_tls(const transfer_options& how) {
  set(CURLOPT_SSL_CTX_FUNCTION, &state::begin_tls);
  set(CURLOPT_SSL_CTX_DATA, this);
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(CURLOPT_SSL_VERIFYPEER, how.tls.insecure ? 0L : 1L);
  set(CURLOPT_SSL_VERIFYHOST, how.tls.insecure ? 0L : 2L);
  if (how.starts_tls) set(CURLOPT_USE_SSL, static_cast<long>(CURLUSESSL_ALL));
  if (!how.tls.authorities.empty()) set(CURLOPT_CAINFO, how.tls.authorities.c_str());
  if (!how.tls.certificate.empty()) set(CURLOPT_SSLCERT, how.tls.certificate.c_str());
  if (!how.tls.certificate.empty() || !how.tls.key.empty())
    set(CURLOPT_SSLKEY, (how.tls.key.empty() ? how.tls.certificate : how.tls.key).c_str());
  // OpenSSL would ask for the password of an encrypted one on the terminal, and hold up everybody.
  set(CURLOPT_KEYPASSWD, "");
}

error transfer::state::failure(CURLcode code) const {
  failed_transfer what;
  what.code = code;
  what.server = server();
  what.words = words.data();
  what.reply = last_reply;
  what.url = text(CURLINFO_EFFECTIVE_URL);
  what.uploads = uploads;
  curl_off_t connected = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_CONNECT_TIME_T, &connected);
  what.is_connected = connected > 0;
  long os_error = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_OS_ERRNO, &os_error);
  what.os_error = static_cast<int>(os_error);
  return transfer_error(what);
}

std::string transfer::state::text(CURLINFO info) const {
  const char* value = nullptr;
  curl_easy_getinfo(easy.get(), info, &value);
  return value ? value : "";
}

const std::string& transfer::state::server() const {
  long redirects = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_REDIRECT_COUNT, &redirects);
  try {
    if (redirects > 0) last_server = server_of(text(CURLINFO_EFFECTIVE_URL));
  } catch (const error&) {  // what it leads to is no URL: who said so is the server then
  }
  return last_server;
}

error transfer::state::too_long(const char* verb, std::uint64_t limit) const {
  return {make_error_code(errc::too_long), verb, server(),
          "it is more than " + std::to_string(limit) + " bytes"};
}

void transfer::state::throw_if_failed() const {
  if (thrown) std::rethrow_exception(thrown);
  if (is_over && result != CURLE_OK) throw failure(result);
}

task<> transfer::state::go_on() {
  context& here = co_await this_context();
  deadline = here.deadline();
  resume();
  co_await sockets.go_on();
  note_end();
}

void transfer::state::note_end() noexcept {
  int left = 0;
  while (const CURLMsg* told = curl_multi_info_read(sockets.multi(), &left)) {
    if (told->msg != CURLMSG_DONE) continue;
    is_over = true;
    result = told->data.result;
  }
}

/// libcurl says QUIT where a protocol has it, and would wait for the answer, up to two minutes; the engine
/// with it.
void transfer::state::hear_no_farewell() noexcept {
  curl_socket_t number = CURL_SOCKET_BAD;
  curl_easy_getinfo(easy.get(), CURLINFO_ACTIVESOCKET, &number);
  if (number != CURL_SOCKET_BAD) ::shutdown(number, SHUT_RD);
}

/// Where libcurl was told to wait, and need not any more.
void transfer::state::resume() {
  const bool receives = receiving_paused && arrived.empty();
  const bool sends = sending_paused && (sending_ended || !leaving.empty());
  if (is_over || !(receives || sends)) return;
  receiving_paused = receiving_paused && !receives;
  sending_paused = sending_paused && !sends;
  const int still = (receiving_paused ? CURLPAUSE_RECV : 0) | (sending_paused ? CURLPAUSE_SEND : 0);
  const CURLcode resumed = curl_easy_pause(easy.get(), still);  // gives what was kept back meanwhile
  if (thrown) std::rethrow_exception(thrown);
  check(resumed);
}

transfer::transfer(ahoy::engine& by, const std::string& url, const transfer_options& how)
    : state_{std::make_unique<state>(by, how)} {
  state_->set_up(url, how);
}

transfer::~transfer() {
  state_->hear_no_farewell();
  if (state_->is_added) curl_multi_remove_handle(state_->sockets.multi(), state_->easy.get());
}

void transfer::set(int option, long value) {
  if (option == CURLOPT_UPLOAD) state_->uploads = value != 0;
  state_->set(option_of(option), value);
}

void transfer::set_size(int option, std::int64_t value) {
  state_->set(option_of(option), static_cast<curl_off_t>(value));
}

void transfer::set(int option, const std::string& text) { state_->set(option_of(option), text.c_str()); }

void transfer::set(int option, const std::vector<std::string>& lines) {
  list made;
  for (const std::string& each : lines) {
    curl_slist* longer = curl_slist_append(made.get(), each.c_str());
    if (!longer) throw std::bad_alloc{};
    static_cast<void>(made.release());
    made.reset(longer);
  }
  state_->set(option_of(option), made.get());
  state_->lists[option] = std::move(made);
}

void transfer::reset(int option) {
  state_->set(option_of(option), static_cast<void*>(nullptr));
  state_->lists.erase(option);
}

void transfer::decode_content() {
  state_->set(CURLOPT_ACCEPT_ENCODING, codings.data());
  state_->set(CURLOPT_BUFFERSIZE, piece_to_decode);
  state_->decodes = true;
}

bool transfer::may_be_cut() const noexcept { return state_->is_under_tls && !state_->end_is_announced; }

void transfer::follow_replies(std::function<void(std::string_view)> told) {
  state_->replies = std::move(told);
}

void transfer::begin() {
  state& own = *state_;
  if (own.is_added) curl_multi_remove_handle(own.sockets.multi(), own.easy.get());
  own.is_over = own.sending_ended = own.receiving_paused = own.sending_paused = false;
  own.arrived.clear();
  own.last_reply.clear();
  own.taken = own.given = own.to_leave_out = 0;
  own.result = CURLE_OK;
  own.thrown = nullptr;
  own.sockets.add(own.easy.get());
  own.is_added = true;
}

task<> transfer::until(std::function<bool()> answered) {
  state& own = *state_;
  while (!own.is_over && own.arrived.empty() && !answered()) co_await own.go_on();
  if (own.arrived.empty()) own.throw_if_failed();
}

task<std::string> transfer::receive() {
  state& own = *state_;
  while (!own.is_over && own.arrived.empty()) co_await own.go_on();
  if (own.arrived.empty()) own.throw_if_failed();
  co_return std::exchange(own.arrived, {});
}

task<bool> transfer::send(std::string_view piece) {
  state& own = *state_;
  own.leaving = piece;
  while (!own.is_over && !own.leaving.empty()) co_await own.go_on();
  const bool all = own.leaving.empty();
  own.leaving = {};
  co_return all;
}

void transfer::end_sending() noexcept { state_->sending_ended = true; }

std::uint64_t transfer::given() const noexcept { return state_->given; }

task<> transfer::finish() {
  state& own = *state_;
  while (!own.is_over) {
    own.arrived.clear();
    co_await own.go_on();
  }
  own.throw_if_failed();
}

bool transfer::is_over() const noexcept { return state_->is_over; }

long transfer::number(int info) const noexcept {
  long value = 0;
  curl_easy_getinfo(state_->easy.get(), static_cast<CURLINFO>(info), &value);
  return value;
}

std::int64_t transfer::size(int info) const noexcept {
  curl_off_t value = 0;
  curl_easy_getinfo(state_->easy.get(), static_cast<CURLINFO>(info), &value);
  return value;
}

std::string transfer::text(int info) const { return state_->text(static_cast<CURLINFO>(info)); }

const std::string& transfer::server() const { return state_->server(); }

ahoy::engine& transfer::engine() const noexcept { return state_->sockets.engine(); }

task<std::string> transfer::receive_raw() {
  state& own = *state_;
  std::string piece(buffer_pool::block_size, '\0');
  for (;;) {
    std::size_t size = 0;
    const CURLcode got = curl_easy_recv(own.easy.get(), piece.data(), piece.size(), &size);
    if (got != CURLE_OK && got != CURLE_AGAIN) throw own.failure(got);
    if (got == CURLE_OK) {
      piece.resize(size);
      co_return piece;
    }
    co_await own.sockets.wait_for(own.easy.get(), POLLIN);
  }
}

task<> transfer::send_raw(std::string_view bytes) {
  state& own = *state_;
  while (!bytes.empty()) {
    std::size_t size = 0;
    const CURLcode put = curl_easy_send(own.easy.get(), bytes.data(), bytes.size(), &size);
    if (put != CURLE_OK && put != CURLE_AGAIN) throw own.failure(put);
    bytes.remove_prefix(put == CURLE_OK ? size : 0);
    if (put == CURLE_AGAIN) co_await own.sockets.wait_for(own.easy.get(), POLLOUT);
  }
}

}  // namespace ahoy::inline v0
