#include <ahoy/engine/attempt.hpp>
#include <ahoy/engine/gathered_datagrams.hpp>
#include <ahoy/error/log.hpp>
#include <ahoy/server/backoff.hpp>
#include <ahoy/server/datagram_request.hpp>
#include <ahoy/server/exhaustion.hpp>
#include <ahoy/server/no_memory.hpp>
#include <ahoy/server/server_run.hpp>
#include <ahoy/server/unreceived_datagrams.hpp>

#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <exception>
#include <list>
#include <new>
#include <unordered_map>

namespace ahoy::inline v0 {

namespace {

/// What an automatic answer carries, so that another server like this one does not answer it in turn: a DSCP
/// value for local use (RFC 4594, table 3; RFC 2474, pool 2).
constexpr std::uint8_t answered_mark = 47;
/// Services that answer whatever they get, or are misused as reflectors; nobody calls from there.
constexpr std::array<std::uint16_t, 8> service_ports = {7, 13, 17, 19, 37, 53, 69, 123};

class datagram_service;

/// Comes when all have gone on who could go on when it was submitted, or is stopped.
struct others_have_gone_on final : park_operation {
  using park_operation::park_operation;
  void await_resume() const noexcept {}

 private:
  bool submit() override {
    const bool is_over = park_operation::submit();
    if (!is_over) engine().complete(*this, 0);
    return is_over;
  }
};

/// One peer of a datagram socket as a connection.
class datagram_caller final : public connection, gathered_datagrams::sender {
 public:
  datagram_caller(std::shared_ptr<datagram_service> of, const datagram_header& header);
  ~datagram_caller() override;

  void shutdown_send() override {}
  void shutdown_receive() override {
    ended_ = true;
    if (receiver_) engine().complete(*receiver_, 0);
  }
  ahoy::engine& engine() const noexcept override;
  address local() const override;
  address remote() const override { return header_.peer.unmapped(); }
  std::string_view transport() const noexcept override { return "udp"; }
  bool keeps_boundaries() const noexcept override { return true; }
  std::uint64_t bytes_received() const noexcept override { return received_; }
  std::uint64_t bytes_sent() const noexcept override { return sent_; }

  task<> until_sent() override;

  /// What came from its peer: to its handler, or to wait for that.
  void deliver(bytes data, const datagram_header& header);
  [[nodiscard]] bool awaits() const noexcept { return receiver_; }
  /// Nothing more will be heard of it: what its peer sends now is another caller's.
  [[nodiscard]] bool has_ended() const noexcept { return ended_; }

 private:
  bool submit(receive_operation& asked) override;
  bool submit(send_operation& asked) override;
  tried send_at_once(outgoing& what, const context& where) override;
  void hand_over(bytes data, const address& asked);
  void answer_from(const address& asked);
  void refused(int why) override;
  bool gather(std::string_view data);
  bool has_failed(operation& asked) noexcept;

  const std::shared_ptr<datagram_service> of_;
  datagram_header header_;
  unreceived_datagrams unreceived_;
  operation* receiver_ = nullptr;
  std::uint64_t received_ = 0, sent_ = 0;
  time_point heard_at_;              // when the registry was told so: once a turn is enough
  std::uint64_t last_gathered_ = 0;  // the number of that datagram
  int failure_ = 0;                  // of one that was gathered, and nobody was told yet
  bool ended_ = false;
};

/// One datagram socket, its callers, and what the socket could not take yet. Its callers may outlive the
/// tasks that receive and send, so all of them hold it.
class datagram_service : public std::enable_shared_from_this<datagram_service> {
 public:
  datagram_service(server_run& of, datagram_socket& through)
      : run{of}, socket{through}, local{through.local()}, sendable{of.engine()} {
    if (run.serving().answers_by_itself()) socket.set_mark(answered_mark);
  }

  /// Until somebody else receives from the socket: what was taken from it before that is still served.
  task<> receive_until_handed_over();
  void hand_over() noexcept {
    if (receiving_) receiving_->stop();
  }
  task<> send_queued();
  bool send_now(send_operation& asked, const datagram_header& to);
  /// Whether what is sent now is sent with that of others, at the end of the turn.
  [[nodiscard]] bool gathers() const noexcept { return gathers_ && queue_.empty(); }
  bool send_gathered();

  server_run& run;
  datagram_socket& socket;
  const address local;
  event sendable;              // something waits to be sent
  event taken{run.engine()};   // a handler has received all that its caller sent
  event passed{run.engine()};  // something that was gathered is the kernel's, or was refused
  gathered_datagrams gathered;
  std::unordered_map<address, datagram_caller*> present;
  unreceived_datagrams::room unreceived;  // what they take of it

