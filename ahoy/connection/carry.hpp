#pragma once
#include <ahoy/connection/connection.hpp>

namespace ahoy::inline v0 {

/// Passes on what each end says to the other, and the end of its half, until both halves have ended. Throws
/// what an end throws: error.
task<> carry(connection& one, connection& other);

/// Passes on what `from` says until the end of its half, which is left to the caller to pass on.
task<> carry_all(connection& from, connection& to);

/// The same, then ends that half of `to`.
task<> carry_one_way(connection& from, connection& to);

}  // namespace ahoy::inline v0
