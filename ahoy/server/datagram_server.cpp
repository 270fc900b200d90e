#include <ahoy/engine/attempt.hpp>
#include <ahoy/error/log.hpp>
#include <ahoy/server/datagram_request.hpp>
#include <ahoy/server/server_run.hpp>

#include <poll.h>

#include <array>
#include <cerrno>
#include <deque>
#include <list>
#include <unordered_map>

namespace ahoy::inline v0 {

namespace {

/// What an automatic answer carries, so that another server like this one does not answer it in turn: a DSCP
/// value for local use (RFC 4594, table 3; RFC 2474, pool 2).
constexpr std::uint8_t answered_mark = 47;
/// Services that answer whatever they get, or are misused as reflectors; nobody calls from there.
constexpr std::array<std::uint16_t, 8> service_ports = {7, 13, 17, 19, 37, 53, 69, 123};
/// Datagrams of one caller, and bytes of all, that handlers have not received yet; more are dropped, as a
/// full socket would: whoever forges senders must not fill the memory.
constexpr std::size_t most_unreceived = 256;
constexpr std::size_t most_unreceived_bytes = 8 * 1024 * 1024;

class datagram_exchange;

/// One peer of a datagram socket as a connection.
class datagram_caller final : public connection {
 public:
  datagram_caller(std::shared_ptr<datagram_exchange> of, const datagram_header& header);
  ~datagram_caller() override;

  void shutdown_send() override {}
  void shutdown_receive() override {
    ended_ = true;
    hand_over();
  }
  ahoy::engine& engine() const noexcept override;
  address local() const override { return header_.local; }
  address remote() const override { return header_.peer.unmapped(); }
  std::string_view transport() const noexcept override { return "udp"; }
  bool keeps_boundaries() const noexcept override { return true; }
  std::uint64_t bytes_received() const noexcept override { return received_; }
  std::uint64_t bytes_sent() const noexcept override { return sent_; }

  void deliver(std::string_view data, const datagram_header& header);
  [[nodiscard]] bool awaits() const noexcept { return receiver_; }
  /// Nothing more will be heard of it: what its peer sends now is another caller's.
  [[nodiscard]] bool has_ended() const noexcept { return ended_; }
  [[nodiscard]] std::size_t unreceived() const noexcept { return unreceived_.size(); }

 private:
  bool submit(receive_operation& asked) override;
  bool submit(send_operation& asked) override;
  void hand_over();
  void answer_from(const address& asked);

  struct unreceived_datagram {
    std::string data;
    address asked;  // of our addresses
  };
  const std::shared_ptr<datagram_exchange> of_;
  datagram_header header_;
  std::deque<unreceived_datagram> unreceived_;
  operation* receiver_ = nullptr;
  std::uint64_t received_ = 0, sent_ = 0;
  bool ended_ = false;
};

/// One datagram socket, its callers, and what the socket could not take yet. Its callers may outlive the
/// tasks that receive and send, so all of them hold it.
class datagram_exchange : public std::enable_shared_from_this<datagram_exchange> {
 public:
  datagram_exchange(server_run& run, datagram_socket& socket)
      : run{run}, socket{socket}, port{socket.local().port()}, sendable{run.engine()} {}

  task<> receive_all();
  task<> send_queued();
  bool send_now(send_operation& asked, const datagram_header& to);

  server_run& run;
  datagram_socket& socket;
  const std::uint16_t port;
  event sendable;             // something waits to be sent
  event taken{run.engine()};  // a handler has received all that its caller sent
  std::unordered_map<address, datagram_caller*> present;
  std::size_t unreceived_bytes = 0;

