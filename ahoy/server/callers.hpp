#pragma once
#include <ahoy/connection/connection.hpp>

#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>

namespace ahoy::inline v0 {

/// Who is connected to a server at the moment. Belongs to the server's thread.
class callers {
 public:
  /// Why a conversation is stopped before its own end.
  enum class cut : std::uint8_t { server_ends, kicked, made_way, stalled };
  /// In words, as observer::left() is told.
  [[nodiscard]] static std::string_view in_words(cut why) noexcept;
  /// Whether observer::left() was told one of these.
  [[nodiscard]] static bool is_cut(std::string_view why) noexcept;

  class caller;
  using entry = std::list<caller>::iterator;
  /// Stopping it ends the caller's conversation. There may be very many, most of them idle: it is kept
  /// small.
  class caller final : public context {
   public:
    caller(std::unique_ptr<connection> peer, context& parent) : context{parent}, link_{std::move(peer)} {}
    [[nodiscard]] connection& link() const noexcept { return *link_; }

    bool waiting = false;  ///< connected, not yet served
    bool has_joined = false;
    bool is_at_worker = false;    ///< its bytes pass by the server: the link does not count them
    bool is_secure = false;       ///< TLS is spoken over the link
    bool is_turned_away = false;  ///< the system had no process or thread for it
    cut why_cut = cut::server_ends;
    std::chrono::system_clock::time_point since = std::chrono::system_clock::now();

   private:
    friend class callers;
    std::unique_ptr<connection> link_;
    entry self_;
  };

  /// Keeps something of callers while they are here, by their address: it hears of each that goes, whose
  /// address the next one may have. At most one at a time.
  class follower {
   public:
    explicit follower(callers& of) noexcept : of_{of} { of_.follower_ = this; }
    follower(const follower&) = delete;
    follower& operator=(const follower&) = delete;

   protected:
    ~follower() { of_.follower_ = nullptr; }
    [[nodiscard]] callers& followed() const noexcept { return of_; }

   private:
    friend class callers;
    virtual void forget(const caller& gone) noexcept = 0;
    callers& of_;
  };

  /// Bytes of one caller. Of TCP they are what the kernel counts, whoever has the socket meanwhile, a
  /// worker or a program: received ones may not have been read yet, sent ones may be on their way. Of the
  /// others it is what the link counts; nullopt at a worker, where nobody tells.
  struct traffic {
    std::uint64_t received = 0, sent = 0;
  };
  [[nodiscard]] static std::optional<traffic> traffic_of(caller& whom);
  /// The same as it went over the network: of TLS, whoever speaks it, with what TLS adds.
  [[nodiscard]] static std::optional<traffic> traffic_on_wire(caller& whom);

  /// Of one that `may_make_way` nobody can know whether it has left: a peer of datagrams in conversation.
  entry add(std::unique_ptr<connection> link, context& parent, bool may_make_way);
  /// The entry of one that is present.
  [[nodiscard]] static entry entry_of(const caller& present) noexcept { return present.self_; }
  /// Its connection is the caller's own again.
  std::unique_ptr<connection> remove(entry which) noexcept;

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
  /// The same of one that takes nothing.
  static void cut_stalled(caller& whom);
  /// No caller is heard any more: each one's receive() ends with the end of the stream.
  void end_receiving();
  /// Of peers of datagrams alone.
  void end_receiving_datagrams();

  /// A datagram came from this caller.
  void heard(const connection& from);
  /// Of a peer that sends datagrams nobody can know whether it has left: the one that has been silent for
  /// longest gives up its place, and its conversation ends. Null where no such caller is here, or none that
  /// was heard before `heard_before` for the last time.
  caller* make_way(time_point heard_before);
  /// The same among these alone.
  caller* make_way(time_point heard_before, std::span<caller* const> among);

 private:
  caller* give_up_place(caller& of);
  void forget_silence(const connection& of) noexcept;

  std::list<caller> present_;
  struct silence {
    caller* of;
    time_point since;
  };
  std::list<silence> by_silence_;  // those of datagrams; the one that was heard last is the last
  std::unordered_map<const connection*, std::list<silence>::iterator> silences_;
  std::size_t making_way_ = 0;
  follower* follower_ = nullptr;
};

}  // namespace ahoy::inline v0
