#pragma once
#include <ahoy/connection/connection.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <optional>
#include <string_view>
#include <unordered_map>

namespace ahoy::inline v0 {

/// Who is connected to a server at the moment. Belongs to the server's thread.
class callers {
 public:
  /// Why a conversation is stopped before its own end.
  enum class cut { server_ends, kicked, made_way };
  /// In words, as observer::left() is told.
  [[nodiscard]] static std::string_view in_words(cut why) noexcept;

  struct caller {
    caller(connection& peer, context& of_it) : link{peer}, where{of_it} {}
    connection& link;
    context& where;  ///< stopping it ends the caller's conversation
    std::chrono::system_clock::time_point since = std::chrono::system_clock::now();
    bool waiting = false;  ///< connected, not yet served
    bool has_joined = false;
    bool is_at_worker = false;    ///< its bytes pass by the server: the link does not count them
    bool is_turned_away = false;  ///< the system had no process or thread for it
    cut why_cut = cut::server_ends;
  };
  using entry = std::list<caller>::iterator;

  /// Bytes of one caller. Of TCP they are what the kernel counts, whoever has the socket meanwhile, a worker
  /// or a program: received ones may not have been read yet, sent ones may be on their way. Of the others it
  /// is what the link counts; nullopt at a worker, where nobody tells.
  struct traffic {
    std::uint64_t received = 0, sent = 0;
  };
  [[nodiscard]] static std::optional<traffic> traffic_of(caller& whom);

  /// Of one that `may_make_way` nobody can know whether it has left: a peer of datagrams in conversation.
  entry add(connection& link, context& where, bool may_make_way);
  void remove(entry which) noexcept;

  [[nodiscard]] std::size_t size() const noexcept { return present_.size(); }
  /// Those who have a place: not those who made way, and are about to leave.
  [[nodiscard]] std::size_t in_place() const noexcept { return present_.size() - making_way_; }
  [[nodiscard]] std::size_t making_way() const noexcept { return making_way_; }
  [[nodiscard]] auto begin() noexcept { return present_.begin(); }
  [[nodiscard]] auto end() noexcept { return present_.end(); }
  /// Null where nobody has this label.
  [[nodiscard]] caller* find(std::string_view label) noexcept;
  /// Ends the conversation of one caller.
  static void kick(caller& whom);
  /// No caller is heard any more: each one's receive() ends with the end of the stream.
  void end_receiving();

  /// A datagram came from this caller.
  void heard(const connection& from);
  /// Of a peer that sends datagrams nobody can know whether it has left: the one that has been silent for
  /// longest gives up its place, and its conversation ends. Null where no such caller is here.
  caller* make_way();

 private:
  void forget_silence(const connection& of) noexcept;

  std::list<caller> present_;
  std::list<caller*> by_silence_;  // those of datagrams; the one that was heard last is the last
  std::unordered_map<const connection*, std::list<caller*>::iterator> silences_;
  std::size_t making_way_ = 0;
};

}  // namespace ahoy::inline v0
