#include <ahoy/error/error.hpp>
#include <ahoy/protocol/transfer_sockets.hpp>

#include <curl/curl.h>
#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <new>

namespace ahoy::inline v0 {

namespace {

/// Once for the process, from any thread (curl_global_init(3), since 7.84).
void* new_multi() {
  static const CURLcode initialized = curl_global_init(CURL_GLOBAL_DEFAULT);
  CURLM* const made = initialized == CURLE_OK ? curl_multi_init() : nullptr;
  if (!made) throw std::bad_alloc{};
  return made;
}

fd new_epoll() {
  fd made{::epoll_create1(EPOLL_CLOEXEC)};
  if (!made) throw error{system_code(errno), "wait for", "the sockets of a transfer"};
  return made;
}

/// In the place of a socket's number.
constexpr std::uint64_t forgotten = UINT64_MAX;

std::uint32_t epoll_events(int what) {
  const std::uint32_t in = (what & CURL_POLL_IN) != 0 ? EPOLLIN : 0U;
  return in | ((what & CURL_POLL_OUT) != 0 ? EPOLLOUT : 0U);
}

int curl_events(std::uint32_t events) {
  const int in = (events & (EPOLLIN | EPOLLHUP)) != 0 ? CURL_CSELECT_IN : 0;
  const int out = (events & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0;
  return in | out | ((events & EPOLLERR) != 0 ? CURL_CSELECT_ERR : 0);
}

/// That its time passed is what it waits for, too.
struct turn_operation : ready_operation {
  turn_operation(descriptor& on, duration limit) noexcept : ready_operation{&on, POLLIN} { timeout = limit; }
  void await_resume() {
    if (!timed_out) ready_operation::await_resume();
  }
};

/// A socket that is libcurl's to close.
class lent_socket {
 public:
  lent_socket(engine& by, int number) : socket_{by, fd{number}} {}
  lent_socket(const lent_socket&) = delete;
  lent_socket& operator=(const lent_socket&) = delete;
  ~lent_socket() { static_cast<void>(socket_.release().release()); }
  [[nodiscard]] descriptor& operator*() noexcept { return socket_; }

 private:
  descriptor socket_;
};

}  // namespace

transfer_sockets::transfer_sockets(ahoy::engine& by) : ready_{by, new_epoll()}, multi_{new_multi()} {
  // libcurl's own types of its callbacks have the same shape: CURL and CURLM are void there, too.
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &transfer_sockets::watch);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &transfer_sockets::set_timer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
}

transfer_sockets::~transfer_sockets() { curl_multi_cleanup(multi_); }

void transfer_sockets::add(void* easy) {
  const CURLMcode added = curl_multi_add_handle(multi_, easy);
  if (added != CURLM_OK) throw error{make_error_code(std::errc::invalid_argument), "begin", "a transfer"};
}

int transfer_sockets::watch(void*, int socket, int what, void* self, void*) {
  auto& own = *static_cast<transfer_sockets*>(self);
  const int set = own.ready_.number();
  epoll_event asked{.events = epoll_events(what), .data = {.u64 = static_cast<std::uint64_t>(socket)}};
  if (what == CURL_POLL_REMOVE) return own.watch_still(socket), 0;
  if (::epoll_ctl(set, EPOLL_CTL_MOD, socket, &asked) == 0) return 0;
  return ::epoll_ctl(set, EPOLL_CTL_ADD, socket, &asked);
}

/// libcurl 7.88 forgets FTP's control connection while the data connection's TLS begins, and waits for an
/// answer there until some timer passes. So what comes once on a socket that is forgotten makes it look at
/// all it has. (One that is closed is out of the set by itself.)
void transfer_sockets::watch_still(int socket) noexcept {
  epoll_event asked{.events = EPOLLIN | EPOLLONESHOT, .data = {.u64 = forgotten}};
  static_cast<void>(::epoll_ctl(ready_.number(), EPOLL_CTL_MOD, socket, &asked));
}

int transfer_sockets::set_timer(void*, long milliseconds, void* self) {
  auto& own = *static_cast<transfer_sockets*>(self);
  own.due_ = milliseconds < 0 ? no_deadline
                              : deadline_after(own.engine().now(), std::chrono::milliseconds{milliseconds});
  return 0;
}

task<> transfer_sockets::go_on() {
  const time_point now = engine().now();
  if (due_ > now) {
    turn_operation turn{ready_, due_ == no_deadline ? no_timeout : due_ - now};
    co_await turn;
  }
  act_on_sockets();
}

void transfer_sockets::act_on_sockets() {
  std::array<epoll_event, 16> events{};
  const int count = ::epoll_wait(ready_.number(), events.data(), static_cast<int>(events.size()), 0);
  int running = 0;
  for (int at = 0; at < count; ++at) {
    const epoll_event& each = events[static_cast<std::size_t>(at)];
    if (each.data.u64 == forgotten) {
      CURL_IGNORE_DEPRECATION(
          curl_multi_socket_all(multi_, &running);)  // nothing has taken its place for this
      continue;
    }
    curl_multi_socket_action(multi_, static_cast<int>(each.data.u64), curl_events(each.events), &running);
  }
  if (due_ > engine().now()) return;
  due_ = no_deadline;
  curl_multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &running);
}

task<> transfer_sockets::wait_for(void* easy, short events) {
  curl_socket_t number = CURL_SOCKET_BAD;
  curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &number);
  lent_socket socket{engine(), number};
  co_await engine().ready(*socket, events);
}

}  // namespace ahoy::inline v0
