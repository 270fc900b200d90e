#pragma once
#include <ahoy/connection/connection.hpp>

#include <chrono>
#include <functional>
#include <list>
#include <string_view>

namespace ahoy::inline v0 {

/// Who is connected to a server at the moment. Belongs to the server's thread.
class callers {
 public:
  struct caller {
    caller(connection& peer, context& of_it) : link{peer}, where{of_it} {}
    connection& link;
    context& where;  ///< stopping it ends the caller's conversation
    std::chrono::system_clock::time_point since = std::chrono::system_clock::now();
    bool waiting = false;  ///< connected, not yet served
    bool kicked = false;
  };
  using entry = std::list<caller>::iterator;

  entry add(connection& link, context& where) { return present_.emplace(present_.end(), link, where); }
  void remove(entry which) noexcept { present_.erase(which); }

  [[nodiscard]] std::size_t size() const noexcept { return present_.size(); }
  [[nodiscard]] auto begin() noexcept { return present_.begin(); }
  [[nodiscard]] auto end() noexcept { return present_.end(); }
  /// Null where nobody has this label.
  [[nodiscard]] caller* find(std::string_view label) noexcept;
  /// Ends the conversation of one caller.
  static void kick(caller& whom) {
    whom.kicked = true;
    whom.where.stop();
  }
  /// No caller is heard any more: each one's receive() ends with the end of the stream.
  void end_receiving();

 private:
  std::list<caller> present_;
};

}  // namespace ahoy::inline v0
