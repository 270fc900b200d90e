#pragma once
#include <ahoy/server/observer.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace ahoy::inline v0 {

/// Counts what happens at a server, for who looks at it from outside. Belongs to the server's thread.
class tally final : public observer {
 public:
  /// Why conversations ended, in few classes: what a peer can say must not make ever new ones.
  enum class ending : std::uint8_t { done, server, kicked, made_way, idle, slow, reset, failed };
  [[nodiscard]] static ending ending_of(std::string_view why);

  void joined(const connection& caller) override;
  void departed(callers::caller& who, std::string_view why) override;
  void busy(const address&, std::size_t) override { ++refused_[of_busy]; }
  void no_worker(const address&, std::string_view) override { ++refused_[of_no_worker]; }
  void denied(const address&) override { ++refused_[of_denied]; }
  void too_many(const address&, std::size_t) override { ++refused_[of_too_many]; }
  void too_often(const address&) override { ++refused_[of_too_often]; }
  void insecure(const connection&, std::string_view) override { ++refused_[of_insecure]; }
  /// Of those that were counted and not named; they are in the sum within a second.
  void untold(turned_away how, std::uint64_t callers) override;
  void exhausted(std::string_view) override { ++exhausted_; }
  void dropped(std::string_view, std::uint64_t messages) override { dropped_ += messages; }
  void too_large(std::string_view, std::size_t) override { ++dropped_; }

  /// What a server is, beside its counts.
  struct identity {
    std::string version, engine, model;
  };
  /// All of it in Prometheus' text format. `here` are those who are here now, whose bytes count, too: it
  /// takes a system call for each that is a connection of TCP.
  [[nodiscard]] std::string text(callers& here, const identity& of) const;

 private:
  enum refusal { of_busy, of_no_worker, of_denied, of_too_many, of_too_often, of_insecure };

  std::chrono::system_clock::time_point since_ = std::chrono::system_clock::now();
  std::uint64_t joined_ = 0, agreed_ = 0, exhausted_ = 0, dropped_ = 0;
  std::array<std::uint64_t, 8> ended_{};
  std::array<std::uint64_t, 6> refused_{};
  callers::traffic moved_;  // of those who have left
};

}  // namespace ahoy::inline v0
