#pragma once
#include <ahoy/connection/connection.hpp>

#include <string>

namespace ahoy::inline v0 {

/// Who removes the file of a Unix socket.
enum class file_is { ours, theirs };

/// A socket that callers connect to: TCP or Unix. A Unix socket's file has mode 0600; a file that is left of
/// a dead server is replaced, that of a live one never; the file goes with the listener.
class listener {
 public:
  /// Binds and listens. An IPv6 wildcard address hears both families, unless inet6 alone is wanted. Throws
  /// error; with EBUSY where somebody has locked the folder of a Unix socket's file (flock(2)), as another
  /// server does for a moment while it starts: a later try may succeed.
  listener(engine& by, const address& on, int backlog, family wanted = family::unspecified);
  /// One that listens already: opened by another process, whose its file is, or was until now.
  listener(engine& by, fd listening, file_is whose);
  listener(listener&&) = default;
  ~listener();

  class accept_awaiter : public accept_operation {
   public:
    /// Whoever calls is connected by the kernel, and may wait.
    explicit accept_awaiter(descriptor* listening) noexcept : accept_operation{listening} {
      unhurried = true;
    }
    struct accepted_socket {
      int error;  ///< an errno value; the caller decides which of them end an acceptor (accept(2))
      fd socket;
      address peer;
    };
    accepted_socket await_resume() noexcept { return {error, std::move(accepted), peer}; }
  };
  [[nodiscard]] accept_awaiter accept() noexcept { return accept_awaiter{&*socket_}; }

  /// Where it really listens, with the port that the kernel chose for 0.
  [[nodiscard]] const address& local() const noexcept { return local_; }
  /// The file goes on without this listener.
  void leave_file() noexcept { file_.clear(); }
  [[nodiscard]] file_is file() const noexcept { return file_.empty() ? file_is::theirs : file_is::ours; }
  [[nodiscard]] int number() const noexcept { return socket_->number(); }
  [[nodiscard]] descriptor& native() noexcept { return *socket_; }

 private:
  void learn_local();
  void own_file(std::string path);
  std::unique_ptr<descriptor> socket_;
  address local_;
  std::string file_;  // the socket file that is ours to remove
  unsigned long long inode_ = 0;
};

}  // namespace ahoy::inline v0
