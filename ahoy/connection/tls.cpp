#include <ahoy/connection/tls.hpp>
#include <ahoy/connection/tls_session.hpp>
#include <ahoy/task/scope.hpp>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <exception>
#include <optional>
#include <utility>

namespace ahoy::inline v0 {

namespace {

/// What is made ciphertext at once, so that a long text need not be there twice.
constexpr std::size_t most_at_once = std::size_t{64} * 1024;

/// Of answers that the peer makes us give (alerts, to what it must not ask): who brings about more than this
/// does not read them.
constexpr std::size_t most_answers = std::size_t{256} * 1024;

/// What one that has nothing to say keeps for its next words.
constexpr std::size_t most_kept = std::size_t{4} * 1024;

/// A send hears of a reset as of a pipe that is broken, where another one has heard of it before.
bool is_reset(const std::error_code& why) noexcept {
  return why == std::errc::connection_reset || why == std::errc::broken_pipe;
}

/// Said on the way out of a failure: if it does not get there, that is no failure of its own.
task<> in_vain_or_not(task<> last) {
  try {
    co_await std::move(last);
  } catch (const std::system_error&) {  // NOLINT(bugprone-empty-catch): what failed before is what counts
  }
}

/// What only one may do at a time is being done; at the end of it whoever waits for that is woken.
class turn {
 public:
  turn(bool& taken, event& free) noexcept : taken_{taken}, free_{free} { taken_ = true; }
  turn(const turn&) = delete;
  turn& operator=(const turn&) = delete;
  ~turn() {
    taken_ = false;
    free_.notify();
  }

 private:
  bool& taken_;
  event& free_;
};

/// Carries out one operation by a task, in the operation's own context: the coroutine that awaits the one
/// goes on when the other has ended. So a stop and a deadline reach what the task waits for, and there is
/// never a task whose asker has gone.
class errand final : detail::task_owner {
 public:
  /// Whether it was complete at once.
  bool begin(operation& of, task<> work) {
    assert(!asked_);
    asked_ = &of;
    reason_ = nullptr;
    const auto frame = std::move(work).release();
    frame.promise().inherit(*of.where);
    frame.promise().belong_to(*this);
    is_beginning_ = true;
    frame.resume();
    is_beginning_ = false;
    return !asked_;
  }
  /// Why it failed.
  void throw_reason() {
    if (reason_) std::rethrow_exception(std::exchange(reason_, nullptr));
  }
  void fail(operation& of, std::exception_ptr why) noexcept {
    of.error = EPROTO;  // the reason says more
    reason_ = std::move(why);
  }

 private:
  void ended(std::coroutine_handle<> frame, detail::promise_base& how) noexcept override {
    operation& done = *std::exchange(asked_, nullptr);
    if (std::exception_ptr thrown = how.take_failure()) fail(done, std::move(thrown));
    frame.destroy();
    if (!is_beginning_) done.waiting.resume();  // who may do away with this
  }

  operation* asked_ = nullptr;
  std::exception_ptr reason_;
  bool is_beginning_ = false;
};

class tls_connection final : public secure_connection {
 public:
  tls_connection(std::unique_ptr<connection> below, tls_session session, duration limit)
      : below_{std::move(below)},
        session_{std::move(session)},
        agreed_by_{deadline_after(below_->engine().now(), limit)},
        free_{below_->engine()} {
    if (std::string label = below_->own_label(); !label.empty()) set_label(std::move(label));
    set_timeout(below_->timeout());
  }

  task<> handshake() override;
  void shutdown_send() override;
  void shutdown_receive() override;
  [[nodiscard]] bool left_unheard() const noexcept override { return below_->left_unheard(); }
  void abort_on_close() noexcept override { below_->abort_on_close(); }
  task<> until_sent() override;
  [[nodiscard]] ahoy::engine& engine() const noexcept override { return below_->engine(); }
  [[nodiscard]] address local() const override { return below_->local(); }
  [[nodiscard]] address remote() const override { return below_->remote(); }
  [[nodiscard]] std::string_view transport() const noexcept override { return "tls"; }
  [[nodiscard]] connection& wire() noexcept override { return below_->wire(); }
  [[nodiscard]] std::uint64_t bytes_received() const noexcept override { return received_; }
  [[nodiscard]] std::uint64_t bytes_sent() const noexcept override { return sent_; }
  [[nodiscard]] std::uint64_t bytes_on_wire() const noexcept override { return carried_; }
  [[nodiscard]] std::uint64_t progress() const noexcept override { return below_->progress(); }
  [[nodiscard]] std::string version() const override { return is_agreed_ ? session_.version() : ""; }
  [[nodiscard]] std::string peer_key() const override { return session_.peer_key(); }
  [[nodiscard]] bool has_halves() const override { return session_.version() != "TLSv1.2"; }
  void agree_by(time_point due) noexcept override { agreed_by_ = due; }