 private:
  struct unsent {
    operation* asked = nullptr;
    datagram_header to;
  };
  [[nodiscard]] bool may_answer(const datagram_header& header) const noexcept;
  datagram_caller* find_or_admit(const datagram_header& header);
  void refuse(const datagram_header& from, turned_away why);
  task<> receive_all();
  void tell_lack(const std::error_code& of) noexcept;
  task<> receive_some();
  void take(datagram& received);
  task<> receive_callers();
  task<> receive_requests();
  task<> receive_rest();
  [[nodiscard]] bool admits_nobody() const noexcept { return run.is_ending() && !run.hands_over(); }
  void receive_one(datagram& received);
  task<> take_turn();
  void receive_request(const datagram& asked);
  void begin_request(const datagram& asked);
  std::list<unsent> queue_;
  context* receiving_ = nullptr;
  bool gathers_ = false;      // until all have had their turn who were sent something together
  bool has_no_room_ = false;  // the socket, for all that was gathered
};

/// What ICMP says of a closed port is news of another caller than the one who sends now.
int unless_of_another(int error) noexcept { return error == ECONNREFUSED ? 0 : error; }

datagram_caller::datagram_caller(std::shared_ptr<datagram_service> of, const datagram_header& header)
    : of_{std::move(of)}, header_{header}, unreceived_{of_->unreceived} {
  header_.mark = 0;
  answer_from(header.local);
  of_->present.insert_or_assign(header.peer, this);
}

datagram_caller::~datagram_caller() {
  const auto own = of_->present.find(header_.peer);
  if (own != of_->present.end() && own->second == this) of_->present.erase(own);
  if (of_->gathered.done() < last_gathered_) of_->gathered.forget(*this);
  of_->taken.notify();
}

ahoy::engine& datagram_caller::engine() const noexcept { return of_->run.engine(); }

address datagram_caller::local() const {
  return header_.local.family() == family::unspecified ? of_->local : header_.local;
}

/// What carried the datagram names no port: it is the socket's. It names no address where the socket has only
/// one.
void datagram_caller::answer_from(const address& asked) {
  if (asked.family() == family::unspecified) return;
  header_.local = asked;
  header_.local.set_port(of_->local.port());
}

void datagram_caller::deliver(bytes data, const datagram_header& header) {
  const time_point now = engine().now();
  if (std::exchange(heard_at_, now) != now) of_->run.heard(*this);
  if (receiver_) return hand_over(std::move(data), header.local);
  const std::size_t size = data.size();
  if (unreceived_.add(std::move(data), header.local))
    received_ += size;
  else
    log(log_level::detail,
        label() + ": a datagram was dropped, " + std::to_string(unreceived_.size()) + " wait already");
}

void datagram_caller::hand_over(bytes data, const address& asked) {
  answer_from(asked);
  received_ += data.size();
  static_cast<receive_operation&>(*receiver_).received = std::move(data);
  engine().complete(*receiver_, 0);
}

/// What a handler said last may fail after it has ended. What its peer says meanwhile is another caller's.
task<> datagram_caller::until_sent() {
  ended_ = true;
  while (of_->gathered.done() < last_gathered_) co_await of_->passed.wait();
  throw_if_failed(std::exchange(failure_, 0), "send to", label());
}

void datagram_caller::refused(int why) {
  if (const int own = unless_of_another(why)) failure_ = own;
  if (!receiver_ || failure_ == 0) return;
  static_cast<receive_operation&>(*receiver_).is_of_a_send = true;
  engine().complete(*receiver_, std::exchange(failure_, 0));
}

bool datagram_caller::has_failed(operation& asked) noexcept {
  asked.error = std::exchange(failure_, 0);
  return asked.error != 0;
}

bool datagram_caller::submit(receive_operation& asked) {
  if (is_over(asked)) return true;
  asked.is_of_a_send = has_failed(asked);
  if (asked.is_of_a_send) return true;
  if (!unreceived_.empty()) {
    address to;
    asked.received = unreceived_.take(engine().buffers(), to);
    answer_from(to);
    return true;
  }
  if (ended_) return true;
  of_->taken.notify();
  asked.slot = &receiver_;
  return engine().submit(asked);
}

bool datagram_caller::submit(send_operation& asked) {
  if (is_over(asked) || has_failed(asked)) return true;
  sent_ += asked.left.size();
  return of_->send_now(asked, header_);
}

/// Only what is gathered: submit() sees to the rest, and to errors.
tried datagram_caller::send_at_once(outgoing& what, const context& where) {
  const bool may_gather = of_->gathers() && failure_ == 0 && engine().why_over(where) == 0;
  if (!may_gather || !gather(what.left)) return tried::no;
  sent_ += what.left.size();
  return tried::complete;
}

bool datagram_caller::gather(std::string_view data) {
  gathered_datagrams& with = of_->gathered;
  const bool is_in =
      with.add(data, header_, *this) || (of_->send_gathered() && with.add(data, header_, *this));
  if (is_in) last_gathered_ = with.added();
  return is_in;
}

bool try_to_send(datagram_service& by, operation& asked, const datagram_header& to) {
  auto& waiting = static_cast<send_operation&>(asked);
  send_to_operation sending{&by.socket.native(), waiting.left, to};
  if (!attempt(sending, by.run.engine().buffers(), patience::none)) return false;
  asked.error = unless_of_another(sending.error);
  return true;
}

bool datagram_service::send_gathered() {
  if (gathered.empty()) return true;
  has_no_room_ = !gathered.send(socket.native());
  if (has_no_room_) sendable.notify();
  passed.notify();
  return !has_no_room_;
}

/// A socket without room is rare: a datagram that finds it so waits in the queue.
bool datagram_service::send_now(send_operation& asked, const datagram_header& to) {
  if (queue_.empty() && send_gathered() && try_to_send(*this, asked, to)) return true;
  queue_.push_back(unsent{&asked, to});
  asked.slot = &queue_.back().asked;
  queue_.back().asked = nullptr;
  sendable.notify();
  return run.engine().submit(asked);
}

task<> datagram_service::send_queued() {
  for (;;) {
    while (queue_.empty() && !has_no_room_) co_await sendable.wait();
    co_await run.engine().ready(socket.native(), POLLOUT);
    const bool may_go_on = send_gathered();
    while (may_go_on && !queue_.empty()) {
      const unsent& next = queue_.front();
      if (next.asked && !try_to_send(*this, *next.asked, next.to)) break;
      if (next.asked) run.engine().complete(*next.asked, next.asked->error);
      queue_.pop_front();
    }
  }
}

bool datagram_service::may_answer(const datagram_header& header) const noexcept {
  const std::uint16_t port = header.peer.port();
  const bool is_service =
      port <= service_ports.back() && std::ranges::find(service_ports, port) != service_ports.end();
  if (is_service) return false;
  return header.mark != answered_mark || !run.serving().answers_by_itself();
}

datagram_caller* datagram_service::find_or_admit(const datagram_header& header) {
  const auto found = present.find(header.peer);
  if (found != present.end() && !found->second->has_ended()) return found->second;
  if (admits_nobody()) return nullptr;
  if (!run.is_welcome(header.peer.unmapped())) {
    run.reception().tell_denied(header.peer.unmapped());
    return nullptr;
  }
  auto its = run.reception().admit(newcomer::sender_of_datagrams, header.peer);
  if (const auto* why = std::get_if<turned_away>(&its)) {
    refuse(header, *why);
    return nullptr;
  }
  auto caller = std::make_unique<datagram_caller>(shared_from_this(), header);
  datagram_caller* admitted = caller.get();
  run.begin(std::move(caller), std::get<counted_in>(std::move(its)));
  return present.contains(header.peer) ? admitted : nullptr;
}

/// Tells a peer that there is no place, if the socket has room for that word. It is an automatic answer,
/// whatever the handler: it is marked, and a marked datagram gets none. Nor is it given more often than it is
/// told, since senders may be forged: others than they would be flooded with it.
void datagram_service::refuse(const datagram_header& from, turned_away why) {
  if (!run.reception().tell_refused(newcomer::sender_of_datagrams, from.peer.unmapped(), why) ||
      from.mark == answered_mark)
    return;
  datagram_header back = from;
  back.mark = answered_mark;
  send_to_operation word{&socket.native(), "busy", back};
  attempt(word, run.engine().buffers(), patience::none);
}

task<> datagram_service::receive_until_handed_over() {
  context& here = co_await this_context();
  context own{here};
  receiving_ = &own;
  std::exception_ptr why;
  try {
    co_await receive_all().in(own);
  } catch (...) {
    why = std::current_exception();
  }
  receiving_ = nullptr;
  const bool is_handed_over = own.stopped() && !here.stopped();
  if (!is_handed_over) std::rethrow_exception(why);
  co_await receive_rest();
}

task<> datagram_service::receive_rest() {
  gathers_ = false;
  while (socket.has_more()) {
    datagram rest = co_await socket.receive();
    take(rest);
  }
  send_gathered();
}

void datagram_service::tell_lack(const std::error_code& of) noexcept {
  try {
    run.tell_exhausted(cause_in_words(of));
  } catch (const std::bad_alloc&) {
    // It goes on all the same.
  }
}

/// Not even to be waited for may there be memory: that passes, and what waits in the socket is received then.
task<> datagram_service::receive_all() {
  for (;;) {
    try {
      gathers_ = false;
      send_gathered();
      co_await receive_some();
    } catch (const std::bad_alloc&) {
      if (run.options().once) throw;
    } catch (const error& why) {
      if (run.options().once || !is_exhaustion(why.code())) throw;
      tell_lack(why.code());
    }
    co_await backoff{run.engine()};
  }
}

/// Ends by what is thrown alone.
task<> datagram_service::receive_some() {
  if (run.datagrams_are_requests())
    co_await receive_requests();
  else
    co_await receive_callers();
}

/// One that there is no memory for is lost, as any datagram may be. With `once` there is no other.
void datagram_service::take(datagram& received) {
  try {
    if (run.datagrams_are_requests())
      receive_request(received);
    else
      receive_one(received);
  } catch (const std::bad_alloc&) {
    if (run.options().once) throw;
    run.tell_exhausted(no_memory);
  }
}

/// A socket that forged senders flood holds up nobody: what finds no place, or no memory, is told so or lost.
void datagram_service::begin_request(const datagram& asked) {
  const std::size_t size = asked.data.size();
  if (!unreceived.has(size)) return refuse(asked.header, turned_away::busy);
  auto its = run.reception().admit(newcomer::sender_of_datagrams, asked.header.peer);
  if (const auto* why = std::get_if<turned_away>(&its)) return refuse(asked.header, *why);
  datagram_header back = asked.header;
  back.mark = 0;
  if (back.local.family() == family::unspecified) back.local = local;
  back.local.set_port(local.port());
  auto request = std::make_unique<datagram_request>(run.engine(), fd::duplicate(socket.native().number()),
                                                    back, std::string{asked.data.text()});
  unreceived.bytes += size;
  request->charge({nullptr, [self = shared_from_this(), size](void*) { self->unreceived.bytes -= size; }});
  run.begin(std::move(request), std::get<counted_in>(std::move(its)));
}

void datagram_service::receive_request(const datagram& asked) {
  if (!may_answer(asked.header) || admits_nobody()) return;
  if (run.is_welcome(asked.header.peer.unmapped()))
    begin_request(asked);
  else
    run.reception().tell_denied(asked.header.peer.unmapped());
}

/// Others have their turn after as many as came at once.
task<> datagram_service::receive_requests() {
  for (bool were_several = false;; were_several = socket.has_more()) {
    datagram asked = co_await socket.receive();
    take(asked);
    if (were_several && !socket.has_more()) co_await others_have_gone_on{run.engine()};
  }
}

task<> datagram_service::receive_callers() {
  const bool one_at_a_time = run.options().model == model::iterative;
  for (;;) {
    datagram received = co_await socket.receive();
    if (socket.has_more()) gathers_ = !one_at_a_time;
    take(received);
    const address& peer = received.header.peer;
    while (one_at_a_time && present.contains(peer) && !present.at(peer)->awaits()) co_await taken.wait();
    if (gathers_ && !socket.has_more()) co_await take_turn();
  }
}

void datagram_service::receive_one(datagram& received) {
  if (!may_answer(received.header)) {
    log(log_level::detail,
        received.header.peer.to_string() + ": not answered, to keep two servers from answering each other");
    return;
  }
  datagram_caller* const from = find_or_admit(received.header);
  if (from) from->deliver(std::move(received.data), received.header);
}

/// What those say to it who were sent something together is sent together, also where we are stopped
/// meanwhile.
task<> datagram_service::take_turn() {
  co_await others_have_gone_on{run.engine()};
  gathers_ = false;
  send_gathered();
}

task<> serve_callers(std::shared_ptr<datagram_service> service) {
  co_await when_all(tasks(service->receive_until_handed_over(), service->send_queued()));
}

}  // namespace

task<> serve_datagrams(server_run& run, datagram_socket& socket) {
  const auto service = std::make_shared<datagram_service>(run, socket);
  run.keep(serve_callers(service));
  std::exception_ptr stopped;
  try {
    while (!run.is_ending()) co_await run.wait_for_change(no_timeout);
  } catch (...) {
    stopped = std::current_exception();
  }
  if (run.hands_over()) service->hand_over();
  if (stopped) std::rethrow_exception(stopped);
}

}  // namespace ahoy::inline v0
