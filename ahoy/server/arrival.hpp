#pragma once
#include <ahoy/server/callers.hpp>
#include <ahoy/server/counted_in.hpp>
#include <ahoy/server/reception.hpp>

#include <memory>
#include <utility>

namespace ahoy::inline v0 {

/// A caller on its way in: in the registry, at its place, and counted where it calls from. Where this goes
/// before there is a conversation, whose end sees to all of that, it was never here. Belongs to the server's
/// thread.
class arrival {
 public:
  /// What is referred to must outlive this.
  arrival(counted_in its, reception& at, callers& here, std::unique_ptr<connection> link, context& parent,
          bool may_make_way)
      : arrival{std::move(its), at, here, here.add(std::move(link), parent, may_make_way)} {
    at_.enter(*who_, may_make_way);  // the destructor undoes this, too
  }
  arrival(const arrival&) = delete;
  arrival& operator=(const arrival&) = delete;
  ~arrival() {
    if (stays_) return;
    at_.leave(*who_);
    here_.remove(who_);
  }
  [[nodiscard]] callers::entry who() const noexcept { return who_; }
  /// Its conversation is about to begin: nothing may fail in between.
  void stay() noexcept {
    stays_ = true;
    its_.stay();
  }

 private:
  arrival(counted_in its, reception& at, callers& here, callers::entry who) noexcept
      : its_{std::move(its)}, at_{at}, here_{here}, who_{who} {}

  counted_in its_;
  reception& at_;
  callers& here_;
  const callers::entry who_;
  bool stays_ = false;
};

}  // namespace ahoy::inline v0
