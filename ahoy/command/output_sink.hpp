#pragma once
#include <ahoy/command/presentation.hpp>
#include <ahoy/command/standard_output.hpp>
#include <ahoy/task/task.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace ahoy::inline v0 {

/// Where what the peer says goes. Each piece has gone when the task is over.
class output_sink {
 public:
  output_sink() = default;
  output_sink(const output_sink&) = delete;
  output_sink& operator=(const output_sink&) = delete;
  virtual ~output_sink() = default;

  virtual task<> take(std::string_view text, piece kind) = 0;
  /// Lets go what was kept back of a stream, when nothing follows for a while, and at its end.
  virtual task<> pause();
  [[nodiscard]] virtual bool holds() const noexcept { return false; }
};

/// As presentation shows it.
class shown_output final : public output_sink {
 public:
  shown_output(standard_output& to, presentation how) : to_{to}, how_{std::move(how)} {}
  task<> take(std::string_view text, piece kind) override;
  task<> pause() override;
  bool holds() const noexcept override { return how_.holds(); }

 private:
  standard_output& to_;
  presentation how_;
};

/// A line of JSON each.
class event_output final : public output_sink {
 public:
  event_output(standard_output& to, std::string peer) : to_{to}, peer_{std::move(peer)} {}
  task<> take(std::string_view text, piece kind) override;

 private:
  standard_output& to_;
  std::string peer_;
};

/// Kept, for who tells it at the end. More than `limit` bytes are too_long.
class kept_output final : public output_sink {
 public:
  explicit kept_output(std::size_t limit) noexcept : limit_{limit} {}
  task<> take(std::string_view text, piece kind) override;
  /// Nothing where nothing came.
  [[nodiscard]] const std::optional<std::string>& text() const noexcept { return text_; }

 private:
  std::size_t limit_;
  std::optional<std::string> text_;
};

}  // namespace ahoy::inline v0