 private:
  bool submit(receive_operation& asked) override;
  bool submit(send_operation& asked) override;
  void throw_reason(const operation& failed) override;
  [[nodiscard]] bool has_plain(receive_operation& asked);
  [[nodiscard]] bool has_plain_or_failed(receive_operation& asked) noexcept;
  task<> receive_into(receive_operation& asked);
  task<bool> has_agreed_by(time_point due);
  void check_answers() const;
  task<bool> fill(duration limit);
  task<bool> fill_while_flushing(duration limit);
  task<> send_all(send_operation& asked);
  [[nodiscard]] std::uint64_t end_of_outgoing() const noexcept;
  task<> agree();
  [[nodiscard]] std::exception_ptr reason_of(const std::error_code& failure) const;
  [[nodiscard]] bool is_askers(const std::error_code& why) const noexcept;
  task<> agree_by_words();
  task<> until_agreed();
  task<> flush();
  task<> flush_in_turn();
  void collect_and_send_what_fits();
  void end_below();
  [[nodiscard]] bool has_outgoing() const noexcept {
    return !leaving_.empty() || session_.outgoing_size() > 0;
  }
  [[nodiscard]] duration left_of(time_point due) const noexcept;

  std::unique_ptr<connection> below_;
  tls_session session_;
  time_point agreed_by_;
  errand receiving_, sending_;
  std::string leaving_;         // ciphertext that is not the kernel's yet
  event free_;                  // whoever flushed or shook hands is done
  std::exception_ptr refused_;  // why there is no conversation
  std::uint64_t received_ = 0, sent_ = 0;
  std::uint64_t flush_began_ = 0;  // below
  std::uint64_t carried_ = 0;      // where the last byte that was said ends, below
  bool is_agreed_ = false;
  bool is_agreeing_ = false;
  bool is_flushing_ = false;
  bool ending_ = false;           // our half, as far as we are concerned
  bool has_ended_below_ = false;  // so that the peer knows
  bool receiving_ended_ = false;
  bool made_end_ = false;  // where nothing is at hand any more
};

void tls_connection::throw_reason(const operation& failed) {
  (failed.kind == operation_kind::send ? sending_ : receiving_).throw_reason();
}

// --- the handshake ---

task<> tls_connection::agree_by_words() {
  while (!session_.shake_hands()) {
    co_await flush();
    bytes come = co_await below_->receive();
    if (come.empty() && receiving_ended_) throw error{system_code(ECANCELED), "begin TLS with", label()};
    if (come.empty())
      session_.end();
    else
      session_.take(std::move(come));
  }
  co_await flush();
}

/// A stop, or the end of its own time, is the asker's alone: who asks next goes on where it was left.
bool tls_connection::is_askers(const std::error_code& why) const noexcept {
  return why == std::errc::operation_canceled || (why == std::errc::timed_out && engine().now() < agreed_by_);
}

/// Whatever ends it, while it lasts it is the handshake that has failed. Called where the error is handled.
std::exception_ptr tls_connection::reason_of(const std::error_code& failure) const {
  if (failure == std::errc::timed_out)
    return std::make_exception_ptr(
        error{failure, "begin TLS with", session_.label(), "the handshake took too long"});
  if (is_reset(failure))
    return std::make_exception_ptr(error{make_error_code(errc::handshake_failed), "begin TLS with",
                                         session_.label(), "it reset the connection instead"});
  return std::current_exception();
}

task<> tls_connection::agree() {
  try {
    co_await with_deadline(agreed_by_, agree_by_words());
  } catch (const error& why) {
    if (is_askers(why.code())) throw;
    refused_ = reason_of(why.code());
  } catch (...) {
    refused_ = std::current_exception();
  }
  if (refused_ && !is_flushing_) collect_and_send_what_fits();  // the alert
  if (refused_) std::rethrow_exception(refused_);
  is_agreed_ = true;
  if (!ending_) co_return;
  session_.write_end();
  co_await flush();
}

/// Who comes second waits for the first, whose failure is its own, too.
task<> tls_connection::until_agreed() {
  while (is_agreeing_) co_await free_.wait();
  if (refused_) std::rethrow_exception(refused_);
  if (is_agreed_) co_return;
  try {
    const turn mine{is_agreeing_, free_};
    co_await agree();
  } catch (...) {
    end_below();
    throw;
  }
  end_below();
}

task<> tls_connection::handshake() { return until_agreed(); }

// --- what has to go ---

/// A send below that fails or is stopped may have taken a part: only the rest has to go.
task<> tls_connection::flush_in_turn() {
  for (session_.take_outgoing(leaving_); !leaving_.empty(); session_.take_outgoing(leaving_)) {
    const std::uint64_t before = below_->bytes_sent();
    flush_began_ = below_->bytes_on_wire();
    std::exception_ptr failure;
    try {
      co_await below_->send(leaving_);
    } catch (...) {
      failure = std::current_exception();
    }
    leaving_.erase(0, static_cast<std::size_t>(below_->bytes_sent() - before));
    if (failure) std::rethrow_exception(failure);
  }
  if (leaving_.capacity() > most_kept) leaving_ = {};
  end_below();
}

/// One at a time, each in its own context: nobody's words depend on another's time.
task<> tls_connection::flush() {
  while (is_flushing_) co_await free_.wait();
  if (!has_outgoing()) co_return;
  const turn mine{is_flushing_, free_};
  co_await flush_in_turn();
}

void tls_connection::end_below() {
  if (!ending_ || has_ended_below_ || is_agreeing_ || has_outgoing()) return;
  has_ended_below_ = true;
  below_->shutdown_send();
}

void tls_connection::collect_and_send_what_fits() {
  session_.take_outgoing(leaving_);
  leaving_.erase(0, below_->send_what_fits(leaving_));
  end_below();
}

void tls_connection::shutdown_send() {
  if (ending_) return;
  ending_ = true;
  if (is_agreed_) session_.write_end();
  if (!is_flushing_ && !is_agreeing_) collect_and_send_what_fits();
}

/// A server that lets us not in may reset us before we have read its word.
task<> tls_connection::until_sent() {
  try {
    co_await flush();
  } catch (const error& why) {
    if (is_reset(why.code()) && session_.lacks_certificate()) session_.throw_lack_of_certificate();
    throw;
  }
}

bool tls_connection::submit(send_operation& asked) {
  if (is_over(asked)) return true;
  return sending_.begin(asked, send_all(asked));
}

/// Where the last byte that is to go will stand below. What is being sent is still in `leaving_`.
std::uint64_t tls_connection::end_of_outgoing() const noexcept {
  const std::uint64_t from = is_flushing_ ? flush_began_ : below_->bytes_on_wire();
  return from + leaving_.size() + session_.outgoing_size();
}

/// What is counted is on its way, in part at least.
task<> tls_connection::send_all(send_operation& asked) {
  below_->set_timeout(asked.timeout);
  if (!is_agreed_) co_await with_deadline(deadline_after(engine().now(), asked.timeout), until_agreed());
  while (!asked.left.empty()) {
    if (ending_) throw error{system_code(EPIPE), "send to", label()};
    const std::string_view piece = asked.left.substr(0, most_at_once);
    session_.write(piece);
    asked.left.remove_prefix(piece.size());
    sent_ += piece.size();
    carried_ = end_of_outgoing();
    co_await until_sent();
  }
}

// --- what comes ---

/// false: more has to come first.
bool tls_connection::has_plain(receive_operation& asked) {
  buffer_pool& pool = engine().buffers();
  const std::span<char> block = pool.take();
  std::optional<std::size_t> size;
  try {
    size = session_.read(block);
  } catch (...) {
    pool.give_back(block.data());
    throw;
  }
  if (size && *size > 0)
    asked.received = pool.lend(block, *size);
  else
    pool.give_back(block.data());
  received_ += size.value_or(0);
  return size.has_value() || made_end_;
}

bool tls_connection::has_plain_or_failed(receive_operation& asked) noexcept {
  try {
    return has_plain(asked);
  } catch (...) {
    receiving_.fail(asked, std::current_exception());
    return true;
  }
}

bool tls_connection::submit(receive_operation& asked) {
  if (is_over(asked)) return true;
  if (is_agreed_ && !has_outgoing() && has_plain_or_failed(asked)) return true;
  return receiving_.begin(asked, receive_into(asked));
}

duration tls_connection::left_of(time_point due) const noexcept {
  if (due == no_deadline) return no_timeout;
  return std::max(due - engine().now(), duration::zero());
}

/// false: nothing came in time.
task<bool> tls_connection::fill(duration limit) {
  std::optional<bytes> come;
  try {
    come = co_await below_->receive_within(limit);
  } catch (const error& why) {  // as in until_sent()
    if (!is_reset(why.code()) || !session_.lacks_certificate()) throw;
    come.emplace();
  }
  const bool is_end = come && come->empty();
  if (is_end && receiving_ended_)
    made_end_ = true;
  else if (is_end)
    session_.end();
  const bool has_come = come.has_value();
  if (has_come && !is_end) session_.take(std::move(*come));
  co_return has_come;
}

/// A peer that says much before it listens must not wait for us while we wait for it.
task<bool> tls_connection::fill_while_flushing(duration limit) {
  context& here = co_await this_context();
  scope flushing{here};
  flushing.start(in_vain_or_not(flush()));
  std::exception_ptr failure;
  bool has_come = false;
  try {
    has_come = co_await fill(limit);
  } catch (...) {
    failure = std::current_exception();
  }
  flushing.stop();
  co_await flushing.join();
  if (failure) std::rethrow_exception(failure);
  co_return has_come;
}

/// false: the time is over, and the handshake is not.
task<bool> tls_connection::has_agreed_by(time_point due) {
  if (is_agreed_) co_return true;
  try {
    co_await with_deadline(due, until_agreed());
  } catch (const error& why) {
    const bool is_late = why.code() == std::errc::timed_out && !refused_ && engine().now() >= due;
    if (!is_late) throw;
  }
  co_return is_agreed_;
}

void tls_connection::check_answers() const {
  if (leaving_.size() + session_.outgoing_size() > most_answers)
    throw error{make_error_code(errc::protocol_broken), "receive from", label(),
                "it brings about answers without end, and reads none"};
}

task<> tls_connection::receive_into(receive_operation& asked) {
  const time_point due = deadline_after(engine().now(), asked.timeout);
  bool has_come = co_await has_agreed_by(due);
  while (has_come) {
    if (has_plain(asked)) co_return;
    check_answers();
    if (!is_flushing_ && has_outgoing()) collect_and_send_what_fits();
    const bool flushes = !is_flushing_ && has_outgoing();
    task<bool> filling = flushes ? fill_while_flushing(left_of(due)) : fill(left_of(due));
    has_come = co_await std::move(filling);
  }
  asked.timed_out = true;
  asked.error = ETIMEDOUT;
}

void tls_connection::shutdown_receive() {
  receiving_ended_ = true;
  below_->shutdown_receive();
}

/// One side, with its keys; what both are alike in.
class tls_side : public security {
 public:
  [[nodiscard]] duration handshake_timeout() const noexcept override { return limit_; }
  [[nodiscard]] std::string why_out_of_date() const override { return context_.why_out_of_date(); }

