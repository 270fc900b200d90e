#pragma once
#include <ahoy/connection/connection.hpp>

#include <concepts>
#include <memory>
#include <utility>

namespace ahoy::inline v0 {

/// Serves connections: one call of serve() for each, under whatever model the server runs. The server owns
/// its handler. Under event several calls are under way on one thread, each at an await of its own; under
/// thread, and with several loops, on several threads at once; under process each is made on a copy of the
/// handler, in a process of its own. When serve() returns or throws, the server says farewell and closes;
/// what it throws is logged and harms no other caller.
class handler {
 public:
  handler() = default;
  handler(const handler&) = delete;
  handler& operator=(const handler&) = delete;
  virtual ~handler() = default;
  virtual task<> serve(connection& peer) = 0;
  /// The server ends: no serve() waits for anything but its peer any more, and each receive() ends soon.
  virtual void end() {}
  /// Its callers meet: serve() and end() are always called on the server's own thread and loop, whatever the
  /// model, where they share what the handler has; a thread or a process of the model carries what they say.
  [[nodiscard]] virtual bool callers_meet() const noexcept { return false; }
  /// What one caller says goes to all others. Over UDP few of them may then have one address, or whoever
  /// forges a victim's as that of many callers would have each word sent there as many times.
  [[nodiscard]] virtual bool tells_others() const noexcept { return false; }
  /// It answers of itself, without anybody's doing: over UDP such a handler never answers a datagram that
  /// came from another such handler, or from a service port, or the two would answer each other for ever
  /// (CVE-2024-2169).
  [[nodiscard]] virtual bool answers_by_itself() const noexcept { return true; }
};

template <class Type>
concept serves_connections = requires(Type& type, connection& peer) {
  { type.serve(peer) } -> std::same_as<task<>>;
};

template <class Type>
concept serving_function =
    std::invocable<Type&, connection&> && std::same_as<std::invoke_result_t<Type&, connection&>, task<>>;

/// The handler around a type that has serve(), or around a function.
template <class Type>
class handler_of final : public handler {
 public:
  explicit handler_of(Type type) : type_(std::move(type)) {}
  task<> serve(connection& peer) override {
    if constexpr (serves_connections<Type>) {
      return type_.serve(peer);
    } else {
      return type_(peer);
    }
  }

 private:
  Type type_;
};

template <class Type>
  requires serves_connections<Type> || serving_function<Type>
std::unique_ptr<handler> make_handler(Type type) {
  return std::make_unique<handler_of<Type>>(std::move(type));
}

}  // namespace ahoy::inline v0
