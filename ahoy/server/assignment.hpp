#pragma once
#include <ahoy/server/wire.hpp>
#include <ahoy/socket/fd.hpp>

#include <functional>
#include <string>
#include <string_view>

namespace ahoy::inline v0 {

/// How a worker's care for a caller ended.
struct outcome {
  enum class kind {
    served,     ///< to its end, which `why` tells: "done", or what ended it
    refused,    ///< the worker found no descriptor for it
    not_taken,  ///< the worker died, and had not even learned of it
  };
  outcome() = default;
  outcome(kind of, std::string words) : what{of}, why{std::move(words)} {}
  kind what = kind::served;
  std::string why = {};
};

/// A caller in the care of a worker, as its server sees it. Belongs to the server's thread.
class assignment {
 public:
  assignment() = default;
  assignment(const assignment&) = delete;
  assignment& operator=(const assignment&) = delete;
  virtual ~assignment() = default;

  /// Hands the caller over, where that has not happened yet. Throws error where that cannot be done.
  virtual task<> begin() { co_return; }
  /// Until the worker is done with the caller; how that was is then told by how_it_ended(). A stop of the
  /// context ends the wait alone.
  virtual task<> wait() = 0;
  [[nodiscard]] virtual outcome how_it_ended() = 0;
  /// order_kind::finish or cut. Of a worker that is gone nobody wants anything.
  virtual task<> tell(order_kind what) = 0;
  /// Makes an end of a worker that does not end by itself, where that can be done.
  virtual void kill() noexcept = 0;
  /// To try again with another worker, where this one had not taken the caller. false: not any more.
  [[nodiscard]] virtual bool pass_on() { return false; }

  /// Called when the worker has agreed on TLS with the caller, with the text of report_kind::agreed.
  std::function<void(std::string_view what)> agreed;
  fd here;  ///< of a caller whose handler runs at the server: the end where it speaks
};

}  // namespace ahoy::inline v0
