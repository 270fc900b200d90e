#include <ahoy/command/input_source.hpp>
#include <ahoy/command/json.hpp>
#include <ahoy/command/standard_streams.hpp>
#include <ahoy/error/error.hpp>

#include <utility>

namespace ahoy::inline v0 {

namespace {

class words_source final : public input_source {
 public:
  explicit words_source(const std::vector<std::string>& words) noexcept : words_{words} {}
  task<std::optional<std::string>> next() override {
    if (at_end()) co_return std::nullopt;
    co_return words_[given_++];
  }
  bool at_end() const noexcept override { return given_ == words_.size(); }

 private:
  const std::vector<std::string>& words_;
  std::size_t given_ = 0;
};

class bytes_source final : public input_source {
 public:
  explicit bytes_source(standard_input& from) noexcept : from_{from}, total_{from.left()} {}
  task<std::optional<std::string>> next() override {
    const bytes got = co_await from_.read();
    if (got.empty()) co_return std::nullopt;
    co_return std::string{got.text()};
  }
  void finish() noexcept override { from_.finish(); }
  bool at_end() const noexcept override { return from_.at_end(); }
  std::optional<int> file() const noexcept override { return from_.file(); }
  std::optional<std::uint64_t> total() const noexcept override { return total_; }

 private:
  standard_input& from_;
  std::optional<std::uint64_t> total_;
};

class lines_source : public input_source {
 public:
  lines_source(standard_input& from, std::size_t max_message) noexcept
      : from_{from}, lines_{from, framing::line, max_message} {}
  task<std::optional<std::string>> next() override {
    std::optional<message> line;
    try {
      line = co_await lines_.next();
    } catch (const error& why) {
      if (why.code() != errc::too_long) throw;
      throw error{why.code(), "read a line of", "standard input", why.hint()};
    }
    if (!line) co_return std::nullopt;
    co_return std::move(line->text);
  }
  void finish() noexcept override { from_.finish(); }
  bool at_end() const noexcept override { return from_.at_end(); }

 private:
  standard_input& from_;
  input_messages lines_;
};

class json_source final : public lines_source {
 public:
  json_source(standard_input& from, std::size_t max_message, std::string peer)
      : lines_source{from, max_message}, peer_{std::move(peer)} {}
  task<std::optional<std::string>> next() override {
    std::optional<std::string> line = co_await lines_source::next();
    if (!line) co_return std::nullopt;
    co_return text_of(*line);
  }

 private:
  std::string text_of(std::string_view line) const {
    try {
      json_request asked = parse_json_line(line);
      if (!asked.to || *asked.to == peer_) return std::move(asked.text);
    } catch (const error& why) {
      throw input_error(why.code(), why.hint());
    }
    throw input_error(errc::malformed, "\"to\" is somebody else: the peer here is " + peer_);
  }

  std::string peer_;
};

}  // namespace

std::unique_ptr<input_source> words_as_input(const std::vector<std::string>& words) {
  return std::make_unique<words_source>(words);
}

std::unique_ptr<input_source> bytes_as_input(standard_input& from) {
  return std::make_unique<bytes_source>(from);
}

std::unique_ptr<input_source> lines_as_input(standard_input& from, std::size_t max_message) {
  return std::make_unique<lines_source>(from, max_message);
}

std::unique_ptr<input_source> json_as_input(standard_input& from, std::size_t max_message, std::string peer) {
  return std::make_unique<json_source>(from, max_message, std::move(peer));
}

}  // namespace ahoy::inline v0