 protected:
  tls_side(tls_context context, duration limit) : context_{std::move(context)}, limit_{limit} {}
  [[nodiscard]] const tls_context& context() const noexcept { return context_; }
  [[nodiscard]] std::unique_ptr<secure_connection> talk(std::unique_ptr<connection> below,
                                                        tls_session session) const {
    return std::make_unique<tls_connection>(std::move(below), std::move(session), limit_);
  }

 private:
  tls_context context_;
  duration limit_;
};

class tls_client final : public tls_side {
 public:
  explicit tls_client(const tls_options& how)
      : tls_side{tls_context::of_client(how), how.handshake_timeout} {}
  [[nodiscard]] std::unique_ptr<secure_connection> over(std::unique_ptr<connection> below, const host& server,
                                                        std::string name) const override {
    return talk(std::move(below), tls_session::to_server(context(), server, std::move(name)));
  }
};

/// What both ends need to be the same; it has no files, which can be read but once where they are pipes.
tls_options caller_of(const tls_options& server) {
  tls_options how;
  how.insecure = true;
  how.token = server.token;
  how.protocols = server.protocols;
  return how;
}

class tls_server final : public tls_side {
 public:
  explicit tls_server(const tls_options& how) : tls_side{tls_context::of_server(how), how.handshake_timeout} {
    tls_session::rehearse(context(), tls_context::of_client(caller_of(how)));
  }
  [[nodiscard]] std::unique_ptr<secure_connection> over(std::unique_ptr<connection> below, const host&,
                                                        std::string name) const override {
    return talk(std::move(below), tls_session::to_client(context(), std::move(name)));
  }
};

}  // namespace

std::shared_ptr<const security> make_tls_client(const tls_options& how) {
  return std::make_shared<tls_client>(how);
}

std::shared_ptr<const security> make_tls_server(const tls_options& how) {
  return std::make_shared<tls_server>(how);
}

}  // namespace ahoy::inline v0