 private:
  struct unsent {
    operation* asked = nullptr;
    datagram_header to;
  };
  [[nodiscard]] bool may_answer(const datagram_header& header) const noexcept;
  datagram_caller* find_or_admit(const datagram_header& header);
  void refuse(const datagram_header& from);
  task<> receive_callers();
  task<> receive_requests();
  void begin_request(const datagram& asked);
  std::list<unsent> queue_;
};

datagram_caller::datagram_caller(std::shared_ptr<datagram_exchange> of, const datagram_header& header)
    : of_{std::move(of)}, header_{header} {
  header_.mark = of_->run.serving().answers_by_itself() ? answered_mark : 0;
  answer_from(header.local);
  of_->present.insert_or_assign(header.peer, this);
}

datagram_caller::~datagram_caller() {
  for (const auto& each : unreceived_) of_->unreceived_bytes -= each.data.size();
  const auto own = of_->present.find(header_.peer);
  if (own != of_->present.end() && own->second == this) of_->present.erase(own);
  of_->taken.notify();
}

ahoy::engine& datagram_caller::engine() const noexcept { return of_->run.engine(); }

/// What carried the datagram names no port: it is the socket's.
void datagram_caller::answer_from(const address& asked) {
  header_.local = asked;
  header_.local.set_port(of_->port);
}

void datagram_caller::deliver(std::string_view data, const datagram_header& header) {
  of_->run.heard(*this);
  const bool is_full =
      unreceived_.size() >= most_unreceived || of_->unreceived_bytes + data.size() > most_unreceived_bytes;
  if (is_full) {
    log(log_level::detail,
        label() + ": a datagram was dropped, " + std::to_string(unreceived_.size()) + " wait already");
    return;
  }
  unreceived_.push_back({std::string{data}, header.local});
  of_->unreceived_bytes += data.size();
  received_ += data.size();
  hand_over();
}

void datagram_caller::hand_over() {
  if (!receiver_ || (unreceived_.empty() && !ended_)) return;
  auto& waiting = static_cast<receive_operation&>(*receiver_);
  submit(waiting);
  engine().complete(waiting, 0);
}

bool datagram_caller::submit(receive_operation& asked) {
  if (is_over(asked)) return true;
  if (!unreceived_.empty()) {
    const unreceived_datagram& next = unreceived_.front();
    answer_from(next.asked);
    asked.received = engine().buffers().copy(next.data);
    of_->unreceived_bytes -= next.data.size();
    unreceived_.pop_front();
    return true;
  }
  if (ended_) return true;
  of_->taken.notify();
  asked.slot = &receiver_;
  return engine().submit(asked);
}

bool datagram_caller::submit(send_operation& asked) {
  if (is_over(asked)) return true;
  sent_ += asked.left.size();
  return of_->send_now(asked, header_);
}

bool try_to_send(datagram_exchange& by, operation& asked, const datagram_header& to) {
  auto& waiting = static_cast<send_operation&>(asked);
  send_to_operation sending{&by.socket.native(), waiting.left, to};
  if (!attempt(sending, by.run.engine().buffers(), patience::none)) return false;
  asked.error =
      sending.error == ECONNREFUSED ? 0 : sending.error;  // the news of another caller's closed port
  return true;
}

/// A socket without room is rare: a datagram that finds it so waits in the queue.
bool datagram_exchange::send_now(send_operation& asked, const datagram_header& to) {
  if (queue_.empty() && try_to_send(*this, asked, to)) return true;
  queue_.push_back(unsent{&asked, to});
  asked.slot = &queue_.back().asked;
  queue_.back().asked = nullptr;
  sendable.notify();
  return run.engine().submit(asked);
}

task<> datagram_exchange::send_queued() {
  for (;;) {
    while (queue_.empty()) co_await sendable.wait();
    co_await run.engine().ready(socket.native(), POLLOUT);
    while (!queue_.empty()) {
      const unsent& next = queue_.front();
      if (next.asked && !try_to_send(*this, *next.asked, next.to)) break;
      if (next.asked) run.engine().complete(*next.asked, next.asked->error);
      queue_.pop_front();
    }
  }
}

bool datagram_exchange::may_answer(const datagram_header& header) const noexcept {
  for (const std::uint16_t service : service_ports)
    if (header.peer.port() == service) return false;
  return header.mark != answered_mark || !run.serving().answers_by_itself();
}

datagram_caller* datagram_exchange::find_or_admit(const datagram_header& header) {
  const auto found = present.find(header.peer);
  if (found != present.end() && !found->second->has_ended()) return found->second;
  if (run.is_ending()) return nullptr;
  if (!run.is_welcome(header.peer.unmapped())) {
    run.tell_denied(header.peer.unmapped());
    return nullptr;
  }
  if (!run.make_place(newcomer::sender_of_datagrams)) {
    refuse(header);
    return nullptr;
  }
  auto caller = std::make_unique<datagram_caller>(shared_from_this(), header);
  datagram_caller* admitted = caller.get();
  run.begin(std::move(caller));
  return present.contains(header.peer) ? admitted : nullptr;
}

/// Tells a peer that there is no place, if the socket has room for that word. It is an automatic answer,
/// whatever the handler: it is marked, and a marked datagram gets none. Nor is it given more often than it is
/// told, since senders may be forged: others than they would be flooded with it.
void datagram_exchange::refuse(const datagram_header& from) {
  if (!run.tell_busy(from.peer.unmapped()) || from.mark == answered_mark) return;
  datagram_header back = from;
  back.mark = answered_mark;
  send_to_operation word{&socket.native(), "busy", back};
  attempt(word, run.engine().buffers(), patience::none);
}

task<> datagram_exchange::receive_all() {
  if (run.datagrams_are_requests())
    co_await receive_requests();
  else
    co_await receive_callers();
}

/// A socket that forged senders flood holds up nobody: what finds no place, or no memory, is told so or lost.
void datagram_exchange::begin_request(const datagram& asked) {
  const std::size_t size = asked.data.size();
  if (run.is_full() || unreceived_bytes + size > most_unreceived_bytes) return refuse(asked.header);
  datagram_header back = asked.header;
  back.mark = run.serving().answers_by_itself() ? answered_mark : 0;
  back.local.set_port(port);
  auto request = std::make_unique<datagram_request>(run.engine(), fd::duplicate(socket.native().number()),
                                                    back, std::string{asked.data.text()});
  unreceived_bytes += size;
  request->charge({nullptr, [self = shared_from_this(), size](void*) { self->unreceived_bytes -= size; }});
  run.begin(std::move(request));
}

task<> datagram_exchange::receive_requests() {
  for (;;) {
    const datagram asked = co_await socket.receive();
    if (!may_answer(asked.header) || run.is_ending()) continue;
    if (run.is_welcome(asked.header.peer.unmapped()))
      begin_request(asked);
    else
      run.tell_denied(asked.header.peer.unmapped());
  }
}

task<> datagram_exchange::receive_callers() {
  const bool one_at_a_time = run.options().model == model::iterative;
  for (;;) {
    auto received = co_await socket.receive();
    if (!may_answer(received.header)) {
      log(log_level::detail,
          received.header.peer.to_string() + ": not answered, to keep two servers from answering each other");
      continue;
    }
    datagram_caller* from = find_or_admit(received.header);
    if (!from) continue;
    from->deliver(received.data, received.header);
    const address peer = received.header.peer;
    while (one_at_a_time && present.contains(peer) && !present.at(peer)->awaits()) co_await taken.wait();
  }
}

task<> exchange_datagrams(std::shared_ptr<datagram_exchange> exchange) {
  co_await when_all(tasks(exchange->receive_all(), exchange->send_queued()));
}

}  // namespace

task<> serve_datagrams(server_run& run, datagram_socket& socket) {
  run.keep(exchange_datagrams(std::make_shared<datagram_exchange>(run, socket)));
  while (!run.is_ending()) co_await run.wait_for_change(no_timeout);
}

}  // namespace ahoy::inline v0
